"""Machines do not answer each other for ever, whatever plugins vote (LUNA-12, CHAR-8, CHAR-15).

Two rules hold for everything that is said to a machine's words, on every platform, over restarts. An order of
speakers that was repeated too often is broken off; and after some answers of machines to machines there is silence
until a person speaks. A person is always answered. A session (CORE-24) has a budget of turns instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, overload

from attrs import frozen

from butler.clock import Clock
from butler.engine.talk import NOTICE, Talk, by_machine, hops_after, is_notice
from butler.model import Action, Channel, Message, Persona, Reply
from butler.platform import Platform
from butler.services.sessions import Sessions
from butler.services.settings import Settings
from butler.store.recovery import Recovery

MOST: Final = 10_000
"""So many channels are kept in mind; others are read from the journal again."""
LOOKED_AT: Final = 400
"""So many of the last messages of a channel are read back."""


@frozen
class Hush:
    """Why something is left unsaid; ``loop``: an order was repeated too often."""

    reason: str
    loop: bool = False


class Loops:
    """Knows for each channel what machines said since a person spoke there."""

    def __init__(
        self,
        recovery: Callable[[], Recovery],
        settings: Settings,
        sessions: Sessions,
        platform: Callable[[str], Platform | None],
        clock: Clock,
    ) -> None:
        self._recovery = recovery
        self._settings = settings
        self._sessions = sessions
        self._platform = platform
        self._clock = clock
        self._talks: dict[str, Talk | None] = {}
        """``None``: a person spoke last."""

    async def heard(self, message: Message) -> None:
        """Something was said; to be told of each message of a channel, in order."""
        channel = message.channel.id
        known = channel in self._talks
        if message.kind == "nudge" or is_notice(message):
            if not known:
                self._keep(channel, await self._recalled(message))
            return
        if not by_machine(message):
            if not known or self._talks[channel] is not None:
                self._keep(channel, None)
            return
        talk = self._talks[channel] if known else await self._recalled(message)
        self._hear(self._keep(channel, talk or Talk()), message)

    @overload
    def _keep(self, channel: str, talk: Talk) -> Talk: ...
    @overload
    def _keep(self, channel: str, talk: None) -> None: ...
    def _keep(self, channel: str, talk: Talk | None) -> Talk | None:
        self._talks.pop(channel, None)
        self._talks[channel] = talk
        if len(self._talks) > MOST:
            del self._talks[next(iter(self._talks))]
        return talk

    def _talk(self, channel: str) -> Talk:
        """What is known of a channel; of one that nothing was heard of, nothing that is kept."""
        if channel not in self._talks:
            return Talk()
        return self._talks[channel] or self._keep(channel, Talk())

    def _hear(self, talk: Talk, message: Message) -> None:
        told = self._told(message.channel)
        ours = bool(message.author.persona) or message.author.id == self._account(message.channel.id)
        talk.hear(message, ours=ours, times=told.pingpong_threshold, cooldown=told.pingpong_cooldown)

    async def _recalled(self, message: Message) -> Talk:
        """What the journal knows of the time before this message."""
        talk = Talk()
        channel = message.channel.id
        for said, turns in await self._recovery().talk(channel, before=message.seq, limit=LOOKED_AT):
            if not by_machine(said):
                talk = talk if said.kind == "nudge" else Talk()
                continue
            if said.kind == "message" and not is_notice(said):
                self._hear(talk, said)
            for persona in turns:
                talk.answered(said, persona, said.at.timestamp())
        return talk

    def _account(self, channel: str) -> str:
        platform = self._platform(channel)
        return platform.account if platform else ""

    def _told(self, channel: Channel, persona: str = "") -> Any:
        return self._settings.for_("host", channel.guild.id, channel.id, persona=persona)

    # --- turns ----------------------------------------------------------------------------------

    def hush(self, message: Message, persona: Persona) -> Hush | None:
        """Why a persona must not speak to this; ``None``: as far as this goes it may."""
        if message.kind == "message" and not by_machine(message):
            return None
        if is_notice(message):
            return Hush("that is the host's notice about a loop")
        session = self._sessions.of(message.channel.id)
        if session is not None and persona.name in session.personas:
            return None
        talk = self._talk(message.channel.id)
        told = self._told(message.channel, persona.name)
        looping = self._looping(talk, persona.name, told)
        if looping or not by_machine(message):
            return looping
        return self._spent(talk, message, told) or self._too_soon(talk, message, persona, told)

    def _looping(self, talk: Talk, speaker: str, told: Any) -> Hush | None:
        over = self._clock.now().timestamp() - talk.since >= told.pingpong_cooldown.total_seconds()
        if speaker not in talk.order or over:
            return None
        return Hush(f"{talk.who()} repeated the same order {told.pingpong_threshold} times", loop=True)

    def _spent(self, talk: Talk, message: Message, told: Any) -> Hush | None:
        most = told.bot_reply_threshold
        if talk.answers < most and hops_after(message) <= most:
            return None
        return Hush(f"machines answered each other {most} times since a person spoke")

    def _too_soon(self, talk: Talk, message: Message, persona: Persona, told: Any) -> Hush | None:
        who = message.author.persona or message.author.id
        ago = self._clock.now().timestamp() - talk.replied.get((persona.name, who), 0.0)
        if ago >= told.reply_cooldown.total_seconds():
            return None
        return Hush(f"it answered {message.author.name or who} {max(0.0, ago):.0f} s ago")

    def opened(self, message: Message, persona: Persona) -> Callable[[], Any] | None:
        """A persona has a turn; what is given back is to be written with the mark that opens it."""
        if by_machine(message):
            self._talk(message.channel.id).answered(message, persona.name, self._clock.now().timestamp())
        session = self._sessions.of(message.channel.id)
        if session is None or persona.name not in session.personas:
            return None
        return self._sessions.spend(session)

    def notice(self, message: Message) -> tuple[Action, str] | None:
        """The notice about the loop in a channel and its key, if there is to be one and was none."""
        talk = self._talk(message.channel.id)
        if talk.noticed or self._told(message.channel).pingpong_mode != "notice":
            return None
        talk.noticed = True
        return Action("send", message.channel.id, reply=Reply(NOTICE)), f"loop:{message.channel.id}:{talk.found}"

    # --- what plugins say -------------------------------------------------------------------------

    def unsaid(self, cause: Message | None, action: Action) -> Hush | None:
        """Why what a plugin says while a message is handled is not said; ``None``: it may be said.

        One answer to a machine's words is a plugin's own affair; answers to answers count like turns.
        """
        reply = action.reply
        if cause is None or reply is None or reply.text == NOTICE or not by_machine(cause):
            return None
        if action.kind not in {"send", "push"}:
            return None
        if is_notice(cause):
            return Hush("that would answer the host's notice about a loop")
        session = self._sessions.of(action.channel)
        if session is not None and reply.persona in session.personas:
            return None
        talk = self._talk(action.channel)
        told = self._told(cause.channel)
        looping = self._looping(talk, reply.persona or self._account(action.channel), told)
        hops = hops_after(cause)
        if looping or hops < 2:
            return looping
        most = told.bot_reply_threshold
        if talk.answers >= most or hops > most:
            return Hush(f"machines answered each other {most} times since a person spoke")
        talk.answers += 1
        return None
