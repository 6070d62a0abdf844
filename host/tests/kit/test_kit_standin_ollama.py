"""Ollama's stand-in streams lines, keeps models in memory for their time, pulls and makes them (LLM-5)."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import pytest
from butler import Clock, ToolCall
from butler.testing.providers import Answer, Break
from butler.testing.providers.ollama import Ollama

pytestmark = pytest.mark.spec("LLM-5")
GIB = 1024**3
TOOLS = [{"type": "function", "function": {"name": "now"}}]
Ask = Callable[..., Coroutine[Any, Any, list[Any]]]


class ByHand(Clock):
    """A clock that a test turns."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


def talk(check: Callable[[Ollama, Ask], Coroutine[Any, Any, None]], **options: Any) -> None:
    """Run a check; ``ask`` sends one request and returns the objects that came, the status first."""

    async def main() -> None:
        async with Ollama(**options) as server, aiohttp.ClientSession() as session:

            async def ask(path: str, method: str = "POST", content: bytes | None = None, **body: Any) -> list[Any]:
                headers = {"Authorization": f"Bearer {server.key}"}
                told = {"data": content} if content is not None else {"json": body}
                async with session.request(method, f"{server.url}/api/{path}", headers=headers, **told) as answer:
                    lines = (await answer.read()).splitlines()
                    return [answer.status, *(json.loads(line) for line in lines)]

            await check(server, ask)

    asyncio.run(main())


def said(*texts: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text} for text in texts]


def test_an_answer_is_a_line_for_each_piece_and_one_with_what_it_used() -> None:
    async def check(server: Ollama, ask: Ask) -> None:
        server.say(Answer("Well then.", calls=(ToolCall("", "add", {"a": 1}),)))
        status, *lines = await ask("chat", model="small", messages=said("hi"))
        assert status == 200
        assert "".join(line["message"]["content"] for line in lines) == "Well then."
        assert [line["message"]["tool_calls"][0]["function"]["name"] for line in lines[-2:-1]] == ["add"]
        used = server.account.usage
        assert (lines[-1]["prompt_eval_count"], lines[-1]["eval_count"]) == (used.input, used.output)
        assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]

    talk(check)


def test_without_streaming_it_is_one_object() -> None:
    async def check(server: Ollama, ask: Ask) -> None:
        _, told = await ask("chat", model="small", messages=said("hi"), stream=False)
        assert (told["message"]["content"], told["done"], told["done_reason"]) == ("Very well.", True, "stop")

    talk(check)


def test_a_call_that_cannot_be_read_is_an_error_of_the_server() -> None:
    async def check(server: Ollama, ask: Ask) -> None:
        for stream, expected in ((False, 500), (True, 200)):
            server.say(Answer(calls=(ToolCall("", "add", broken='{"a": '),)))
            status, *lines = await ask("chat", model="small", messages=said("hi"), stream=stream)
            assert status == expected
            assert lines[-1]["error"].startswith("error parsing tool call: raw='{\"a\": ', err=")

    talk(check)


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("chat", {"model": "nobody", "messages": said("hi")}, 404, "model 'nobody' not found"),
        ("chat", {"model": "vectors", "messages": said("hi")}, 400, '"vectors" does not support chat'),
        ("chat", {"model": "plain", "messages": said("hi"), "tools": TOOLS}, 400, "does not support tools"),
        ("chat", {"model": "small", "messages": said("hi"), "think": True}, 400, "does not support thinking"),
        ("chat", {"model": "small", "messages": said("word " * 9000)}, 400, "exceeds the context length"),
        ("chat", {"model": "large:70b", "messages": said("hi")}, 500, "model requires more system memory (40.0 GiB)"),
        ("chat", {"model": "small", "messages": said("hi"), "keep_alive": "soon"}, 400, "invalid duration"),
        ("embed", {"model": "small", "input": "hi"}, 400, "does not support embeddings"),
        ("show", {"model": "nobody"}, 404, "not found"),
        ("create", {"model": "mine", "from": "small", "adapters": {"a": "sha256:0"}}, 400, "was not uploaded"),
    ],
)  # fmt: skip
def test_it_refuses_what_the_server_refuses(path: str, body: dict[str, Any], status: int, error: str) -> None:
    async def check(server: Ollama, ask: Ask) -> None:
        got, told = await ask(path, **body)
        assert (got, error in told["error"]) == (status, True), told

    talk(check)


