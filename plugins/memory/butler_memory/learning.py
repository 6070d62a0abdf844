"""What is learned from a conversation: in the background after a reply, once, however often the host is killed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from attrs import frozen
from butler import Message, Plugin

from butler_memory import keeping
from butler_memory.evidence import clean
from butler_memory.extract import Found, Sieve, facts_in, question
from butler_memory.offrecord import is_secret, off_record
from butler_memory.scopes import View
from butler_memory.tables import Item, Work
from butler_memory.words import telling

CONTEXT = 60
"""So many messages of a conversation are read in order to understand the newest."""
BATCH = 10
_REMEMBER = re.compile(r"\b(?:please |do |always )?remember(?: that|:) (?P<what>[^\n]{3,280})", re.IGNORECASE)


@frozen
class Batch:
    """What is looked at together: some messages of one channel that a persona answered."""

    persona: str
    works: tuple[Work, ...]

    @property
    def channel(self) -> str:
        return self.works[0].channel


def batches(works: Sequence[Work]) -> list[Batch]:
    """What is due, by persona, channel and person; so many messages together."""
    found: dict[tuple[str, str, str], list[Work]] = {}
    for work in works:
        found.setdefault((work.persona, work.channel, work.person), []).append(work)
    return [
        Batch(persona, tuple(mine[at : at + BATCH]))
        for (persona, _, _), mine in found.items()
        for at in range(0, len(mine), BATCH)
    ]


class Learning:
    """Finds facts for one plugin."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._host = plugin.host

    async def look(self, batch: Batch) -> None:
        """Look at some messages; what comes of it and that it was done commit together."""
        said, unsaid = await self._said(batch)
        heard = [message for message in said if not message.author.bot]
        if not heard:
            await self._host.db.write(partial(_keep, (), unsaid, batch.works))
            return
        settings = self._plugin.settings_for(heard[-1])
        chain = settings.extract_model
        if not self._host.models.has(chain, batch.persona):
            found = [each for message in heard for each in self._asked(batch.persona, message)]
            await self._host.db.write(partial(_keep, found, unsaid, batch.works))
            return
        known = await self._known(batch.persona, heard)
        completion = await self._host.models.complete(
            question(batch.persona, said, known), asker=None, place=heard[-1], purpose="memory",
            model=chain, persona=batch.persona,
        )  # fmt: skip
        sieve = Sieve(batch.persona, said, known, await self._people(said), await self._reminded(batch.persona, said))
        told = facts_in(completion.text)
        found = [each for fact in told if (each := sieve.believed(fact)) is not None]
        await self._host.db.write(partial(_keep, found, unsaid, batch.works))
        self._host.log.debug("looked for facts", persona=batch.persona, told=len(told), believed=len(found))

    async def _said(self, batch: Batch) -> tuple[list[Message], set[str]]:
        """The messages with the persona's answers in between, and the ids of what is off the record."""
        wanted = {work.message for work in batch.works}
        place = self._host.channel(batch.channel)
        if place is None:
            return [], set()
        newest = await self._host.message(batch.works[-1].message)
        before = newest.seq + CONTEXT if newest is not None else 2**62
        past = await self._host.history(place, before=before, limit=2 * CONTEXT)
        unsaid = off_record(past)
        first = min([message.seq for message in past if message.id in wanted], default=0)
        mine = [
            message
            for message in past
            if message.text and message.id not in unsaid
            and (message.id in wanted or (message.author.persona == batch.persona and message.seq > first > 0))
        ]  # fmt: skip
        return mine, unsaid

    async def _known(self, persona: str, heard: Sequence[Message]) -> list[Item]:
        message = heard[-1]
        view = View(persona, message.channel, message.author.id)
        return await self._host.db.read(partial(keeping.known_about, view, [message.author.id, "self"], 30))

    async def _reminded(self, persona: str, said: Sequence[Message]) -> list[Item]:
        """What the persona's own words may come from."""
        heard = next(message for message in reversed(said) if not message.author.bot)
        accounts = self._host.who(heard.author).accounts
        view = View(persona, heard.channel, heard.author.id, accounts)
        own = " ".join(message.text for message in said if message.author.persona == persona)
        return await self._host.db.read(partial(keeping.seen_of, view, telling(own)[:200], 200))

    async def _people(self, said: Sequence[Message]) -> dict[str, str]:
        """Who is meant by a name: who takes part, if the name is theirs alone."""
        found: dict[str, set[str]] = {}
        for message in said:
            if not message.author.persona:
                found.setdefault(message.author.name.casefold(), set()).add(message.author.id)
        return {name: ids.pop() for name, ids in found.items() if len(ids) == 1 and name}

    def _asked(self, persona: str, message: Message) -> list[Found]:
        """Without a model: what somebody asks to be remembered."""
        match = _REMEMBER.search(message.text)
        if match is None or is_secret(message.text):
            return []
        return [Found(memory_of(persona, message, match["what"]))]


def memory_of(persona: str, message: Message, text: str) -> Item:
    """What a person wants to be remembered, in their own words."""
    author, channel = message.author, message.channel
    return Item(
        persona=persona, kind="fact", about=author.id, name=author.name, text=clean(text)[:1000], slot="", data={},
        source=message.id, seq=message.seq, by=author.id, guild=channel.guild.id, channel=channel.id,
        private=channel.dm, at=message.at.timestamp(), importance=4,
    )  # fmt: skip


def _keep(found: Sequence[Found], unsaid: set[str], works: Sequence[Work]) -> None:
    for each in found:
        keeping.keep(each.item, each.replaces)
    for message in unsaid:
        keeping.drop(keeping.of_source(message))
    keeping.done(works)
