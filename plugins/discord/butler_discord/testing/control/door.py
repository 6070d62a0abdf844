"""The door for people from other processes: a websocket at ``/people/NAME`` on the stand-in's own address."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from butler_discord.testing.control.doing import Doer
from butler_discord.testing.errors import JSON, Refused
from butler_discord.testing.people.errors import Impossible, NoAnswer
from butler_discord.testing.people.moderator import Moderator
from butler_discord.testing.state.permissions import Permission, in_channel
from butler_discord.testing.world import Event

if TYPE_CHECKING:
    from butler_discord.testing.discord import Discord

HEADER = "X-Discord-Standin"
"""Has to be there: no page in a browser can send it unasked."""


class People:
    """Lets people in, one websocket each: ``{"id": 1, "do": "say", "text": "hello"}`` is answered with
    ``{"id": 1, "done": ...}`` or ``{"id": 1, "error": "..."}``; what they see comes as ``{"event": ..., "data": ...}``.
    """

    def __init__(self, discord: Discord) -> None:
        self.discord = discord
        self._in: set[asyncio.Transport] = set()

    def cut(self) -> None:
        """Break every connection."""
        for transport in self._in:
            transport.abort()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One person, until they go."""
        if HEADER not in request.headers:
            raise web.HTTPForbidden(text=f"{HEADER} is missing")
        try:
            person = self.discord.anybody(request.match_info["name"])
        except Impossible as error:
            raise web.HTTPNotFound(text=str(error)) from None
        ws = web.WebSocketResponse(max_msg_size=64 << 20)
        await ws.prepare(request)
        line = _Line(ws, person, Doer(self.discord, person))
        self.discord.world.listeners.append(line.tell)
        transport = request.transport
        assert transport is not None
        self._in.add(transport)
        writer = asyncio.create_task(line.write(), name="discord stand-in: a person's writer")
        try:
            await line.listen()
        finally:
            self.discord.world.listeners.remove(line.tell)
            self._in.discard(transport)
            for task in (writer, *line.doing):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                    await task
        return ws


class _Line:
    """One person's websocket."""

    def __init__(self, ws: web.WebSocketResponse, person: Moderator, doer: Doer) -> None:
        self.ws = ws
        self.person = person
        self.doer = doer
        self.doing: set[asyncio.Task[None]] = set()
        self._out: deque[JSON] = deque()
        self._more = asyncio.Event()

    def send(self, payload: JSON) -> None:
        """Send it after what is being sent."""
        self._out.append(payload)
        self._more.set()

    async def write(self) -> None:
        """Send until cancelled."""
        while True:
            while self._out:
                await self.ws.send_json(self._out.popleft())
            self._more.clear()
            await self._more.wait()

    async def listen(self) -> None:
        """Do what is asked; each in a task of its own, so that a slow answer holds up nothing."""
        async for message in self.ws:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            task = asyncio.create_task(self._do(json.loads(message.data)), name="discord stand-in: a person's deed")
            self.doing.add(task)
            task.add_done_callback(self.doing.discard)

    async def _do(self, asked: JSON) -> None:
        try:
            done = await self.doer.do(str(asked.get("do")), asked)
        except (Impossible, NoAnswer, Refused) as error:
            self.send({"id": asked.get("id"), "error": str(error)})
        except (KeyError, TypeError, ValueError) as error:
            self.send({"id": asked.get("id"), "error": f"that was not understood: {error!r}"})
        else:
            self.send({"id": asked.get("id"), "done": done})

    def tell(self, event: Event) -> None:
        """Pass on what this person sees."""
        if event.only is None and self._sees(event):
            self.send({"event": event.name, "data": event.data})

    def _sees(self, event: Event) -> bool:
        me = self.person.id
        if event.person is not None:
            return event.person == me
        if event.channel is not None:
            return bool(in_channel(event.channel, me) & Permission.VIEW_CHANNEL)
        return event.guild is not None and me in event.guild.members
