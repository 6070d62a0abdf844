"""What people do in a house: they talk, react, edit, delete, come and go."""

from __future__ import annotations

from typing import Any

from butler.model import Channel, Event, Kind, Message, Person, Rank
from butler.testing.world import Shown, World

Spoken = Message | Shown | str
"""Something said by anybody, or its id."""


class Deeds:
    """People by name in channels by name; each deed returns once the host has done all that follows from it."""

    def __init__(self, world: World) -> None:
        self.world = world

    def settle(self) -> None:
        """Let the host do what follows."""
        raise NotImplementedError

    # --- who and where --------------------------------------------------------------------------------

    def person(self, name: str, **fields: Any) -> Person:
        """Somebody, made when first named; ``fields`` (``bot=True``, ``roles=…``) hold from now on."""
        return self.world.person(name, **fields)

    def rank(self, name: str, rank: Rank) -> Person:
        """Give somebody a rank; the host sees it when they next do something."""
        return self.world.person(name, rank=rank)

    def channel(self, name: str = "hall", guild: str = "den", members: int | None = None) -> Channel:
        """A channel; with ``members=2`` the persona always answers, with more (five unless told) when named."""
        return self.world.channel(name, guild, members)

    # --- talking --------------------------------------------------------------------------------------

    def post(
        self,
        who: str,
        text: str,
        *,
        to: Channel | None = None,
        reply_to: Spoken = "",
        settle: bool = True,
        **fields: Any,
    ) -> Message:
        """Say something and return it as a message. ``settle=False``: the host has not seen it yet."""
        message = Message(
            id=self.world.number("m"),
            channel=to or self.channel(),
            author=self.person(who),
            text=text,
            at=self.world.clock.now(),
            reply_to=id_of(reply_to),
            **fields,
        )
        self.world.post(message)
        if settle:
            self.settle()
        return message

    def say(
        self,
        who: str,
        text: str,
        *,
        channel: str = "hall",
        guild: str = "den",
        members: int | None = None,
        **fields: Any,
    ) -> list[str]:
        """Say something in a channel; returns what is said there in answer, by whatever voice."""
        return self._heard(who, text, self.channel(channel, guild, members), fields)

    def dm(self, who: str, text: str, **fields: Any) -> list[str]:
        """Say something to the host alone; returns its answers."""
        return self._heard(who, text, self.world.dm(self.person(who)), fields)

    def command(self, who: str, line: str, **where: Any) -> list[str]:
        """Give a command: ``command("ann", "karma top")``; returns the answers."""
        return self.say(who, f"/{line}", **where)

    def _heard(self, who: str, text: str, channel: Channel, fields: dict[str, Any]) -> list[str]:
        before = len(self.world.shown)
        self.post(who, text, to=channel, **fields)
        return [shown.text for shown in self.world.shown[before:] if shown.channel == channel.id]

    @property
    def shown(self) -> list[Shown]:
        """All that the host said and did not delete, in order."""
        return [shown for shown in self.world.shown if not shown.deleted]

    # --- everything else ------------------------------------------------------------------------------

    def react(self, who: str, what: Spoken, emoji: str) -> None:
        """Put a reaction on something that was said."""
        self.happen("reaction_added", who, target=id_of(what), text=emoji, channel=self._where(what))

    def unreact(self, who: str, what: Spoken, emoji: str) -> None:
        """Take a reaction back."""
        self.happen("reaction_removed", who, target=id_of(what), text=emoji, channel=self._where(what))

    def edit(self, who: str, what: Spoken, text: str) -> None:
        """Change what was said."""
        self.happen("edit", who, id=self.world.number("e"), target=id_of(what), text=text, channel=self._where(what))

    def delete(self, who: str, what: Spoken) -> None:
        """Take back what was said."""
        self.happen("deletion", who, id=self.world.number("e"), target=id_of(what), channel=self._where(what))

    def join(self, who: str, *, guild: str = "den") -> Person:
        """Somebody joins a guild."""
        self.happen("member_joined", who, id=self.world.number("e"), channel=self.channel(guild=guild))
        return self.person(who)

    def leave(self, who: str, *, guild: str = "den") -> None:
        """Somebody leaves a guild."""
        self.happen("member_left", who, id=self.world.number("e"), channel=self.channel(guild=guild))

    def happen(self, kind: Kind, who: str, *, channel: Channel, id: str = "", **fields: Any) -> Event:
        """Anything that is no message; ``fields`` are those of :class:`butler.Event`."""
        at = self.world.clock.now()
        event = Event(id, kind, channel.guild, at, channel=channel, person=self.person(who), **fields)
        self.world.happens(event)
        self.settle()
        return event

    def _where(self, what: Spoken) -> Channel:
        identifier = id_of(what)
        for message in self.world.said:
            if message.id == identifier:
                return message.channel
        shown = self.world.by_id(identifier)
        if shown is None:
            raise LookupError(f"nobody said {identifier}")
        return self.world.at(shown.channel)


def id_of(what: Spoken) -> str:
    """The id of something that was said."""
    return what if isinstance(what, str) else what.id
