"""/persona talk: whom a conversation is with (HOST-13, HOST-14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from butler.call import Call
from butler.errors import CommandError
from butler.model import Persona, Reply
from butler.services.commands.near import nearest

if TYPE_CHECKING:
    from butler.host import Host


async def reachable(host: Host, call: Call) -> list[Persona]:
    """The personas that somebody may talk to: those of nowhere in particular, and of where they are at home."""
    rows = await host.database.query("select guild from host_people where id = ?", (call.person.id,))
    homes = {call.channel.id, call.guild.id, call.platform, "*", *(guild for (guild,) in rows)}
    return [each for each in host.personas if not each.channels or homes & set(each.channels)]


async def talk(host: Host, call: Call, name: str) -> Reply:
    """Hand the conversation over; the persona says hello. Raises ``CommandError`` with whom one could talk to."""
    wanted = " ".join(name.split()).casefold()
    there = await reachable(host, call)
    called = {spelt.casefold(): each for each in there for spelt in (*each.handles, each.label, each.name)}
    found = called.get(wanted)
    if found is None:
        near = nearest(wanted, list(called))
        names = ", ".join(sorted(each.name for each in there))
        meant = f"did you mean {called[near].name}?" if near else f"you can talk to: {names}"
        raise CommandError(f"I know nobody called {name[:40]}", remedy=meant)
    await host.personas.partners.hand_over(call.channel, found.name, call.person)
    return Reply(found.greeting or f"Hello, this is {found.label}.", persona=found.name)
