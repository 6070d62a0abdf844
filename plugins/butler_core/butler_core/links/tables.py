"""Every link and image of a guild, once. The functions run in the store."""

from __future__ import annotations

from typing import Any

import peewee

from butler_core.kept import Kept


class Link(Kept):
    """An address, and who said it first where."""

    id = peewee.BigAutoField()
    guild = peewee.TextField()
    key = peewee.TextField()
    address = peewee.TextField()
    picture = peewee.BooleanField()
    person = peewee.TextField()
    channel = peewee.TextField()
    message = peewee.TextField()
    text = peewee.TextField()
    """What was said with it."""
    at = peewee.DoubleField()
    times = peewee.IntegerField(default=1)

    class Meta:
        indexes = ((("guild", "key"), True), (("guild", "picture", "at"), False), (("message",), False))


class Liked(Kept):
    """Who has which reaction on a message with a link."""

    message = peewee.TextField()
    person = peewee.TextField()
    emoji = peewee.TextField()

    class Meta:
        primary_key = peewee.CompositeKey("message", "person", "emoji")


class Reposted(Kept):
    """A message that was reposted: once is enough."""

    message = peewee.TextField(primary_key=True)
    guild = peewee.TextField()


def collect(most: int, **fields: Any) -> None:
    """Keep a link; one that is there already is counted."""
    row = Link.insert(**fields)
    row.on_conflict(conflict_target=[Link.guild, Link.key], update={Link.times: Link.times + 1}).execute()
    old = Link.select(Link.id).where(Link.guild == fields["guild"]).order_by(Link.id.desc()).offset(most).limit(1)
    if (last := old.scalar()) is not None:
        Link.delete().where(Link.guild == fields["guild"], Link.id <= last).execute()


def found(guild: str, query: str, *, pictures: bool, most: int = 200) -> list[Link]:
    """The links (or images) of a guild that fit, the newest first."""
    rows = Link.select().where(Link.guild == guild, Link.picture == pictures)
    for word in query.split()[:8]:
        rows = rows.where(Link.address.contains(word) | Link.text.contains(word))
    return [*rows.order_by(Link.at.desc(), Link.id.desc()).limit(most)]


def like(message: str, person: str, emoji: str) -> None:
    """Somebody reacted."""
    Liked.insert(message=message, person=person, emoji=emoji).on_conflict_ignore().execute()


def unlike(message: str, person: str, emoji: str) -> None:
    """They took it back."""
    Liked.delete().where(Liked.message == message, Liked.person == person, Liked.emoji == emoji).execute()


def likes(message: str, person: str, emoji: str) -> tuple[int, bool]:
    """How many reactions there are with this one, and whether the message was reposted."""
    there: Any = Liked.select(Liked.person, Liked.emoji).where(Liked.message == message)
    known = {*there.tuples(), (person, emoji)}
    return len(known), Reposted.select().where(Reposted.message == message).exists()


def reposted(message: str, guild: str) -> None:
    """It is reposted; who liked it is of no interest any more."""
    Reposted.insert(message=message, guild=guild).on_conflict_ignore().execute()
    Liked.delete().where(Liked.message == message).execute()


def gone(message: str) -> None:
    """A message was deleted: nobody is led to it."""
    Link.delete().where(Link.message == message).execute()
    Liked.delete().where(Liked.message == message).execute()


def of_person(person: str) -> list[dict[str, Any]]:
    """What somebody linked, and what they liked."""
    mine: Any = Link.select().where(Link.person == person).order_by(Link.id)
    likes: Any = Liked.select().where(Liked.person == person)
    return [*mine.dicts(), *likes.dicts()]


def forget(person: str) -> dict[str, int]:
    """All that goes."""
    links = Link.delete().where(Link.person == person).execute()
    likes = Liked.delete().where(Liked.person == person).execute()
    return {"butler_core_link": int(links), "butler_core_liked": int(likes)}
