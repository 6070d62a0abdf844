"""Somebody talks: says, answers, edits, reacts, votes, joins voice."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from typing import Any

from butler_discord.testing.deeds import automod, invites, members, polls, posting, reacting, threads, voice
from butler_discord.testing.people.errors import Impossible
from butler_discord.testing.people.reader import Reader, Where
from butler_discord.testing.state.channels import VOICES, Channel
from butler_discord.testing.state.files import Attachment
from butler_discord.testing.state.guilds import Guild
from butler_discord.testing.state.invites import Invite
from butler_discord.testing.state.messages import Message
from butler_discord.testing.state.permissions import Permission, in_channel

P = Permission


class Talker(Reader):
    """A person who does what needs no application."""

    async def say(
        self, text: str, where: Where = None, *, files: Mapping[str, bytes] | None = None, **more: Any
    ) -> Message:
        """Say something. ``answers``: the message it replies to; ``files``: name to content.

        Raises ``Impossible`` where they may not speak, in slowmode, or where AutoMod blocks it.
        """
        self.world.catch_up()
        channel = self.place(where)
        self.may(channel, P.SEND_MESSAGES_IN_THREADS if channel.is_thread else P.SEND_MESSAGES)
        self._slowly(channel)
        if not automod.judge(self.world, channel, self.user, text):
            raise Impossible("this message was blocked by AutoMod")
        if channel.thread:
            if channel.thread.locked:
                self.may(channel, P.MANAGE_THREADS)
            threads.join(self.world, channel, self.user)
        kept = [self.file(name, data, channel) for name, data in (files or {}).items()]
        return posting.post(self.world, channel, self.user, text, files=kept, **more)

    def file(self, name: str, data: bytes, where: Where = None) -> Attachment:
        """Upload a file, for a command that takes one."""
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return self.world.keep_file(self.place(where), name, kind, data)

    def _slowly(self, channel: Channel) -> None:
        if not channel.slowmode or in_channel(channel, self.id) & P.BYPASS_SLOWMODE:
            return
        mine = [message.at for message in channel.messages.values() if message.author is self.user]
        waited = (self.world.clock.now() - mine[-1]).total_seconds() if mine else channel.slowmode
        if waited < channel.slowmode:
            raise Impossible(f"slowmode: {self.name} has to wait {channel.slowmode - waited:.0f} s")

    async def edit(self, message: Message, text: str) -> None:
        """Change what they said."""
        self._own(message)
        posting.edit(self.world, message, text=text)

    async def delete(self, message: Message) -> None:
        """Take back what they said, or (a moderator) what somebody said."""
        if message.author is not self.user:
            self.may(message.channel, P.MANAGE_MESSAGES)
        posting.delete(self.world, message)

    def _own(self, message: Message) -> None:
        if message.author is not self.user:
            raise Impossible("one edits one's own messages only")

    async def types(self, where: Where = None) -> None:
        """Begin to type."""
        self.world.types(self.user, self.place(where))

    async def react(self, message: Message, emoji: str) -> None:
        """React to a message."""
        if emoji not in message.reactions:
            self.may(message.channel, P.ADD_REACTIONS)
        reacting.react(self.world, message, self.user, emoji)

    async def unreact(self, message: Message, emoji: str) -> None:
        """Take a reaction back."""
        reacting.unreact(self.world, message, self.user, emoji)

    async def vote(self, message: Message, answer: str) -> None:
        """Vote in a poll for the answer with this text. Raises ``Impossible``."""
        polls.vote(self.world, message, self.user, self._answer(message, answer))

    async def unvote(self, message: Message, answer: str) -> None:
        """Take a vote back."""
        polls.unvote(self.world, message, self.user, self._answer(message, answer))

    def _answer(self, message: Message, text: str) -> int:
        self.world.catch_up()
        poll = message.poll
        if poll is None or poll.final:
            raise Impossible("there is no open poll in that message")
        for answer in poll.answers:
            if answer["poll_media"]["text"] == text:
                return int(answer["answer_id"])
        raise Impossible(f"the poll has no answer {text!r}")

    async def thread(self, source: Message | Channel, name: str) -> Channel:
        """Begin a thread from a message, or in a channel."""
        parent = source.channel if isinstance(source, Message) else source
        self.may(parent, P.CREATE_PUBLIC_THREADS)
        message = source if isinstance(source, Message) else None
        return threads.begin(self.world, parent, self.user, name, source=message)

    # --- coming and going ------------------------------------------------------------------------------

    async def enter(self, through: Guild | Invite) -> None:
        """Join a guild, through an invite or without. Raises ``Impossible`` when banned or the invite is over."""
        guild = through if isinstance(through, Guild) else through.channel.guild
        assert guild is not None
        if self.id in guild.bans:
            raise Impossible(f"{self.name} is banned from {guild.name}")
        if isinstance(through, Invite):
            if not through.valid(self.world.clock.now()):
                raise Impossible("the invite has expired")
            through.uses += 1
        members.enter(self.world, guild, self.user)
        self.home = guild
        if isinstance(through, Invite) and through.max_uses and through.uses >= through.max_uses:
            invites.take_back(self.world, through)

    async def leave(self, guild: Guild | None = None) -> None:
        """Leave their guild, or another one."""
        left = guild or self.home
        assert left is not None
        members.leave(self.world, left, self.user)

    async def invite(self, where: Channel | None = None, **options: Any) -> Invite:
        """Make an invite: ``max_age`` in seconds, ``max_uses``."""
        channel = self.place(where)
        self.may(channel, P.CREATE_INSTANT_INVITE)
        return invites.invite(self.world, channel, self.user, **options)

    async def join_voice(self, channel: Channel) -> None:
        """Go into a voice channel."""
        if channel.kind not in VOICES or channel.guild is None:
            raise Impossible(f"#{channel.name} is no voice channel")
        self.may(channel, P.CONNECT)
        voice.move(self.world, channel.guild, channel.guild.members[self.id], channel)

    async def leave_voice(self) -> None:
        """Leave the voice channel."""
        assert self.home is not None
        voice.move(self.world, self.home, self.member, None)

    async def shows(self, status: str, doing: str = "") -> None:
        """Be ``online``, ``idle``, ``dnd`` or ``offline``, and do something."""
        activities = [{"name": doing, "type": 0, "created_at": 0}] if doing else []
        for guild in self.world.guilds.values():
            if self.id in guild.members:
                data = {
                    "user": {"id": str(self.id)}, "guild_id": str(guild.id), "status": status,
                    "activities": activities, "client_status": {"desktop": status},
                }  # fmt: skip
                self.world.emit("PRESENCE_UPDATE", data, guild=guild)

    def close_dms(self) -> None:
        """Take no direct messages any more."""
        self.user.accepts_dms = False

    def block(self, bot: Any) -> None:
        """Block somebody."""
        self.user.blocked.add(bot.id)
