"""What a language model's provider is: prompts in, pieces of text and completions out, each with what it used."""

from __future__ import annotations

import abc
import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Protocol

from attrs import field, frozen

from butler.catalog import Catalog
from butler.check import Check
from butler.errors import ModelError, ModelUnavailable
from butler.model import Model

Ending = Literal["end", "length", "tools", "refusal"]


@frozen
class ToolSpec:
    """A function that a model may ask for: its name, what it is for, its parameters as a JSON Schema object."""

    name: str
    description: str
    parameters: Mapping[str, Any] = field(factory=lambda: {"type": "object", "properties": {}})


@frozen
class ToolCall:
    """What a model asks for. ``arguments`` is what it gave, ``{}`` if that was no JSON object (then see ``broken``)."""

    id: str
    name: str
    arguments: Mapping[str, Any] = field(factory=dict)
    broken: str = ""
    """The arguments as they came, where they were no JSON object."""

    @classmethod
    def parse(cls, identifier: str, name: str, arguments: str) -> ToolCall:
        """Out of what a model said; ``""`` is no argument."""
        try:
            given = json.loads(arguments or "{}")
        except ValueError:
            given = None
        return cls(identifier, name, given) if isinstance(given, dict) else cls(identifier, name, broken=arguments)


def sound(text: str) -> str:
    """A text that any encoding can carry: lone surrogates become question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


@frozen
class Turn:
    """One entry of a conversation as a model sees it."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str = field(converter=sound)
    stable: bool = False
    """The next prompt begins with the same, up to and including this entry: a provider that caches prefixes may set a
    breakpoint behind the last one of them (and behind the last ``system`` one of them)."""
    calls: tuple[ToolCall, ...] = ()
    """Of the assistant: what it asked for with this entry."""
    answers: str = ""
    """Of a tool: the id of the call that this is the result of."""
    failed: bool = False
    """Of a tool: the text says why it did not work."""


@frozen
class Prompt:
    """What a model is asked: the conversation, the model's name (without the provider) and its limits."""

    turns: tuple[Turn, ...]
    model: str
    max_tokens: int = 1250
    temperature: float | None = None
    """Left out for models that take none."""
    persona: str = ""
    key: str = ""
    """The same for each call of one conversation, for providers that route by it."""
    tools: tuple[ToolSpec, ...] = ()
    schema: Mapping[str, Any] | None = None
    """Structured output: the answer shall be JSON of this JSON Schema (an object); it comes as ``Completion.data``."""

    def data(self, answer: str, stop: Ending) -> Any:
        """What ``Completion.data`` is for an answer: parsed where it was asked for and not cut off or refused.

        Raises ``ModelUnavailable`` if it is no JSON: a model may do better when asked again.
        """
        if self.schema is None or stop != "end":
            return None
        try:
            return json.loads(answer)
        except ValueError:
            raise ModelUnavailable(f"{self.model} was asked for JSON and answered something else") from None


@frozen
class Usage:
    """Tokens of one call: ``input`` without ``cached`` and ``written`` ones, and ``output``."""

    input: int = 0
    output: int = 0
    cached: int = 0
    """Read from the provider's cache."""
    written: int = 0
    """Put into the provider's cache."""

    @property
    def total(self) -> int:
        return self.input + self.output + self.cached + self.written

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.cached + other.cached,
            self.written + other.written,
        )


@frozen
class Completion:
    """What a model said, what it used, and why it ended: by itself, at ``max_tokens``, for tools, or it refused."""

    text: str
    usage: Usage
    model: str
    stop: Ending = "end"
    calls: tuple[ToolCall, ...] = ()
    data: Any = None
    """With ``Prompt.schema``: the parsed answer."""


@frozen
class Embedded:
    """Vectors of some texts, in their order, and what that used."""

    vectors: tuple[tuple[float, ...], ...]
    usage: Usage = Usage()


