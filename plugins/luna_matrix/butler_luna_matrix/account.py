"""One account on Matrix, put together: the connection, what is known, what listens, what acts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from butler import Check, PlatformError, Receive, Scope

from butler_luna_matrix.actions import Actions
from butler_luna_matrix.connection import Connection
from butler_luna_matrix.contents import events_of
from butler_luna_matrix.history import History
from butler_luna_matrix.incoming import Incoming, asked_sender
from butler_luna_matrix.invites import Invites
from butler_luna_matrix.login import log_in, renew
from butler_luna_matrix.memory import Memory
from butler_luna_matrix.outgoing import Outgoing
from butler_luna_matrix.receipts import Receipts
from butler_luna_matrix.rooms import Rooms
from butler_luna_matrix.settings import Settings
from butler_luna_matrix.sync import Sync
from butler_luna_matrix.timelines import Timelines


class Account:
    """One account; everything that it starts belongs to ``scope``.

    Of ``host`` it needs ``clock``, ``data`` (the folder for the token file) and ``db``.
    """

    def __init__(self, host: Any, settings: Settings, receive: Receive, scope: Scope) -> None:
        self._host = host
        self._settings = settings
        self._scope = scope
        self._file = Path(host.data) / settings.token_file
        self._connection = Connection(settings.homeserver, settings.user, request_timeout=settings.request_timeout)
        scope.closing("connection", self._connection.close)
        self._memory = Memory(host.db, settings.user)
        own = {settings.user}
        self.rooms = Rooms(self._state_of, own=own, owners=settings.owners, bots=settings.bots)
        incoming = Incoming(self.rooms, self._memory, own, self._sender_of)
        self._receipts = Receipts(self._connection) if settings.read_receipts else None
        seen = self._receipts.note if self._receipts else None
        timelines = Timelines(
            connection=self._connection,
            rooms=self.rooms,
            incoming=incoming,
            receive=receive,
            clock=host.clock,
            seen=seen,
        )
        self._sync = Sync(
            connection=self._connection,
            settings=settings,
            clock=host.clock,
            rooms=self.rooms,
            timelines=timelines,
            invites=Invites(self._connection, *_policy(host, settings)),
            point=self._memory,
            receive=receive,
            relogin=self._relogin,
        )
        outgoing = Outgoing(self._connection, settings, self.rooms)
        self.actions = Actions(self._connection, self.rooms, outgoing)
        self.history = History(self._connection, incoming)

    async def begin(self) -> None:
        """Log in and listen from the last known point on. Raises ``NotReady`` or ``PlatformError``."""
        await log_in(self._connection, self._settings, self._file)
        await self._memory.prune(self._host.clock.now())
        await self._sync.begin()
        self._listening = self._scope.task(self._sync.run(), "sync")
        if self._receipts is not None:
            self._scope.task(self._receipts.run(), "receipts")

    async def health(self) -> list[Check]:
        """Homeserver, login and rooms."""
        server = f"homeserver {self._settings.homeserver}"
        try:
            who = await self._connection.ask("GET", "account", "whoami")
        except PlatformError as error:
            return [Check(server, "fail", error.args[0], error.remedy)]
        return [
            Check(server, "ok", "answers"),
            Check("matrix login", "ok", f"{who.get('user_id')}, device {who.get('device_id')}"),
            self._listens(),
            Check("matrix rooms", "ok", f"{len(self.rooms.joined)} joined"),
        ]

    def _listens(self) -> Check:
        if self._listening.done():
            return Check("matrix sync", "fail", "ended by a fault", "see `butler logs`, start again and report it")
        if self._sync.trouble:
            return Check("matrix sync", "fail", self._sync.trouble, "it is tried again; see `butler logs`")
        return Check("matrix sync", "ok", "listening")

    async def _relogin(self) -> None:
        await renew(self._connection, self._settings, self._file)

    async def _state_of(self, room_id: str) -> list[dict[str, Any]]:
        return events_of(await self._connection.ask("GET", "rooms", room_id, "state"))

    async def _sender_of(self, room_id: str, event_id: str) -> str:
        return await asked_sender(self._connection.ask, room_id, event_id)


def _policy(host: Any, settings: Settings) -> tuple[str, tuple[str, ...]]:
    """Whose invitations are followed: as this platform's section says, else as the host does."""
    if settings.accept_invites is not None:
        return settings.accept_invites, settings.invites_from
    of_the_host = tuple(entry.removeprefix("matrix:") for entry in host.admission.allow)
    return host.admission.invitations, (*settings.invites_from, *of_the_host)
