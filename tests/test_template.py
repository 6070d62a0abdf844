"""A new plugin installs, runs and passes its tests at once; four files are enough for one (AUTH-1, AUTH-2)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from butler.faces.new import new, template_path
from copier import run_copy, run_update

pytestmark = pytest.mark.spec("AUTH-1")


def run(*command: str, site: Path | None = None, cwd: Path | None = None, given: str = "") -> str:
    """Run a command beside this Python, with what is installed in ``site`` as well; returns what it printed."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(site or "")}
    done = subprocess.run(
        command, cwd=cwd, env=environment, input=given, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def install(package: Path, site: Path) -> None:
    """Install a package as its users would, without changing this environment."""
    options = ("-q", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "install", *options, "--target", str(site), str(package))


def passes_its_tests(package: Path, site: Path) -> None:
    """Run the package's own tests against what was installed, not against the source."""
    told = run(sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib",
               site=site, cwd=package)  # fmt: skip
    assert re.search(r"^\d+ passed", told, re.MULTILINE), told


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new("dice_game", tmp_path_factory.mktemp("new") / "dice_game")


@pytest.fixture(scope="module")
def site(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    install(package, folder)
    return folder


def test_a_new_plugin_passes_its_own_tests(package: Path, site: Path) -> None:
    passes_its_tests(package, site)


def test_a_new_plugin_runs_in_a_host_without_a_change(site: Path, tmp_path: Path) -> None:
    lines = "hello there\n/dice-game\n/help dice-game\n"
    told = run(str(Path(sys.executable).with_name("butler")), "run", "--data", str(tmp_path), site=site, cwd=tmp_path,
               given=lines)  # fmt: skip
    assert "said “hello” once." in told
    assert "Show how often somebody said the word." in told


def test_a_new_plugin_is_whole(package: Path) -> None:
    files = {str(path.relative_to(package)) for path in package.rglob("*") if path.is_file()}
    assert files == {
        ".copier-answers.yml",
        ".gitignore",
        "README.md",
        "butler_dice_game/__init__.py",
        "butler_dice_game/migrations/0001_add_word.py",
        "butler_dice_game/plugin.py",
        "butler_dice_game/py.typed",
        "butler_dice_game/settings.py",
        "butler_dice_game/tables.py",
        "pyproject.toml",
        "tests/test_dice_game.py",
        "tests/test_dice_game_contract.py",
    }
    for path in package.rglob("*"):
        assert not path.is_file() or "{{" not in path.read_text("utf-8"), path


def test_a_new_plugin_is_clean_by_the_rules_of_this_workspace(package: Path) -> None:
    config = str(Path(__file__).parent.parent / "pyproject.toml")
    run(sys.executable, "-m", "ruff", "check", "--no-cache", "--config", config, "--ignore", "I001", ".", cwd=package)
    run(sys.executable, "-m", "ruff", "format", "--no-cache", "--config", config, "--check", ".", cwd=package)


@pytest.mark.parametrize("name", ["a1", "x_y_z", "very_long_name_of_a_plugin_that_goes_on"])
def test_any_allowed_name_gives_a_package_that_compiles(tmp_path: Path, name: str) -> None:
    package = new(name, tmp_path / name)
    run(sys.executable, "-m", "compileall", "-q", str(package))
    assert f'{name} = "butler_{name}:' in (package / "pyproject.toml").read_text("utf-8")


def test_later_changes_of_the_template_are_taken_over(tmp_path: Path) -> None:
    template, package = tmp_path / "template", tmp_path / "package"
    answers = {"name": "dice_game", "about": "Rolls dice", "author": "Ann"}
    git(template, "init", "-q")
    run("cp", "-r", f"{template_path()}/.", str(template))
    release(template, "v1")
    run_copy(str(template), package, answers, defaults=True, quiet=True, vcs_ref="v1")
    git(package, "init", "-q")
    (package / "README.md").write_text("# My own words\n", "utf-8")
    release(package, "mine")
    (template / "package" / "CHANGES.md").write_text("New in the template.\n", "utf-8")
    ignore = template / "package" / ".gitignore"
    ignore.write_text(ignore.read_text("utf-8") + "*.log\n", "utf-8")
    release(template, "v2")
    run_update(str(package), defaults=True, quiet=True, overwrite=True)
    assert (package / "CHANGES.md").read_text("utf-8") == "New in the template.\n"
    assert "*.log" in (package / ".gitignore").read_text("utf-8")
    assert (package / "README.md").read_text("utf-8") == "# My own words\n"
    assert "Rolls dice" in (package / "pyproject.toml").read_text("utf-8")


def git(folder: Path, *command: str) -> None:
    folder.mkdir(exist_ok=True)
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")
    run("git", *who, *command, cwd=folder)


def release(folder: Path, tag: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", tag)
    git(folder, "tag", tag)


@pytest.mark.spec("AUTH-2")
def test_four_files_are_enough(tmp_path: Path) -> None:
    readme = (template_path() / "README.md").read_text("utf-8")
    files = dict(re.findall(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL))
    assert sorted(files) == ["README.md", "butler_coin.py", "pyproject.toml", "test_coin.py"]
    package, site = tmp_path / "coin", tmp_path / "site"
    package.mkdir()
    for name, text in files.items():
        (package / name).write_text(text, "utf-8")
    install(package, site)
    passes_its_tests(package, site)
