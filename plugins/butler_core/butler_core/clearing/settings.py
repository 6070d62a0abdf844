"""What a guild can settle about clearing channels."""

from __future__ import annotations

import attrs


@attrs.frozen(slots=False)
class ClearingSettings:
    """``/clearchat``."""

    clearchat_most: int = attrs.field(default=1000, validator=attrs.validators.in_(range(1, 5001)))
    """So many messages may be deleted at once."""
    clearchat_pace: float = attrs.field(default=1.0, validator=attrs.validators.ge(0.0))
    """Seconds that a message takes which is deleted by itself: for the estimate beforehand."""
