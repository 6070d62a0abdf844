"""Anthropic's stand-in refuses what Anthropic refuses, caches what is marked, and bills as it does (LLM-5)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import pytest
from butler import Clock, ToolCall, Usage
from butler.testing.providers import Answer, Break, Failure
from butler.testing.providers.anthropic import Anthropic

pytestmark = pytest.mark.spec("LLM-5")
LONG = "word " * 600
EPHEMERAL = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}
Ask = Callable[..., Coroutine[Any, Any, Any]]


class ByHand(Clock):
    """A clock that a test turns."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


def talk(check: Callable[[Anthropic, Ask], Coroutine[Any, Any, None]], clock: Clock | None = None) -> None:
    """Run a check; ``ask`` sends one request and returns the body (of a stream: its events) or the error's message."""

    async def main() -> None:
        async with Anthropic(clock=clock) as server, aiohttp.ClientSession() as session:

            async def ask(path: str = "messages", *, method: str = "POST", **fields: Any) -> Any:
                body = {"model": "small", "max_tokens": 50, "messages": [user("hi")], **fields}
                body = {name: value for name, value in body.items() if value is not None}
                headers = {"x-api-key": server.key, "anthropic-version": "2026-10-21"}
                async with session.request(method, f"{server.url}/v1/{path}", json=body, headers=headers) as answer:
                    if fields.get("stream"):
                        return await events(answer)
                    told = await answer.json()
                    return told["error"]["message"] if "error" in told else told

            await check(server, ask)

    asyncio.run(main())


async def events(answer: aiohttp.ClientResponse) -> list[Any]:
    """Those of a stream, however it ends."""
    found = []
    with contextlib.suppress(aiohttp.ClientPayloadError):
        while line := await answer.content.readline():
            if line.startswith(b"data: "):
                found.append(json.loads(line[6:]))
    return found


def text(said: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": said, **more}


def user(*said: Any) -> dict[str, Any]:
    return {"role": "user", "content": [text(each) if isinstance(each, str) else each for each in said]}


def assistant(*said: Any) -> dict[str, Any]:
    return {**user(*said), "role": "assistant"}


def system(*said: Any) -> dict[str, Any]:
    return {**user(*said), "role": "system"}


CALL = {"type": "tool_use", "id": "t1", "name": "add", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": [text("2")]}
OPEN = {"type": "json_schema", "schema": {"type": "object"}}
TOOL = {"name": "add", "input_schema": {"type": "object"}}


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ("Extra inputs are not permitted", {"surprise": 1}),
        ("max_tokens: Field required", {"max_tokens": None}),
        ("sampling parameters", {"temperature": 0.5}),
        ("text content blocks must be non-empty", {"messages": [user("")]}),
        ("non-whitespace", {"messages": [user(" ")]}),
        ("first message", {"messages": [assistant("hello"), user("hi")]}),
        ("prefill", {"messages": [user("hi"), assistant("Well")]}),
        ("top-level 'system'", {"messages": [system("be brief"), user("hi")]}),
        ("must follow a 'user' message", {"messages": [user("hi"), assistant("yes"), system("now"), user("so")]}),
        ("must follow a 'user' message", {"messages": [user("hi"), system("now"), user("so")]}),
        ("role 'system' is not supported", {"model": "older", "messages": [user("hi"), system("now")]}),
        ("without `tool_result`", {"messages": [user("hi"), assistant(CALL), user("so")]}),
        ("unexpected `tool_use_id`", {"messages": [user("hi"), assistant("yes"), user(RESULT)]}),
        ("before other content", {"messages": [user("hi"), assistant(CALL), user("so", RESULT)]}),
        ("must define tools", {"messages": [user("hi"), assistant(CALL), user(RESULT)]}),
        ("A maximum of 4", {"messages": [user(*[text("x", cache_control=EPHEMERAL)] * 5)]}),
        ("must not come after", {"messages": [user(*[text("x", cache_control=each) for each in (EPHEMERAL, HOUR)])]}),
        ("'additionalProperties'", {"output_config": {"format": OPEN}}),
        ("effort", {"model": "older", "output_config": {"effort": "low"}}),
        ("model: nobody", {"model": "nobody"}),
        ("prompt is too long: ", {"messages": [user("word " * 9000)]}),
    ],
)  # fmt: skip
def test_it_refuses_what_the_provider_refuses(said: str, fields: dict[str, Any]) -> None:
    async def check(server: Anthropic, ask: Ask) -> None:
        assert said in await ask(**fields)
        assert server.account.usage == Usage()

    talk(check)


