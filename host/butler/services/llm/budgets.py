"""Budgets that cannot be overspent: room is taken before a call and given back after it (HOST-18).

What was used is counted in memory, per window, from the ledger; taking room is one step of the event loop, so that
calls side by side cannot take the same room, and it is in the ledger before the call begins, so that a crash does not
give it back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from attrs import define, frozen

from butler.clock import Clock
from butler.config.budgets import BudgetSettings
from butler.errors import OverBudget
from butler.model.models import MILLION
from butler.services.identity import Links
from butler.services.llm.asking import Asking
from butler.services.llm.ledger import Entry, Ledger
from butler.services.llm.windows import PERIODS, Period, Window, window
from butler.store.database import Database

Scope = Literal["person", "guild", "persona", "host"]
SCOPES: tuple[Scope, ...] = ("person", "guild", "persona", "host")
Kind = Literal["requests", "tokens", "money"]
KINDS: tuple[Kind, ...] = ("requests", "tokens", "money")
KEPT = 20_000
"""So many counters are kept; past that those go whose window is over, then those not used for longest."""

Key = tuple[Scope, str, Period, float]

SETTINGS_KEPT = 512

_COUNTED = "case when tokens > 0 then 1 else 0 end"
"""See :attr:`Entry.counts`."""
_WHERE = {"person": "person in ({marks})", "guild": "guild = ?", "persona": "persona = ?", "host": "? = ''"}


@define(eq=False)
class Counter:
    """What was used in one window by one person, guild, persona or the host; what is under way counts whole."""

    requests: int = 0
    tokens: int = 0
    money: int = 0
    held: int = 0
    """How many calls are under way that took room here."""

    def add(self, requests: int, tokens: int, money: int) -> None:
        self.requests += requests
        self.tokens += tokens
        self.money += money


@frozen
class Limit:
    """So much (money in micro-units) of one kind, in one window."""

    scope: Scope
    id: str
    window: Window
    kind: Kind
    amount: int

    @property
    def name(self) -> str:
        """As people call it: ``the person's hourly budget of requests``."""
        often = {"hour": "hourly", "day": "daily", "month": "monthly"}[self.window.period]
        return f"the {self.scope}'s {often} budget of {self.kind}"

    @property
    def key(self) -> Key:
        return (self.scope, self.id, self.window.period, self.window.start)


