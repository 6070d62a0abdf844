"""What a guild can settle about links."""

from __future__ import annotations

from typing import Literal

import attrs


@attrs.frozen(slots=False)
class LinksSettings:
    """Links for later."""

    links_later: Literal["repost", "move", "off"] = "repost"
    """What becomes of a link that people like: it is said again in the channel for that, or moved there."""
    links_channel: str = ""
    """The channel's id; else the one called links-for-later, where there is one."""
    links_reactions: int = attrs.field(default=2, validator=attrs.validators.in_(range(1, 101)))
    """More reactions than this, and a link is liked."""
    links_most: int = attrs.field(default=20_000, validator=attrs.validators.in_(range(1, 1_000_001)))
    """So many links and images of a guild are kept; the oldest go."""
