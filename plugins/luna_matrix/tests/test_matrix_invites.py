"""Invitations: followed, kept for the operator, or declined (HOST-30)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from butler import Action
from butler_luna_matrix.testing import Person
from butler_luna_matrix.testing.bot import Bot, Lines


@pytest.mark.spec("HOST-30")
def test_by_default_an_invitation_waits_and_the_operator_is_told_how_to_follow_it(
    bot: Bot, ann: Person, lines: Lines
) -> None:
    bot.set(accept_invites="ask")

    async def main() -> None:
        async with bot.running() as matrix, ann:
            room = await ann.create_room(bot.user, name="Hall")
            event = await bot.house.event("invited")
            assert (event.data["decision"], event.text, event.channel and event.channel.id) == (
                "waiting",
                "Hall",
                f"matrix:{room}",
            )
            assert event.person is not None
            assert event.person.id == f"matrix:{ann.user}"
            told = await lines.line("invitation waits for you")
            assert (told["room"], told["by"]) == (room, ann.user)
            assert await members(ann, room) == [ann.user]
            await matrix.perform(Action("join", f"matrix:{room}"), "k1")
            await ann.event(room, "m.room.member", sender=bot.user)
            await ann.say(room, "welcome")
            await bot.house.text("welcome")

    asyncio.run(main())


@pytest.mark.spec("HOST-30")
def test_an_invitation_that_waits_can_be_declined(bot: Bot, ann: Person) -> None:
    bot.set(accept_invites="ask")

    async def main() -> None:
        async with bot.running() as matrix, ann:
            room = await ann.create_room(bot.user, name="Hall")
            await bot.house.event("invited")
            await matrix.perform(Action("leave", f"matrix:{room}"), "k1")
            left = await ann.event(room, "m.room.member", sender=bot.user)
            assert left["content"]["membership"] == "leave"

    asyncio.run(main())


@pytest.mark.spec("HOST-30")
@pytest.mark.parametrize(
    ("policy", "listed", "decision"),
    [
        ("allowlist", ["ann"], "joined"),
        ("allowlist", ["server"], "joined"),
        ("allowlist", [], "declined"),
        ("allowlist", ["@somebody:else", "elsewhere.org"], "declined"),
        ("ask", ["ann"], "joined"),
        ("ask", ["elsewhere.org"], "waiting"),
        ("any", [], "joined"),
    ],
)
def test_the_policy_and_its_list_decide(bot: Bot, ann: Person, policy: Any, listed: list[str], decision: str) -> None:
    names = {"ann": ann.user, "server": bot.synapse.server_name}
    bot.set(accept_invites=policy, invites_from=tuple(names.get(entry, entry) for entry in listed))

    async def main() -> None:
        async with bot.running(), ann:
            room = await ann.create_room(bot.user)
            event = await bot.house.event("invited")
            assert event.data["decision"] == decision
            assert (bot.user in await members(ann, room)) == (decision == "joined")

    asyncio.run(main())


@pytest.mark.spec("HOST-30")
def test_an_invitation_from_before_the_first_start_is_decided_too(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with ann:
            room = await ann.create_room(bot.user, direct=True)
            async with bot.running():
                event = await bot.house.event("invited")
                assert event.guild.id == "matrix:dm"
                await ann.event(room, "m.room.member", sender=bot.user)

    asyncio.run(main())


async def members(person: Person, room: str) -> list[str]:
    joined = await person.ask("GET", "rooms", room, "joined_members")
    return sorted(joined["joined"])
