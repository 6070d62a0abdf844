"""Who speaks and how it is decided: personas, votes, sections of a prompt."""

from __future__ import annotations

import enum
import zlib
from collections.abc import Mapping
from typing import Any, Literal

from attrs import field, frozen


@frozen
class Persona:
    """Who the host speaks as. A row and this object, no task of its own (HOST-15)."""

    name: str
    display: str = ""
    prompt: str = ""
    greeting: str = ""
    examples: tuple[tuple[str, str], ...] = ()
    """Pairs of what somebody says and what this persona answers."""
    model: tuple[str, ...] = ("offline",)
    """``provider:model``, the first is tried first (the fallback chain)."""
    handles: tuple[str, ...] = ()
    """Further names that it answers to, as whole words, in any case."""
    picture: str = ""
    colour: str = ""
    extends: str = ""
    accounts: Mapping[str, str] = field(factory=dict)
    """Platform name to the account id that this persona speaks through there."""
    channels: tuple[str, ...] = ()
    """Channel or guild ids where it lives; empty: everywhere where it has an account."""
    settings: Mapping[str, Any] = field(factory=dict)

    @property
    def label(self) -> str:
        return self.display or self.name


class Say(enum.Enum):
    """What a vote says (HOST-7)."""

    YES = "yes"
    NO = "no"
    VETO = "veto"


YES, NO, VETO = Say.YES, Say.NO, Say.VETO


@frozen
class Vote:
    """One opinion on whether a persona should reply. One VETO silences, else one YES speaks."""

    say: Say
    reason: str
    plugin: str = ""
    """Filled in by the host."""


@frozen
class Stop:
    """No later hook, command or persona sees the message; of a reply: it is not released."""

    reason: str


@frozen
class Refuse:
    """From ``on_spawn``: the persona must not come to life; the spawn is undone."""

    reason: str


@frozen
class Section:
    """A piece of a prompt, owned by the plugin that returns it (HOST-8)."""

    text: str
    role: Literal["system", "user", "assistant"] = "system"
    priority: int = 50
    """When the window is tight the lowest goes first; 100 and above is never dropped."""
    stable: bool = False
    """Byte for byte the same from turn to turn: stands before history, where caches hit."""
    budget: int = 0
    """At most so many tokens (0: no limit of its own)."""
    short: str = ""
    """The shorter form, taken before the section is dropped."""
    covers: int = 0
    """History below this ``seq`` is covered by this section and may be left out."""
    whole: bool = False
    """All of history from ``covers`` on is wanted, as far as it fits, and not its last ``scanback`` messages alone: who
    says so summarises what grows too long."""
    owner: str = ""
    """Filled in by the host."""


@frozen
class Pace:
    """How fast somebody types; the time that thinking took counts as typing."""

    speed: float = 300.0
    """Characters a minute."""
    least: float = 6.0
    """Seconds."""
    most: float = 15.0
    variance: float = 0.2
    """By what share it varies from message to message."""

    def left(self, text: str, thought: float, message: str) -> float:
        """Seconds of typing that are left after so many seconds of thought; the same each time for a message."""
        chance = zlib.crc32(message.encode(errors="replace")) / 0xFFFFFFFF * 2 - 1
        whole = 60.0 * len(text) / self.speed * (1 + self.variance * chance)
        return max(0.0, min(self.most, max(self.least, whole)) - thought)


@frozen
class Use:
    """From ``build_prompt``: which model, how long, for this reply. ``None`` leaves it as it is."""

    model: str | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    footer: str = ""
    """A small line under the reply; see :attr:`Reply.footer`."""
    pace: Pace | None = None
    """The answer comes when typing it would have ended; not where it is shown while it is made."""

    def under(self, other: Use) -> Use:
        """Both: where each says something, the other one's word counts."""
        return Use(
            other.model or self.model,
            other.max_tokens or self.max_tokens,
            self.temperature if other.temperature is None else other.temperature,
            other.footer or self.footer,
            other.pace or self.pace,
        )
