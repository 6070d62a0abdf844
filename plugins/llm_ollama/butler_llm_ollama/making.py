"""Models that other plugins have made: it takes minutes, so they ask for it and look later how it stands."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from attrs import evolve, frozen
from butler import ModelError, Scope

State = Literal["making", "made", "no_adapters", "failed"]
REMEMBERED = 64
"""Makings whose end is remembered."""


@frozen
class Made:
    """How one stands."""

    state: State = "making"
    reason: str = ""
    """Why it failed, with what to do."""

    def plain(self) -> Mapping[str, str]:
        """For a plugin that knows none of our classes."""
        return {"state": self.state, "reason": self.reason}


class Makings:
    """Those under way, and how the last ones ended."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._known: OrderedDict[str, Made] = OrderedDict()

    def begin(self, model: str, make: Callable[[], Awaitable[bool]]) -> Made:
        """Begin one, unless it is under way. ``make`` returns whether the server takes adapters."""
        if self.of(model).state == "making" and model in self._known:
            return self._known[model]
        self._known[model] = Made()
        self._known.move_to_end(model)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        self._scope.task(self._make(model, make), f"make {model}")
        return self._known[model]

    def of(self, model: str) -> Made:
        """How it stands; failed with a reason if nobody asked for it."""
        return self._known.get(model, Made("failed", f"nobody asked for {model} since the start"))

    async def _make(self, model: str, make: Callable[[], Awaitable[bool]]) -> None:
        try:
            made = Made("made") if await make() else Made("no_adapters")
        except ModelError as error:
            made = evolve(Made(), state="failed", reason=str(error))
        self._known[model] = made
