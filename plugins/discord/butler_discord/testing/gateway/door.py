"""The gateway's door: hello, identify or resume, heartbeats, and what a bot asks through it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from butler_discord.testing.deeds.places import whole
from butler_discord.testing.errors import JSON
from butler_discord.testing.gateway.asking import ASKED
from butler_discord.testing.gateway.codes import KNOWN, Close, Intent, Op
from butler_discord.testing.gateway.connection import Connection
from butler_discord.testing.gateway.hub import Hub
from butler_discord.testing.gateway.session import Session
from butler_discord.testing.state.users import App

PRIVILEGED = {
    Intent.MEMBERS: "members_intent",
    Intent.PRESENCES: "presence_intent",
    Intent.MESSAGE_CONTENT: "content_intent",
}


class Shut(Exception):
    """The connection is closed for a reason that Discord documents."""

    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Door:
    """Serves each websocket. ``heartbeat``: seconds between heartbeats that it asks for."""

    def __init__(self, hub: Hub, heartbeat: float) -> None:
        self.hub = hub
        self.heartbeat = heartbeat
        self.resume_url = ""
        self.connections: set[Connection] = set()
        self.identified: list[tuple[float, App]] = []
        """Each IDENTIFY, with the clock's monotonic time."""

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection, to its end."""
        ws = web.WebSocketResponse(max_msg_size=0, compress=False)
        await ws.prepare(request)
        connection = Connection(ws, stream=request.query.get("compress") == "zlib-stream")
        self.connections.add(connection)
        writer = asyncio.create_task(connection.write(), name="discord stand-in: gateway writer")
        try:
            connection.op(Op.HELLO, {"heartbeat_interval": int(self.heartbeat * 1000), "_trace": []})
            await self._listen(connection)
        except Shut as shut:
            connection.close(shut.code, shut.reason)
            await writer
        except ConnectionError:
            pass  # it is gone
        finally:
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await writer
            self._gone(connection)
        return ws

    def _gone(self, connection: Connection) -> None:
        self.connections.discard(connection)
        session = connection.session
        if session is not None and session.connection is connection:
            session.connection = None
            session.left_at = self.hub.world.clock.monotonic()
            if connection.ws.close_code in {1000, 1001}:
                self.hub.sessions.pop(session.id, None)  # the bot went offline; nothing is to be resumed
        self.hub.world.touch()

    async def _listen(self, connection: Connection) -> None:
        while True:
            try:
                payload = await connection.read()
            except ValueError:
                raise Shut(Close.DECODE_ERROR, "Error while decoding payload.") from None
            if payload is None:
                return
            if not connection.dead:
                self._hear(connection, payload)

    def _hear(self, connection: Connection, payload: JSON) -> None:
        op, data = payload["op"], payload.get("d")
        handlers: dict[int, Callable[[Connection, Any], None]] = {
            Op.HEARTBEAT: self._beat, Op.IDENTIFY: self._identify, Op.RESUME: self._resume
        }  # fmt: skip
        if op in handlers:
            handlers[op](connection, data)
        elif op not in ASKED:
            raise Shut(Close.UNKNOWN_OPCODE, "Unknown opcode.")
        elif connection.session is None:
            raise Shut(Close.NOT_AUTHENTICATED, "Not authenticated.")
        else:
            ASKED[op](self.hub, connection.session, data)

    def _beat(self, connection: Connection, _: Any) -> None:
        connection.beats += 1
        if not connection.deaf:
            connection.op(Op.HEARTBEAT_ACK)

    def _identify(self, connection: Connection, data: JSON) -> None:
        if connection.session is not None:
            raise Shut(Close.ALREADY_AUTHENTICATED, "Already authenticated.")
        app = self._app(data["token"])
        shard, count = data.get("shard") or (0, 1)
        if not 0 <= shard < count:
            raise Shut(Close.INVALID_SHARD, "Invalid shard.")
        intents = self._intents(app, data["intents"])
        self.identified.append((self.hub.world.clock.monotonic(), app))
        connection.each = bool(data.get("compress"))
        session = Session(app, (shard, count), intents)
        self.hub.sessions[session.id] = session
        session.connection, connection.session = connection, session
        self._ready(session)
        self.hub.world.touch()

    def _app(self, token: str) -> App:
        token = token.removeprefix("Bot ")
        for app in self.hub.world.apps.values():
            if app.token == token:
                return app
        raise Shut(Close.AUTHENTICATION_FAILED, "Authentication failed.")

    @staticmethod
    def _intents(app: App, wanted: int) -> Intent:
        if wanted & ~KNOWN:
            raise Shut(Close.INVALID_INTENTS, "Invalid intent(s).")
        for intent, granted in PRIVILEGED.items():
            if wanted & intent and not getattr(app, granted):
                raise Shut(Close.DISALLOWED_INTENTS, "Disallowed intent(s).")
        return Intent(wanted)

    def _ready(self, session: Session) -> None:
        app = session.app
        guilds = [
            guild for guild in self.hub.world.guilds.values() if app.id in guild.members and session.in_shard(guild.id)
        ]
        ready = {
            "v": 10, "user": {**app.user.json(), "verified": True, "mfa_enabled": True, "email": None},
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds], "session_id": session.id,
            "resume_gateway_url": self.resume_url, "shard": list(session.shard), "private_channels": [],
            "application": {"id": str(app.id), "flags": app.flags}, "session_type": "normal", "_trace": [],
        }  # fmt: skip
        session.tell("READY", json.dumps(ready))
        if session.intents & Intent.GUILDS:
            for guild in guilds:
                presences = bool(session.intents & Intent.PRESENCES)
                seen = {**whole(guild, app.id, presences=presences), "unavailable": False}
                session.tell("GUILD_CREATE", json.dumps(seen))

    def _resume(self, connection: Connection, data: JSON) -> None:
        if connection.session is not None:
            raise Shut(Close.ALREADY_AUTHENTICATED, "Already authenticated.")
        app = self._app(data["token"])
        session = self.hub.sessions.get(data["session_id"])
        if session is None or session.app is not app:
            connection.op(Op.INVALID_SESSION, data=False)
            return
        missed = session.missed(data["seq"])
        if missed is None:
            raise Shut(Close.INVALID_SEQ, "Invalid seq.")
        if session.connection is not None:
            session.connection.session = None
            session.connection.close(Close.UNKNOWN_ERROR, "Resumed elsewhere.")
        session.connection, connection.session, session.left_at = connection, session, None
        session.resumes += 1
        for payload in missed:
            connection.send(payload)
        session.tell("RESUMED", json.dumps({"_trace": []}))
        self.hub.world.touch()
