"""What a guild can settle about joining in."""

from __future__ import annotations

import datetime as dt

import attrs


@attrs.frozen(slots=False)
class InterjectingSettings:
    """Joining in unasked."""

    interject: bool = False
    """Whether TheButler may join in by itself."""
    interject_cooldown: dt.timedelta = dt.timedelta(minutes=30)
    """It joins in once in so long a time at most; less often where nobody answers."""
    hush_after: dt.timedelta = dt.timedelta(minutes=10)
    """What nobody has answered for so long is answered by nobody."""
