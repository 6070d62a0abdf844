"""Where conversations ended. The functions run in the store."""

from __future__ import annotations

from typing import Any

import peewee

from butler_core.kept import Kept


class Ended(Kept):
    """The last conversation of a channel that somebody ended; silence ends them too, and is not kept here."""

    channel = peewee.TextField(primary_key=True)
    seq = peewee.BigIntegerField()
    """The journal's number of the last message that belongs to it."""
    by = peewee.TextField(index=True)


def end(channel: str, seq: int, by: str) -> None:
    """It ended with this message; an earlier end changes nothing."""
    if not Ended.update(seq=seq, by=by).where(Ended.channel == channel, Ended.seq < seq).execute():
        Ended.insert(channel=channel, seq=seq, by=by).on_conflict_ignore().execute()


def ended(channel: str) -> int:
    """The number of the last message of the conversation that ended last; 0 if none did."""
    return int(Ended.select(Ended.seq).where(Ended.channel == channel).scalar() or 0)


def by_person(person: str) -> list[dict[str, Any]]:
    """What somebody ended."""
    rows: Any = Ended.select(Ended.channel, Ended.seq).where(Ended.by == person)
    return list(rows.dicts())


def forget(person: str, replacement: str) -> int:
    """The ends stay, who made them is forgotten."""
    return int(Ended.update(by=replacement).where(Ended.by == person).execute())
