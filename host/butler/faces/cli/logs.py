"""``butler logs``."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import get_args

import click

from butler.config.durations import read_duration
from butler.errors import BadArgument
from butler.faces.cli.options import as_json, located
from butler.faces.configuration import read_config
from butler.logs import Level, read_logs
from butler.logs.render import for_people
from butler.logs.setup import FILE


@click.command("logs")
@located
@click.option("--level", type=click.Choice(get_args(Level)), default="debug", help="Only this bad or worse.")
@click.option("--since", default="", metavar="TIME", help="Only since then: 30m, 6h, or 2026-07-01T12:00.")
@click.option("--plugin", default="", metavar="NAME", help="Only of this plugin.")
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written from now on.")
@click.option("-n", "limit", type=click.IntRange(0), default=200, show_default=True, help="At most so many old ones.")
@as_json
def command(
    file: Path | None, data: Path | None, level: Level, since: str, plugin: str, follow: bool, limit: int, plain: bool
) -> None:
    """Show the log."""
    path = Path(read_config(file, data).host.data) / FILE
    if not path.exists() and not follow:
        click.echo(f"nothing was logged yet in {path}", err=True)
        return
    entries = read_logs(path, level=level, since=moment(since), plugin=plugin, follow=follow, limit=limit)
    try:
        for entry in entries:
            click.echo(json.dumps(entry, ensure_ascii=False) if plain else for_people(dict(entry), colour=False))
    except KeyboardInterrupt:
        click.echo("", err=True)


def moment(text: str) -> dt.datetime | None:
    """A time as it is typed: ``6h`` (ago) or ``2026-07-01T12:00`` (here). Raises ``BadArgument``."""
    if not text:
        return None
    if (ago := read_duration(text)) is not None:
        return dt.datetime.now(dt.UTC) - ago
    try:
        return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    except ValueError:
        raise BadArgument(f"{text!r} is no time", remedy="write 30m, 6h, 2d or 2026-07-01T12:00") from None
