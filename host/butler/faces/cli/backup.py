"""``butler backup``."""

from __future__ import annotations

import time
from pathlib import Path

import click

from butler.faces.backup import backup
from butler.faces.cli.options import as_json, located
from butler.faces.cli.output import print_json
from butler.faces.configuration import database_url, read_config


@click.command("backup")
@click.argument("target", required=False, type=click.Path(path_type=Path, dir_okay=False))
@located
@as_json
def command(target: Path | None, file: Path | None, data: Path | None, plain: bool) -> None:
    """Write everything that is kept into one file, TARGET; the host may run meanwhile.

    The configuration and .env are not in it: they lie elsewhere, and .env holds secrets.
    """
    config = read_config(file, data)
    target = target or Path(f"butler-{time.strftime('%Y%m%d-%H%M%S')}.tar.gz")
    without = [config.file] if config.file else []
    manifest = backup(database_url(config), Path(config.host.data), target, without=without)
    if plain:
        print_json({"file": str(target), **manifest})
    else:
        size = target.stat().st_size / 1e6
        click.echo(f"{target}: {manifest['rows']:,} rows, {len(manifest['files']) - 1} files, {size:,.1f} MB")
