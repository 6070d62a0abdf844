"""Chat Completions: messages in, a choice out, in one or in chunks."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aiohttp import web

from butler.provider import Prompt, ToolCall, ToolSpec, Turn
from butler.testing.providers import tokens
from butler.testing.providers.account import Bill
from butler.testing.providers.asked import Asked
from butler.testing.providers.form import Event, Form, Refused, sse
from butler.testing.providers.openai.strict import bad, fields, schema, text
from butler.testing.providers.script import Answer

if TYPE_CHECKING:
    from butler.testing.providers.standin import StandIn

FINISH = {"end": "stop", "length": "length", "tools": "tool_calls", "refusal": "stop"}
TAKES = {
    "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "temperature", "top_p", "n",
    "stop", "tools", "tool_choice", "parallel_tool_calls", "response_format", "prompt_cache_key",
    "prompt_cache_options", "prompt_cache_retention", "user", "safety_identifier", "seed", "store", "metadata",
    "reasoning_effort", "verbosity", "service_tier", "logprobs", "top_logprobs", "logit_bias", "presence_penalty",
    "frequency_penalty",
}  # fmt: skip


class Chat(Form):
    """``POST /chat/completions``."""

    def __init__(self, standin: StandIn) -> None:
        self._standin = standin
        self._numbers = itertools.count(1)

    # --- reading ------------------------------------------------------------------------------------------

    def read(self, body: Mapping[str, Any], request: web.Request) -> Asked:
        """Refuses what the provider refuses: unknown fields, results without a call, loose schemas."""
        fields(body, TAKES, needed=("model", "messages"))
        served = self._standin.model(text(body["model"], "model"))
        if not served.temperature and "temperature" in body:
            raise bad("Unsupported parameter: 'temperature' is not supported with this model.", "temperature")
        if not served.temperature and "max_tokens" in body:
            raise bad("Unsupported parameter: 'max_tokens' is not supported with this model. "
                      "Use 'max_completion_tokens' instead.", "max_tokens")  # fmt: skip
        prompt = Prompt(
            turns(body["messages"]),
            body["model"],
            max_tokens=body.get("max_completion_tokens") or body.get("max_tokens") or 0,
            temperature=body.get("temperature"),
            key=body.get("prompt_cache_key", ""),
            tools=specs(body),
            schema=_schema(body.get("response_format")),
        )
        return Asked(prompt, bool(body.get("stream")), body, request.path, dict(request.headers))

    # --- answering ----------------------------------------------------------------------------------------

    def whole(self, asked: Asked, answer: Answer, bill: Bill) -> Mapping[str, Any]:
        """One object with one choice."""
        said = "refusal" if answer.ending == "refusal" else "content"
        message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None, said: answer.text or None}
        if answer.calls:
            message["tool_calls"] = [_call(call, number) for number, call in enumerate(self._named(answer.calls))]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": FINISH[answer.ending]}
        return {**self._head(asked, "chat.completion"), "choices": [choice], "usage": usage(bill, answer.thinking)}

    def events(self, asked: Asked, answer: Answer, bill: Bill) -> Iterator[Event]:
        """Chunks; the usage comes in one of its own at the end, for who asked for it."""
        options = asked.body.get("stream_options") or {}
        head = self._head(asked, "chat.completion.chunk")
        asked_for = bool(options.get("include_usage"))
        each = asked_for and bool(options.get("continuous_usage_stats"))

        def chunk(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
            told = {**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]}
            if asked_for:
                told["usage"] = usage(bill) if each else None
            return sse(told)

        yield chunk({"role": "assistant", "content": "", "refusal": None}), 0
        if answer.thinking:
            yield chunk({}), answer.thinking
        said = "refusal" if answer.ending == "refusal" else "content"
        for piece in answer.pieces:
            yield chunk({said: piece}), tokens.count(piece)
        for number, call in enumerate(self._named(answer.calls)):
            yield chunk({"tool_calls": [{**_call(call, number, arguments="")}]}), 1
            for piece in tokens.cut(tokens.arguments(call)):
                yield chunk({"tool_calls": [{"index": number, "function": {"arguments": piece}}]}), 1
        yield chunk({}, FINISH[answer.ending]), 0
        if asked_for:
            yield sse({**head, "choices": [], "usage": usage(bill, answer.thinking)}), 0
        yield sse("[DONE]"), 0

    def trouble(self, message: str) -> bytes:
        """An object ``error`` instead of a chunk."""
        return sse({"error": {"message": message, "type": "server_error", "param": None, "code": None}})

    def _head(self, asked: Asked, kind: str) -> dict[str, Any]:
        number = next(self._numbers)
        return {"id": f"chatcmpl-{number}", "object": kind, "created": 1_700_000_000, "model": asked.prompt.model}

    def _named(self, calls: Sequence[ToolCall]) -> list[ToolCall]:
        return [ToolCall(c.id or f"call_{next(self._numbers)}", c.name, c.arguments, c.broken) for c in calls]


def _call(call: ToolCall, number: int, arguments: str | None = None) -> dict[str, Any]:
    said = tokens.arguments(call) if arguments is None else arguments
    return {"index": number, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": said}}


def usage(bill: Bill, thinking: int = 0) -> dict[str, Any]:
    """The object ``usage``."""
    prompt = bill.input + bill.cached + bill.written
    return {
        "prompt_tokens": prompt,
        "completion_tokens": bill.output,
        "total_tokens": prompt + bill.output,
        "prompt_tokens_details": {"cached_tokens": bill.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": thinking, "audio_tokens": 0},
    }


# --- reading ----------------------------------------------------------------------------------------------


def turns(messages: Any) -> tuple[Turn, ...]:
    """The conversation. Raises ``Refused`` where a call and its results do not go together."""
    if not isinstance(messages, list) or not messages:
        raise bad("Invalid 'messages': empty array. Expected an array with minimum length 1.", "messages")
    found: list[Turn] = []
    open_calls: set[str] = set()
    for message in messages:
        turn = _turn(message)
        if turn.role == "tool":
            if turn.answers not in open_calls:
                raise bad("messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.")
            open_calls.discard(turn.answers)
        elif open_calls:
            raise bad("An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                      "'tool_call_id'.")  # fmt: skip
        open_calls |= {call.id for call in turn.calls}
        found.append(turn)
    if open_calls:
        raise bad("An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                  "'tool_call_id'.")  # fmt: skip
    return tuple(found)


def _turn(message: Any) -> Turn:
    role = message.get("role") if isinstance(message, dict) else None
    if role not in {"system", "developer", "user", "assistant", "tool"}:
        raise bad(f"Invalid value: {role!r}. Supported values are: 'system', 'assistant', 'user', 'tool'.")
    calls = tuple(_asked_call(call) for call in message.get("tool_calls") or ())
    content = message.get("content")
    if content is None and not calls:
        raise bad("Invalid value for 'content': expected a string, got null.")
    if isinstance(content, list):
        content = "".join(text(part.get("text"), "content") for part in content)
    return Turn(
        "system" if role == "developer" else role, content or "", calls=calls, answers=message.get("tool_call_id", "")
    )


def _asked_call(call: Any) -> ToolCall:
    function = call["function"]
    try:
        given = json.loads(function["arguments"])
    except ValueError:
        return ToolCall(call["id"], function["name"], broken=function["arguments"])
    return ToolCall(call["id"], function["name"], given)


def specs(body: Mapping[str, Any]) -> tuple[ToolSpec, ...]:
    """The tools."""
    told = body.get("tools")
    if told is not None and not told:
        raise bad("Invalid 'tools': empty array. Expected an array with minimum length 1.", "tools")
    functions = [tool["function"] for tool in told or ()]
    for function in functions:
        if function.get("strict"):
            schema(function["parameters"])
    return tuple(ToolSpec(f["name"], f.get("description", ""), f.get("parameters", {})) for f in functions)


def _schema(told: Any) -> Mapping[str, Any] | None:
    if told is None or told.get("type") == "text":
        return None
    if told["type"] == "json_object":
        return {"type": "object"}
    described: Mapping[str, Any] = told["json_schema"]
    if described.get("strict"):
        schema(described["schema"])
    given: Mapping[str, Any] = described["schema"]
    return given


__all__ = ["Chat", "Refused", "specs", "turns", "usage"]
