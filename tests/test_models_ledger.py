"""The account against what providers bill, over real sockets, with everything that goes wrong on the way (HOST-18)."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from butler.errors import ModelError
from butler.host import Host
from butler.model import Guild
from butler.provider import Prompt, Turn, Usage
from butler.services.llm import Asking, Choice
from butler.testing.loading import configuration
from butler.testing.providers import tokens
from butler.testing.providers.anthropic import Anthropic
from butler.testing.providers.asked import Asked
from butler.testing.providers.script import Answer, Break, Failure, failing, throttled

TOML = """
[host]
budget_host_day_tokens = 1_000_000_000
[providers.anthropic]
base_url = "{url}"
key = "{key}"
[personas.TheButler]
model = ["anthropic:small", "anthropic:large"]
"""
SIZES = [300, pytest.param(10_000, marks=pytest.mark.soak)]


@asynccontextmanager
async def hosted(standin: Anthropic, tmp_path: Path) -> AsyncIterator[Host]:
    host = Host(configuration(TOML.format(url=standin.url, key=standin.key), tmp_path))
    await host.start()
    provider: Any = host.lifecycle.providers["anthropic"]
    provider.count = tokens.count  # as exact as a provider's own: then what breaks off is charged exactly, too
    try:
        yield host
    finally:
        await host.stop()


def prompts(text: str, stable: str) -> Callable[[Choice], Prompt]:
    turns = (Turn("system", stable, stable=True), Turn("user", text))
    return lambda choice: Prompt(turns, choice.model, max_tokens=40)


def plan(dice: random.Random, *, stream: bool) -> list[Answer | Failure]:
    """What becomes of the attempts of one question; the last one ends it."""
    text = " ".join("word" for _ in range(dice.randrange(6, 30)))
    errors: list[Answer | Failure] = [throttled(0.01), failing(500), failing(529)]
    fates = dice.choices(errors, k=dice.choice([0, 0, 0, 1, 2, 3]))
    if stream and dice.random() < 0.4:
        kind: Any = dice.choice(["cut", "silence"])
        return [*fates, Answer(text, broken=Break(kind, dice.randrange(1, 5)))]
    return [*fates, Answer(text)]


@pytest.mark.spec("HOST-18", "HOST-17", "LLM-4")
@pytest.mark.parametrize("calls", SIZES)
def test_the_ledger_equals_the_providers_own_bill(tmp_path: Path, calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries, errors, streams that are cut or cancelled, cached tokens, fallbacks: to the token."""
    monkeypatch.setattr("butler.services.llm.service.FIRST_PAUSE", 0.001)
    monkeypatch.setattr("butler.services.llm.circuit.FAILURES", sys.maxsize)
    accounted, billed, endings, still_open = asyncio.run(many(tmp_path, calls))
    assert accounted == billed
    assert still_open == [(0,)]
    assert billed.cached > 0
    assert endings >= {"done", "cut", "cancelled"}


async def many(tmp_path: Path, calls: int) -> tuple[Usage, Usage, set[str], list[Any]]:
    """Asks so many times; what was accounted, what was billed, how calls ended, what is still open."""
    dice = random.Random(7)
    stable = "You are a butler. " * 600
    async with Anthropic() as standin, hosted(standin, tmp_path) as host:
        await host.models.listed(host.lifecycle.providers["anthropic"])  # the SDK is there: nothing waits for it below
        plans = {number: plan(dice, stream=number % 3 > 0) for number in range(calls)}

        def next_fate(asked: Asked) -> Answer | Failure:
            left = plans[int(asked.prompt.turns[-1].text.split()[-1])]
            return left.pop(0) if left else Answer("at last")

        standin.script.otherwise = next_fate

        async def one(number: int) -> None:
            chain = host.models.chain(["anthropic:small", "anthropic:large"])
            asking = Asking(None, Guild(""), "TheButler")
            last = plans[number][-1]
            silent = isinstance(last, Answer) and last.broken is not None and last.broken.kind == "silence"
            heard: list[str] = []
            task: asyncio.Task[Any]

            def say(piece: str) -> None:
                heard.append(piece)
                if silent and isinstance(last, Answer) and last.broken and len(heard) == last.broken.after:
                    task.cancel()

            asked = host.models.complete(
                chain, prompts(f"question {number}", stable), asking, deadline=60.0, say=say if number % 3 else None
            )
            task = asyncio.ensure_future(asked)
            await asyncio.wait([task])
            if not task.cancelled() and (error := task.exception()) is not None:
                assert isinstance(error, ModelError)

        at_once = asyncio.Semaphore(20)

        async def bounded(number: int) -> None:
            async with at_once:
                await one(number)

        await asyncio.gather(*map(bounded, range(calls)))
        await standin.settled()
        await asyncio.sleep(0.1)
        billed = sum((bill.usage for bill in standin.account.calls), Usage())
        rows = await host.database.query(
            "select sum(input), sum(output), sum(cached), sum(written) from host_usage where provider = 'anthropic'"
        )
        open_rows = await host.database.query("select count(*) from host_usage where state = 'open'")
    return Usage(*rows[0]), billed, {bill.ended for bill in standin.account.calls}, open_rows
