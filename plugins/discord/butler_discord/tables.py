"""What is kept: the guilds, webhooks, open interactions, private channels, and which commands are where."""

from __future__ import annotations

import peewee
from butler import Table


class Home(Table):
    """A guild that the bot is in, since when, and whether it answers there."""

    guild = peewee.TextField(primary_key=True)
    since = peewee.BigIntegerField()
    """What was said before this id is not looked at."""
    accepted = peewee.BooleanField()


class Hook(Table):
    """The webhook through which personas speak in a channel."""

    channel = peewee.BigIntegerField(primary_key=True)
    webhook = peewee.BigIntegerField()
    token = peewee.TextField()


class Asked(Table):
    """An interaction that can still be answered, for a quarter of an hour."""

    interaction = peewee.BigIntegerField(primary_key=True)
    token = peewee.TextField()
    kind = peewee.IntegerField()
    ephemeral = peewee.BooleanField()
    until = peewee.DoubleField(index=True)


class Draft(Table):
    """A further private answer that was begun: its empty message is there, its text may not be."""

    key = peewee.TextField(primary_key=True)
    interaction = peewee.BigIntegerField(index=True)
    message = peewee.BigIntegerField()


class Direct(Table):
    """Somebody's private channel with one of the bots."""

    channel = peewee.BigIntegerField(primary_key=True)
    person = peewee.TextField(index=True)
    bot = peewee.TextField()
    """The persona whose own bot it is, or ``""``."""
    persona = peewee.TextField()
    """Who speaks there; ``""``: the host's main persona."""


class Offered(Table):
    """Which commands a guild was given last, as a digest, so that a start asks for nothing that is there."""

    guild = peewee.TextField(primary_key=True)
    digest = peewee.TextField()
