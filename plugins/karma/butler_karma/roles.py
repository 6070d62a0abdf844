"""Roles that karma brings and takes: looked at on a tick, where the ledger has grown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import partial

from butler import Action, Channel, Guild, Person, Plugin

from butler_karma import tables
from butler_karma.settings import Settings


class Roles:
    """Keeps the roles of each guild as the karma there says."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._host = plugin.host
        self._seen: dict[str, tuple[int, Mapping[str, int]]] = {}
        """Each guild's last row that was looked at, and the thresholds then."""

    def tick(self, guild: Guild, now: dt.datetime) -> None:
        """Look whether somebody has passed a threshold."""
        settings: Settings = self._plugin.settings_for(guild)
        if settings.roles_from:
            self._plugin.scope.task(self._look(guild, settings.roles_from, now), "roles")

    async def _look(self, guild: Guild, wanted: Mapping[str, int], now: dt.datetime) -> None:
        seen, before = self._seen.get(guild.id, (0, {}))
        newest = await self._host.db.read(partial(tables.newest, guild.id, seen if before == wanted else 0))
        channel = next((each for each in self._host.channels if each.guild.id == guild.id), None)
        if not newest or channel is None or not self._host.can("roles", channel):
            return
        there = await self._host.roles(guild)
        ids = {name: role for role, name in there.items()} | {role: role for role in there}
        levels = {ids[name]: least for name, least in wanted.items() if name in ids}
        if unknown := [name for name in wanted if name not in ids]:
            self._host.log.warning("roles for karma that do not exist here", guild=guild.id, roles=unknown)
        has: dict[str, int] = {}
        for target, amount in await self._host.db.read(partial(tables.sums, guild.id, 0.0)):
            if target.partition(":")[0] == guild.platform:
                who = self._host.who(target).id
                has[who] = has.get(who, 0) + int(amount)
        for who, karma in has.items():
            for account in self._host.who(who).accounts:
                if account.partition(":")[0] == guild.platform:
                    await self._adjust(channel, await self._host.person(account, guild), karma, levels, newest)
        self._seen[guild.id] = newest, dict(wanted)

    async def _adjust(
        self, channel: Channel, person: Person, karma: int, levels: Mapping[str, int], newest: int
    ) -> None:
        due = {role for role, least in levels.items() if karma >= least}
        add, remove = sorted(due - set(person.roles)), sorted((levels.keys() - due) & set(person.roles))
        if add or remove:
            data = {"add": add, "remove": remove, "reason": f"{karma} karma"}
            await self._host.act(Action("roles", channel.id, person.id, data=data), f"roles {person.id} {newest}")
