"""``butler init``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from butler.config import Classes, HostSettings, load, structure
from butler.config.references import Reference
from butler.errors import BadArgument, PlatformError
from butler.faces.configuration import FILE
from butler.faces.describe import Installed
from butler.faces.greeting import greeting, refuse_secrets
from butler.faces.init import ENV, Given, Question, questions, time_zone, write

TRIES: Final = 3


@click.command("init")
@click.option("--dir", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), metavar="DIR",
              help="Where to write (default: here).")  # fmt: skip
@click.option("--platform", "platforms", multiple=True, metavar="NAME", help="Connect it. Again for each.")
@click.option("--provider", "providers", multiple=True, metavar="NAME", help="Use its models. Again for each.")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE",
              help="An answer: platforms.matrix.user=@butler:example.org. Again for each.")  # fmt: skip
@click.option("-y", "--yes", is_flag=True, help="Ask nothing: what was not answered stays out.")
@click.option("--force", is_flag=True, help="Overwrite an existing butler.toml.")
def command(
    folder: Path, platforms: tuple[str, ...], providers: tuple[str, ...], assignments: tuple[str, ...], yes: bool,
    force: bool,
) -> None:  # fmt: skip
    """Write butler.toml and .env: which platforms and models, with which keys.

    It asks at a terminal; elsewhere, or with --yes, the options are all it goes by.
    """
    asking = not yes and sys.stdin.isatty()
    installed = Installed()
    classes = installed.classes
    given = Given()
    for assignment in assignments:
        given.put(assignment)
    refuse_secrets(given.values, classes)
    force = _may_write(folder, force=force, asking=asking)
    for section, names in (("platforms", platforms), ("providers", providers)):
        _section(given, classes, section, names, asking=asking)
    told = _greetings(given, installed) if asking else {}
    _host(given, asking=asking)
    for line in write(folder, *given.rendered(classes), overwrite=force):
        click.echo(line)
    _look(folder, installed, told)


def _may_write(folder: Path, *, force: bool, asking: bool) -> bool:
    if not (folder / FILE).exists() or force:
        return force
    if asking and click.confirm(f"{folder / FILE} is there already. Overwrite it?", default=False):
        return True
    raise BadArgument(f"{folder / FILE} is there already and was not touched", remedy="move it away, or say --force")


def _section(given: Given, classes: Classes, section: str, names: tuple[str, ...], *, asking: bool) -> None:
    known = [name for name in getattr(classes, section) if name != "console"]
    for name in names:
        if name not in known:
            raise BadArgument(
                f"there is no {section[:-1]} {name!r}", remedy=f"installed are: {', '.join(known) or 'none'}"
            )
    for name in known:
        wanted = name in names or name in given.values[section]
        if wanted or (asking and click.confirm(f"Use {name} ({section[:-1]})?", default=False)):
            given.values[section].setdefault(name, {})
            for question in questions(classes, section, name):
                _ask(given, question, asking=asking)


def _ask(given: Given, question: Question, *, asking: bool) -> None:
    if given.has(question.section, question.name, question.key):
        return
    if not asking:
        if not question.secret:
            key = f"{question.section}.{question.name}.{question.key}"
            raise BadArgument(f"{key} is needed", remedy=f"give it: --set {key}=…  ({question.text})")
        return
    text = f"  {question.key}: {question.text}"
    value = click.prompt(text, default="", show_default=False, hide_input=question.secret)
    if value:
        given.answer(question.section, question.name, question.key, value)


def _greetings(given: Given, installed: Installed) -> dict[str, Sequence[str]]:
    """What the platforms say of the answers; what is wrong is asked for again."""
    told: dict[str, Sequence[str]] = {}
    for name, values in given.values["platforms"].items():
        secrets = [each for each in questions(installed.classes, "platforms", name) if each.secret]
        for _ in range(TRIES):
            if name in told or any(Reference.read(value) for value in values.values()):
                break
            try:
                told[name] = greeting(installed.platforms[name], values)
            except PlatformError as error:
                click.echo(f"  {error}")
                for question in secrets:
                    values.pop(question.key, None)
                    _ask(given, question, asking=True)
    return told


def _host(given: Given, *, asking: bool) -> None:
    host = given.values["host"]
    if asking and "timezone" not in host:
        host["timezone"] = click.prompt("Time zone", default=time_zone(os.environ))
    for section in given.values["platforms"]:
        if asking and "operators" not in host:
            who = click.prompt(f"Your own id on {section}, as owner (empty: nobody)", default="", show_default=False)
            if who:
                host["operators"] = [who if ":" in who and not who.startswith("@") else f"{section}:{who}"]
    if isinstance(host.get("operators"), str):
        host["operators"] = [who.strip() for who in host["operators"].split(",")]
    structure(HostSettings, host)


def _look(folder: Path, installed: Installed, told: dict[str, Sequence[str]]) -> None:
    config = load(folder / FILE, os.environ, folder / ENV)
    for problem in config.problems:
        click.echo(f"problem: {problem}", err=True)
    for name, values in config.platforms.items():
        if name in installed.platforms and not config.problems:
            try:
                lines = told.get(name) or greeting(installed.platforms[name], config.resolved(values))
            except PlatformError as error:
                lines = [f"{name}: {error}"]
            click.echo("".join(f"{line}\n" for line in lines), nl=False)
    click.echo("next: `butler doctor` looks whether all is well, `butler run` starts the host")
