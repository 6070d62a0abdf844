"""TheButler on a real Matrix server with each kind of model behind it: answers grow, and are there once (LLM-1…3)."""

from __future__ import annotations

import asyncio
import importlib
import os
import random
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from butler.testing.providers.script import Answer
from butler_luna_matrix.testing import Person, Synapse
from butler_luna_matrix.testing.fixtures import synapse

__all__ = ["synapse"]

CONFIG = """
[host]
delivery = "edits"
[platforms.matrix]
homeserver = "{address}"
user = "{user}"
password = "env:BOT_PASSWORD"
accept_invites = "any"
[providers.{provider}]
base_url = "{url}"
key = "env:MODEL_KEY"
[personas.TheButler]
model = "{provider}:small"
[plugins.butler_core]
enabled = false  # it says below each answer how many questions are left
[plugins.memory]
enabled = false  # it asks the model, too
"""
TALE = " ".join(f"word{number}" for number in range(12))


class Bot:
    """``butler run`` in a process of its own."""

    def __init__(self, folder: Path, user: str, environment: dict[str, str]) -> None:
        self.folder = folder
        self.user = user
        self._environment = {**os.environ, **environment}
        self._process: Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "butler", "run", "--no-console", "--data", "data"]
        with (self.folder / "out.txt").open("ab") as log:
            self._process = Popen(command, cwd=self.folder, env=self._environment, stdin=-3, stdout=log, stderr=log)

    def end(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(timeout=30)


@contextmanager
def bot_with(folder: Path, matrix: Synapse, provider: str, models: Any) -> Iterator[Bot]:
    name, password = f"butler{random.randrange(10**6)}", "pw-" + os.urandom(6).hex()
    matrix.register(name, password)
    user = matrix.user_id(name)
    config = CONFIG.format(address=matrix.address, user=user, provider=provider, url=models.base_url)
    (folder / "butler.toml").write_text(config, encoding="utf-8")
    bot = Bot(folder, user, {"BOT_PASSWORD": password, "MODEL_KEY": models.key})
    bot.start()
    try:
        yield bot
    finally:
        bot.end(signal.SIGTERM)


def shown(events: list[dict[str, Any]], user: str) -> dict[str, list[str]]:
    """What somebody said, message by message: every text that it had, the last one last."""
    found: dict[str, list[str]] = {}
    for event in events:
        if event["type"] != "m.room.message" or event["sender"] != user:
            continue
        content = event["content"]
        relation = content.get("m.relates_to", {})
        edited = relation.get("event_id") if relation.get("rel_type") == "m.replace" else None
        body = content.get("m.new_content", content).get("body", "")
        found.setdefault(edited or event["event_id"], []).append(body)
    return found


@pytest.mark.spec("LLM-1", "LLM-2", "LLM-3", "HOST-5", "PLAT-6")
@pytest.mark.parametrize("provider", ["openai", "anthropic", "ollama"])
def test_an_answer_grows_and_is_there_once_also_when_the_host_is_killed_in_its_middle(
    tmp_path: Path, synapse: Synapse, provider: str
) -> None:
    standin = importlib.import_module(f"butler.testing.providers.{provider}").STAND_IN

    async def conversation(ann: Person, bot: Bot) -> list[dict[str, list[str]]]:
        room = await ann.create_room(bot.user, direct=True)
        await ann.event(room, "m.room.member", sender=bot.user, within=90)
        await ann.say(room, "tell me a tale")
        await ann.until(lambda: finished(ann, room, bot, 1), within=90)
        first = shown(await ann.read(room), bot.user)
        await ann.say(room, "and another one")
        await ann.until(lambda: len(shown(ann.timeline[room], bot.user)) == 2, within=90)
        bot.end(signal.SIGKILL)
        bot.start()
        await ann.until(lambda: finished(ann, room, bot, 2), within=90)
        return [first, shown(await ann.read(room), bot.user)]

    with standin() as models:
        models.script.otherwise = Answer(TALE, pace=0.25)
        with bot_with(tmp_path, synapse, provider, models) as bot:

            async def main() -> list[dict[str, list[str]]]:
                async with synapse.person("ann") as ann:
                    return await conversation(ann, bot)

            first, both = asyncio.run(main())
    (texts,) = first.values()
    assert len(texts) > 2
    assert [each[-1] for each in both.values()] == [TALE, TALE]


def finished(ann: Person, room: str, bot: Bot, count: int) -> bool:
    said = shown(ann.timeline[room], bot.user)
    return len(said) >= count and all(texts[-1] == TALE for texts in said.values())
