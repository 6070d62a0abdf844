"""``butler personas``."""

from __future__ import annotations

from pathlib import Path

import click

from butler.faces.cli.options import as_json, located
from butler.faces.cli.output import print_columns, print_json
from butler.faces.configuration import read_config
from butler.faces.desk import act


@click.group("personas")
def command() -> None:
    """List and show personas."""


@command.command("list")
@located
@as_json
def listed(file: Path | None, data: Path | None, plain: bool) -> None:
    """Say which personas there are, with which models, and where they live."""
    rows = act(read_config(file, data), "personas.list", {})
    if plain:
        print_json(rows)
        return
    print_columns([(row["name"], ", ".join(row["model"]), _home(row)) for row in rows])


def _home(row: dict[str, list[str]]) -> str:
    return "everywhere" if row["channels"] == ["*"] else ", ".join(row["channels"]) or "nowhere"


@command.command()
@click.argument("name")
@located
@as_json
def show(name: str, file: Path | None, data: Path | None, plain: bool) -> None:
    """Show everything about one persona."""
    persona = act(read_config(file, data), "personas.show", {"name": name})
    if plain:
        print_json(persona)
        return
    for key, value in persona.items():
        click.echo(f"{key}: {value if isinstance(value, str) else ', '.join(map(str, value))}")
