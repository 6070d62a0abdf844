"""The web, read safely: nothing private is reached, and nothing that is read costs more than it may (OPS-11)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from attrs import evolve

from butler.clock import Clock
from butler.config.destinations import Address, Destination
from butler.errors import WebRefused, WebUnavailable
from butler.scope import Scope
from butler.services.web.addresses import is_public
from butler.services.web.cache import Cache, Key
from butler.services.web.client import Answer, Client, Request
from butler.services.web.pace import Pace
from butler.services.web.resolve import Resolver, SystemResolver
from butler.services.web.target import Asker, Gate, Target, joined, parsed

REDIRECTS: Final = 5


class Web:
    """Fetches for all plugins of a host, over one client that it owns."""

    def __init__(
        self,
        allow: Sequence[Destination],
        clock: Clock,
        scope: Scope,
        *,
        resolve: Resolver | None = None,
        public: Callable[[Address], bool] = is_public,
        **options: Any,
    ) -> None:
        self._gate = Gate(allow, public)
        self._scope = scope
        self._client = Client(self._gate, resolve or SystemResolver(), scope, options)
        self._pace = Pace(clock)
        self._cache = Cache(clock)
        scope.closing("web", self.close)

    @property
    def in_flight(self) -> int:
        """Requests that wait for somebody outside now."""
        return self._client.in_flight

    async def fetch(
        self, url: str, asker: Asker, request: Request, *, params: Mapping[str, Any], deadline: float
    ) -> Answer:
        """Fetch something within ``deadline`` seconds. Raises ``WebRefused``, ``WebUnavailable``, ``WebError``."""
        if self._scope.closed:
            raise WebUnavailable("the host is stopping")
        # in a task of its own: the client's pool is not made for all that may become of a caller's
        work = self._bounded(url, asker, request, params, deadline)
        answer: Answer = await self._scope.task(work, f"fetch for {asker.name}")
        return answer

    async def close(self) -> None:
        """Let go of the client."""
        self._cache.clear()
        await self._client.close()

    async def _bounded(
        self, url: str, asker: Asker, request: Request, params: Mapping[str, Any], deadline: float
    ) -> Answer:
        try:
            async with asyncio.timeout(deadline):
                await self._client.open()
                return await self._followed(self._gate.target(parsed(url, params), asker, None), asker, request)
        except TimeoutError:
            raise WebUnavailable(f"no whole answer came within {deadline:g} s") from None

    async def _followed(self, target: Target, asker: Asker, request: Request) -> Answer:
        """Ask, and go where it leads, each step judged anew."""
        for _ in range(REDIRECTS + 1):
            answer = await self._kept(target, request)
            if not answer.onward:
                return answer
            if request.content is not None:
                raise WebRefused(f"{target.origin} wants what was sent to it to be sent elsewhere")
            before, target = target, self._gate.target(joined(target, answer.onward), asker, target)
            if target.origin != before.origin:
                request = evolve(request, headers={})  # a key is nobody else's
        raise WebUnavailable(f"{target.origin} leads on and on")

    async def _kept(self, target: Target, request: Request) -> Answer:
        """What is known already, if it still holds; else what comes."""
        key: Key = (str(target.url), ",".join(request.accept), request.limit)
        if request.content is not None or request.headers:
            return await self._asked(target, request)
        entry = self._cache.get(key)
        if entry is not None and self._cache.is_fresh(entry):
            return Answer(entry.fetched)
        answer = await self._asked(target, evolve(request, headers=entry.validators) if entry else request)
        if entry is not None and answer.fetched.status == 304:
            return Answer(self._cache.renew(key, entry, answer.headers))
        self._cache.put(key, answer.fetched, answer.headers)
        return answer

    async def _asked(self, target: Target, request: Request) -> Answer:
        if not target.inside:
            await self._pace.turn(target.host)
        return await self._client.ask(target, request)
