"""The plugin: characters that are talked to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from butler import VETO, Message, Persona, Reply, Section, Stop, Use, Vote, hookimpl

from butler_persona_claude import tables as kept
from butler_persona_claude.bonds import Bonds
from butler_persona_claude.casting import Casting
from butler_persona_claude.commands import Commands
from butler_persona_claude.moods import Moods
from butler_persona_claude.offices import Offices
from butler_persona_claude.operators import Operators
from butler_persona_claude.prompting import Prompting
from butler_persona_claude.settings import Settings
from butler_persona_claude.studio import Studio
from butler_persona_claude.ties import Ties
from butler_persona_claude.voting import Voting
from butler_persona_claude.workshop import Workshop


class PersonaClaude(Commands, Bonds, Studio, Operators, Workshop):
    """Characters with a voice of their own."""

    settings = Settings
    deadlines: ClassVar[Mapping[str, float]] = {"command": 90}
    network = ("*",)
    tables = kept.TABLES
    person_columns: ClassVar[Mapping[str, tuple[str, ...]]] = {kept.name_of(each): ("person",) for each in kept.PERSONS}

    async def start(self) -> None:
        """The host is there now."""
        told: Any = self.settings_for()
        self.casting = Casting(self, Path(told.folder) if told.folder else self.host.data / "characters")
        self.prompting = Prompting(self)
        self.voting = Voting(self)
        self.offices = Offices(self)
        self.moods = Moods(self)
        self.ties = Ties(self)
        await self.offices.start()
        await self.ties.start()
        self.scope.task(self.casting.look(at_once=True), "look at the characters")

    async def prompts(self, persona: str) -> Mapping[str, str] | None:
        """How a character wants to be summarised and remembered; ``None`` if the persona is none."""
        who = self.casting.of(persona)
        if who is None:
            return None
        return {
            "summarization_prompt": who.summarization_prompt, "core_memory_prompt": who.core_memory_prompt,
            "core_memory_dump": who.core_memory_dump,
        }  # fmt: skip

    offers: ClassVar[Mapping[str, Any]] = {"character:prompts": prompts}

    @hookimpl
    async def on_message(self, message: Message) -> None:
        """Look whether somebody edited a character meanwhile."""
        if not message.author.bot:
            await self.casting.look()
        elif message.author.persona:
            self.voting.heard(message)

    @hookimpl(trylast=True)
    async def should_reply(self, message: Message, persona: Persona, votes: Sequence[Vote]) -> Vote | None:
        """Silence of who is shut down; what nobody has decided is voted on."""
        if persona.name in self.offices.down:
            return Vote(VETO, "it was shut down by an operator")
        return None if self.casting.of(persona.name) is None else await self.voting.asked(message, persona, votes)

    @hookimpl
    async def build_prompt(self, message: Message, persona: Persona) -> list[Section | Use] | Stop | None:
        """What a character knows here and now."""
        if persona.name in self.offices.down:
            return Stop("it was shut down by an operator")
        who = self.casting.of(persona.name)
        return None if who is None else await self.prompting.sections(message, persona, who)

    @hookimpl
    async def on_reply(self, message: Message, reply: Reply, persona: Persona | None) -> None:
        """Count what was said; a character of many modes may be in another one next time."""
        who = self.casting.of(persona.name) if persona else None
        if who is None or message.author.bot:
            return
        place, at = kept.place_of(message.channel), message.at.timestamp()
        self.host.db.defer(partial(kept.count_talk, who.name, message.author.id, place, at, message.seq))
        self.moods.spoke(who, message.channel.id)
        self.ties.spoke(who, message, reply)

    # --- what it keeps of whom --------------------------------------------------------------------------

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """Every row that names the person."""
        return await self.host.db.read(partial(kept.of_person, person))

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """All of them are deleted."""
        counts = await self.host.db.write(partial(kept.forget, person))
        await self.offices.start()
        self.ties.forget()
        return counts