def test_an_error_in_the_middle_comes_under_status_200() -> None:
    async def check(server: Ollama, ask: Ask) -> None:
        server.say(Answer("one two three", broken=Break("error", 1)))
        headers = {"Authorization": f"Bearer {server.key}"}
        body = {"model": "small", "messages": said("hi")}
        url = f"{server.url}/api/chat"
        async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers) as answer:
            assert answer.status == 200
            assert "error" not in json.loads(await answer.content.readline())
            assert "error" in json.loads(await answer.content.readline())

    talk(check)


@pytest.mark.parametrize(
    ("keep_alive", "after", "there"),
    [(None, 299, True), (None, 301, False), ("10m", 599, True), (30, 31, False), (-1, 1e9, True), ("-1s", 1e9, True)],
)
def test_a_model_is_in_memory_for_its_time(keep_alive: Any, after: float, there: bool) -> None:
    clock = ByHand()

    async def check(server: Ollama, ask: Ask) -> None:
        await ask("chat", model="small", messages=said("hi"), keep_alive=keep_alive)
        clock.seconds += after
        _, told = await ask("ps", "GET")
        assert [model["name"] for model in told["models"]] == (["small:latest"] if there else [])

    talk(check, clock=clock)


def test_what_is_unloaded_makes_room() -> None:
    async def check(server: Ollama, ask: Ask) -> None:
        await ask("chat", model="small", messages=said("hi"))
        assert (await ask("chat", model="plain", messages=said("hi")))[0] == 500
        assert (await ask("generate", model="small", keep_alive=0))[1]["done_reason"] == "unload"
        assert (await ask("chat", model="plain", messages=said("hi")))[0] == 200
        assert server.unloaded == ["small"]

    talk(check, memory=3 * GIB)


def test_a_model_is_pulled_step_by_step_and_is_there_then() -> None:
    async def check(server: Ollama, ask: Ask) -> None:
        _, *steps = await ask("pull", model="tiny")
        assert (steps[0]["status"], steps[-1]["status"]) == ("pulling manifest", "success")
        assert [step["completed"] for step in steps if "total" in step] == [250, 500, 750, 1000]
        assert (await ask("chat", model="tiny:latest", messages=said("hi")))[0] == 200
        assert "error" in (await ask("pull", model="nobody"))[-1]

    talk(check)


def test_a_model_is_made_of_files_and_deleted() -> None:
    content = b"GGUF and so on"
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"

    async def check(server: Ollama, ask: Ask) -> None:
        assert (await ask(f"blobs/{digest}", "HEAD"))[0] == 404
        assert (await ask("blobs/sha256:other", content=content))[0] == 400
        assert (await ask(f"blobs/{digest}", content=content))[0] == 201
        assert (await ask("create", model="mine", files={"a.gguf": digest}))[-1]["status"] == "success"
        assert (await ask("chat", model="mine", messages=said("hi")))[0] == 200
        assert (await ask("delete", "DELETE", model="mine"))[0] == 200
        assert (await ask("chat", model="mine", messages=said("hi")))[0] == 404

    talk(check)


@pytest.mark.parametrize(("takes", "status"), [(True, 200), (False, 400)])
def test_a_newer_server_takes_no_adapters(takes: bool, status: int) -> None:
    digest = f"sha256:{hashlib.sha256(b'lora').hexdigest()}"

    async def check(server: Ollama, ask: Ask) -> None:
        await ask(f"blobs/{digest}", content=b"lora")
        told = await ask("create", model="mine", **{"from": "small"}, adapters={"lora": digest})
        assert told[0] == status
        assert ("mine" in server.served) == takes

    talk(check, takes_adapters=takes)


def test_without_a_key_it_takes_anybody() -> None:
    async def main() -> None:
        async with Ollama(key="") as server, aiohttp.ClientSession() as session:
            answer = await session.get(f"{server.url}/api/tags")
            assert answer.status == 200

    asyncio.run(main())
