"""The single steps by which a persona comes and goes on a homeserver; each may be tried twice (LUNA-8)."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from butler import CommandError, Lost, NotReady, PlatformError, RateLimited

from butler_luna_matrix.account import Account
from butler_luna_matrix.ids import native
from butler_luna_matrix.ledger import Entry
from butler_luna_matrix.registration import MADE

log = structlog.get_logger("butler.luna_matrix")

LONGEST_WAIT = 10.0
"""Seconds that a step waits where the homeserver asks to; one that is told to wait longer has failed."""
TRIES = 4


async def patiently(work: Callable[..., Awaitable[Any]], *args: Any) -> Any:
    """Do it; where the homeserver asks to wait a moment, wait and try again."""
    for _ in range(TRIES - 1):
        try:
            return await work(*args)
        except RateLimited as error:
            if error.retry_after > LONGEST_WAIT:
                raise
            await asyncio.sleep(error.retry_after)
    return await work(*args)


async def make_room(account: Account, name: str, key: str, invite: list[str]) -> str:
    """A room of our main account's; one that was made with this key before is found again."""
    body = {
        "preset": "private_chat",
        "name": name,
        "room_alias_name": f"{MADE}{key}",
        "invite": [native(user) for user in invite if native(user) != account.main.user_id],
    }
    try:
        return str((await account.main.ask("POST", "createRoom", body=body))["room_id"])
    except NotReady:
        raise
    except PlatformError:
        made = await room_by_key(account, key)
        if not made:
            raise
        return made


async def room_by_key(account: Account, key: str) -> str:
    """The room that was made with a key, or ``""``."""
    return await room_by_alias(account, f"#{MADE}{key}:{account.main.user_id.partition(':')[2]}")


async def room_by_alias(account: Account, alias: str) -> str:
    """The room of an alias, or ``""``."""
    try:
        return str((await account.main.ask("GET", "directory", "room", alias))["room_id"])
    except Lost:
        return ""


async def check_room(account: Account, room: str) -> None:
    """Look whether a persona can be brought into a room, before anything is made: a name is used up by a failure.

    Raises ``CommandError`` where nobody of ours is in it and it is not open, or where we may not invite.
    """
    line = account.line_in(room)
    try:
        levels = await line.ask("GET", "rooms", room, "state", "m.room.power_levels")
        known = await account.rooms.get(room)
    except NotReady:
        raise
    except PlatformError:
        if await _is_open(account, room):
            return
        raise CommandError(
            f"there is no room {room} that one of ours is in", remedy=f"invite {account.main.user_id} to it first"
        ) from None
    above_all = known.sovereign and line.user_id in known.creators
    needed = levels.get("invite", 0)
    if not above_all and known.level_of(line.user_id) < needed and not await _is_open(account, room):
        raise CommandError(
            f"{line.user_id} may not invite into {room}", remedy=f"give it the power level {needed} there"
        )


async def _is_open(account: Account, room: str) -> bool:
    try:
        summary = await account.main.ask("GET", "room_summary", room, version="v1")
    except NotReady:
        raise
    except PlatformError:
        return False
    return bool(summary.get("join_rule") == "public")


async def enter(account: Account, user: str, room: str, *, invited: bool) -> None:
    """Have one of ours join a room, on an invitation of another of ours where one is there."""
    if not invited:
        try:
            await account.line_in(room).ask("POST", "rooms", room, "invite", body={"user_id": user})
        except NotReady:
            raise
        except PlatformError as error:  # it may be open to everybody, or it is in already
            log.info("invitation refused, joining without", room=room, reason=error.args[0])
    await account.line_of(user).ask("POST", "join", room, body={})
    await account.homes.moved(user, room, here=True)


async def leave(account: Account, user: str, room: str) -> None:
    """Have one of ours leave a room; having left it, or never having been there, is fine."""
    if not room:
        return
    try:
        await account.line_of(user).ask("POST", "rooms", room, "leave", body={})
    except NotReady:
        raise
    except PlatformError as error:
        log.debug("a room is left already", room=room, user=user, reason=error.args[0])
    await account.homes.moved(user, room, here=False)


async def leave_all(account: Account, entry: Entry) -> None:
    """Have a persona's account leave every room that it is in."""
    try:
        rooms = (await account.line_of(entry.user).ask("GET", "joined_rooms")).get("joined_rooms", ())
    except NotReady:
        raise
    except PlatformError:  # the account is gone: so it is in no room
        return
    for room in rooms:
        await leave(account, entry.user, room)


async def end_account(account: Account, entry: Entry) -> None:
    """Deactivate a persona's account."""
    await account.unmake(entry.user)


def user_for(name: str, namespace: str, main: str) -> str:
    """The user id of a persona. Raises ``CommandError`` for a name of which nothing is left as an id."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    local = re.sub(r"[^a-z0-9._=-]+", "_", plain).strip("_")
    if not local or len(local) > 100:
        raise CommandError(f"{name!r} makes no user name", remedy="use some Latin letters or digits")
    return f"@{namespace}{local}:{main.partition(':')[2]}"


def told(error: PlatformError | CommandError, name: str) -> CommandError:
    """One clear line for whoever asked."""
    if isinstance(error, CommandError):
        return error
    remedy = error.remedy
    if isinstance(error, RateLimited):
        remedy = f"the homeserver limits us; try again in {error.retry_after:.0f} s"
    return CommandError(f"{name} was not spawned: {error.args[0]}", remedy=remedy)
