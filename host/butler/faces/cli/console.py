"""``butler console``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

import click

from butler.faces.cli.options import located
from butler.faces.configuration import read_config
from butler.faces.desk import show_progress
from butler.faces.operate import interactive, script


@click.command("console")
@located
@click.option(
    "--script", "commands", type=click.File(encoding="utf-8"), metavar="FILE", help="Run the commands in FILE."
)
def command(file: Path | None, data: Path | None, commands: TextIO | None) -> None:
    """Administer the host: at a prompt, or by a script.

    It speaks to the host that runs here; where none does it runs one as long as the console is open. `help`
    lists the commands, `exit` leaves. A script has one command a line (`#` begins a comment) and ends, with
    exit code 1, at the first that fails. Commands may also be piped in.
    """
    config = read_config(file, data)
    if commands is not None:
        raise SystemExit(script(config, commands, show_progress))
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise SystemExit(script(config, sys.stdin, show_progress))
    raise SystemExit(interactive(config))
