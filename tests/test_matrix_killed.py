"""A real host on a real Synapse, killed with SIGKILL at random: every message answered once, in order (OPS-9)."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, Popen

import pytest
from butler_luna_matrix.testing import Person, Synapse
from butler_luna_matrix.testing.fixtures import synapse

__all__ = ["synapse"]

ROOMS = 4
CONFIG = """
[platforms.matrix]
homeserver = "{address}"
user = "{user}"
password = "env:BOT_PASSWORD"
accept_invites = "any"

[plugins.karma]
per_hour = 1000000
cooldown = 0
"""


class Bot:
    """``butler run`` in a process of its own, which can be killed and started again."""

    def __init__(self, folder: Path, user: str, password: str) -> None:
        self.folder = folder
        self.user = user
        self._environment = {**os.environ, "BOT_PASSWORD": password, "PYTHONUNBUFFERED": "1"}
        self._process: Popen[bytes] | None = None
        self._log = (folder / "out.txt").open("ab")

    def start(self) -> None:
        command = [sys.executable, "-m", "butler", "run", "--no-console", "--data", "data"]
        self._process = Popen(
            command, cwd=self.folder, env=self._environment, stdin=DEVNULL, stdout=self._log, stderr=self._log
        )

    def end(self, how: signal.Signals) -> int:
        """Returns its exit code."""
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(timeout=30)

    def close(self) -> None:
        self._log.close()


@contextmanager
def _bot(folder: Path, server: Synapse) -> Iterator[Bot]:
    name, password = f"butler{random.randrange(10**6)}", "pw-" + os.urandom(6).hex()
    server.register(name, password)
    text = CONFIG.format(address=server.address, user=server.user_id(name))
    (folder / "butler.toml").write_text(text, encoding="utf-8")
    bot = Bot(folder, server.user_id(name), password)
    bot.start()
    try:
        yield bot
    finally:
        bot.end(signal.SIGTERM)
        bot.close()


def _answered(said: list[str]) -> list[str]:
    """What was asked, read out of the answers: karma counts, the offline model repeats the question."""
    found = [re.search(r"question \d+|tea\d+", text) for text in said]
    return [f"{each[0]}++" if each[0].startswith("tea") else each[0] for each in found if each]


@pytest.mark.spec("HOST-5", "LUNA-2", "OPS-9", "KARMA-4")
@pytest.mark.parametrize(
    ("messages", "kills"), [(160, 5), pytest.param(2000, 30, marks=pytest.mark.soak)], ids=["small", "soak"]
)
def test_killed_at_random_it_answers_each_message_once_in_order_and_the_ledger_is_exact(
    tmp_path: Path, synapse: Synapse, messages: int, kills: int
) -> None:
    chance = random.Random(4711)

    async def conversation(ann: Person, bot: Bot) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        rooms = [await ann.create_room(bot.user) for _ in range(ROOMS)]
        for room in rooms:
            await ann.event(room, "m.room.member", sender=bot.user, within=60)
        asked: dict[str, list[str]] = {room: [] for room in rooms}
        deaths = sorted(chance.sample(range(messages), kills))
        for number in range(messages):
            room = chance.choice(rooms)
            text = f"tea{number}++" if number % 4 == 0 else f"question {number}"
            asked[room].append(text)
            await ann.say(room, text)
            if number in deaths:
                await asyncio.sleep(chance.random() * 0.5)
                bot.end(signal.SIGKILL)
                bot.start()
        for room in rooms:
            await ann.until(partial(_through, ann, room, bot.user, len(asked[room])), within=240)
        return asked, {room: _answered(await ann.texts(room, bot.user)) for room in rooms}

    with _bot(tmp_path, synapse) as bot:

        async def main() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
            async with synapse.person("ann") as ann:
                return await conversation(ann, bot)

        asked, answered = asyncio.run(main())
    assert answered == asked
    with sqlite3.connect(tmp_path / "data" / "butler.db") as store:
        (total,) = store.execute("select sum(amount) from karma_entry").fetchone()
    assert total == sum(1 for number in range(messages) if number % 4 == 0)


def _through(ann: Person, room: str, user: str, count: int) -> bool:
    said = [event["content"].get("body", "") for event in ann.timeline.get(room, ()) if event.get("sender") == user]
    return len(set(_answered(said))) >= count
