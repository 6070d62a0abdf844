"""``butler``: the command line. What a command needs is imported when it is called, so that help is instant."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Callable, Mapping
from typing import Final

import click

from butler.errors import ButlerError
from butler.faces.cli.added import Added, added

COMMANDS: Final = {
    "run": "Start the host.",
    "chat": "Talk to PERSONA in this terminal; no other platform is connected meanwhile.",
    "console": "Administer the host: at a prompt, or by a script.",
    "plugins": "List, enable, disable and check plugins.",
    "personas": "List and show personas.",
    "models": "List the models that can be asked, their windows, and their prices as far as known.",
    "usage": "Say what language models were used for, what it cost, and what is left of the host's budgets.",
    "conversations": "Write conversations into TARGET, to train models: of those people only who agreed to it.",
    "why": "Say why a message was answered, or why not.",
    "doctor": "Look at everything and say what to do.",
    "config": "Show what is configured, where from, and what could be.",
    "keys": "Set, list and remove the keys of providers and platforms; they are never shown.",
    "logs": "Show the log.",
    "export": "Print everything that is kept about PERSON, as JSON: the host's part, and one for each plugin.",
    "forget": "Delete everything that is kept about PERSON, and print the receipt.",
    "init": "Write butler.toml and .env: which platforms and models, with which keys.",
    "new": "Make a plugin: a package that installs, runs and passes its tests at once.",
    "backup": "Write everything that is kept into one file, TARGET; the host may run meanwhile.",
    "restore": "Put a backup, SOURCE, in the place of what is kept now; that is put aside, not deleted.",
}
"""Every command and its first line of help; each stands in the module of its name, as ``command``."""


class Lazy(click.Group):
    """A group whose commands are imported when they are called; packages may add some, never replace one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """As they stand in the list: the first steps first, then what packages add."""
        return [*COMMANDS, *self._added()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name in COMMANDS:
            command: click.Command = importlib.import_module(f"{__name__}.{cmd_name}").command
            return command
        found = self._added().get(cmd_name)
        if found is None:
            return None
        from butler.faces.cli.plugged import load  # noqa: PLC0415 - reads a configuration, which most commands need not

        return load(found)

    def _added(self) -> Mapping[str, Added]:
        return added(COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, and where there is no such command the one that was probably meant."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS and args[0] not in self._added():
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), 1)
            raise click.UsageError(
                f"No such command {args[0]!r}" + (f", did you mean {near[0]!r}?" if near else "."), ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list, without importing anything for it."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))
        if found := self._added():
            with formatter.section("Commands of packages"):
                formatter.write_dl([(name, f"From {each.distribution}.") for name, each in found.items()])


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="butler-host", prog_name="butler")
def butler() -> None:
    """Butler: a bot host in which every feature is a package of its own."""


def main() -> None:
    """The entry point: errors as one line, never a traceback (unless BUTLER_DEBUG=1)."""
    known: dict[str, Callable[[str], str]] = {}
    try:
        butler(prog_name="butler", obj=known)
    except Exception as error:
        if os.environ.get("BUTLER_DEBUG") == "1":
            raise
        text = told(error)
        sys.stderr.write(f"error: {known['scrub'](text) if known else text}\n")
        raise SystemExit(1) from None


def told(error: Exception) -> str:
    """An error for whoever typed the command; one that nobody foresaw says how to see more of it."""
    if isinstance(error, ButlerError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"{type(error).__name__}: {error}; this is a fault of Butler, BUTLER_DEBUG=1 shows where it is"
