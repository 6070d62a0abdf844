"""Where things happen and who people are there: DMs, spaces, ranks, encrypted rooms (HOST-3, HOST-12)."""

from __future__ import annotations

import asyncio

import pytest
from butler import Rank
from butler_luna_matrix.testing import Person
from butler_luna_matrix.testing.bot import Bot, Lines, say


@pytest.mark.spec("HOST-3", "HOST-12")
def test_a_conversation_of_two_is_a_dm_in_which_nobody_ranks(bot: Bot, ann: Person, bob: Person) -> None:
    async def main() -> None:
        async with bot.running(), ann, bob:
            flagged = await bot.room_with(ann, name="Named", direct=True)
            nameless = await bot.room_with(ann, name="")
            for room in (flagged, nameless):
                await ann.say(room, room)
                message = await bot.house.text(room)
                assert (message.channel.dm, message.guild.id, message.author.rank) == (True, "matrix:dm", Rank.MEMBER)
            await ann.invite(nameless, bob.user)
            await bob.join(nameless)
            await ann.say(nameless, "now we are three")
            message = await bot.house.text("now we are three")
            assert (message.channel.dm, message.guild.id) == (False, f"matrix:{bot.synapse.server_name}")

    asyncio.run(main())


@pytest.mark.spec("HOST-12")
@pytest.mark.parametrize("version", ["10", "12"])
def test_ranks_come_from_the_power_levels_of_the_space(bot: Bot, ann: Person, bob: Person, version: str) -> None:
    via = {"via": [bot.synapse.server_name]}

    async def main() -> None:
        async with bot.running(), ann, bob:
            levels = {"users": {bob.user: 0} if version == "12" else {ann.user: 101, bob.user: 0}}
            kind = {"type": "m.space"}
            space = await bot.room_with(
                ann,
                bob,
                name="Castle",
                room_version=version,
                power_level_content_override=levels,
                creation_content=kind,
            )
            room = await bot.room_with(ann, bob, name="Hall")
            await ann.set_state(room, "m.space.parent", via, space)
            await ann.set_state(space, "m.space.child", via, room)
            await bot.house.until(lambda: any(e.data.get("type") == "m.space.child" for e in bot.house.events("raw")))
            steps = [(0, Rank.MEMBER), (50, Rank.MANAGER), (99, Rank.MANAGER), (100, Rank.ADMIN)]
            for level, rank in steps:
                now = await ann.ask("GET", "rooms", space, "state", "m.room.power_levels")
                users = {**now["users"], bob.user: level}
                seen = len(bot.house.events("role_changed"))
                await ann.set_state(space, "m.room.power_levels", {**now, "users": users})
                if users != now["users"]:
                    await bot.house.until(lambda seen=seen: len(bot.house.events("role_changed")) > seen)  # type: ignore[misc]
                await bob.say(room, f"at {level}")
                assert (await bot.house.text(f"at {level}")).author.rank == rank
            await ann.say(room, "I made it")
            assert (await bot.house.text("I made it")).author.rank == Rank.OWNER

    asyncio.run(main())


@pytest.mark.spec("HOST-12")
def test_whoever_makes_a_lone_room_manages_nothing_of_the_server(bot: Bot, ann: Person, bob: Person) -> None:
    """Rooms outside of spaces share the server as their guild, and everybody may make one."""

    async def main() -> None:
        async with bot.running(), ann, bob:
            room = await bot.room_with(ann, bob, name="Mine")
            await ann.say(room, "I made it")
            assert (await bot.house.text("I made it")).author.rank == Rank.MEMBER

    asyncio.run(main())


@pytest.mark.spec("HOST-3", "HOST-12")
def test_a_room_belongs_to_a_space_only_if_both_say_so_and_the_spaces_powers_count(
    bot: Bot, ann: Person, bob: Person
) -> None:
    via = {"via": [bot.synapse.server_name]}

    async def main() -> None:
        async with bot.running(), ann, bob:
            space = await bot.room_with(ann, name="Castle", creation_content={"type": "m.space"})
            claims = await bot.room_with(bob, name="Claims")
            await bob.set_state(claims, "m.space.parent", via, space)
            await bob.say(claims, "I am of the castle")
            assert (await bot.house.text("I am of the castle")).guild.id == f"matrix:{bot.synapse.server_name}"
            await ann.set_state(space, "m.space.child", via, claims)
            await bot.house.until(lambda: any(e.data.get("type") == "m.space.child" for e in bot.house.events("raw")))
            await bob.say(claims, "now I am")
            message = await bot.house.text("now I am")
            assert (message.guild.id, message.guild.name) == (f"matrix:{space}", "Castle")
            assert message.author.rank == Rank.MEMBER

    asyncio.run(main())


@pytest.mark.spec("HOST-12")
def test_listed_owners_rank_as_owners_everywhere(bot: Bot, ann: Person) -> None:
    bot.set(owners=(ann.user,))

    async def main() -> None:
        async with bot.running(), ann:
            room = await bot.room_with(ann, name="")
            await ann.say(room, "mine")
            assert (await bot.house.text("mine")).author.rank == Rank.OWNER

    asyncio.run(main())


@pytest.mark.spec("LUNA-4")
def test_an_encrypted_room_is_told_once_and_nothing_is_said_into_it_in_the_clear(
    bot: Bot, ann: Person, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("butler_luna_matrix.connection.INSTALLED", False)
    secret = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "ciphertext": "x",
        "sender_key": "x",
        "session_id": "x",
        "device_id": "x",
    }

    async def main() -> None:
        async with bot.running() as matrix, ann:
            room = await bot.room_with(ann)
            await ann.say(room, "still open")
            channel = (await bot.house.text("still open")).channel
            assert matrix.can("send", channel)
            await ann.set_state(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
            await ann.send(room, "m.room.encrypted", secret)
            await ann.send(room, "m.room.encrypted", secret)
            await bot.house.until(lambda: len(bot.house.events("raw")) == 2)
            assert not matrix.can("send", channel)
            with pytest.raises(Exception, match="is encrypted"):
                await matrix.perform(say(room, "in the clear"), "k1")

    asyncio.run(main())
    assert lines.count("messages in an encrypted room cannot be read") == 1
