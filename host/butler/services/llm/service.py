"""Models are asked here and nowhere else: chain, deadline, trying again, budgets, account (HOST-16, 17, 18)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import structlog

from butler.clock import Clock
from butler.engine.faults import Fault
from butler.errors import ModelError, ModelMisconfigured, ModelThrottled, ModelUnavailable, OverBudget
from butler.model import Model
from butler.provider import Completion, Embedded, Prompt, Provider, Usage
from butler.services.llm.account import Account, Attempt, estimate
from butler.services.llm.asking import Asking, Heard
from butler.services.llm.chain import Chains, Choice
from butler.services.llm.circuit import Circuit
from butler.services.llm.report import Sum, report

log = structlog.get_logger("butler.llm")

ATTEMPTS = 3
"""How often one model is asked before the next one is."""
KEPT_FOR_OTHERS = 0.4
"""The share of the time that is left for the other links of the chain."""
GRACE = 10.0
"""Seconds in which a provider whose time is over has to let go; then it is a fault of its own."""
LISTING = 15.0
"""Seconds that a provider has to list its models."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0

Say = Callable[[str], None]
"""Gets each piece of an answer."""
MakePrompt = Callable[[Choice], Prompt]
"""The prompt for one link of the chain, fitted to its window."""
Allowed = Callable[[Asking], None]


class _Late(ModelUnavailable):
    """Its time is over: the next link is asked, not the same one again."""


class Guarded(Protocol):
    """The dispatcher's fence around a single call."""

    async def __call__(
        self,
        plugin: str,
        what: str,
        fn: Callable[..., Awaitable[Any]],
        *args: Any,
        guild: str,
        deadline: float,
        expected: tuple[type[Exception], ...],
        counts: bool,
    ) -> tuple[Any, Fault | None]: ...


class Models:
    """Asks the links of a chain one after the other until one answers."""

    def __init__(self, chains: Chains, account: Account, guarded: Guarded, clock: Clock, *, allowed: Allowed) -> None:
        """``allowed`` raises ``Denied`` where the asker may not use models."""
        self.chains = chains
        self.account = account
        self._guarded = guarded
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
        names: Sequence[str] = await self._call(
            Choice(provider, "", Model("")), "models", provider.models, deadline=LISTING
        )
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

        async def ask(choice: Choice, heard: Heard, made: Prompt) -> tuple[Completion, Usage]:
            answer = await self._fenced(choice, made, heard)
            return answer, answer.usage

        def cost(choice: Choice) -> tuple[Prompt, int, int]:
            made = prompt(choice)
            return made, estimate(choice.provider, made), made.max_tokens

        ends = self._clock.monotonic() + deadline
        return await self._through(chain, asking, cost, ask, ends, say)

    async def embed(
        self, chain: Sequence[Choice], texts: Sequence[str], asking: Asking, *, deadline: float
    ) -> tuple[Choice, Embedded]:
        """Vectors of texts, from the first link that makes them. Raises as :meth:`complete`."""

        async def ask(choice: Choice, heard: Heard, made: None) -> tuple[Embedded, Usage]:
            vectors = await self._call(
                choice, "embed", choice.provider.embed, texts, choice.model, deadline=heard.limit
            )
            return vectors, vectors.usage

        def cost(choice: Choice) -> tuple[None, int, int]:
            return None, sum(choice.provider.count(text) for text in texts), 0

        ends = self._clock.monotonic() + deadline
        return await self._through(chain, asking, cost, ask, ends, None)

    # --- along the chain --------------------------------------------------------------------------------

    async def _through(
        self, chain: Sequence[Choice], asking: Asking, cost: Any, ask: Any, ends: float, say: Say | None
    ) -> tuple[Choice, Any]:
        if any(not choice.provider.free for choice in chain):
            self._allowed(asking)
        failures: list[tuple[str, ModelError]] = []
        links, cheaper = list(chain), self.account.budgets.cheaper(asking)
        for number, choice in enumerate(links, 1):
            heard = Heard(say)
            left = ends - self._clock.monotonic()
            until = ends if number == len(links) else ends - left * KEPT_FOR_OTHERS
            try:
                return choice, await self._again(choice, asking, cost, ask, until, heard)
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

    async def _again(self, choice: Choice, asking: Asking, cost: Any, ask: Any, ends: float, heard: Heard) -> Any:
        """One link, some attempts, each within its room in the budgets."""
        circuit = self._circuits.setdefault(choice.provider.name, Circuit(choice.provider.name))
        made, tokens, answer = cost(choice)
        for attempt in range(1, ATTEMPTS + 1):
            heard.limit = ends - self._clock.monotonic()
            if heard.limit <= 0:
                raise _Late("there was no time left to ask it")
            if not circuit.allows(self._clock.monotonic()):
                raise ModelUnavailable("it did not answer before and is left alone for a moment")
            try:
                return await self._once(choice, asking, (made, tokens, answer), ask, heard, circuit)
            except ModelUnavailable as error:
                pause = self._pause(error, attempt)
                if (
                    attempt == ATTEMPTS
                    or heard.said
                    or isinstance(error, _Late)
                    or self._clock.monotonic() + pause >= ends
                ):
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("unreachable")

    async def _once(
        self, choice: Choice, asking: Asking, cost: tuple[Any, int, int], ask: Any, heard: Heard, circuit: Circuit
    ) -> Any:
        made, tokens, answer = cost
        attempt: Attempt | None = None
        heard.used = None
        try:
            attempt = await self.account.begin(choice, asking, tokens, answer)
            result, usage = await ask(choice, heard, made)
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

    # --- behind the fence -------------------------------------------------------------------------------

    async def _fenced(self, choice: Choice, prompt: Prompt, heard: Heard) -> Completion:
        provider = choice.provider
        if heard.forward is None:
            answer: Completion = await self._call(choice, "complete", provider.complete, prompt, deadline=heard.limit)
        else:
            answer = await self._call(choice, "stream", provider.stream, prompt, heard, deadline=heard.limit)
        return answer

    async def _call(self, choice: Choice, what: str, fn: Any, *args: Any, deadline: float) -> Any:
        """A provider is a plugin's code: what it raises besides ``ModelError`` is a fault of its own."""
        try:
            async with asyncio.timeout(deadline):
                answer, fault = await self._guarded(
                    choice.provider.name, what, fn, *args,
                    guild="", deadline=deadline + GRACE, expected=(ModelError,), counts=False,
                )  # fmt: skip
        except TimeoutError:
            raise _Late(f"no answer within {deadline:.0f} s") from None
        if fault is not None:
            raise ModelUnavailable(f"{fault.kind}: {fault.error} ({fault.id})")
        return answer
