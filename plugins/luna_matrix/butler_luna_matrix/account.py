"""What every way of being on Matrix shares: the connection, what is known of the rooms, what acts (LUNA-5)."""

from __future__ import annotations

import abc
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from butler import Action, Check, PlatformError, Receive, Reply, Scope, Sent, Unsupported

from butler_luna_matrix.actions import Actions
from butler_luna_matrix.connection import Connection
from butler_luna_matrix.contents import events_of
from butler_luna_matrix.history import History
from butler_luna_matrix.homes import Homes, Own, account_of
from butler_luna_matrix.incoming import Incoming, asked_sender
from butler_luna_matrix.line import Line
from butler_luna_matrix.memory import Memory
from butler_luna_matrix.outgoing import Outgoing
from butler_luna_matrix.receipts import Receipts
from butler_luna_matrix.rooms import Rooms
from butler_luna_matrix.settings import Settings
from butler_luna_matrix.timelines import Timelines


class Account(abc.ABC):
    """The host on one homeserver; everything that it starts belongs to ``scope``.

    Of ``host`` it needs ``clock``, ``data`` (a folder), ``db``, ``personas``, ``main`` and ``settle``.
    Here all personas speak through the one account; ways that give each its own override what is said so.
    """

    def __init__(
        self, host: Any, settings: Settings, receive: Receive, scope: Scope, own: Own, homes: Homes | None = None
    ) -> None:
        self.host = host
        self.settings = settings
        self.receive = receive
        self.scope = scope
        self.own = own
        self.connection = Connection(
            settings.homeserver, settings.user, request_timeout=settings.request_timeout, keys=self.keys()
        )
        scope.closing("connection", self.connection.close)
        self.memory = Memory(host.db, self.memory_key)
        self.homes = homes or Homes(host, own)
        self.rooms = Rooms(self._state_of, own=own, owners=settings.owners, bots=settings.bots)
        crypto = self.connection.crypto
        opened = {"opened": crypto.opened} if crypto is not None else {}
        self.incoming = Incoming(self.rooms, self.memory, own, self._sender_of, remedy=self.sealed_remedy, **opened)
        self.connection.readers = self._readers
        self.receipts = Receipts(self.line_in) if settings.read_receipts else None
        self.timelines = Timelines(
            line=self.main,
            rooms=self.rooms,
            incoming=self.incoming,
            receive=receive,
            clock=host.clock,
            seen=self.receipts.note if self.receipts else None,
            noticed=self.homes.noticed,
        )
        self.history = History(self.line_in, self.lines_in, self.incoming)

    sealed_remedy = "use a room without encryption"
    """What is said of encrypted rooms where they cannot be read."""

    def keys(self) -> Path | None:
        """The folder for the keys of encrypted rooms; ``None`` where they are never read."""
        return None

    @property
    def memory_key(self) -> str:
        """Under which name it is kept how far was listened."""
        return self.settings.user

    # --- life ---------------------------------------------------------------------------------------

    @abc.abstractmethod
    async def begin(self) -> None:
        """Get in, and listen from the last known point on. Raises ``NotReady`` or ``PlatformError``."""

    @abc.abstractmethod
    def listening(self) -> Check:
        """How the listening stands."""

    # --- who speaks -----------------------------------------------------------------------------------

    @property
    def main(self) -> Line:
        """The host's own account."""
        return self.connection

    def line_of(self, user: str) -> Line:
        """The line of one of our accounts. Raises ``Lost`` where there is none any more."""
        return self.main

    def line_in(self, room: str) -> Line:
        """The line of one of our accounts that is in a room, the main one first."""
        return self.main

    def lines_in(self, room: str) -> Iterable[Line]:
        """The lines of all of our accounts that are in a room."""
        return (self.main,)

    def account(self, persona: str) -> str:
        """The account that a persona speaks through."""
        known = next((each for each in self.host.personas if each.name == persona), None) if persona else None
        return account_of(known) or self.settings.user

    def mode_of(self, reply: Reply) -> str:
        """The name that stands before what a persona says through an account that is not its own."""
        if not reply.persona or reply.persona == self.host.main:
            return ""
        known = next((each for each in self.host.personas if each.name == reply.persona), None)
        return "" if known is None or account_of(known) else known.label

    async def perform(self, action: Action, key: str) -> Sent:
        """Do it, through the account of the persona that does it."""
        persona = action.reply.persona if action.reply else str(action.data.get("persona", ""))
        line = self.line_of(self.account(persona))
        rooms = self.rooms_of(line.user_id)
        outgoing = Outgoing(line, self.settings, rooms, self.mode_of, self.sealed_remedy)
        return await Actions(line, rooms, outgoing).do(action, key)

    def rooms_of(self, user: str) -> Rooms:
        """What one of our accounts knows of the rooms."""
        return self.rooms

    def takes_part(self, user: str, room: str) -> bool:
        """Whether one of our accounts is in a room, as far as it is known."""
        known = self.rooms.known(room)
        return known is None or user in known.joined

    # --- accounts of personas ---------------------------------------------------------------------------

    async def free(self, user: str) -> None:
        """Raises ``PlatformError`` where the name is known to be taken or used up."""

    async def make(self, user: str, name: str) -> None:
        """Make an account for a persona and be able to speak through it; one that was made before is fine.

        Raises ``PlatformError`` where the name is taken or used up.
        """
        raise Unsupported(
            "all personas speak through one account here",
            remedy='set [platforms.matrix] accounts = "service" or "each" (see the README), or use /persona spawn',
        )

    async def confirm(self, user: str) -> None:
        """Ask the homeserver whether the account is there. Raises ``PlatformError`` if not."""

    async def unmake(self, user: str) -> None:
        """Deactivate an account for good; one that is gone already is fine."""

    # --- asking -----------------------------------------------------------------------------------------

    async def health(self) -> list[Check]:
        """Homeserver, login and rooms."""
        server = f"homeserver {self.settings.homeserver}"
        try:
            who = await self.main.ask("GET", "account", "whoami")
        except PlatformError as error:
            return [Check(server, "fail", error.args[0], error.remedy)]
        return [
            Check(server, "ok", "answers"),
            Check("matrix login", "ok", f"{who.get('user_id')}, device {who.get('device_id')}"),
            self.listening(),
            Check("matrix rooms", "ok", f"{len(self.rooms.joined)} joined"),
        ]

    async def _readers(self, room: str) -> Collection[str] | None:
        known = await self.rooms.get(room)
        return known.joined if known.encrypted else None

    async def _state_of(self, room_id: str) -> list[dict[str, Any]]:
        return events_of(await self.line_in(room_id).ask("GET", "rooms", room_id, "state"))

    async def _sender_of(self, room_id: str, event_id: str) -> str:
        return await asked_sender(self.line_in(room_id).ask, room_id, event_id)


def policy(host: Any, settings: Settings) -> tuple[str, tuple[str, ...]]:
    """Whose invitations are followed: as this platform's section says, else as the host does."""
    if settings.accept_invites is not None:
        return settings.accept_invites, settings.invites_from
    of_the_host = tuple(entry.removeprefix("matrix:") for entry in host.admission.allow)
    return host.admission.invitations, (*settings.invites_from, *of_the_host)
