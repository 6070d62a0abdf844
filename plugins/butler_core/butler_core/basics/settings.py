"""What a guild can settle about the basics."""

from __future__ import annotations

import attrs


@attrs.frozen(slots=False)
class BasicsSettings:
    """Custom commands and reminders."""

    custom_commands_most: int = attrs.field(default=100, validator=attrs.validators.in_(range(1001)))
    """How many commands of its own a guild may have."""
    reminders_most: int = attrs.field(default=25, validator=attrs.validators.in_(range(1001)))
    """How many reminders one person may have waiting."""
