"""``butler new``: from a checkout and from an installed wheel."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import butler
import pytest
from butler.errors import BadArgument
from butler.faces.new import new, template_path

HOST = Path(butler.__file__).parent.parent


@pytest.mark.spec("AUTH-1")
def test_new_makes_a_package_whose_entry_point_names_a_class_that_is_there(tmp_path: Path) -> None:
    made = new("dice_game", tmp_path / "dice")
    manifest = tomllib.loads((made / "pyproject.toml").read_text())
    module, _, name = manifest["project"]["entry-points"]["butler"]["dice_game"].partition(":")
    spec = importlib.util.spec_from_file_location(module, made / module / "__init__.py")
    assert spec is not None
    assert name in (made / module / "__init__.py").read_text()
    assert (made / "tests").is_dir()
    assert "{{" not in "".join(path.read_text() for path in made.rglob("*") if path.is_file())


@pytest.mark.spec("AUTH-1")
@pytest.mark.parametrize("name", ["", "Dice", "9lives", "a-b", "class", "../up", "x" * 60, "dïce", "host", "karma"])
def test_a_name_that_cannot_be_one_is_refused_with_what_could(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadArgument):
        new(name, tmp_path / "plugin")
    assert list(tmp_path.iterdir()) == []


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(BadArgument, match="there already"):
        new("dice", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.spec("AUTH-1")
@pytest.mark.parametrize("way", ["wheel", "sdist"])
def test_an_installed_wheel_can_make_a_plugin_too(tmp_path: Path, way: str) -> None:
    source = HOST
    if way == "sdist":
        _build("sdist", HOST, tmp_path)
        (packed,) = tmp_path.glob("*.tar.gz")
        subprocess.run(["tar", "xzf", packed.name], cwd=tmp_path, check=True)
        (source,) = (path for path in tmp_path.iterdir() if path.is_dir())
    _build("wheel", source, tmp_path / "out")
    (wheel,) = (tmp_path / "out").glob("*.whl")
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    done = subprocess.run(
        [sys.executable, "-m", "butler", "new", "dice_game"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(installed)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "dice_game" / "butler_dice_game" / "plugin.py").exists()
    answers = (tmp_path / "dice_game" / ".copier-answers.yml").read_text()
    assert str(installed) in answers  # it was the installed template, not that of the checkout


def _build(kind: str, source: Path, target: Path) -> None:
    command: list[Any] = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", target]
    subprocess.run(command, cwd=source, check=True, capture_output=True)


def test_the_template_of_a_checkout_is_the_one_beside_the_host() -> None:
    assert template_path() == HOST.parent / "plugin_template"
