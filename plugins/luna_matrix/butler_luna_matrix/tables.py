"""What is kept: how far each account has listened, and which reaction was which."""

from __future__ import annotations

import peewee
from butler import Table


class Token(Table):
    """The sync token of an account: everything up to there is journaled."""

    account = peewee.TextField(primary_key=True)
    token = peewee.TextField()


class Reaction(Table):
    """A reaction by its event. When it is taken back Matrix names the event and nothing else."""

    event = peewee.TextField(primary_key=True)
    target = peewee.TextField()
    person = peewee.TextField(index=True)
    emoji = peewee.TextField()
    at = peewee.DoubleField(index=True)


class Life(Table):
    """A spawn or despawn that has begun and not ended: what was tried, before it was tried (LUNA-8)."""

    name = peewee.TextField(primary_key=True)
    what = peewee.TextField()
    """``spawn`` or ``despawn``."""
    user = peewee.TextField()
    room = peewee.TextField()
    key = peewee.TextField()
    """What the room that is made for it is found by."""
    begun = peewee.TextField()
    """The steps that were begun, in order, as a JSON list."""
    trouble = peewee.TextField()
    """What could not be undone or finished, and why."""


class Mark(Table):
    """The last event of a room that an application service took in."""

    account = peewee.TextField()
    room = peewee.TextField()
    event = peewee.TextField()

    class Meta:
        primary_key = peewee.CompositeKey("account", "room")
