"""``butler chat``."""

from __future__ import annotations

from pathlib import Path

import attrs
import click

from butler.faces.cli.options import located
from butler.faces.configuration import read_config
from butler.faces.run import run


@click.command("chat")
@click.argument("persona")
@located
def command(persona: str, file: Path | None, data: Path | None) -> None:
    """Talk to PERSONA in this terminal; no other platform is connected meanwhile.

    Input may be piped, as with `butler run`.
    """
    config = read_config(file, data, persona)
    raise SystemExit(run(attrs.evolve(config, platforms={})))