class Budgets:
    """Takes room for calls, and gives back what they did not use."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        clock: Clock,
        *,
        told: Callable[[Asking], BudgetSettings],
        zone: Callable[[str], ZoneInfo],
        is_new: Callable[[Asking], bool],
        links: Links,
    ) -> None:
        """``told``: the budgets that hold for a request; ``is_new``: whether nobody configured its guild yet."""
        self._links = links
        links.listen(self._linked)
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._told = told
        self._zone = zone
        self._is_new = is_new
        self._counters: dict[Key, Counter] = {}
        self._set: dict[int, tuple[BudgetSettings, list[tuple[Scope, Period, Kind, int]]]] = {}

    def cheaper(self, asking: Asking) -> Sequence[str]:
        """The models that are asked where a budget is used up."""
        return self._told(asking).budget_cheaper

    def limits(self, asking: Asking) -> list[Limit]:
        """Every limit that holds for a request now."""
        told, now = self._told(asking), self._clock.now()
        found = list(self._limits(told, asking, now))
        if told.budget_new_guild_day_requests is not None and self._is_new(asking):
            today = window("day", now, self._zone(asking.guild.id))
            found.append(Limit("guild", asking.guild.id, today, "requests", told.budget_new_guild_day_requests))
        return found

    def _limits(self, told: BudgetSettings, asking: Asking, now: dt.datetime) -> Iterator[Limit]:
        ids: dict[Scope, str] = {
            "person": asking.person and self._links.who(asking.person).id, "guild": asking.guild.id,
            "persona": asking.persona, "host": "",
        }  # fmt: skip
        for scope, period, kind, amount in self._those_of(told):
            if ids[scope] or scope == "host":
                zone = self._zone(asking.guild.id if scope == "guild" else "")
                yield Limit(scope, ids[scope], window(period, now, zone), kind, amount)

    def _those_of(self, told: BudgetSettings) -> list[tuple[Scope, Period, Kind, int]]:
        """The limits that some settings set; most set few, and settings are shared by many places."""
        known = self._set.get(id(told))
        if known is None or known[0] is not told:
            if len(self._set) >= SETTINGS_KEPT:
                self._set.clear()
            known = self._set[id(told)] = (told, list(_limits_in(told)))
        return known[1]

    async def reserve(self, entry: Entry, *, priced: bool) -> list[Counter]:
        """Take room for a call; returns what :meth:`settle` gives it back to.

        Raises ``OverBudget`` if one of the limits has no room for it; then none is taken.
        """
        limits = self.limits(entry.asking)
        counters = await self._loaded(limits)
        for limit, counter in zip(limits, counters, strict=True):
            if limit.kind == "money" and not priced and not self._told(entry.asking).budget_unpriced:
                raise OverBudget(
                    f"{limit.name} holds, and the price of {entry.provider}:{entry.model} is not known",
                    budget=limit.name,
                    remedy="put its price into models.toml, or set budget_unpriced = true under [host]",
                )
            needed = {"requests": 1, "tokens": entry.tokens, "money": entry.money}[limit.kind]
            if getattr(counter, limit.kind) + needed > limit.amount:
                raise OverBudget(f"{limit.name} is used up", budget=limit.name, frees=limit.window.end)
        taken = list({id(counter): counter for counter in counters}.values())
        for counter in taken:
            counter.held += 1
            counter.add(1, entry.tokens, entry.money)
        return taken

    @staticmethod
    def settle(counters: list[Counter], entry: Entry, tokens: int, money: int) -> None:
        """Give back what a call did not use. ``tokens``, ``money``: what it had taken; the entry says what it used."""
        requests = 0 if entry.counts else -1
        for counter in counters:
            counter.held -= 1
            counter.add(requests, entry.tokens - tokens, entry.money - money)

    async def used(self, limit: Limit) -> int:
        """How much of a limit is used, in its kind."""
        counters = await self._loaded([limit])
        return int(getattr(counters[0], limit.kind))

    # --- counters -------------------------------------------------------------------------------------

    async def _loaded(self, limits: list[Limit]) -> list[Counter]:
        """The counters of the limits, all of them in memory when this returns."""
        while missing := [limit for limit in limits if limit.key not in self._counters]:
            for limit in missing:
                await self._read(limit)
        return [self._counters[limit.key] for limit in limits]

    async def _read(self, limit: Limit) -> None:
        """Out of the ledger; calls that are under way are taken from memory, where they change."""
        under_way, last = dict(self._ledger.open), self._ledger.last
        numbers = ",".join(map(str, under_way)) or "0"
        ids = self._links.accounts(limit.id) if limit.scope == "person" else (limit.id,)
        where = _WHERE[limit.scope].format(marks=", ".join("?" * len(ids)))
        rows = await self._database.query(
            f"select coalesce(sum({_COUNTED}), 0), coalesce(sum(tokens), 0), coalesce(sum(money), 0) from host_usage "
            f"where {where} and at >= ? and at < ? and id <= ? and id not in ({numbers})",
            (*ids, limit.window.start, limit.window.end, last),
        )
        counter = Counter(*map(int, rows[0]))
        for entry in {**under_way, **{k: e for k, e in self._ledger.open.items() if k > last}}.values():
            if self._concerns(limit, entry):
                counter.add(1, entry.tokens, entry.money)
        self._make_room()
        self._counters.setdefault(limit.key, counter)  # whoever read it side by side was first: it may be in use

    def _concerns(self, limit: Limit, entry: Entry) -> bool:
        ids = {
            "person": entry.asking.person and self._links.who(entry.asking.person).id,
            "guild": entry.asking.guild.id, "persona": entry.asking.persona, "host": "",
        }  # fmt: skip
        return ids[limit.scope] == limit.id and limit.window.start <= entry.at < limit.window.end

    def _linked(self, accounts: frozenset[str]) -> None:
        """Accounts belong together now, or no longer: what they used is read anew."""
        for key in [key for key in self._counters if key[0] == "person" and key[1] in accounts]:
            del self._counters[key]

    def _make_room(self) -> None:
        if len(self._counters) < KEPT:
            return
        idle = [key for key, counter in self._counters.items() if not counter.held]
        for key in idle[: KEPT // 2]:
            del self._counters[key]


def _limits_in(told: BudgetSettings) -> Iterator[tuple[Scope, Period, Kind, int]]:
    for scope in SCOPES:
        for period in PERIODS:
            for kind in KINDS:
                amount = getattr(told, f"budget_{scope}_{period}_{kind}")
                if amount is not None:
                    yield scope, period, kind, _whole(kind, amount)


def _whole(kind: Kind, amount: float) -> int:
    return int(Decimal(str(amount)) * MILLION) if kind == "money" else int(amount)
