"""/bm, /bo, /reset, and the tool with which a model looks further back in its conversation."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from butler import Call, CommandError, ModelError, Persona, Rank, Reply, Turn, command, tool

from butler_core.conversation import tables
from butler_core.conversation.menu import menu
from butler_core.excuses import apology
from butler_core.feature import Commands
from butler_core.questions import Questions

if TYPE_CHECKING:
    from butler_core.conversation.feature import Conversation


class ConversationCommands(Commands):
    """Conversations by command."""

    @property
    def _conversation(self) -> Conversation:
        from butler_core.conversation.feature import Conversation  # noqa: PLC0415 - the feature names its commands

        return self.feature(Conversation)

    @command(rank=Rank.GUEST, ephemeral=True)
    async def bm(self, call: Call, *, text: str = "") -> str:
        """Have a message from the Butler: a direct conversation, with what I can do for you, or with an answer.

        text: what you want to say; a persona's name to talk to it; leave it out to see the menu of services
        Example: /bm
        Example: /bm what is new?
        """
        persona = self._persona_called(text)
        if persona is not None:
            reply = await self._introduced(call, persona)
        elif text:
            reply = await self._answer(call, text, f"> {' '.join(text.split())[:300]}\n\n")
        else:
            reply = Reply(menu(self.host.menu(call.person, call.guild), call.prefix or "/"))
        if call.channel.dm:
            await call.reply(reply)
            return ""
        fallback = None if call.ephemeral and call.message is None else call.channel
        key = f"bm {call.person.id} {self.host.clock.now().timestamp()}"
        await self.host.push(
            call.person, reply, key, guild=call.guild, fallback=fallback, asked=True, at_night=True
        )  # fmt: skip
        return "I wrote to you; look into your direct messages."

    def _persona_called(self, text: str) -> Persona | None:
        name = " ".join(text.split()).casefold()
        return next((p for p in self.host.personas if name in (p.name.casefold(), p.label.casefold())), None)

    async def _introduced(self, call: Call, persona: Persona) -> Reply:
        """Hand the direct conversation over, if there is one to hand over."""
        channel = call.channel if call.channel.dm else self.host.direct(call.person)
        greeting = persona.greeting or f"Hello, this is {persona.label}."
        if channel is None:
            return Reply(f"{greeting}\n\nSay `/persona talk {persona.name}` here to talk to me.", persona=persona.name)
        await self.host.hand_over(channel, persona.name, call.person)
        return Reply(greeting, persona=persona.name)

    @command(rank=Rank.GUEST)
    async def bo(self, call: Call, *, question: str) -> Reply:
        """Ask a single question; nothing that was said before is looked at.

        question: what you want to know
        Example: /bo what is a genie?
        """
        return await self._answer(call, question, "")

    async def _answer(self, call: Call, text: str, before: str) -> Reply:
        """The main persona's answer to one question. Raises ``CommandError`` that apologises."""
        left = await self.feature(Questions).take(call)
        persona = next(each for each in self.host.personas if each.name == self.host.main)
        turns = (Turn("system", persona.prompt, stable=True), Turn("user", f"{call.person.name}: {text}"))
        try:
            said = await self.host.models.complete(
                turns, asker=call.person, place=call.channel, purpose="question", persona=persona.name
            )  # fmt: skip
        except ModelError as error:
            raise apology(self.host.log, persona, error) from error
        return Reply(f"{before}{said.text}", persona=persona.name, footer=left)

    @command(confirm="I will forget this conversation as far as it goes; the log keeps it. Go on?")
    async def reset(self, call: Call) -> str:
        """End this conversation: no model sees any more what was said in it."""
        last = await self.host.history(call.channel, limit=1)
        seq = max([message.seq for message in (*last, *filter(None, [call.message]))], default=0)
        await self.host.db.write(partial(tables.end, call.channel.id, seq, call.person.id))
        return "Let us begin anew."

    @tool
    async def search_history(self, call: Call, words: str, most: int = 10) -> str:
        """Look for something that was said earlier in this same conversation, further back than you can see.

        words: what to look for
        most: how many messages at most
        """
        message = call.message
        if message is None:
            raise CommandError("there is no conversation to look into")
        begins = await self._conversation.begin(call.channel, before=message)
        hits = await self.host.search(words, channels=[call.channel.id], limit=max(1, min(most, 25)), any_of=True)
        found = [await self.host.message(hit.id) for hit in hits if begins <= hit.seq < message.seq]
        lines = [f"{said.at:%Y-%m-%d %H:%M} {said.author.name}: {said.text[:500]}" for said in found if said]
        return "\n".join(lines) or "Nothing of that was said in this conversation."
