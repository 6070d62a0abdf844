"""Discord's own polls through the API: made with a message, read, ended."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from butler_discord.testing.deeds import polls
from butler_discord.testing.errors import JSON, Refused, invalid, missing_permissions, required, too_long
from butler_discord.testing.rest.ask import Ask, Route
from butler_discord.testing.state.permissions import Permission
from butler_discord.testing.state.polls import Poll

P = Permission
MOST_ANSWERS = 10
LONGEST = 768
"""Hours."""


def poll(body: JSON, now: dt.datetime) -> Poll | None:
    """The poll that a body asks for. Raises ``Refused``."""
    given = body.get("poll")
    if not given:
        return None
    question = _text(given.get("question") or {}, "poll.question.text", 300)
    answers = given.get("answers") or []
    if not 1 <= len(answers) <= MOST_ANSWERS:
        raise invalid("poll.answers", "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {MOST_ANSWERS} in length.")
    made = [_answer(number, each["poll_media"]) for number, each in enumerate(answers, 1)]
    hours = int(given.get("duration") or 24)
    if not 1 <= hours <= LONGEST:
        raise invalid("poll.duration", "NUMBER_TYPE_MAX", f"int value should be between 1 and {LONGEST}.")
    return Poll(question, made, now + dt.timedelta(hours=hours), bool(given.get("allow_multiselect")))


def _text(media: JSON, path: str, most: int) -> str:
    text = media.get("text") or ""
    if not text:
        raise required(path)
    if len(text) > most:
        raise too_long(path, most)
    return str(text)


def _answer(number: int, media: JSON) -> JSON:
    shown: JSON = {"text": _text(media, f"poll.answers.{number - 1}.poll_media.text", 55)}
    if media.get("emoji"):
        shown["emoji"] = {"id": media["emoji"].get("id"), "name": media["emoji"].get("name")}
    return {"answer_id": number, "poll_media": shown}


def voters(ask: Ask) -> Any:
    """Who chose an answer."""
    message = ask.message(ask.channel(P.READ_MESSAGE_HISTORY))
    if message.poll is None:
        raise Refused(400, 520_006, "Cannot expire a non-poll message")
    after, limit = int(ask.query.get("after", 0)), int(ask.query.get("limit", 25))
    found = sorted(user for user in message.poll.votes.get(int(ask.params["answer"]), {}) if user > after)
    return {"users": [ask.world.users[user].json() for user in found[:limit]]}


def end(ask: Ask) -> Any:
    """End one's own poll."""
    message = ask.message(ask.channel())
    if message.poll is None:
        raise Refused(400, 520_006, "Cannot expire a non-poll message")
    if message.author is not ask.app.user:
        raise missing_permissions()
    if message.poll.final:
        raise Refused(400, 520_001, "Poll expired")
    polls.end(ask.world, message)
    return message.json(ask.app.id)


ROUTES: Final[tuple[Route, ...]] = (
    ("GET", "/channels/{channel}/polls/{message}/answers/{answer}", voters),
    ("POST", "/channels/{channel}/polls/{message}/expire", end),
)
