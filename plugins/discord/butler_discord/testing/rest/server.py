"""The API's face: finds who asks and what answers, counts, and gives errors as Discord does."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import unquote

from aiohttp import web
from attrs import frozen

from butler_discord.testing.errors import Refused, unauthorized
from butler_discord.testing.faults import Fault, Faults
from butler_discord.testing.gateway.hub import Hub
from butler_discord.testing.rest.ask import Answer, Ask, Handler, Route, read
from butler_discord.testing.rest.limits import Locked, Meter
from butler_discord.testing.state.users import App

BASE = "/api/v10"
OPEN = ("/webhooks/{webhook}/{token}", "/interactions/", "/gateway")
"""Paths whose address is enough to be let in."""
UNLIMITED = "/interactions/"
WRONG = frozenset({401, 403, 429})


@frozen
class Request:
    """A request as it was answered."""

    route: str
    """``"POST /channels/{channel}/messages"``."""
    path: str
    status: int
    """0: cut off."""
    app: App | None
    at: float
    """On the clock's monotonic time."""
    connection: int = 0
    """Which connection it came over: the port at its other end."""


class Api:
    """Answers requests from the routes that it is given. ``requests``: the last ones, with how they were answered."""

    def __init__(self, hub: Hub, meter: Meter, faults: Faults) -> None:
        self.hub = hub
        self.meter = meter
        self.faults = faults
        self.requests: deque[Request] = deque(maxlen=100_000)

    def add(self, router: web.UrlDispatcher, routes: Iterable[Route]) -> None:
        """Put routes on a router, then a 404 for the rest."""
        for method, path, handler in routes:
            router.add_route(method, BASE + path, self._serving(f"{method} {path}", handler))
        router.add_route("*", "/api/{rest:.*}", self._serving("?", _nowhere))

    def _serving(self, route: str, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            app = self._who(request)
            fault = self.faults.next(route)
            try:
                response = await self._answer(request, route, handler, app, fault)
            except Refused as refused:
                response = _response(Answer(refused.status, refused.body), refused.headers)
            except Locked as locked:
                self._keep(request, route, 429, app)
                after = str(int(locked.seconds) + 1)
                return web.Response(status=429, text=str(locked), headers={"Retry-After": after})
            if fault is not None and (fault.lost or fault.unheard):
                self._note(request, route, 0, app)
                if request.transport is not None:
                    request.transport.abort()
                return response
            self._note(request, route, response.status, app, shared=response.headers.get("X-RateLimit-Scope"))
            return response

        return serve

    async def _answer(
        self, request: web.Request, route: str, handler: Handler, app: App | None, fault: Fault | None
    ) -> web.Response:
        path = route.partition(" ")[2]
        address = request.remote or ""
        self.meter.open_door(address)
        if app is None and not path.startswith(OPEN):
            raise unauthorized()
        if fault is not None and fault.unheard:
            return web.Response(status=500)
        who = str(app.id) if app else address
        headers = {}
        if not path.startswith(UNLIMITED):
            headers = self.meter.count(route, who, request.match_info, free=path.startswith(OPEN))
        if fault is not None and fault.refused is not None:
            raise fault.refused
        body, files = await read(request)
        self.hub.world.catch_up()
        reason = request.headers.get("X-Audit-Log-Reason")
        ask = Ask(self.hub, request.match_info, request.query, app, body, files, unquote(reason) if reason else None)
        response = _response(_handled(handler, ask, headers), headers)
        if fault is not None and fault.held is not None:
            await fault.held.wait()
        return response

    def _note(self, request: web.Request, route: str, status: int, app: App | None, shared: str | None = None) -> None:
        self._keep(request, route, status, app)
        if status in WRONG and shared != "shared":
            self.meter.wrong(request.remote or "")

    def _keep(self, request: web.Request, route: str, status: int, app: App | None) -> None:
        peer = request.transport.get_extra_info("peername") if request.transport is not None else None
        now = self.meter.clock.monotonic()
        self.requests.append(Request(route, request.path, status, app, now, peer[1] if peer else 0))

    def _who(self, request: web.Request) -> App | None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        return self.hub.world.by_token(token) if kind == "Bot" else None


def _handled(handler: Handler, ask: Ask, headers: dict[str, str]) -> Answer:
    try:
        found = handler(ask)
    except Refused as refused:
        refused.headers = {**headers, **refused.headers}
        raise
    if isinstance(found, Answer):
        return found
    return Answer(204 if found is None else 200, found)


def _response(answer: Answer, headers: dict[str, str]) -> web.Response:
    if answer.body is None:
        return web.Response(status=answer.status, headers=headers)
    # bytes, since with a text aiohttp names a charset, which Discord does not
    body = json.dumps(answer.body).encode()
    return web.Response(body=body, status=answer.status, content_type="application/json", headers=headers)


def _nowhere(ask: Ask) -> Answer:
    raise Refused(404, 0, "404: Not Found")
