"""Characters become the host's personas, and stay what their files say."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
from butler import Channel, CommandError, Persona

from butler_persona_claude.cards import CardError, Document
from butler_persona_claude.character import Character, pairs_of
from butler_persona_claude.library import Library, News
from butler_persona_claude.macros import filled

if TYPE_CHECKING:
    from butler_persona_claude.plugin import PersonaClaude

LOOK_EVERY = 1.0
"""Seconds between two looks at the files."""
YOU = "the person you talk to"
ORIGINAL = "Stay in character; write what {{char}} says and does, and nothing for anybody else."
EVERYWHERE = ("*",)


class Casting:
    """Keeps the host's personas and the folder of characters the same."""

    def __init__(self, plugin: PersonaClaude, folder: Path) -> None:
        self._plugin = plugin
        self.library = Library(folder)
        self.wrong: dict[str, str] = {}
        """Files that cannot be read now, and why."""
        self._looked = float("-inf")
        self._lock = asyncio.Lock()

    @property
    def documents(self) -> Mapping[str, Document]:
        """The characters by name."""
        return self.library.documents

    def of(self, name: str) -> Character | None:
        """A character, if a persona of that name is one."""
        found = self.library.documents.get(name)
        return found.character if found else None

    def find(self, name: str) -> Document:
        """A character by what it is called. Raises ``CommandError`` with those that there are."""
        wanted = name.casefold().strip()
        for document in self.documents.values():
            who = document.character
            if wanted in {who.name.casefold(), who.label.casefold(), *map(str.casefold, who.handles)}:
                return document
        known = ", ".join(sorted(self.documents)) or "none yet"
        raise CommandError(f"there is no character called {name[:40]!r}", remedy=f"there are: {known}")

    async def look(self, *, at_once: bool = False) -> None:
        """Take in what changed in the files, unless that was looked at just now."""
        clock = self._plugin.host.clock
        if not at_once and clock.monotonic() - self._looked < LOOK_EVERY:
            return
        async with self._lock:
            self._looked = clock.monotonic()
            news = await asyncio.to_thread(self.library.look, clock.now())
            if news:
                await self._take(news)

    async def _take(self, news: News) -> None:
        log = self._plugin.host.log
        for file, reason in news.wrong.items():
            log.warning("a character's file cannot be read, what it was before holds", file=file, reason=reason)
        self.wrong = {**self.wrong, **news.wrong}
        for name, document in news.changed.items():
            mine = (f"{name}/", f"{name}.")
            self.wrong = {file: why for file, why in self.wrong.items() if file != name and not file.startswith(mine)}
            try:
                await self._cast(document)
            except CommandError as error:
                log.warning("a character cannot come to life", character=name, reason=str(error))
                self.wrong[name] = str(error)
        for name in news.gone:
            if any(persona.name == name for persona in self._plugin.host.personas):
                await self._plugin.host.despawn(name, "persona_claude")

    async def _cast(self, document: Document) -> None:
        known = {persona.name: persona for persona in self._plugin.host.personas}
        name = document.character.name
        before = known.get(name)
        home = document.character.channels or (before.channels if before else EVERYWHERE)
        persona = self.persona(document, home)
        if before is None:
            await self._plugin.host.spawn(persona, "persona_claude")
        elif attrs.evolve(before, accounts={}) != persona:
            await self._plugin.host.revise(attrs.evolve(persona, accounts=before.accounts), "persona_claude")

    def persona(self, document: Document, channels: Sequence[str]) -> Persona:
        """The persona of a character, living in some channels or guilds."""
        who = document.character
        main = next((each for each in self._plugin.host.personas if each.name == self._plugin.host.main), None)
        chain = tuple(dict.fromkeys((*who.model, *(main.model if main else ("offline",)))))
        settings = {**who.settings, "apology": who.fallback} if who.fallback else dict(who.settings)
        return Persona(
            name=who.name, display=who.display, prompt=prompt_of(who), model=chain, handles=who.handles,
            greeting=filled(who.greeting, who.label, "my friend"), colour=who.colour, channels=tuple(channels),
            examples=tuple((filled(q, who.label, "I"), filled(a, who.label, "you")) for q, a in pairs_of(who)),
            settings=settings,
        )  # fmt: skip

    async def add(self, document: Document, home: Sequence[str] = EVERYWHERE) -> Character:
        """Bring a character to life, or change the one of that name that lives in the same homes only.

        Raises ``CommandError`` where the name is somebody else's.
        """
        name = document.character.name
        await self.look(at_once=True)
        living = next((each for each in self._plugin.host.personas if each.name.casefold() == name.casefold()), None)
        if living is not None and (living.name not in self.documents or not self.may_change(living, home)):
            raise CommandError(f"there is a persona named {living.name} already", remedy="give it another name")
        if living is None:
            await self._plugin.host.spawn(self.persona(document, home), "persona_claude")
        async with self._lock:
            await asyncio.to_thread(self.library.put, document)
        await self.look(at_once=True)
        if name not in self.documents:
            raise CardError(self.wrong.get(f"{name}/character.toml", "it could not be kept"))
        return self.documents[name].character

    def may_change(self, persona: Persona, home: Sequence[str]) -> bool:
        """Whether whoever speaks for some homes may change a persona: it lives nowhere else."""
        return home == EVERYWHERE or set(persona.channels) <= set(home)

    def lives_only_in(self, name: str, channel: Channel) -> bool:
        """Whether a character lives in this guild and nowhere else."""
        persona = next((each for each in self._plugin.host.personas if each.name == name), None)
        return persona is not None and set(persona.channels) <= {channel.guild.id, channel.id}

    def home_of(self, name: str) -> tuple[str, ...]:
        """Where a character lives."""
        return next((each.channels for each in self._plugin.host.personas if each.name == name), EVERYWHERE)

    async def remove(self, name: str) -> None:
        """Have a character leave; its former versions are kept."""
        async with self._lock:
            await asyncio.to_thread(self.library.take_away, name)
        await self.look(at_once=True)


def prompt_of(who: Character) -> str:
    """Who it is: the first, stable part of each prompt."""
    told = who.instructions.replace("{{original}}", ORIGINAL) or ORIGINAL
    lore = [each for each in who.lorebook.entries if each.constant and each.enabled]
    lore.sort(key=lambda entry: entry.order)
    parts = [
        f"You are {{{{char}}}}. {told}",
        *[each.content for each in lore if each.before],
        who.description,
        f"Personality: {who.personality}" if who.personality else "",
        f"Scenario: {who.scenario}" if who.scenario else "",
        *[each.content for each in lore if not each.before],
        f"How you speak:\n{who.examples}" if who.examples else "",
        f"What you remember from before:\n{who.core_memory_dump}" if who.core_memory_dump else "",
    ]
    return filled("\n\n".join(filter(None, parts)), who.label, YOU)