class Listener(Protocol):
    """Hears a completion while it is made."""

    def text(self, piece: str) -> None:
        """The next piece of the answer."""
        ...

    def usage(self, usage: Usage) -> None:
        """What the call used so far, as soon as it is known: charged if it breaks off or is cancelled."""
        ...


class Nobody:
    """A listener for who wants the whole alone."""

    def text(self, piece: str) -> None:
        """Unheard."""

    def usage(self, usage: Usage) -> None:
        """Unheard."""


OVERHEAD = 4
"""Tokens that a turn is besides its text."""


def _said(calls: Sequence[ToolCall]) -> list[str]:
    return [f"{call.name} {call.broken or json.dumps(dict(call.arguments))}" for call in calls]


class Provider(abc.ABC):
    """Subclass it in a plugin and name it as ``Plugin.provider``; it serves ``[providers.NAME]``.

    The host retries, keeps deadlines (by cancelling), budgets and accounts: a provider asks once and says what came of
    it. Whatever goes wrong outside is raised as one of the ``ModelError`` classes; anything else is a fault of its own.
    Import the SDK when it is first used, switch its own retries off, and let :meth:`close` close its connections.
    """

    name: ClassVar[str]
    settings: ClassVar[type]
    free: ClassVar[bool] = False
    """It costs nobody anything and needs no permission: its calls are accounted and never limited."""

    own = Catalog()
    """The operator's models.toml; given by the host."""

    def __init__(self, host: Any, config: Any) -> None:
        self.host = host
        self.config = config

    @abc.abstractmethod
    async def complete(self, prompt: Prompt) -> Completion:
        """Answer a prompt. Raises ``ModelError``."""

    async def stream(self, prompt: Prompt, hear: Listener) -> Completion:
        """Answer a prompt in pieces as they come; returns the whole. Raises ``ModelError``.

        Cancelled, it ends the request at once, so that no more is generated.
        """
        completion = await self.complete(prompt)
        hear.usage(completion.usage)
        hear.text(completion.text)
        return completion

    async def embed(self, texts: Sequence[str], model: str) -> Embedded:
        """Vectors of texts. Raises ``ModelError``."""
        raise ModelError(f"{self.name} makes no embeddings", remedy="name a model of another provider for them")

    async def models(self) -> Sequence[str]:
        """The names of the models that can be asked now. Raises ``ModelError``."""
        return ()

    def model(self, name: str) -> Model:
        """What this package knows of a model: its window, its prices."""
        return Model(name)

    def facts(self, name: str) -> Model:
        """What is known of a model: what its operator wrote down goes before what :meth:`model` says."""
        return self.own.over(self.model(name), f"{self.name}:{name}", name)

    def count(self, text: str) -> int:
        """How many tokens a text is, estimated from above where the provider cannot say exactly. Takes no time."""
        return (len(text) if text.isascii() else len(text.encode(errors="replace"))) // 3 + 1

    def estimate(self, prompt: Prompt) -> int:
        """How many input tokens a prompt is, estimated from above: its turns, tools and schema. Takes no time."""
        count, texts = self.count, [text for turn in prompt.turns if turn.calls for text in _said(turn.calls)]
        texts += [json.dumps([tool.name, tool.description, dict(tool.parameters)]) for tool in prompt.tools]
        if prompt.schema is not None:
            texts.append(json.dumps(dict(prompt.schema)))
        return OVERHEAD * len(prompt.turns) + sum(map(count, [*(turn.text for turn in prompt.turns), *texts]))

    async def measure(self, prompt: Prompt) -> int:
        """How many input tokens a prompt is, asked of the provider where it can say exactly. Raises ``ModelError``."""
        return self.estimate(prompt)

    async def health(self) -> list[Check]:
        """How it is, for ``butler doctor``: whether it answers, and how many models there are."""
        try:
            names = await self.models()
        except ModelError as error:
            return [Check(f"provider {self.name}", "fail", str(error.args[0]), error.remedy)]
        return [Check(f"provider {self.name}", "ok", f"answers, and has {len(names)} models")]

    async def close(self) -> None:
        """Let go of connections."""
