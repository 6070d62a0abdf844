"""``butler why``."""

from __future__ import annotations

from pathlib import Path

import click

from butler.faces.cli.options import as_json, located
from butler.faces.cli.output import print_json
from butler.faces.configuration import read_config
from butler.faces.console import OWN_VOICE
from butler.faces.desk import act


@click.command("why")
@click.argument("message", metavar="MESSAGE-ID|last")
@located
@as_json
def command(message: str, file: Path | None, data: Path | None, plain: bool) -> None:
    """Say why a message was answered, or why not.

    MESSAGE-ID is the id of a message or of a reply to it; `last` is the last thing that a person said.
    """
    told = act(read_config(file, data), "why", {"message": message})
    if plain:
        print_json(told)
        return
    click.echo(f"{told['author']} in {told['channel']} at {told['at']}: {_short(told['text'])}")
    click.echo(f"({told['message']})")
    click.echo(told["explained"])
    for row in told["sent"]:
        click.echo(f"{_speaker(row)} {_done(row)}: {_short(row['text'])}")


def _speaker(row: dict[str, str]) -> str:
    return row["persona"] or (OWN_VOICE if row["owner"] == "host" else row["owner"])


def _done(row: dict[str, str]) -> str:
    kind = "said" if row["kind"] == "send" else f"did {row['kind']}"
    if row["state"] == "delivered":
        return f"{kind} ({row['id']})"
    return f"{kind}, {row['state']}" + (f" ({row['reason']})" if row.get("reason") else "")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:99]}…"
