"""Murmur: a language model that nobody else has. What a fourth provider needs, in less than a hundred lines."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import attrs
import butler
from butler import Completion, Embedded, Listener, ModelError, Nobody, Prompt, Provider, ToolCall, Usage, secret

ERRORS: dict[int, tuple[type[ModelError], str]] = {
    401: (butler.ModelMisconfigured, "set key under [providers.murmur]"),
    404: (butler.ModelMisconfigured, "see /models for the names"),
    413: (butler.PromptTooLong, ""),
    422: (butler.ContentRefused, ""),
}


@attrs.frozen
class Settings:
    base_url: str = "http://127.0.0.1:7777"
    key: str = secret()


class Murmur(Provider):
    """Speaks to a Murmur server: one JSON object a line."""

    name = "murmur"
    settings = Settings
    session: aiohttp.ClientSession | None = None

    async def complete(self, prompt: Prompt) -> Completion:
        return await self.stream(prompt, Nobody())

    async def stream(self, prompt: Prompt, hear: Listener) -> Completion:
        told, text, calls, used = attrs.asdict(prompt), "", [], Usage()
        async with self._sent("POST", "/murmur", told) as response:
            async for line in self._lines(response):
                if piece := line.get("text"):
                    text += piece
                    used += Usage(output=self.count(piece))
                    hear.text(piece)
                if call := line.get("call"):
                    calls.append(ToolCall.parse(call["id"], call["name"], call["arguments"]))
                used = Usage(**line["used"]) if "used" in line else used
                hear.usage(used)
                if stop := line.get("stop"):
                    return Completion(text, used, prompt.model, stop, tuple(calls), prompt.data(text, stop))
        raise butler.ModelUnavailable("murmur broke off")

    async def embed(self, texts: Sequence[str], model: str) -> Embedded:
        async with self._sent("POST", "/vectors", {"model": model, "texts": list(texts)}) as response:
            told = await response.json()
        return Embedded(tuple(map(tuple, told["vectors"])), Usage(told["used"]))

    async def models(self) -> Sequence[str]:
        async with self._sent("GET", "/models") as response:
            return list(await response.json())

    async def close(self) -> None:
        session, self.session = self.session, None
        if session is not None:
            await session.close()

    @asynccontextmanager
    async def _sent(self, method: str, path: str, body: Any = None) -> AsyncIterator[aiohttp.ClientResponse]:
        self.session = self.session or aiohttp.ClientSession(headers={"X-Key": self.config.key})
        try:
            async with self.session.request(method, self.config.base_url + path, json=body) as response:
                if response.status != 200:
                    raise await _refused(response)
                yield response
        except (aiohttp.ClientError, ValueError) as error:
            raise butler.ModelUnavailable(f"murmur at {self.config.base_url}: {type(error).__name__}") from error

    async def _lines(self, response: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
        async for raw in response.content:
            line = json.loads(raw)
            if "trouble" in line:
                raise butler.ModelUnavailable(line["trouble"])
            yield line


async def _refused(response: aiohttp.ClientResponse) -> ModelError:
    said = (await response.json())["trouble"]
    if response.status == 429:
        return butler.ModelThrottled(said, retry_after=float(response.headers.get("Retry-After", 0)))
    kind, remedy = ERRORS.get(response.status, (butler.ModelUnavailable, ""))
    return kind(said, remedy=remedy)
