"""The gateway drops in all its ways: nothing is missed, nothing answered twice, few sessions are begun (PLAT-4)."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from types import SimpleNamespace

import pytest
from butler.testing import VirtualClock, VirtualLoop
from butler_discord.testing import Channel

from plugins.discord.tests.conftest import Lodge, Spy, lodge

pytestmark = pytest.mark.spec("PLAT-4", "HOST-5")

HOUR = 3600.0
BUTLER = "[personas.TheButler]\nprompt = 'You are TheButler.'\n"
QUESTION = re.compile(r"question \d+")


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Lodge], Awaitable[None]]], None]:
    """Play something in a lodge where a day takes no time, hikari's own clock included."""

    def play(scene: Callable[[Lodge], Awaitable[None]]) -> None:
        loop = VirtualLoop()
        clock, reads = VirtualClock(loop), count()

        def now() -> float:
            return clock.now().timestamp() + next(reads) / 1e4  # hikari wants an acknowledgement later than its beat

        for module in ("shard", "rate_limits", "buckets"):
            monkeypatch.setattr(f"hikari.impl.{module}.time", SimpleNamespace(time=now, monotonic=loop.time))

        async def main() -> None:
            async with lodge([Spy], clock=clock, toml=BUTLER) as at:
                await scene(at)

        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(main())

    return play


class Talk:
    """What is asked in the hall and in private, and how it was answered."""

    def __init__(self, at: Lodge) -> None:
        self.at = at
        self.rooms = {"hall": at.hall, "private": at.ann.place(at.app)}
        self.asked: dict[str, list[str]] = {room: [] for room in self.rooms}

    async def ask(self, chance: random.Random) -> None:
        """Somewhere."""
        room = chance.choice(list(self.rooms))
        text = f"question {sum(map(len, self.asked.values()))}"
        self.asked[room].append(text)
        await self.at.ann.say(f"TheButler, {text}", self.rooms[room])

    def answered(self, room: Channel) -> list[str]:
        """The questions to which the host's answers are."""
        said = [each.text for each in room.messages.values() if each.author is self.at.app.user]
        return [found[0] for text in said if (found := QUESTION.search(text))]

    async def ends(self) -> None:
        """Wait until all is answered, and compare."""
        for _ in range(4 * 60):
            await asyncio.sleep(60)
            if all(len(self.answered(room)) >= len(self.asked[name]) for name, room in self.rooms.items()):
                break
        await asyncio.sleep(600)
        assert {name: self.answered(room) for name, room in self.rooms.items()} == self.asked
        heard = [message.text for message in self.at.messages if not message.author.bot]
        assert sorted(heard) == sorted(f"TheButler, {text}" for texts in self.asked.values() for text in texts)


def most_in_an_hour(at: Lodge) -> int:
    """How many sessions were begun within the busiest hour."""
    starts = [when for when, _ in at.discord.hub.starts.all]
    return max(sum(first <= when < first + HOUR for when in starts) for first in starts)


def ways(at: Lodge) -> Sequence[Callable[[], object]]:
    """All ways in which a connection ends."""
    faults = at.discord.faults

    def forgotten() -> None:
        faults.drop()
        faults.forget_sessions()

    return (
        faults.drop, faults.close, faults.reconnect, faults.zombie, faults.half_open, forgotten, faults.invalidate,
        lambda: faults.invalidate(resumable=True), lambda: faults.close(4009), lambda: faults.close(4007),
    )  # fmt: skip


def test_over_300_drops_of_all_kinds_nothing_is_missed_and_nothing_answered_twice(played: Callable) -> None:
    chance = random.Random(4711)

    async def scene(at: Lodge) -> None:
        talk = Talk(at)
        for _ in range(300):
            await talk.ask(chance)
            if chance.random() < 0.5:
                await asyncio.sleep(chance.random())
            chance.choice(ways(at))()
            for _ in range(chance.randrange(3)):
                await talk.ask(chance)
                await asyncio.sleep(chance.choice((0, chance.uniform(0, 30))))
            await asyncio.sleep(chance.uniform(0, 90))
        await talk.ends()
        assert most_in_an_hour(at) < 50

    played(scene)


def test_however_often_sessions_end_fewer_than_fifty_are_begun_in_an_hour(played: Callable) -> None:
    chance = random.Random(4711)

    async def scene(at: Lodge) -> None:
        talk = Talk(at)
        for number in range(140):
            if number % 10 == 0:
                await talk.ask(chance)
            at.discord.faults.invalidate()
            await asyncio.sleep(30)
        assert len(at.discord.hub.starts.all) > 40  # it was put to the test
        await talk.ends()
        assert most_in_an_hour(at) < 50

    played(scene)
