"""Somebody with a Matrix client: says, reads and waits, in few words. Part of :mod:`butler_luna_matrix.testing`."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import aiohttp

JSON = dict[str, Any]


class Person:
    """A person on a homeserver. What is said in their rooms gathers in ``timeline`` while they wait for something."""

    def __init__(self, address: str, user: str, password: str) -> None:
        self.user = user
        self.timeline: dict[str, list[JSON]] = defaultdict(list)
        """Room to its events, oldest first, since the login."""
        self.invites: dict[str, JSON] = {}
        self.typing: dict[str, list[str]] = {}
        self._receipts: dict[tuple[str, str], str] = {}
        self._address = address
        self._password = password
        self._since = ""
        self._numbers = itertools.count()
        self._session: aiohttp.ClientSession
        self._token = ""

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        try:
            who = {"type": "m.id.user", "user": self.user}
            login = {"type": "m.login.password", "identifier": who, "password": self._password}
            self._token = (await self.ask("POST", "login", body=login))["access_token"]
            await self._sync(0)
        except BaseException:
            await self._session.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def ask(self, method: str, *path: str, body: Any = None, query: dict[str, str] | None = None) -> JSON:
        """One request; raises ``AssertionError`` with the homeserver's words when it is refused."""
        address = f"{self._address}/_matrix/client/v3/" + "/".join(quote(part, safe="") for part in path)
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        async with self._session.request(method, address, json=body, params=query, headers=headers) as answer:
            found: JSON = await answer.json()
            assert answer.status < 400, f"{method} {'/'.join(path)}: {found}"
            return found

    async def synapse(self, method: str, path: str, body: Any = None, query: dict[str, str] | None = None) -> JSON:
        """One request of Synapse's admin API, for a person who is an administrator."""
        headers = {"Authorization": f"Bearer {self._token}"}
        address = f"{self._address}/_synapse/admin/{path}"
        async with self._session.request(method, address, json=body, params=query, headers=headers) as answer:
            found: JSON = await answer.json()
            assert answer.status < 400, f"{method} {path}: {found}"
            return found

    async def create_room(self, *invite: str, name: str = "", direct: bool = False, **options: Any) -> str:
        """Make a room and invite people; returns its id."""
        body = {"invite": list(invite), "is_direct": direct, "preset": "private_chat", **options}
        return str((await self.ask("POST", "createRoom", body={**body, "name": name} if name else body))["room_id"])

    async def invite(self, room: str, user: str) -> None:
        """Invite somebody to a room."""
        await self.ask("POST", "rooms", room, "invite", body={"user_id": user})

    async def join(self, room: str) -> None:
        """Join a room."""
        await self.ask("POST", "join", room, body={})

    async def leave(self, room: str) -> None:
        """Leave a room."""
        await self.ask("POST", "rooms", room, "leave", body={})

    async def send(self, room: str, kind: str, content: JSON) -> str:
        """Send any event; returns its id."""
        number = f"p{next(self._numbers)}-{id(self)}"
        return str((await self.ask("PUT", "rooms", room, "send", kind, number, body=content))["event_id"])

    async def say(self, room: str, text: str, **content: Any) -> str:
        """Say something; further fields of the event's content may be given. Returns the event's id."""
        return await self.send(room, "m.room.message", {"msgtype": "m.text", "body": text, **content})

    async def edit(self, room: str, event: str, text: str) -> str:
        """Edit what was said."""
        relation = {"rel_type": "m.replace", "event_id": event}
        new = {"msgtype": "m.text", "body": text}
        return await self.say(room, f"* {text}", **{"m.new_content": new, "m.relates_to": relation})

    async def react(self, room: str, event: str, emoji: str) -> str:
        """React to what was said."""
        relation = {"rel_type": "m.annotation", "event_id": event, "key": emoji}
        return await self.send(room, "m.reaction", {"m.relates_to": relation})

    async def redact(self, room: str, event: str, reason: str = "") -> str:
        """Take an event back."""
        number = f"p{next(self._numbers)}-{id(self)}"
        body = {"reason": reason} if reason else {}
        return str((await self.ask("PUT", "rooms", room, "redact", event, number, body=body))["event_id"])

    async def set_state(self, room: str, kind: str, content: JSON, key: str = "") -> str:
        """Set a piece of a room's state; returns the event's id."""
        return str((await self.ask("PUT", "rooms", room, "state", kind, key, body=content))["event_id"])

    async def read(self, room: str) -> list[JSON]:
        """All events of a room from its beginning that this person may see, oldest first."""
        found: list[JSON] = []
        query = {"dir": "f", "limit": "500"}
        while True:
            page = await self.ask("GET", "rooms", room, "messages", query=query)
            found += page["chunk"]
            if "end" not in page or not page["chunk"]:
                return found
            query["from"] = page["end"]

    async def texts(self, room: str, sender: str = "") -> list[str]:
        """What was said in a room (by somebody) since its beginning, oldest first."""
        return _texts(await self.read(room), sender)

    async def heard(self, room: str, count: int, *, sender: str = "", within: float = 20.0) -> list[str]:
        """Wait until so many messages (of somebody) were heard in a room since the login, and give all of them."""
        await self.until(lambda: len(_texts(self.timeline[room], sender)) >= count, within=within)
        return _texts(self.timeline[room], sender)

    async def event(self, room: str, kind: str, *, sender: str = "", within: float = 20.0) -> JSON:
        """Wait for the newest event of a type (from somebody) in a room."""

        def fitting() -> list[JSON]:
            return [e for e in self.timeline[room] if e["type"] == kind and sender in {"", e["sender"]}]

        await self.until(lambda: bool(fitting()), within=within)
        return fitting()[-1]

    async def until(self, reached: Callable[[], bool], *, within: float = 20.0) -> None:
        """Keep listening until a condition holds. Raises ``TimeoutError`` when it does not in time."""
        async with asyncio.timeout(within):
            while not reached():
                await self._sync(10_000)

    async def _sync(self, milliseconds: int) -> None:
        query = {"timeout": str(milliseconds), "filter": '{"room":{"timeline":{"limit":1000}}}'}
        if self._since:
            query["since"] = self._since
        news = await self.ask("GET", "sync", query=query)
        self._since = news["next_batch"]
        rooms = news.get("rooms", {})
        self.invites.update(rooms.get("invite", {}))
        for room, part in rooms.get("join", {}).items():
            self.timeline[room] += part["timeline"]["events"]
            for event in part["ephemeral"]["events"]:
                self._passing(room, event)

    def _passing(self, room: str, event: JSON) -> None:
        if event["type"] == "m.typing":
            self.typing[room] = event["content"]["user_ids"]
        elif event["type"] == "m.receipt":
            for read, kinds in event["content"].items():
                self._receipts.update({(room, user): read for user in kinds.get("m.read", ())})

    def read_by(self, room: str, user: str) -> str:
        """The event up to which somebody marked a room as read, or ``""``."""
        return self._receipts.get((room, user), "")


def _texts(events: Iterable[JSON], sender: str) -> list[str]:
    return [
        str(event["content"].get("body", ""))
        for event in events
        if event["type"] == "m.room.message" and sender in {"", event["sender"]}
    ]
