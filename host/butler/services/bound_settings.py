"""Settings, time zones and budgets as one plugin sees them, in ``self.host``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from butler.model import Channel, Guild, Message, Person, Rank

if TYPE_CHECKING:
    from butler.host import Host


class BoundSettings:
    """What holds where; a plugin's commands may change what its guild has settled."""

    _host: Host
    plugin: str

    def settings(self, place: Message | Channel | Guild | None = None, person: Person | None = None) -> Any:
        """This plugin's settings that hold in a place, for a person."""
        channel = place.channel if isinstance(place, Message) else place
        who = person or (place.author if isinstance(place, Message) else None)
        return self._host.settings.for_(
            self.plugin,
            guild=channel.guild.id if isinstance(channel, Channel) else channel.id if channel else "",
            channel=channel.id if isinstance(channel, Channel) else "",
            person=who.id if who else "",
        )

    def zone(self, guild: Guild | None = None, person: Person | None = None) -> ZoneInfo:
        """The time zone that holds in a guild, or for a person there."""
        return self._host.settings.zone(guild.id if guild else "", "", person.id if person else "")

    async def set_budget(self, guild: Guild, what: str, amount: float | None, by: Person) -> None:
        """A manager limits what models may be asked for in a guild: ``what`` is ``person_day_tokens`` and the like.

        ``amount``: ``None`` takes the guild's own limit back. Raises ``CommandError`` where they may not, where there
        is no such budget, and where a farther level allows less.
        """
        self._host.permissions.check(by, guild, rank=Rank.MANAGER)
        if amount is None:
            await self._host.settings.unset("guild", guild.id, "host", f"budget_{what}", by.id)
        else:
            await self._host.settings.set("guild", guild.id, "host", f"budget_{what}", f"{amount:g}", by.id)

    async def change_setting(self, guild: Guild, key: str, value: str, by: Person) -> Any:
        """Settle something of this plugin's own for a guild, as ``/plugins settings`` does; check who asks before.

        ``value`` is written as a person would type it, lists with commas between. Returns the value as it is used now.
        Raises ``CommandError`` with the reason.
        """
        return await self._host.settings.set("guild", guild.id, self.plugin, key, value, by.id)
