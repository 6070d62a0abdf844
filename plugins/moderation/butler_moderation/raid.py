"""A guard against raids: when too many come at once the door is locked, and one command opens it again (MOD-3)."""

from __future__ import annotations

from collections import deque
from functools import partial

from butler import Action, Button, Call, Channel, CommandError, Event, Guild, Person, Plugin, Rank, action, command

from butler_moderation import door_tables as table
from butler_moderation.settings import Settings
from butler_moderation.telling import Telling

MOST_JOINS = 1_000
"""Of one guild so many are remembered."""


class Raids:
    """Counts who joins, and holds whoever comes through a locked door."""

    def __init__(self, plugin: Plugin, telling: Telling) -> None:
        self._plugin = plugin
        self._host = plugin.host
        self._telling = telling
        self._joins: dict[str, deque[tuple[float, str]]] = {}
        self._locked: set[str] = set()

    async def start(self) -> None:
        """Read which doors are locked."""
        self._locked = set(await self._host.db.read(table.locked))

    def is_locked(self, guild: Guild) -> bool:
        """Whether a guild's door is locked."""
        return guild.id in self._locked

    async def joined(self, event: Event, person: Person, place: Channel) -> None:
        """Somebody came; the one too many locks the door."""
        settings: Settings = self._plugin.settings_for(event.guild)
        if person.bot:
            return
        if self.is_locked(event.guild):
            await self._hold(person.id, place, settings)
            return
        joins = self._joins.setdefault(event.guild.id, deque(maxlen=MOST_JOINS))
        joins.append((event.at.timestamp(), person.id))
        while joins and joins[0][0] <= joins[-1][0] - settings.raid_seconds:
            joins.popleft()
        if settings.raid_joins and len(joins) > settings.raid_joins:
            why = f"{len(joins)} people joined within {settings.raid_seconds:g} s"
            await self.lock(place, why, [who for _, who in joins])
            joins.clear()

    async def lock(self, place: Channel, why: str, people: list[str]) -> None:
        """Lock a guild's door, once, hold those who just came, and tell the managers."""
        guild = place.guild
        if self.is_locked(guild):
            return
        self._locked.add(guild.id)
        settings: Settings = self._plugin.settings_for(guild)
        at = self._host.clock.now().timestamp()
        self._host.db.defer(partial(table.lock, guild.id, at, why))
        for person in people:
            await self._hold(person, place, settings)
        how = self._how(place, settings)
        text = f"**Raid**: {why}. The door is locked: {how}. `/raid off` opens it again."
        await self._telling.log(place, text, f"raid {guild.id} {at}", (Button("Open the door", "raid-off", guild.id),))

    def _how(self, place: Channel, settings: Settings) -> str:
        if settings.raid_kick:
            can = self._host.can("kick", place)
            return "whoever joins is put out" if can else "but I cannot put anybody out"
        if not settings.verify_role:
            return "but no verification role is set, so newcomers are only counted"
        can = self._host.can("roles", place)
        return "whoever joins gets the verification role" if can else "but roles cannot be given here"

    async def _hold(self, person: str, place: Channel, settings: Settings) -> None:
        data = {"reason": "the door is locked"}
        if settings.raid_kick:
            if self._host.can("kick", place):
                await self._host.act(Action("kick", place.id, person, data=data))
        elif settings.verify_role and self._host.can("roles", place):
            await self._host.act(Action("roles", place.id, person, data={**data, "add": [settings.verify_role]}))
            self._host.db.defer(partial(table.hold, place.guild.id, person, settings.verify_role))

    async def unlock(self, place: Channel, by: str) -> int:
        """Open the door, and let in those who wait; how many that were. Raises ``CommandError`` if it is open."""
        if not self.is_locked(place.guild):
            raise CommandError("The door is open.")
        held = await self._host.db.read(partial(table.held, place.guild.id))
        self._locked.discard(place.guild.id)
        for person, role in held:
            data = {"reason": "the door is open again", "remove": [role]}
            await self._host.act(Action("roles", place.id, person, data=data))
        self._host.db.defer(partial(table.unlock, place.guild.id))
        key = f"open {place.guild.id} {self._host.clock.now().timestamp()}"
        await self._telling.log(place, f"The door is open again, by {by}; {len(held)} people were let in.", key)
        return len(held)


class RaidCommands(Plugin):
    """What managers do about raids."""

    raids: Raids

    @command(rank=Rank.MANAGER, ephemeral=True, default_name="show")
    async def raid(self, call: Call) -> str:
        """Say whether the door is locked."""
        settings = call.settings
        usual = f"It is locked when more than {settings.raid_joins} join within {settings.raid_seconds:g} s."
        return f"The door is {'locked' if self.raids.is_locked(call.guild) else 'open'}. {usual}"

    @raid.command(rank=Rank.MANAGER, ephemeral=True)
    async def on(self, call: Call) -> str:
        """Lock the door now."""
        if self.raids.is_locked(call.guild):
            raise CommandError("The door is locked already.")
        await self.raids.lock(call.channel, f"locked by {call.person.name}", [])
        return "The door is locked."

    @raid.command(rank=Rank.MANAGER, ephemeral=True)
    async def off(self, call: Call) -> str:
        """Open the door again, and let in those who wait."""
        return f"The door is open again; {await self.raids.unlock(call.channel, call.person.name)} people were let in."

    @action("raid-off", rank=Rank.MANAGER, ephemeral=True)
    async def _opened(self, call: Call, value: str) -> str:
        """Open it by the button below the alert."""
        return f"The door is open again; {await self.raids.unlock(call.channel, call.person.name)} people were let in."
