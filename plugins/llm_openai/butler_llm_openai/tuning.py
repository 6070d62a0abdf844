"""Fine-tuning: a file of conversations goes to OpenAI, and comes back as a model of one's own (LLM-1)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import frozen
from butler import ModelError

from butler_llm_openai.client import Client
from butler_llm_openai.errors import Translator

FEWEST = 10
"""Conversations that OpenAI trains from at least."""
SPEAKERS = {"system", "developer", "user", "assistant", "tool"}
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


@frozen
class Conversations:
    """A file of conversations as JSON Lines, each an object with ``messages``."""

    path: Path
    count: int
    characters: int

    @classmethod
    def read(cls, path: Path) -> Conversations:
        """Look at a file. Raises ``ModelError`` that names the first line which is none, and what was expected."""
        try:
            lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        except UnicodeDecodeError:
            raise ModelError(f"{path} is no text", remedy="give a file of conversations as JSON Lines") from None
        for number, line in enumerate(lines, 1):
            if problem := _problem(line):
                raise ModelError(f"{path}, line {number}: {problem}", remedy=FORM)
        if len(lines) < FEWEST:
            raise ModelError(f"{path} has {len(lines)} conversations, and OpenAI trains from {FEWEST} at least")
        return cls(path, len(lines), sum(map(len, lines)))


FORM = 'a line is {"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}'


def _problem(line: str) -> str:
    try:
        told = json.loads(line)
    except ValueError:
        return "no JSON"
    messages = told.get("messages") if isinstance(told, dict) else None
    if not isinstance(messages, list) or not messages:
        return "no messages"
    for message in messages:
        if not isinstance(message, dict) or message.get("role") not in SPEAKERS:
            return f"a message's role is none of {', '.join(sorted(SPEAKERS))}"
    return "" if messages[-1]["role"] == "assistant" else "the last message is not the assistant's"


class Tuning:
    """What can be asked of OpenAI about training."""

    def __init__(self, client: Client, translator: Translator) -> None:
        self._client = client
        self._translator = translator

    async def create(self, conversations: Conversations, model: str, suffix: str = "") -> Job:
        """Upload a file and begin to train. Raises ``ModelError``."""
        library = await self._client.library()
        more: dict[str, Any] = {"suffix": suffix} if suffix else {}
        with self._translator.around(model):
            file = await library.files.create(file=conversations.path, purpose="fine-tune")
            job = await library.fine_tuning.jobs.create(model=model, training_file=file.id, **more)
            return _job(job)

    async def status(self, identifier: str) -> Job:
        """How a training stands. Raises ``ModelError``."""
        library = await self._client.library()
        with self._translator.around():
            return _job(await library.fine_tuning.jobs.retrieve(identifier))

    async def list(self) -> list[Job]:
        """The last trainings, newest first. Raises ``ModelError``."""
        library = await self._client.library()
        with self._translator.around():
            page = await library.fine_tuning.jobs.list(limit=LISTED)
            return [_job(job) for job in page.data]


def _job(told: Any) -> Job:
    problem = told.error.message if told.error is not None and told.error.message else ""
    return Job(told.id, told.status, told.model, told.fine_tuned_model or "", problem)
