"""Whether characters that nobody named join in: a cheap model votes, off the channel's queue (CHAR-6, CHAR-7, CHAR-16).

What is late, malformed or unclear is silence. The votes with their reasons stand in the message's decision record.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import define, field
from butler import YES, ButlerError, Message, Persona, Vote

from butler_persona_claude import ballots, tables

if TYPE_CHECKING:
    from butler_persona_claude.plugin import PersonaClaude

PLURAL = re.compile(
    r"\b(?:you (?:two|three|four|both|all|guys)|(?:both|all|each|the two) of you|y'?all|ye both)\b", re.IGNORECASE
)
"""Words that mean several, and do not say whom."""
MOST_OPEN = 200
"""Votes under way at once; what comes then is silence."""
PATIENCE = 60.0
"""Seconds within which the message that is voted on has to be through."""
HEARD = 8
"""So many messages before it are shown to who votes."""
REMARK_TRIES = 20


@define(eq=False)
class Open:
    """A message that nobody has decided on."""

    message: Message
    plural: bool
    names: list[str] = field(factory=list)
    through: asyncio.Event = field(factory=asyncio.Event)


class Voting:
    """Collects the undecided of each message and asks once for all of them."""

    def __init__(self, plugin: PersonaClaude) -> None:
        self._plugin = plugin
        self._open: dict[str, Open] = {}
        self._named: tuple[str, Mapping[str, str]] = ("", {})
        self._awaited: dict[tuple[str, str], asyncio.Event] = {}
        self._ended: set[str] = set()
        """Channels whose scene the director has ended, until somebody is named."""

    async def asked(self, message: Message, persona: Persona, votes: Sequence[Vote]) -> Vote | None:
        """A character may speak: a vote where names settle it; else it is taken in for the model."""
        if message.kind != "message" or message.channel.dm or message.channel.members <= 2:
            return None
        told: Any = self._plugin.settings_for(message)
        if message.author.bot and not told.reply_to_bots:
            return None
        named = await self._addressed(message)
        if named:
            self._ended.discard(message.channel.id)
        if message.author.bot:
            return (
                Vote(YES, f"a machine spoke, and {persona.label} {named[persona.name]}")
                if persona.name in named
                else None
            )
        if named or any(vote.say is not vote.say.NO for vote in votes):
            return None
        plural = bool(told.address_by_model and PLURAL.search(message.text))
        if plural or (told.votes and message.channel.id not in self._ended):
            self._take(message, persona, plural)
        return None

    async def _addressed(self, message: Message) -> Mapping[str, str]:
        if self._named[0] != message.id:
            self._named = (message.id, await self._plugin.host.addressed(message))
        return self._named[1]

    def _take(self, message: Message, persona: Persona, plural: bool) -> None:
        known = self._open.get(message.id)
        if known is None:
            if len(self._open) >= MOST_OPEN:
                self._plugin.host.log.warning("too many votes at once, this one is silence", channel=message.channel.id)
                return
            known = self._open[message.id] = Open(message, plural)
            loop = asyncio.get_running_loop()
            self._plugin.host.db.defer(partial(loop.call_soon_threadsafe, known.through.set))
            self._plugin.scope.task(self._decide(known), f"vote on {message.id}")
        known.names.append(persona.name)

    async def _decide(self, vote: Open) -> None:
        """Off the queue: the message is through by then, and others go on."""
        try:
            async with asyncio.timeout(PATIENCE):
                await vote.through.wait()
            said = await self._result(vote)
        except TimeoutError:
            return
        finally:
            self._open.pop(vote.message.id, None)
        if said:
            await self._remark(vote.message, said)

    async def _result(self, vote: Open) -> str:
        """Take the vote and let the winners speak; what is to be remarked of it."""
        told: Any = self._plugin.settings_for(vote.message)
        names = vote.names
        if vote.plural and len(names) < 2 and not told.votes:
            return ""
        model = told.voting_model or ()
        if not self._plugin.host.models.has(model, names[0]):
            return ""
        directed = told.hypervisor == "model" and len(names) > 1
        if directed:
            model = told.hypervisor_model or model
        now = self._plugin.host.clock.now().timestamp()
        if not await self._plugin.host.db.write(
            partial(tables.polled, vote.message.channel.id, now, told.votes_per_hour)
        ):
            return f"no vote was taken: there were {told.votes_per_hour} in this hour"
        asked = ballots.scene if directed else ballots.votes
        history = await self._plugin.host.history(vote.message.channel, before=vote.message.seq, limit=HEARD)
        cast = [who for who in map(self._plugin.casting.of, names) if who is not None]
        question = asked(cast, [*history, vote.message], told.yes_no_vote_count, plural=vote.plural)
        try:
            answer = await self._plugin.host.models.complete(
                question.turns, asker=vote.message.author, place=vote.message, purpose="vote", model=model,
                persona=names[0], max_tokens=question.max_tokens, schema=question.schema,
                deadline=told.should_reply_timeout,
            )  # fmt: skip
        except ButlerError as error:
            return f"the vote came to nothing, which is silence ({error.args[0]})"
        outcome = question.read(answer.data)
        if outcome is None:
            return "the vote was malformed, which is silence"
        if outcome.ends:
            self._ended.add(vote.message.channel.id)
        await self._have_speak(vote.message, outcome.winners)
        self._plugin.host.log.info("voted", channel=vote.message.channel.id, speaks=list(outcome.winners))
        return outcome.said

    async def _have_speak(self, message: Message, names: Sequence[str]) -> None:
        """Each in turn, when the words of the one before are there."""
        author = " ".join((message.author.name or "somebody").split())[:64]
        channel = message.channel
        for place, name in enumerate(names):
            nudge = f"(Nobody named you, but you join in. Answer what {author} said last; do not mention this note.)"
            heard = self._awaited[channel.id, name] = asyncio.Event()
            try:
                await self._plugin.host.speak(name, channel, nudge, f"vote {message.id} {name}")
                if place < len(names) - 1:
                    async with asyncio.timeout(PATIENCE):
                        await heard.wait()
            except TimeoutError:
                continue
            finally:
                self._awaited.pop((channel.id, name), None)

    def heard(self, message: Message) -> None:
        """A character has said something: who waits for its words goes on."""
        waiting = self._awaited.get((message.channel.id, message.author.persona))
        if waiting is not None:
            waiting.set()

    async def _remark(self, message: Message, said: str) -> None:
        """Into the decision record, once it is there: other turns of the message may still run."""
        for _ in range(REMARK_TRIES):
            if await self._plugin.host.remark(message.id, said):
                return
            await asyncio.sleep(3)
