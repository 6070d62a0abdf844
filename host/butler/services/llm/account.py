"""One attempt at a model, from the room that is taken for it to the line in the ledger (HOST-18)."""

from __future__ import annotations

from attrs import define

from butler.clock import Clock
from butler.provider import Usage
from butler.services.llm.asking import Asking, Heard
from butler.services.llm.budgets import Budgets, Counter
from butler.services.llm.chain import Choice
from butler.services.llm.ledger import Entry, Ledger, State
from butler.store.database import Database


@define(eq=False)
class Attempt:
    """What is written down of one attempt."""

    entry: Entry
    counters: list[Counter]
    started: float
    estimate: int
    """Tokens of the prompt, estimated from above."""


class Account:
    """Opens and closes attempts."""

    def __init__(self, ledger: Ledger, budgets: Budgets, clock: Clock) -> None:
        self.ledger = ledger
        self.budgets = budgets
        self._clock = clock

    @property
    def database(self) -> Database:
        """Where the ledger is kept."""
        return self.ledger.database

    async def start(self) -> None:
        """Make the ledger's table. Raises ``StoreError``."""
        await self.ledger.start()

    async def begin(self, choice: Choice, asking: Asking, tokens: int, answer: int) -> Attempt:
        """Take room for a prompt of ``tokens`` and an answer. Raises ``OverBudget``, or ``StoreError``."""
        most = choice.facts.ceiling(tokens, answer)
        entry = self.ledger.entry(asking, choice.provider.name, choice.model, tokens + answer, most or 0)
        counters: list[Counter] = []
        if not choice.provider.free:
            counters = await self.budgets.reserve(entry, priced=most is not None)
            try:
                await self.ledger.begin(entry)
            except BaseException:
                entry.state = "failed"
                self._close(entry, counters)
                raise
        return Attempt(entry, counters, self._clock.monotonic(), tokens)

    def end(self, attempt: Attempt, choice: Choice, state: State, usage: Usage, *, estimated: bool = False) -> None:
        """It ended so, and used that."""
        entry = attempt.entry
        entry.state, entry.usage, entry.estimated = state, usage, estimated
        entry.cost = choice.facts.cost(usage)
        entry.seconds = self._clock.monotonic() - attempt.started
        if choice.provider.free:
            self.ledger.free(entry)
        else:
            self._close(entry, attempt.counters)
            self.ledger.end(entry)

    def broke_off(self, attempt: Attempt, choice: Choice, state: State, heard: Heard) -> None:
        """It ended before its end; what was heard until then is charged."""
        used = heard.so_far(choice.provider.count, attempt.estimate)
        if used is None and state == "cancelled":
            used = Usage(attempt.estimate)  # the prompt was sent, and nobody says that it was not read
        self.end(attempt, choice, state, used or Usage(), estimated=used is not None)

    def _close(self, entry: Entry, counters: list[Counter]) -> None:
        taken = (entry.tokens, entry.money)
        entry.tokens, entry.money = entry.usage.total, entry.cost or 0
        self.budgets.settle(counters, entry, *taken)
