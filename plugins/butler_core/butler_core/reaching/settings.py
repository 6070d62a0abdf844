"""What a guild can settle about check-ins."""

from __future__ import annotations

import datetime as dt

import attrs


@attrs.frozen(slots=False)
class ReachingSettings:
    """Asking people how they are."""

    checkins: bool = True
    """Whether those who have been silent are asked how they are."""
    checkin_after: dt.timedelta = dt.timedelta(hours=24)
    """After so long a silence somebody is asked."""
    checkin_longer_after: dt.timedelta = dt.timedelta(days=7)
    """After so long a silence the hello is a longer one."""
    checkin_until: dt.timedelta = dt.timedelta(days=60)
    """Who has been silent for longer is left in peace."""
