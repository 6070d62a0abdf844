"""What can be done on Matrix, and what is refused how (PLAT-2)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from butler import Action, Lost, NotReady, PlatformError, RateLimited, Reply, Unsupported
from butler_luna_matrix.actions import DOERS
from butler_luna_matrix.platform import ACTIONS, Matrix
from butler_luna_matrix.testing import Person, Synapse
from butler_luna_matrix.testing.bot import Bot, say


@pytest.mark.spec("LUNA-3", "PLAT-2")
def test_edits_reactions_and_deletions_show(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with bot.running() as matrix, ann:
            room = await bot.room_with(ann)
            channel, said = f"matrix:{room}", await ann.say(room, "tea?")
            sent = await matrix.perform(say(room, "yess"), "k1")
            await matrix.perform(Action("edit", channel, sent.id, Reply("**yes**")), "k2")
            await ann.heard(room, 2, sender=bot.user)
            edit = ann.timeline[room][-1]["content"]
            assert edit["m.relates_to"] == {"rel_type": "m.replace", "event_id": sent.id.removeprefix("matrix:")}
            assert edit["m.new_content"]["formatted_body"] == "<strong>yes</strong>"
            reacted = await matrix.perform(Action("react", channel, f"matrix:{said}", data={"emoji": "👍"}), "k3")
            assert (
                await matrix.perform(Action("react", channel, f"matrix:{said}", data={"emoji": "👍"}), "k4") == reacted
            )
            assert (await ann.event(room, "m.reaction"))["content"]["m.relates_to"]["key"] == "👍"
            await matrix.perform(Action("unreact", channel, f"matrix:{said}", data={"emoji": "👍"}), "k5")
            assert (await ann.event(room, "m.room.redaction"))["redacts"] == reacted.id.removeprefix("matrix:")
            await matrix.perform(Action("delete", channel, sent.id, data={"reason": "wrong"}), "k6")
            await ann.until(lambda: ann.timeline[room][-1]["content"].get("reason") == "wrong")

    asyncio.run(main())


@pytest.mark.spec("PLAT-2")
def test_rooms_people_and_names(bot: Bot, ann: Person, bob: Person) -> None:
    async def main() -> None:
        async with bot.running() as matrix, ann, bob:

            async def do(kind: str, target: str = "", **data: Any) -> str:
                return (await matrix.perform(Action(kind, channel, target, data=data), f"key{len(done)}")).id

            done: list[str] = []
            channel = ""
            asked = Action(
                "create_room", "", data={"name": "Study", "topic": "books", "invite": [f"matrix:{ann.user}"]}
            )
            channel = (await matrix.perform(asked, "room-1")).id
            assert (await matrix.perform(asked, "room-1")).id == channel
            room = channel.removeprefix("matrix:")
            await ann.until(lambda: room in ann.invites)
            await ann.join(room)
            await do("invite", f"matrix:{bob.user}")
            await bob.join(room)
            said = await ann.say(room, "hello")
            await bot.house.text("hello")
            assert {person.id for person in await matrix.members(channel)} == {
                f"matrix:{u}" for u in (bot.user, ann.user, bob.user)
            }
            await do("pin", f"matrix:{said}")
            assert (await ann.event(room, "m.room.pinned_events"))["content"] == {"pinned": [said]}
            await do("topic", topic="old books")
            await do("rename", name="Library")
            await do("nickname", name="The Librarian")
            await ann.until(lambda: "The Librarian" in str(ann.timeline[room]))
            await do("kick", f"matrix:{bob.user}", reason="noise")
            await do("ban", f"matrix:{bob.user}")
            await do("unban", f"matrix:{bob.user}")
            await do("typing")
            await ann.until(lambda: ann.typing.get(room) == [bot.user])
            await do("read", f"matrix:{said}")
            members = await ann.ask("GET", "rooms", room, "joined_members")
            assert sorted(members["joined"]) == sorted((ann.user, bot.user))

    asyncio.run(main())


@pytest.mark.spec("PLAT-2")
def test_a_person_has_one_direct_conversation_made_when_first_needed(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with ann:
            async with bot.running() as matrix:
                dm = await matrix.perform(Action("dm", "", f"matrix:{ann.user}"), "k1")
                assert (await matrix.perform(Action("dm", "", f"matrix:{ann.user}"), "k1")).id == dm.id
            async with bot.running() as matrix:
                assert (await matrix.perform(Action("dm", "", f"matrix:{ann.user}"), "k2")).id == dm.id
                room = dm.id.removeprefix("matrix:")
                await ann.until(lambda: room in ann.invites)
                await ann.join(room)
                await ann.say(room, "just us")
                assert (await bot.house.text("just us")).channel.dm

    asyncio.run(main())


@pytest.mark.spec("PLAT-2")
def test_what_cannot_be_done_is_refused_in_one_line(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with bot.running() as matrix, ann:
            room = await bot.room_with(ann)
            refused: list[tuple[Action, type[PlatformError], str]] = [
                (Action("slowmode", f"matrix:{room}"), Unsupported, "Matrix cannot do 'slowmode'"),
                (say(room, ""), Unsupported, "without text and files"),
                (say("!nowhere:butler.test", "hello"), PlatformError, "the homeserver refuses"),
                (Action("react", f"matrix:{room}", "matrix:$x"), PlatformError, "needs 'emoji'"),
                (Action("edit", f"matrix:{room}", "matrix:$x"), PlatformError, "without a reply"),
                (Action("ban", f"matrix:{room}", f"matrix:{ann.user}"), PlatformError, "the homeserver refuses"),
            ]
            for action, kind, line in refused:
                with pytest.raises(kind, match=line) as caught:
                    await matrix.perform(action, "k1")
                assert "\n" not in str(caught.value)
                assert not isinstance(caught.value, NotReady)

    asyncio.run(main())


@pytest.mark.spec("PLAT-2")
def test_a_platform_that_is_not_started_or_whose_homeserver_is_away_is_not_ready(
    bot: Bot, ann: Person, synapse: Synapse
) -> None:
    async def main() -> None:
        with pytest.raises(NotReady):
            await Matrix(bot.house, bot.settings).perform(say("!room:server", "hello"), "k1")
        async with bot.running() as matrix, ann:
            room = await bot.room_with(ann)
            await matrix.perform(say(room, "before"), "k1")
            await asyncio.to_thread(synapse.stop)
            try:
                with pytest.raises(NotReady, match="does not answer"):
                    await matrix.perform(say(room, "meanwhile"), "k2")
            finally:
                await asyncio.to_thread(synapse.start)
            await matrix.perform(say(room, "meanwhile"), "k2")

    asyncio.run(main())


@pytest.mark.spec("PLAT-2")
def test_everything_that_can_be_said_yes_to_can_be_done(bot: Bot) -> None:
    """What ``can`` promises is what is there to do it, and the other way round."""

    async def main() -> None:
        async with bot.running() as matrix:
            other_ways = {"file", "picture", "reply", "thread", "history", "members"}
            assert set(DOERS) | other_ways == ACTIONS
            assert all(matrix.can(kind) for kind in ACTIONS)
            assert not matrix.can("voice_connect")

    asyncio.run(main())


@pytest.mark.spec("PLAT-2")
@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500}, RateLimited),
        (429, {}, RateLimited),
        (401, {"errcode": "M_UNKNOWN_TOKEN"}, NotReady),
        (502, {}, NotReady),
        (500, {"errcode": "M_UNKNOWN"}, NotReady),
        (404, {"errcode": "M_NOT_FOUND", "error": "Room not found"}, Lost),
        (403, {"errcode": "M_FORBIDDEN", "error": "no"}, PlatformError),
        (413, {"errcode": "M_TOO_LARGE"}, PlatformError),
    ],
)
def test_refusals_become_the_hosts_errors(status: int, body: dict[str, Any], kind: type[PlatformError]) -> None:
    from butler_luna_matrix.connection import refusal

    error = refusal(status, body)
    assert isinstance(error, kind)
    assert isinstance(error, NotReady) == issubclass(kind, NotReady)
    if isinstance(error, RateLimited):
        assert error.retry_after == (1.5 if body else 5.0)
