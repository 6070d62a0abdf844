"""Matrix's own polls (MSC3381) on a real homeserver (PLAT-2, POLL-1)."""

from __future__ import annotations

import asyncio

import pytest
from butler import Action, PlatformError, PollResult
from butler_luna_matrix.testing import Person
from butler_luna_matrix.testing.bot import Bot, say

POLL = "org.matrix.msc3381.poll"


def asked(room: str, *answers: str, multiple: bool = False) -> Action:
    return Action("poll", f"matrix:{room}", data={"question": "Tea?", "answers": answers, "multiple": multiple})


async def vote(person: Person, room: str, poll: str, *answers: str, name: str = POLL) -> None:
    relation = {"rel_type": "m.reference", "event_id": poll.removeprefix("matrix:")}
    content = {"m.relates_to": relation, f"{name}.response": {"answers": list(answers)}}
    await person.send(room, f"{name}.response", content)


@pytest.mark.spec("POLL-1", "PLAT-2")
def test_a_poll_is_asked_voted_on_ended_and_counted(bot: Bot, ann: Person, bob: Person) -> None:
    async def main() -> None:
        async with bot.running() as matrix, ann, bob:
            room = await bot.room_with(ann, bob)
            channel = f"matrix:{room}"
            sent = await matrix.perform(asked(room, "yes", "no"), "p1")
            assert await matrix.perform(asked(room, "yes", "no"), "p1") == sent
            content = (await ann.event(room, f"{POLL}.start"))["content"]
            assert content[f"{POLL}.start"]["max_selections"] == 1
            assert content["org.matrix.msc1767.text"] == "Tea?\n1. yes\n2. no"
            await vote(ann, room, sent.id, "1")
            await vote(ann, room, sent.id, "2", "1")
            await vote(bob, room, sent.id, "7")
            me, him = f"matrix:{ann.user}", f"matrix:{bob.user}"
            assert await matrix.poll(channel, sent.id, voters=True) == PollResult(
                {"1": 0, "2": 1}, False, {"1": (), "2": (me,)}
            )
            await vote(bob, room, sent.id, "2", name="m.poll")
            await asyncio.sleep(0.01)  # a homeserver's clock has milliseconds
            await matrix.perform(Action("end_poll", channel, sent.id), "p2")
            await ann.event(room, f"{POLL}.end")
            await vote(ann, room, sent.id, "1")
            found = await matrix.poll(channel, sent.id, voters=True)
            assert found is not None
            assert (found.counts, found.ended, set(found.voters["2"])) == ({"1": 0, "2": 2}, True, {me, him})

    asyncio.run(main())


@pytest.mark.spec("PLAT-2")
def test_what_is_no_poll_has_no_result_and_one_answer_is_none(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with bot.running() as matrix, ann:
            room = await bot.room_with(ann)
            said = await matrix.perform(say(room, "tea?"), "s1")
            assert await matrix.poll(f"matrix:{room}", said.id) is None
            with pytest.raises(PlatformError, match="2 to 20 answers, not 1"):
                await matrix.perform(asked(room, "yes"), "p1")

    asyncio.run(main())
