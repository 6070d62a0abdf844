"""A server that speaks OpenAI's protocol."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from aiohttp import web

from butler.testing.providers import tokens
from butler.testing.providers.account import Bill
from butler.testing.providers.asked import Asked
from butler.testing.providers.form import Refused
from butler.testing.providers.openai import caching
from butler.testing.providers.openai.chat import Chat
from butler.testing.providers.openai.responses import Responses
from butler.testing.providers.openai.strict import bad, fields
from butler.testing.providers.openai.text import Text
from butler.testing.providers.openai.tuning import Tuning
from butler.testing.providers.script import Failure
from butler.testing.providers.served import Served
from butler.testing.providers.standin import StandIn

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "invalid_request_error",
    429: "rate_limit_error",
}
SERVED = (
    Served("small"),
    Served("large", window=128_000),
    Served("thinker", window=128_000, temperature=False, breakpoints=True),
    Served("writer", kinds=("text",)),
    Served("vectors", kinds=("embeddings",)),
)
TEXTS = 2048
"""Texts that one request for embeddings takes."""


class OpenAI(StandIn):
    """Chat Completions, Responses, completions of text, embeddings, files and fine-tuning.

    Prompts are cached for those with the same ``prompt_cache_key``: equal beginnings by themselves, in models with
    ``Served.breakpoints`` up to those. ``quota`` is the failure of an account that is empty.
    """

    name: ClassVar[str] = "openai"
    models: ClassVar[tuple[Served, ...]] = SERVED
    filtered = Failure(400, "Your request was rejected as a result of our safety system.", "content_policy_violation")
    quota = Failure(429, "You exceeded your current quota, please check your plan.", "insufficient_quota")

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.tuning = Tuning(self)

    @property
    def base_url(self) -> str:
        """What a client is told."""
        return f"{self.url}/v1"

    def routes(self) -> Iterable[web.RouteDef]:
        """All below ``/v1``."""
        responses = Responses(self)
        return [
            web.get("/v1/models", self.replies(self._models)),
            web.get("/v1/models/{name:.+}", self.replies(self._model)),
            web.post("/v1/chat/completions", self.answers(Chat(self))),
            web.post("/v1/responses", self.answers(responses)),
            web.post("/v1/responses/input_tokens", self.replies(lambda request: self._counted(responses, request))),
            web.post("/v1/completions", self.answers(Text(self))),
            web.post("/v1/embeddings", self.replies(self._embeddings)),
            *self.tuning.routes(),
        ]

    def allowed(self, request: web.Request) -> bool:
        """A bearer token."""
        return request.headers.get("Authorization") == f"Bearer {self.key}"

    def refusal(self, failure: Failure) -> Mapping[str, Any]:
        """An object ``error``."""
        kind = TYPES.get(failure.status, "server_error")
        return {"error": {"message": failure.message, "type": kind, "param": None, "code": failure.code or None}}

    def charge(self, asked: Asked, bill: Bill) -> None:
        """With what was cached."""
        caching.charge(self.cache, asked, self.served[asked.prompt.model], bill)

    async def _models(self, request: web.Request) -> Mapping[str, Any]:
        return {"object": "list", "data": [_described(name) for name in self.served]}

    async def _model(self, request: web.Request) -> Mapping[str, Any]:
        name = request.match_info["name"]
        kinds = self.served[name].kinds if name in self.served else ()
        return _described(self.model(name, next(iter(kinds), "")).name)

    async def _counted(self, responses: Responses, request: web.Request) -> Mapping[str, Any]:
        asked = responses.read(await self.body(request), request)
        return {"object": "response.input_tokens", "input_tokens": len(tokens.of_prompt(asked.prompt))}

    async def _embeddings(self, request: web.Request) -> Mapping[str, Any]:
        body = await self.body(request)
        fields(body, ("model", "input", "encoding_format", "dimensions", "user"), needed=("model", "input"))
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        if not texts or len(texts) > TEXTS:
            raise bad(f"Invalid 'input': expected between 1 and {TEXTS} texts, got {len(texts)}.")
        if "" in texts:
            raise bad("Invalid 'input': input cannot be an empty string.")
        longest = self.model(body["model"], "embeddings").window
        if any(tokens.count(text) > longest for text in texts):
            raise Refused(Failure(400, f"This model's maximum context length is {longest} tokens."))
        vectors, bill = self.embedded(body["model"], texts)
        coded = body.get("encoding_format") == "base64"
        data = [
            {"object": "embedding", "index": index, "embedding": _packed(vector) if coded else vector}
            for index, vector in enumerate(vectors)
        ]
        used = {"prompt_tokens": bill.input, "total_tokens": bill.input}
        return {"object": "list", "model": body["model"], "data": data, "usage": used}


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _described(name: str) -> Mapping[str, Any]:
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "stand-in"}
