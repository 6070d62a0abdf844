"""A plugin that keeps failing is left out: in the guild where it does, then everywhere (HOST-9)."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable

import structlog
from attrs import evolve, frozen

from butler.clock import Clock
from butler.engine.faults import Fault

log = structlog.get_logger("butler.quarantine")

EVERYWHERE = ""
"""The guild of a quarantine that holds in all of them."""
MOST_COUNTED = 10_000
"""Of how many plugins in guilds faults are counted at once; the oldest count goes first."""


@frozen
class Notice:
    """A plugin was put into quarantine, or released from it."""

    plugin: str
    guild: str
    reason: str
    since: dt.datetime
    released: bool = False


class Quarantine:
    """Counts faults and keeps the list; ``on_change`` is called with each change of it, ``on_fault`` with each fault.

    ``faults`` within ``window`` seconds put a plugin into quarantine for that guild, the same in ``guilds``
    guilds everywhere.
    """

    def __init__(
        self,
        clock: Clock,
        on_change: Callable[[Notice], None],
        on_fault: Callable[[Fault], None] = lambda fault: None,
        *,
        faults: int = 5,
        window: float = 600.0,
        guilds: int = 3,
    ) -> None:
        self._clock = clock
        self._on_change = on_change
        self._on_fault = on_fault
        self._faults = faults
        self._window = window
        self._guilds = guilds
        self._counted: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()
        self._listed: dict[tuple[str, str], Notice] = {}
        self._out: dict[str, frozenset[str]] = {}
        self.last: deque[Fault] = deque(maxlen=200)
        """The latest faults of all plugins, for ``butler doctor``."""

    def out(self, guild: str) -> frozenset[str]:
        """The plugins that are left out in a guild."""
        if not self._listed:
            return _NOBODY
        return self._out.get(guild) or self._out.get(EVERYWHERE, _NOBODY)

    def listed(self) -> list[Notice]:
        """Everything that is in quarantine now."""
        return list(self._listed.values())

    def fault(self, fault: Fault, *, counts: bool = True) -> None:
        """Record a fault and, if it ``counts``, count it; the one too many puts the plugin into quarantine."""
        self.last.append(evolve(fault, at=self._clock.now()))
        self._on_fault(fault)
        if not counts:
            return
        key = (fault.plugin, fault.guild)
        now = self._clock.monotonic()
        times = self._counted.setdefault(key, deque(maxlen=self._faults))
        self._counted.move_to_end(key)
        if len(self._counted) > MOST_COUNTED:
            self._counted.popitem(last=False)
        times.append(now)
        if len(times) == self._faults and now - times[0] <= self._window:
            minutes = self._window / 60
            self.put(
                fault.plugin, fault.guild, f"{self._faults} faults in {minutes:g} minutes, the last: {fault.error}"
            )

    def put(self, plugin: str, guild: str, reason: str) -> None:
        """Put a plugin into quarantine in a guild (``""``: everywhere)."""
        if (plugin, guild) in self._listed or (plugin, EVERYWHERE) in self._listed:
            return
        notice = Notice(plugin, guild, reason, self._clock.now())
        self._listed[plugin, guild] = notice
        self._counted.pop((plugin, guild), None)
        log.error("plugin is quarantined", plugin=plugin, guild=guild or "everywhere", reason=reason,
                  remedy=f"butler plugins enable {plugin}")  # fmt: skip
        self._changed(notice)
        if guild and sum(1 for name, _ in self._listed if name == plugin) >= self._guilds:
            self.put(plugin, EVERYWHERE, f"quarantined in {self._guilds} guilds, the last time for: {reason}")

    def release(self, plugin: str, guild: str | None = None) -> bool:
        """Let a plugin back in: in one guild, or (``None``) everywhere. Returns whether it was out."""
        for key in [key for key in self._counted if key[0] == plugin and guild in (None, key[1])]:
            del self._counted[key]  # it begins anew
        keys = [key for key in self._listed if key[0] == plugin and guild in (None, key[1])]
        for key in keys:
            notice = self._listed.pop(key)
            log.info("plugin is released from quarantine", plugin=plugin, guild=key[1] or "everywhere")
            self._changed(Notice(plugin, key[1], notice.reason, self._clock.now(), released=True))
        return bool(keys)

    def load(self, notices: Iterable[Notice]) -> None:
        """Take what was kept from an earlier run."""
        for notice in notices:
            self._listed[notice.plugin, notice.guild] = notice
        self._compile()

    def _changed(self, notice: Notice) -> None:
        self._compile()
        self._on_change(notice)

    def _compile(self) -> None:
        everywhere = frozenset(name for name, guild in self._listed if guild == EVERYWHERE)
        guilds = {guild for _, guild in self._listed} - {EVERYWHERE}
        self._out = {guild: everywhere | {name for name, where in self._listed if where == guild} for guild in guilds}
        self._out[EVERYWHERE] = everywhere


_NOBODY: frozenset[str] = frozenset()
