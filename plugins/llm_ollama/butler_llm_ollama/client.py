"""Talks to Ollama through its SDK: nothing imports this before it is used."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import ollama
from attrs import evolve
from butler import (
    Completion,
    Embedded,
    Listener,
    ModelError,
    ModelMisconfigured,
    ModelUnavailable,
    Prompt,
    ToolCall,
    Usage,
)
from ollama import ChatResponse

from butler_llm_ollama.answer import Draft
from butler_llm_ollama.conversation import Conversation
from butler_llm_ollama.errors import Throttled, broken_call, explained, heed
from butler_llm_ollama.known import InMemory, Progress
from butler_llm_ollama.loaded import Loaded
from butler_llm_ollama.settings import Settings
from butler_llm_ollama.tools import described

BROKEN = (
    Throttled,
    ollama.ResponseError,
    ollama.RequestError,
    OSError,
    httpx.HTTPError,
    ValueError,
    AttributeError,
    TypeError,
)
"""What the SDK raises, and what comes through it of bytes that are no answer."""
CONNECT_WITHIN = 5.0
KEPT = 20
"""Idle connections that stay open. How many are open at once is the budgets' and the server's business: where a pool
is full each request that waits makes httpx look through all others at every step."""


class Client:
    """One server."""

    def __init__(self, config: Settings, count: Callable[[str], int]) -> None:
        self._config = config
        self._count = count
        self._note = f"host-{secrets.token_hex(5)}"
        self._numbers = itertools.count(1)
        self._loaded = Loaded(config.max_loaded_models, self.unload)
        self._sdk: Any = ollama.AsyncClient(
            config.base_url,
            auth=self._signed,
            follow_redirects=False,
            event_hooks={"response": [heed]},
            timeout=httpx.Timeout(config.silence, connect=min(config.silence, CONNECT_WITHIN)),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=KEPT),
        )

    def _signed(self, request: httpx.Request) -> httpx.Request:
        """With the key that was configured, and no other: the SDK takes one from the environment."""
        request.headers.pop("authorization", None)
        if self._config.key:
            request.headers["authorization"] = f"Bearer {self._config.key}"
        return request

    async def close(self) -> None:
        """Let go of all connections."""
        await self._sdk.close()

    # --- answering --------------------------------------------------------------------------------------

    async def complete(self, prompt: Prompt, context: int) -> Completion:
        """A whole answer. Raises ``ModelError``."""
        draft = Draft(prompt, self._count, Usage(), numbers=self._numbers)
        async with self._loaded.using(prompt.model):
            async for part in self._parts(prompt, context, stream=False):
                draft.add(part)
        return draft.end()

    async def stream(self, prompt: Prompt, context: int, tokens: int, hear: Listener) -> Completion:
        """An answer in pieces; until its end the prompt is charged as ``tokens``. Raises ``ModelError``."""
        draft = Draft(prompt, self._count, Usage(tokens), numbers=self._numbers)
        async with self._loaded.using(prompt.model), aclosing(self._parts(prompt, context, stream=True)) as parts:
            try:
                async for part in parts:
                    piece = draft.add(part)
                    hear.usage(draft.usage)
                    if piece:
                        hear.text(piece)
            except _BrokeOff as error:
                hear.usage(draft.usage)
                raise error.explained from None
        return draft.end()

    async def _parts(
        self, prompt: Prompt, context: int, *, stream: bool
    ) -> AsyncGenerator[ChatResponse | ToolCall, None]:
        """The lines of an answer. Raises ``ModelError``; ``_BrokeOff`` in the middle of a stream."""
        try:
            told = await self._sdk.chat(**self._body(prompt, context), stream=stream)
            if not stream:
                yield told
                return
            async with aclosing(told) as lines:
                async for line in lines:
                    yield line
        except BROKEN as error:
            call = broken_call(error, prompt.tools)
            if call is None:
                meant = explained(error, self._config.base_url, prompt.model)
                raise _BrokeOff(meant) if stream and _had_begun(error) else meant from None
            yield evolve(call, id=f"call_{next(self._numbers)}")

    def _body(self, prompt: Prompt, context: int) -> dict[str, Any]:
        options: dict[str, Any] = {"num_ctx": context, "num_predict": prompt.max_tokens}
        if prompt.temperature is not None:
            options["temperature"] = prompt.temperature
        return {
            "model": prompt.model,
            "messages": Conversation(self._note).of(prompt.turns),
            "tools": [described(tool) for tool in prompt.tools],
            "format": dict(prompt.schema) if prompt.schema is not None else None,
            "options": options,
            "keep_alive": self._keep_alive,
            "think": {"": None, "on": True, "off": False}.get(self._config.think, self._config.think),
        }

    @property
    def _keep_alive(self) -> str | float:
        """The server takes numbers as seconds, and texts with units."""
        try:
            return float(self._config.keep_alive)
        except ValueError:
            return self._config.keep_alive

    async def embed(self, texts: Sequence[str], model: str) -> Embedded:
        """Vectors. Raises ``ModelError``."""
        async with self._told(model):
            made = await self._sdk.embed(model, list(texts), keep_alive=self._keep_alive)
        if len(made.embeddings) != len(texts):
            raise ModelUnavailable(f"Ollama made {len(made.embeddings)} vectors of {len(texts)} texts")
        return Embedded(tuple(map(tuple, made.embeddings)), Usage(made.prompt_eval_count or 0))

    # --- models -------------------------------------------------------------------------------------------

    async def models(self) -> list[str]:
        """The names of those that are there. Raises ``ModelError``."""
        async with self._told():
            listed = await self._sdk.list()
        return [(model.model or "").removesuffix(":latest") for model in listed.models]

    async def in_memory(self) -> list[InMemory]:
        """Those that are loaded now. Raises ``ModelError``."""
        async with self._told():
            loaded = await self._sdk.ps()
        return [
            InMemory(
                (each.model or "").removesuffix(":latest"),
                int(each.size or 0),
                int(each.size_vram or 0),
                each.expires_at,
            )
            for each in loaded.models
        ]

    async def unload(self, model: str) -> None:
        """Take a model out of memory; one that is not there any more is no trouble. Raises ``ModelError``."""
        try:
            async with self._told(model):
                await self._sdk.generate(model, keep_alive=0)
        except ModelMisconfigured:
            return

    async def pull(self, model: str) -> AsyncIterator[Progress]:
        """Have a model fetched. Raises ``ModelError``."""
        async with self._told(model), aclosing(await self._streamed(self._sdk.pull(model, stream=True))) as steps:
            async for step in steps:
                yield Progress(step.status or "", step.completed or 0, step.total or 0)

    async def create(
        self, model: str, base: str, files: Sequence[Path], adapters: Sequence[Path], told: Mapping[str, Any]
    ) -> bool:
        """Make a model; ``False`` if the server takes no adapters. Raises ``ModelError``."""
        try:
            async with self._told(base or model):
                sent = {
                    "files": {path.name: await self._sdk.create_blob(path) for path in files},
                    "adapters": {path.name: await self._sdk.create_blob(path) for path in adapters},
                }
                made = {**{name: value for name, value in sent.items() if value}, **told}
                steps = await self._streamed(self._sdk.create(model, from_=base or None, stream=True, **made))
                async with aclosing(steps):
                    async for _ in steps:
                        pass
        except ModelError as error:
            if adapters and "adapter" in str(error).lower():
                return False
            raise
        return True

    @staticmethod
    async def _streamed(asked: Any) -> Any:
        """The SDK gives its generators behind an await."""
        return await asked

    @asynccontextmanager
    async def _told(self, model: str = "") -> AsyncIterator[None]:
        try:
            yield
        except BROKEN as error:
            raise explained(error, self._config.base_url, model) from None


class _BrokeOff(Exception):
    """An answer that had begun ended before its end."""

    def __init__(self, meant: ModelError) -> None:
        super().__init__(str(meant))
        self.explained = meant


def _had_begun(error: Exception) -> bool:
    """Whether the server was at work when it went wrong: it was reached, and refused nothing by a status."""
    refused = isinstance(error, ollama.ResponseError) and error.status_code >= 400
    return not refused and not isinstance(error, Throttled | httpx.ConnectError | httpx.ConnectTimeout)
