"""The section ``[providers.openai]``: which server, with which key, in which form it is asked."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from attrs import field, frozen
from butler import ModelMisconfigured, secret

ADDRESS = "https://api.openai.com/v1"
"""OpenAI's own."""
TEXT = "text"
"""The feature of models that go on with a text."""


def _address(settings: object, attribute: Any, value: str) -> None:
    if value and not value.startswith(("http://", "https://")):
        raise ValueError("expected an address such as http://127.0.0.1:8000/v1")


@frozen
class Settings:
    """What ``[providers.openai]`` may hold. Durations are seconds."""

    base_url: str = field(default="", validator=_address)
    """Another server that speaks the protocol, ``http://127.0.0.1:8000/v1``; empty: OpenAI's own."""
    key: str = secret()
    """``env:OPENAI_API_KEY``; other servers may need none."""
    organization: str = ""
    """Whom it is charged to, for keys that belong to several."""
    project: str = ""
    """The same, within an organization."""
    api: Literal["auto", "responses", "chat", "text"] = "auto"
    """How models are asked. ``auto``: Responses at OpenAI, Chat Completions elsewhere, text for ``text_models``."""
    text_models: tuple[str, ...] = ()
    """Models that go on with a text instead of answering in a chat; a star at the end of a name stands for anything."""
    template: Literal["plain", "chatml", "open-assistant"] = "plain"
    """How a conversation is written down for these."""
    effort: Literal["", "none", "minimal", "low", "medium", "high", "xhigh", "max"] = "low"
    """How long models think that think before they answer; empty: as the model does by itself."""
    gateway: bool = False
    """``base_url`` leads to OpenAI all the same: everything that only OpenAI has is used."""
    merge_turns: bool = False
    """For servers whose chat templates take one system message, at the beginning, and then strict alternation."""
    usage_of_pieces: bool = False
    """Ask for the usage with every piece (vLLM has that): what a broken-off answer cost is known exactly then."""
    store: bool = False
    """Whether OpenAI may keep what was asked and answered for its own logs."""
    connect_timeout: float = 10.0
    """How long connecting may take."""
    silence: float = 120.0
    """How long the server may say nothing in the middle of an answer."""

    @property
    def address(self) -> str:
        """Where requests go."""
        return (self.base_url or ADDRESS).rstrip("/")

    @property
    def official(self) -> bool:
        """Whether that is OpenAI's own."""
        return self.address == ADDRESS

    @property
    def full(self) -> bool:
        """Whether the server has all that OpenAI has, and its prices."""
        return self.official or self.gateway

    def check(self) -> None:
        """Raises ``ModelMisconfigured`` where OpenAI itself is to be asked without a key."""
        if self.official and not self.key:
            raise ModelMisconfigured(
                "there is no key for OpenAI",
                remedy='`butler keys set openai`; it belongs to key = "env:OPENAI_API_KEY" under [providers.openai]',
            )

    def is_text(self, model: str, features: Collection[str] = ()) -> bool:
        """Whether a model goes on with a text."""
        return (
            self.api == "text"
            or TEXT in features
            or any(model == name or (name.endswith("*") and model.startswith(name[:-1])) for name in self.text_models)
        )
