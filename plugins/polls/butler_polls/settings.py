"""What a guild can settle about its polls."""

from __future__ import annotations

import datetime as dt

import attrs


@attrs.frozen
class Settings:
    """``[plugins.polls]``, and below a guild's ``plugins``."""

    native: bool = False
    """Whether the platform's own polls are used where they can do what is asked for, also where there are buttons."""
    charts: bool = True
    """Whether a result comes with a picture of it."""
    lasts: dt.timedelta = dt.timedelta(days=1)
    """How long a poll is open that says nothing of it; 0: until somebody closes it."""
    most_open: int = attrs.field(default=20, validator=attrs.validators.ge(1))
    """How many polls may be open in a guild at once."""
    refresh: float = attrs.field(default=5.0, validator=attrs.validators.ge(1))
    """Seconds between two updates of what a poll shows."""
