"""What plugins write and say while one message is handled: collected, and committed with its next mark."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from attrs import define, field

from butler.model import Action, Message


@define(eq=False)
class Unit:
    """The effects of one phase: deferred writes and actions, in the order in which they were asked for."""

    seq: int = 0
    cause: Message | None = None
    """The message that is handled."""
    writes: list[tuple[str, Callable[[], Any]]] = field(factory=list)
    actions: list[tuple[str, Action, str]] = field(factory=list)
    """Owner, action, and the key under which it is done once (``""``: made from its row)."""
    ended: bool = False
    """Nothing that is added now would be committed."""

    def take_writes(self) -> list[tuple[str, Callable[[], Any]]]:
        """The writes so far; the unit begins anew."""
        taken, self.writes = self.writes, []
        return taken

    def take_actions(self) -> list[tuple[str, Action, str]]:
        """The actions so far; the unit begins anew."""
        taken, self.actions = self.actions, []
        return taken


_current: ContextVar[Unit | None] = ContextVar("butler_unit", default=None)


def current() -> Unit | None:
    """The unit of the message that is handled; none outside of one, nor in what a plugin started while it was."""
    unit = _current.get()
    return None if unit is None or unit.ended else unit


def cause() -> Message | None:
    """The message because of which something runs, also when it was started while that was handled and goes on."""
    unit = _current.get()
    return None if unit is None else unit.cause


class handling:  # noqa: N801 - a context manager
    """Within, what plugins write and say is collected in a unit."""

    __slots__ = ("_token", "_unit")

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def __enter__(self) -> None:
        self._token = _current.set(self._unit)

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)
        self._unit.ended = True
