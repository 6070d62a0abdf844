"""What a language model's provider is: prompts in, completions and their usage out."""

from __future__ import annotations

import abc
from typing import Any, ClassVar, Literal

from attrs import frozen


@frozen
class Turn:
    """One entry of a conversation as a model sees it."""

    role: Literal["system", "user", "assistant"]
    text: str
    stable: bool = False
    """The same from call to call: a provider that caches prefixes may set a breakpoint behind it."""


@frozen
class Prompt:
    """What a model is asked: the conversation, the model's name (without the provider) and its limits."""

    turns: tuple[Turn, ...]
    model: str
    max_tokens: int = 1250
    temperature: float | None = None
    persona: str = ""
    key: str = ""
    """The same for each call of one conversation, for providers that route by it."""


@frozen
class Usage:
    """Tokens of one call: ``input`` without the ``cached`` ones, and ``output``."""

    input: int = 0
    output: int = 0
    cached: int = 0


@frozen
class Completion:
    """What a model said, what it used, and why it ended (``end``, ``length``, ``refusal``)."""

    text: str
    usage: Usage
    model: str
    stop: str = "end"


@frozen
class Model:
    """A model that a provider has: its name and its window in tokens."""

    name: str
    window: int


class Provider(abc.ABC):
    """Subclass it in a plugin and name it as ``Plugin.provider``; it serves ``[providers.NAME]``."""

    name: ClassVar[str]
    settings: ClassVar[type]

    def __init__(self, host: Any, config: Any) -> None:
        self.host = host
        self.config = config

    @abc.abstractmethod
    async def complete(self, prompt: Prompt) -> Completion:
        """Answer a prompt. Raises ``ModelError``."""

    def window(self, model: str) -> int:
        """How many tokens the model takes, answer included."""
        return 8192

    def count(self, text: str) -> int:
        """How many tokens a text is, estimated from above where the provider cannot say exactly."""
        return len(text.encode()) // 3 + 1

    async def close(self) -> None:
        """Let go of connections."""
