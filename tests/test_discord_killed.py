"""A real host on a Discord on this machine, killed with SIGKILL: every message answered once, in order (HOST-5)."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import sqlite3
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from attrs import define, field
from butler_discord.testing import App, Channel, Discord, Guild, NoAnswer, Person
from butler_discord.testing.people.asking import Answer
from butler_discord.testing.state.messages import Message

pytestmark = pytest.mark.spec("HOST-5", "PLAT-4", "OPS-9")

CONFIG = """
[host]
new_guilds = "any"

[platforms.discord]
token = "env:BOT_TOKEN"
rest_url = "{address}"

[personas.TheButler]
prompt = "You are TheButler."

[personas.Luna]
prompt = "You are Luna."
channels = ["discord:{garden}"]

[plugins.karma]
per_hour = 1000000
cooldown = 0
"""
ASKED = re.compile(r"question \d+")


@define(eq=False)
class Bot:
    """``butler run`` in a process of its own, which can be killed and started again."""

    folder: Path
    discord: Discord
    app: App
    _process: Process | None = None
    _log: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._log = os.open(self.folder / "out.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    async def start(self) -> None:
        """Return once it hears what is said."""
        before = {session.id for session in self.discord.hub.of(self.app)}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "butler", "run", "--no-console", "--data", "data",
            cwd=self.folder, env={**os.environ, "BOT_TOKEN": self.app.token}, stdin=DEVNULL, stdout=self._log,
            stderr=self._log,
        )  # fmt: skip
        await self.discord.until(lambda: {session.id for session in self.discord.hub.of(self.app)} - before, 60)

    async def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        assert self._process is not None
        self._process.send_signal(how)
        await asyncio.wait_for(self._process.wait(), 60)

    def close(self) -> None:
        os.close(self._log)


@define(eq=False)
class House:
    """A guild with TheButler in the hall, Luna (a webhook) in the garden, and somebody in private."""

    discord: Discord
    guild: Guild
    hall: Channel
    garden: Channel
    ann: Person
    bot: Bot

    @property
    def private(self) -> Channel:
        return self.ann.place(self.bot.app)

    def answers(self, where: Channel) -> list[str]:
        """What machines said there, without what only somebody sees and what answers commands."""
        return [message.text for message in self.said(where)]

    def said(self, where: Channel) -> list[Message]:
        return [each for each in where.messages.values() if each.author.bot and each.interaction is None]


@asynccontextmanager
async def at_home(folder: Path) -> AsyncIterator[House]:
    async with Discord() as discord:
        app = discord.bot("Butler")
        guild = discord.guild("House", app, channels=("hall", "garden"))
        hall, garden = list(guild.channels.values())[:2]
        ann = discord.join("ann", guild)
        discord.join("bob", guild)
        text = CONFIG.format(address=discord.rest_url, garden=garden.id)
        (folder / "butler.toml").write_text(text, encoding="utf-8")
        bot = Bot(folder, discord, app)
        await bot.start()
        try:
            await discord.until(lambda: "karma" in ann.commands(), 60)
            yield House(discord, guild, hall, garden, ann, bot)
        finally:
            await bot.end(signal.SIGTERM)
            bot.close()


def questions(said: Sequence[str]) -> list[str]:
    """What was asked, read out of the answers: the offline model repeats the question."""
    return [found[0] for text in said if (found := ASKED.search(text))]


def points(folder: Path) -> list[str]:
    """What got a point, one entry for each."""
    with sqlite3.connect(folder / "data" / "butler.db") as store:
        return [row[0] for row in store.execute("select target from karma_entry order by id")]


@pytest.mark.parametrize(
    ("rounds", "kills"), [(120, 4), pytest.param(1500, 30, marks=pytest.mark.soak)], ids=["small", "soak"]
)
def test_killed_at_random_it_answers_each_message_once_in_order_and_each_command_at_most_once(
    tmp_path: Path, rounds: int, kills: int
) -> None:
    chance = random.Random(4711)

    async def use(at: House, number: int, given: dict[int, Answer | None]) -> None:
        try:
            given[number] = await at.ann.slash("karma give", to=f"tea{number}", wait=False)
        except NoAnswer:
            given[number] = None  # it was down, or died with it: Discord says so to whoever asked

    async def talk(at: House) -> None:
        rooms = (at.hall, at.garden, at.private)
        names = {at.hall: "TheButler, ", at.garden: "Luna, ", at.private: ""}
        asked: dict[Channel, list[str]] = {room: [] for room in rooms}
        given: dict[int, Answer | None] = {}
        using: list[asyncio.Task[None]] = []
        deaths = set(chance.sample(range(rounds), kills))
        starting = asyncio.create_task(asyncio.sleep(0))
        for number in range(rounds):
            room = chance.choice(rooms)
            asked[room].append(f"question {number}")
            await at.ann.say(f"{names[room]}question {number}", room)
            if number % 5 == 0:
                using.append(asyncio.create_task(use(at, number, given)))
            if number in deaths:
                await starting
                await asyncio.sleep(chance.random() * 0.5)
                await at.bot.end()
                starting = asyncio.create_task(at.bot.start())
            await asyncio.sleep(chance.random() * 0.04)
        await asyncio.gather(starting, *using)
        for room in rooms:
            await at.discord.until(lambda room=room: len(set(questions(at.answers(room)))) >= len(asked[room]), 240)
        await at.bot.end(signal.SIGTERM)
        await at.bot.start()  # nothing is left to be said
        await asyncio.sleep(1)
        assert {room.name: questions(at.answers(room)) for room in rooms} == {room.name: asked[room] for room in rooms}
        answered = {number: answer for number, answer in given.items() if answer is not None}
        assert answered
        for answer in answered.values():
            await answer.done(60)
            assert ("tea" in answer.text, len(answer.more)) == (True, 0)
        done = points(at.bot.folder)
        assert len(done) == len(set(done))
        assert {f"tea{number}" for number in answered} <= {each.rpartition(":")[2] for each in done}

    async def main() -> None:
        async with at_home(tmp_path) as at:
            await talk(at)

    asyncio.run(main())


SENDS = {
    "bot": "POST /channels/{channel}/messages",
    "webhook": "POST /webhooks/{webhook}/{token}",
    "command": "POST /interactions/{interaction}/{token}/callback",
}


@pytest.mark.parametrize("way", SENDS)
def test_killed_between_send_and_record_it_does_not_say_it_again(tmp_path: Path, way: str) -> None:
    async def ask(at: House) -> Answer | None:
        if way == "command":
            return await at.ann.slash("karma give", to="tea", wait=False)
        where, who = (at.garden, "Luna") if way == "webhook" else (at.hall, "TheButler")
        await at.ann.say(f"{who}, question 1", where)
        await at.discord.until(lambda: questions(at.answers(where)))
        return None

    async def main() -> None:
        async with at_home(tmp_path) as at:
            held = at.discord.faults.hold(SENDS[way])
            answer = await ask(at)
            await at.bot.end()  # it was sent; nobody has told the host
            held.set()
            await at.bot.start()
            for room, who in ((at.hall, "TheButler"), (at.garden, "Luna")):
                await at.ann.say(f"{who}, question 2", room)
                await at.discord.until(lambda room=room: "question 2" in questions(at.answers(room)), 60)
            said = [questions(at.answers(room)) for room in (at.hall, at.garden)]
            first = {"bot": [["question 1", "question 2"], ["question 2"]]}
            first |= {"webhook": [["question 2"], ["question 1", "question 2"]], "command": [["question 2"]] * 2}
            assert said == first[way]
            if answer is not None:
                assert (answer.asked.waiting, "tea" in answer.text, answer.more) == (False, True, [])
                assert len(points(tmp_path)) == 1

    asyncio.run(main())
