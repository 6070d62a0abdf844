"""What a guild can settle about conversations."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import attrs


@attrs.frozen(slots=False)
class ConversationSettings:
    """Where and how long."""

    converse_in: Literal["everywhere", "dm"] = "everywhere"
    """Where TheButler converses: in all channels that it can read, or in direct messages alone."""
    conversation_idle: dt.timedelta = dt.timedelta(minutes=30)
    """After so long a silence a conversation has ended: no model sees what was said before."""
