"""``/clearchat`` over the real client: what Discord refuses is not asked of it, pins stay, it stops (CORE-15)."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter

import pytest
from butler_core import ButlerCore
from butler_discord.testing.deeds import posting

from plugins.discord.tests.conftest import Lodge, lodge, until

pytestmark = pytest.mark.spec("CORE-15")

ONE = "DELETE /channels/{channel}/messages/{message}"
MANY = "POST /channels/{channel}/messages/bulk-delete"


def history(at: Lodge, old: int, young: int) -> tuple[list[int], list[int]]:
    """Messages on both sides of the 14 days, from before the bot came."""
    now = at.discord.world.clock.now()
    begin = {"old": now - dt.timedelta(days=30), "young": now - dt.timedelta(days=3)}
    ids: dict[str, list[int]] = {"old": [], "young": []}
    for kind, count in (("old", old), ("young", young)):
        for number in range(count):
            identifier = at.discord.world.ids.at(begin[kind] + dt.timedelta(minutes=number))
            posting.post(at.discord.world, at.hall, at.ann.user, f"{kind} {number}", identifier=identifier, silent=True)
            ids[kind].append(identifier)
    return ids["old"], ids["young"]


def asked(at: Lodge) -> Counter[tuple[str, int]]:
    """What was asked of Discord to delete messages, and how it answered."""
    return Counter((each.route, each.status) for each in at.discord.requests if each.route in {ONE, MANY})


def board(at: Lodge) -> str:
    """What the last message of the bot says."""
    mine = [each for each in at.hall.messages.values() if each.author is at.app.user]
    return mine[-1].text


def test_500_of_which_120_are_old_go_as_discord_wants_it() -> None:
    async def run() -> None:
        async with lodge([ButlerCore]) as at:
            await at.discord.until(lambda: "clearchat" in at.owner.commands())
            old, young = history(at, 140, 382)
            pinned = {old[130], young[0], young[200]}
            at.hall.pins.update(dict.fromkeys(pinned, at.discord.world.clock.now()))
            answer = await at.owner.slash("clearchat", at.hall, count=500)
            assert "Delete 500 messages? 120 of them are older than 14 days and go one by one" in answer.text
            assert "about 2 minutes" in answer.text
            assert "3 messages are pinned" in answer.text
            await at.owner.click(answer, "Delete 500")
            await until(lambda: board(at).startswith("500 messages deleted"), 60)
            assert asked(at) == {(MANY, 204): 4, (ONE, 204): 120}
            gone = {*young, *old[19:]} - pinned
            assert len(gone) == 500
            assert not gone & at.hall.messages.keys()
            assert {*old[:19], *pinned} <= at.hall.messages.keys()
            assert at.discord.invalid_requests == 0

    asyncio.run(run())


def test_it_stops_when_asked() -> None:
    async def run() -> None:
        async with lodge([ButlerCore]) as at:
            await at.discord.until(lambda: "clearchat" in at.owner.commands())
            history(at, 200, 2)
            held = at.discord.faults.hold(ONE, times=3)
            answer = await at.owner.slash("clearchat", at.hall, count=202)
            await at.owner.click(answer, "Delete 202")
            await until(lambda: board(at).startswith("Clearing"), 20)
            await at.owner.click(answer, "Stop")
            held.set()
            await until(lambda: board(at).startswith("Stopped"), 20)
            count = int(board(at).split()[1])
            assert 0 < count < 202
            assert sum(asked(at).values()) <= count

    asyncio.run(run())


def test_members_do_not_clear() -> None:
    async def run() -> None:
        async with lodge([ButlerCore]) as at:
            await at.discord.until(lambda: "clearchat" in at.owner.commands())
            history(at, 0, 3)
            answer = await at.ann.slash("clearchat", at.hall, count=3)
            assert "manager" in answer.text
            assert not asked(at)

    asyncio.run(run())
