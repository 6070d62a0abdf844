"""What the journal is given: rows of the outbox, and marks, the steps of a message that are committed whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen

from butler.model import Action

Unit = tuple[str, Callable[[], Any]]
"""A plugin's name and the write that it deferred."""


@frozen
class Out:
    """A row of the outbox: an action that will be done, with the key under which it is done once."""

    id: int
    key: str
    action: Action
    owner: str
    made: float
    turn: int = 0
    seq: int = 0
    not_before: float = 0.0
    named: bool = False
    """Its key was given by whoever asked, who may ask again."""
    hops: int = 0
    """Those of the message that it will be: see :attr:`butler.Message.hops`."""
    recovered: bool = False
    """It was read back after a start: the platform may know it already."""
    drafted: bool = False
    """Its row is there already, and what it was while it was made is shown."""
    shown: str = ""
    """The id of that, if it is known."""


@frozen
class Mark:
    """One step of one message, committed whole. What is not given stays as it is."""

    seq: int
    state: int | None = None
    units: Sequence[Unit] = ()
    outs: Sequence[Out] = ()
    opened: Sequence[tuple[int, str]] = ()
    """New turns: their number and whose they are."""
    turn: int = 0
    turn_state: str = ""
    answer: str | None = None
    record: tuple[str, str, float, Callable[[], str]] | None = None
    """The message's id and channel, the time, and what writes the record's JSON."""
    told: bool = False
    """An edit or a deletion of which the plugins were told: what the message was is dropped."""


@frozen
class Marked:
    """What came of a mark: the units that failed (their writes are gone, nobody else's)."""

    failed: tuple[tuple[str, Exception], ...] = ()
