"""The section ``[providers.ollama]``: where the server is, how much its models read, how long they stay in memory."""

from __future__ import annotations

from typing import Any, Literal

import attrs
from attrs import frozen
from butler import secret


def _at_least(least: int) -> Any:
    def check(_: Any, __: Any, value: int) -> None:
        if value < least:
            raise ValueError(f"expected {least} or more, not {value}")

    return check


@frozen
class Settings:
    """What ``[providers.ollama]`` may hold."""

    base_url: str = "http://127.0.0.1:11434"
    """The server's address."""
    key: str = secret()
    """A bearer token, where a proxy in front of the server asks for one."""
    context: int = attrs.field(default=8192, validator=_at_least(1024))
    """Tokens that a model is loaded for, answer included. More take more memory."""
    contexts: dict[str, int] = attrs.field(factory=dict)
    """The same for models by name: ``{"llama3.2" = 32768}``."""
    keep_alive: str = "5m"
    """How long a model stays in memory after its last use: ``"10m"``, ``"0"`` for no longer, ``"-1"`` for ever."""
    max_loaded_models: int = attrs.field(default=1, validator=_at_least(0))
    """How many models for chat are in memory at once; the one used longest ago makes room. 0: as the server does it."""
    think: Literal["", "off", "on", "low", "medium", "high"] = ""
    """Whether models think before they answer, and how much; left out: as the model does by itself."""
    silence: float = 120.0
    """Seconds without a sign of life after which a request is given up; loading a big model takes its time."""
