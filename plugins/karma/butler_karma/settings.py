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
    founder: str = ""
    """The id of the person with whom trust begins; empty: the guild's owners."""
    gamma: float = attrs.field(default=0.99, validator=[attrs.validators.ge(0), attrs.validators.lt(1)])
    """How much of the trust in a giver a stamp passes on."""
    roles_from: dict[str, int] = attrs.field(factory=dict)
    """Roles, by name or id, to the karma from which people have them; below it they lose them."""
    personas_know: bool = False
    """Whether personas are told what karma they have."""
