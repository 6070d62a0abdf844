"""What a guild can settle about counting."""

from __future__ import annotations

import attrs


@attrs.frozen(slots=False)
class CountingSettings:
    """``/top``, ``/me``, ``/serverstats``."""

    tally_days: int = attrs.field(default=400, validator=attrs.validators.in_(range(1, 4001)))
    """For so many days it is known who was how active."""
