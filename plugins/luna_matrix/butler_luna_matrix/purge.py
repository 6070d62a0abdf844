"""A disposable server is emptied and filled again: backup, rooms, personas, log, then the seed (LUNA-17)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from butler import CommandError

from butler_luna_matrix.account import Account
from butler_luna_matrix.admin import Admin
from butler_luna_matrix.homes import account_of
from butler_luna_matrix.ids import ours
from butler_luna_matrix.life import Life
from butler_luna_matrix.seed import Seed
from butler_luna_matrix.steps import enter, make_room, user_for
from butler_luna_matrix.users_console import secret_of

Progress = Callable[[int, int, str], Awaitable[None]]

HEARD_WITHIN = 10.0
"""Seconds in which the homeserver tells that our accounts are out of a removed room."""


class Purge:
    """Empties and fills; each step may be tried again."""

    def __init__(self, host: Any, account: Account, admin: Admin, life: Life, progress: Progress) -> None:
        self._host = host
        self._account = account
        self._admin = admin
        self._life = life
        self._progress = progress
        self.rooms: dict[str, str] = {}
        """The seeded rooms, by name."""

    async def ours(self) -> list[str]:
        """The rooms that one of our accounts is in."""
        own = self._account.own
        return [
            str(room["room_id"])
            async for room in self._admin.rooms()
            if any(user in own for user in await self._admin.members(str(room["room_id"])))
        ]

    async def empty(self, rooms: list[str], by: str) -> int:
        """Remove the rooms, let the personas go (their accounts stay), empty the log; returns how many messages."""
        for number, room in enumerate(rooms):
            await self._progress(number, len(rooms), "rooms removed")
            await self._admin.remove_room(room)
            self._account.rooms.forget(room)
        await self._progress(len(rooms), len(rooms), "rooms removed")
        await self._silence(rooms)
        for persona in list(self._host.personas):
            if account_of(persona):
                await self._life.release(persona.name, by=by)
        return int(await self._host.empty_log())

    async def _silence(self, rooms: list[str]) -> None:
        """Until the last word of the rooms was heard: what comes later would stand in the emptied log."""
        joined = self._account.rooms.joined
        try:
            async with asyncio.timeout(HEARD_WITHIN):
                while any(self._account.homes.inside(room) or room in joined for room in rooms):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)  # two sets that change with every membership
        except TimeoutError:
            for room in rooms:
                joined.discard(room)

    async def fill(self, seed: Seed, by: str) -> None:
        """Make accounts, rooms and personas. Raises ``CommandError`` or ``PlatformError``."""
        total = len(seed.users) + len(seed.rooms) + len(seed.personas)
        done = 0
        for user in seed.users:
            await self._user(user)
            done += 1
            await self._progress(done, total, "seeded")
        for room in seed.rooms:
            await self._room(room)
            done += 1
            await self._progress(done, total, "seeded")
        for persona in seed.personas:
            await self._persona(persona, by)
            done += 1
            await self._progress(done, total, "seeded")

    async def _user(self, user: Any) -> None:
        fields = {"password": secret_of(user.password), "admin": user.admin, "deactivated": False}
        if user.display:
            fields["displayname"] = user.display
        await self._admin.put_user(self._admin.user_id(user.name), **fields)

    async def _room(self, room: Any) -> None:
        members = [self._admin.user_id(name) for name in room.members]
        made = await make_room(self._account, room.name, f"seed-{secrets.token_hex(6)}", members)
        self.rooms[room.name] = made
        for user in members:
            await self._admin.have_join(user, made)
        if room.topic:
            await self._account.main.ask("PUT", "rooms", made, "state", "m.room.topic", "", body={"topic": room.topic})
        if room.public:
            rule = {"join_rule": "public"}
            await self._account.main.ask("PUT", "rooms", made, "state", "m.room.join_rules", "", body=rule)
        self._account.rooms.joined.add(made)
        self._account.rooms.forget(made)  # it may have been read while it was being made
        self._host.meet((await self._account.rooms.place(made)).channel)

    async def _persona(self, persona: Any, by: str) -> None:
        settings = self._account.settings
        user = user_for(persona.wish.name, settings.namespace, settings.user)
        there = await self._admin.user(user)
        if there is not None and there.get("deactivated"):
            await self._admin.put_user(user, deactivated=False, password=secrets.token_urlsafe(24))
        first, *others = (*(ours(self.rooms[name]) for name in persona.rooms), "")
        await self._life.spawn(persona.wish, by=by, room=first, adopt=True)
        for room in others[:-1] if others else ():
            await enter(self._account, user, room.removeprefix("matrix:"), invited=False)


def allowed(account: Account, typed: str, seed: Seed, rooms: int, line: str) -> None:
    """Raises ``CommandError`` unless the server is disposable and its name was typed."""
    server = account.settings.user.partition(":")[2]
    if server not in account.settings.disposable:
        raise CommandError(
            f"{server} is not listed as disposable",
            remedy=f'if all on it may be lost: [platforms.matrix] disposable = ["{server}"]',
        )
    if typed != server:
        counted = f"{len(seed.users)} accounts, {len(seed.rooms)} rooms and {len(seed.personas)} personas"
        raise CommandError(
            f"this empties {rooms} rooms and the message log on {server}, then makes {counted}",
            remedy=f"type the host's name to go on: {line} {server}",
        )
