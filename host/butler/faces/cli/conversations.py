"""``butler conversations``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from butler.faces.cli.options import located
from butler.faces.configuration import read_config
from butler.faces.desk import act
from butler.services.conversations import FORMS


@click.command("conversations")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--form", type=click.Choice(sorted(FORMS)), default="openai", help="Default: openai.")
@click.option("--persona", default="", metavar="NAME", help="With one persona only.")
@click.option("--guild", default="", metavar="ID", help="In one guild only.")
@located
def command(target: Path, form: str, persona: str, guild: str, file: Path | None, data: Path | None) -> None:
    """Write conversations into TARGET, to train models: of those people only who agreed to it.

    One conversation a line: as OpenAI's chat fine-tuning takes it, or as message trees of Open-Assistant. People agree
    by `/privacy training on`; where a guild has `ratings = true`, their 👍 and 👎 on replies count.
    """
    told = act(read_config(file, data), "conversations", {"form": form, "persona": persona, "guild": guild})
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.writelines(f"{line}\n" for line in told["lines"])
    click.echo(f"{len(told['lines'])} conversations of {told['people']} people in {target}")
