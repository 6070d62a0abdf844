"""Chat Completions: what every compatible server has."""

from __future__ import annotations

import json
from typing import Any

from attrs import define
from butler import Ending, Model, Prompt, ToolCall, Turn

from butler_llm_openai.caching import marked, options
from butler_llm_openai.merging import merged
from butler_llm_openai.way import Hearing, Json, Way, shape

ENDINGS: dict[str, Ending] = {"stop": "end", "length": "length", "content_filter": "refusal"}


@define
class Begun:
    """A call of a tool that is still being said."""

    id: str = ""
    name: str = ""
    arguments: str = ""


class ChatHearing(Hearing):
    """Chunks with one choice each."""

    def __init__(self, call: Any) -> None:
        super().__init__(call)
        self._calls: dict[Any, Begun] = {}
        self._refused = False

    def event(self, event: Json) -> None:
        """A chunk; the one with the usage has no choice."""
        self._choice(event, "delta")

    def whole(self, answer: Json) -> None:
        """A message."""
        self._choice(answer, "message")

    def _choice(self, told: Json, name: str) -> None:
        for choice in told.get("choices") or ():
            said = choice.get(name) or {}
            self.said(said.get("content"))
            self._refused |= bool(said.get("refusal"))
            self.said(said.get("refusal"))
            for piece in said.get("tool_calls") or ():
                self._call(piece)
            if finish := choice.get("finish_reason"):
                self.stop = "refusal" if self._refused else ENDINGS.get(finish, "end")
        self.used(told.get("usage"))

    def _call(self, piece: Json) -> None:
        """A piece belongs to the call of its index; where a server says none, of its id, else to the last one."""
        named = piece.get("index", piece.get("id") or None)
        key = next(reversed(self._calls), 0) if named is None else named
        begun, function = self._calls.setdefault(key, Begun()), piece.get("function") or {}
        begun.id = begun.id or piece.get("id") or ""
        begun.name = begun.name or function.get("name") or ""
        begun.arguments += function.get("arguments") or ""
        self.unheard((function.get("name") or "") + (function.get("arguments") or ""))

    def calls(self) -> tuple[ToolCall, ...]:
        """The calls that were said."""
        return tuple(
            ToolCall.parse(begun.id or f"call_{number}", begun.name, begun.arguments)
            for number, begun in enumerate(self._calls.values())
        )


class ChatWay(Way):
    """``POST /chat/completions``."""

    path = "/chat/completions"
    hearing = ChatHearing

    def body(self, prompt: Prompt, facts: Model) -> Json:
        """Only what the server is known to take."""
        full = self.settings.full
        limit = "max_completion_tokens" if full or not facts.temperature else "max_tokens"
        turns = merged(prompt.turns) if self.settings.merge_turns else prompt.turns
        marks = marked(turns, facts) if full else frozenset()
        body: Json = {
            "model": prompt.model,
            "messages": [_message(turn, index in marks) for index, turn in enumerate(turns)],
            limit: prompt.max_tokens,
        }
        if prompt.temperature is not None and facts.temperature:
            body["temperature"] = prompt.temperature
        if not facts.temperature and self.settings.effort:
            body["reasoning_effort"] = self.settings.effort
        if prompt.tools:
            body["tools"] = [{"type": "function", "function": _function(tool)} for tool in prompt.tools]
        if named := shape(prompt):
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        return body | (options(prompt, facts) if full else {})

    def streamed(self, body: Json) -> Json:
        """With the usage, at the end or with each piece."""
        wanted = {"include_usage": True}
        if self.settings.usage_of_pieces:
            wanted["continuous_usage_stats"] = True
        return {**body, "stream_options": wanted}


def _function(tool: Any) -> Json:
    return {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}


def _message(turn: Turn, mark: bool) -> Json:
    text: Any = turn.text
    if mark:
        text = [{"type": "text", "text": turn.text, "prompt_cache_breakpoint": {"mode": "explicit"}}]
    if turn.role == "tool":
        return {"role": "tool", "tool_call_id": turn.answers, "content": text}
    if not turn.calls:
        return {"role": turn.role, "content": text}
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": given(call)}}
        for call in turn.calls
    ]
    return {"role": turn.role, "content": text or None, "tool_calls": calls}


def given(call: ToolCall) -> str:
    """What a model gave a tool, as it is sent back."""
    return call.broken or json.dumps(dict(call.arguments))
