"""What a stand-in billed, call by call: what a ledger has to equal."""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import Literal

from attrs import define, field

from butler.provider import Usage

KEPT = 20_000
"""Calls that are remembered one by one; sums are of all."""


@define
class Bill:
    """One call; it grows while the answer is sent."""

    model: str
    input: int = 0
    cached: int = 0
    written: int = 0
    output: int = 0
    stream: bool = False
    persona: str = ""
    """What the client said by whom it is asked (a cache key, a user), if anything."""
    ended: Literal["open", "done", "cut", "cancelled"] = "open"
    """``done``: all was sent; ``cut``: the stand-in broke off; ``cancelled``: the client let go."""

    @property
    def usage(self) -> Usage:
        """In the host's form: ``input`` without cached and written ones."""
        return Usage(self.input, self.output, self.cached, self.written)


@define
class Account:
    """All calls that were billed. Refused ones (errors, wrong keys) cost nothing and are counted in ``failures``."""

    calls: deque[Bill] = field(factory=lambda: deque(maxlen=KEPT))
    """Settled ones, in the order in which they ended."""
    failures: Counter[int] = field(factory=Counter)
    """Requests that got an error, by status."""
    by_model: dict[str, Usage] = field(factory=dict)
    requests: int = 0
    """All requests, whatever came of them."""
    _lock: threading.Lock = field(factory=threading.Lock, repr=False)

    def settle(self, bill: Bill) -> None:
        """Charge a call."""
        with self._lock:
            self.calls.append(bill)
            self.by_model[bill.model] = self.by_model.get(bill.model, Usage()) + bill.usage

    def fail(self, status: int) -> None:
        """Count a refused request."""
        with self._lock:
            self.failures[status] += 1

    @property
    def usage(self) -> Usage:
        """What all calls used together."""
        with self._lock:
            return sum(self.by_model.values(), Usage())
