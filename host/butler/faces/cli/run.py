"""``butler run``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from butler.faces.cli.options import located
from butler.faces.configuration import read_config
from butler.faces.run import run
from butler.faces.supervise import supervise


@click.command("run")
@located
@click.option("--no-console", is_flag=True, help="Log to the terminal instead of talking in it.")
@click.option("--persona", default="", metavar="NAME", help="Who is at home (default: TheButler).")
@click.option("--safe", is_flag=True, help="Without the plugins of others.")
@click.option("--supervise", "supervised", is_flag=True, help="Start it again when it was blocked or killed.")
def command(file: Path | None, data: Path | None, no_console: bool, persona: str, safe: bool, supervised: bool) -> None:
    """Start the host.

    Without any configuration TheButler answers in this terminal, and everything is kept in ./data. Input
    may be piped: one message a line, each reply is printed as NAME: text, the further lines of a reply
    indented by two spaces; at the end of the input it finishes what is under way and ends.
    """
    if supervised:
        raise SystemExit(supervise([argument for argument in sys.argv[1:] if argument != "--supervise"]))
    raise SystemExit(run(read_config(file, data, persona), console=not no_console, safe=safe))
