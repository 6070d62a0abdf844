"""Changes made at run time, written back into butler.toml with its comments and order (HOST-3)."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from attrs import frozen

Level = Literal["host", "persona", "guild", "channel", "person"]
LEVELS: tuple[Level, ...] = ("host", "persona", "guild", "channel", "person")
"""From far to near: the nearest wins."""
HOST = "host"
"""The name under which the host's own settings stand beside those of plugins."""
ENABLED = "enabled"


@frozen
class Change:
    """A setting that was changed at run time; ``key`` ``enabled`` switches the plugin."""

    level: Level
    place: str
    """The id of the persona, guild, channel or person; ``""`` at the host's level."""
    plugin: str
    key: str
    value: Any
    who: str
    at: float
    """Seconds since 1970."""

    @property
    def source(self) -> str:
        """``guild discord:1234 by ann at 2026-07-01 12:00``."""
        time = dt.datetime.fromtimestamp(self.at, dt.UTC).strftime("%Y-%m-%d %H:%M")
        return f"{self.level} {self.place}".strip() + f" by {self.who} at {time}"
