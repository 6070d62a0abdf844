"""What goes wrong on the way: answers that fail or are lost, connections that break, sessions that end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from attrs import define

from butler_discord.testing.deeds.places import whole
from butler_discord.testing.errors import Refused
from butler_discord.testing.gateway.codes import Op
from butler_discord.testing.rest.limits import too_many
from butler_discord.testing.state.guilds import Guild
from butler_discord.testing.state.users import App

if TYPE_CHECKING:
    from collections.abc import Iterator

    from butler_discord.testing.gateway.connection import Connection
    from butler_discord.testing.gateway.door import Door


@define(eq=False)
class Fault:
    """Something that happens to the next requests of a route."""

    route: str
    """``"POST /channels/{channel}/messages"``; empty: any."""
    times: int
    refused: Refused | None = None
    lost: bool = False
    """It is done, and the answer never arrives: the connection is cut."""
    unheard: bool = False
    """It is not done, and the connection is cut."""
    held: asyncio.Event | None = None
    """It is answered only once this is set."""


class Faults:
    """Order faults here. Each says for how many requests, or for which bot's connections (without one: all)."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._orders: list[Fault] = []

    # --- requests -----------------------------------------------------------------------------------

    def fail(self, route: str = "", *, status: int = 500, times: int = 1) -> None:
        """Answer with an error of the server, without doing anything."""
        self._orders.append(Fault(route, times, Refused(status, 0, f"{status}: Internal Server Error")))

    def refuse(self, route: str, status: int, code: int, message: str, *, times: int = 1) -> None:
        """Answer with an error of Discord's, without doing anything."""
        self._orders.append(Fault(route, times, Refused(status, code, message)))

    def limit(self, route: str = "", *, after: float = 1.0, everywhere: bool = False, times: int = 1) -> None:
        """Answer 429, as if the limit (``everywhere``: the one over all routes) were reached."""
        refused = too_many(after, {}, everywhere=everywhere, shared=not everywhere)
        self._orders.append(Fault(route, times, refused))

    def lose(self, route: str = "", *, times: int = 1) -> None:
        """Do it, and cut the connection before the answer: whoever asked cannot know."""
        self._orders.append(Fault(route, times, lost=True))

    def unheard(self, route: str = "", *, times: int = 1) -> None:
        """Cut the connection before anything is done."""
        self._orders.append(Fault(route, times, unheard=True))

    def hold(self, route: str = "", *, times: int = 1) -> asyncio.Event:
        """Do it, and answer only when the event that is returned is set."""
        held = asyncio.Event()
        self._orders.append(Fault(route, times, held=held))
        return held

    def next(self, route: str) -> Fault | None:
        """The fault of a request that arrives now."""
        for fault in self._orders:
            if fault.route in {"", route}:
                fault.times -= 1
                if fault.times <= 0:
                    self._orders.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        """Nothing that was ordered happens any more."""
        for fault in self._orders:
            if fault.held is not None:
                fault.held.set()
        self._orders.clear()

    # --- the gateway --------------------------------------------------------------------------------

    def _of(self, app: App | None) -> Iterator[Connection]:
        for connection in list(self._door.connections):
            session = connection.session
            if session is not None and not connection.dead and app in {None, session.app}:
                yield connection

    def drop(self, app: App | None = None) -> None:
        """Break connections without a word."""
        for connection in self._of(app):
            connection.cut()

    def close(self, code: int = 4000, app: App | None = None) -> None:
        """Close connections with a code."""
        for connection in self._of(app):
            connection.close(code, "")

    def reconnect(self, app: App | None = None) -> None:
        """Ask bots to reconnect (opcode 7), as Discord does before it restarts a node."""
        for connection in self._of(app):
            connection.op(Op.RECONNECT)

    def invalidate(self, app: App | None = None, *, resumable: bool = False) -> None:
        """Tell bots that their session is invalid (opcode 9); unless ``resumable`` it is over."""
        for connection in self._of(app):
            if not resumable and connection.session is not None:
                self._door.forget(connection.session)
            connection.op(Op.INVALID_SESSION, resumable)

    def zombie(self, app: App | None = None) -> None:
        """Acknowledge no heartbeat any more; events still go out."""
        for connection in self._of(app):
            connection.deaf = True

    def half_open(self, app: App | None = None) -> None:
        """Neither send nor read any more, and leave the connection open, as when a cable is pulled."""
        for connection in self._of(app):
            connection.dead = True

    def forget_sessions(self, app: App | None = None) -> None:
        """End the sessions behind the connections: a resume fails, and a bot has to begin anew."""
        for session in list(self._door.hub.of(app)):
            self._door.forget(session)

    def ask_heartbeat(self, app: App | None = None) -> None:
        """Ask bots for a heartbeat out of turn (opcode 1)."""
        for connection in self._of(app):
            connection.op(Op.HEARTBEAT)

    def outage(self, guild: Guild) -> None:
        """A guild is unavailable until :meth:`restore`: bots are told, and hear nothing from it."""
        gone = {"id": str(guild.id), "unavailable": True}
        self._door.hub.world.emit("GUILD_DELETE", gone, guild=guild)
        guild.available = False

    def restore(self, guild: Guild) -> None:
        """It is there again."""
        guild.available = True
        world = self._door.hub.world
        for user in list(guild.members):
            if user in world.apps:
                data = {**whole(guild, user), "unavailable": False}
                world.emit("GUILD_CREATE", data, guild=guild, only=world.apps[user])

    def shut_gateway(self) -> None:
        """Let nobody connect to the gateway until :meth:`open_gateway`."""
        self._door.shut = True

    def open_gateway(self) -> None:
        """Let bots connect again."""
        self._door.shut = False
