"""Coming in: nothing lost, nothing twice, nothing from before (LUNA-2)."""

from __future__ import annotations

import asyncio

import pytest
from butler import StoreError
from butler_luna_matrix.testing import Person, Synapse
from butler_luna_matrix.testing.bot import Bot, Lines, say


@pytest.mark.spec("LUNA-2", "LUNA-3", "PLAT-6")
def test_what_a_person_says_comes_in_and_what_the_bot_says_is_heard(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with bot.running() as matrix, ann:
            room = await bot.room_with(ann)
            event = await ann.say(room, "good morning")
            message = await bot.house.text("good morning")
            assert (message.id, message.author.id, message.author.bot) == (
                f"matrix:{event}",
                f"matrix:{ann.user}",
                False,
            )
            assert (message.channel.id, message.channel.members, message.channel.dm) == (f"matrix:{room}", 2, False)
            sent = await matrix.perform(say(room, "good morning, ann"), "k1")
            assert await ann.heard(room, 1, sender=bot.user) == ["good morning, ann"]
            assert sent.id == f"matrix:{ann.timeline[room][-1]['event_id']}"

    asyncio.run(main())


@pytest.mark.spec("LUNA-2")
def test_a_first_sync_brings_nothing_that_was_said_before(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with ann:
            room = await ann.create_room(bot.user)
            async with bot.running():
                await ann.event(room, "m.room.member", sender=bot.user)
            bot.token_file.unlink()
            await ann.say(room, "said before the first sync")
            fresh = Bot(bot.synapse, bot.folder / "fresh", bot.settings, type(bot.house)(bot.folder / "fresh"))
            async with fresh.running():
                await ann.say(room, "said after it")
                await fresh.house.text("said after it")
            assert fresh.house.texts == ["said after it"]

    asyncio.run(main())


@pytest.mark.spec("LUNA-2")
def test_what_was_said_in_a_room_before_the_bot_came_is_not_brought(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with bot.running(), ann:
            room = await ann.create_room(name="Old")
            await ann.say(room, "said before it came")
            await ann.invite(room, bot.user)
            await ann.event(room, "m.room.member", sender=bot.user)
            await ann.say(room, "said after it came")
            await bot.house.text("said after it came")
            assert bot.house.texts == ["said after it came"]

    asyncio.run(main())


@pytest.mark.spec("LUNA-2")
def test_a_gap_longer_than_a_sync_and_a_page_arrives_once_and_in_order(
    bot: Bot, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("butler_luna_matrix.timelines.PAGE", 40)
    bot.set(timeline_limit=20)
    said = [f"number {number}" for number in range(150)]

    async def main() -> None:
        async with ann:
            async with bot.running():
                room = await bot.room_with(ann)
            for text in said:
                await ann.say(room, text)
            async with bot.running():
                await ann.say(room, "the last")
                await bot.house.text("the last")
                in_the_gap = {message.id for message in bot.house.messages}
                assert not in_the_gap & set(bot.house.repeated)
            async with bot.running():
                await ann.say(room, "after one more start")
                await bot.house.text("after one more start")
        assert bot.house.texts == [*said, "the last", "after one more start"]

    asyncio.run(main())


@pytest.mark.spec("LUNA-2")
def test_of_a_gap_in_which_the_bot_was_let_in_only_what_came_after_is_brought(bot: Bot, ann: Person) -> None:
    """The account joins through another client while the bot is away, and more is said than a sync brings."""
    bot.set(timeline_limit=20)
    said = [f"number {number}" for number in range(30)]

    async def main() -> None:
        async with ann, Person(bot.synapse.address, bot.user, bot.settings.password) as other:
            async with bot.running():
                await bot.room_with(ann)
            room = await ann.create_room(bot.user, name="New")
            for number in range(30):
                await ann.say(room, f"before {number}")
            await other.join(room)
            for text in said:
                await ann.say(room, text)
            async with bot.running():
                await ann.say(room, "the last")
                await bot.house.text("the last")
        assert bot.house.texts == [*said, "the last"]

    asyncio.run(main())


@pytest.mark.spec("LUNA-2")
def test_a_store_that_fails_in_the_middle_loses_and_doubles_nothing(bot: Bot, ann: Person) -> None:
    """The token moves only after everything it covers is journaled: what failed comes again, what was kept is known."""

    async def main() -> None:
        async with ann:
            async with bot.running():
                room = await bot.room_with(ann)
            for number in range(5):
                await ann.say(room, f"number {number}")
            real, calls = bot.house.receive, 0

            async def failing_once(item: object) -> bool:
                nonlocal calls
                calls += 1
                if calls == 3:
                    raise StoreError("the disk is full")
                return await real(item)  # type: ignore[arg-type]

            bot.house.receive = failing_once  # type: ignore[method-assign]
            async with bot.running():
                await bot.house.text("number 4")
        assert bot.house.texts == [f"number {number}" for number in range(5)]
        assert len(bot.house.repeated) == 2

    asyncio.run(main())


@pytest.mark.spec("LUNA-2")
def test_a_crash_before_the_token_is_kept_brings_everything_again_under_the_same_ids(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with ann:
            async with bot.running():
                room = await bot.room_with(ann)
            await ann.say(room, "one")
            await ann.say(room, "two")

            async def dies(item: object) -> bool:
                raise asyncio.CancelledError

            real = bot.house.receive
            bot.house.receive = dies  # type: ignore[method-assign]
            async with bot.running():
                pass
            bot.house.receive = real  # type: ignore[method-assign]
            async with bot.running():
                await bot.house.text("two")
        assert bot.house.texts == ["one", "two"]

    asyncio.run(main())


@pytest.mark.spec("LUNA-2", "LUNA-11")
def test_the_bots_own_words_never_come_in(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with bot.running() as matrix, ann:
            room = await bot.room_with(ann)
            await matrix.perform(say(room, "my own words"), "k1")
            await ann.heard(room, 1, sender=bot.user)
            await ann.say(room, "and hers")
            await bot.house.text("and hers")
            assert bot.house.texts == ["and hers"]

    asyncio.run(main())


@pytest.mark.spec("LUNA-2")
def test_a_homeserver_that_goes_and_comes_back_costs_two_log_lines_and_no_message(
    bot: Bot, ann: Person, synapse: Synapse, lines: Lines
) -> None:
    async def main() -> None:
        async with bot.running() as matrix, ann:
            room = await bot.room_with(ann)
            await ann.say(room, "before")
            await bot.house.text("before")
            await asyncio.to_thread(synapse.stop)
            try:
                await lines.line("matrix is not listened to")
            finally:
                await asyncio.to_thread(synapse.start)
            await ann.say(room, "after")
            await bot.house.text("after")
            await lines.line("matrix is listened to again")
            assert {check.level for check in await matrix.health()} == {"ok"}
        assert bot.house.texts == ["before", "after"]

    asyncio.run(main())
    assert lines.count("matrix is not listened to") == 1
    assert lines.count("matrix is listened to again") == 1
