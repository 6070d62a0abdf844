"""Files and fine-tuning: a job goes one step on each time somebody asks for it, and at its end there is a new model."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
from aiohttp import BodyPartReader, web

from butler.testing.providers.form import Refused
from butler.testing.providers.openai.messages import turns
from butler.testing.providers.openai.strict import bad, fields
from butler.testing.providers.script import Failure

if TYPE_CHECKING:
    from butler.testing.providers.standin import StandIn

STEPS = ("validating_files", "queued", "running", "succeeded")
FEWEST = 10
"""Examples that a training file has at least."""
CREATED = 1_700_000_000


class Tuning:
    """``/files`` and ``/fine_tuning/jobs``."""

    def __init__(self, standin: StandIn) -> None:
        self._standin = standin
        self._numbers = itertools.count(1)
        self.files: dict[str, bytes] = {}
        """What was uploaded, by id."""
        self.jobs: dict[str, dict[str, Any]] = {}

    def routes(self) -> Iterable[web.RouteDef]:
        """Below ``/v1``."""
        reply = self._standin.replies
        return [
            web.post("/v1/files", reply(self._upload)),
            web.post("/v1/fine_tuning/jobs", reply(self._create)),
            web.get("/v1/fine_tuning/jobs", reply(self._list)),
            web.get("/v1/fine_tuning/jobs/{id}", reply(self._status)),
            web.post("/v1/fine_tuning/jobs/{id}/cancel", reply(self._cancel)),
        ]

    async def _upload(self, request: web.Request) -> Mapping[str, Any]:
        told: dict[str, bytes] = {}
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name:
                told[part.name] = bytes(await part.read())
        if told.get("purpose") != b"fine-tune":
            raise bad("Invalid 'purpose'.")
        identifier = f"file-{next(self._numbers)}"
        self.files[identifier] = told["file"]
        return {
            "id": identifier, "object": "file", "bytes": len(told["file"]), "created_at": CREATED,
            "filename": "train.jsonl", "purpose": "fine-tune", "status": "processed",
        }  # fmt: skip

    async def _create(self, request: web.Request) -> Mapping[str, Any]:
        body = await self._standin.body(request)
        fields(body, ("model", "training_file", "validation_file", "suffix", "method", "seed", "metadata",
                      "hyperparameters", "integrations"), needed=("model", "training_file"))  # fmt: skip
        self._standin.model(body["model"])
        if body["training_file"] not in self.files:
            raise bad(f"invalid training_file: {body['training_file']}")
        identifier = f"ftjob-{next(self._numbers)}"
        self.jobs[identifier] = {
            "id": identifier, "object": "fine_tuning.job", "created_at": CREATED, "finished_at": None,
            "model": body["model"], "fine_tuned_model": None, "organization_id": "org-stand-in", "result_files": [],
            "status": STEPS[0], "training_file": body["training_file"], "validation_file": None, "seed": 1,
            "hyperparameters": {"n_epochs": "auto"}, "trained_tokens": None, "error": None,
            "suffix": body.get("suffix") or "",
        }  # fmt: skip
        return self.jobs[identifier]

    async def _list(self, request: web.Request) -> Mapping[str, Any]:
        return {"object": "list", "data": list(reversed(self.jobs.values())), "has_more": False}

    async def _status(self, request: web.Request) -> Mapping[str, Any]:
        job = self._job(request)
        if job["status"] in STEPS[:-1]:
            self._step(job)
        return job

    async def _cancel(self, request: web.Request) -> Mapping[str, Any]:
        job = self._job(request)
        job["status"] = "cancelled"
        return job

    def _job(self, request: web.Request) -> dict[str, Any]:
        identifier = request.match_info["id"]
        if identifier not in self.jobs:
            raise Refused(Failure(404, f"Could not find fine tune: {identifier}"))
        return self.jobs[identifier]

    def _step(self, job: dict[str, Any]) -> None:
        job["status"] = STEPS[STEPS.index(job["status"]) + 1]
        if job["status"] == "queued" and (problem := _problem(self.files[job["training_file"]])):
            job |= {"status": "failed", "error": {"code": "invalid_training_file", "message": problem, "param": None}}
        if job["status"] == "succeeded":
            name = f"ft:{job['model']}:stand-in:{job['suffix']}:{job['id'].removeprefix('ftjob-')}"
            job |= {"fine_tuned_model": name, "finished_at": CREATED + 60, "trained_tokens": 1000}
            self._standin.served[name] = attrs.evolve(self._standin.served[job["model"]], name=name)


def _problem(file: bytes) -> str:
    """What is wrong with a training file; empty if it is right."""
    lines = file.decode().splitlines()
    if len(lines) < FEWEST:
        return f"Training file has {len(lines)} example(s), but must have at least {FEWEST} examples"
    for number, line in enumerate(lines, 1):
        try:
            found = turns(json.loads(line)["messages"])
        except (ValueError, KeyError, Refused):
            return f"Invalid file format. Line {number} is no example of a chat"
        if found[-1].role != "assistant":
            return f"Invalid file format. Example {number}: the last message must be from the assistant"
    return ""
