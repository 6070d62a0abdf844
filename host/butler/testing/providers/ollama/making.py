"""How models come to a stand-in for Ollama, and go: pulled from the registry, made of files, copied, deleted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
from aiohttp import web

from butler.testing.providers.form import Refused
from butler.testing.providers.script import Failure

if TYPE_CHECKING:
    from butler.testing.providers.ollama.server import Ollama

LAYER = 1000
"""Bytes of a layer, in a stand-in's pull; it comes in quarters."""


class Making:
    """The paths below ``/api`` that change which models there are."""

    def __init__(self, standin: Ollama, *, takes_adapters: bool) -> None:
        self._standin = standin
        self.takes_adapters = takes_adapters
        self.blobs: dict[str, bytes] = {}
        """What was uploaded, by digest."""
        self.made: dict[str, Mapping[str, Any]] = {}
        """What each model was made of, as it was told."""

    def routes(self) -> Iterable[web.RouteDef]:
        """Its paths."""
        return [
            web.post("/api/pull", self._standin.guarded(self._pull)),
            web.post("/api/create", self._standin.guarded(self._create)),
            web.head("/api/blobs/{digest}", self._standin.guarded(self._has)),
            web.post("/api/blobs/{digest}", self._standin.guarded(self._upload)),
            web.delete("/api/delete", self._standin.guarded(self._delete)),
        ]

    async def _pull(self, request: web.Request) -> web.StreamResponse:
        body = await self._standin.body(request)
        found = self._standin.pullable.get(str(body["model"]).removesuffix(":latest"))
        if found is None:
            return await _lines(request, body, [
                {"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist"},
            ])  # fmt: skip
        digest = hashlib.sha256(found.name.encode()).hexdigest()
        layers = [{"status": f"pulling {digest[:12]}", "digest": f"sha256:{digest}", "total": LAYER,
                   "completed": LAYER * quarter // 4} for quarter in range(1, 5)]  # fmt: skip
        self._standin.served[found.name] = found
        ends = ("verifying sha256 digest", "writing manifest", "success")
        return await _lines(request, body, [
            {"status": "pulling manifest"}, *layers, *({"status": status} for status in ends),
        ])  # fmt: skip

    async def _create(self, request: web.Request) -> web.StreamResponse:
        body = await self._standin.body(request)
        if body.get("adapters") and not self.takes_adapters:
            raise Refused(Failure(400, "LoRA adapters are no longer supported: new adapters cannot be created"))
        for digest in [*(body.get("files") or {}).values(), *(body.get("adapters") or {}).values()]:
            if digest not in self.blobs:
                raise Refused(Failure(400, f"invalid digest: {digest} was not uploaded"))
        if not body.get("from") and not body.get("files"):
            raise Refused(Failure(400, "neither 'from' or 'files' was specified"))
        base = self._standin.there(body.get("from") or "small")
        name = str(body["model"]).removesuffix(":latest")
        self._standin.served[name] = attrs.evolve(base, name=name)
        self.made[name] = body
        ends = ("using existing layer", "writing manifest", "success")
        return await _lines(request, body, [{"status": status} for status in ends])

    async def _has(self, request: web.Request) -> web.Response:
        return web.Response(status=200 if request.match_info["digest"] in self.blobs else 404)

    async def _upload(self, request: web.Request) -> web.Response:
        content, digest = await request.read(), request.match_info["digest"]
        if digest != f"sha256:{hashlib.sha256(content).hexdigest()}":
            raise Refused(Failure(400, "digest mismatch"))
        self.blobs[digest] = content
        return web.Response(status=201)

    async def _delete(self, request: web.Request) -> web.Response:
        served = self._standin.there((await self._standin.body(request))["model"])
        del self._standin.served[served.name]
        self._standin.memory.unload(served.name)
        return web.Response()


async def _lines(request: web.Request, body: Mapping[str, Any], lines: list[dict[str, Any]]) -> web.StreamResponse:
    """All of them as they come, or the last one alone if the client wants no stream."""
    if not body.get("stream", True):
        if "error" in lines[-1]:
            raise Refused(Failure(500, lines[-1]["error"]))
        return web.json_response(lines[-1])
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    for line in lines:
        await response.write(json.dumps(line).encode() + b"\n")
    await response.write_eof()
    return response
