"""What the suites look at, and the texts that they try."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from butler.engine.lane import Lane
from butler.engine.loader import discover
from butler.plugin import Plugin
from butler.testing.house import House

ODD = (
    "", " ", "\x00", "\ud800", "a\x00b\ud83d", "\u202eevil\u202c", "\u200d" * 50, "Z\u0335\u0321" * 500, "`" * 999,
    "[" * 500 + "]" * 500, "@" * 500, "/" * 50, "/karma ++ -- \x00", "🏳️‍🌈" * 300, "x" * 100_000, "\n" * 5_000,
    "++ -- ++",
)  # fmt: skip
"""Texts that break what was not written for them."""


def none(found: Sequence[Any]) -> None:
    """There is none; whatever is found is named whole."""
    assert not found, "\n".join(map(str, found))


def at_work(loop: asyncio.AbstractEventLoop) -> set[asyncio.Task[Any]]:
    """The tasks of a host; without the lanes that it keeps for the next run and in which nothing runs."""
    tasks = {task: task.get_coro() for task in asyncio.all_tasks(loop)}
    return {task for task, body in tasks.items() if not isinstance(body, Lane) or body.run is not None}


def commands_of(house: House, name: str) -> list[Any]:
    """All commands of a plugin, subcommands too."""
    nodes = [node for node in house.host.commands.roots(frozenset({name})) if node.plugin == name]
    for node in nodes:
        nodes += node.children.values()
    return nodes


def rows_of(house: House, cls: type[Plugin]) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of all tables of a plugin."""
    names = [table._meta.table_name for table in cls.tables]  # type: ignore[attr-defined]
    return {name: sorted(house.query(f'select * from "{name}"'), key=repr) for name in names}


def installed() -> list[str]:
    """The names of all installed plugins, for a suite over every package."""
    return sorted(discover())
