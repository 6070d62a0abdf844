"""The homeserver's administration, through Synapse's admin API (LUNA-6, LUNA-9, LUNA-10, LUNA-15)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import structlog
from butler import CommandError, Lost, NotReady, PlatformError

from butler_luna_matrix.account import Account
from butler_luna_matrix.connection import Borrowed, Connection, TokenRejected
from butler_luna_matrix.line import JSON, Line
from butler_luna_matrix.login import Session, keep
from butler_luna_matrix.settings import Settings

log = structlog.get_logger("butler.luna_matrix")

FILE = "admin.json"
"""Where `butler matrix admin` keeps the token, below the plugin's data folder."""
PAGE = 200
TRIES = 3
REMOVED_WITHIN = 300
"""Seconds that a room may take to be removed."""


def kept_token(folder: Path) -> str:
    """The token that `butler matrix admin` kept, or ``""``."""
    try:
        return str(json.loads((folder / FILE).read_text("utf-8"))["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


async def log_in(settings: Settings, user: str, password: str, path: Path) -> None:
    """Log in as an administrator and keep the token. Raises ``PlatformError`` where it is none, or is not let in."""
    connection = Connection(settings.homeserver, user, request_timeout=settings.request_timeout)
    try:
        answer: Any = await connection.login(password, device_name="butler console")
        connection.access_token = answer.access_token
        await connection.administer("GET", "v2", "users", query={"limit": "1"})
        keep(path, Session(settings.homeserver, user, answer.device_id, answer.access_token))
    except NotReady:
        raise
    except PlatformError as error:
        raise PlatformError(
            f"{user} does not administer {settings.homeserver}: {error.args[0]}",
            remedy="check user and password; `register_new_matrix_user --admin` makes an administrator",
        ) from None
    finally:
        await connection.close()


class Admin:
    """Accounts and rooms of a whole homeserver."""

    def __init__(self, line: Line, connection: Connection, server: str) -> None:
        self._line = line
        self._connection = connection
        self.server = server

    @classmethod
    async def of(cls, account: Account) -> Admin:
        """With the token of the settings, else the one that was kept, else our own. Raises ``CommandError``."""
        token = account.settings.admin_token or await asyncio.to_thread(kept_token, Path(account.host.data))
        if token:
            account.host.keep_secret(token)
        line: Line = Borrowed(account.connection, token) if token else account.main
        found = cls(line, account.connection, account.settings.user.partition(":")[2])
        try:
            await line.administer("GET", "v2", "users", query={"limit": "1"})
        except NotReady as error:
            if not isinstance(error, TokenRejected):
                raise CommandError(str(error)) from None
            raise CommandError("the administrator's token is not valid any more", remedy=HOW) from None
        except PlatformError:
            raise CommandError("this needs an administrator of the homeserver", remedy=HOW) from None
        return found

    def user_id(self, name: str) -> str:
        """``ann`` as ``@ann:server``."""
        return name if name.startswith("@") else f"@{name}:{self.server}"

    async def user(self, user: str) -> JSON | None:
        """An account, or ``None``."""
        try:
            found: JSON = await self._line.administer("GET", "v2", "users", user)
        except Lost:
            return None
        return found

    async def users(self, words: str = "") -> AsyncIterator[JSON]:
        """The accounts of the server whose name holds these words."""
        query = {"limit": str(PAGE), "deactivated": "true", **({"name": words} if words else {})}
        while True:
            page = await self._line.administer("GET", "v2", "users", query=query)
            for user in page["users"]:
                yield user
            if "next_token" not in page:
                return
            query["from"] = page["next_token"]

    async def put_user(self, user: str, **fields: Any) -> JSON:
        """Make an account or change it: ``password``, ``displayname``, ``admin``, ``deactivated``."""
        found: JSON = await self._line.administer("PUT", "v2", "users", user, body=fields)
        return found

    async def deactivate(self, user: str) -> None:
        """Deactivate an account for good."""
        await self._line.administer("POST", "v1", "deactivate", user, body={"erase": False})

    async def token_of(self, user: str) -> str:
        """An access token for an account, without a device."""
        return str((await self._line.administer("POST", "v1", "users", user, "login", body={}))["access_token"])

    async def speaking(self, user: str) -> Line:
        """A line that speaks for a local user; Synapse lets no administrator borrow their own account."""
        if (await self._line.ask("GET", "account", "whoami")).get("user_id") == user:
            return self._line
        return Borrowed(self._connection, await self.token_of(user), user)

    async def have_join(self, user: str, room: str) -> None:
        """Have a local user follow an invitation."""
        await (await self.speaking(user)).ask("POST", "join", room, body={})

    async def members(self, room: str) -> list[str]:
        """Who is in a room."""
        return list((await self._line.administer("GET", "v1", "rooms", room, "members"))["members"])

    async def rooms(self) -> AsyncIterator[JSON]:
        """All rooms of the server."""
        start = 0
        while True:
            page = await self._line.administer(
                "GET", "v1", "rooms", query={"from": str(start), "limit": str(PAGE), "order_by": "name"}
            )
            for room in page["rooms"]:
                yield room
            if "next_batch" not in page:
                return
            start = int(page["next_batch"])

    async def remove_room(self, room: str) -> None:
        """Put everybody out of a room and remove it with all that was said there. Raises ``PlatformError``."""
        for _ in range(TRIES - 1):
            try:
                return await self._removed(room)
            except PlatformError as error:  # somebody left or joined while everybody was put out
                log.info("a room is not removed yet, tried again", room=room, reason=str(error))
        return await self._removed(room)

    async def _removed(self, room: str) -> None:
        answer = await self._line.administer("DELETE", "v2", "rooms", room, body={"purge": True, "block": False})
        async with asyncio.timeout(REMOVED_WITHIN):
            while True:
                state = await self._line.administer("GET", "v2", "rooms", "delete_status", str(answer["delete_id"]))
                if state["status"] == "complete":
                    return
                if state["status"] == "failed":
                    raise PlatformError(f"{room} cannot be removed: {state.get('error', 'no reason given')}")
                await asyncio.sleep(0.05)  # Synapse tells of the end only when asked


HOW = 'run `butler matrix admin @NAME:SERVER`, or set [platforms.matrix] admin_token = "env:NAME"'
