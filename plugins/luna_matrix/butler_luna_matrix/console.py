"""What operators type about Matrix: spawn, despawn, personalities (LUNA-6, LUNA-7, LUNA-15)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from butler import Call, CommandError, console

from butler_luna_matrix.commands import Commands, gone, names, told, wish_of
from butler_luna_matrix.homes import account_of
from butler_luna_matrix.rooms_console import plainly
from butler_luna_matrix.talk_console import TalkConsole
from butler_luna_matrix.wish import cards, from_personalities, personalities


class Console(Commands, TalkConsole):
    """The console's commands about personas, and what empties a server."""

    @console(name="spawn")
    async def console_spawn(
        self,
        call: Call,
        name: str = "",
        *,
        room: str = "",
        card: str = "",
        traits: str = "",
        invite: str = "",
        repair: bool = False,
        prompt: str = "",
    ) -> str:
        """Bring a persona to life as a user of its own, in a new room unless one is given.

        name: what it is called
        room: the room's id, alias or name
        card: a card that ships (teacher, math, story, lore) or a TOML file
        traits: numbers from 0 to 1, such as openness=0.8,patience=1
        invite: who is asked to the new room, such as @ann:example.org
        repair: end what an interrupted spawn or despawn left
        prompt: who it is
        Example: spawn Scout You are a scout who answers in one sentence.
        Example: spawn Ada --card teacher --invite @ann:localhost
        Example: spawn --repair
        """
        if repair:
            return "\n".join(await self.life.repair(name)) or "nothing was left by half"
        wish = await asyncio.to_thread(wish_of, name, card, traits, prompt, files=True)
        guests = [guest for guest in invite.replace(",", " ").split() if guest]
        room = self._room(room) if room and not room.startswith("#") else room
        return told(await self.life.spawn(wish, by=call.person.id, room=room, invite=guests))

    @console_spawn.complete("card")
    async def _cards(self, call: Call, typed: str) -> list[str]:
        return [card for card in cards() if card.startswith(typed)]

    @console(name="despawn")
    async def console_despawn(self, call: Call, name: str) -> str:
        """Have a persona leave its rooms for good; its account is deactivated, its name is used up.

        name: what it is called
        Example: despawn Scout
        """
        return gone(name, await self.life.despawn(name, by=call.person.id))

    @console_despawn.complete("name")
    async def _personas(self, call: Call, typed: str) -> list[str]:
        return names(self.host.personas, typed)

    @console
    async def export_personalities(self, call: Call, file: str) -> str:
        """Write the personas with accounts of their own into a personalities.json.

        file: where to
        Example: export_personalities personalities.json
        """
        found = {each.name: each for each in self.host.personas if account_of(each)}
        await _write(Path(file), personalities(found))
        return f"{len(found)} personas are in {file}"

    @console
    async def import_personalities(self, call: Call, file: str) -> str:
        """Spawn the personas of a personalities.json; those that live already are left as they are.

        file: where from
        Example: import_personalities personalities.json
        """
        wishes = from_personalities(await _read(Path(file)))
        lines = []
        for number, (name, (wish, entry)) in enumerate(wishes.items()):
            await call.progress(number, len(wishes), name)
            if any(each.name.casefold() == name.casefold() for each in self.host.personas):
                lines.append(f"{name}: lives already")
                continue
            rooms = [str(room) for room in entry.get("room_ids") or ()]
            lines.append(f"{name}: {await self._born(wish, rooms, call.person.id)}")
        await call.progress(len(wishes), len(wishes), "")
        return "\n".join(lines) or "nobody is in there"

    @console
    async def purge_and_seed(self, call: Call, file: str, host: str = "") -> str:
        """Empty the rooms of a disposable server and the message log, and make everything again from a file.

        It refuses on a server that is not listed under [platforms.matrix] disposable, and backs up first.

        file: a TOML file with [[users]], [[rooms]] and [[personas]]
        host: the server's name, typed as a yes
        Example: purge_and_seed seed.toml
        Example: purge_and_seed seed.toml localhost
        """
        from butler_luna_matrix.purge import Purge, allowed  # noqa: PLC0415 - nio takes half a second to import
        from butler_luna_matrix.seed import read  # noqa: PLC0415

        account, seed = self._account(), await asyncio.to_thread(read, Path(file))
        allowed(account, account.settings.user.partition(":")[2], seed, 0, "")
        purge = Purge(self.host, account, await self._admin(), self.life, call.progress)
        rooms = await plainly(purge.ours())
        allowed(account, host, seed, len(rooms), f"purge_and_seed {file}")
        backup = await self.host.backup(f"before-purge-{self.host.clock.now():%Y%m%d-%H%M%S}")
        gone = await plainly(purge.empty(rooms, call.person.id))
        await plainly(purge.fill(seed, call.person.id))
        made = f"{len(seed.users)} accounts, {len(seed.rooms)} rooms, {len(seed.personas)} personas"
        return f"backup: {backup}\nemptied: {len(rooms)} rooms, {gone} messages and events\nseeded: {made}"

    async def _born(self, wish: object, rooms: list[str], by: str) -> str:
        """In the first of its rooms that takes it in, else in a new one."""
        for room in (*rooms, ""):
            try:
                return told(await self.life.spawn(wish, by=by, room=room))  # type: ignore[arg-type]
            except CommandError as error:
                refused = str(error)
        return refused


async def _read(path: Path) -> str:
    try:
        return await asyncio.to_thread(path.read_text, "utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read ({error})", remedy="give a file that is there") from None


async def _write(path: Path, text: str) -> None:
    try:
        await asyncio.to_thread(path.write_text, text, "utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be written ({error.strerror})", remedy="give another file") from None
