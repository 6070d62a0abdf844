"""Chat Completions: messages in, a choice out, in one or in chunks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web

from butler.provider import Prompt
from butler.testing.providers import tokens
from butler.testing.providers.account import Bill
from butler.testing.providers.asked import Asked
from butler.testing.providers.form import Event, sse
from butler.testing.providers.openai.base import OpenAIForm
from butler.testing.providers.openai.messages import specs, turns
from butler.testing.providers.openai.strict import fields, schema_of
from butler.testing.providers.script import Answer

FINISH = {"end": "stop", "length": "length", "tools": "tool_calls", "refusal": "stop"}
TAKES = {
    "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "temperature", "top_p", "n",
    "stop", "tools", "tool_choice", "parallel_tool_calls", "response_format", "prompt_cache_key",
    "prompt_cache_options", "prompt_cache_retention", "user", "safety_identifier", "seed", "store", "metadata",
    "reasoning_effort", "verbosity", "service_tier", "logprobs", "top_logprobs", "logit_bias", "presence_penalty",
    "frequency_penalty",
}  # fmt: skip


class Chat(OpenAIForm):
    """``POST /chat/completions``."""

    def read(self, body: Mapping[str, Any], request: web.Request) -> Asked:
        """Refuses what the provider refuses: unknown fields, results without a call, loose schemas."""
        fields(body, TAKES, needed=("model", "messages"))
        served = self.served(body)
        if not served.temperature and "max_tokens" in body:
            raise self.unsupported("max_tokens", "Use 'max_completion_tokens' instead.")
        prompt = Prompt(
            turns(body["messages"]),
            body["model"],
            max_tokens=body.get("max_completion_tokens") or body.get("max_tokens") or 0,
            temperature=body.get("temperature"),
            key=body.get("prompt_cache_key", ""),
            tools=specs([tool["function"] for tool in body["tools"]] if "tools" in body else None),
            schema=_schema(body.get("response_format")),
        )
        return Asked(prompt, bool(body.get("stream")), body, request.path, dict(request.headers))

    def whole(self, asked: Asked, answer: Answer, bill: Bill) -> Mapping[str, Any]:
        """One object with one choice."""
        said = "refusal" if answer.ending == "refusal" else "content"
        message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None, said: answer.text}
        if answer.calls:
            message["tool_calls"] = [_call(call, tokens.arguments(call)) for call in self.named(answer.calls)]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": FINISH[answer.ending]}
        return {**self._head(asked, "chat.completion"), "choices": [choice], "usage": usage(bill, answer.thinking)}

    def events(self, asked: Asked, answer: Answer, bill: Bill) -> Iterator[Event]:
        """Chunks; the usage comes in one of its own at the end, or with each, for who asked for it."""
        options = asked.body.get("stream_options") or {}
        head = self._head(asked, "chat.completion.chunk")
        asked_for = bool(options.get("include_usage"))
        each = asked_for and bool(options.get("continuous_usage_stats"))

        def chunk(delta: Mapping[str, Any], new: int = 0, finish: str | None = None) -> bytes:
            told = {**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]}
            if asked_for:
                told["usage"] = usage(bill, new=new) if each else None
            return sse(told)

        yield chunk({"role": "assistant", "content": "", "refusal": None}), 0
        if answer.thinking:
            yield chunk({}, answer.thinking), answer.thinking
        said = "refusal" if answer.ending == "refusal" else "content"
        for piece in answer.pieces:
            count = tokens.count(piece)
            yield chunk({said: piece}, count), count
        for number, call in enumerate(self.named(answer.calls)):
            yield chunk({"tool_calls": [{"index": number, **_call(call, "")}]}, 1), 1
            for piece in tokens.cut(tokens.arguments(call)):
                yield chunk({"tool_calls": [{"index": number, "function": {"arguments": piece}}]}, 1), 1
        yield chunk({}, finish=FINISH[answer.ending]), 0
        if asked_for:
            yield sse({**head, "choices": [], "usage": usage(bill, answer.thinking)}), 0
        yield sse("[DONE]"), 0

    def _head(self, asked: Asked, kind: str) -> dict[str, Any]:
        return {"id": self.number("chatcmpl"), "object": kind, "created": 1_700_000_000, "model": asked.prompt.model}


def _call(call: Any, arguments: str) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def usage(bill: Bill, thinking: int = 0, new: int = 0) -> dict[str, Any]:
    """The object ``usage``; ``new`` tokens of the answer are sent with it."""
    prompt, output = bill.input + bill.cached + bill.written, bill.output + new
    return {
        "prompt_tokens": prompt,
        "completion_tokens": output,
        "total_tokens": prompt + output,
        "prompt_tokens_details": {
            "cached_tokens": bill.cached, "cache_write_tokens": bill.written, "audio_tokens": 0,
        },
        "completion_tokens_details": {"reasoning_tokens": thinking, "audio_tokens": 0},
    }  # fmt: skip


def _schema(told: Any) -> Mapping[str, Any] | None:
    if told is None or told.get("type") == "text":
        return None
    if told["type"] == "json_object":
        return {"type": "object"}
    return schema_of(told["json_schema"])
