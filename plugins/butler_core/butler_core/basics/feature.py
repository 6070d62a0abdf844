"""Custom commands are heard here: ``!rules`` and ``/rules`` alike."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from butler import Channel, CommandError, Message, Person, Stop

from butler_core.basics import reminders, tables
from butler_core.basics.commands import BasicsCommands
from butler_core.basics.placeholders import check, fill
from butler_core.basics.settings import BasicsSettings
from butler_core.feature import Feature

_CALLED = re.compile(r"[/!]([\w-]{1,32})(?:\s+(.*))?", re.DOTALL)
_NAME = re.compile(r"[\w-]{1,32}")


class Basics(Feature):
    """What every bot can do."""

    settings = BasicsSettings
    tables = (tables.CustomCommand, reminders.Reminder)
    person_columns: ClassVar[Mapping[str, Sequence[str]]] = {
        "butler_core_custom_command": ("by",),
        "butler_core_reminder": ("person",),
    }
    commands = BasicsCommands

    async def start(self) -> None:
        """Read the guilds' own commands: every message that looks like one is compared with them."""
        self.random = random.Random()  # noqa: S311 - dice, not keys
        self.custom: dict[str, dict[str, str]] = {}
        for guild, name, text in await self.host.db.read(tables.everything):
            self.custom.setdefault(guild, {})[name] = text

    async def on_message(self, message: Message) -> Stop | None:
        """Answer a guild's own command; the host has none of that name."""
        if not message.text.startswith(("/", "!")) or message.author.bot or message.guild.id not in self.custom:
            return None
        match = _CALLED.fullmatch(message.text)
        if match is None or match[1].casefold() not in self.custom[message.guild.id]:
            return None
        said = await self.say(match[1].casefold(), message.channel, message.author, match[2] or "")
        await message.reply(said)
        return Stop(f"it is the guild's own command {match[1].casefold()}")

    async def say(self, name: str, channel: Channel, person: Person, typed: str) -> str:
        """What a guild's own command says. Raises ``CommandError`` if there is none of that name."""
        guild = channel.guild
        text = self.custom.get(guild.id, {}).get(name.casefold())
        if text is None:
            raise CommandError(
                f"there is no command “{name[:32]}” of this guild's own", remedy="`custom list` shows them"
            )
        uses = await self.host.db.read(partial(tables.uses, guild.id, name.casefold())) + 1
        self.host.db.defer(partial(tables.used, guild.id, name.casefold()))
        values = {"person": person.name, "guild": guild.name, "channel": channel.name, "uses": str(uses)}
        return fill(text, values, typed, self.random.choice) or "…"

    async def write(self, name: str, text: str, channel: Channel, by: Person) -> str:
        """Add or change one. Raises ``CommandError`` with what is wrong."""
        name = name.casefold().lstrip("/!")
        guild = channel.guild.id
        mine = self.custom.get(guild, {})
        if not _NAME.fullmatch(name):
            raise CommandError("a command's name is one word of letters, digits, - and _", remedy="choose another name")
        if len(text) > 2000:
            raise CommandError(f"a text has at most 2000 characters, not {len(text)}")
        most = self.settings_for(channel).custom_commands_most
        if name not in mine and len(mine) >= most:
            raise CommandError(f"there are {most} already", remedy="remove one, or raise custom_commands_most")
        check(text)
        await self.host.db.write(partial(tables.save, guild, name, text, by.id))
        self.custom.setdefault(guild, {})[name] = text
        return name

    async def remove(self, name: str, guild: str) -> None:
        """Delete one. Raises ``CommandError`` if there is none of that name."""
        if self.custom.get(guild, {}).pop(name.casefold(), None) is None:
            raise CommandError(
                f"there is no command “{name[:32]}” of this guild's own", remedy="`custom list` shows them"
            )
        await self.host.db.write(partial(tables.drop, guild, name.casefold()))

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """The commands that somebody wrote, and what they want to be reminded of."""
        commands = await self.host.db.read(partial(tables.by_person, person))
        return {"custom_commands": commands, "reminders": await self.host.db.read(partial(reminders.exported, person))}

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """Reminders go; commands stay the guild's, and whose they were is forgotten."""
        rows = await self.host.db.read(partial(reminders.of_person, (person,)))
        for row in rows:
            await self.host.schedule.cancel(f"reminder {row.id}")
            await self.host.db.write(partial(reminders.drop, row.id))
        written = await self.host.db.write(partial(tables.forget, person, replacement))
        return {"butler_core_custom_command": written, "butler_core_reminder": len(rows)}
