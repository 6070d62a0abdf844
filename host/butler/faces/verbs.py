"""What the command line asks of a host, whether it runs (through the control socket) or not (on its data)."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import attrs

from butler.config.load import renewed
from butler.config.writing import Level
from butler.engine.faults import cleaned
from butler.errors import ButlerError, CommandError
from butler.faces.console import HISTORY, YOU
from butler.faces.control import Tell, Verb
from butler.faces.doctor_host import host_checks
from butler.faces.keys import dotenv_of
from butler.faces.recorded import why
from butler.faces.verbs_models import ModelVerbs
from butler.model import Persona
from butler.store.codec import converter
from butler.store.database import Database

if TYPE_CHECKING:
    from butler.host import Host

Args = Mapping[str, Any]


def text(args: Args, name: str, default: str | None = None) -> str:
    """A text among the arguments. Raises ``ButlerError`` where it is missing, no text, or endless."""
    value = args.get(name, default)
    if not isinstance(value, str) or len(value) > 10_000:
        raise ButlerError(f"the argument {name!r} is missing or no text", remedy=f'send "args": {{"{name}": "…"}}')
    return value


class Verbs:
    """The verbs of one host; each takes plain JSON and gives plain JSON."""

    def __init__(self, host: Host, *, running: bool) -> None:
        self._host = host
        self._running = running
        self._started = time.monotonic()

    @property
    def all(self) -> dict[str, Verb]:
        """Every verb by name: what is not here is refused."""
        return {name: self._discreet(verb) for name, verb in self._verbs.items()}

    def _discreet(self, verb: Verb) -> Verb:
        """No error says what is secret."""

        async def run(args: Args, tell: Tell) -> Any:
            try:
                return await verb(args, tell)
            except ButlerError as error:
                raise cleaned(error, self._host.config.secrets.scrub) from error.__cause__

        return run

    @property
    def _verbs(self) -> dict[str, Verb]:
        return {
            "status": self.status,
            "plugins.list": self.plugins,
            "plugins.enable": self.enable,
            "plugins.disable": self.disable,
            "personas.list": self.personas,
            "personas.show": self.persona,
            "why": self.why,
            "doctor": self.doctor,
            "config.changes": self.changes,
            "keys.renew": self.renew_keys,
            "export": self.export,
            "forget": self.forget,
            **ModelVerbs(self._host).all,
            "console": self.console,
            "console.complete": self.complete,
        }

    async def status(self, args: Args, tell: Tell) -> dict[str, Any]:
        """Who runs here, since when, with what."""
        host = self._host
        return {
            "pid": os.getpid(),
            "version": version("butler-host"),
            "data": str(host.data),
            "uptime": round(time.monotonic() - self._started, 1),
            "plugins": sorted(host.lifecycle.plugins),
            "platforms": {name: platform.account for name, platform in host.lifecycle.platforms.items()},
            "waiting": host.queues.waiting,
        }

    async def plugins(self, args: Args, tell: Tell) -> list[dict[str, Any]]:
        """Every installed plugin and how it stands in a guild (and channel), or for the host."""
        host = self._host
        enabled = host.settings.enabled(text(args, "guild", ""), text(args, "channel", ""))
        return [
            {
                "name": name,
                "package": found.distribution,
                "version": found.version,
                "enabled": name in enabled,
                "running": name in host.lifecycle.plugins,
                "problem": host.config.secrets.scrub(host.lifecycle.problems.get(name) or found.problem),
                "quarantined": self._quarantined(name),
            }
            for name, found in sorted(host.lifecycle.known.items())
        ]

    def _quarantined(self, name: str) -> list[dict[str, str]]:
        return [
            {"guild": notice.guild, "reason": notice.reason, "since": notice.since.isoformat(timespec="seconds")}
            for notice in self._host.quarantine.listed()
            if notice.plugin == name
        ]

    async def enable(self, args: Args, tell: Tell) -> dict[str, Any]:
        """Enable a plugin and release it from quarantine."""
        name, (level, place) = self._installed(text(args, "name")), _place(args)
        await self._host.administration.enable(name, level, place, text(args, "who", "cli"))
        return {"name": name, "level": level, "place": place, "enabled": True}

    async def disable(self, args: Args, tell: Tell) -> dict[str, Any]:
        """Disable a plugin; one that is enabled nowhere any more is unloaded, and what it left is named."""
        name, (level, place) = self._installed(text(args, "name")), _place(args)
        await self._host.administration.disable(name, level, place, text(args, "who", "cli"))
        left = await self._host.administration.retire(name)
        return {"name": name, "level": level, "place": place, "enabled": False, "left": left}

    def _installed(self, name: str) -> str:
        known = self._host.lifecycle.known
        if name not in known:
            raise CommandError(
                f"no plugin {name!r} is installed", remedy=f"installed are: {', '.join(sorted(known)) or 'none'}"
            )
        return name

    async def personas(self, args: Args, tell: Tell) -> list[dict[str, Any]]:
        """Every persona: name, model, where it lives."""
        main = self._host.personas.main
        return [
            {
                "name": persona.name,
                "display": persona.label,
                "model": list(persona.model),
                "channels": list(persona.channels) or (["*"] if persona.name == main else []),
                "main": persona.name == main,
            }
            for persona in sorted(self._host.personas, key=lambda each: each.name)
        ]

    async def persona(self, args: Args, tell: Tell) -> dict[str, Any]:
        """Everything about one persona."""
        name = text(args, "name")
        persona = self._host.personas.get(name)
        if persona is None:
            known = ", ".join(sorted(each.name for each in self._host.personas))
            raise CommandError(f"there is no persona named {name!r}", remedy=f"there are: {known}")
        plain: dict[str, Any] = converter().unstructure(persona, Persona)
        return plain

    async def why(self, args: Args, tell: Tell) -> dict[str, Any]:
        """A message's decision record, in data and in words."""
        return await why(self._host.database, text(args, "message"))

    async def doctor(self, args: Args, tell: Tell) -> list[dict[str, Any]]:
        """How everything inside the host stands."""
        found = [attrs.asdict(check) for check in await host_checks(self._host, running=self._running)]
        scrub = self._host.config.secrets.scrub
        return [{**each, "text": scrub(each["text"]), "remedy": scrub(each["remedy"])} for each in found]

    async def renew_keys(self, args: Args, tell: Tell) -> dict[str, Any]:
        """Read variables, `.env` and the keyring anew; what was built anew with them, and what could not be."""
        dotenv = dotenv_of(self._host.config)
        fresh = await asyncio.to_thread(renewed, self._host.config, os.environ, dotenv)
        done = await self._host.renewal.take(fresh)
        problems = [fresh.secrets.scrub(problem) for problem in done.problems]
        return {"file": str(dotenv), "renewed": done.names, "problems": problems}

    async def export(self, args: Args, tell: Tell) -> dict[str, Any]:
        """Everything that is kept about a person."""
        return await self._host.privacy.export(await found_person(self._host.database, text(args, "person")))

    async def forget(self, args: Args, tell: Tell) -> dict[str, Any]:
        """Have everybody forget a person; the receipt, in data and in words."""
        person = await found_person(self._host.database, text(args, "person"))
        receipt = await self._host.privacy.forget(person)
        if person == YOU:
            await asyncio.to_thread((self._host.data / HISTORY).unlink, missing_ok=True)
        return receipt.plain() | {"text": receipt.text}

    async def console(self, args: Args, tell: Tell) -> dict[str, Any]:
        """Run a line of the operator's console."""
        return attrs.asdict(await self._host.operating.run(text(args, "line"), text(args, "who", "cli:?"), tell))

    async def complete(self, args: Args, tell: Tell) -> list[list[Any]]:
        """What may stand at the end of a line of the console that is being typed."""
        found = await self._host.operating.complete(text(args, "line"), text(args, "who", "cli:?"))
        return [list(each) for each in found]

    async def changes(self, args: Args, tell: Tell) -> list[dict[str, Any]]:
        """The settings that were changed at run time, for ``config show`` and ``config export``."""
        guild_of = {channel: self._guild_of(channel) for channel in self._channels()}
        return [
            converter().unstructure(change) | {"guild": guild_of.get(change.place, "")}
            for change in self._host.settings.changes()
        ]

    def _channels(self) -> list[str]:
        return [change.place for change in self._host.settings.changes() if change.level == "channel"]

    def _guild_of(self, channel: str) -> str:
        found = self._host.places.at(channel)
        return found.guild.id if found else ""


async def found_person(database: Database, named: str) -> str:
    """The id of a person, who may be named by it or by a name that only one has. Raises ``CommandError``."""
    if ":" in named:
        return named
    rows = await database.query("select distinct id from host_people where folded = ? limit 10", (named.casefold(),))
    if len(rows) == 1:
        return str(rows[0][0])
    who = ", ".join(str(row[0]) for row in rows)
    raise CommandError(
        f"{named!r} is the name of {'several people' if rows else 'nobody here'}",
        remedy=f"give one of these ids: {who}" if rows else "give an id, such as discord:1234",
    )


def _place(args: Args) -> tuple[Level, str]:
    """The level that the arguments name: a channel, a guild, or the whole host."""
    if channel := text(args, "channel", ""):
        return "channel", channel
    if guild := text(args, "guild", ""):
        return "guild", guild
    return "host", ""
