"""Export and forget for a person: the host and every plugin, with a receipt and a second look (HOST-22)."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from butler.clock import Clock
from butler.plugin import Plugin
from butler.services.identity.links import Links
from butler.services.privacy import columns, files, held
from butler.services.privacy.forgetting import Forgetting, Keeper, fenced
from butler.services.privacy.forgotten import Forgotten
from butler.services.privacy.identity import Identity
from butler.services.privacy.receipt import Receipt, merged, things_in
from butler.store.database import Database
from butler.store.search import Search

log = structlog.get_logger("butler.privacy")


class Privacy:
    """What a host does when somebody asks what it knows, or to be forgotten.

    ``plugins`` gives those that are loaded, by name: all that have tables, wherever they are enabled. For
    tables of others the host goes by the columns that they declared (:meth:`register`). ``keepers`` are
    services of the host, ``search`` its index.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        data: Path,
        plugins: Callable[[], Mapping[str, Plugin]],
        *,
        search: Search,
        links: Links | None = None,
        keepers: Mapping[str, Keeper] | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._data = data
        self._plugins = plugins
        self._search = search
        self._links = links
        self._keepers = dict(keepers or {})
        self._forgotten = Forgotten(data)
        self._one_at_a_time = asyncio.Lock()

    async def start(self) -> None:
        """Make the table of declared columns."""
        await self._database.submit(columns.create, None)

    async def register(self, plugin: Plugin) -> None:
        """A plugin is up: keep which of its columns hold person ids, for when its package is gone."""
        await self._database.submit(columns.put, (plugin.name, plugin.person_columns))

    async def drop(self, plugin: str) -> None:
        """A plugin's tables are gone: its columns need not be kept."""
        await self._database.submit(columns.put, (plugin, {}))

    def _accounts(self, person: str) -> list[str]:
        """The one that was named first, then those that are linked with it."""
        linked = self._links.accounts(person) if self._links is not None else ()
        return list(dict.fromkeys((person, *linked)))

    async def export(self, person: str) -> dict[str, Any]:
        """Everything that is kept about a person, as plain JSON: the host's part, and one for each plugin.

        What stands under linked accounts is in ``linked``, one for each.
        """
        first, *others = self._accounts(person)
        found = await self._export(first)
        return {**found, "linked": [await self._export(each) for each in others]} if others else found

    async def _export(self, person: str) -> dict[str, Any]:
        plugins = self._plugins()
        host = await held.export(self._database, person)
        for name, keeper in self._keepers.items():
            if things_in(found := await keeper.export(person)):
                host[name] = found
        parts = {name: await self._exported(plugin, person) for name, plugin in sorted(plugins.items())}
        parts.update(await columns.export(self._database, person, plugins.keys()))
        return {"person": person, "at": self._clock.now().isoformat(), "host": host, "plugins": parts}

    async def _exported(self, plugin: Plugin, person: str) -> Any:
        found, problem = await fenced(plugin.name, "export", plugin.export_person(person))
        return {"problem": problem} if problem else found

    async def forget(self, person: str) -> Receipt:
        """Have the host and every plugin forget a person, look again, and say what came of it.

        Messages lose their text and author, ledgers and bans keep their sums under a random id. What a
        plugin leaves behind the host replaces itself. What fails is named with a remedy, nothing is raised
        for it; to try again is harmless. With an account all that are linked with it are forgotten.
        """
        async with self._one_at_a_time:
            receipts = [await self._forget(account) for account in self._accounts(person)]
        receipt = merged(receipts)
        log.info("a person was forgotten", receipt=receipt.person, complete=receipt.complete, accounts=len(receipts))
        return receipt

    async def _forget(self, person: str) -> Receipt:
        at = self._clock.now()
        name = await asyncio.to_thread(self._forgotten.add, person, at.timestamp())
        who = Identity(person)
        plugins = self._plugins()
        forgetting = Forgetting(self._database, self._keepers, who)
        lines = [await forgetting.plugin(plugin) for _, plugin in sorted(plugins.items())]
        lines.append(await forgetting.host())
        lines = await forgetting.sweep(lines, plugins.keys())
        left, note = await self._look_at_files(who)
        return Receipt(name[:12], at, who.replacement, tuple(lines), left, note)

    async def _look_at_files(self, who: Identity) -> tuple[dict[str, str], str]:
        begin_so = [other for other in await columns.people(self._database) if other.startswith(who.person)]
        others = [form for other in begin_so for form in Identity(other).forms if other != who.person]
        await asyncio.to_thread(files.blot_out_of_logs, self._data, who.forms, others)
        await self._search.scrub()
        found = await asyncio.to_thread(files.scan, self._data, who.forms, others)
        if self._database.dialect == "sqlite" and any(name.startswith("butler.db") for name in found):
            await self._database.exclusive(lambda link: link.execute("vacuum").fetchall())
            await self._search.scrub()
            found = await asyncio.to_thread(files.scan, self._data, who.forms, others)
        note = ""
        if self._database.dialect == "postgresql":
            note = "the bytes of PostgreSQL's own files are not looked at; its VACUUM overwrites what was deleted"
        return {name: _verdict(name, count) for name, count in found.items()}, note

    async def apply_forgotten(self, since: dt.datetime | None = None) -> list[Receipt]:
        """Forget again whoever was forgotten (since then): after a backup was put in place. Returns the receipts."""
        listed = await asyncio.to_thread(self._forgotten.read)
        wanted = {name for name, at in listed.items() if since is None or at >= since.timestamp()}
        if not wanted:
            return []
        people = await columns.people(self._database)
        hashes = await asyncio.to_thread(lambda: {person: self._forgotten.hash(person) for person in people})
        return [await self.forget(person) for person, name in sorted(hashes.items()) if name in wanted]

    async def apply_restored(self) -> list[Receipt]:
        """At the start: where a backup was put in place (:func:`carry_over`), forget again who was forgotten since."""
        made = await asyncio.to_thread(lambda: self._forgotten.pending)
        if made is None:
            return []
        receipts = await self.apply_forgotten(dt.datetime.fromtimestamp(made, dt.UTC))
        await asyncio.to_thread(self._forgotten.settled)
        return receipts


def _verdict(name: str, count: int) -> str:
    if ".before-" in name:
        return f"{count} places in a copy from before a migration; delete the file when you no longer need it"
    if name.startswith("butler.db"):
        return f"{count} places; run `butler forget` again when what is named above is mended"
    return f"{count} places; delete the file"
