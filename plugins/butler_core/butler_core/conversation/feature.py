"""What of the past a model sees: this conversation, and nothing from before it began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from butler import VETO, Channel, Message, Persona, Reply, Section, Vote

from butler_core.conversation import tables
from butler_core.conversation.commands import ConversationCommands
from butler_core.conversation.farewell import says_goodbye
from butler_core.conversation.settings import ConversationSettings
from butler_core.feature import Feature

PAGE = 60
"""So many messages are looked at together; most prompts hold fewer."""
MOST = 600
"""Further back than this no prompt reaches."""


class Conversation(Feature):
    """Where conversations are held, and when they end."""

    settings = ConversationSettings
    tables = (tables.Ended,)
    person_columns: ClassVar[Mapping[str, Sequence[str]]] = {"butler_core_ended": ("by",)}
    commands = ConversationCommands

    async def should_reply(self, message: Message, persona: Persona, votes: Sequence[Vote]) -> Vote | None:
        """TheButler may be kept to direct messages."""
        if message.channel.dm or message.kind == "nudge" or persona.name != self.host.main:
            return None
        if self.settings_for(message).converse_in == "dm":
            return Vote(VETO, "conversation is for direct messages here")
        return None

    async def build_prompt(self, message: Message, persona: Persona) -> Section | None:
        """History begins with the conversation."""
        begins = await self.begin(message.channel, before=message)
        return Section("", covers=begins) if begins else None

    async def begin(self, channel: Channel, *, before: Message) -> int:
        """The number of the first message of the conversation that this message belongs to; 0: it was never cut."""
        ended = await self.host.db.read(partial(tables.ended, channel.id))
        idle = self.settings_for(channel).conversation_idle
        after, seen = before, 0
        while seen < MOST:
            history = await self.host.history(channel, before=after.seq, limit=PAGE)
            for said in reversed(history):
                if after.at - said.at > idle:
                    return after.seq
                if said.seq <= ended:
                    return _first_of_a_person(after, before, await self._since(channel, after, before))
                after = said
            seen += len(history)
            if len(history) < PAGE:
                break
        return 0

    async def _since(self, channel: Channel, first: Message, last: Message) -> list[Message]:
        """What was said from one message on, up to another."""
        said = await self.host.history(channel, before=last.seq, limit=PAGE)
        return [message for message in said if message.seq >= first.seq]

    async def on_message(self, message: Message) -> None:
        """Goodbye, where only two are in the room."""
        if (message.channel.dm or message.channel.members <= 2) and self._is_farewell(message):
            self._end(message)

    async def on_reply(self, message: Message, reply: Reply, persona: Persona | None) -> None:
        """Goodbye to somebody, who answered it."""
        if persona is not None and self._is_farewell(message):
            self._end(message)

    def _is_farewell(self, message: Message) -> bool:
        if message.author.bot or message.kind == "nudge" or len(message.text) > 80:
            return False
        names = [name for each in self.host.personas for name in (each.name, each.label, *each.handles)]
        return says_goodbye(message.text, names)

    def _end(self, message: Message) -> None:
        self.host.db.defer(partial(tables.end, message.channel.id, message.seq, message.author.id))

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """The conversations that somebody ended."""
        return {"conversations_ended": await self.host.db.read(partial(tables.by_person, person))}

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """They stay ended."""
        return {"butler_core_ended": await self.host.db.write(partial(tables.forget, person, replacement))}


def _first_of_a_person(first: Message, last: Message, said: Sequence[Message]) -> int:
    """After a goodbye the persona's own farewell still belongs to what ended."""
    return next((each.seq for each in said if not each.author.bot), last.seq)
