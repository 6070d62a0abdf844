"""Fine-tuning: a file of conversations goes to OpenAI, and comes back as a model of one's own (LLM-1)."""

from __future__ import annotations

from typing import Any, Self

from attrs import frozen
from butler import Clock

from butler_llm_openai.client import Client
from butler_llm_openai.conversations import Conversations
from butler_llm_openai.errors import Translator
from butler_llm_openai.settings import Settings

LISTED = 20


@frozen
class Job:
    """One training."""

    id: str
    state: str
    """``validating_files``, ``queued``, ``running``, ``succeeded``, ``failed`` or ``cancelled``."""
    model: str
    """What it started from."""
    tuned: str = ""
    """The name of what came of it, for ``model = "openai:…"``."""
    problem: str = ""
    """Why it failed."""


class Tuning:
    """What can be asked of OpenAI about training."""

    def __init__(self, settings: Settings) -> None:
        self._translator = Translator(settings, Clock())
        self._client = Client(settings, self._translator)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failed: object) -> None:
        await self._client.close()

    async def create(self, conversations: Conversations, model: str, suffix: str = "") -> Job:
        """Upload a file and begin to train. Raises ``ModelError``."""
        more: dict[str, Any] = {"suffix": suffix} if suffix else {}
        with self._translator.around(model):
            file = await self._client.library.files.create(file=conversations.path, purpose="fine-tune")
            job = await self._client.library.fine_tuning.jobs.create(model=model, training_file=file.id, **more)
            return _job(job)

    async def status(self, identifier: str) -> Job:
        """How a training stands. Raises ``ModelError``."""
        with self._translator.around():
            return _job(await self._client.library.fine_tuning.jobs.retrieve(identifier))

    async def list(self) -> list[Job]:
        """The last trainings, newest first. Raises ``ModelError``."""
        with self._translator.around():
            page = await self._client.library.fine_tuning.jobs.list(limit=LISTED)
            return [_job(job) for job in page.data]


def _job(told: Any) -> Job:
    problem = told.error.message if told.error is not None and told.error.message else ""
    return Job(told.id, told.status, told.model, told.fine_tuned_model or "", problem)
