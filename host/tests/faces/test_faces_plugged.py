"""Packages add commands to the command line (HOST-27)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from butler.faces.cli import butler, main
from click.testing import CliRunner

CODE = """
import click
import attrs

@attrs.frozen
class Settings:
    greeting: str = "hello"

@click.group()
def command():
    "Greetings."

@command.command()
@click.argument("name")
@click.pass_obj
def greet(desk, name):
    "Greet somebody."
    told = desk.section("platforms.parrot", Settings)
    click.echo(f"{told.greeting}, {name}; {desk.folder('parrot').name}")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package on the path that names a command, another that claims one of the host's, and a broken one."""
    info = tmp_path / "site" / "butler_parrot-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: butler-parrot\nVersion: 1.0\n")
    points = "[butler.cli]\nparrot = parrot_cli:command\nrun = parrot_cli:command\nbroken = parrot_cli:nothing\n"
    (info / "entry_points.txt").write_text(points)
    (tmp_path / "site" / "parrot_cli.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.spec("HOST-27")
def test_a_package_adds_a_command_that_knows_configuration_and_folder(package: Path) -> None:
    (package / "butler.toml").write_text("[platforms.parrot]\ngreeting = 'good day'\n")
    done = CliRunner().invoke(butler, ["parrot", "greet", "ann"])
    assert done.output == "good day, ann; parrot\n"
    done = CliRunner().invoke(butler, ["parrot", "--data", "elsewhere", "greet", "ann"])
    assert (done.exit_code, (package / "elsewhere" / "parrot").is_dir()) == (0, True)


@pytest.mark.spec("HOST-27")
def test_help_lists_what_packages_add_by_package_and_the_hosts_own_commands_stay(package: Path) -> None:
    shown = CliRunner().invoke(butler, ["--help"]).output
    assert re.search(r"parrot +From butler-parrot\.", shown)
    assert "Start the host." in CliRunner().invoke(butler, ["run", "--help"]).output


@pytest.mark.spec("HOST-27", "HOST-2")
def test_a_command_that_cannot_be_loaded_is_one_line_with_its_package(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["butler", "broken"])
    with pytest.raises(SystemExit):
        main()
    said = capsys.readouterr().err
    assert said.startswith("error: `butler broken` of butler-parrot 1.0 cannot be loaded (AttributeError")
    assert said.count("\n") == 1
