"""What happens on Matrix, as the host's own messages and events (LUNA-3, PLAT-1)."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from typing import Any, Protocol

import structlog
from butler import Channel, Event, Kind, Message, NotReady, Person, PlatformError

from butler_luna_matrix import changes
from butler_luna_matrix.contents import answered, attachments, inner, relation_of, thread_root, when, words
from butler_luna_matrix.ids import ours
from butler_luna_matrix.rooms import Place, Rooms
from butler_luna_matrix.text import mentioned

log = structlog.get_logger("butler.luna_matrix")

JSON = dict[str, Any]
Happened = Message | Event

KEPT_SENDERS = 5000
"""Of so many events the sender is remembered, so that an edit can be checked without asking the homeserver."""

_POLL_ANSWERS = {"m.poll.response", "org.matrix.msc3381.poll.response"}


class Reactions(Protocol):
    """Who reacted with what: Matrix forgets it when the reaction is taken back."""

    async def add(self, event: str, target: str, person: str, emoji: str, at: dt.datetime) -> None:
        """Remember a reaction by its event."""

    async def take(self, event: str) -> tuple[str, str, str] | None:
        """Target, person and emoji of a reaction that was remembered; it may be forgotten once that is journaled."""


def _as_it_came(room: str, raw: JSON) -> JSON:
    return raw


class Incoming:
    """Turns raw events of rooms into the host's. ``own`` are the accounts of this host."""

    def __init__(
        self,
        rooms: Rooms,
        reactions: Reactions,
        own: Container[str],
        sender_of: Callable[[str, str], Awaitable[str]],
        opened: Callable[[str, JSON], JSON] = _as_it_came,
        remedy: str = "use a room without encryption",
    ) -> None:
        """``opened`` decrypts an event where that is possible; ``remedy`` is said where it is not."""
        self._opened = opened
        self._remedy = remedy
        self._rooms = rooms
        self._reactions = reactions
        self._own = own
        self._sender_of = sender_of
        self._senders: OrderedDict[str, str] = OrderedDict()
        self._unreadable: set[str] = set()

    async def happened(self, room_id: str, raw: JSON) -> list[Happened]:
        """What the host should know of one event, in order; nothing for what is its own doing.

        Raises ``NotReady`` when the homeserver has to be asked something and does not answer.
        """
        raw = self._opened(room_id, raw)
        kind, content, sender, event_id = raw["type"], raw["content"], raw.get("sender"), raw.get("event_id")
        if not (isinstance(sender, str) and isinstance(event_id, str)):
            return []
        place = await self._rooms.place(room_id)
        if isinstance(raw.get("state_key"), str):
            return self._state(place, raw)
        if "redacted_because" in inner(raw, "unsigned"):
            return []  # gone before we saw it
        self._remember(event_id, sender)
        if kind == "m.room.redaction":
            return await self._redaction(place, raw)
        if sender in self._own:
            return []
        return await self._said(place, raw, kind, content)

    async def typing(self, room_id: str, users: Iterable[str], now: dt.datetime) -> list[Event]:
        """One event for each of these who began to type."""
        others = [user for user in users if user not in self._own]
        place = await self._rooms.place(room_id) if others else None
        return [
            Event("", "typing", place.channel.guild, now, place.channel, self._rooms.person(place, user))
            for user in others
            if place is not None
        ]

    async def recall(self, room_id: str, raw: JSON) -> Message | None:
        """A message out of the room's history, our own included; ``None`` for what is no message."""
        raw = self._opened(room_id, raw)
        content = raw["content"]
        if raw["type"] not in {"m.room.message", "m.sticker"} or not content:  # nothing is left of what was redacted
            return None
        if relation_of(content).get("rel_type") == "m.replace":
            return None
        *_, message = self._message(await self._rooms.place(room_id), raw, content)
        return message if isinstance(message, Message) else None

    async def _said(self, place: Place, raw: JSON, kind: str, content: JSON) -> list[Happened]:
        relation = relation_of(content)
        if kind in {"m.room.message", "m.sticker"}:
            if relation.get("rel_type") == "m.replace":
                return await self._edit(place, raw, content, relation)
            return self._message(place, raw, content)
        if kind == "m.reaction":
            return await self._reaction(place, raw, relation)
        if kind in _POLL_ANSWERS:
            target = str(relation.get("event_id", ""))
            return [self._event(place, raw, "poll_vote", target=target, data={"content": content})]
        if kind == "m.room.encrypted":
            self._cannot_read(place)
        return [self._event(place, raw, "raw", data={"type": kind, "content": content})]

    def _message(self, place: Place, raw: JSON, content: JSON) -> list[Happened]:
        relation = relation_of(content)
        root, reply_to = thread_root(relation), answered(relation)
        channel = place.thread(root) if root else place.channel
        person = self._rooms.person(place, raw["sender"], machine=content.get("msgtype") == "m.notice")
        message = Message(
            id=ours(raw["event_id"]),
            channel=channel,
            author=person,
            text=words(content, person.name, reply="m.in_reply_to" in relation),
            at=when(raw),
            reply_to=ours(reply_to) if reply_to else "",
            mentions=tuple(ours(user) for user in mentioned(content)),
            attachments=attachments(raw.get("type"), content),
        )
        return [self._thread(place, raw, channel, root), message] if root else [message]

    def _thread(self, place: Place, raw: JSON, channel: Channel, root: str) -> Event:
        """A thread begins; the host drops all but the first by its id."""
        begun = self._event(place, raw, "thread", target=ours(root))
        return Event(f"{channel.id}#thread", "thread", begun.guild, begun.at, channel, begun.person, begun.target)

    async def _edit(self, place: Place, raw: JSON, content: JSON, relation: JSON) -> list[Happened]:
        """Only the author may edit; homeservers pass on everybody's."""
        target, new = relation.get("event_id"), content.get("m.new_content")
        if not isinstance(target, str) or not isinstance(new, dict):
            return []
        if await self._author(place.room.id, target) != raw["sender"]:
            return []
        person = self._rooms.person(place, raw["sender"])
        mentions = [ours(user) for user in mentioned(new)]
        data = {"mentions": mentions} if mentions else {}
        return [self._event(place, raw, "edit", target=target, text=words(new, person.name, reply=True), data=data)]

    async def _reaction(self, place: Place, raw: JSON, relation: JSON) -> list[Happened]:
        target, emoji = relation.get("event_id"), relation.get("key")
        if not isinstance(target, str) or not isinstance(emoji, str):
            return []
        event = self._event(place, raw, "reaction_added", target=target, text=emoji)
        await self._reactions.add(event.id, event.target, ours(raw["sender"]), emoji, event.at)
        return [event]

    async def _redaction(self, place: Place, raw: JSON) -> list[Happened]:
        target = raw.get("redacts") or raw["content"].get("redacts")
        if not isinstance(target, str):
            return []
        reason = raw["content"].get("reason")
        data = {"reason": reason} if isinstance(reason, str) else {}
        reaction = await self._reactions.take(ours(target))
        if reaction is None:
            return [self._event(place, raw, "deletion", target=target, data=data)]
        message, who, emoji = reaction
        taken = self._event(place, raw, "reaction_removed", target=message, text=emoji, data=data)
        person = self._rooms.person(place, who.removeprefix("matrix:"))
        return [Event(taken.id, taken.kind, taken.guild, taken.at, taken.channel, person, taken.target, emoji, data)]

    def _state(self, place: Place, raw: JSON) -> list[Happened]:
        change = changes.of(place.room, raw)
        place.room.apply(raw)
        if change is None:
            return []
        about = self._rooms.person(place, change.user or raw["sender"])
        return [
            self._event(place, raw, change.kind, target=change.target, text=change.text, data=change.data, person=about)
        ]

    def _event(
        self,
        place: Place,
        raw: JSON,
        kind: Kind,
        *,
        target: str = "",
        text: str = "",
        data: Mapping[str, Any] | None = None,
        person: Person | None = None,
    ) -> Event:
        person = person or self._rooms.person(place, raw["sender"])
        where = ours(target) if target and not target.startswith("matrix:") else target
        return Event(
            ours(raw["event_id"]), kind, place.channel.guild, when(raw), place.channel, person, where, text, data or {}
        )

    def _remember(self, event_id: str, sender: str) -> None:
        self._senders[event_id] = sender
        if len(self._senders) > KEPT_SENDERS:
            self._senders.popitem(last=False)

    async def _author(self, room_id: str, event_id: str) -> str:
        known = self._senders.get(event_id)
        return known if known is not None else await self._sender_of(room_id, event_id)

    def _cannot_read(self, place: Place) -> None:
        """One notice to the operator for each room (LUNA-4)."""
        if place.room.id not in self._unreadable:
            self._unreadable.add(place.room.id)
            log.warning(
                "messages in an encrypted room cannot be read",
                room=place.room.id,
                name=place.channel.name,
                remedy=self._remedy,
            )


async def asked_sender(ask: Callable[..., Awaitable[Any]], room_id: str, event_id: str) -> str:
    """Who sent an event, from the homeserver; ``""`` where it is not to be seen. Raises ``NotReady``."""
    try:
        return str((await ask("GET", "rooms", room_id, "event", event_id)).get("sender", ""))
    except NotReady:
        raise
    except PlatformError:
        return ""
