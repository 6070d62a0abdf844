"""Personas come to life and leave at run time; a spawn that somebody refuses is undone (HOST-13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import structlog

from butler.errors import CommandError
from butler.model import Persona, Refuse

if TYPE_CHECKING:
    from butler.host import Host

log = structlog.get_logger("butler.personas")

DEADLINE = 10.0
"""Seconds that one plugin may take to be told of a spawn."""
LONGEST_NAME = 32


class Spawning:
    """Spawns, despawns and renames."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def spawn(self, persona: Persona, who: str) -> Persona:
        """Bring a persona to life, for ``who``.

        Raises ``CommandError`` where its name is taken or a plugin refuses it.
        """
        await self._check_name(persona.name)
        await self._host.personas.add(persona, self._tell)
        await self._note(who, persona.name, before=None, after=persona)
        log.info("persona spawned", persona=persona.name)
        return self._host.personas.get(persona.name) or persona

    async def _note(self, who: str, name: str, *, before: Persona | None, after: Persona | None) -> None:
        """Into the audit log (OPS-6)."""
        plain = [attrs.asdict(each) if each is not None else None for each in (before, after)]
        await self._host.settings.audit.note(who, f"persona {name}", before=plain[0], after=plain[1])

    async def _check_name(self, name: str) -> None:
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            raise CommandError(f"a persona's name has 1 to {LONGEST_NAME} printable characters, not {name[:40]!r}")
        people = await self._host.database.query(
            "select name from host_people where folded = ? and substr(body, 1, 13) = ? limit 1",
            (name.casefold(), '{"bot": false'),
        )
        if people:
            raise CommandError(f"somebody here is called {people[0][0]} already", remedy="choose another name")

    async def _tell(self, persona: Persona) -> None:
        """``on_spawn`` for each plugin; who was told of a refused spawn is told of the despawn, in reverse."""
        told: list[str] = []
        for name, plugin in sorted(self._host.lifecycle.plugins.items()):
            hook = getattr(plugin, "on_spawn", None)
            if hook is None or name not in self._host.settings.enabled(""):
                continue
            told.append(name)
            result, fault = await self._host.dispatch.guarded(
                name, "on_spawn", hook, persona, guild="", deadline=DEADLINE
            )
            if isinstance(result, Refuse) or fault is not None:
                reason = result.reason if isinstance(result, Refuse) else "it failed there"
                await self._untell(persona, told[::-1])
                raise CommandError(f"{name} refused {persona.name}: {reason}")

    async def _untell(self, persona: Persona, names: list[str]) -> None:
        for name in names:
            hook = getattr(self._host.lifecycle.plugins.get(name), "on_despawn", None)
            if hook is not None:
                await self._host.dispatch.guarded(name, "on_despawn", hook, persona, guild="", deadline=DEADLINE)

    async def despawn(self, name: str, who: str) -> None:
        """Have a persona leave for good, for ``who``. Raises ``CommandError`` if it is unknown or stands in a file."""
        persona = self._host.personas.get(name)
        await self._host.personas.remove(name)
        if persona is not None:
            enabled = self._host.settings.enabled("")
            await self._untell(persona, sorted((n for n in self._host.lifecycle.plugins if n in enabled), reverse=True))
            await self._note(who, name, before=persona, after=None)
        log.info("persona despawned", persona=name)

    async def revise(self, persona: Persona, who: str) -> Persona:
        """Have a spawned persona be as given from the next message on, for ``who``.

        Raises ``CommandError`` for one that was not spawned.
        """
        before = self._host.personas.get(persona.name)
        await self._host.personas.replace(persona)
        await self._note(who, persona.name, before=before, after=persona)
        log.info("persona changed", persona=persona.name)
        return self._host.personas.get(persona.name) or persona

    async def rename(self, name: str, new: str, who: str) -> Persona:
        """Call a persona something else, for ``who``; the record moves with it."""
        persona = self._host.personas.get(name)
        if persona is None:
            raise CommandError(f"there is no persona named {name}")
        await self._check_name(new)
        renamed = await self._host.personas.move(name, new)
        await self._note(who, name, before=persona, after=renamed)
        return renamed
