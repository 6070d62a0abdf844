"""What a plugin did wrong while the host awaited it."""

from __future__ import annotations

import uuid
from typing import Literal

from attrs import Factory, frozen

Kind = Literal["raised", "overstayed", "cancelled", "exited", "blocked", "wrong result", "quarantined"]


@frozen
class Fault:
    """One fault: whose, in which hook, where, and what it was. ``id`` is what people are told."""

    plugin: str
    hook: str
    guild: str
    kind: Kind
    error: str
    id: str = Factory(lambda: uuid.uuid4().hex[:8])


class Blocked(BaseException):
    """Raised inside a plugin that blocks the event loop. No ``Exception``, so that it is not caught by habit."""


class Abandoned(BaseException):
    """Raised where a plugin that swallowed every cancel comes back at last: its message went on without it."""


def kind_of(error: BaseException) -> Kind:
    """What an error that came out of a plugin says about it."""
    if isinstance(error, Blocked):
        return "blocked"
    return "raised" if isinstance(error, Exception) else "exited"
