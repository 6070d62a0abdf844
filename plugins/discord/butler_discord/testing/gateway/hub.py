"""Who is told what: an event goes to the sessions that may know of it, with what they may know."""

from __future__ import annotations

import json
from collections.abc import Iterator

from butler_discord.testing.gateway.codes import Intent, needed
from butler_discord.testing.gateway.session import Session
from butler_discord.testing.gateway.starts import NewDms, Starts
from butler_discord.testing.rest.limits import Limits
from butler_discord.testing.state.messages import Message, event_json
from butler_discord.testing.state.permissions import Permission, in_channel
from butler_discord.testing.state.users import App
from butler_discord.testing.world import Event, World


class Hub:
    """The sessions of all bots."""

    def __init__(self, world: World, limits: Limits) -> None:
        self.world = world
        self.limits = limits
        self.starts = Starts(world, limits)
        self.dms = NewDms(world, limits)
        self.sessions: dict[str, Session] = {}
        self.url = ""
        """The gateway's address."""
        self.shards = 1
        """As many as it recommends."""
        world.listeners.append(self.take)

    def of(self, app: App | None = None) -> Iterator[Session]:
        """The sessions of a bot, or all."""
        for session in list(self.sessions.values()):
            if app is None or session.app is app:
                yield session

    def take(self, event: Event) -> None:
        """Tell everybody who may know."""
        if event.person is not None:
            return
        self._forget_the_late()
        texts: dict[bool, str] = {}
        need = needed(event.name, direct=event.guild is None)
        for session in self.sessions.values():
            if not self._may_know(session, event, need):
                continue
            blind = event.message is not None and not sees_content(session, event.message)
            if blind not in texts:
                data = event_json(event.message, blind=True) if blind and event.message else event.data
                texts[blind] = json.dumps(data)
            session.tell(event.name, texts[blind])

    def _forget_the_late(self) -> None:
        now = self.world.clock.monotonic()
        for session in [each for each in self.sessions.values() if each.left_at is not None]:
            if session.left_at is not None and now - session.left_at > self.limits.resume:
                del self.sessions[session.id]

    def _may_know(self, session: Session, event: Event, need: int) -> bool:
        app = session.app
        if event.only is not None:
            return app is event.only and session.in_shard(event.guild.id if event.guild else None)
        about_it = event.name == "GUILD_MEMBER_UPDATE" and event.data["user"]["id"] == str(app.id)
        if need and not session.wanted & need and not about_it:
            return False
        if event.guild is None:
            return event.channel is not None and app.id in event.channel.recipients and session.shard[0] == 0
        if not event.guild.available:
            return False
        if app.id not in event.guild.members or not session.in_shard(event.guild.id):
            return False
        if event.channel is None or event.name.startswith("CHANNEL_"):
            return True
        return bool(in_channel(event.channel, app.id) & Permission.VIEW_CHANNEL)


def sees_content(session: Session, message: Message) -> bool:
    """Whether a session is given a message's content."""
    return bool(session.intents & Intent.MESSAGE_CONTENT) or sees_anyway(session.app, message)


def sees_anyway(app: App, message: Message) -> bool:
    """Whether a bot is given a message's content without the intent: its own, direct ones, those that name it."""
    mine = message.author is app.user or message.app == app.id
    return mine or message.channel.guild is None or app.id in message.mentions.users
