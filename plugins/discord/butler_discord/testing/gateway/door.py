"""The gateway's door: hello, identify or resume, heartbeats, and what a bot asks through it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Callable
from typing import Any

from aiohttp import web

from butler_discord.testing.deeds.places import whole
from butler_discord.testing.errors import JSON
from butler_discord.testing.gateway.asking import ASKED
from butler_discord.testing.gateway.codes import KNOWN, Close, Intent, Op
from butler_discord.testing.gateway.connection import Connection, squeeze
from butler_discord.testing.gateway.hub import Hub
from butler_discord.testing.gateway.session import Session
from butler_discord.testing.rest.limits import Limits
from butler_discord.testing.state.users import App

PATIENCE = 2.0
"""So many heartbeats may be missed."""
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

    def __init__(self, hub: Hub, limits: Limits, heartbeat: float) -> None:
        self.hub = hub
        self.limits = limits
        self.heartbeat = heartbeat
        self.resume_url = ""
        self.connections: set[Connection] = set()
        self.shut = False
        """Nobody gets in."""

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection, to its end."""
        if self.shut:
            raise web.HTTPServiceUnavailable
        squeezed = squeeze(request.query.get("compress", ""))
        ws = web.WebSocketResponse(max_msg_size=0, compress=False)
        await ws.prepare(request)
        connection = Connection(ws, request.transport, squeezed)
        self.connections.add(connection)
        writer = asyncio.create_task(connection.write(), name="discord stand-in: gateway writer")
        try:
            connection.op(Op.HELLO, {"heartbeat_interval": int(self.heartbeat * 1000), "_trace": []})
            await self._listen(connection)
        except Shut as shut:
            connection.close(shut.code, shut.reason)
            await (connection.gone.wait() if connection.dead else writer)
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
            if connection.left_with in {1000, 1001}:
                self.hub.sessions.pop(session.id, None)  # the bot went offline; nothing is to be resumed
        self.hub.world.touch()

    def forget(self, session: Session) -> None:
        """End a session: it cannot be resumed."""
        self.hub.sessions.pop(session.id, None)
        if session.connection is not None:
            session.connection.session = None
            session.connection = None

    async def _listen(self, connection: Connection) -> None:
        most, seconds = self.limits.gateway
        sent: deque[float] = deque(maxlen=most)
        while True:
            try:
                payload = await connection.read(self.heartbeat * PATIENCE)
            except ValueError:
                raise Shut(Close.DECODE_ERROR, "Error while decoding payload.") from None
            except TimeoutError:
                raise Shut(Close.UNKNOWN_ERROR, "No heartbeat.") from None
            if payload is None:
                return
            now = self.hub.world.clock.monotonic()
            if len(sent) == most and now - sent[0] < seconds:
                raise Shut(Close.RATE_LIMITED, "Rate limited.")
            sent.append(now)
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
        if not connection.deaf:
            connection.op(Op.HEARTBEAT_ACK)

    def _identify(self, connection: Connection, data: JSON) -> None:
        if connection.session is not None:
            raise Shut(Close.ALREADY_AUTHENTICATED, "Already authenticated.")
        app = self._app(data["token"])
        shard, count = data.get("shard") or (0, 1)
        if not 0 <= shard < count:
            raise Shut(Close.INVALID_SHARD, "Invalid shard.")
        guilds = sum(app.id in guild.members for guild in self.hub.world.guilds.values())
        if guilds / count > self.limits.guilds_per_shard:
            raise Shut(Close.SHARDING_REQUIRED, "Sharding required.")
        intents = self._intents(app, data["intents"])
        token = app.token
        in_time = self.hub.starts.count(app, shard)
        if app.token != token:
            self._lock_out(app)
        if not in_time:
            connection.op(Op.INVALID_SESSION, data=False)
            return
        connection.each = bool(data.get("compress"))
        session = Session(app, (shard, count), intents)
        self.hub.sessions[session.id] = session
        session.presence = data.get("presence") or {}
        session.connection, connection.session = connection, session
        self._ready(session)
        self.hub.world.touch()

    def _lock_out(self, app: App) -> None:
        for session in self.hub.of(app):
            if session.connection is not None:
                session.connection.close(Close.AUTHENTICATION_FAILED, "Authentication failed.")
            self.forget(session)
        raise Shut(Close.AUTHENTICATION_FAILED, "Authentication failed.")

    def _app(self, token: str) -> App:
        app = self.hub.world.by_token(token.removeprefix("Bot "))
        if app is None:
            raise Shut(Close.AUTHENTICATION_FAILED, "Authentication failed.")
        return app

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
            for guild in [each for each in guilds if each.available]:
                presences = bool(session.intents & Intent.PRESENCES)
                seen = {**whole(guild, app.id, presences=presences), "unavailable": False}
                session.tell("GUILD_CREATE", json.dumps(seen))

    def _too_late(self, session: Session) -> bool:
        left = session.left_at
        late = left is not None and self.hub.world.clock.monotonic() - left > self.limits.resume
        if late:
            self.forget(session)
        return late

    def _resume(self, connection: Connection, data: JSON) -> None:
        if connection.session is not None:
            raise Shut(Close.ALREADY_AUTHENTICATED, "Already authenticated.")
        app = self._app(data["token"])
        session = self.hub.sessions.get(data["session_id"])
        if session is None or session.app is not app or self._too_late(session):
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
