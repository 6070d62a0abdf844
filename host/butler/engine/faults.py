"""What a plugin did wrong while the host awaited it."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Callable
from typing import Literal, TypeVar

from attrs import Factory, frozen

from butler.errors import ButlerError

E = TypeVar("E", bound=BaseException)
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
    at: dt.datetime | None = None
    """When; filled in where faults are counted."""


class Blocked(BaseException):
    """Raised inside a plugin that blocks the event loop. No ``Exception``, so that it is not caught by habit."""


def kind_of(error: BaseException) -> Kind:
    """What an error that came out of a plugin says about it."""
    if isinstance(error, Blocked):
        return "blocked"
    if isinstance(error, asyncio.CancelledError):
        return "cancelled"
    return "raised" if isinstance(error, Exception) else "exited"


def cleaned(error: E, scrub: Callable[[str], str]) -> E:
    """An error whose texts, its remedy included, hold none of the secrets that ``scrub`` knows; the same object."""
    error.args = tuple(scrub(each) if isinstance(each, str) else each for each in error.args)
    if isinstance(error, ButlerError):
        error.remedy = scrub(error.remedy)
    return error


def told(error: BaseException) -> str:
    """An error in one line, for the log and the operator; never for a chat."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
