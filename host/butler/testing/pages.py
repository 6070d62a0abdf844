"""A small web server for tests of plugins that fetch: real sockets, on this machine, answering what it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from attrs import field, frozen


@frozen
class WebAnswer:
    """What a page answers: text, bytes, or plain data (sent as JSON)."""

    content: Any = ""
    status: int = 200
    type: str = ""
    headers: Mapping[str, str] = field(factory=dict)

    @property
    def raw(self) -> bytes:
        """The bytes that are sent."""
        if isinstance(self.content, bytes):
            return self.content
        return (self.content if isinstance(self.content, str) else json.dumps(self.content)).encode()

    @property
    def kind(self) -> str:
        """The content type that is sent."""
        return self.type or (
            "text/html; charset=utf-8" if isinstance(self.content, str | bytes) else "application/json"
        )


@frozen
class Asked:
    """A request that came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes = b""


class Pages:
    """Answers ``GET`` and ``POST`` by path. Close it, or use it as a context manager.

    ``Pages({"/forecast": {"sun": True}})``; what is not there is 404. Have a host reach it by
    ``[host] fetch_allow = ["{pages.address}"]`` and a setting of the plugin that names its base URL.
    """

    def __init__(self, pages: Mapping[str, Any] | None = None) -> None:
        self.pages = dict(pages or {})
        """Path to what it answers: text, bytes, plain data, or an :class:`WebAnswer`."""
        self.asked: list[Asked] = []
        """Every request that came, in order."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = False  # closing waits for the last answer
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="pages")
        self._thread.start()

    @property
    def address(self) -> str:
        """Host and port, as ``fetch_allow`` takes them."""
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """Its beginning: ``http://127.0.0.1:4711``."""
        return f"http://{self.address}"

    def answer(self, asked: Asked) -> WebAnswer:
        """What is answered to a request."""
        self.asked.append(asked)
        if asked.path not in self.pages:
            return WebAnswer("there is no such page", 404)
        found = self.pages[asked.path]
        return found if isinstance(found, WebAnswer) else WebAnswer(found)

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _handler(pages: Pages) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def _answer(self, body: bytes) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = pages.answer(Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body))
            self.send_response(answer.status)
            for name, value in {"Content-Type": answer.kind, **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.raw)))
            self.end_headers()
            self.wfile.write(answer.raw)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler
