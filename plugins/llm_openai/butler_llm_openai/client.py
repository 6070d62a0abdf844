"""The connection to the server: the library is imported when it is first used, beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from butler import ModelMisconfigured

from butler_llm_openai.errors import Translator
from butler_llm_openai.settings import Settings

if TYPE_CHECKING:
    import openai

NO_KEY = "none"
"""What servers are told that need no key."""


class Client:
    """Makes requests; every failure is raised as a ``ModelError``. Answers are taken as they come, as plain JSON."""

    def __init__(self, settings: Settings, translator: Translator) -> None:
        self._settings = settings
        self._translator = translator
        self._opening = asyncio.Lock()
        self._library: openai.AsyncOpenAI | None = None

    async def library(self) -> openai.AsyncOpenAI:
        """The library's client. Raises ``ModelMisconfigured`` without a key for OpenAI itself."""
        if self._library is not None:
            return self._library
        if self._settings.official and not self._settings.key:
            raise ModelMisconfigured(
                "there is no key for OpenAI",
                remedy='put OPENAI_API_KEY=… into .env, and key = "env:OPENAI_API_KEY" under [providers.openai]',
            )
        async with self._opening:
            if self._library is None:
                self._library = await asyncio.to_thread(_open, self._settings)
        return self._library

    async def post(self, path: str, body: Mapping[str, Any], model: str) -> dict[str, Any]:
        """Ask, and return the whole answer."""
        library = await self.library()
        with self._translator.around(model):
            answer: Any = await library.post(path, body=dict(body), cast_to=object)
        if not isinstance(answer, dict):
            raise self._translator.garbage()
        return answer

    @asynccontextmanager
    async def stream(
        self, path: str, body: Mapping[str, Any], model: str
    ) -> AsyncIterator[AsyncGenerator[dict[str, Any], None]]:
        """Ask, and hand over the events as they come; left early, the request is ended."""
        library = await self.library()
        import openai  # noqa: PLC0415 - see `library`

        with self._translator.around(model):
            events = await library.post(
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
        library = await self.library()
        with self._translator.around():
            told: Any = await library.get("/models", cast_to=object)
        if not isinstance(told, dict) or not isinstance(told.get("data"), list):
            raise self._translator.garbage()
        return [str(each["id"]) for each in told["data"] if isinstance(each, dict) and "id" in each]

    async def close(self) -> None:
        """Let go of all connections; a later request opens new ones."""
        library, self._library = self._library, None
        if library is not None:
            await library.close()


def _open(settings: Settings) -> openai.AsyncOpenAI:
    """Takes a second the first time: in a thread."""
    import openai  # noqa: PLC0415 - a second and 80 MB, for those who use it

    library = openai.AsyncOpenAI(
        api_key=settings.key or NO_KEY,
        organization=settings.organization or None,
        project=settings.project or None,
        base_url=settings.address,
        max_retries=0,
        timeout=openai.Timeout(settings.silence, connect=settings.connect_timeout),
    )
    library.organization, library.project = settings.organization or None, settings.project or None
    return library
