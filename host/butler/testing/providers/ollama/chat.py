"""``POST /api/chat``: messages in, one object or a line for each piece out."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import web

from butler.provider import Prompt, ToolCall, ToolSpec, Turn
from butler.testing.providers import tokens
from butler.testing.providers.account import Bill
from butler.testing.providers.asked import Asked
from butler.testing.providers.form import Event, Form, Refused
from butler.testing.providers.script import Answer, Failure
from butler.testing.providers.served import Served

if TYPE_CHECKING:
    from butler.testing.providers.ollama.server import Ollama

DONE = {"end": "stop", "length": "length", "tools": "stop", "refusal": "stop"}
ROLES = {"system", "user", "assistant", "tool"}


class Chat(Form):
    """Reads and writes it."""

    stream_type = "application/x-ndjson"

    def __init__(self, standin: Ollama) -> None:
        self._standin = standin

    def read(self, body: Mapping[str, Any], request: web.Request) -> Asked:
        """Refuses what the server refuses; what it does not know it ignores."""
        served = self._standin.load(str(body.get("model", "")), body.get("keep_alive"))
        if body.get("tools") and "tools" not in served.can:
            raise Refused(Failure(400, f"registry.ollama.ai/library/{served.name} does not support tools"))
        if body.get("think") and "thinking" not in served.can:
            raise Refused(Failure(400, f'"{served.name}" does not support thinking'))
        options = body.get("options") or {}
        prompt = Prompt(
            tuple(_turns(body.get("messages") or ())),
            body["model"],
            max_tokens=max(int(options.get("num_predict", 0)), 0),
            temperature=options.get("temperature"),
            tools=tuple(_spec(tool["function"]) for tool in body.get("tools") or ()),
            schema=body.get("format") or None,
        )
        return Asked(prompt, bool(body.get("stream", True)), body, request.path, dict(request.headers))

    def whole(self, asked: Asked, answer: Answer, bill: Bill) -> Mapping[str, Any]:
        """One object. Raises ``Refused`` where the model's call is no JSON: the server cannot read it."""
        if broken := _broken(answer):
            raise Refused(Failure(500, broken))
        message = {"role": "assistant", "content": answer.text, **_calls(answer)}
        return {**self._head(asked), "message": message, **_end(answer, bill)}

    def events(self, asked: Asked, answer: Answer, bill: Bill) -> Iterator[Event]:
        """A line for each piece, one for the calls, one at the end."""
        head = self._head(asked)

        def line(**more: Any) -> bytes:
            return _line({**head, "message": {"role": "assistant", "content": "", **more}, "done": False})

        if answer.thinking:
            yield line(thinking="Hm."), answer.thinking
        for piece in answer.pieces:
            yield line(content=piece), tokens.count(piece)
        if broken := _broken(answer):
            yield self.trouble(broken), 0
            return
        for call in answer.calls:
            yield line(**_calls(Answer(calls=(call,)))), 1 + tokens.count(tokens.arguments(call))
        yield _line({**head, "message": {"role": "assistant", "content": ""}, **_end(answer, bill)}), 0

    def trouble(self, message: str) -> bytes:
        """A line with the error and nothing else; the status was sent long ago."""
        return _line({"error": message})

    def too_long(self, tokens: int, served: Served) -> Failure:
        """In its words."""
        return Failure(400, "the input length exceeds the context length")

    def _head(self, asked: Asked) -> dict[str, Any]:
        return {"model": asked.prompt.model, "created_at": self._standin.now()}


def _line(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode(errors="surrogatepass") + b"\n"


def _end(answer: Answer, bill: Bill) -> dict[str, Any]:
    return {
        "done": True, "done_reason": DONE[answer.ending], "total_duration": 1_000_000, "load_duration": 1000,
        "prompt_eval_count": bill.input, "prompt_eval_duration": 1000, "eval_count": bill.output, "eval_duration": 1000,
    }  # fmt: skip


def _broken(answer: Answer) -> str:
    broken = [call.broken for call in answer.calls if call.broken]
    return f"error parsing tool call: raw='{broken[0]}', err=unexpected end of JSON input" if broken else ""


def _calls(answer: Answer) -> dict[str, Any]:
    told = [
        {"id": f"call_{number}", "function": {"index": number, "name": call.name, "arguments": dict(call.arguments)}}
        for number, call in enumerate(answer.calls)
    ]
    return {"tool_calls": told} if told else {}


# --- reading ----------------------------------------------------------------------------------------------


def _turns(messages: Any) -> Iterator[Turn]:
    """The conversation; results are matched to calls by their order, since they say a tool's name alone."""
    numbers, waiting = itertools.count(1), list[ToolCall]()
    for message in messages:
        role = message.get("role")
        if role not in ROLES:
            raise Refused(Failure(400, f"invalid role: {role}"))
        calls = tuple(
            ToolCall(f"asked{next(numbers)}", call["function"]["name"], call["function"]["arguments"])
            for call in message.get("tool_calls") or ()
        )
        waiting += calls
        answers = ""
        if role == "tool":
            named = [call for call in waiting if call.name == message.get("tool_name")]
            if not named:
                raise Refused(Failure(400, f"no call of the tool {message.get('tool_name')!r} waits for a result"))
            answers = named[0].id
            waiting.remove(named[0])
        yield Turn(role, message.get("content") or "", calls=calls, answers=answers)


def _spec(told: Mapping[str, Any]) -> ToolSpec:
    return ToolSpec(told["name"], told.get("description", ""), told.get("parameters") or {})
