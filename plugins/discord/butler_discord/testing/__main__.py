"""``python -m butler_discord.testing``: try a bot on a Discord of one's own, without an account."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click

from butler_discord.testing.terminal import run
from butler_discord.testing.terminal.screen import talk
from butler_discord.testing.terminal.wire import Gone

PORT = 8769
FILES = Path(tempfile.gettempdir()) / "butler-discord-files"
"""Where pictures are saved."""
NAME = click.option("--name", default="you", show_default=True, help="Who you are there.")
AT = click.option(
    "--port", default=PORT, show_default=True, help="The stand-in's port on this machine (0: any that is free)."
)


@click.group(invoke_without_command=True)
@NAME
@AT
@click.option("--folder", type=click.Path(path_type=Path), help="Where the host keeps its data (else nowhere).")
@click.pass_context
def main(context: click.Context, name: str, port: int, folder: Path | None) -> None:
    """Start a Discord stand-in with a Butler in it, and talk there; more people join with `join`."""
    if context.invoked_subcommand is None:
        if not entry_points(group="butler", name="discord"):
            raise click.ClickException("this Butler has no Discord platform; `serve` starts the stand-in alone")
        _run(_everything(name, port, folder))


async def _everything(name: str, port: int, given: Path | None) -> None:
    with run.folder(given) as folder:
        async with run.standin(port, name) as (discord, app):
            click.echo("starting Butler ...")
            async with run.host(discord, app, name, folder):
                at = discord.people_url.rpartition(":")[2].partition("/")[0]
                click.echo(f"others join with: python -m butler_discord.testing join --name bob --port {at}")
                await talk(discord.people_url, name, FILES)


@main.command()
@NAME
@AT
def join(name: str, port: int) -> None:
    """Join a stand-in that runs already, as somebody else."""
    _run(talk(f"http://127.0.0.1:{port}/people", name, FILES))


@main.command()
@NAME
@AT
def serve(name: str, port: int) -> None:
    """Start the stand-in alone, for a bot that is started elsewhere."""
    _run(_serve(name, port))


async def _serve(name: str, port: int) -> None:
    async with run.standin(port, name) as (discord, app):
        click.echo(f"rest_url  {discord.rest_url}\ntoken     {app.token}\npeople    {discord.people_url}")
        await asyncio.Event().wait()


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(work)
    except KeyboardInterrupt:
        click.echo()
    except (Gone, run.NotUp, OSError) as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
