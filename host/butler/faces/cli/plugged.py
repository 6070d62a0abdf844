"""Commands that packages add to ``butler``: entry points of the group ``butler.cli`` (HOST-27)."""

from __future__ import annotations

import copy
import importlib
from pathlib import Path
from typing import Any, TypeVar

import click

from butler.config import Config
from butler.errors import PluginError
from butler.faces.cli.added import Added
from butler.faces.cli.options import located
from butler.faces.configuration import read_config
from butler.faces.desk import show_progress
from butler.faces.operate import once

T = TypeVar("T")


class Desk:
    """See :class:`butler.Desk`."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def section(self, table: str, kind: type[T]) -> T:
        """A table of butler.toml as its settings class."""
        kinds = {"platforms": self._config.platforms, "providers": self._config.providers}
        group, _, name = table.partition(".")
        return self._config.structure(kind, kinds[group].get(name, {}), table)

    def folder(self, plugin: str) -> Path:
        """The folder for a plugin's own files."""
        folder = Path(self._config.host.data) / plugin
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def console(self, line: str) -> str:
        """What a command of the operator's console says."""
        return once(self._config, line, show_progress)


def load(found: Added) -> click.Command:
    """Import one. Raises ``PluginError`` with package and reason where that fails."""
    module, _, attribute = found.value.partition(":")
    try:
        command = getattr(importlib.import_module(module), attribute)
    except Exception as error:
        raise PluginError(
            f"`butler {found.name}` of {found.distribution} {found.version} cannot be loaded "
            f"({type(error).__name__}: {error})",
            remedy=f"upgrade or remove {found.distribution}",
        ) from error
    if not isinstance(command, click.Command):
        raise PluginError(f"`butler {found.name}` of {found.distribution} is no click command")
    return _given(command, found.name)


def _given(command: click.Command, name: str) -> click.Command:
    """The command under its entry point's name, with ``--config`` and ``--data``; its object is a :class:`Desk`."""
    command = copy.copy(command)
    inner = command.callback

    @click.pass_context
    def callback(context: click.Context, /, file: Path | None, data: Path | None, **given: Any) -> Any:
        context.obj = Desk(read_config(file, data))
        return context.invoke(inner, **given) if inner is not None else None

    located(callback)
    options = list(reversed(getattr(callback, "__click_params__", [])))
    command.params = [*(each for each in command.params if each.name not in {"file", "data"}), *options]
    command.callback, command.name = callback, name
    return command
