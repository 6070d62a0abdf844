"""``butler backup``."""

from __future__ import annotations

import time
from pathlib import Path

import click

from butler.errors import StoreError
from butler.faces.backup import backup
from butler.faces.cli.options import as_json, located
from butler.faces.cli.output import print_json
from butler.faces.configuration import read_config


@click.command("backup")
@click.argument("target", required=False, type=click.Path(path_type=Path, dir_okay=False))
@located
@as_json
def command(target: Path | None, file: Path | None, data: Path | None, plain: bool) -> None:
    """Write everything that is kept into one file, TARGET; the host may run meanwhile.

    The configuration and .env are not in it: they lie elsewhere, and .env holds secrets.
    """
    config = read_config(file, data)
    if config.host.database.startswith("postgres"):
        raise StoreError("the store is PostgreSQL", remedy="back that up with pg_dump; this is for SQLite")
    target = target or Path(f"butler-{time.strftime('%Y%m%d-%H%M%S')}.tar.gz")
    manifest = backup(Path(config.host.data), target)
    if plain:
        print_json({"file": str(target), **manifest})
    else:
        click.echo(f"{target}: {len(manifest['files'])} files, {target.stat().st_size / 1e6:,.1f} MB")
