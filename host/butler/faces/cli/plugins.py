"""``butler plugins``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from butler.config import Config
from butler.faces.cli.options import as_json, located
from butler.faces.cli.output import print_columns, print_json
from butler.faces.configuration import read_config
from butler.faces.describe import Inspected, inspect_all
from butler.faces.desk import act
from butler.faces.trial import try_all


@click.group("plugins")
def command() -> None:
    """List, enable, disable and check plugins."""


def placed(function: Any) -> Any:
    """``--guild`` and ``--channel``."""
    guild = click.option("--guild", default="", metavar="ID", help="In this guild (discord:1234).")
    channel = click.option("--channel", default="", metavar="ID", help="In this channel.")
    return guild(channel(function))


@command.command("list")
@located
@placed
@as_json
def listed(file: Path | None, data: Path | None, guild: str, channel: str, plain: bool) -> None:
    """Say which plugins are installed, which of them are enabled, and what is wrong with any."""
    rows = act(read_config(file, data), "plugins.list", {"guild": guild, "channel": channel})
    inspected = {each.found.name: each for each in inspect_all()}
    for row in rows:
        _look(row, inspected.get(row["name"]))
    if plain:
        print_json(rows)
        return
    if not rows:
        click.echo("no plugin is installed; `pip install butler-karma` installs one")
        return
    print_columns([(row["name"], row["version"], _state(row), _declared(row)) for row in rows])
    for row in rows:
        _explain(row)


def _look(row: dict[str, Any], found: Inspected | None) -> None:
    row["declares"] = found.declares if found else {}
    row["problem"] = row["problem"] or (found.problem if found else "")


def _state(row: dict[str, Any]) -> str:
    if row["problem"]:
        return "cannot run"
    if row["quarantined"]:
        return "quarantined"
    return "enabled" if row["enabled"] else "disabled"


def _declared(row: dict[str, Any]) -> str:
    shown = ("hooks", "commands", "platform", "provider", "personas")
    return "; ".join(f"{kind}: {', '.join(row['declares'][kind])}" for kind in shown if kind in row["declares"])


def _explain(row: dict[str, Any]) -> None:
    if row["problem"]:
        click.echo(f"{row['name']}: {row['problem']}")
    for notice in row["quarantined"]:
        where = f" --guild {notice['guild']}" if notice["guild"] else ""
        click.echo(
            f"{row['name']}: in quarantine {'in ' + notice['guild'] if notice['guild'] else 'everywhere'} since "
            f"{notice['since']}: {notice['reason']}; `butler plugins enable {row['name']}{where}` releases it"
        )


@command.command()
@click.argument("name")
@located
@placed
@as_json
def enable(name: str, file: Path | None, data: Path | None, guild: str, channel: str, plain: bool) -> None:
    """Enable a plugin, and release it from quarantine."""
    _switch("plugins.enable", read_config(file, data), name, guild, channel, plain)


@command.command()
@click.argument("name")
@located
@placed
@as_json
def disable(name: str, file: Path | None, data: Path | None, guild: str, channel: str, plain: bool) -> None:
    """Disable a plugin: it receives nothing any more."""
    _switch("plugins.disable", read_config(file, data), name, guild, channel, plain)


def _switch(verb: str, config: Config, name: str, guild: str, channel: str, plain: bool) -> None:
    done = act(config, verb, {"name": name, "guild": guild, "channel": channel})
    if plain:
        print_json(done)
        return
    where = f"in {done['place']}" if done["place"] else "for the host"
    click.echo(f"{name} is {'enabled' if done['enabled'] else 'disabled'} {where}")
    for left in done.get("left", ()):
        click.echo(f"{name} left something behind: {left}")


@command.command()
@located
@as_json
def check(file: Path | None, data: Path | None, plain: bool) -> None:
    """Bring every installed plugin up and down, apart from any host. Exit code 1 if something is wrong."""
    rows = try_all(read_config(file, data))
    if plain:
        print_json(rows)
    else:
        for row in rows:
            click.echo(f"{row['name']} ({row['package']} {row['version']}): {'; '.join(row['problems']) or 'ok'}")
    raise SystemExit(1 if any(row["problems"] for row in rows) else 0)
