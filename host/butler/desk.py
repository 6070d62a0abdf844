"""What a plugin's command of the command line is given: the configuration, a folder, and the host's console."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, TypeVar

T = TypeVar("T")


class Desk(Protocol):
    """The object of a click command that a package names in the entry-point group ``butler.cli``.

    ::

        @click.group()
        def command() -> None:
            \"\"\"Things about Matrix.\"\"\"

        @command.command()
        @click.pass_obj
        def hello(desk: Desk) -> None:
            click.echo(desk.console("list_channels"))

    ``--config`` and ``--data`` are the host's: every such command has them.
    """

    def section(self, table: str, kind: type[T]) -> T:
        """A table of butler.toml, such as ``"platforms.matrix"``, as its settings class. Raises ``ConfigError``."""
        ...

    def folder(self, plugin: str) -> Path:
        """The folder for a plugin's own files, made when first asked for."""
        ...

    def console(self, line: str) -> str:
        """What a command of the operator's console says, on the host that runs or on one of the moment.

        Raises ``ButlerError`` with the words of one that fails.
        """
        ...
