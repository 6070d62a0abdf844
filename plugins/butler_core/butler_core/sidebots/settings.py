"""What a guild can settle about side bots."""

from __future__ import annotations

import datetime as dt

import attrs
from butler import limit

NEVER = dt.timedelta(0)


def _positive(_: object, __: object, value: dt.timedelta) -> None:
    if value < dt.timedelta(seconds=1):
        raise ValueError("expected at least a second")


@attrs.frozen(slots=False)
class SideBotSettings:
    """Botpacalypse, and what breaks a silence."""

    botpacalypse_max_messages: int = limit(60, validator=attrs.validators.in_(range(1, 1001)))
    """After so many messages of personas it ends."""
    botpacalypse_max_minutes: int = limit(60, validator=attrs.validators.in_(range(1, 1441)))
    """The longest that it may be asked for."""
    botpacalypse_beat: dt.timedelta = attrs.field(default=dt.timedelta(seconds=6), validator=_positive)
    """How often it is looked who speaks next."""
    poke_after: dt.timedelta = NEVER
    """After so long a silence TheButler says something fitting to the last message, if a person wrote it; 0: never."""
