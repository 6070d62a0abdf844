"""``spawn`` and ``despawn`` in chat, and what the console's commands share with them (LUNA-6, LUNA-9, LUNA-10)."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
from butler import Call, CommandError, Persona, Plugin, Rank, command, tool

from butler_luna_matrix.ids import native, room_and_root
from butler_luna_matrix.ledger import Ledger
from butler_luna_matrix.platform import Matrix
from butler_luna_matrix.wish import Wish, cards, from_card, traits_of

if TYPE_CHECKING:
    from butler_luna_matrix.account import Account
    from butler_luna_matrix.life import Life

HERE = "here"
FINAL = "It leaves for good: its account is deactivated, and the name cannot be had again. Go on?"


class Commands(Plugin):
    """What admins do in chat."""

    @functools.cached_property
    def life(self) -> Life:
        """How personas come and go. Made when it is first needed: without Matrix nobody waits for its library."""
        from butler_luna_matrix.life import Life  # noqa: PLC0415 - nio takes half a second to import

        return Life(self.host, self.ledger, self._account)

    @functools.cached_property
    def ledger(self) -> Ledger:
        """What was begun and has not ended."""
        return Ledger(self.host.db)

    def _account(self) -> Account:
        matrix = self.host.platform("matrix")
        if not isinstance(matrix, Matrix) or matrix.connected is None:
            raise CommandError("Matrix is not connected", remedy="see [platforms.matrix] and `butler doctor`")
        return matrix.connected

    @command(rank=Rank.ADMIN, outside=True)
    async def spawn(
        self,
        call: Call,
        name: str = "",
        *,
        room: str = "",
        card: str = "",
        traits: str = "",
        repair: bool = False,
        prompt: str = "",
    ) -> str:
        """Bring a persona to life as a user of its own, in a new room unless one is given.

        name: what it is called
        room: the room's id or alias, or `here`
        card: a persona that ships as an example: teacher, math, story or lore
        traits: numbers from 0 to 1, such as openness=0.8,patience=1
        repair: end what an interrupted spawn or despawn left
        prompt: who it is
        Example: /spawn Scout --room here You are a scout who answers in one sentence.
        Example: /spawn Ada --card teacher
        Example: /spawn --repair
        """
        if repair:
            return "\n".join(await self.life.repair(name)) or "Nothing was left by half."
        place = room_and_root(call.channel.id)[0] if room == HERE and call.platform == "matrix" else room
        wish = wish_of(name, card, traits, prompt, files=False)
        born = await self.life.spawn(wish, by=call.person.id, room=place, invite=guests(call))
        return told(born)

    @spawn.complete("card")
    async def _card(self, call: Call, typed: str) -> list[str]:
        return [card for card in cards() if card.startswith(typed)]

    @command(rank=Rank.ADMIN, outside=True, confirm=FINAL)
    async def despawn(self, call: Call, name: str) -> str:
        """Have a persona leave its rooms for good; its account is deactivated.

        name: what it is called
        Example: /despawn Scout
        """
        left = await self.life.despawn(name, by=call.person.id)
        return gone(name, left)

    @despawn.complete("name")
    async def _name(self, call: Call, typed: str) -> list[str]:
        return names(self.host.personas, typed)

    @tool(rank=Rank.ADMIN)
    async def spawn_persona(self, call: Call, name: str, prompt: str, room: str = HERE) -> str:
        """Bring a new persona (a bot) to life as a user of its own on Matrix.

        name: what it is called
        prompt: who it is and how it speaks, in a few sentences
        room: the room's id or alias; `here` is the room in which you were asked, `new` makes one
        """
        place = room_and_root(call.channel.id)[0] if room == HERE and call.platform == "matrix" else room
        place = "" if place in {"new", HERE} else place
        wish = wish_of(name, "", "", prompt, files=False)
        return told(await self.life.spawn(wish, by=call.person.id, room=place, invite=guests(call)))

    @tool(rank=Rank.ADMIN)
    async def despawn_persona(self, call: Call, name: str) -> str:
        """Have a persona leave for good. Its name cannot be used again: ask whether that is meant before you do it.

        name: what it is called
        """
        return gone(name, await self.life.despawn(name, by=call.person.id))


def wish_of(name: str, card: str, traits: str, prompt: str, *, files: bool) -> Wish:
    """What was asked for. Raises ``CommandError`` where something is missing or wrong."""

    if not name:
        raise CommandError("a persona needs a name", remedy="spawn Scout You are a scout.")
    wish = from_card(name, card, files=files) if card else Wish(name)
    if prompt:
        wish = attrs.evolve(wish, prompt=f"{wish.prompt}\n\n{prompt}".strip())
    if traits:
        wish = attrs.evolve(wish, traits={**wish.traits, **traits_of(traits)})
    if not wish.prompt:
        raise CommandError(f"who is {name}?", remedy=f"say it behind the name, or --card {'|'.join(cards())}")
    return wish


def guests(call: Call) -> Sequence[str]:
    """Whoever asks is invited to the room that is made, if they are on Matrix."""
    return (call.person.id,) if call.person.id.startswith("matrix:@") else ()


def told(born: Persona) -> str:
    """What is said of a new persona."""
    account, rooms = native(born.accounts.get("matrix", "?")), ", ".join(map(native, born.channels))
    return f"{born.label} lives as {account} in {rooms}."


def gone(name: str, left: str) -> str:
    """What is said of one that left. Raises ``CommandError`` where something is left."""
    if left:
        raise CommandError(f"{name} is silent, but not all of it could be ended: {left}", remedy="spawn --repair")
    return f"{name} has left. Its name cannot be used again on this homeserver."


def names(personas: Sequence[Persona], typed: str) -> list[str]:
    """The personas with an account of their own whose names begin like this."""
    found = (each.name for each in personas if each.accounts.get("matrix"))
    return [name for name in found if name.casefold().startswith(typed.casefold())]
