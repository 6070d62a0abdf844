"""A stand-in answers over real sockets, fails as it is told to, and bills exactly what it sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from butler import Usage
from butler.testing import VirtualClock, VirtualLoop
from butler.testing.providers import Answer, Break, Failure, overloaded, throttled
from butler.testing.providers.openai import OpenAI

LONG = "word " * 1500
pytestmark = pytest.mark.spec("LLM-5")


def talk(
    check: Callable[[OpenAI, Callable[..., Awaitable[tuple[int, str]]]], Awaitable[None]], **options: Any
) -> OpenAI:
    """Run a check against a stand-in; ``ask`` sends one prompt and returns status and body."""

    async def main() -> OpenAI:
        async with OpenAI(**options) as server, aiohttp.ClientSession() as session:

            async def ask(text: str = "hi", *, stream: bool = False, key: str = server.key, **fields: Any) -> Any:
                body = {"model": "small", "messages": [{"role": "user", "content": text}], "stream": stream, **fields}
                url, headers = f"{server.base_url}/chat/completions", {"Authorization": f"Bearer {key}"}
                async with session.post(url, json=body, headers=headers) as answer:
                    return answer.status, await answer.text()

            await check(server, ask)
            return server

    return asyncio.run(main())


def test_answers_come_in_their_order_and_are_billed() -> None:
    async def check(server: OpenAI, ask: Any) -> None:
        server.say("first", "second one")
        assert "first" in (await ask())[1]
        assert "second one" in (await ask())[1]
        assert server.account.usage == Usage(input=4, output=5)

    talk(check)


def test_a_wrong_key_is_refused_and_costs_nothing() -> None:
    async def check(server: OpenAI, ask: Any) -> None:
        assert (await ask(key="wrong"))[0] == 401
        assert server.account.usage == Usage()
        assert server.account.failures[401] == 1

    talk(check)


@pytest.mark.parametrize("failure", [throttled(2), overloaded(), Failure(503)], ids=lambda each: str(each.status))
def test_it_fails_as_told_and_then_works(failure: Failure) -> None:
    async def check(server: OpenAI, ask: Any) -> None:
        server.say(failure)
        assert [(await ask())[0], (await ask())[0]] == [failure.status, 200]
        assert len(server.account.calls) == 1

    talk(check)


def test_a_cut_stream_is_billed_for_the_prompt_and_what_was_sent() -> None:
    async def check(server: OpenAI, ask: Any) -> None:
        server.say(Answer("one two four", broken=Break("cut", 2)))
        with pytest.raises(aiohttp.ClientPayloadError):
            await ask(stream=True)
        assert server.account.calls[-1].ended == "cut"
        assert server.account.usage == Usage(input=2, output=2)

    talk(check)


def test_a_stream_that_the_client_leaves_is_billed_for_what_was_sent() -> None:
    async def check(server: OpenAI, ask: Any) -> None:
        server.say(Answer("one two four", broken=Break("silence", 2)))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ask(stream=True), 0.3)
        await server.settled()
        assert server.account.calls[-1].ended == "cancelled"
        assert server.account.usage == Usage(input=2, output=2)

    talk(check)


def test_equal_beginnings_are_cached_for_a_time_by_the_clock() -> None:
    """From 1,024 tokens on, in steps of 128."""
    clock = VirtualClock(VirtualLoop())

    async def check(server: OpenAI, ask: Any) -> None:
        await ask(LONG)
        await ask(LONG + "and more")
        clock.loop._now += server.cache.ttl + 1
        await ask(LONG)
        assert [call.cached for call in server.account.calls] == [0, 1408, 0]

    talk(check, clock=clock)
    clock.loop.close()


def test_a_short_prompt_is_not_cached() -> None:
    async def check(server: OpenAI, ask: Any) -> None:
        await ask()
        await ask()
        assert server.account.usage.cached == 0

    talk(check)


def test_an_over_long_prompt_and_an_unknown_model_are_refused() -> None:
    async def check(server: OpenAI, ask: Any) -> None:
        status, text = await ask("word " * 9000)
        assert (status, "context_length_exceeded" in text) == (400, True)
        status, text = await ask(model="none")
        assert (status, "model_not_found" in text) == (404, True)

    talk(check)


def test_an_answer_is_cut_off_at_the_limit_of_the_prompt() -> None:
    async def check(server: OpenAI, ask: Any) -> None:
        server.say("one two four")
        assert '"length"' in (await ask(max_tokens=2))[1]
        assert server.account.usage.output == 2

    talk(check)


def test_it_serves_in_a_thread_and_keeps_its_port_over_a_stop() -> None:
    with OpenAI() as server:
        port = server.port

        async def ask() -> int:
            url, headers = f"{server.base_url}/models", {"Authorization": f"Bearer {server.key}"}
            async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
                return answer.status

        assert asyncio.run(ask()) == 200
        server.end()
        with pytest.raises(aiohttp.ClientConnectionError):
            asyncio.run(ask())
        server.begin()
        assert (server.port, asyncio.run(ask())) == (port, 200)
