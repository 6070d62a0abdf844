"""The line to the homeserver: nio's client, one try per request, every refusal as one of the host's errors."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Any

import attrs
import nio
from aiohttp import ClientError, ClientResponse
from butler import Lost, NotReady, PlatformError, RateLimited

from butler_luna_matrix.crypto import INSTALLED, Crypto
from butler_luna_matrix.line import Line, Request

JSON = dict[str, Any]

RATE_LIMIT_PAUSE = 5.0
"""Seconds to wait when the homeserver limits us without saying for how long."""


Readers = Callable[[str], Awaitable[Collection[str] | None]]
"""Who may read an encrypted room; ``None`` for one that is not encrypted."""


async def _everybody(room: str) -> None:
    """No room is encrypted."""


class TokenRejected(NotReady):
    """The homeserver no longer knows the access token: a login is needed."""


class Connection(nio.AsyncClient, Line):  # type: ignore[misc] # nio carries no types
    """nio's client, made predictable.

    nio retries without end by default and answers errors as objects; here a request is tried once and
    a refusal raises ``RateLimited``, ``NotReady``, ``TokenRejected``, ``Lost`` or ``PlatformError``.
    ``ask`` and ``request`` read what nio would parse away.
    """

    def __init__(self, homeserver: str, user: str, *, request_timeout: float, keys: Path | None = None) -> None:
        """``keys``: the folder for the keys of encrypted rooms; without it they are not read."""
        _quiet()
        encrypts = keys is not None and INSTALLED
        config = nio.AsyncClientConfig(
            max_limit_exceeded=0, max_timeouts=0, request_timeout=request_timeout, encryption_enabled=encrypts
        )
        super().__init__(homeserver.rstrip("/"), user, config=config)
        self.encrypts = encrypts
        self.crypto = Crypto(self, keys) if keys is not None and encrypts else None
        self.readers: Readers = _everybody

    async def close(self) -> None:
        """Let go of the homeserver, and of the keys."""
        await super().close()
        if self.crypto is not None:
            self.crypto.close()

    async def put(self, room: str, kind: str, content: JSON, key: str) -> str:
        """Send one event under a transaction id, sealed in encrypted rooms; returns the event's id."""
        readers = await self.readers(room) if self.crypto is not None and kind != "m.reaction" else None
        if self.crypto is not None and readers is not None:
            kind, content = await self.crypto.sealed(room, kind, content, readers)
        return await Line.put(self, room, kind, content, key)

    async def send(self, *args: Any, **options: Any) -> ClientResponse:
        """Send one request (see nio). Raises ``NotReady`` when the homeserver does not answer."""
        try:
            answer: ClientResponse = await super().send(*args, **options)
        except (ClientError, TimeoutError, OSError) as error:
            raise self._away(error) from None
        return answer

    async def parse_body(self, transport_response: ClientResponse) -> Any:
        """The body of an answer. Raises what :func:`refusal` says where it is a refusal."""
        try:
            body = await super().parse_body(transport_response)
        except (ClientError, TimeoutError, OSError) as error:
            raise self._away(error) from None
        except ValueError:  # not even text
            body = {}
        if transport_response.status >= 400:
            reasons = body if isinstance(body, dict) else {}
            raise refusal(transport_response.status, reasons, transport_response.headers.get("Retry-After", ""))
        return body

    async def request(self, request: Request) -> Any:
        """One request as this account, or with another's ``token``; see :class:`Line`."""
        headers = {"Content-Type": request.mime, "Authorization": f"Bearer {request.token or self.access_token}"}
        limit = self.config.request_timeout + request.wait
        answer = await self.send(request.method, request.target, request.data, headers, timeout=limit)
        return await self.parse_body(answer)

    def _away(self, error: Exception) -> NotReady:
        return NotReady(
            f"{self.homeserver} does not answer ({type(error).__name__})",
            remedy="see that the homeserver runs and that [platforms.matrix] homeserver is its address",
        )


class Borrowed(Line):
    """Another account's token over our connection: an administrator's, or that of somebody whom one may speak for."""

    def __init__(self, connection: Connection, token: str, user: str = "") -> None:
        self._connection = connection
        self._token = token
        self.user_id = user

    async def request(self, request: Request) -> Any:
        """One request with that token."""
        return await self._connection.request(attrs.evolve(request, token=self._token))


def refusal(status: int, body: JSON, retry_after: str = "") -> PlatformError:
    """The host's error for a refusal of the homeserver."""
    code, text = str(body.get("errcode", "")), str(body.get("error", "no reason given"))
    line = f"the homeserver refuses: {text} ({code or status})"
    if status == 429 or code == "M_LIMIT_EXCEEDED":
        return RateLimited(line, retry_after=_pause(body, retry_after))
    if code in {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"}:
        return TokenRejected("the homeserver rejects the access token", remedy="it is renewed by a login")
    if status >= 500:
        return NotReady(f"the homeserver is in trouble: {text} ({code or status})")
    if status == 404:
        return Lost(line)
    return PlatformError(line)


def _pause(body: JSON, retry_after: str) -> float:
    milliseconds = body.get("retry_after_ms")
    if isinstance(milliseconds, int | float):
        return float(milliseconds) / 1000
    return float(retry_after) if retry_after.isdecimal() else RATE_LIMIT_PAUSE


def _quiet() -> None:
    """nio logs whole answers at DEBUG, access tokens in them; what matters we log ourselves."""
    logging.getLogger("nio").setLevel(logging.CRITICAL)
