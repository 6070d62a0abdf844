"""``butler restore``."""

from __future__ import annotations

from pathlib import Path

import click

from butler.faces.backup import restore
from butler.faces.cli.options import located
from butler.faces.configuration import database_url, read_config


@click.command("restore")
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False))
@located
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def command(source: Path, file: Path | None, data: Path | None, yes: bool) -> None:
    """Put a backup, SOURCE, in the place of what is kept now; that is put aside, not deleted."""
    config = read_config(file, data)
    place = Path(config.host.data)
    if place.exists() and not yes:
        click.confirm(f"Put {source} in the place of {place}?", abort=True)
    aside = restore(source, database_url(config), place)
    click.echo(f"{place} is what {source} held" + (f"; what was there lies in {aside}" if aside else ""))
