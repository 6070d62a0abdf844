"""Responses: OpenAI's newer way, which its models use tools best with."""

from __future__ import annotations

from typing import Any

from butler import Ending, Model, ModelUnavailable, Prompt, ToolCall, Turn

from butler_llm_openai.caching import marked, options
from butler_llm_openai.chat import given
from butler_llm_openai.way import Hearing, Json, Way, shape

SMALLEST = 16
"""Tokens that an answer may have at least."""


class ResponsesHearing(Hearing):
    """Events by type; those that are not named here say nothing new."""

    def __init__(self, call: Any) -> None:
        super().__init__(call)
        self._calls: list[ToolCall] = []
        self._refused = False

    def event(self, event: Json) -> None:
        """A piece, an item that is complete, or the end."""
        kind = event.get("type")
        if kind in {"response.output_text.delta", "response.refusal.delta"}:
            self._refused |= kind == "response.refusal.delta"
            self.said(event.get("delta"))
        elif kind == "response.function_call_arguments.delta":
            self.unheard(event.get("delta") or "")
        elif kind == "response.output_item.added":
            self.unheard((event.get("item") or {}).get("name") or "")
        elif kind == "response.output_item.done":
            self._item(event.get("item") or {})
        elif kind in {"response.completed", "response.incomplete", "response.failed"}:
            self._ended(event.get("response") or {})
        elif kind == "error":
            raise self.call.raises(str(event.get("message", "")), str(event.get("code") or ""))

    def whole(self, answer: Json) -> None:
        """A response with all its output."""
        for item in answer.get("output") or ():
            for part in item.get("content") or () if item.get("type") == "message" else ():
                self._refused |= "refusal" in part
                self.said(part.get("refusal") or part.get("text"))
            self._item(item)
        self._ended(answer)

    def _item(self, item: Json) -> None:
        if item.get("type") == "function_call":
            self._calls.append(
                ToolCall.parse(str(item.get("call_id")), str(item.get("name")), item.get("arguments") or "")
            )

    def _ended(self, response: Json) -> None:
        self.used(response.get("usage"))
        status = response.get("status")
        if status == "failed":
            error = response.get("error") or {}
            raise self.call.raises(str(error.get("message", "")), str(error.get("code") or ""))
        if status not in {"completed", "incomplete"}:
            raise ModelUnavailable(f"the response ended as {status!r}")
        self.stop = "refusal" if self._refused else _ending(response)

    def calls(self) -> tuple[ToolCall, ...]:
        """The calls that are complete."""
        return tuple(self._calls)


def _ending(response: Json) -> Ending:
    if response.get("status") == "completed":
        return "end"
    reason = (response.get("incomplete_details") or {}).get("reason")
    return "refusal" if reason == "content_filter" else "length"


class ResponsesWay(Way):
    """``POST /responses``."""

    path = "/responses"
    hearing = ResponsesHearing

    def body(self, prompt: Prompt, facts: Model) -> Json:
        """All that OpenAI takes."""
        body = self.asked(prompt, facts) | options(prompt, facts)
        body |= {"max_output_tokens": max(SMALLEST, prompt.max_tokens), "store": self.settings.store}
        if prompt.temperature is not None and facts.temperature:
            body["temperature"] = prompt.temperature
        return body

    def asked(self, prompt: Prompt, facts: Model) -> Json:
        """What makes up the prompt, and no limits: for counting, too."""
        marks = marked(prompt.turns, facts)
        items = [item for index, turn in enumerate(prompt.turns) for item in _items(turn, index in marks)]
        body: Json = {"model": prompt.model, "input": items}
        if prompt.tools:
            body["tools"] = [
                {"type": "function", "name": tool.name, "description": tool.description,
                 "parameters": dict(tool.parameters), "strict": False}
                for tool in prompt.tools
            ]  # fmt: skip
        if named := shape(prompt):
            body["text"] = {"format": {"type": "json_schema", **named}}
        if not facts.temperature and self.settings.effort:
            body["reasoning"] = {"effort": self.settings.effort}
        return body


def _items(turn: Turn, mark: bool) -> list[Json]:
    if turn.role == "tool":
        return [{"type": "function_call_output", "call_id": turn.answers, "output": turn.text}]
    text: Any = turn.text
    if mark:
        text = [{"type": "input_text", "text": turn.text, "prompt_cache_breakpoint": {"mode": "explicit"}}]
    said = [{"role": turn.role, "content": text}] if turn.text or not turn.calls else []
    calls = [
        {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": given(call)}
        for call in turn.calls
    ]  # fmt: skip
    return [*said, *calls]
