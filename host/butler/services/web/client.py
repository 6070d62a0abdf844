"""One request and its answer over the host's own client; the libraries are imported when it is first used."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, field, frozen

from butler.errors import WebError, WebUnavailable
from butler.scope import Scope
from butler.services.web import body
from butler.services.web.fetched import Fetched
from butler.services.web.resolve import Resolver
from butler.services.web.target import Gate, Target

if TYPE_CHECKING:
    import httpx

    from butler.services.web.transport import Transport

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OWN: Final = frozenset(
    {"host", "cookie", "connection", "content-length", "transfer-encoding", "te", "upgrade", "accept-encoding",
     "proxy-authorization", "proxy-connection", "keep-alive", "trailer", "expect"}
)  # fmt: skip
"""Headers that a caller cannot set: they say how, not what."""


@frozen
class Request:
    """What is asked for, and how much of it."""

    accept: Sequence[str]
    limit: int
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    content: Any = None
    """Sent as JSON, by POST."""


@frozen
class Answer:
    """What came."""

    fetched: Fetched
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    """Names in small letters."""

    @property
    def onward(self) -> str:
        """Where it redirects to, or ``""``."""
        return self.headers.get("location", "") if self.fetched.status in _REDIRECTS else ""


class Client:
    """Sends requests. Close it."""

    def __init__(self, gate: Gate, resolve: Resolver, scope: Scope, options: Mapping[str, Any]) -> None:
        self._gate = gate
        self._resolve = resolve
        self._scope = scope
        self._options = options
        self._opening: asyncio.Task[Transport] | None = None
        self.in_flight = 0
        """Requests that wait for somebody outside now."""

    async def open(self) -> Transport:
        """The transport, made once, on a thread: its libraries and certificates take a tenth of a second."""
        if self._opening is None:
            self._opening = self._scope.task(asyncio.to_thread(self._made), "web client")
        return await asyncio.shield(self._opening)

    def _made(self) -> Transport:
        from butler.services.web.transport import Transport  # noqa: PLC0415 - see above

        return Transport(self._gate, self._resolve, **self._options)

    async def close(self) -> None:
        """Let go of every connection."""
        opening, self._opening = self._opening, None
        if opening is not None and opening.done() and not opening.cancelled():
            await opening.result().aclose()

    async def ask(self, target: Target, request: Request) -> Answer:
        """Send a request and read its answer. Raises ``WebRefused`` or ``WebUnavailable``."""
        transport = await self.open()
        self.in_flight += 1
        try:
            with _told(target):
                response = await transport.handle_async_request(_built(target, request))
                try:
                    return await _answer(response, target, request)
                finally:
                    await response.aclose()
        finally:
            self.in_flight -= 1


def _built(target: Target, request: Request) -> httpx.Request:
    import httpx  # noqa: PLC0415 - see above

    headers = _headers(request)
    try:
        content = None if request.content is None else json.dumps(request.content).encode()
        return httpx.Request("GET" if content is None else "POST", target.url, headers=headers, content=content)
    except (ValueError, TypeError) as error:
        raise WebError(f"{target.origin}: what was to be sent there cannot be sent") from error


def _headers(request: Request) -> dict[str, str]:
    if wrong := sorted(name for name in request.headers if name.lower() in _OWN):
        raise WebError(f"the headers {', '.join(wrong)} are not a caller's to set")
    accept = [each for each in request.accept if not each.startswith("*")]
    return {
        "User-Agent": f"butler-host/{version('butler-host')}",
        "Accept": ", ".join([*accept, "*/*;q=0.1"]),
        "Accept-Encoding": body.ENCODINGS,
        **({} if request.content is None else {"Content-Type": "application/json"}),
        **request.headers,
    }


async def _answer(response: Any, target: Target, request: Request) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    kind, _, rest = headers.get("content-type", "").partition(";")
    kind, charset = kind.strip().lower()[:100], rest.partition("charset=")[2].partition(";")[0].strip("\"' ")[:40]
    fetched = Fetched(str(target.url), response.status_code, kind, charset=charset)
    answer = Answer(fetched, headers)
    if answer.onward or response.status_code == 304:
        return answer
    if not accepted(kind, request.accept):
        if fetched.ok and headers.get("content-length") != "0" and response.status_code != 204:
            raise WebError(f"{target.origin} sends {kind or 'something without a type'}, which was not asked for")
        return answer
    encoding = headers.get("content-encoding", "")
    content, truncated = await body.read(response.stream.__aiter__(), encoding, request.limit)
    return evolve(answer, fetched=evolve(fetched, content=content, truncated=truncated))


def accepted(kind: str, patterns: Sequence[str]) -> bool:
    """Whether a content type is among those: ``text/html`` in ``text/*``, ``a/b+json`` in ``*+json``."""
    return any(
        pattern in (kind, "*/*")
        or (pattern.endswith("/*") and kind.startswith(pattern[:-1]))
        or (pattern.startswith("*+") and kind.endswith(pattern[1:]))
        for pattern in patterns
    )


@contextmanager
def _told(target: Target) -> Iterator[None]:
    """What goes wrong, in words that name the host and nothing else of the URL."""
    import httpcore  # noqa: PLC0415 - see above

    try:
        yield
    except httpcore.ConnectError as error:
        raise WebUnavailable(f"{target.origin}: its certificate or its handshake is not accepted") from error
    except httpcore.RemoteProtocolError as error:
        raise WebUnavailable(f"{target.origin}: what it sends is no HTTP") from error
    except httpcore.LocalProtocolError as error:
        raise WebError(f"{target.origin}: what was to be sent there cannot be sent") from error
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
        raise WebUnavailable(f"{target.origin}: it broke off") from error
