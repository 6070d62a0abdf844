"""``butler new``."""

from __future__ import annotations

from pathlib import Path

import click

from butler.faces.new import new


@click.command("new")
@click.argument("name")
@click.option("--dir", "target", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
              help="Where to put it (default: ./NAME).")  # fmt: skip
def command(name: str, target: Path | None) -> None:
    """Make a plugin: a package that installs, runs and passes its tests at once."""
    made = new(name, target or Path(name))
    click.echo(f"{made} is made; next:")
    click.echo(f"  pip install -e {made}")
    click.echo(f"  python -m pytest {made}")
    click.echo(f"  butler run        (it is enabled; `butler plugins disable {name}` ends that)")
