"""The plugin: what it learns after a reply, and what stands in a prompt."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from butler import Message, Persona, Section, hookimpl

from butler_memory import index, keeping, privacy, sections
from butler_memory.commands import Commands
from butler_memory.learning import FAILURES, Learning, batches
from butler_memory.recall import POOL, Asked, ranked
from butler_memory.scopes import View
from butler_memory.settings import Settings
from butler_memory.tables import Core, Follow, Item, Vector, Work


class Memory(Commands):
    """Remembers people, events and facts, for any persona."""

    settings = Settings
    tables = (Item, Core, Work, Follow, Vector)
    person_columns: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "memory_item": ("by", "about"), "memory_core": ("person",), "memory_work": ("person",),
        "memory_follow": ("person",),
    }  # fmt: skip

    async def start(self) -> None:
        """The host is there now; what was not looked at before it ended is looked at."""
        await self.host.db.write(index.create)
        self._learning = Learning(self)
        self._draining: asyncio.Task[None] | None = None
        self._again = False

    # --- what it hears ----------------------------------------------------------------------------------

    @hookimpl
    async def on_reply(self, message: Message, persona: Persona | None) -> None:
        """Have what was said looked at, later."""
        if persona is None or message.author.bot or message.kind != "message":
            return
        settings = self.settings_for(message)
        if settings.learn:
            due = self.host.clock.now().timestamp() + settings.extract_after
            where = (persona.name, message.author.id, message.channel.id)
            self.host.db.defer(partial(keeping.add_work, "extract", *where, message.id, due))
            self._drain(settings.extract_after)

    @hookimpl
    async def on_tick(self) -> None:
        """Look at what is due."""
        self._drain(0)

    def _drain(self, after: float) -> None:
        if self._draining is None or self._draining.done():
            self._draining = self.scope.task(self._work(after), "learn")
        else:
            self._again = True

    async def _work(self, after: float) -> None:
        await asyncio.sleep(after)
        self._again = True
        while self._again:
            self._again = False
            while works := await self.host.db.read(partial(keeping.due, "extract", self.host.clock.now().timestamp())):
                for batch in batches(works):
                    try:
                        await self._learning.look(batch)
                    except FAILURES as error:
                        await self._learning.failed(batch, error)

    # --- what it says -----------------------------------------------------------------------------------

    @hookimpl
    async def build_prompt(self, message: Message, persona: Persona) -> list[Section]:
        """What the persona remembers that fits."""
        view = await self._view(message, persona)
        settings = self.settings_for(message)
        accounts = self.host.who(message.author).accounts
        asked = Asked.of(message.text, accounts, message.at.timestamp())
        core, pool = await self.host.db.read(partial(_look, view, asked))
        items = ranked(asked, pool, {}, settings.recall)
        found = [sections.rule()]
        if core is not None:
            found.append(sections.core_section(core, stable=message.channel.dm))
        return [*found, *sections.recalled(items)]

    async def _view(self, message: Message, persona: Persona) -> View:
        settings = self.settings_for(message)
        return View(persona.name, message.channel, message.author.id, (), settings.across_channels)

    # --- what it keeps of whom --------------------------------------------------------------------------

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """Every memory of the person, with its source."""
        return await self.host.db.read(partial(privacy.export, person))

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """Nothing is left of them: no memory, no vector, no word in the index, no line of an archive."""
        gone = await self.host.db.write(partial(privacy.forget, person))
        begin = True
        while await self.host.db.write(partial(index.scrub, begin)):
            begin = False
        return gone


def _look(view: View, asked: Asked) -> tuple[Core | None, list[Item]]:
    return keeping.core_of(view), keeping.seen_of(view, asked.words, POOL)
