"""Links are collected from what is said, and reactions on them are counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from butler import Action, Channel, Event, Guild, Message, Reply

from butler_core.feature import Feature
from butler_core.links import tables
from butler_core.links.addresses import LONGEST, is_picture, key_of
from butler_core.links.commands import LinksCommands
from butler_core.links.settings import LinksSettings

NAMES = ("links-for-later", "links_for_later", "links for later")
MOST_TEXT = 500


class Links(Feature):
    """Keeps what was linked."""

    settings = LinksSettings
    tables = (tables.Link, tables.Liked, tables.Reposted)
    person_columns: ClassVar[Mapping[str, Sequence[str]]] = {
        "butler_core_link": ("person",),
        "butler_core_liked": ("person",),
    }
    commands = LinksCommands

    async def on_message(self, message: Message) -> None:
        """Collect its links and images."""
        if message.author.bot or message.channel.dm or not (message.links or message.attachments):
            return
        if message.text.startswith(("/", "!")):
            return
        found = [(address, is_picture(address)) for address in message.links]
        found += [(each.url, True) for each in message.attachments if is_picture(each.url, each.mime) and each.url]
        most = self.settings_for(message).links_most
        for address, picture in found:
            fields = {
                "guild": message.guild.id, "key": key_of(address), "address": address[:LONGEST], "picture": picture,
                "person": message.author.id, "channel": message.channel.id, "message": message.id,
                "text": message.text[:MOST_TEXT], "at": message.at.timestamp(),
            }  # fmt: skip
            self.host.db.defer(partial(tables.collect, most, **fields))

    async def on_event(self, event: Event) -> None:
        """A link that people like is kept for later."""
        if event.kind == "deletion" and event.target:
            for each in (event.target, *event.data.get("messages", ())):
                self.host.db.defer(partial(tables.gone, each))
        if event.channel is None or event.channel.dm or event.person is None or event.person.bot:
            return
        if event.kind == "reaction_removed":
            self.host.db.defer(partial(tables.unlike, event.target, event.person.id, event.text))
        if event.kind == "reaction_added" and self.settings_for(event.channel).links_later != "off":
            message = await self.host.message(event.target)
            if message is not None and message.links and not message.author.bot:
                await self._liked(event, message)

    async def _liked(self, event: Event, message: Message) -> None:
        assert event.person is not None
        self.host.db.defer(partial(tables.like, message.id, event.person.id, event.text))
        settings = self.settings_for(message.channel)
        count, done = await self.host.db.read(partial(tables.likes, message.id, event.person.id, event.text))
        later = self.later(message.guild, settings.links_channel)
        if done or count <= settings.links_reactions or later is None or later.id == message.channel.id:
            return
        self.host.db.defer(partial(tables.reposted, message.id, message.guild.id))
        moved = settings.links_later == "move" and self.host.can("delete", message.channel)
        await self.host.push(later, self.reposted(message, moved=moved), f"link {message.id}")
        if moved:
            await self.host.act(Action("delete", message.channel.id, message.id), f"link moved {message.id}")

    def later(self, guild: Guild, identifier: str) -> Channel | None:
        """The channel for links that are kept for later."""
        there = [each for each in self.host.channels if each.guild.id == guild.id]
        if identifier:
            wanted = (identifier, f"{guild.platform}:{identifier}")
            return next((each for each in there if each.id in wanted), None)
        return next((each for each in there if each.name.lstrip("#").casefold() in NAMES), None)

    def reposted(self, message: Message, *, moved: bool) -> Reply:
        """Who posted it, what they said, and the way back to it."""
        where = f"#{message.channel.name.lstrip('#') or message.channel.id}"
        way = "moved from there" if moved else jump(message)
        return Reply(f"**{message.author.name}** in {where} ({way}):\n{message.text[:1500]}")

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """What somebody linked."""
        return {"links": await self.host.db.read(partial(tables.of_person, person))}

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """Their links go."""
        return await self.host.db.write(partial(tables.forget, person))


def jump(message: Message) -> str:
    """The address of a message on its platform; where there is none, its id."""
    guild, channel, identifier = (each.partition(":")[2] for each in (message.guild.id, message.channel.id, message.id))
    if message.channel.platform == "discord":
        return f"https://discord.com/channels/{guild}/{channel}/{identifier}"
    if message.channel.platform == "matrix":
        return f"https://matrix.to/#/{channel.partition('/')[0]}/{identifier}"
    return f"message {identifier}"
