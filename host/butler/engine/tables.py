"""Which functions are called for a hook in a guild: compiled when something changes, never per message (OPS-7).

A table belongs to a set of enabled plugins, so guilds with the same set share one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import Factory, field, frozen

from butler.engine.loader import Loader
from butler.engine.quarantine import Quarantine
from butler.hookspecs import HOOKS
from butler.model import VETO, Stop, Vote
from butler.plugin import Plugin

Call = Callable[..., Awaitable[Any]]

DEADLINE = 2.0
"""Seconds that a plugin has in a hook, unless it says otherwise."""

CLOSED: Mapping[str, Any] = {
    "on_message": Stop("a guard of this guild does not work; its managers were told"),
    "review_reply": Stop("a guard of this guild does not work; its managers were told"),
    "should_reply": Vote(VETO, "a guard of this guild does not work; its managers were told"),
}
"""What a hook that guards something counts as when it fails (fails closed)."""


TOGETHER = 16
"""For so many calls the clock is read once, where many plugins are enabled and none is slow."""
FEW = 8
"""Up to so many plugins the clock is read for each."""
CLOSER = 1_000
"""For so many runs the clock is read for each plugin after some were slow together."""
SLOW = 0.001
"""Seconds that count as slow."""

MOST = 5_000
"""Tables that are kept at once."""

Block = tuple[int, tuple[Call, ...]]


class Pace:
    """How closely the clock is read for one hook of one table."""

    __slots__ = ("_each", "_left", "_some", "blocks")

    def __init__(self, functions: tuple[Call, ...]) -> None:
        self._each = _blocks(functions, 1)
        self._some = _blocks(functions, TOGETHER) if len(functions) > FEW else self._each
        self._left = 0
        self.blocks = self._some
        """The functions in the portions between two readings of the clock."""

    def learn(self, seconds: float) -> None:
        """So long took a run: look closer for a while if it was slow."""
        if seconds > SLOW:
            self._left, self.blocks = CLOSER, self._each
        elif self._left:
            self._left -= 1
            if not self._left:
                self.blocks = self._some


@frozen(eq=False)
class Calls:
    """The implementations of one hook, in the order in which they are awaited."""

    hook: str
    functions: tuple[Call, ...] = ()
    plugins: tuple[str, ...] = ()
    deadlines: tuple[float, ...] = ()
    guards: frozenset[str] = frozenset()
    """The plugins for which this hook fails closed."""
    pace: Pace = field(init=False, default=Factory(lambda self: Pace(self.functions), takes_self=True))

    def __bool__(self) -> bool:
        return bool(self.functions)

    def after(self, plugin: str) -> Calls:
        """Those that come after a plugin's."""
        start = len(self.plugins) - self.plugins[::-1].index(plugin)
        return Calls(self.hook, self.functions[start:], self.plugins[start:], self.deadlines[start:], self.guards)


@frozen(eq=False)
class Table:
    """All hooks for one set of plugins."""

    hooks: Mapping[str, Calls]

    def calls(self, hook: str) -> Calls:
        """The implementations of a hook; false if there are none."""
        return self.hooks[hook]


class Tables:
    """Compiles tables when they are first asked for, and forgets them when plugins come or go."""

    def __init__(self, loader: Loader, quarantine: Quarantine) -> None:
        self._loader = loader
        self._quarantine = quarantine
        self._compiled: dict[tuple[frozenset[str], frozenset[str]], Table] = {}

    def clear(self) -> None:
        """A plugin came, went, or was quarantined."""
        self._compiled.clear()

    def table(self, enabled: frozenset[str], guild: str) -> Table:
        """The table for a set of plugins in a guild."""
        key = (enabled, self._quarantine.out(guild))
        table = self._compiled.get(key)
        if table is None:
            if len(self._compiled) >= MOST:
                self._compiled.clear()
            table = self._compiled[key] = Table({hook: self._compile(hook, *key) for hook in HOOKS})
        return table

    def _compile(self, hook: str, enabled: frozenset[str], out: frozenset[str]) -> Calls:
        rows: list[tuple[Call, Plugin]] = []
        for plugin, function in self._loader.implementations(hook):
            if plugin.name not in enabled:
                continue
            if plugin.name not in out:
                rows.append((function, plugin))
            elif hook in plugin.guards and hook in CLOSED:
                rows.append((_stand_in(CLOSED[hook]), plugin))
        return Calls(
            hook,
            tuple(function for function, _ in rows),
            tuple(plugin.name for _, plugin in rows),
            tuple(plugin.deadlines.get(hook, DEADLINE) for _, plugin in rows),
            frozenset(plugin.name for _, plugin in rows if hook in plugin.guards and hook in CLOSED),
        )


def _blocks(functions: tuple[Call, ...], size: int) -> tuple[Block, ...]:
    return tuple((start, functions[start : start + size]) for start in range(0, len(functions), size))


def _stand_in(result: Any) -> Call:
    async def closed(*_: Any) -> Any:
        return result

    return closed
