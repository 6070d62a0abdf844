"""A server that speaks Anthropic's protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from aiohttp import web
from attrs import frozen

from butler.testing.providers import tokens
from butler.testing.providers.account import Bill
from butler.testing.providers.anthropic.caching import Marked, marked
from butler.testing.providers.anthropic.messages import Messages
from butler.testing.providers.asked import Asked
from butler.testing.providers.form import Refused
from butler.testing.providers.script import Failure
from butler.testing.providers.served import Served
from butler.testing.providers.standin import StandIn

TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
    404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error", 504: "timeout_error",
    529: "overloaded_error",
}  # fmt: skip
CAUSES = {"enforced_spend_limit_reached", "contract_spend_limit_reached", "ramp_limit_exceeded", "organization_on_hold"}
"""What may stand in ``details.error_code``."""


@frozen
class Claude(Served):
    """One of its models, with what sets them apart."""

    system: bool = True
    """Whether it takes messages of the role ``system`` after the first."""
    effort: bool = True
    """Whether it takes ``output_config.effort``."""
    thinks: bool = False
    """Whether what it thinks comes back as blocks, which are good for their own conversation alone."""


class Anthropic(StandIn):
    """Caches what is marked by ``cache_control``: at most 4 marks, each found again within 20 blocks before it."""

    name: ClassVar[str] = "anthropic"
    models: ClassVar[tuple[Served, ...]] = (
        Claude("small", temperature=False, cache_minimum=512),
        Claude("large", window=200_000, temperature=False, cache_minimum=512),
        Claude("thinker", window=200_000, temperature=False, cache_minimum=512, thinks=True),
        Claude("older", window=200_000, cache_minimum=4096, system=False, effort=False),
    )

    filtered = Failure(400, "Output blocked by content filtering policy")

    @property
    def base_url(self) -> str:
        """What a client is told."""
        return self.url

    def routes(self) -> Iterable[web.RouteDef]:
        """All below ``/v1``."""
        return [
            web.get("/v1/models", self.replies(self._models)),
            web.get("/v1/models/{name}", self.replies(self._model)),
            web.post("/v1/messages", self.answers(Messages(self))),
            web.post("/v1/messages/count_tokens", self.replies(self._count)),
        ]

    def allowed(self, request: web.Request) -> bool:
        """A bearer token, or the header ``x-api-key``. Raises ``Refused`` without a version."""
        if "anthropic-version" not in request.headers:
            raise Refused(Failure(400, "anthropic-version: header is required"))
        return self.key in (request.headers.get("x-api-key"), request.headers.get("Authorization", "")[7:])

    def refusal(self, failure: Failure) -> Mapping[str, Any]:
        """An object ``error``, with what caused it where that has a name."""
        kind = TYPES.get(failure.status, "api_error" if failure.status >= 500 else "invalid_request_error")
        error: dict[str, Any] = {"type": kind, "message": failure.message}
        if failure.code in CAUSES:
            error["details"] = {"error_code": failure.code}
        return {"type": "error", "error": error, "request_id": "req_standin"}

    def model(self, name: str, kind: str = "chat") -> Claude:
        """A model that can be asked for that. Raises ``Refused`` with 404."""
        served = self.served.get(name)
        if not isinstance(served, Claude) or kind not in served.kinds:
            raise Refused(Failure(404, f"model: {name}"))
        return served

    def charge(self, asked: Asked, bill: Bill) -> None:
        """The longest prefix that is found again is read; what follows it up to the last mark is written."""
        told = self.marked(asked)
        bill.cached = max((self.cache.read(mark.within, mark.ttl) for mark in reversed(told)), default=0)
        bill.written = max(max((mark.prefix.length for mark in told), default=0) - bill.cached, 0)
        bill.input = len(tokens.of_prompt(asked.prompt)) - bill.cached - bill.written
        for mark in told:
            self.cache.write([mark.prefix], mark.ttl)

    def marked(self, asked: Asked) -> list[Marked]:
        """The marks of a request that are long enough for its model."""
        return marked(asked, self.model(asked.prompt.model).cache_minimum)

    async def _count(self, request: web.Request) -> Mapping[str, Any]:
        body = await self.body(request)
        asked = Messages(self).read(body, request)
        return {"input_tokens": len(tokens.of_prompt(asked.prompt))}

    async def _models(self, request: web.Request) -> Mapping[str, Any]:
        """In pages of ``limit``, each beginning behind ``after_id``."""
        names = list(self.served)
        limit = int(request.query.get("limit", "20"))
        after = request.query.get("after_id")
        start = names.index(after) + 1 if after in names else 0
        page = names[start : start + limit]
        return {
            "data": [_described(self.served[name]) for name in page],
            "has_more": start + limit < len(names),
            "first_id": page[0] if page else None,
            "last_id": page[-1] if page else None,
        }

    async def _model(self, request: web.Request) -> Mapping[str, Any]:
        return _described(self.model(request.match_info["name"]))


def _described(served: Served) -> Mapping[str, Any]:
    return {
        "type": "model",
        "id": served.name,
        "display_name": served.name.title(),
        "created_at": "2026-01-01T00:00:00Z",
        "lifecycle": "active",
        "max_input_tokens": served.window,
        "max_tokens": served.window // 2,
    }
