"""``butler characters``: bring characters in from files, and write them out."""

from __future__ import annotations

from pathlib import Path

import click
from butler import Desk

from butler_persona_claude.cards import FORMS


def _quoted(text: str) -> str:
    """One word for the console."""
    return '"' + text.replace('"', "") + '"'


def _place(file: Path) -> str:
    """A file's whole path; what is no file may be the name of an example."""
    return str(file.absolute() if file.exists() or file.suffix else file)


@click.group()
def command() -> None:
    """Characters: import a card, export one, list them."""


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--home", default="*", help="The id of a guild or channel where it lives; everywhere unless told.")
@click.pass_obj
def bring(desk: Desk, file: Path, home: str) -> None:
    """Bring a character to life from FILE: TOML, a card in JSON, PNG or CHARX, or character.env."""
    click.echo(desk.console(f"character_import --home {_quoted(home)} {_place(file)}"))


@command.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--form", type=click.Choice([*FORMS]), default="png", show_default=True)
@click.pass_obj
def export(desk: Desk, name: str, file: Path, form: str) -> None:
    """Write the character NAME into FILE, with everything that its own file held."""
    click.echo(desk.console(f"character_export {_quoted(name)} --form {form} {file.absolute()}"))


@command.command("list")
@click.pass_obj
def listed(desk: Desk) -> None:
    """The characters, and what is wrong with their files."""
    click.echo(desk.console("character_list"))
