"""One account with a password: it listens by /sync, and several personas may speak through it (LUNA-1, LUNA-5)."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from butler import Check, Receive, Scope

from butler_luna_matrix.account import Account, policy
from butler_luna_matrix.crypto import HOW
from butler_luna_matrix.homes import Homes, Own
from butler_luna_matrix.invites import Invites
from butler_luna_matrix.login import log_in, renew
from butler_luna_matrix.settings import Settings
from butler_luna_matrix.sync import Sync


class Single(Account):
    """A login, and the loop that listens for it."""

    sealed_remedy = HOW

    def __init__(
        self,
        host: Any,
        settings: Settings,
        receive: Receive,
        scope: Scope,
        own: Own | None = None,
        homes: Homes | None = None,
    ) -> None:
        self._folder = Path(host.data)
        super().__init__(host, settings, receive, scope, own or Own(settings.user), homes)
        self._file = Path(host.data) / settings.token_file
        self._sync = Sync(
            connection=self.connection,
            settings=settings,
            clock=host.clock,
            rooms=self.rooms,
            timelines=self.timelines,
            invites=Invites(self.connection, *policy(host, settings), self.own),
            point=self.memory,
            receive=receive,
            relogin=self._relogin,
        )

    def keys(self) -> Path | None:
        """A folder for each account."""
        return self._folder / "keys" / quote(self.settings.user, safe="")

    async def begin(self) -> None:
        """Log in and listen from the last known point on. Raises ``NotReady`` or ``PlatformError``."""
        self.homes.begin()
        await self.log_in()
        if self.connection.crypto is not None:
            await self.connection.crypto.begin()
        await self.memory.prune(self.host.clock.now())
        await self._sync.begin()
        self._listening = self.scope.task(self._sync.run(), "sync")
        if self.receipts is not None:
            self.scope.task(self.receipts.run(), "receipts")

    def listening(self) -> Check:
        """How the sync stands."""
        if self._listening.done():
            return Check("matrix sync", "fail", "ended by a fault", "see `butler logs`, start again and report it")
        if self._sync.trouble:
            return Check("matrix sync", "fail", self._sync.trouble, "it is tried again; see `butler logs`")
        return Check("matrix sync", "ok", "listening")

    async def log_in(self) -> None:
        """Take up the kept login, or make one."""
        await log_in(self.connection, self.settings, self._file)

    async def _relogin(self) -> None:
        await renew(self.connection, self.settings, self._file)
