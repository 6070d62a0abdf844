"""Collects who talked with a persona, question by question; nothing of anybody who did not agree."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any

from attrs import define, field, frozen

from butler.store.codec import message_from
from butler.store.database import Database

IDLE = 1800.0
"""Seconds of silence after which what follows is another conversation."""
PAGE = 500
LIKES, DISLIKES = ("👍", "+1", "thumbsup"), ("👎", "-1", "thumbsdown")
"""How people rate a reply."""


@frozen
class Said:
    """One entry: a person's question, or a persona's reply with how people rated it (👍 less 👎)."""

    id: str
    parent: str
    text: str
    at: float
    reply: bool
    rating: int = 0


@define(eq=False)
class Session:
    """One conversation of a person with a persona in a channel."""

    persona: str
    person: str
    channel: str
    said: list[Said] = field(factory=list)


async def sessions(
    database: Database, agreed: Collection[str], rated_in: Collection[str], *, persona: str = "", guild: str = ""
) -> AsyncIterator[Session]:
    """Every conversation, oldest first. ``agreed``: the people of whom it may be; ``rated_in``: guilds with ratings.

    A reply belongs to the message that it answers. What was deleted or forgotten is not there.
    """
    running: dict[tuple[str, str, str], Session] = {}
    asked: dict[str, tuple[Any, str]] = {}
    async for message, where in _messages(database, guild):
        speaker = message.author.persona
        if not speaker:
            if not message.author.bot and message.author.id in agreed:
                asked[message.id] = (message, where)
            continue
        if message.reply_to not in asked or (persona and speaker != persona):
            continue
        question, _ = asked[message.reply_to]
        key = (message.channel.id, question.author.id, speaker)
        session = running.get(key)
        if session is None or question.at.timestamp() - session.said[-1].at > IDLE:
            if session is not None:
                yield session
            session = running[key] = Session(speaker, question.author.id, message.channel.id)
        rating = await _rating(database, message.id, agreed) if where in rated_in else 0
        _add(session, question, message, rating)
    for session in running.values():
        yield session


def _add(session: Session, question: Any, reply: Any, rating: int) -> None:
    if not any(each.id == question.id for each in session.said):
        parent = session.said[-1].id if session.said else ""
        session.said.append(Said(question.id, parent, question.text, question.at.timestamp(), reply=False))
    session.said.append(Said(reply.id, question.id, reply.text, reply.at.timestamp(), reply=True, rating=rating))


async def _messages(database: Database, guild: str) -> AsyncIterator[tuple[Any, str]]:
    after = 0
    while rows := await database.query(
        "select seq, text, body, guild from host_inbox where kind = 'message' and seq > ? and text <> '' "
        "and (? = '' or guild = ?) order by seq limit ?",
        (after, guild, guild, PAGE),
    ):
        for seq, text, body, where in rows:
            yield message_from(body, seq, text, None), where
        after = rows[-1][0]


async def _rating(database: Database, target: str, agreed: Collection[str]) -> int:
    """What those who agreed thought of a reply."""
    rows = await database.query("select person, emoji from host_reactions where target = ?", (target,))
    votes: Mapping[str, int] = {**dict.fromkeys(LIKES, 1), **dict.fromkeys(DISLIKES, -1)}
    return sum(votes.get(emoji, 0) for person, emoji in rows if person in agreed)
