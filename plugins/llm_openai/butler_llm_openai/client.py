"""The connection to the server. Imported when it is first used, in a thread: the library takes a second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import openai

from butler_llm_openai.errors import Translator
from butler_llm_openai.settings import Settings

NO_KEY = "none"
"""What servers are told that need no key."""


class Client:
    """Makes requests; every failure is raised as a ``ModelError``. Answers are taken as they come, as plain JSON."""

    def __init__(self, settings: Settings, translator: Translator) -> None:
        self._settings = settings
        self._translator = translator
        self.library = _library(settings)
        self._gate = asyncio.Lock()

    async def post(self, path: str, body: Mapping[str, Any], model: str) -> dict[str, Any]:
        """Ask, and return the whole answer."""
        await self._turn()
        with self._translator.around(model):
            answer: Any = await self.library.post(path, body=dict(body), cast_to=object)
        if not isinstance(answer, dict):
            raise self._translator.garbage()
        return answer

    @asynccontextmanager
    async def stream(
        self, path: str, body: Mapping[str, Any], model: str
    ) -> AsyncIterator[AsyncGenerator[dict[str, Any], None]]:
        """Ask, and hand over the events as they come; left early, the request is ended."""
        await self._turn()
        with self._translator.around(model):
            events = await self.library.post(
                path, body={**body, "stream": True}, cast_to=object, stream=True, stream_cls=openai.AsyncStream[object]
            )
        async with events:
            yield self._each(events, model)

    async def _each(self, events: AsyncIterator[Any], model: str) -> AsyncGenerator[dict[str, Any], None]:
        with self._translator.around(model):
            async for event in events:
                if not isinstance(event, dict):
                    raise self._translator.garbage()
                yield event

    async def models(self) -> list[str]:
        """The names of the models that can be asked."""
        with self._translator.around():
            told: Any = await self.library.get("/models", cast_to=object)
        if not isinstance(told, dict) or not isinstance(told.get("data"), list):
            raise self._translator.garbage()
        return [str(each["id"]) for each in told["data"] if isinstance(each, dict) and "id" in each]

    async def _turn(self) -> None:
        """Wait for one's turn to put a request together, which takes a millisecond: of many at once, one a round.

        Else all of them would hold the loop up, one behind the other.
        """
        async with self._gate:
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Let go of all connections."""
        await self.library.close()


def _library(settings: Settings) -> openai.AsyncOpenAI:
    """Without its own retries, and with nothing of the environment. aiohttp carries streams at half the cost."""
    library = openai.AsyncOpenAI(
        api_key=settings.key or NO_KEY,
        organization=settings.organization or None,
        project=settings.project or None,
        base_url=settings.address,
        max_retries=0,
        timeout=openai.Timeout(settings.silence, connect=settings.connect_timeout),
        http_client=openai.DefaultAioHttpClient(),
    )
    library.organization, library.project = settings.organization or None, settings.project or None
    return library
