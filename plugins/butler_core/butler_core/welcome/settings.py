"""What a guild can settle about its welcome."""

from __future__ import annotations

from typing import Any, Literal

import attrs

Way = Literal["channel", "thread", "dm", "off"]


def _ways(_: Any, __: Any, value: list[Way]) -> None:
    if "off" in value and len(value) > 1:
        raise ValueError('"off" stands alone: expected some of "dm", "channel" and "thread", or "off"')


def _channel(_: Any, __: Any, value: str) -> None:
    if value and ":" not in value:
        raise ValueError(f'expected a channel\'s id with its platform, such as "discord:1234", not "{value[:40]}"')


@attrs.frozen(slots=False)
class WelcomeSettings:
    """How, where and with what words."""

    welcome: list[Way] = attrs.field(factory=lambda: ["dm", "channel"], validator=_ways)
    """How new members are welcomed: ``dm``, ``channel``, ``thread``, several of them, or ``off``."""
    welcome_channel: str = attrs.field(default="", validator=_channel)
    """The id of the channel; without one it is the one called welcome, general, lobby or hall."""
    welcome_text: str = "Welcome to {guild}, {person}!"
    """What is said in the channel; ``{person}`` and ``{guild}`` are filled in."""
