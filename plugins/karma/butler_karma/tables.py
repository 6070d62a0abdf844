"""The ledger: every change of karma is a row, and what anybody has is the sum of their rows.

The functions run in the store: give them to ``self.host.db.read``, ``write`` or ``defer``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import peewee
from butler import Table
from peewee import fn

HOUR = 3600.0


class Entry(Table):
    """A point given or taken. No row is changed or deleted: what is taken back gets a row of its own."""

    id = peewee.BigAutoField()
    guild = peewee.TextField()
    giver = peewee.TextField()
    """The id of whoever gave or took."""
    target = peewee.TextField()
    """The id of a person, ``persona:NAME``, or ``thing:NAME``."""
    amount = peewee.SmallIntegerField()
    reason = peewee.TextField()
    cause = peewee.TextField()
    """The id of the message that said it; of a reaction its message and emoji."""
    seq = peewee.BigIntegerField(null=True)
    """The journal's number of what caused it, so that it counts once for each target."""
    at = peewee.DoubleField()
    """Seconds since 1970."""
    undoes = peewee.ForeignKeyField("self", null=True, unique=True)
    """The row that this one takes back."""

    class Meta:
        indexes = (
            (("seq", "target"), True),
            (("guild", "target"), False),
            (("guild", "giver", "at"), False),
        )


Ids = Sequence[str]
"""All accounts of one person, or the id of a thing or persona."""


def total(guild: str, target: Ids) -> int:
    """What somebody or something has."""
    has = Entry.select(fn.sum(Entry.amount)).where(Entry.guild == guild, Entry.target.in_(target)).scalar()
    return int(has or 0)


def sums(guild: str, since: float) -> list[tuple[str, int]]:
    """What everybody and everything has, counted from a time on."""
    has = fn.sum(Entry.amount)
    rows: Any = Entry.select(Entry.target, has).where(Entry.guild == guild, Entry.at >= since).group_by(Entry.target)
    return list(rows.tuples())


def judge(vote: Entry, givers: Ids, targets: Ids, per_hour: int, cooldown: float) -> tuple[str, float, int]:
    """Which limit a vote exceeds (``hour``, ``pair`` or ``""``), for how many seconds, and what its target has."""
    has = total(vote.guild, targets)
    mine: Any = Entry.select(Entry.at).where(Entry.guild == vote.guild, Entry.giver.in_(givers))
    mine = mine.where(Entry.undoes.is_null()).order_by(Entry.at.desc())
    recent = [at for (at,) in mine.where(Entry.at > vote.at - HOUR).limit(per_hour).tuples()]
    if len(recent) >= per_hour:
        return "hour", recent[-1] + HOUR - vote.at if recent else HOUR, has
    last = mine.where(Entry.target.in_(targets)).limit(1).scalar()
    if last is not None and last > vote.at - cooldown:
        return "pair", last + cooldown - vote.at, has
    return "", 0.0, has


def enter(vote: Entry, givers: Ids, targets: Ids, per_hour: int, cooldown: float) -> None:
    """Write a vote, once; the limits hold however many are judged at the same time."""
    limit, _, _ = judge(vote, givers, targets, per_hour, cooldown)
    if not limit:
        Entry.insert(vote.__data__).on_conflict_ignore().execute()


def standing(guild: str, *which: Any, most: int = 1) -> list[int]:
    """The newest votes of a guild that were not taken back, as row ids."""
    undone = Entry.select(Entry.undoes).where(Entry.undoes.is_null(False))
    rows = Entry.select(Entry.id).where(Entry.guild == guild, Entry.undoes.is_null(), Entry.id.not_in(undone), *which)
    return [row.id for row in rows.order_by(Entry.id.desc()).limit(max(0, most))]


def undo(votes: list[int], at: float) -> None:
    """Take votes back, each once."""
    for vote in Entry.select().where(Entry.id.in_(votes)):
        row = {**vote.__data__, "amount": -vote.amount, "at": at, "undoes": vote.id, "seq": None}
        del row["id"]
        Entry.insert(row).on_conflict_ignore().execute()


def reasons(guild: str, target: Ids, most: int = 10) -> list[Entry]:
    """The last votes with a reason."""
    found = standing(guild, Entry.target.in_(target), Entry.reason != "", most=most)
    return list(Entry.select().where(Entry.id.in_(found)).order_by(Entry.id.desc()))


def of_person(person: str) -> list[dict[str, Any]]:
    """Every row in which a person is named."""
    rows: Any = Entry.select().where((Entry.giver == person) | (Entry.target == person)).order_by(Entry.id)
    return list(rows.dicts())


def forget(person: str, replacement: str) -> int:
    """Put another id in a person's place; the sums stay, the words go."""
    rows = 0
    for column in (Entry.giver, Entry.target):
        change = {column.name: replacement, "reason": "", "cause": ""}
        rows += Entry.update(change).where(column == person).execute()
    return rows


def newest(guild: str, after: int) -> int:
    """The last row of a guild that came after another row; 0: none did."""
    found = Entry.select(fn.max(Entry.id)).where(Entry.guild == guild, Entry.id > after).scalar()
    return int(found or 0)


def stamps(guild: str, until: float) -> tuple[int, list[tuple[str, str, int]]]:
    """The newest row, and how many points each person has left with each other person, up to a time."""
    sum_ = fn.sum(Entry.amount)
    rows: Any = Entry.select(Entry.giver, Entry.target, sum_).where(Entry.guild == guild, Entry.at <= until)
    rows = rows.where(~Entry.target.startswith("thing:"), ~Entry.target.startswith("persona:"))
    rows = rows.group_by(Entry.giver, Entry.target).having(sum_ > 0).order_by(Entry.giver, Entry.target)
    return newest(guild, 0), [(giver, target, int(count)) for giver, target, count in rows.tuples().iterator()]


def total_at(guild: str, target: Ids, at: float) -> int:
    """What somebody or something had at a time."""
    has = fn.sum(Entry.amount)
    return int(Entry.select(has).where(Entry.guild == guild, Entry.target.in_(target), Entry.at <= at).scalar() or 0)


def history(guild: str, target: Ids) -> list[tuple[float, int]]:
    """Every change of what somebody or something has, with its time, oldest first."""
    rows: Any = Entry.select(Entry.at, Entry.amount).where(Entry.guild == guild, Entry.target.in_(target))
    return [(at, int(amount)) for at, amount in rows.order_by(Entry.at, Entry.id).tuples()]
