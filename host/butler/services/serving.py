"""What platforms need besides the services that every plugin has: ``self.host.serving``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from butler.declare import ContextCommand
from butler.model import Channel, Guild, Person
from butler.services.commands import CommandSpec

if TYPE_CHECKING:
    from butler.host import Host


class Serving:
    """People, commands and what was done already, for one host's platforms."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def know(self, guild: Guild, *people: Person) -> None:
        """Remember people whom a command names, so that they are found by their ids."""
        for person in people:
            self._host.places.know(guild, person)

    def commands_in(self, guild: str, channel: str = "") -> Sequence[CommandSpec]:
        """The commands that are enabled there, for platforms with commands of their own."""
        return self._host.commands.tree(self._host.settings.enabled(guild, channel))

    def context_commands_in(self, guild: str) -> Sequence[tuple[str, ContextCommand]]:
        """The right-click commands that are enabled there, with their plugins' names."""
        return self._host.commands.contexts(self._host.settings.enabled(guild))

    async def complete(
        self, person: Person, channel: Channel, path: Sequence[str], option: str, typed: str
    ) -> Sequence[str]:
        """What may be meant by the beginning of an option, at most 25."""
        return await self._host.commanding.complete(person, channel, tuple(path), option, typed)

    def is_welcome(self, guild: Guild) -> bool:
        """Whether what comes from a guild is taken in; of a new one operators are told (HOST-30)."""
        return self._host.admissions.is_welcome(guild)

    async def was_sent(self, identifier: str) -> bool:
        """Whether the host has noted that something of that id came of one of its own actions."""
        return bool(await self._host.database.query("select 1 from host_outbox where sent = ?", (identifier,)))

    async def reactions_of(self, message: str) -> list[tuple[str, str]]:
        """Who has which reaction on a message, as far as it was told: pairs of a person's id and an emoji."""
        return await self._host.database.query(
            "select person, emoji from host_reactions where target = ? order by person, emoji", (message,)
        )

    async def last_seen(self, platform: str) -> dict[str, str]:
        """Each channel of a platform in which something was said, to the id of the last message that is journaled."""
        rows = await self._host.database.query(
            "select channel, id from host_inbox where seq in (select max(seq) from host_inbox "
            "where kind = 'message' and channel >= ? and channel < ? group by channel)",
            (f"{platform}:", f"{platform};"),
        )
        return dict(rows)

    async def commands_changed(self, guild: str) -> None:
        """Tell the platforms that the commands may have changed in a guild, or (``""``) anywhere."""
        for platform in list(self._host.lifecycle.platforms.values()):
            await self._host.dispatch.guarded(
                platform.name, "commands changed", platform.commands_changed, guild,
                guild="", deadline=2.0, counts=False,
            )  # fmt: skip
