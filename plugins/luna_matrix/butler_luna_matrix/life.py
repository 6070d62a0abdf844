"""Personas come to life as users of their own, and leave again, never by half (LUNA-6, LUNA-8, LUNA-9).

Each step is written down before it is tried. A spawn that fails is undone from its last step to its first; a
despawn goes on to its end. What could not be undone or finished stays written, and ``spawn --repair`` takes it up.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import structlog
from butler import CommandError, Persona, PlatformError

from butler_luna_matrix.account import Account
from butler_luna_matrix.ending import Ending
from butler_luna_matrix.homes import account_of
from butler_luna_matrix.ids import native
from butler_luna_matrix.ledger import Entry, Ledger
from butler_luna_matrix.steps import check_room, enter, make_room, patiently, room_by_alias, told, user_for
from butler_luna_matrix.wish import Wish

log = structlog.get_logger("butler.luna_matrix")

STEPS = ("account", "room", "join", "persona")
"""What a spawn does, in this order."""

Reached = Callable[[str], Awaitable[None]]
"""Told each step before it is tried, and ``done`` before the last note is struck out."""


async def _unseen(step: str) -> None:
    """Nobody looks."""


class Life:
    """Spawns and despawns on one homeserver."""

    def __init__(self, host: Any, ledger: Ledger, account: Callable[[], Account]) -> None:
        self._host = host
        self._account = account
        self.ledger = ledger
        self._ending = Ending(host, self.ledger)
        self._busy: set[str] = set()

    async def spawn(
        self,
        wish: Wish,
        *,
        by: str,
        room: str = "",
        invite: Sequence[str] = (),
        adopt: bool = False,
        reached: Reached = _unseen,
    ) -> Persona:
        """Bring a persona to life in ``room``, or in a new one to which ``invite`` are asked.

        ``adopt``: an account of its name that is there is taken over. Raises ``CommandError`` with one clear
        line; everything is undone then, or written down.
        """
        account = self._account()
        with self._alone(wish.name):
            user = await self._free(account, wish.name, adopt=adopt)
            entry = Entry(wish.name, "spawn", user, await self._room(account, room), f"spawn-{secrets.token_hex(6)}")
            made = not entry.room
            try:
                for step in STEPS:
                    entry = await self.ledger.keep(entry, begun=(*entry.begun, step))
                    await reached(step)
                    entry = await self._step(step, account, wish, entry, by=by, made=made, invite=invite)
            except (PlatformError, CommandError) as error:
                await self._ending.undo(account, entry, made=made)
                raise told(error, wish.name) from None
            except BaseException:  # cancelled, or a fault: what is written down is taken up by a repair
                log.warning("a spawn was broken off", persona=wish.name, remedy="spawn --repair undoes it")
                raise
            await reached("done")
            await self.ledger.done(entry)
        log.info("persona lives", persona=wish.name, user=entry.user, room=entry.room, by=by)
        persona = self._ending.persona(wish.name)
        assert persona is not None
        return persona

    async def _step(
        self, step: str, account: Account, wish: Wish, entry: Entry, *, by: str, made: bool, invite: Sequence[str]
    ) -> Entry:
        name = wish.display or wish.name
        if step == "account":
            await patiently(account.make, entry.user, name)
            await patiently(account.confirm, entry.user)
        elif step == "room" and made:
            room = await patiently(make_room, account, name, entry.key, [entry.user, *invite])
            return await self.ledger.keep(entry, room=room)
        elif step == "join":
            await patiently(lambda: enter(account, entry.user, entry.room, invited=made))
        elif step == "persona":
            await self._host.spawn(wish.persona(entry.user, entry.room, self._host.clock.now(), by), by)
        return entry

    async def repair(self, name: str = "") -> list[str]:
        """Undo what a spawn left, finish what a despawn left; returns a line for each."""
        account = self._account()
        wanted = name.casefold()
        return [
            await self._ending.repair(account, entry)
            for entry in await self.ledger.open()
            if wanted in {"", entry.name.casefold()} and entry.name.casefold() not in self._busy
        ]

    async def despawn(self, name: str, *, by: str) -> str:
        """Have a persona leave for good: silent at once, out of its rooms, its account deactivated.

        Returns what could not be finished (``""``: all is done). Raises ``CommandError``.
        """
        persona = self._ending.persona(name)
        if persona is None:
            raise CommandError(f"there is no persona named {name}", remedy="list_personas lists them")
        if not account_of(persona):
            await self._host.despawn(persona.name, by)
            return ""
        account = self._account()
        with self._alone(persona.name):
            await self._whole(persona.name)
            entry = await self.ledger.keep(Entry(persona.name, "despawn", account_of(persona)))
            try:
                await self._host.despawn(persona.name, by)
            except CommandError:  # it stands in a file: it stays, with its account
                await self.ledger.done(entry)
                raise
            return await self._ending.finish(account, entry)

    async def release(self, name: str, *, by: str) -> None:
        """Have a persona leave without its account, which may be taken over later."""
        with self._alone(name):
            await self._host.despawn(name, by)

    async def departed(self, persona: Persona) -> None:
        """A persona left by another way than ours: its account goes too."""
        if persona.name.casefold() in self._busy:
            return
        if await self.ledger.get(persona.name) is None:
            await self.ledger.keep(Entry(persona.name, "despawn", account_of(persona)))
            await self.repair(persona.name)

    # --- names ----------------------------------------------------------------------------------------

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """One thing at a time with a name."""
        key = name.casefold()
        if key in self._busy:
            raise CommandError(f"{name} is being spawned or despawned just now", remedy="wait a moment")
        self._busy.add(key)
        try:
            yield
        finally:
            self._busy.discard(key)

    async def _whole(self, name: str) -> None:
        entry = await self.ledger.get(name)
        if entry is not None:
            raise CommandError(f"a {entry.what} of {name} was left by half", remedy=f"spawn {name} --repair ends it")

    async def _free(self, account: Account, name: str, *, adopt: bool) -> str:
        """The user id for a name that nobody has. Raises ``CommandError``."""
        await self._whole(name)
        if self._ending.persona(name) is not None:
            raise CommandError(f"there is a persona named {name} already", remedy="choose another name")
        user = user_for(name, account.settings.namespace, account.settings.user)
        if account.homes.of(user) is not None:
            raise CommandError(f"{user} is another persona's account already", remedy="choose another name")
        try:
            if not adopt:
                await account.free(user)
        except PlatformError as error:
            raise told(error, name) from None
        return user

    async def _room(self, account: Account, text: str) -> str:
        room = native(text)
        try:
            if room.startswith("#"):
                room = await room_by_alias(account, room)
                if not room:
                    raise CommandError(f"there is no room {native(text)}", remedy="give its id or its alias")
            if room:
                await check_room(account, room)
        except PlatformError as error:
            raise CommandError(f"{native(text)} cannot be looked at: {error.args[0]}") from None
        return room
