"""Each persona with a login and a client of its own, made through the admin API (LUNA-5).

For homeservers that take no application service. It costs a connection that listens for each persona, and reads
encrypted rooms where the extra is installed. What several of them hear the host drops by its id.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs
import structlog
from butler import CommandError, Event, Lost, Message, PlatformError, Receive, Scope

from butler_luna_matrix.admin import Admin
from butler_luna_matrix.homes import Homes, Own, account_of
from butler_luna_matrix.ids import localpart
from butler_luna_matrix.line import Line
from butler_luna_matrix.rooms import Rooms
from butler_luna_matrix.settings import Settings
from butler_luna_matrix.single import Single

log = structlog.get_logger("butler.luna_matrix")


class Resident(Single):
    """One persona's client. ``password`` is made up anew, by the administrator, whenever a login is needed."""

    def __init__(
        self, host: Any, settings: Settings, receive: Receive, scope: Scope, own: Own, homes: Homes, house: Each
    ) -> None:
        mine = attrs.evolve(settings, password="", read_receipts=False)
        super().__init__(host, mine, receive, scope, own, homes)
        self._house = house

    async def log_in(self) -> None:
        """Take up the kept login, or have the administrator set a password and log in with it."""
        try:
            await super().log_in()
        except PlatformError as error:
            if not error.args[0].startswith("no valid access token"):
                raise
            await self._relogin()

    async def _relogin(self) -> None:
        password = secrets.token_urlsafe(24)
        self.host.keep_secret(password)
        await (await self._house.admin()).put_user(self.settings.user, password=password, logout_devices=False)
        self.settings = attrs.evolve(self.settings, password=password)
        try:
            await super()._relogin()
        finally:
            self.settings = attrs.evolve(self.settings, password="")


class Each(Single):
    """The host's own login, and one for each persona that has an account."""

    def __init__(self, host: Any, settings: Settings, receive: Receive, scope: Scope) -> None:
        super().__init__(host, settings, receive, scope)
        self.residents: dict[str, Resident] = {}
        self._scopes: dict[str, Scope] = {}

    async def begin(self) -> None:
        """Log in with every account. A persona that is not let in is told of, and keeps nobody else out."""
        await super().begin()
        for persona in list(self.host.personas):
            user = account_of(persona)
            if user:
                try:
                    await self._move_in(user)
                except (PlatformError, CommandError) as error:
                    log.error("a persona cannot log in", persona=persona.name, user=user, reason=str(error))

    async def admin(self) -> Admin:
        """The homeserver's administration. Raises ``PlatformError``."""
        try:
            return await Admin.of(self)
        except CommandError as error:
            raise PlatformError(error.args[0], remedy=error.remedy) from None

    async def _move_in(self, user: str) -> None:
        self.own.add(user)
        settings = attrs.evolve(self.settings, user=user, token_file=f"accounts/{localpart(user)}.json")
        scope = Scope(f"matrix {localpart(user)}", grace=2.0)
        try:
            resident = Resident(self.host, settings, self._hear, scope, self.own, self.homes, self)
            await resident.begin()
        except BaseException:
            await scope.close()
            raise
        self.residents[user] = resident
        self._scopes[user] = scope
        self.scope.closing(f"login {user}", scope.close)

    async def _hear(self, item: Message | Event) -> bool:
        """Who types is told by the main account where that is there: it has no id by which it could be dropped."""
        if isinstance(item, Event) and item.kind == "typing" and item.channel is not None:
            room = item.channel.id.removeprefix("matrix:")
            if room in self.rooms.joined:
                return False
        return await self.receive(item)

    # --- who speaks -----------------------------------------------------------------------------------

    def line_of(self, user: str) -> Line:
        """The client of an account. Raises ``Lost`` where there is none."""
        if user == self.settings.user:
            return self.main
        resident = self.residents.get(user)
        if resident is None:
            raise Lost(f"{user} is not logged in", remedy="see `butler logs`")
        return resident.main

    def line_in(self, room: str) -> Line:
        """The client of one of ours that is in a room, the main one first."""
        return next(iter(self.lines_in(room)), self.main)

    def lines_in(self, room: str) -> Iterable[Line]:
        """The clients of all of ours in a room."""
        mains = [self.main] if room in self.rooms.joined else []
        return mains + [each.main for each in self.residents.values() if room in each.rooms.joined]

    def rooms_of(self, user: str) -> Rooms:
        """What an account knows of the rooms."""
        return self.residents[user].rooms if user in self.residents else self.rooms

    def takes_part(self, user: str, room: str) -> bool:
        """Whether an account is in a room."""
        return room in self.rooms_of(user).joined

    # --- accounts of personas ---------------------------------------------------------------------------

    async def free(self, user: str) -> None:
        """Raises ``PlatformError`` where somebody has the name, or had it."""
        there = await (await self.admin()).user(user)
        if there is None:
            return
        if there.get("deactivated"):
            raise PlatformError(
                f"{user} was used before and is deactivated",
                remedy="a homeserver gives no name twice: take another one",
            )
        raise PlatformError(f"{user} is taken", remedy="choose another name")

    async def make(self, user: str, name: str) -> None:
        """Make an account and log in with it."""
        admin = await self.admin()
        await admin.put_user(user, displayname=name, password=secrets.token_urlsafe(24))
        if user not in self.residents:
            await self._move_in(user)

    async def confirm(self, user: str) -> None:
        """Ask the administration whether the account is there."""
        there = await (await self.admin()).user(user)
        if there is None or there.get("deactivated"):
            raise PlatformError(f"the homeserver has no account {user}, though it was made")

    async def unmake(self, user: str) -> None:
        """Log out and deactivate an account."""
        self.residents.pop(user, None)
        scope = self._scopes.pop(user, None)
        if scope is not None:
            await scope.close()
        admin = await self.admin()
        there = await admin.user(user)
        if there is not None and not there.get("deactivated"):
            await admin.deactivate(user)
        (Path(self.host.data) / "accounts" / f"{localpart(user)}.json").unlink(missing_ok=True)
