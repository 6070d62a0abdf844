"""What is half done is ended: a spawn undone, a despawn finished; what will not end is listed (LUNA-8, LUNA-9)."""

from __future__ import annotations

from typing import Any

import structlog
from butler import CommandError, Persona, PlatformError

from butler_luna_matrix.account import Account
from butler_luna_matrix.homes import account_of
from butler_luna_matrix.ledger import Entry, Ledger
from butler_luna_matrix.steps import end_account, leave, leave_all, patiently, room_by_key

log = structlog.get_logger("butler.luna_matrix")


class Ending:
    """Takes back and finishes; each step may be tried again."""

    def __init__(self, host: Any, ledger: Ledger) -> None:
        self._host = host
        self._ledger = ledger

    def persona(self, name: str) -> Persona | None:
        """The persona of a name, in any case."""
        return next((each for each in self._host.personas if each.name.casefold() == name.casefold()), None)

    async def undo(self, account: Account, entry: Entry, *, made: bool) -> str:
        """A spawn, from its last step to its first; ``made``: its room was made for it.

        Returns what could not be undone; that stays written down.
        """
        undone = {
            "persona": self._forget,
            "join": _exit,
            "room": _leave_made if made else _nothing,
            "account": end_account,
        }
        return await self._tried(account, entry, [(step, undone[step]) for step in reversed(entry.begun)])

    async def finish(self, account: Account, entry: Entry) -> str:
        """A despawn, to its end; returns what could not be finished."""
        work = [("persona", self._forget), ("rooms", leave_all), ("account", end_account)]
        left = await self._tried(account, entry, work)
        if not left:
            log.info("persona has left", persona=entry.name, user=entry.user)
        return left

    async def repair(self, account: Account, entry: Entry) -> str:
        """Whatever an entry needs; returns a line about it."""
        if entry.what == "despawn":
            left = await self.finish(account, entry)
            return f"{entry.name}: {f'still left: {left}' if left else 'has left'}"
        persona = self.persona(entry.name)
        if persona is not None and account_of(persona) == entry.user and not entry.trouble:
            await self._ledger.done(entry)
            return f"{entry.name}: lives, nothing was left to do"
        made = not entry.room or await room_by_key(account, entry.key) == entry.room
        left = await self.undo(account, entry, made=made)
        return f"{entry.name}: {f'still left: {left}' if left else 'undone'}"

    async def _tried(self, account: Account, entry: Entry, work: list[tuple[str, Any]]) -> str:
        trouble = []
        for step, do in work:
            try:
                await patiently(do, account, entry)
            except (PlatformError, CommandError) as error:
                trouble.append(f"{step}: {error.args[0]}")
        if not trouble:
            await self._ledger.done(entry)
            return ""
        said = "; ".join(trouble)
        await self._ledger.keep(entry, trouble=said)
        log.error("something of a persona is left", persona=entry.name, left=said, remedy="spawn --repair")
        return said

    async def _forget(self, account: Account, entry: Entry) -> None:
        persona = self.persona(entry.name)
        if persona is not None:
            await self._host.despawn(persona.name, "luna_matrix")


async def _exit(account: Account, entry: Entry) -> None:
    await leave(account, entry.user, entry.room)


async def _leave_made(account: Account, entry: Entry) -> None:
    await leave(account, account.main.user_id, entry.room or await room_by_key(account, entry.key))


async def _nothing(account: Account, entry: Entry) -> None:
    """The room was there before, and stays."""
