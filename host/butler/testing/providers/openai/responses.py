"""Responses: items in, items out, in one or as events."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web

from butler.provider import Prompt, ToolCall, Turn
from butler.testing.providers import tokens
from butler.testing.providers.account import Bill
from butler.testing.providers.asked import Asked
from butler.testing.providers.form import Event, sse
from butler.testing.providers.openai.base import OpenAIForm
from butler.testing.providers.openai.messages import content, specs
from butler.testing.providers.openai.strict import bad, fields, schema_of
from butler.testing.providers.script import Answer

TAKES = {
    "model", "input", "instructions", "stream", "stream_options", "max_output_tokens", "temperature", "top_p", "tools",
    "tool_choice", "parallel_tool_calls", "text", "reasoning", "include", "store", "metadata", "truncation", "user",
    "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "safety_identifier", "service_tier",
    "previous_response_id", "conversation", "background", "max_tool_calls",
}  # fmt: skip
STATUS = {"length": "incomplete"}
SMALLEST = 16
"""Tokens that an answer may have at least."""


class Responses(OpenAIForm):
    """``POST /responses``."""

    def read(self, body: Mapping[str, Any], request: web.Request) -> Asked:
        """Refuses what the provider refuses."""
        fields(body, TAKES, needed=("model", "input"))
        self.served(body)
        if 0 < (limit := body.get("max_output_tokens") or 0) < SMALLEST:
            raise bad(f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= {SMALLEST}, "
                      f"but got {limit} instead.", "integer_below_min_value")  # fmt: skip
        shape = (body.get("text") or {}).get("format")
        prompt = Prompt(
            items(body["input"], body.get("instructions")),
            body["model"],
            max_tokens=limit,
            temperature=body.get("temperature"),
            key=body.get("prompt_cache_key", ""),
            tools=specs(body.get("tools")),
            schema=schema_of(shape) if shape and shape["type"] == "json_schema" else None,
        )
        return Asked(prompt, bool(body.get("stream")), body, request.path, dict(request.headers))

    def whole(self, asked: Asked, answer: Answer, bill: Bill) -> Mapping[str, Any]:
        """One response with its output."""
        return self._response(asked, answer, bill, self._output(answer))

    def events(self, asked: Asked, answer: Answer, bill: Bill) -> Iterator[Event]:
        """Each event says its type and number; the usage is in the last."""
        numbers, identifier = itertools.count(), self.number("resp")

        def event(kind: str, **told: Any) -> bytes:
            return sse({"type": kind, "sequence_number": next(numbers), **told}, kind)

        begun = self._response(asked, answer, None, [], "in_progress", identifier)
        yield event("response.created", response=begun), 0
        yield event("response.in_progress", response=begun), 0
        output = self._output(answer)
        for index, item in enumerate(output):
            if item["type"] == "reasoning":
                yield event("response.output_item.added", output_index=index, item=item), answer.thinking
                yield event("response.output_item.done", output_index=index, item=item), 0
            else:
                yield from (_message if item["type"] == "message" else _function_call)(event, index, item)
        done = self._response(asked, answer, bill, output, identifier=identifier)
        yield event(f"response.{done['status']}", response=done), 0

    def _output(self, answer: Answer) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        if answer.thinking:
            found.append({"id": self.number("rs"), "type": "reasoning", "summary": []})
        if answer.text or not answer.calls:
            part: dict[str, Any] = {"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []}
            if answer.ending == "refusal":
                part = {"type": "refusal", "refusal": answer.text}
            status = STATUS.get(answer.ending, "completed")
            found.append({"id": self.number("msg"), "type": "message", "role": "assistant", "status": status,
                          "content": [part], "pieces": answer.pieces})  # fmt: skip
        return found + [
            {"id": self.number("fc"), "type": "function_call", "status": "completed", "call_id": call.id,
             "name": call.name, "arguments": tokens.arguments(call)}
            for call in self.named(answer.calls)
        ]  # fmt: skip

    def _response(
        self, asked: Asked, answer: Answer, bill: Bill | None, output: list[dict[str, Any]],
        status: str = "", identifier: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        status = status or STATUS.get(answer.ending, "completed")
        shown = [{key: value for key, value in item.items() if key != "pieces"} for item in output]
        return {
            "id": identifier or self.number("resp"), "object": "response", "created_at": 1_700_000_000,
            "status": status, "error": None, "model": asked.prompt.model, "output": shown,
            "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
            "instructions": asked.body.get("instructions"), "metadata": {}, "parallel_tool_calls": True,
            "temperature": asked.prompt.temperature, "tool_choice": "auto", "tools": asked.body.get("tools", []),
            "top_p": None, "usage": None if bill is None else usage(bill, answer.thinking),
        }  # fmt: skip

    def trouble(self, message: str) -> bytes:
        """An event of its own."""
        told = {"type": "error", "code": "server_error", "message": message, "param": None, "sequence_number": 0}
        return sse(told, "error")


def _message(event: Any, index: int, item: dict[str, Any]) -> Iterator[Event]:
    """The events of a message; ``pieces`` is how its text is sent."""
    where, part = {"item_id": item["id"], "output_index": index}, item["content"][0]
    at = {**where, "content_index": 0}
    pieces = item.pop("pieces")
    kind, name = ("refusal", "refusal") if "refusal" in part else ("output_text", "text")
    more: dict[str, Any] = {} if kind == "refusal" else {"logprobs": []}
    yield event("response.output_item.added", output_index=index, item={**item, "content": []}), 0
    yield event("response.content_part.added", **at, part={**part, name: ""}), 0
    for piece in pieces:
        yield event(f"response.{kind}.delta", **at, delta=piece, **more), tokens.count(piece)
    yield event(f"response.{kind}.done", **at, **{name: part[name]}, **more), 0
    yield event("response.content_part.done", **at, part=part), 0
    yield event("response.output_item.done", output_index=index, item=item), 0


def _function_call(event: Any, index: int, item: dict[str, Any]) -> Iterator[Event]:
    """The events of a call of a function."""
    where = {"item_id": item["id"], "output_index": index}
    begun = {**item, "arguments": "", "status": "in_progress"}
    yield event("response.output_item.added", output_index=index, item=begun), 1
    for piece in tokens.cut(item["arguments"]):
        yield event("response.function_call_arguments.delta", **where, delta=piece), 1
    told = {"arguments": item["arguments"], "name": item["name"]}
    yield event("response.function_call_arguments.done", **where, **told), 0
    yield event("response.output_item.done", output_index=index, item=item), 0


def usage(bill: Bill, thinking: int = 0) -> dict[str, Any]:
    """The object ``usage``."""
    prompt = bill.input + bill.cached + bill.written
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": bill.cached, "cache_write_tokens": bill.written},
        "output_tokens": bill.output,
        "output_tokens_details": {"reasoning_tokens": thinking},
        "total_tokens": prompt + bill.output,
    }


def items(told: Any, instructions: Any) -> tuple[Turn, ...]:
    """The conversation. Raises ``Refused`` where a call and its output do not go together."""
    found = [Turn("system", instructions)] if instructions else []
    if isinstance(told, str):
        return (*found, Turn("user", told))
    calls: set[str] = set()
    answered: set[str] = set()
    for item in told:
        turn = _item(item, calls)
        calls |= {call.id for call in turn.calls}
        answered |= {turn.answers} if turn.answers else set()
        found.append(turn)
    if missing := calls - answered:
        raise bad(f"No tool output found for function call {min(missing)}.")
    return tuple(found)


def _item(item: Any, calls: set[str]) -> Turn:
    kind = item.get("type", "message")
    if kind == "function_call":
        return Turn("assistant", "", calls=(ToolCall.parse(item["call_id"], item["name"], item["arguments"]),))
    if kind == "function_call_output":
        if item["call_id"] not in calls:
            raise bad(f"No tool call found for function call output with call_id {item['call_id']}.")
        return Turn("tool", item["output"], answers=item["call_id"])
    role = "system" if item["role"] == "developer" else item["role"]
    if kind != "message" or role not in {"system", "user", "assistant"}:
        raise bad(f"Invalid value: '{kind}', '{role}'.")
    kinds = ("output_text", "refusal") if role == "assistant" else ("input_text",)
    said, stable = content(item["content"], role, kinds)
    return Turn(role, said, stable)  # type: ignore[arg-type]  # one of the three
