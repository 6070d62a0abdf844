"""Messages, edits, reactions, votes, typing: what is said, as the host knows it (PLAT-1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from butler_discord import said
from butler_discord.ids import ours
from butler_discord.pieces import Happened, Pieces

JSON = dict[str, Any]
Teller = Callable[[str, JSON], list[Happened]]
"""The name of an event and what Discord says, to what the host is told."""

POLL_RESULT = 46
"""The kind of the message with which Discord says how a poll ended."""


class Talk:
    """Understands what is said."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._guilds = pieces.guilds
        self.tellers: Mapping[str, Teller] = {
            "MESSAGE_CREATE": self._said,
            "MESSAGE_UPDATE": self._edited,
            "MESSAGE_DELETE": self._deleted,
            "MESSAGE_DELETE_BULK": self._deleted_many,
            "MESSAGE_REACTION_ADD": self._reacted,
            "MESSAGE_REACTION_REMOVE": self._reacted,
            "MESSAGE_POLL_VOTE_ADD": self._voted,
            "MESSAGE_POLL_VOTE_REMOVE": self._voted,
            "TYPING_START": self._types,
        }

    def _said(self, name: str, raw: JSON) -> list[Happened]:
        channel = self._pieces.channel(raw)
        if raw.get("type") == POLL_RESULT:
            return self._poll_ended(raw)
        if channel is None or raw.get("type", 0) not in said.SPOKEN:
            return []
        author = said.author(raw, self._guilds, self._pieces.known(raw))
        if channel.dm:
            channel = self._pieces.directs.channel(channel, author)
        made = said.message(raw, channel, author)
        return [self._pieces.directs.meant(made) if channel.dm else made]

    def _poll_ended(self, raw: JSON) -> list[Happened]:
        poll = (raw.get("message_reference") or {}).get("message_id")
        if not poll:
            return []
        return self._pieces.event("poll_ended", raw, id=f"{ours(poll)}:ended", target=ours(poll))

    def _edited(self, name: str, raw: JSON) -> list[Happened]:
        """Only what somebody wrote anew; embeds that Discord adds are no edits."""
        if not raw.get("edited_timestamp") or "content" not in raw or not raw.get("author"):
            return []
        person = said.author(raw, self._guilds, self._pieces.known(raw))
        at = dt.datetime.fromisoformat(raw["edited_timestamp"])
        identifier = f"{ours(raw['id'])}:{int(at.timestamp() * 1000)}"
        mentions = [ours(user["id"]) for user in raw.get("mentions", ())]
        return self._pieces.event(
            "edit", raw, id=identifier, person=person, target=ours(raw["id"]), text=raw["content"], at=at,
            mentions=mentions,
        )  # fmt: skip

    def _deleted(self, name: str, raw: JSON) -> list[Happened]:
        return self._pieces.event("deletion", raw, id=f"{ours(raw['id'])}:deleted", target=ours(raw["id"]))

    def _deleted_many(self, name: str, raw: JSON) -> list[Happened]:
        found: list[Happened] = []
        for identifier in raw["ids"]:
            found += self._deleted(name, {**raw, "id": identifier})
        return found

    def _reacted(self, name: str, raw: JSON) -> list[Happened]:
        person, target = self._pieces.person(raw), ours(raw["message_id"])
        if name.endswith("ADD"):
            return self._pieces.event("reaction_added", raw, id="", person=person, target=target, text=emoji_of(raw))
        return self._pieces.event("reaction_removed", raw, id="", person=person, target=target, text=emoji_of(raw))

    def _voted(self, name: str, raw: JSON) -> list[Happened]:
        added = name.endswith("ADD")
        return self._pieces.event(
            "poll_vote", raw, person=self._pieces.person(raw), target=ours(raw["message_id"]),
            text=str(raw["answer_id"]), added=added,
        )  # fmt: skip

    def _types(self, name: str, raw: JSON) -> list[Happened]:
        return self._pieces.event("typing", raw, person=self._pieces.person(raw))


def emoji_of(raw: JSON) -> str:
    """The emoji of a reaction: itself, or ``<:name:id>`` for one of a guild's own."""
    emoji = raw["emoji"]
    if not emoji.get("id"):
        return str(emoji["name"])
    return f"<{'a' if emoji.get('animated') else ''}:{emoji.get('name') or 'emoji'}:{emoji['id']}>"
