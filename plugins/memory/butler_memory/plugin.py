"""The plugin: what it hears, what stands in a prompt, what it keeps of whom."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from attrs import evolve, frozen
from butler import Event, Message, Persona, Section, hookimpl

from butler_memory import index, keeping, privacy, sections
from butler_memory.chapters import Shelf, shelf_of
from butler_memory.commands import Commands
from butler_memory.condense import Material, composed, material
from butler_memory.recall import POOL, Asked, ranked
from butler_memory.scopes import View
from butler_memory.settings import Settings
from butler_memory.tables import Core, Follow, Item, Work
from butler_memory.worker import Worker


class Memory(Commands):
    """Remembers people, events and facts, for any persona."""

    settings = Settings
    tables = (Item, Core, Work, Follow)
    person_columns: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "memory_item": ("by", "about"), "memory_core": ("person",), "memory_work": ("person",),
        "memory_follow": ("person",),
    }  # fmt: skip

    async def start(self) -> None:
        """The host is there now; what was not looked at before it ended is looked at."""
        await self.host.db.write(index.create)
        self.worker = Worker(self)
        self.worker.wake(2.0)

    # --- what it hears ----------------------------------------------------------------------------------

    @hookimpl
    async def on_reply(self, message: Message, persona: Persona | None) -> None:
        """Have what was said looked at, later."""
        if persona is not None and not message.author.bot and message.kind == "message":
            self.worker.heard(message, persona.name)

    @hookimpl
    async def on_tick(self) -> None:
        """Look at what is due."""
        self.worker.wake()

    @hookimpl
    async def on_event(self, event: Event) -> None:
        """What was edited or deleted is not remembered as it was; an edited message is looked at again."""
        if event.kind in {"edit", "deletion"} and event.target:
            said = await self.host.message(event.target)
            where, seq = (said.channel.id, said.seq) if said is not None else ("", 0)
            again, at = event.kind == "edit", event.at.timestamp()
            self.host.db.defer(partial(privacy.revise, event.target, where, seq, again, at))

    # --- what it says -----------------------------------------------------------------------------------

    @hookimpl
    async def build_prompt(self, message: Message, persona: Persona) -> list[Section]:
        """What the persona remembers that fits."""
        settings = self.settings_for(message)
        accounts = self.host.who(message.author).accounts
        asked = Asked.of(message.text, accounts, message.at.timestamp())
        view = View(persona.name, message.channel, message.author.id, (), settings.across_channels)
        allowed = message.channel.dm or settings.private_in_public == "ask"
        seen = await self.host.db.read(partial(_look, view, asked, allowed))
        items = ranked(asked, seen.pool, settings.recall)
        found = [sections.rule()]
        if self.host.models.has(settings.summary_model, persona.name):
            found.append(seen.shelf.section())
        if seen.material is not None:
            told = composed(persona.name, seen.material)
            found.append(sections.core_section(told, stable=False))
        elif seen.core is not None:
            found.append(sections.core_section(seen.core.text, stable=message.channel.dm))
            items = [item for item in seen.newer if item not in items] + items
        return [*found, *sections.recalled(items)]

    # --- what it keeps of whom --------------------------------------------------------------------------

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """Every memory of the person, with its source, and the archive of core memory."""
        found = await self.host.db.read(partial(privacy.export, person))
        archive = self.worker.condenser.archive()
        lines = [line for p in self.host.personas for line in await asyncio.to_thread(archive.read, p.name, person)]
        return {**found, **({"archive": lines} if lines else {})}

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """Nothing is left of them: no memory, no word in the index, no line of an archive."""
        touched = await self.host.db.read(partial(privacy.touched, person))
        gone = await self.host.db.write(partial(privacy.forget, person, self.host.clock.now().timestamp()))
        begin = True
        while await self.host.db.write(partial(index.scrub, begin)):
            begin = False
        archive = self.worker.condenser.archive()
        touched |= {(persona.name, person) for persona in self.host.personas}
        lines = [await asyncio.to_thread(archive.remove, *whose) for whose in sorted(touched)]
        return {**gone, "archive": sum(lines)}


@frozen
class _Seen:
    """What was found for a prompt; ``material`` where core memory is to be put together from it."""

    shelf: Shelf
    core: Core | None
    newer: list[Item]
    pool: list[Item]
    material: Material | None


def _look(view: View, asked: Asked, may_follow: bool) -> _Seen:
    if may_follow:
        view = evolve(view, following=privacy.following(asked.accounts))
    core = keeping.core_of(view)
    stale = core is not None and core.stale
    newer = [] if core is None or stale else keeping.newer(view, core.upto)
    pool = keeping.latest(view, keeping.seen_of(view, asked.words, POOL), asked.accounts)
    return _Seen(shelf_of(view.persona, view.channel.id), core, newer, pool, material(view, ()) if stale else None)
