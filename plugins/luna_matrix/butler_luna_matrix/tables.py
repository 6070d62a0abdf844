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
