"""What the paths of OpenAI's protocol have in common."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from butler.provider import ToolCall
from butler.testing.providers.form import Form, Refused, sse
from butler.testing.providers.openai.strict import bad, text
from butler.testing.providers.served import Served

if TYPE_CHECKING:
    from butler.testing.providers.standin import StandIn


class OpenAIForm(Form):
    """Knows the models, and numbers what it makes."""

    def __init__(self, standin: StandIn) -> None:
        self._standin = standin
        self._numbers = itertools.count(1)

    def served(self, body: Mapping[str, Any]) -> Served:
        """The model that is asked for. Raises ``Refused`` for an unknown one, and for what it does not take."""
        served = self._standin.model(text(body["model"], "model"), self.kind)
        if not served.temperature and "temperature" in body:
            raise self.unsupported("temperature")
        if served.temperature and ("reasoning" in body or "reasoning_effort" in body):
            raise self.unsupported("reasoning_effort")
        if not served.breakpoints and "prompt_cache_options" in body:
            raise self.unsupported("prompt_cache_options")
        return served

    def unsupported(self, name: str, instead: str = "") -> Refused:
        """A parameter that the model does not take."""
        message = f"Unsupported parameter: '{name}' is not supported with this model. {instead}"
        return bad(message.strip(), "unsupported_parameter")

    def number(self, prefix: str) -> str:
        """A new id."""
        return f"{prefix}-{next(self._numbers)}"

    def named(self, calls: Sequence[ToolCall]) -> list[ToolCall]:
        """The calls, each with an id that no other one of this server has."""
        return [attrs.evolve(call, id=f"call_{next(self._numbers)}") for call in calls]

    def trouble(self, message: str) -> bytes:
        """An object ``error`` instead of a chunk."""
        return sse({"error": {"message": message, "type": "server_error", "param": None, "code": None}})