def test_without_a_key_or_a_version_nothing_is_answered() -> None:
    async def main() -> None:
        async with Anthropic() as server, aiohttp.ClientSession() as session:
            for headers, expected in (({"x-api-key": server.key}, 400), ({"anthropic-version": "x"}, 401)):
                async with session.get(f"{server.url}/v1/models", headers=headers) as answer:
                    assert answer.status == expected

    asyncio.run(main())


def test_a_stream_is_a_message_in_events() -> None:
    async def check(server: Anthropic, ask: Ask) -> None:
        server.say(Answer("Well then.", calls=(ToolCall("", "add", {"a": 1}),)))
        told = await ask(stream=True, tools=[TOOL])
        kinds = [event["type"] for event in told]
        assert kinds[:3] == ["message_start", "ping", "content_block_start"]
        assert kinds[-2:] == ["message_delta", "message_stop"]
        assert told[-2]["delta"]["stop_reason"] == "tool_use"
        assert told[-2]["usage"]["output_tokens"] == server.account.usage.output
        arguments = [e["delta"]["partial_json"] for e in told if e.get("delta", {}).get("type") == "input_json_delta"]
        assert json.loads("".join(arguments)) == {"a": 1}

    talk(check)


def test_an_error_inside_a_stream_is_an_event() -> None:
    async def check(server: Anthropic, ask: Ask) -> None:
        server.say(Answer("one two three", broken=Break("error", 1)))
        last = (await ask(stream=True))[-1]
        assert (last["type"], last["error"]["type"]) == ("error", "overloaded_error")

    talk(check)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer("I will not.", stop="refusal"), "refusal"),
        (Answer("No more room", stop="length"), "model_context_window_exceeded"),
        ("word " * 60, "max_tokens"),
        ("Fine.", "end_turn"),
    ],
)
def test_it_says_why_it_ended(answer: Any, reason: str) -> None:
    async def check(server: Anthropic, ask: Ask) -> None:
        server.say(answer)
        assert (await ask())["stop_reason"] == reason

    talk(check)


def test_what_causes_an_error_is_named_beside_it() -> None:
    async def main() -> None:
        refused = Anthropic().refusal(Failure(429, "enough", "enforced_spend_limit_reached"))
        assert refused["error"]["details"] == {"error_code": "enforced_spend_limit_reached"}
        assert refused["error"]["type"] == "rate_limit_error"

    asyncio.run(main())


def test_tokens_are_counted_as_they_are_billed() -> None:
    async def check(server: Anthropic, ask: Ask) -> None:
        fields = {"messages": [user("how many"), assistant(CALL), user(RESULT)], "tools": [TOOL], "system": "Be brief."}
        counted = await ask("messages/count_tokens", max_tokens=None, **fields)
        await ask(**fields)
        assert counted["input_tokens"] == server.account.usage.input

    talk(check)


def test_models_come_in_pages() -> None:
    async def check(server: Anthropic, ask: Ask) -> None:
        first = await ask("models?limit=3", method="GET")
        rest = await ask(f"models?limit=3&after_id={first['last_id']}", method="GET")
        assert [model["id"] for model in (*first["data"], *rest["data"])] == list(server.served)
        assert (first["has_more"], rest["has_more"]) == (True, False)

    talk(check)


# --- the cache ---------------------------------------------------------------------------------------------


def bills(server: Anthropic) -> list[tuple[int, int]]:
    """What was written, and read, by call."""
    return [(bill.written, bill.cached) for bill in server.account.calls]


