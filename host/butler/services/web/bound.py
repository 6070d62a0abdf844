"""``self.host.web``: pages and APIs of the web, for one plugin, from the hosts that it declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from butler.errors import WebError, WebUnavailable
from butler.services.web.client import Answer, Request
from butler.services.web.fetched import Fetched
from butler.services.web.service import Web
from butler.services.web.target import Asker

LIMIT: Final = 1_000_000
MOST: Final = 16_000_000
"""Bytes of content: unless told, and whatever is told."""
DEADLINE: Final = 15.0
"""Seconds for all of it: the look-up, the redirects, the last byte."""
PAGES: Final = ("text/*", "application/json", "application/xml", "application/xhtml+xml", "*+json", "*+xml")
"""Content that is text."""
JSON: Final = ("application/json", "*+json", "text/*")
_THROTTLED: Final = 429


class BoundWeb:
    """The web for one plugin. What comes from it was written by others: quote it before a model reads it."""

    def __init__(self, web: Web, asker: Callable[[], Asker]) -> None:
        self._web = web
        self._asker = asker

    async def get(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: Sequence[str] = PAGES,
        limit: int = LIMIT,
        deadline: float = DEADLINE,
    ) -> Fetched:
        """Fetch a page, whatever its status; at most ``limit`` bytes of it (then it is ``truncated``).

        ``params`` are added to its query. ``accept`` names the types of content that are wanted (``image/*``),
        ``deadline`` seconds for the whole. ``headers`` are not sent on to another host. Raises ``WebRefused`` if the
        address may not be reached, ``WebUnavailable`` if nothing whole comes in time, ``WebError`` if it is of
        another type.
        """
        request = Request(tuple(accept), _limit(limit), dict(headers or {}))
        return (await self._fetch(url, request, params, deadline)).fetched

    async def json(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        limit: int = LIMIT,
        deadline: float = DEADLINE,
    ) -> Any:
        """Ask an API and return what its JSON says. With ``body`` that is posted as JSON.

        Raises as :meth:`get` does, ``WebUnavailable`` if it fails or asks to wait (``retry_after`` seconds), and
        ``WebError`` with its ``status`` if it refuses or answers no JSON.
        """
        request = Request(JSON, _limit(limit), dict(headers or {}), body)
        answer = await self._fetch(url, request, params, deadline)
        if not answer.fetched.ok:
            raise _failed(answer)
        return answer.fetched.json()

    async def _fetch(self, url: str, request: Request, params: Mapping[str, Any] | None, deadline: float) -> Answer:
        return await self._web.fetch(url, self._asker(), request, params=params or {}, deadline=deadline)


def _limit(limit: int) -> int:
    if not 0 < limit <= MOST:
        raise ValueError(f"a limit is between 1 and {MOST:,} bytes, not {limit}")
    return limit


def _failed(answer: Answer) -> WebError:
    status = answer.fetched.status
    host = answer.fetched.url.partition("://")[2].partition("/")[0].partition("?")[0]
    if status == _THROTTLED or status >= 500:
        told = answer.headers.get("retry-after", "")
        wait = float(told) if told.isascii() and told.isdigit() and len(told) < 7 else 0.0
        return WebUnavailable(f"{host} cannot answer now (status {status})", status=status, retry_after=wait)
    return WebError(f"{host} refuses that (status {status})", status=status)
