"""A server that speaks Murmur's protocol: what the author of a fourth provider writes to try it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import cattrs
from aiohttp import web
from butler import Prompt
from butler.testing.providers import Answer, Asked, Bill, Failure, Served, StandIn, tokens
from butler.testing.providers.form import Event, Form


def line(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told).encode() + b"\n"


def used(bill: Bill) -> Mapping[str, int]:
    return {"input": bill.input, "output": bill.output}


class Murmurs(Form):
    stream_type = "application/x-ndjson"

    def read(self, body: Mapping[str, Any], request: web.Request) -> Asked:
        return Asked(cattrs.structure(body, Prompt), stream=True)

    def whole(self, asked: Asked, answer: Answer, bill: Bill) -> Mapping[str, Any]:
        raise NotImplementedError("it only streams")

    def events(self, asked: Asked, answer: Answer, bill: Bill) -> Iterator[Event]:
        yield line({"used": used(bill)}), answer.thinking
        for piece in answer.pieces:
            yield line({"text": piece}), tokens.count(piece)
        for number, call in enumerate(answer.calls):
            told = {"id": f"call{number}", "name": call.name, "arguments": tokens.arguments(call)}
            yield line({"call": told}), 1 + tokens.count(tokens.arguments(call))
        yield line({"stop": answer.ending, "used": used(bill)}), 0

    def trouble(self, message: str) -> bytes:
        return line({"trouble": message})

    def too_long(self, tokens: int, served: Served) -> Failure:
        return Failure(413, f"{tokens} tokens are more than {served.window}")


class MurmurServer(StandIn):
    name = "murmur"
    models = (Served("small"), Served("vectors", kinds=("embeddings",)))
    filtered = Failure(422, "murmur does not talk about that")

    def routes(self) -> Iterable[web.RouteDef]:
        return [
            web.post("/murmur", self.answers(Murmurs())),
            web.post("/vectors", self.replies(self._vectors)),
            web.get("/models", self.replies(self._models)),
        ]

    def allowed(self, request: web.Request) -> bool:
        return request.headers.get("X-Key") == self.key

    def refusal(self, failure: Failure) -> Mapping[str, Any]:
        return {"trouble": failure.message}

    async def _models(self, request: web.Request) -> list[str]:
        return list(self.served)

    async def _vectors(self, request: web.Request) -> Mapping[str, Any]:
        body = await self.body(request)
        vectors, bill = self.embedded(body["model"], body["texts"])
        return {"vectors": vectors, "used": bill.input}
