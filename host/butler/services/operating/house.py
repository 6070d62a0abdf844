"""The console's commands that belong to no plugin (LUNA-15)."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from butler.call import Call
from butler.declare import console
from butler.errors import CommandError
from butler.logs.setup import FILE, rotate
from butler.model import Action, Channel, Reply
from butler.plugin import Plugin
from butler.services.commands import HOST
from butler.services.commands.help import detail
from butler.services.commands.usage import usage_of

if TYPE_CHECKING:
    from butler.host import Host

LISTED = 500
"""So many channels are listed at most."""


class Housekeeping(Plugin):
    """The house itself, as its operator sees it."""

    name = HOST

    def __init__(self, host: Host) -> None:
        self._host = host

    @console
    async def help(self, call: Call, command: str = "") -> str:
        """Say which commands there are, or everything about one.

        command: its name
        Example: help send
        """
        commands = self._host.operating.commands
        if command:
            node = commands.find(command, call.enabled)
            if node is None:
                near = commands.suggestion(command, call.enabled, call.person, call.guild)
                raise CommandError(
                    f"there is no command {command!r}", remedy=f"did you mean {near}?" if near else "help lists them"
                )
            return "\n".join(detail(node, "")[:-2]).strip()
        nodes = sorted(commands.allowed(call.enabled, call.person, call.guild), key=lambda node: node.written)
        rows = [(usage_of(node, ""), node.summary) for node in nodes]
        return columns(rows)

    @console
    async def status(self, call: Call) -> str:
        """Say how the host is: plugins, platforms, what waits.

        Example: status
        """
        host = self._host
        problems = [f"{name}: {reason}" for name, reason in sorted(host.lifecycle.problems.items())]
        platforms = [f"{name} as {each.account or '?'}" for name, each in sorted(host.lifecycle.platforms.items())]
        rows = [
            ("host", f"butler {version('butler-host')}, data in {host.data}"),
            ("plugins", ", ".join(sorted(host.lifecycle.plugins)) or "none"),
            ("platforms", ", ".join(platforms) or "none"),
            ("personas", str(len(list(host.personas)))),
            ("waiting", f"{host.queues.waiting} to be looked at, {host.delivery.waiting} to be sent"),
            *(("problem", problem) for problem in problems),
        ]
        return columns(rows)

    @console
    async def list_personas(self, call: Call) -> str:
        """List the personas, with their models, accounts and homes.

        Example: list_personas
        """
        personas = sorted(self._host.personas, key=lambda persona: persona.name)
        main = self._host.personas.main
        return columns(
            [
                (
                    persona.name,
                    ", ".join(persona.model),
                    ", ".join(persona.accounts.values()) or "-",
                    ", ".join(persona.channels) or ("everywhere" if persona.name == main else "nowhere"),
                )
                for persona in personas
            ]
        )

    @console
    async def list_channels(self, call: Call, words: str = "") -> str:
        """List the channels that the host knows.

        words: only those whose name or id contains this
        Example: list_channels hall
        """
        found = [
            channel for channel in self._channels() if words.casefold() in f"{channel.name} {channel.id}".casefold()
        ]
        rows = [(channel.id, channel.name or "-", f"{channel.members} there") for channel in found[:LISTED]]
        return columns(rows) if rows else "none"

    @console
    async def send(self, call: Call, channel: str, *, persona: str = "", text: str) -> str:
        """Say something in a channel, in the host's own voice or a persona's.

        channel: its id or its name
        persona: who says it
        Example: send hall Dinner is served.
        Example: send hall --persona Scout The coast is clear.
        """
        place = self.channel(channel)
        if persona and self._host.personas.get(persona) is None:
            raise CommandError(f"there is no persona named {persona}", remedy="list_personas lists them")
        if not await self._host.acts.act_now("host", Action("send", place.id, reply=Reply(text, persona=persona))):
            raise CommandError(f"that could not be said in {channel}", remedy="see `butler logs`")
        return ""

    @send.complete("channel")
    async def _channel(self, call: Call, typed: str) -> list[str]:
        return self.near_channels(typed)

    @console
    async def fetch_all(self, call: Call, channel: str) -> str:
        """Read a channel's whole history into the message log; as often as you like, nothing is kept twice.

        channel: its id or its name
        Example: fetch_all hall
        Example: fetch_all hall &
        """
        return await self._fetched(call, channel, whole=True)

    @console
    async def fetch_new(self, call: Call, channel: str) -> str:
        """Read what was said in a channel since it was fetched the last time.

        channel: its id or its name
        Example: fetch_new hall
        """
        return await self._fetched(call, channel, whole=False)

    async def _fetched(self, call: Call, channel: str, *, whole: bool) -> str:
        seen, new = await self._host.archive.fetch(self.channel(channel), call.progress, whole=whole)
        return f"{seen} messages, {new} of them new"

    @fetch_all.complete("channel")
    async def _all(self, call: Call, typed: str) -> list[str]:
        return self.near_channels(typed)

    @fetch_new.complete("channel")
    async def _new(self, call: Call, typed: str) -> list[str]:
        return self.near_channels(typed)

    @console
    async def export_log(self, call: Call, file: str, *, channel: str = "") -> str:
        """Write the message log into a new file, .csv or .jsonl.

        file: where to
        channel: only this one
        Example: export_log log.jsonl
        Example: export_log hall.csv --channel hall
        """
        where = self.channel(channel).id if channel else ""
        return f"{await self._host.archive.export(Path(file), call.progress, channel=where)} messages are in {file}"

    @console
    async def import_log(self, call: Call, file: str) -> str:
        """Read a message log that was exported, .csv or .jsonl. Nothing is answered, nothing is kept twice.

        file: where from
        Example: import_log log.jsonl
        """
        new, known, old = await self._host.archive.load(Path(file), call.progress)
        days = self._host.config.host.message_days
        return f"{new} new, {known} known already" + (f", {old} older than {days:g} days (message_days)" if old else "")

    @console
    async def rotate_logs(self, call: Call) -> str:
        """Begin a new log file; the older ones are kept beside it.

        Example: rotate_logs
        """
        if not await asyncio.to_thread(rotate, self._host.data):
            raise CommandError("no log is written here", remedy="rotate it on the host that runs")
        return f"a new {FILE} is begun"

    @console(aliases=("quit",))
    async def exit(self, call: Call) -> str:
        """Leave the console. The host goes on.

        Example: exit
        """
        return ""

    # --- channels by name ---------------------------------------------------------------------------

    def channel(self, text: str) -> Channel:
        """The channel that a text means. Raises ``CommandError`` where it is none, or several."""
        channels = self._channels()
        exact = [each for each in channels if text in {each.id, each.id.partition(":")[2]}]
        wanted = text.removeprefix("#").casefold()
        found = exact or [each for each in channels if each.name and each.name.casefold() == wanted]
        if len(found) == 1:
            return found[0]
        listed = ", ".join(each.id for each in found[:5])
        raise CommandError(
            f"{text!r} is {'the name of several channels' if found else 'no channel that the host knows'}",
            remedy=f"give one of these ids: {listed}" if found else "list_channels lists them",
        )

    def near_channels(self, typed: str) -> list[str]:
        """Names and ids of channels that begin like this."""
        names = itertools.chain.from_iterable((each.name, each.id) for each in self._channels())
        return [name for name in names if name and " " not in name and name.casefold().startswith(typed.casefold())]

    def _channels(self) -> list[Channel]:
        places = self._host.places
        return [channel for guild in places.guilds for channel in places.channels_of(guild.id)]


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows with aligned columns; the last one is as long as it is."""
    widths = [max(map(len, column)) for column in itertools.zip_longest(*rows, fillvalue="")]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        lines.append("  ".join([*cells, row[-1]]).rstrip())
    return "\n".join(lines)
