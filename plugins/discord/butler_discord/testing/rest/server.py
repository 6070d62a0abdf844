"""The API's face: finds who asks and what answers, and gives errors as Discord does."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import unquote

from aiohttp import web

from butler_discord.testing.errors import Refused, unauthorized
from butler_discord.testing.gateway.hub import Hub
from butler_discord.testing.rest.ask import Answer, Ask, Handler, Route, read
from butler_discord.testing.state.users import App

BASE = "/api/v10"
OPEN = ("/webhooks/{webhook}/{token}", "/interactions/", "/gateway")
"""Paths whose address is enough to be let in."""


class Api:
    """Answers requests from the routes that it is given."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def add(self, router: web.UrlDispatcher, routes: Iterable[Route]) -> None:
        """Put routes on a router, then a 404 for the rest."""
        for method, path, handler in routes:
            router.add_route(method, BASE + path, self._serving(path, handler))
        router.add_route("*", "/api/{rest:.*}", self._nowhere)

    @staticmethod
    async def _nowhere(request: web.Request) -> web.Response:
        return web.json_response({"message": "404: Not Found", "code": 0}, status=404)

    def _serving(self, path: str, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            try:
                return await self._answer(request, path, handler)
            except Refused as refused:
                return web.json_response(refused.body, status=refused.status)

        return serve

    async def _answer(self, request: web.Request, path: str, handler: Handler) -> web.StreamResponse:
        app = self._who(request)
        if app is None and not path.startswith(OPEN):
            raise unauthorized()
        body, files = await read(request)
        reason = request.headers.get("X-Audit-Log-Reason")
        ask = Ask(self.hub, request.match_info, request.query, app, body, files, unquote(reason) if reason else None)
        found = handler(ask)
        if not isinstance(found, Answer):
            found = Answer(204 if found is None else 200, found)
        if found.body is None:
            return web.Response(status=found.status)
        return web.Response(text=json.dumps(found.body), status=found.status, content_type="application/json")

    def _who(self, request: web.Request) -> App | None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bot":
            return None
        return next((app for app in self.hub.world.apps.values() if app.token == token), None)
