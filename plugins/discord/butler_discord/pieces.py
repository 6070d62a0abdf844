"""What events are made of: where something happened, to whom, and an id where Discord gives none."""

from __future__ import annotations

import datetime as dt
import secrets
from itertools import count
from typing import Any

from butler import Channel, Clock, Event, Guild, Kind, Message, Person

from butler_discord.direct import Directs
from butler_discord.guilds import DMS, Guilds, channel_of
from butler_discord.known import Known

JSON = dict[str, Any]
Happened = Message | Event


class Pieces:
    """Makes events for one bot."""

    def __init__(self, guilds: Guilds, directs: Directs, clock: Clock) -> None:
        self.guilds = guilds
        self.directs = directs
        self._clock = clock
        self._tag = secrets.token_hex(4)
        self._numbers = count(1)

    def channel(self, raw: JSON) -> Channel | None:
        """Where something happened; ``None`` where that is not known (any more)."""
        identifier = int(raw["channel_id"])
        found = self.guilds.channel(identifier)
        if found is None and not raw.get("guild_id"):
            return channel_of({"id": identifier})
        return found

    def known(self, raw: JSON) -> Known | None:
        """The guild that an event is about."""
        return self.guilds.known.get(int(raw.get("guild_id") or 0))

    def guild(self, raw: JSON) -> Guild:
        """The same as the host knows it."""
        known = self.known(raw)
        return known.guild() if known else DMS

    def event(
        self,
        kind: Kind,
        raw: JSON,
        *,
        id: str | None = None,
        person: Person | None = None,
        target: str = "",
        text: str = "",
        at: dt.datetime | None = None,
        **data: Any,
    ) -> list[Happened]:
        """One event; without an ``id`` of Discord's it gets one of its own (``""``: its state decides)."""
        channel = self.channel(raw) if raw.get("channel_id") else None
        guild = channel.guild if channel else self.guild(raw)
        identifier = f"discord:e{self._tag}-{next(self._numbers)}" if id is None else id
        return [Event(identifier, kind, guild, at or self._clock.now(), channel, person, target, text, data)]

    def person(self, raw: JSON, member: JSON | None = None) -> Person | None:
        """Whom an event names, with what it tells of them."""
        known = self.known(raw)
        member = member or raw.get("member")
        user = (member or {}).get("user") or raw.get("user")
        if user:
            return self.guilds.person(user, member, known)
        identifier = raw.get("user_id")
        return self.guilds.somebody(int(identifier), known) if identifier else None

    def raw(self, name: str, raw: JSON) -> list[Happened]:
        """What has no name here: its own name and all that Discord says."""
        plain = {key: value for key, value in raw.items() if key not in {"token", "guild_id", "channel_id"}}
        where = {key: raw[key] for key in ("guild_id", "channel_id") if raw.get(key)}
        return [
            Event(each.id, "raw", each.guild, each.at, each.channel, None, "", name, plain)
            for each in self.event("raw", where)
            if isinstance(each, Event)
        ]