def test_what_is_marked_is_written_once_and_read_then() -> None:
    async def check(server: Anthropic, ask: Ask) -> None:
        for said in ("one", "two"):
            await ask(system=[text(LONG, cache_control=EPHEMERAL)], messages=[user(said)])
        assert bills(server) == [(602, 0), (0, 602)]
        assert [bill.input for bill in server.account.calls] == [2, 2]

    talk(check)


def test_without_a_mark_nothing_is_cached() -> None:
    async def check(server: Anthropic, ask: Ask) -> None:
        for _ in range(2):
            await ask(system=[text(LONG)])
        assert bills(server) == [(0, 0), (0, 0)]

    talk(check)


def test_below_the_models_minimum_nothing_is_cached_and_nothing_said() -> None:
    async def check(server: Anthropic, ask: Ask) -> None:
        for model in ("older", "older", "small"):
            await ask(model=model, system=[text(LONG, cache_control=EPHEMERAL)])
        assert bills(server) == [(0, 0), (0, 0), (602, 0)]

    talk(check)


def test_a_changed_character_before_the_mark_misses() -> None:
    async def check(server: Anthropic, ask: Ask) -> None:
        for said in (LONG, "Word" + LONG[4:]):
            await ask(system=[text(said, cache_control=EPHEMERAL)])
        assert bills(server) == [(602, 0), (602, 0)]

    talk(check)


def test_a_growing_conversation_is_read_up_to_its_former_mark() -> None:
    async def check(server: Anthropic, ask: Ask) -> None:
        said = [user(text(LONG, cache_control=EPHEMERAL))]
        await ask(messages=said)
        more = [user(LONG), assistant("Indeed."), user(text("so", cache_control=EPHEMERAL))]
        await ask(messages=more)
        assert bills(server) == [(602, 0), (5, 602)]

    talk(check)


@pytest.mark.parametrize(("between", "read"), [(18, 602), (19, 0)])
def test_a_mark_looks_at_twenty_blocks(between: int, read: int) -> None:
    async def check(server: Anthropic, ask: Ask) -> None:
        await ask(messages=[user(text(LONG, cache_control=EPHEMERAL))])
        blocks = [text("x")] * between
        await ask(messages=[user(text(LONG), *blocks, text("y", cache_control=EPHEMERAL))])
        assert bills(server)[-1][1] == read

    talk(check)


@pytest.mark.parametrize(("mark", "lives"), [(EPHEMERAL, 300), (HOUR, 3600)])
def test_what_is_cached_lives_as_long_as_marked_after_its_last_use(mark: dict[str, str], lives: int) -> None:
    clock = ByHand()

    async def check(server: Anthropic, ask: Ask) -> None:
        for pause in (0, lives - 1, lives - 1, lives + 1):
            clock.seconds += pause
            await ask(system=[text(LONG, cache_control=mark)])
        assert bills(server) == [(602, 0), (0, 602), (0, 602), (602, 0)]

    talk(check, clock)


def test_usage_tells_apart_how_long_what_was_written_lives() -> None:
    async def check(server: Anthropic, ask: Ask) -> None:
        told = await ask(
            system=[text(LONG, cache_control=HOUR)], messages=[user(text("hello there", cache_control=EPHEMERAL))]
        )
        made = told["usage"]["cache_creation"]
        assert made == {"ephemeral_1h_input_tokens": 602, "ephemeral_5m_input_tokens": 5}

    talk(check)


def test_thoughts_are_good_for_their_own_conversation_alone() -> None:
    async def check(server: Anthropic, ask: Ask) -> None:
        server.say(Answer("", calls=(ToolCall("t1", "add"),), thinking=5))
        thought = (await ask(model="thinker", tools=[TOOL]))["content"]
        assert [block["type"] for block in thought] == ["thinking", "tool_use"]
        rest = [{"role": "assistant", "content": thought}, user(RESULT)]
        assert "stop_reason" in await ask(model="thinker", tools=[TOOL], messages=[user("hi"), *rest])
        assert "Invalid `signature`" in await ask(model="thinker", tools=[TOOL], messages=[user("ho"), *rest])

    talk(check)
