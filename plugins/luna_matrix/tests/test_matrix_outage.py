"""The homeserver goes away and comes back: nothing is lost, nothing is answered twice (OPS-9, LUNA-2, LUNA-5)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from butler_luna_matrix.settings import Settings
from butler_luna_matrix.testing import Synapse
from butler_luna_matrix.testing.bot import Bot, House
from butler_luna_matrix.testing.living import living


@pytest.fixture
def mortal() -> Iterator[Synapse]:
    """A homeserver of its own: the others' would miss theirs."""
    with Synapse() as server:
        yield server


def settings_for(server: Synapse, way: str) -> Settings:
    if way == "service":
        given = server.service()
        return Settings(
            server.address, given.user, accounts="service", namespace=given.namespace, listen=given.listen,
            registration=str(given.file), accept_invites="any",
        )  # fmt: skip
    user = server.register("butler", admin=True)
    return Settings(server.address, user, "butler-password", accounts="each", accept_invites="any", poll_timeout=5.0)


@pytest.mark.spec("OPS-9", "LUNA-2", "LUNA-5", "HOST-5")
@pytest.mark.parametrize("way", ["service", "each"])
@pytest.mark.parametrize(
    "seconds", [1, pytest.param(10, marks=pytest.mark.soak), pytest.param(60, marks=pytest.mark.soak)]
)
def test_a_homeserver_that_was_away_costs_no_message_and_no_answer_comes_twice(
    mortal: Synapse, tmp_path: Path, way: str, seconds: int
) -> None:
    bot = Bot(mortal, tmp_path, settings_for(mortal, way), House(tmp_path))

    async def main() -> None:
        async with mortal.person("ann") as ann, living(bot) as home:
            said = await home.does(f"spawn Scout --invite {ann.user} You are a scout.")
            scout, room = said.split()[3], said.split()[-1].rstrip(".")
            await ann.join(room)
            for number in range(5):
                await ann.say(room, f"Scout, question {number}")
            await asyncio.to_thread(mortal.stop)
            await asyncio.sleep(seconds)  # the outage itself
            await asyncio.to_thread(mortal.start)
            for number in range(5, 10):
                await ann.say(room, f"Scout, question {number}")
            await ann.until(_through(ann.timeline[room], scout, 10), within=60)
            await home.host.drained()
            assert numbers(await ann.texts(room, scout)) == list(range(10))

    asyncio.run(main())


def numbers(texts: list[str]) -> list[int]:
    return [int(found[1]) for text in texts if (found := re.search(r"question (\d+)", text))]


def _through(timeline: list[dict], sender: str, count: int) -> Callable[[], bool]:  # type: ignore[type-arg]
    def reached() -> bool:
        texts = [event["content"].get("body", "") for event in timeline if event["sender"] == sender]
        return len(set(numbers(texts))) >= count

    return reached
