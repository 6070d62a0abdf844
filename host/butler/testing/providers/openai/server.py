"""A server that speaks OpenAI's protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from aiohttp import web

from butler.testing.providers import tokens
from butler.testing.providers.account import Bill
from butler.testing.providers.asked import Asked
from butler.testing.providers.cache import Prefix, prefixes
from butler.testing.providers.openai.chat import Chat
from butler.testing.providers.script import Failure
from butler.testing.providers.served import Served
from butler.testing.providers.standin import StandIn

STEP = 128
"""Tokens by which a cached prefix grows."""

TYPES = {
    401: "authentication_error",
    429: "rate_limit_error",
    404: "invalid_request_error",
    400: "invalid_request_error",
}


class OpenAI(StandIn):
    """Caches equal beginnings by itself, from each model's minimum on, for prompts with the same cache key."""

    name: ClassVar[str] = "openai"
    models: ClassVar[tuple[Served, ...]] = (
        Served("small"),
        Served("large", window=128_000),
        Served("thinker", window=128_000, temperature=False),
        Served("writer", kinds=("text",)),
        Served("vectors", kinds=("embeddings",)),
    )

    filtered = Failure(400, "Your request was rejected as a result of our safety system.", "content_policy_violation")

    @property
    def base_url(self) -> str:
        """What a client is told."""
        return f"{self.url}/v1"

    def routes(self) -> Iterable[web.RouteDef]:
        """All below ``/v1``."""
        return [
            web.get("/v1/models", self.replies(self._models)),
            web.get("/v1/models/{name:.+}", self.replies(self._model)),
            web.post("/v1/chat/completions", self.answers(Chat(self))),
        ]

    def allowed(self, request: web.Request) -> bool:
        """A bearer token."""
        return request.headers.get("Authorization") == f"Bearer {self.key}"

    def refusal(self, failure: Failure) -> Mapping[str, Any]:
        """An object ``error``."""
        kind = TYPES.get(failure.status, "server_error")
        return {"error": {"message": failure.message, "type": kind, "param": None, "code": failure.code or None}}

    def charge(self, asked: Asked, bill: Bill) -> None:
        """The longest beginning that was seen before is cached; putting one into the cache costs nothing."""
        told = tokens.of_prompt(asked.prompt)
        known = self._beginnings(told, asked)
        bill.cached = self.cache.read(known)
        bill.input = len(told) - bill.cached
        self.cache.write(known)

    def _beginnings(self, told: list[str], asked: Asked) -> list[Prefix]:
        lengths = range(self.served[asked.prompt.model].cache_minimum, len(told) + 1, STEP)
        return prefixes(told, lengths, apart=f"{asked.prompt.model}/{asked.prompt.key}")

    async def _models(self, request: web.Request) -> Mapping[str, Any]:
        return {"object": "list", "data": [_described(name) for name in self.served]}

    async def _model(self, request: web.Request) -> Mapping[str, Any]:
        name = request.match_info["name"]
        kinds = self.served[name].kinds if name in self.served else ()
        return _described(self.model(name, next(iter(kinds), "")).name)


def _described(name: str) -> Mapping[str, Any]:
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "stand-in"}
