"""An application service: one stream of transactions for a whole namespace of users (LUNA-5).

A persona costs nothing here but its row: no connection, no task. The homeserver backs off for up to nine minutes
when it does not reach us; a ping at the start, and each minute, brings what it kept at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import attrs
import structlog
from butler import Check, Lost, NotReady, PlatformError, Receive, Scope

from butler_luna_matrix.account import Account, policy
from butler_luna_matrix.catchup import CatchUp
from butler_luna_matrix.connection import TokenRejected
from butler_luna_matrix.contents import events_of, inner
from butler_luna_matrix.homes import Own
from butler_luna_matrix.ids import localpart, ours
from butler_luna_matrix.invites import Invites
from butler_luna_matrix.line import DEVICE, JSON, Line, Mask
from butler_luna_matrix.listener import Listener
from butler_luna_matrix.registration import Registration
from butler_luna_matrix.settings import Settings
from butler_luna_matrix.watch import Watch

log = structlog.get_logger("butler.luna_matrix")

SIDE_BY_SIDE = 16
"""So many rooms of a transaction are worked off at once; within a room one event after the other."""


class Service(Account):
    """The host as an application service."""

    def __init__(
        self, host: Any, settings: Settings, receive: Receive, scope: Scope, registration: Registration
    ) -> None:
        self._registration = registration
        for token in (registration.as_token, registration.hs_token):
            host.keep_secret(token)
        super().__init__(host, settings, receive, scope, Own(settings.user, registration.users))
        self._catch_up = CatchUp(self.memory, self.timelines, self.own)
        self._listener = Listener(settings.listen, registration.hs_token, self._take, self.own.__contains__)
        self._watch = Watch(self.connection, ping=self.ping, gone=self._listener.hold, back=self._came_back)
        self._slots = asyncio.Semaphore(SIDE_BY_SIDE)

    async def begin(self) -> None:
        """Be known, listen, and have the homeserver send what it kept. Raises ``NotReady`` or ``PlatformError``."""
        self.connection.restore_login(self.settings.user, DEVICE, self._registration.as_token)
        self.homes.begin()
        await self.memory.prune(self.host.clock.now())
        await self._be_known()
        rooms = await self.main.ask("GET", "joined_rooms")
        self.rooms.joined.update(rooms.get("joined_rooms", ()))
        await self._catch_up.begin()
        self._listener.hold()
        await self._listener.open()
        self.scope.closing("listener", self._listener.close)
        await self._came_back()
        await self.ping()
        self.scope.task(self._watch.regularly(), "pings")
        self.scope.task(self._watch.closely(), "watch")
        if self.receipts is not None:
            self.scope.task(self.receipts.run(), "receipts")

    async def _be_known(self) -> None:
        try:
            await self.main.ask("GET", "account", "whoami")
        except TokenRejected:
            raise PlatformError(
                "the homeserver does not know this application service",
                remedy="name the registration file in its app_service_config_files and restart it",
            ) from None
        except NotReady:
            raise
        except PlatformError:  # the user or its device is not there yet
            await self.make(self.settings.user, "")

    async def ping(self) -> None:
        """Have the homeserver reach us. Raises ``NotReady`` where it cannot."""
        try:
            await self.main.ask("POST", "appservice", self._registration.id, "ping", body={}, version="v1")
        except Lost:
            log.info("the homeserver knows no pings", homeserver=self.settings.homeserver)
        except TokenRejected:
            raise
        except PlatformError as error:
            raise NotReady(
                f"the homeserver does not reach the host at {self._registration.url} ({error.args[0]})",
                remedy="the address stands in the registration file; see [platforms.matrix] listen",
            ) from None

    async def _came_back(self) -> None:
        await self._catch_up.run([(room, self.line_in(room)) for room in {*self.rooms.joined, *self.homes.rooms}])
        self._listener.release()

    def listening(self) -> Check:
        """How the stream stands."""
        if self._watch.trouble:
            return Check("matrix transactions", "fail", self._watch.trouble, "it is tried again each minute")
        return Check("matrix transactions", "ok", f"taken at {self.settings.listen}")

    # --- who speaks -----------------------------------------------------------------------------------

    @property
    def memory_key(self) -> str:
        """The last transaction's number is kept, which is no sync token."""
        return f"{self.settings.user} transactions"

    @property
    def main(self) -> Line:
        """The service's own user."""
        return Mask(self.connection, self.settings.user)

    def line_of(self, user: str) -> Line:
        """The line of one of our users."""
        return Mask(self.connection, user)

    def line_in(self, room: str) -> Line:
        """The line of one of ours that is in a room, the main one first."""
        if room in self.rooms.joined:
            return self.main
        return next((self.line_of(user) for user in self.homes.inside(room)), self.main)

    def lines_in(self, room: str) -> Iterable[Line]:
        """The lines of all of ours in a room."""
        mains = (self.settings.user,) if room in self.rooms.joined else ()
        return [self.line_of(user) for user in {*mains, *self.homes.inside(room)}]

    # --- accounts of personas ---------------------------------------------------------------------------

    async def make(self, user: str, name: str) -> None:
        """Register a user of the namespace, give it its device and its name."""
        body = {"type": "m.login.application_service", "username": localpart(user), "inhibit_login": True}
        try:
            await self.connection.ask("POST", "register", body=body)
        except NotReady:
            raise
        except PlatformError as error:
            if "M_USER_IN_USE" not in error.args[0]:
                raise
        who = {"type": "m.id.user", "user": user}
        login = {"type": "m.login.application_service", "identifier": who, "device_id": DEVICE}
        try:
            await self.connection.ask("POST", "login", body=login)
        except NotReady:
            raise
        except PlatformError as error:
            raise used_up(user, error) from None
        if name:
            await self.line_of(user).ask("PUT", "profile", user, "displayname", body={"displayname": name})

    async def confirm(self, user: str) -> None:
        """Ask the homeserver who this user is."""
        who = await self.line_of(user).ask("GET", "account", "whoami")
        if who.get("user_id") != user:
            raise PlatformError(f"the homeserver takes {user} for {who.get('user_id')}")

    async def unmake(self, user: str) -> None:
        """Deactivate a user of the namespace."""
        try:
            await Mask(self.connection, user).ask("POST", "account", "deactivate", body={"erase": False})
        except NotReady:
            raise
        except PlatformError as error:
            if not any(code in error.args[0] for code in ("M_UNKNOWN_DEVICE", "M_USER_DEACTIVATED", "not registered")):
                raise

    # --- what comes in --------------------------------------------------------------------------------------

    async def _take(self, number: str, whole: JSON) -> None:
        """One transaction: within a room in order, rooms side by side. Raises what must have it sent again."""
        rooms: dict[str, list[JSON]] = {}
        for raw in events_of(whole):
            if isinstance(raw.get("room_id"), str):
                rooms.setdefault(raw["room_id"], []).append(raw)
        work = [self._take_room(room, events) for room, events in rooms.items()]
        for outcome in await asyncio.gather(*work, return_exceptions=True):
            if outcome is not None:
                raise outcome
        for raw in events_of(whole, "ephemeral"):
            room = raw.get("room_id")
            if raw["type"] == "m.typing" and isinstance(room, str) and self._is_in(room):
                await self.timelines.typers(room, [raw])
        await self._catch_up.took(number, events_of(whole))

    def _is_in(self, room: str) -> bool:
        return room in self.rooms.joined or bool(self.homes.inside(room))

    async def _take_room(self, room: str, events: list[JSON]) -> None:
        async with self._slots:
            for raw in events:
                try:
                    await self._take_event(room, raw)
                except NotReady:
                    raise
                except PlatformError as error:  # we are not in it any more, or it is broken
                    log.warning("a room cannot be read", room=room, reason=str(error))

    async def _take_event(self, room: str, raw: JSON) -> None:
        user, membership = raw.get("state_key"), inner(raw, "content").get("membership")
        if raw["type"] == "m.room.member" and isinstance(user, str) and user in self.own:
            if user == self.settings.user:
                (self.rooms.joined.add if membership == "join" else self.rooms.joined.discard)(room)
            if membership == "invite":
                await self._invited(room, raw, user)
        if self._is_in(room) or membership == "join":
            await self.timelines.hand_over(room, raw)
        else:
            await self.homes.noticed(room, raw)
            self.rooms.forget(room)

    async def _invited(self, room: str, raw: JSON, user: str) -> None:
        """An invitation of somebody else; those among ours are followed by whoever made them."""
        if raw.get("sender") in self.own:
            return
        state = [*events_of(inner(raw, "unsigned").get("invite_room_state")), raw]
        invites = Invites(self.line_of(user), *policy(self.host, self.settings))
        event = await invites.decide(room, state, self.host.clock.now())
        if event is not None:
            await self.receive(attrs.evolve(event, id=ours(str(raw["event_id"]))))


def used_up(user: str, error: PlatformError) -> PlatformError:
    """What to say of a name that nobody can have again."""
    if "M_USER_DEACTIVATED" in error.args[0] or "deactivated" in error.args[0]:
        return PlatformError(
            f"{user} was used before and is deactivated", remedy="a homeserver gives no name twice: take another one"
        )
    return error
