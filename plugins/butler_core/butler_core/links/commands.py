"""``/links`` and ``/images``."""

from __future__ import annotations

from functools import partial

from butler import Call, CommandError, Listing, command

from butler_core.feature import Commands
from butler_core.links import tables


class LinksCommands(Commands):
    """What was linked."""

    @command
    async def links(self, call: Call, *, query: str = "") -> Listing:
        """List what was linked here, the newest first, each once.

        query: words of the address or of what was said with it
        Example: /links recipe
        """
        return await self._collected(call, query, pictures=False)

    @command
    async def images(self, call: Call, *, query: str = "") -> Listing:
        """List the images that were shown here, the newest first, each once.

        query: words of the address or of what was said with it
        Example: /images cat
        """
        return await self._collected(call, query, pictures=True)

    async def _collected(self, call: Call, query: str, *, pictures: bool) -> Listing:
        if call.channel.dm:
            raise CommandError("This is asked in a guild's channel, about that guild")
        rows = await self.host.db.read(partial(tables.found, call.guild.id, query[:200], pictures=pictures))
        lines = []
        for row in rows:
            person, channel = await self.host.person(row.person, call.guild), self.host.channel(row.channel)
            where = f", #{channel.name.lstrip('#')}" if channel is not None and channel.name else ""
            times = f", {row.times} times" if row.times > 1 else ""
            lines.append(f"<{row.address}> ({person.name}{where}{times})")
        what = "Images" if pictures else "Links"
        empty = f"No {what.casefold()} with “{query[:40]}”." if query else f"No {what.casefold()} yet."
        return Listing(lines, what, empty=empty)
