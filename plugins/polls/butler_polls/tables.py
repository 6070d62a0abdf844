"""What is kept: polls, what can be chosen, and one ballot of each person, which the store itself sees to.

The functions run in the store: give them to ``self.host.db.read``, ``write`` or ``defer``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

import peewee
from butler import Table

OPEN, CLOSED = "open", "closed"

Cast = Literal["counted", "changed", "same", "fixed", "closed"]
"""What became of a vote."""


class Poll(Table):
    """A question."""

    id = peewee.BigAutoField()
    key = peewee.TextField(unique=True)
    """What it was made for, so that it is made once."""
    guild = peewee.TextField()
    channel = peewee.TextField()
    author = peewee.TextField()
    question = peewee.TextField()
    options = peewee.TextField()
    """A JSON list."""
    terms = peewee.TextField()
    """What was settled, as JSON: see :class:`butler_polls.terms.Terms`."""
    state = peewee.TextField(default=OPEN)
    opened = peewee.DoubleField()
    """Seconds since 1970, as all times here."""
    ends = peewee.DoubleField(null=True)
    message = peewee.TextField(default="")
    """The message that shows it."""
    told = peewee.BooleanField(default=False)
    """Its result was said."""

    class Meta:
        indexes = ((("guild", "state"), False), (("message",), False))


class Ballot(Table):
    """What one person chose."""

    id = peewee.BigAutoField()
    poll = peewee.ForeignKeyField(Poll, on_delete="cascade")
    person = peewee.TextField()
    choices = peewee.TextField()
    """A JSON list of places, the best first."""
    weight = peewee.DoubleField(default=1.0)
    at = peewee.DoubleField()

    class Meta:
        indexes = ((("poll", "person"), True),)


def create(poll: Poll) -> Poll:
    """Keep a poll; the one that is there already if it was made for the same."""
    Poll.insert(poll.__data__).on_conflict_ignore().execute()
    return Poll.get(Poll.key == poll.key)


def get(poll: int) -> Poll | None:
    """One poll."""
    found: Poll | None = Poll.select().where(Poll.id == poll).first()
    return found


def find(guild: str, number: int) -> Poll | None:
    """A guild's poll by its number; 0: the newest."""
    rows = Poll.select().where(Poll.guild == guild)
    found: Poll | None = (rows.where(Poll.id == number) if number else rows.order_by(Poll.id.desc())).first()
    return found


def listed(guild: str, *, state: str = "", most: int = 50) -> list[Poll]:
    """A guild's polls, the newest first."""
    rows = Poll.select().where(Poll.guild == guild)
    return list((rows.where(Poll.state == state) if state else rows).order_by(Poll.id.desc()).limit(most))


def unfinished() -> list[Poll]:
    """Those that are open, and those whose result nobody was told."""
    return list(Poll.select().where((Poll.state == OPEN) | (Poll.told == False)))  # noqa: E712 - SQL


def shown(poll: int, message: str) -> None:
    """Which message shows it."""
    Poll.update(message=message).where(Poll.id == poll).execute()


def cast(poll: int, accounts: Sequence[str], choices: Sequence[int], weight: float, at: float, change: bool) -> Cast:
    """Somebody's vote, under the first of their accounts: one for all of them, and none after the end."""
    if not Poll.select().where(Poll.id == poll, Poll.state == OPEN, Poll.ends.is_null() | (Poll.ends > at)).exists():
        return "closed"
    kept = json.dumps(list(choices))
    mine = Ballot.get_or_none(Ballot.poll == poll, Ballot.person.in_(list(accounts)))
    if mine is None:
        Ballot.create(poll=poll, person=accounts[0], choices=kept, weight=weight, at=at)
        return "counted"
    if mine.choices == kept:
        return "same"
    if not change:
        return "fixed"
    Ballot.update(choices=kept, at=at).where(Ballot.id == mine.id).execute()
    return "changed"


def toggle(poll: int, accounts: Sequence[str], place: int, on: bool, most: int, weight: float, at: float) -> Cast:
    """One option more or less of what somebody chose; without any their vote is taken back."""
    mine = Ballot.get_or_none(Ballot.poll == poll, Ballot.person.in_(list(accounts)))
    has: list[int] = json.loads(mine.choices) if mine is not None else []
    others = [each for each in has if each != place]
    wanted = ([place] if most == 1 else [*others, place][:most]) if on else others
    if wanted or mine is None:
        return cast(poll, accounts, wanted, weight, at, True) if wanted else "same"
    if not Poll.select().where(Poll.id == poll, Poll.state == OPEN, Poll.ends.is_null() | (Poll.ends > at)).exists():
        return "closed"
    mine.delete_instance()
    return "changed"


def shown_in(message: str) -> Poll | None:
    """The open poll that a message shows."""
    found: Poll | None = Poll.select().where(Poll.message == message, Poll.state == OPEN).first()
    return found


def ballots(poll: int) -> list[Ballot]:
    """All votes, the earliest first."""
    return list(Ballot.select().where(Ballot.poll == poll).order_by(Ballot.id))


def close(poll: int, at: float) -> bool:
    """End it; whether it was open."""
    return bool(Poll.update(state=CLOSED, ends=at).where(Poll.id == poll, Poll.state == OPEN).execute())


def drop(poll: int) -> None:
    """Forget one that could not be shown to anybody."""
    Poll.delete().where(Poll.id == poll).execute()


def told(poll: int) -> None:
    """Its result was said."""
    Poll.update(told=True).where(Poll.id == poll).execute()


def of_person(person: str) -> dict[str, Any]:
    """What somebody asked and chose."""
    asked: Any = Poll.select(Poll.guild, Poll.question, Poll.opened).where(Poll.author == person)
    chose: Any = Ballot.select(Ballot.poll, Ballot.choices, Ballot.at).where(Ballot.person == person)
    return {"asked": list(asked.dicts()), "chose": list(chose.dicts())}


def forget(person: str, replacement: str) -> dict[str, int]:
    """Put another id in a person's place: the counts stay."""
    return {
        "polls_poll": Poll.update(author=replacement).where(Poll.author == person).execute(),
        "polls_ballot": Ballot.update(person=replacement).where(Ballot.person == person).execute(),
    }
