"""One account's way to the homeserver: what it asks, says and uploads."""

from __future__ import annotations

import abc
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import attrs
from butler import File, NotReady, PlatformError

JSON = dict[str, Any]

DEVICE = "BUTLER"
"""The device of every user of an application service: with it the homeserver remembers transaction ids."""


@attrs.frozen
class Request:
    """One request to the homeserver."""

    method: str
    address: str
    data: str | bytes | None = None
    query: Mapping[str, str] = attrs.field(factory=dict)
    mime: str = "application/json"
    wait: float = 0.0
    """How many seconds the homeserver may take on purpose, on top of the usual limit."""
    token: str = ""
    """Another account's; empty: that of whose connection it is."""

    @property
    def target(self) -> str:
        """The address with its query."""
        return f"{self.address}?{urlencode(self.query)}" if self.query else self.address


class Line(abc.ABC):
    """What one account can do; every refusal is one of the host's errors (:func:`connection.refusal`)."""

    user_id: str
    encrypts: bool = False
    """Whether it can read and speak in encrypted rooms."""

    @abc.abstractmethod
    async def request(self, request: Request) -> Any:
        """What the homeserver answers."""

    async def ask(
        self,
        method: str,
        *path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        wait: float = 0.0,
        version: str = "v3",
    ) -> Any:
        """One request of the client-server API: the parts of its path below ``version``, the answer as it came."""
        data = None if body is None else json.dumps(body)
        address = _address(f"/_matrix/client/{version}", path)
        return await self.request(Request(method, address, data, query or {}, wait=wait))

    async def administer(self, method: str, version: str, *path: str, body: Any = None, query: Any = None) -> Any:
        """One request of Synapse's admin API."""
        data = None if body is None else json.dumps(body)
        return await self.request(Request(method, _address(f"/_synapse/admin/{version}", path), data, query or {}))

    async def put(self, room: str, kind: str, content: JSON, key: str) -> str:
        """Send one event under a transaction id; returns the event's id."""
        answer = await self.ask("PUT", "rooms", room, "send", kind, key, body=content)
        if not isinstance(answer.get("event_id"), str):
            raise NotReady("the homeserver answered a message with something else")
        return str(answer["event_id"])

    async def show_typing(self, room: str, seconds: float) -> None:
        """Show as typing for so long; 0 ends it."""
        body = {"typing": True, "timeout": int(seconds * 1000)} if seconds > 0 else {"typing": False}
        await self.ask("PUT", "rooms", room, "typing", self.user_id, body=body)

    async def send_file(self, file: File, patience: float = 0.0) -> str:
        """Upload a file, which may take ``patience`` seconds on top of the usual; returns its ``mxc://`` address."""
        query = {"filename": file.name}
        answer = await self.request(
            Request("POST", "/_matrix/media/v3/upload", file.data, query, mime=file.mime, wait=patience)
        )
        if not isinstance(answer.get("content_uri"), str):
            raise PlatformError(f"the homeserver did not take the file {file.name}")
        return str(answer["content_uri"])


class Mask(Line):
    """A user of an application service, spoken for through the service's own connection."""

    def __init__(self, service: Line, user: str) -> None:
        self._service = service
        self.user_id = user

    async def request(self, request: Request) -> Any:
        """One request as this user and its device."""
        masked = {**request.query, "user_id": self.user_id, "device_id": DEVICE}
        return await self._service.request(attrs.evolve(request, query=masked))


def _address(root: str, path: tuple[str, ...]) -> str:
    return f"{root}/" + "/".join(quote(part, safe="") for part in path)
