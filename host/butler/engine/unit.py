"""What plugins write and say while one message is handled: collected, and committed with its next mark."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from attrs import define, field

from butler.model import Action


@define(eq=False)
class Unit:
    """The effects of one phase: deferred writes and actions, in the order in which they were asked for."""

    seq: int = 0
    writes: list[tuple[str, Callable[[], Any]]] = field(factory=list)
    actions: list[tuple[str, Action, str]] = field(factory=list)
    """Owner, action, and the key under which it is done once (``""``: made from its row)."""

    def take_writes(self) -> list[tuple[str, Callable[[], Any]]]:
        """The writes so far; the unit begins anew."""
        taken, self.writes = self.writes, []
        return taken

    def take_actions(self) -> list[tuple[str, Action, str]]:
        """The actions so far; the unit begins anew."""
        taken, self.actions = self.actions, []
        return taken


current: ContextVar[Unit | None] = ContextVar("butler_unit", default=None)
"""The unit of the message that the running task handles; none outside of one."""
