"""What is kept: memories, core memories, who lets theirs follow them, and what is still to be looked at."""

from __future__ import annotations

import peewee
from butler import JSONField, Table

CURRENT, SUPERSEDED, MERGED = "current", "superseded", "merged"
"""Of chapters: merged into a summary of summaries; they are still found."""


class Item(Table):
    """A memory of a persona: about whom, from which message, and who may see it."""

    id = peewee.BigAutoField()
    persona = peewee.TextField()
    kind = peewee.TextField()
    """``person``, ``event``, ``fact`` or ``conversation``."""
    about = peewee.TextField()
    """The id of a person, ``self`` for the persona, or ``name:NAME``."""
    name = peewee.TextField()
    """What that one is called."""
    text = peewee.TextField()
    slot = peewee.TextField()
    """What the memory says about them (``home``): a newer one takes its place; empty: it stands beside."""
    data = JSONField(default=dict)
    """The fields of its kind."""
    source = peewee.TextField()
    """The id of the message that it comes from."""
    seq = peewee.BigIntegerField()
    """The journal's number of that message."""
    by = peewee.TextField()
    """Whose message that was."""
    guild = peewee.TextField()
    channel = peewee.TextField()
    private = peewee.BooleanField()
    """It was said in a conversation of two."""
    at = peewee.DoubleField()
    importance = peewee.SmallIntegerField(default=3)
    state = peewee.TextField(default=CURRENT)
    successor = peewee.BigIntegerField(null=True)
    """The memory that took its place."""
    digest = peewee.TextField()
    """The same words have the same, so that nothing is kept twice."""

    class Meta:
        indexes = (
            (("persona", "source", "digest"), True),
            (("persona", "by", "state"), False),
            (("persona", "about", "slot"), False),
            (("source",), False),
            (("channel", "kind", "seq"), False),
        )


class Core(Table):
    """What is always in the prompt: of a persona, about a person, in a place."""

    id = peewee.BigAutoField()
    persona = peewee.TextField()
    person = peewee.TextField()
    place = peewee.TextField()
    """``dm``, or the id of a guild."""
    text = peewee.TextField()
    at = peewee.DoubleField()
    upto = peewee.BigIntegerField(default=0)
    """The last memory that went into it."""
    stale = peewee.BooleanField(default=False)
    """Something in it is no longer true: until it is written anew the memories themselves are shown."""

    class Meta:
        indexes = ((("persona", "person", "place"), True),)


class Work(Table):
    """Something said that is still to be looked at; gone in the transaction that keeps what came of it."""

    id = peewee.BigAutoField()
    kind = peewee.TextField()
    """``extract``, ``chapter`` or ``core``."""
    persona = peewee.TextField()
    person = peewee.TextField()
    channel = peewee.TextField()
    message = peewee.TextField()
    due = peewee.DoubleField()
    tries = peewee.IntegerField(default=0)

    class Meta:
        indexes = ((("kind", "persona", "person", "channel", "message"), True), (("due",), False))


class Follow(Table):
    """Whether what somebody said in private may be known elsewhere."""

    person = peewee.TextField(primary_key=True)
    allowed = peewee.BooleanField()
    at = peewee.DoubleField()
