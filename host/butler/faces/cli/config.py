"""``butler config``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from butler.config import Change, export, schema, show
from butler.faces import keys
from butler.faces.cli.options import as_json, located
from butler.faces.cli.output import print_columns, print_json
from butler.faces.configuration import FILE, read_config
from butler.faces.describe import Installed
from butler.faces.desk import act


@click.group("config")
def command() -> None:
    """Show what is configured, where from, and what could be."""


@command.command("show")
@located
@click.option("--sources", is_flag=True, help="Say where each value came from.")
@as_json
def shown(file: Path | None, data: Path | None, sources: bool, plain: bool) -> None:
    """Show every setting that holds, secrets masked."""
    config = read_config(file, data)
    changes, guilds = _changes(act(config, "config.changes", {}))
    lines = show(config, Installed().classes, changes, lambda channel: guilds.get(channel, ""))
    if plain:
        print_json([{"key": line.key, "value": line.value, "source": line.source} for line in lines])
        return
    rows = [(line.key, "=", json.dumps(line.value, ensure_ascii=False), line.source) for line in lines]
    print_columns(rows if sources else [row[:3] for row in rows])
    for problem in config.problems:
        click.echo(f"problem: {problem}", err=True)


@command.command("schema")
def printed() -> None:
    """Print the JSON Schema of butler.toml, with what is installed, for editors."""
    print_json(schema(Installed().classes))


@command.command("export")
@located
@click.option("--write", is_flag=True, help="Write it into the file instead of printing it.")
def exported(file: Path | None, data: Path | None, write: bool) -> None:
    """Print butler.toml with the changes that were made at run time in it."""
    config = read_config(file, data)
    changes, guilds = _changes(act(config, "config.changes", {}))
    text = export(config, changes, lambda channel: guilds.get(channel, ""))
    if not write:
        text, clear = keys.without_clear(text, config, Installed().classes)
        click.echo(text, nl=False)
        for key in clear:
            click.echo(f"{key} stands in the file in the clear and is left out: `butler keys set {key}`", err=True)
        return
    path = config.file or Path(FILE)
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
    click.echo(f"{path} is written; what was changed at run time still stands above it")


def _changes(rows: list[dict[str, Any]]) -> tuple[list[Change], dict[str, str]]:
    guilds = {row["place"]: row.pop("guild") for row in rows}
    return [Change(**row) for row in rows], guilds
