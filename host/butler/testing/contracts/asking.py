"""How a provider is asked in its contract: prompts, an ear for the pieces, and what it is tried with."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from attrs import define, field

from butler.errors import ModelError
from butler.provider import Completion, Prompt, Provider, ToolSpec, Turn, Usage
from butler.testing.providers import StandIn

WEATHER = ToolSpec(
    "weather",
    "What the weather is like somewhere",
    {
        "type": "object",
        "properties": {"place": {"type": "string", "description": "a town"}, "days": {"type": "integer"}},
        "required": ["place"],
    },
)
VERDICT = {
    "type": "object",
    "properties": {
        "spam": {"type": "boolean"},
        "why": {"type": "string"},
        "about": {"type": "array", "items": {"type": "object", "properties": {"word": {"type": "string"}}}},
    },
    "required": ["spam"],
}
"""A schema as people write them: open objects, fields that may be left out."""
CONVERSATION = (
    Turn("system", "You are a butler.\nBe brief.", stable=True),
    Turn("user", "ann: good evening"),
    Turn("assistant", "Good evening, Ann."),
    Turn("user", "bob: ünïcödé 咖啡 🏳️‍🌈 <b>&amp;</b> {json} \\n"),
)
ODD = ("nul \x00 inside", "lone \ud800 surrogate", "\u202eleft\u202c", "x" * 5000, " ", "```")
"""Texts that a client library may stumble over."""


def prompt(model: str, *said: str, **fields: Any) -> Prompt:
    """A prompt of what somebody said, after a line of the system's."""
    turns = (Turn("system", "You are a butler."), *(Turn("user", text) for text in said or ("Good evening.",)))
    return Prompt(fields.pop("turns", turns), model, **fields)


@define
class Heard:
    """Hears a completion, as the host does."""

    pieces: list[str] = field(factory=list)
    usages: list[Usage] = field(factory=list)
    _news: asyncio.Event = field(factory=asyncio.Event)

    def text(self, piece: str) -> None:
        self.pieces.append(piece)
        self._news.set()

    def usage(self, usage: Usage) -> None:
        self.usages.append(usage)

    @property
    def charged(self) -> Usage:
        """What the host charges when nothing more is heard."""
        return self.usages[-1] if self.usages else Usage()

    async def until(self, text: str) -> None:
        """Return when so much was heard."""
        while "".join(self.pieces) != text:
            self._news.clear()
            await self._news.wait()


@define
class Asking:
    """A provider, the stand-in that it speaks to, and the model that it is asked for."""

    provider: Provider
    server: StandIn
    model: str
    heard: Heard = field(factory=Heard)

    async def both(self, asked: Prompt, *answers: Any) -> list[Completion]:
        """The completion in one and the streamed one, each of the same answer."""
        self.server.say(*answers, *answers)
        self.heard = Heard()
        return [await self.provider.complete(asked), await self.provider.stream(asked, self.heard)]

    async def failed(self, kind: type[ModelError], *answers: Any, **fields: Any) -> list[ModelError]:
        """The errors in one and streamed; each is exactly of that class, says one line, and was asked for once."""
        errors = []
        for streamed in (False, True):
            self.server.script.clear()
            self.server.say(*answers)
            before = self.server.account.requests
            self.heard = Heard()
            errors.append(error := await self._error(prompt(self.model, **fields), streamed=streamed))
            assert type(error) is kind, f"{type(error).__name__}: {error}"
            assert len(str(error).splitlines()) == 1, f"more than one line: {error}"
            assert self.server.account.requests - before <= 1, "it tried again by itself"
        return errors

    async def _error(self, asked: Prompt, *, streamed: bool) -> ModelError:
        try:
            if streamed:
                await self.provider.stream(asked, self.heard)
            else:
                await self.provider.complete(asked)
        except ModelError as error:
            return error
        raise AssertionError("it said nothing of the failure")


def arrived(asked: Sequence[Turn], there: Sequence[Turn]) -> list[Turn]:
    """The turns that did not arrive in their order with role and text; several may have become one."""
    missing, at = [], 0
    for turn in asked:
        found = [n for n, each in enumerate(there) if n >= at and each.role == turn.role and turn.text in each.text]
        if found:
            at = found[0]
        else:
            missing.append(turn)
    return missing
