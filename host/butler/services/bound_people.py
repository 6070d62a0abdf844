"""People and personas as one plugin sees them, in ``self.host``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from butler.config.hours import over_at
from butler.model import Channel, Guild, Message, Person, Persona, Rank
from butler.services.admissions import State
from butler.services.cast import Residences
from butler.services.commands import MenuPart
from butler.services.identity import Who
from butler.services.pushes import Quiet
from butler.services.sessions import Sessions
from butler.store.remarks import remark

if TYPE_CHECKING:
    from butler.host import Host


class BoundPeople:
    """Who is who, and who wants what."""

    _host: Host

    def rank(self, person: Person, guild: Guild) -> Rank:
        """What the person may do in a guild."""
        return self._host.permissions.rank(person, guild)

    async def person(self, identifier: str, guild: Guild | None = None) -> Person:
        """A person by id; a bare one if nothing is known of them."""
        return await self._host.places.known(identifier, guild.id if guild else "")

    def who(self, person: Person | str) -> Who:
        """The person behind an account: an id to count and compare by, and all their accounts to look for."""
        return self._host.links.who(person)

    async def people(self, name: str, channel: Channel) -> list[Person]:
        """Whom a typed name may mean in a channel; the exact ones, else those whose name begins with it."""
        return await self._host.places.person(name, channel)

    def admitted(self, guild: Guild) -> State:
        """Whether the host answers in a guild: ``allowed``, ``refused``, or ``asked`` while an operator has no word."""
        return self._host.admissions.of(guild.id).state

    def menu(self, person: Person, guild: Guild) -> Sequence[MenuPart]:
        """The commands that somebody may use in a guild, plugin by plugin."""
        return self._host.commands.menu(self._host.settings.enabled(guild.id), person, guild)

    def direct(self, person: Person) -> Channel | None:
        """The direct conversation with somebody, if there is one already."""
        contact = self._host.contacts.of(person.id)
        return self._host.places.at(contact.channel) if contact.channel else None

    def is_night(self, person: Person, guild: Guild | None = None) -> bool:
        """Whether it is the time (``quiet_hours``) in which somebody is told nothing unasked."""
        place = guild.id if guild else ""
        told = self._host.settings.for_("host", place, "", person.id)
        zone = self._host.settings.zone(place, "", person.id)
        return over_at(told.quiet_hours, self._host.clock.now(), zone) is not None

    @property
    def quiet(self) -> Quiet:
        """Who wants to be told nothing that they did not ask for; pushes look at it by themselves."""
        return self._host.quiet


class BoundPersonas:
    """Who speaks for the host."""

    _host: Host
    plugin: str

    @property
    def sessions(self) -> Sessions:
        """Talks among personas, each with a budget of turns instead of the rules against loops."""
        return self._host.sessions

    @property
    def residences(self) -> Residences:
        """Personas that are in a channel, or away from it, for a while."""
        return self._host.personas.residences

    async def hand_over(self, channel: Channel, persona: str, by: Person) -> None:
        """From now on a conversation of two is with a persona (the host's main one takes it back).

        Raises ``CommandError`` for one that is unknown, and where more than two take part.
        """
        await self._host.personas.partners.hand_over(channel, persona, by)

    def partner(self, channel: Channel) -> str:
        """The name of whom a conversation of two is with, or ``""``."""
        personas = self._host.personas
        return personas.partners.among(channel, personas.living_in(channel))

    @property
    def personas(self) -> Sequence[Persona]:
        """All personas of this host."""
        return tuple(self._host.personas)

    def living(self, channel: Channel) -> Sequence[Persona]:
        """The personas that may speak in a channel now."""
        return self._host.personas.living_in(channel)

    @property
    def main(self) -> str:
        """The name of the persona that lives wherever the host's own account is."""
        return self._host.personas.main

    async def settle(self, persona: str, channel: str, *, here: bool) -> None:
        """A persona lives in a channel from now on, or no longer: its account came or went."""
        await self._host.personas.settle(persona, channel, here=here)

    async def spawn(self, persona: Persona, who: str) -> Persona:
        """Bring a persona to life; ``who`` stands in the audit log. Raises ``CommandError`` where it may not."""
        return await self._host.spawning.spawn(persona, who)

    async def revise(self, persona: Persona, who: str) -> Persona:
        """Have a spawned persona be as given from the next message on. Raises ``CommandError`` where it was none."""
        return await self._host.spawning.revise(persona, who)

    def living_in(self, channel: Channel) -> Sequence[Persona]:
        """The personas that may speak in a channel now."""
        return self._host.personas.living_in(channel)

    async def addressed(self, message: Message) -> Mapping[str, str]:
        """Whom of those who live there a message addresses by a name, a mention or as a reply, in that order.

        Persona names to how (``"is named"``); empty where no name settles it.
        """
        return (await self._host.pipeline.addressed(message)).how

    async def remark(self, message: str, text: str) -> bool:
        """Add to the decision record of a message (by its id) what came of it later: ``butler why`` tells it.

        False while there is no record yet: it is written when all turns of the message have ended.
        """
        row = (message, self.plugin, self._host.config.secrets.scrub(text))
        return bool(await self._host.database.submit(remark, row))

    async def despawn(self, persona: str, who: str) -> None:
        """Have a persona leave for good. Raises ``CommandError`` if it is unknown or stands in a file."""
        await self._host.spawning.despawn(persona, who)
