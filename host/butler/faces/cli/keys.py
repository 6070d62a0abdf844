"""``butler keys``."""

from __future__ import annotations

import sys
from pathlib import Path

import attrs
import click

from butler.config import Config
from butler.errors import BadArgument, ButlerError
from butler.faces import keys
from butler.faces.cli.options import as_json, located
from butler.faces.cli.output import print_columns, print_json
from butler.faces.configuration import read_config
from butler.faces.describe import Installed
from butler.faces.desk import act, runs


@click.group("keys")
def command() -> None:
    """Set, list and remove the keys of providers and platforms; they are never shown."""


@command.command("list")
@located
@as_json
def listed(file: Path | None, data: Path | None, plain: bool) -> None:
    """Say which keys there are, where each comes from and what needs it."""
    found = keys.listed(read_config(file, data), Installed().classes)
    if plain:
        print_json([attrs.asdict(key, filter=lambda each, _: each.name != "way") for key in found])
        return
    if not found:
        click.echo("nothing that is installed needs a key; `pip install butler-llm-anthropic`, for example")
        return
    print_columns([(key.name, key.state, key.source or "-", ", ".join(key.used_by) or "-") for key in found])


@command.command("set")
@click.argument("names", nargs=-1, metavar="NAME")
@located
@click.option("--keyring", is_flag=True, help="Keep it in the system's keyring instead of .env.")
def put(names: tuple[str, ...], file: Path | None, data: Path | None, keyring: bool) -> None:
    """Ask for a key and keep it: in .env beside butler.toml, or in the keyring.

    NAME is a variable (OPENAI_API_KEY), a key of the configuration (providers.openai.key) or what needs it (openai).
    The key itself is typed when asked, without showing, or piped in. A running host uses it at once.
    """
    config = read_config(file, data)
    key = keys.meant(config, Installed().classes, _name(names))
    value = keys.cleaned(_asked(key.name))
    config.secrets.add(value)
    for line in keys.put(config, key, value, keyring=keyring):
        click.echo(line)
    _tell_host(config)


@command.command()
@click.argument("names", nargs=-1, metavar="NAME")
@located
def remove(names: tuple[str, ...], file: Path | None, data: Path | None) -> None:
    """Take a key out of .env and the keyring. A running host lets go of it at once."""
    config = read_config(file, data)
    for line in keys.remove(config, keys.meant(config, Installed().classes, _name(names))):
        click.echo(line)
    _tell_host(config)


def _name(names: tuple[str, ...]) -> str:
    """The one name. What else was typed is not repeated: it may be a key."""
    if len(names) != 1 or "=" in names[0]:
        raise BadArgument(
            "give the name of one key and nothing else" if names else "which key?",
            remedy="the key itself is typed when asked, or piped in: a command line stays in the shell's history and "
            "shows in every list of processes",
        )
    return names[0]


def _asked(name: str) -> str:
    if sys.stdin.isatty():
        value: str = click.prompt(name, hide_input=True, default="", show_default=False)
        return value
    return sys.stdin.read(keys.LONGEST + 2)


def _tell_host(config: Config) -> None:
    """Have a running host read its keys anew."""
    if not runs(config):
        return
    try:
        done = act(config, "keys.renew", {})
    except ButlerError as error:
        raise ButlerError(f"the running host did not take it: {error}", remedy="start it anew") from error
    if done["file"] != str(keys.dotenv_of(config)):
        click.echo(f"the running host reads {done['file']}, not this file")
    for name in done["renewed"]:
        click.echo(f"the running host uses it now: {name}")
    for problem in done["problems"]:
        click.echo(f"problem: {problem}", err=True)
