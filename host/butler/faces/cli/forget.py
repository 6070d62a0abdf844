"""``butler forget``."""

from __future__ import annotations

from pathlib import Path

import click

from butler.faces.cli.options import as_json, located
from butler.faces.cli.output import print_json
from butler.faces.configuration import read_config
from butler.faces.desk import act


@click.command("forget")
@click.argument("person")
@located
@as_json
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def command(person: str, file: Path | None, data: Path | None, plain: bool, yes: bool) -> None:
    """Delete everything that is kept about PERSON, and print the receipt. Exit code 1 if something is left.

    PERSON is an id (matrix:@ann:example.org), or a name that only one has.
    """
    config = read_config(file, data)
    if not yes:
        click.confirm(f"Delete everything that is kept about {person}? There is no way back.", abort=True)
    receipt = act(config, "forget", {"person": person})
    if plain:
        print_json(receipt)
    else:
        click.echo(receipt["text"])
    raise SystemExit(0 if receipt["complete"] else 1)
