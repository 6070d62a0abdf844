"""Which functions are called for a hook in a guild: compiled when something changes, never per message (OPS-7).

A table belongs to a set of enabled plugins, so guilds with the same set share one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import Factory, field, frozen

from butler.engine.loader import Loader
from butler.engine.quarantine import Quarantine
from butler.engine.run import SLOW
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
"""What a hook that guards something counts as when it fails (fails closed); the loader refuses guards of others."""


TOGETHER = 25
"""For so many calls the clock is read once, where many plugins are enabled and none is slow."""
FEW = 8
"""Up to so many plugins the clock is read for each."""
HEAT, HOT = 100, 250
"""What a slow run adds, a quick one takes one of; from there on the clock is read for each plugin."""

MOST = 5_000
"""Tables that are kept at once."""

Block = tuple[Call, ...]
"""The functions between two readings of the clock."""


class Pace:
    """How closely the clock is read for one hook of one table: for each plugin while several runs were slow."""

    __slots__ = ("_each", "_some", "blocks", "heat")

    def __init__(self, functions: tuple[Call, ...]) -> None:
        self._each = _blocks(functions, 1)
        self._some = _blocks(functions, TOGETHER) if len(functions) > FEW else self._each
        self.heat = 0
        """How many quick runs it takes until the slow ones are forgotten."""
        self.blocks = self._some
        """The functions, block by block."""

    def learn(self, seconds: float) -> None:
        """So long took a run; of no interest if it was quick and there is no ``heat``.

        One slow run may be anybody's fault: a busy machine, a collection of garbage.
        """
        self.heat = min(self.heat + HEAT, 2 * HOT) if seconds > SLOW else max(0, self.heat - 1)
        self.blocks = self._each if self.heat >= HOT else self._some


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
    enabled: frozenset[str]
    """The plugins themselves, without those in quarantine."""
    reviewers: tuple[tuple[str, Call], ...] = ()
    """Who implements ``review_reply``, and what says whether it has anything to look at; also those in quarantine."""

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
            hooks = {hook: self._compile(hook, *key) for hook in HOOKS}
            table = self._compiled[key] = Table(hooks, enabled - key[1], self._reviewers(enabled))
        return table

    def _reviewers(self, enabled: frozenset[str]) -> tuple[tuple[str, Call], ...]:
        there = self._loader.implementations("review_reply")
        return tuple((plugin.name, plugin.reviews) for plugin, _ in there if plugin.name in enabled)

    def _compile(self, hook: str, enabled: frozenset[str], out: frozenset[str]) -> Calls:
        rows: list[tuple[Call, Plugin]] = []
        for plugin, function in self._loader.implementations(hook):
            if plugin.name not in enabled:
                continue
            if plugin.name not in out:
                rows.append((function, plugin))
            elif hook in plugin.guards:
                rows.append((_stand_in(CLOSED[hook]), plugin))
        return Calls(
            hook,
            tuple(function for function, _ in rows),
            tuple(plugin.name for _, plugin in rows),
            tuple(plugin.deadlines.get(hook, DEADLINE) for _, plugin in rows),
            frozenset(plugin.name for _, plugin in rows if hook in plugin.guards),
        )


def _blocks(functions: tuple[Call, ...], size: int) -> tuple[Block, ...]:
    return tuple(functions[start : start + size] for start in range(0, len(functions), size))


def _stand_in(result: Any) -> Call:
    async def closed(*_: Any) -> Any:
        return result

    return closed
