"""What a guild can settle about its karma."""

from __future__ import annotations

import attrs


@attrs.frozen
class Settings:
    """``[plugins.karma]``, and below a guild's ``plugins``."""

    per_hour: int = attrs.field(default=10, validator=attrs.validators.ge(0))
    """How many votes one person has in an hour."""
    cooldown: float = attrs.field(default=60.0, validator=attrs.validators.ge(0))
    """Seconds until the same person may vote on the same one again."""
    bots: bool = False
    """Whether machines may be given karma."""
    emoji: str = "👍"
    """The reaction that gives a point."""
    emoji_take: str = "👎"
    """The reaction that takes a point; empty for none."""
