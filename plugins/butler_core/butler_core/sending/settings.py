"""What a guild can settle about sending."""

from __future__ import annotations

import attrs


@attrs.frozen(slots=False)
class SendingSettings:
    """``/send`` and ``/schedule``."""

    scheduled_most: int = attrs.field(default=50, validator=attrs.validators.in_(range(1001)))
    """How many messages a guild may have planned."""
    send_most: int = attrs.field(default=200, validator=attrs.validators.in_(range(1, 10_001)))
    """How many people one message may go to."""
