"""Machines on Matrix, ours and those of others, do not answer each other for ever (LUNA-12)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from butler import YES, Message, Persona, Plugin, Vote, hookimpl
from butler_luna_matrix.testing import Person
from butler_luna_matrix.testing.bot import Bot
from butler_luna_matrix.testing.living import Living, living

THRESHOLD = 3
HOST = f"reply_cooldown = 0\nbot_reply_threshold = {THRESHOLD}"
ROUNDS = 40
"""After so many rounds of answers it would be a loop."""


class Keen(Plugin):
    """Has every persona answer everything."""

    @hookimpl
    async def should_reply(self, message: Message, persona: Persona) -> Vote:
        return Vote(YES, "always")


async def said_by_ours(ann: Person, room: str, namespace: str) -> list[str]:
    return [
        event["sender"]
        for event in await ann.read(room)
        if event["type"] == "m.room.message" and event["sender"].startswith(f"@{namespace}")
    ]


async def quiet(home: Living, stranger: Person, room: str) -> None:
    """Let the host and a bot of others, which answers everything, talk until nobody says anything more."""
    answered: set[str] = set()
    for _ in range(ROUNDS):
        await home.host.drained()
        events = [event for event in await stranger.read(room) if event["type"] == "m.room.message"]
        new = [e for e in events if e["event_id"] not in answered and e["sender"] != stranger.user]
        answered |= {event["event_id"] for event in events}
        if not new:
            return
        told = [await stranger.say(room, "Indeed!", msgtype="m.notice") for _ in new[-2:]]
        async with asyncio.timeout(30):
            while await home.host.journal.recovery.message(f"matrix:{told[-1]}") is None:  # noqa: ASYNC110 - the store has no events
                await asyncio.sleep(0.02)
    pytest.fail(f"they still talk after {ROUNDS} rounds")


@pytest.mark.spec("LUNA-12", "CHAR-15")
@pytest.mark.parametrize("many", [6, pytest.param(50, marks=pytest.mark.soak)])
def test_personas_that_answer_everything_and_a_bot_of_others_stay_below_the_bound_over_restarts(
    service: Bot, ann: Person, bob: Person, synapse: Any, unused: Any, many: int
) -> None:
    """And a person's message always starts them again."""
    namespace = service.settings.namespace

    async def main() -> None:
        async with ann, bob, synapse.person(unused("stranger")) as stranger:
            room = await ann.create_room(service.user, stranger.user, name="Forum")
            await stranger.join(room)
            async with living(service, [Keen], host=HOST) as home:
                await ann.event(room, "m.room.member", sender=service.user, within=60)
                for number in range(many):
                    await home.does(f"spawn Persona{number} --room {room} You talk a lot.")
                before = 0
                for text in ("good morning", "what a day"):
                    await ann.say(room, text)
                    await heard(home, room, text)
                    await quiet(home, stranger, room)
                    now = len(await said_by_ours(ann, room, namespace))
                    assert 0 < now - before <= many + THRESHOLD
                    before = now
                    await ann.invite(room, bob.user)
                    await bob.join(room)
                    await quiet(home, stranger, room)
                    await bob.leave(room)
                assert len(await said_by_ours(ann, room, namespace)) == before, "coming and going starts nobody"
            async with living(service, [Keen], host=HOST) as home:
                await quiet(home, stranger, room)
                assert len(await said_by_ours(ann, room, namespace)) <= before + THRESHOLD
                before = len(await said_by_ours(ann, room, namespace))
                await ann.say(room, "and after the restart?")
                await heard(home, room, "and after the restart?")
                await quiet(home, stranger, room)
                assert 0 < len(await said_by_ours(ann, room, namespace)) - before <= many + THRESHOLD

    asyncio.run(main())


async def heard(home: Living, room: str, text: str) -> None:
    """Wait until the host has a message."""
    channel = f"matrix:{room}"
    async with asyncio.timeout(60):
        while not await _has(home, channel, text):  # noqa: ASYNC110 - the store has no events
            await asyncio.sleep(0.02)


async def _has(home: Living, channel: str, text: str) -> bool:
    said = await home.host.journal.recovery.history(channel, before=2**62, limit=400)
    return text in [message.text for message in said]
