"""What the server says of its models: what is in memory, how far a pull is."""

from __future__ import annotations

import datetime as dt

from attrs import frozen


@frozen
class InMemory:
    """A model that is loaded."""

    name: str
    size: int
    """Bytes, all in all."""
    vram: int
    """Of these, bytes on a graphics card."""
    until: dt.datetime | None
    """When it leaves memory if nobody uses it."""


@frozen
class Progress:
    """A step of a pull."""

    status: str
    completed: int = 0
    """Bytes of this part that are there."""
    total: int = 0
    """Bytes of this part; 0 where that is not said."""
