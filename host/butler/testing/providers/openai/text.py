"""Completions of a text, as models before chat had them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import attrs
from aiohttp import web

from butler.provider import Prompt, Turn
from butler.testing.providers import tokens
from butler.testing.providers.account import Bill
from butler.testing.providers.asked import Asked
from butler.testing.providers.form import Event, sse
from butler.testing.providers.openai.base import OpenAIForm
from butler.testing.providers.openai.chat import usage
from butler.testing.providers.openai.strict import fields, text
from butler.testing.providers.script import Answer

TAKES = {
    "model", "prompt", "max_tokens", "temperature", "top_p", "n", "stream", "stream_options", "logprobs", "echo",
    "stop", "presence_penalty", "frequency_penalty", "best_of", "logit_bias", "user", "seed", "suffix",
}  # fmt: skip
DEFAULT_LENGTH = 16
FINISH = {"length": "length"}


class Text(OpenAIForm):
    """``POST /completions``. It stops before any of the texts in ``stop``."""

    kind: ClassVar[str] = "text"

    def read(self, body: Mapping[str, Any], request: web.Request) -> Asked:
        """One turn: the text that is to be gone on with."""
        fields(body, TAKES, needed=("model", "prompt"))
        self.served(body)
        prompt = Prompt(
            (Turn("user", text(body["prompt"], "prompt")),),
            body["model"],
            max_tokens=body.get("max_tokens", DEFAULT_LENGTH),
            temperature=body.get("temperature"),
        )
        return Asked(prompt, bool(body.get("stream")), body, request.path, dict(request.headers))

    def fitted(self, asked: Asked, answer: Answer) -> Answer:
        """It says nothing of ``stop`` and what would come after; tools it has none."""
        stops = [at for stop in asked.body.get("stop") or () if (at := answer.text.find(stop)) >= 0]
        said = answer.text[: min(stops)] if stops else answer.text
        return super().fitted(asked, attrs.evolve(answer, text=said, calls=(), stop=None))

    def whole(self, asked: Asked, answer: Answer, bill: Bill) -> Mapping[str, Any]:
        """One object with one choice."""
        return {**self._said(asked, answer.text, FINISH.get(answer.ending, "stop")), "usage": usage(bill)}

    def events(self, asked: Asked, answer: Answer, bill: Bill) -> Iterator[Event]:
        """Chunks, with the usage in one of its own."""
        for piece in answer.pieces:
            yield sse(self._said(asked, piece, None)), tokens.count(piece)
        yield sse(self._said(asked, "", FINISH.get(answer.ending, "stop"))), 0
        if (asked.body.get("stream_options") or {}).get("include_usage"):
            yield sse({**self._said(asked, "", None), "choices": [], "usage": usage(bill)}), 0
        yield sse("[DONE]"), 0

    def _said(self, asked: Asked, said: str, finish: str | None) -> dict[str, Any]:
        choice = {"text": said, "index": 0, "logprobs": None, "finish_reason": finish}
        head = {"id": self.number("cmpl"), "object": "text_completion", "created": 1_700_000_000}
        return {**head, "model": asked.prompt.model, "choices": [choice]}
