"""``butler export``."""

from __future__ import annotations

from pathlib import Path

import click

from butler.faces.cli.options import located
from butler.faces.cli.output import print_json
from butler.faces.configuration import read_config
from butler.faces.desk import act


@click.command("export")
@click.argument("person")
@located
def command(person: str, file: Path | None, data: Path | None) -> None:
    """Print everything that is kept about PERSON, as JSON: the host's part, and one for each plugin.

    PERSON is an id (matrix:@ann:example.org), or a name that only one has.
    """
    print_json(act(read_config(file, data), "export", {"person": person}))
