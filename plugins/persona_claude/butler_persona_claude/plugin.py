"""The plugin: characters that are talked to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from butler import Message, Persona, Plugin, Section, Use, hookimpl

from butler_persona_claude.casting import Casting
from butler_persona_claude.prompting import Prompting
from butler_persona_claude.settings import Settings
from butler_persona_claude.workshop import Workshop


class PersonaClaude(Workshop, Plugin):
    """Characters with a voice of their own."""

    settings = Settings

    async def start(self) -> None:
        """The host is there now."""
        told: Any = self.settings_for()
        self.casting = Casting(self, Path(told.folder) if told.folder else self.host.data / "characters")
        self.prompting = Prompting(self)
        self.scope.task(self.casting.look(at_once=True), "look at the characters")

    @hookimpl
    async def on_message(self, message: Message) -> None:
        """Look whether somebody edited a character meanwhile."""
        if not message.author.bot:
            await self.casting.look()

    @hookimpl
    async def build_prompt(self, message: Message, persona: Persona) -> list[Section | Use] | None:
        """What a character knows here and now."""
        who = self.casting.of(persona.name)
        return None if who is None else await self.prompting.sections(message, persona, who)
