"""``POST /v1/messages``: a conversation in, a message out, in one or in events."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs
from aiohttp import web

from butler.provider import Prompt, ToolCall
from butler.testing.providers import tokens
from butler.testing.providers.account import Bill
from butler.testing.providers.anthropic.reading import bad, conversation
from butler.testing.providers.anthropic.strict import fields, schema
from butler.testing.providers.asked import Asked
from butler.testing.providers.form import Event, Form, sse
from butler.testing.providers.script import Answer, Failure
from butler.testing.providers.served import Served

if TYPE_CHECKING:
    from butler.testing.providers.anthropic.server import Anthropic

STOP = {"end": "end_turn", "length": "max_tokens", "tools": "tool_use", "refusal": "refusal"}


class Messages(Form):
    """Reads and writes them."""

    def __init__(self, standin: Anthropic) -> None:
        self._standin = standin
        self._numbers = itertools.count(1)

    # --- reading ------------------------------------------------------------------------------------------

    def read(self, body: Mapping[str, Any], request: web.Request) -> Asked:
        """Refuses what the provider refuses."""
        counting = request.path.endswith("count_tokens")
        fields(body, counting=counting)
        served = self._standin.model(body["model"])
        config = body.get("output_config") or {}
        if not served.temperature and {"temperature", "top_p", "top_k"} & set(body):
            raise bad("temperature: sampling parameters are not supported for this model.")
        if not served.effort and config.get("effort"):
            raise bad("This model does not support the effort parameter.")
        if not served.system and any(message.get("role") == "system" for message in body["messages"]):
            raise bad("messages: role 'system' is not supported on this model")
        format = config.get("format")
        if format is not None:
            schema(format["schema"])
        told = conversation(body)
        self._thoughts(body)
        marks = {part for part, _ in told.marks}
        prompt = Prompt(
            tuple(attrs.evolve(turn, stable=part + 1 in marks) for part, turn in enumerate(told.turns)),
            body["model"],
            max_tokens=body.get("max_tokens", 0),
            temperature=body.get("temperature"),
            key=(body.get("metadata") or {}).get("user_id", ""),
            tools=told.tools,
            schema=format["schema"] if format else None,
        )
        return Asked(prompt, bool(body.get("stream")), body, request.path, dict(request.headers))

    def _thoughts(self, body: Mapping[str, Any]) -> None:
        """Each block of thoughts is good for the conversation that it was thought in."""
        for number, message in enumerate(body["messages"]):
            for block in message["content"] if isinstance(message["content"], list) else []:
                if block.get("type") == "thinking" and block.get("signature") != _signature(body, number):
                    raise bad(f"messages.{number}.content.0: Invalid `signature` in `thinking` block. The block is "
                              "bound to a different conversation.")  # fmt: skip

    # --- answering ----------------------------------------------------------------------------------------

    def whole(self, asked: Asked, answer: Answer, bill: Bill) -> Mapping[str, Any]:
        """The message."""
        blocks: list[dict[str, Any]] = [*self._thought(asked, answer)]
        blocks += [{"type": "text", "text": answer.text}] if answer.text else []
        blocks += [
            {"type": "tool_use", "id": c.id, "name": c.name, "input": c.broken or c.arguments}
            for c in self._named(answer)
        ]
        return {**self._head(asked), "content": blocks, **_end(asked, answer), "usage": self._usage(asked, bill)}

    def events(self, asked: Asked, answer: Answer, bill: Bill) -> Iterator[Event]:
        """The message's beginning with what its prompt cost, its blocks piece by piece, its end."""
        index = itertools.count()
        head = {**self._head(asked), "content": [], "stop_reason": None, "usage": self._usage(asked, bill)}
        yield _event("message_start", message=head), 0
        thought = self._thought(asked, answer)
        yield _event("ping"), 0 if thought else answer.thinking
        for block in thought:
            at = next(index)
            yield _event("content_block_start", index=at, content_block={**block, "signature": ""}), 0
            delta = {"type": "signature_delta", "signature": block["signature"]}
            yield _event("content_block_delta", index=at, delta=delta), answer.thinking
            yield _event("content_block_stop", index=at), 0
        if answer.text:
            at = next(index)
            yield _event("content_block_start", index=at, content_block={"type": "text", "text": ""}), 0
            for piece in answer.pieces:
                delta = {"type": "text_delta", "text": piece}
                yield _event("content_block_delta", index=at, delta=delta), tokens.count(piece)
            yield _event("content_block_stop", index=at), 0
        for call in self._named(answer):
            at = next(index)
            block = {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}
            yield _event("content_block_start", index=at, content_block=block), 1
            for piece in tokens.cut(tokens.arguments(call)):
                delta = {"type": "input_json_delta", "partial_json": piece}
                yield _event("content_block_delta", index=at, delta=delta), 1
            yield _event("content_block_stop", index=at), 0
        yield _event("message_delta", delta=_end(asked, answer), usage={"output_tokens": bill.output}), 0
        yield _event("message_stop"), 0

    def trouble(self, message: str) -> bytes:
        """An event ``error``."""
        return _event("error", error={"type": "overloaded_error", "message": message})

    def too_long(self, tokens: int, served: Served) -> Failure:
        """In its words."""
        return Failure(400, f"prompt is too long: {tokens} tokens > {served.window} maximum")

    def _head(self, asked: Asked) -> dict[str, Any]:
        return {
            "id": f"msg_{next(self._numbers)}", "type": "message", "role": "assistant", "model": asked.prompt.model,
            "stop_sequence": None, "stop_details": None,
        }  # fmt: skip

    def _named(self, answer: Answer) -> list[ToolCall]:
        return [attrs.evolve(call, id=call.id or f"toolu_{next(self._numbers)}") for call in answer.calls]

    def _thought(self, asked: Asked, answer: Answer) -> list[dict[str, Any]]:
        """What it thought, left out but for the signature."""
        if not answer.thinking or not self._standin.model(asked.prompt.model).thinks:
            return []
        signature = _signature(asked.body, len(asked.body["messages"]))
        return [{"type": "thinking", "thinking": "", "signature": signature}]

    def _usage(self, asked: Asked, bill: Bill) -> dict[str, Any]:
        hour = max((mark.prefix.length for mark in self._standin.marked(asked) if mark.ttl > 300), default=0)
        hour = min(max(hour - bill.cached, 0), bill.written)
        return {
            "input_tokens": bill.input,
            "cache_read_input_tokens": bill.cached,
            "cache_creation_input_tokens": bill.written,
            "cache_creation": {
                "ephemeral_5m_input_tokens": bill.written - hour, "ephemeral_1h_input_tokens": hour,
            },
            "output_tokens": bill.output,
            "service_tier": "standard",
        }  # fmt: skip


def _event(kind: str, **told: Any) -> bytes:
    return sse({"type": kind, **told}, kind)


def _end(asked: Asked, answer: Answer) -> dict[str, Any]:
    """Why it ended; an end for length before ``max_tokens`` is the end of the model's window."""
    reason = STOP[answer.ending]
    if answer.ending == "length" and answer.tokens < asked.prompt.max_tokens:
        reason = "model_context_window_exceeded"
    refused = {"type": "refusal", "category": None, "explanation": None} if reason == "refusal" else None
    return {"stop_reason": reason, "stop_sequence": None, "stop_details": refused}


def _signature(body: Mapping[str, Any], messages: int) -> str:
    """Of what came before the assistant's message of that number, marks for the cache aside."""
    before = [body.get("system"), body.get("tools"), body["messages"][:messages]]
    return hashlib.sha256(json.dumps(_unmarked(before), sort_keys=True).encode()).hexdigest()


def _unmarked(told: Any) -> Any:
    if isinstance(told, dict):
        return {key: _unmarked(value) for key, value in told.items() if key != "cache_control"}
    return [_unmarked(value) for value in told] if isinstance(told, list) else told
