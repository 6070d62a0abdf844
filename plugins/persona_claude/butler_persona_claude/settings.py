"""What a guild, a channel or a person can settle about characters."""

from __future__ import annotations

from typing import Any, Literal

import attrs
from butler import host_wide, limit


def _positive(instance: object, attribute: attrs.Attribute[Any], value: float) -> None:
    if value < 0:
        raise ValueError(f"{attribute.name} is {value}, expected 0 or more")


@attrs.frozen
class Settings:
    """``[plugins.persona_claude]``, below a guild's ``plugins``, and ``[settings.persona_claude]`` of a character."""

    folder: str = host_wide("")
    """Where the characters' files are; empty: in the host's data."""
    default_model: str = "anthropic:claude-haiku-5-5"
    """The model of characters that name none; where its provider is missing, TheButler's."""
    premium_model: str = "anthropic:claude-opus-5-5"
    """The better model, for people who were given it (`premium ID`)."""
    default_max_tokens: int = attrs.field(default=1250, validator=attrs.validators.ge(16))
    """The longest answer, in tokens."""
    default_temperature: float = attrs.field(default=1.0, validator=_positive)
    """How freely a model speaks, where it can be told."""
    enable_api_call_logging: bool = False
    """Whether the log names each question to a model."""
    lore_depth: int = attrs.field(default=4, validator=attrs.validators.ge(1))
    """How many messages are looked at for what a lorebook knows, where it does not say itself."""
    lore_budget: int = attrs.field(default=1500, validator=_positive)
    """Tokens for what a lorebook tells of them, where it does not say itself."""
    votes: bool = False
    """Whether characters that nobody named may join in, where a model finds that they fit."""
    voting_model: str = ""
    """A cheap model for these votes; empty: the character's own."""
    yes_no_vote_count: int = attrs.field(default=3, validator=[attrs.validators.ge(1), attrs.validators.le(9)])
    """So many votes are taken; the majority decides."""
    votes_per_hour: int = limit(30, validator=_positive)
    """How often an hour a channel may be voted on."""
    should_reply_timeout: float = attrs.field(default=10.0, validator=attrs.validators.gt(0))
    """Seconds that a vote may take; then it is silence."""
    address_by_model: bool = True
    """Whether a model is asked who is meant by "you two" or "both of you"."""
    reply_to_bots: bool = False
    """Whether a character answers machines that name it; the host's rules against loops hold in any case."""
    typing: bool = True
    """Whether an answer takes as long as typing it would."""
    typing_speed_cpm: float = attrs.field(default=300.0, validator=attrs.validators.gt(0))
    """Characters a minute."""
    min_typing_time: float = attrs.field(default=6.0, validator=_positive)
    """Seconds, at least."""
    max_typing_time: float = attrs.field(default=15.0, validator=_positive)
    """Seconds, at most."""
    typing_variance: float = attrs.field(default=0.2, validator=[_positive, attrs.validators.le(1)])
    """By what share it varies."""
    reroll_timeout_seconds: float = attrs.field(default=60.0, validator=attrs.validators.ge(5))
    """How long another answer can be taken or left."""
    adult_relationships: bool = False
    """Whether kinds for adults are allowed; the channel has to be age-restricted as well."""
    hypervisor: Literal["none", "model"] = "none"
    """`model`: a director orders the speakers of a scene and may end it."""
    hypervisor_model: str = ""
    """The director's model; empty: the voting model, else the first speaker's own."""
    log_channel: str = ""
    """The channel in which operators' commands are taken."""
