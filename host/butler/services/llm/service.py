"""Models are asked here and nowhere else: chain, deadline, trying again, budgets, account (HOST-16, 17, 18)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import structlog

from butler.clock import Clock
from butler.engine.delivery import Guarded
from butler.errors import ModelError, ModelMisconfigured, ModelThrottled, ModelUnavailable, OverBudget
from butler.provider import Completion, Embedded, Prompt, Provider
from butler.services.llm.account import Account, Attempt
from butler.services.llm.asking import Asking, Heard
from butler.services.llm.chain import Chains, Choice
from butler.services.llm.circuit import Circuit
from butler.services.llm.questions import Answering, Caller, Embedding, Late, Question
from butler.services.llm.report import Sum, report

log = structlog.get_logger("butler.llm")

ATTEMPTS = 3
"""How often one model is asked before the next one is."""
KEPT_FOR_OTHERS = 0.4
"""The share of the time that is left for the other links of the chain."""
LISTING = 15.0
"""Seconds that a provider has to list its models."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0

T = TypeVar("T")
Say = Callable[[str], None]
"""Gets each piece of an answer."""
MakePrompt = Callable[[Choice], Prompt]
"""The prompt for one link of the chain, fitted to its window."""
Allowed = Callable[[Asking], None]


class Models:
    """Asks the links of a chain one after the other until one answers."""

    def __init__(self, chains: Chains, account: Account, guarded: Guarded, clock: Clock, *, allowed: Allowed) -> None:
        """``allowed`` raises ``Denied`` where the asker may not use models."""
        self.chains = chains
        self.account = account
        self._caller = Caller(guarded)
        self._clock = clock
        self._allowed = allowed
        self._circuits: dict[str, Circuit] = {}
        self._told: set[str] = set()
        self._jitter = random.Random()  # noqa: S311 - spreads tries over time, guards nothing

    async def start(self) -> None:
        """Open the account and read the operator's file. Raises ``StoreError`` or ``ConfigError``."""
        self.chains.start()
        await self.account.start()

    async def usage(self, by: Sequence[str], *, days: float, only: Mapping[str, str]) -> list[Sum]:
        """The account of the last days, summed up; see :func:`butler.services.llm.report.report`."""
        now = self._clock.now().timestamp()
        return await report(self.account.database, by, since=now - days * 86_400, only=only)

    async def listed(self, provider: Provider) -> Sequence[str]:
        """The models that a provider has now. Raises ``ModelError``."""
        names: Sequence[str] = await self._caller.call(provider, "models", provider.models, deadline=LISTING)
        return names

    def chain(self, names: Sequence[str]) -> list[Choice]:
        """The links that can be asked now."""
        return self.chains.of(names)

    async def complete(
        self,
        chain: Sequence[Choice],
        prompt: MakePrompt,
        asking: Asking,
        *,
        deadline: float,
        say: Say | None = None,
    ) -> tuple[Choice, Completion]:
        """Ask the chain for an answer, in pieces if ``say`` is given.

        ``deadline``: seconds for everything. Raises ``Denied``, ``OverBudget`` if that is all that stood in the way,
        else ``ModelError`` naming each failure. Once a piece was said, no other attempt follows: it would say it anew.
        """
        return await self._through(chain, asking, Answering(prompt), deadline, say)

    async def embed(
        self, chain: Sequence[Choice], texts: Sequence[str], asking: Asking, *, deadline: float
    ) -> tuple[Choice, Embedded]:
        """Vectors of texts, from the first link that makes them. Raises as :meth:`complete`."""
        return await self._through(chain, asking, Embedding(texts), deadline, None)

    # --- along the chain --------------------------------------------------------------------------------

    async def _through(
        self, chain: Sequence[Choice], asking: Asking, question: Question[T], deadline: float, say: Say | None
    ) -> tuple[Choice, T]:
        ends = self._clock.monotonic() + deadline
        if any(not choice.provider.free for choice in chain):
            self._allowed(asking)
        failures: list[tuple[str, ModelError]] = []
        links, cheaper = list(chain), self.account.budgets.cheaper(asking)
        for number, choice in enumerate(links, 1):
            heard = Heard(say)
            left = ends - self._clock.monotonic()
            until = ends if number == len(links) else ends - left * KEPT_FOR_OTHERS
            try:
                return choice, await self._again(choice, asking, question, until, heard)
            except ModelError as error:
                failures.append((choice.name, error))
                self._tell(choice, error)
                if heard.said and say is not None:
                    break
                if isinstance(error, OverBudget) and cheaper:
                    links += self.chains.of(cheaper)  # the loop goes on with them
                    cheaper = ()
        spent = [error for _, error in failures if isinstance(error, OverBudget)]
        if spent and len(spent) == len(failures):
            raise spent[0]
        told = "; ".join(f"{name}: {error}" for name, error in failures)
        raise ModelError(told or "no model is configured for this persona")

    def _tell(self, choice: Choice, error: ModelError) -> None:
        """What somebody has to act upon is said once in the log for each model."""
        if isinstance(error, ModelMisconfigured) and choice.name not in self._told:
            self._told.add(choice.name)
            log.error("model cannot be asked", model=choice.name, reason=str(error))
        else:
            log.debug("model failed", model=choice.name, reason=str(error))

    async def _again(self, choice: Choice, asking: Asking, question: Question[T], ends: float, heard: Heard) -> T:
        """One link, some attempts, each within its room in the budgets."""
        circuit = self._circuits.setdefault(choice.provider.name, Circuit(choice.provider.name))
        for attempt in range(1, ATTEMPTS + 1):
            heard.limit = ends - self._clock.monotonic()
            if heard.limit <= 0:
                raise Late("there was no time left to ask it")
            if not circuit.allows(self._clock.monotonic()):
                raise ModelUnavailable("it did not answer before and is left alone for a moment")
            try:
                return await self._once(choice, asking, question, heard, circuit)
            except ModelUnavailable as error:
                pause = self._pause(error, attempt)
                if (
                    attempt == ATTEMPTS
                    or heard.said
                    or isinstance(error, Late)
                    or self._clock.monotonic() + pause >= ends
                ):
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("unreachable")

    async def _once(self, choice: Choice, asking: Asking, question: Question[T], heard: Heard, circuit: Circuit) -> T:
        attempt: Attempt | None = None
        heard.used = None
        try:
            attempt = await self.account.begin(choice, asking, *question.cost(choice))
            result, usage = await question.ask(choice, heard, self._caller)
        except ModelError as error:
            self._failed(circuit, error)
            if attempt is not None:
                self.account.broke_off(attempt, choice, "failed", heard)
            raise
        except BaseException:
            circuit.left()
            if attempt is not None:
                self.account.broke_off(attempt, choice, "cancelled", heard)
            raise
        circuit.worked()
        self._told.discard(choice.name)
        self.account.end(attempt, choice, "done", usage)
        return result

    def _failed(self, circuit: Circuit, error: ModelError) -> None:
        """A provider that asks to wait, or refuses what it was asked, is not dead."""
        if isinstance(error, ModelUnavailable) and not isinstance(error, ModelThrottled):
            circuit.broke(self._clock.monotonic(), str(error))
        else:
            circuit.left()

    def _pause(self, error: ModelUnavailable, attempt: int) -> float:
        if isinstance(error, ModelThrottled) and error.retry_after:
            return error.retry_after
        return min(LONGEST_PAUSE, FIRST_PAUSE * float(2 ** (attempt - 1))) * self._jitter.uniform(0.8, 1.2)
