"""Completions of a text: models that know no chat go on with what a conversation looks like when written down."""

from __future__ import annotations

from attrs import frozen
from butler import Model, ModelError, Prompt

from butler_llm_openai.way import Hearing, Json, Way


@frozen
class Template:
    """How a conversation is written down."""

    turn: str
    """One entry, with ``{role}`` and ``{text}``."""
    answer: str
    """What stands before the answer."""
    roles: dict[str, str]
    stops: tuple[str, ...]
    """What would be the next entry: it goes on no further."""
    marks: tuple[str, ...]
    """What nobody can say: it would be the template's."""


TEMPLATES = {
    "plain": Template(
        "{role}{text}\n\n", "Assistant:",
        {"system": "", "user": "User: ", "assistant": "Assistant: ", "tool": "Tool: "},
        ("\nUser:", "\nTool:"), ("\nUser:", "\nTool:", "\nAssistant:"),
    ),
    "chatml": Template(
        "<|im_start|>{role}\n{text}<|im_end|>\n", "<|im_start|>assistant\n",
        {"system": "system", "user": "user", "assistant": "assistant", "tool": "tool"},
        ("<|im_end|>", "<|im_start|>"), ("<|im_end|>", "<|im_start|>"),
    ),
    "open-assistant": Template(
        "<|{role}|>{text}<|endoftext|>", "<|assistant|>",
        {"system": "system", "user": "prompter", "assistant": "assistant", "tool": "prompter"},
        ("<|endoftext|>", "<|prompter|>"), ("<|endoftext|>", "<|prompter|>", "<|assistant|>", "<|system|>"),
    ),
}  # fmt: skip


class TextHearing(Hearing):
    """Chunks with a text each."""

    def event(self, event: Json) -> None:
        """A chunk; leading space belongs to the template."""
        for choice in event.get("choices") or ():
            said = choice.get("text") or ""
            self.said(said if self.text else said.lstrip())
            if finish := choice.get("finish_reason"):
                self.stop = "length" if finish == "length" else "end"
        self.used(event.get("usage"))

    def whole(self, answer: Json) -> None:
        """The same in one."""
        self.event(answer)


class TextWay(Way):
    """``POST /completions``. There are no tools, and no structured answers."""

    path = "/completions"
    hearing = TextHearing

    def body(self, prompt: Prompt, facts: Model) -> Json:
        """Raises ``ModelError`` for structured output."""
        if prompt.schema is not None:
            raise ModelError(
                f"{prompt.model} only goes on with a text and cannot answer in a structure",
                remedy="name a chat model for that",
            )
        template = TEMPLATES[self.settings.template]
        body: Json = {
            "model": prompt.model,
            "prompt": written(prompt, template),
            "max_tokens": prompt.max_tokens,
            "stop": list(template.stops),
        }
        if prompt.temperature is not None:
            body["temperature"] = prompt.temperature
        return body

    def streamed(self, body: Json) -> Json:
        """With the usage at the end."""
        return {**body, "stream_options": {"include_usage": True}}


def written(prompt: Prompt, template: Template) -> str:
    """The conversation as a text that ends where the answer begins.

    What people say cannot begin an entry of somebody else: the template's marks in it are broken up.
    """
    parts = []
    for turn in prompt.turns:
        text = turn.text
        for mark in template.marks:
            text = text.replace(mark, f"{mark[0]} {mark[1:]}")
        parts.append(template.turn.format(role=template.roles[turn.role], text=text))
    return "".join(parts) + template.answer
