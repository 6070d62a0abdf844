"""What happens on Matrix, as the host's own events (LUNA-3, PLAT-1)."""

from __future__ import annotations

import asyncio

import pytest
from butler import Attachment
from butler_luna_matrix.testing import Person
from butler_luna_matrix.testing.bot import Bot, say


@pytest.mark.spec("LUNA-3")
def test_an_edit_names_the_message_and_brings_the_new_text(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with bot.running(), ann:
            room = await bot.room_with(ann)
            said = await ann.say(room, "helo")
            await ann.edit(room, said, "hello")
            edit = await bot.house.event("edit")
            assert (edit.target, edit.text, edit.person and edit.person.id) == (
                f"matrix:{said}",
                "hello",
                f"matrix:{ann.user}",
            )
            assert bot.house.texts == ["helo"]

    asyncio.run(main())


@pytest.mark.spec("LUNA-3")
@pytest.mark.parametrize("restarted", [False, True])
def test_nobody_edits_what_another_said(bot: Bot, ann: Person, bob: Person, restarted: bool) -> None:
    """Homeservers pass such events on; clients must drop them. After a restart the homeserver is asked who said it."""

    async def main() -> None:
        async with ann, bob:
            async with bot.running():
                room = await bot.room_with(ann, bob)
                said = await ann.say(room, "I like tea")
                await bot.house.text("I like tea")
                if not restarted:
                    await bob.edit(room, said, "I like mud")
                    await bob.say(room, "done")
                    await bot.house.text("done")
            if restarted:
                await bob.edit(room, said, "I like mud")
                async with bot.running():
                    await bob.say(room, "done")
                    await bot.house.text("done")
            assert bot.house.events("edit") == []

    asyncio.run(main())


@pytest.mark.spec("LUNA-3")
def test_a_redaction_is_a_deletion_with_its_reason(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with bot.running(), ann:
            room = await bot.room_with(ann)
            said = await ann.say(room, "oops")
            await bot.house.text("oops")
            await ann.redact(room, said, "a mistake")
            deletion = await bot.house.event("deletion")
            assert (deletion.target, deletion.data) == (f"matrix:{said}", {"reason": "a mistake"})

    asyncio.run(main())


@pytest.mark.spec("LUNA-3")
def test_a_reaction_taken_back_after_a_restart_still_names_who_what_and_where(
    bot: Bot, ann: Person, bob: Person
) -> None:
    async def main() -> None:
        async with ann, bob:
            async with bot.running():
                room = await bot.room_with(ann, bob)
                said = await ann.say(room, "tea?")
                reaction = await bob.react(room, said, "👍")
                added = await bot.house.event("reaction_added")
            async with bot.running():
                await bob.redact(room, reaction)
                removed = await bot.house.event("reaction_removed")
            for event in (added, removed):
                assert (event.target, event.text) == (f"matrix:{said}", "👍")
                assert event.person is not None
                assert event.person.id == f"matrix:{bob.user}"
            assert bot.house.events("deletion") == []

    asyncio.run(main())


@pytest.mark.spec("LUNA-3")
def test_a_reply_names_what_it_answers_and_loses_the_quotation(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with bot.running(), ann:
            room = await bot.room_with(ann)
            said = await ann.say(room, "tea?")
            relation = {"m.in_reply_to": {"event_id": said}}
            await ann.say(room, f"> <{ann.user}> tea?\n\nyes please", **{"m.relates_to": relation})
            reply = await bot.house.text("yes please")
            assert reply.reply_to == f"matrix:{said}"
            await ann.say(room, "> my own quotation\nstays", **{"m.relates_to": relation})
            await bot.house.text("> my own quotation\nstays")

    asyncio.run(main())


@pytest.mark.spec("LUNA-3")
def test_a_thread_is_a_channel_below_the_room_and_begins_once(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with bot.running() as matrix, ann:
            room = await bot.room_with(ann)
            root = await ann.say(room, "about tea")
            thread = {
                "rel_type": "m.thread",
                "event_id": root,
                "is_falling_back": True,
                "m.in_reply_to": {"event_id": root},
            }
            await ann.say(room, "first", **{"m.relates_to": thread})
            await ann.say(room, "second", **{"m.relates_to": thread})
            message = await bot.house.text("second")
            assert (message.channel.thread_of, message.reply_to) == (f"matrix:{room}", "")
            assert message.channel.id == f"matrix:{room}/{root}"
            assert [event.target for event in bot.house.events("thread")] == [f"matrix:{root}"]
            await matrix.perform(say(f"{room}/{root}", "in the thread"), "k1")
            await ann.heard(room, 1, sender=bot.user)
            relation = ann.timeline[room][-1]["content"]["m.relates_to"]
            assert (relation["rel_type"], relation["event_id"]) == ("m.thread", root)
            assert [found.text for found in await matrix.history(message.channel.id)] == [
                "first",
                "second",
                "in the thread",
            ]

    asyncio.run(main())


@pytest.mark.spec("LUNA-3")
def test_files_come_in_as_attachments_with_their_caption(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with bot.running(), ann:
            room = await bot.room_with(ann)
            info = {"mimetype": "image/png", "size": 70}
            picture = {"msgtype": "m.image", "url": "mxc://server/abc", "info": info}
            await ann.say(room, "cat.png", **picture)
            await ann.say(room, "my cat", **picture, filename="cat.png")
            await bot.house.text("my cat")
            assert bot.house.texts == ["", "my cat"]
            assert {message.attachments for message in bot.house.messages} == {
                (Attachment("cat.png", "mxc://server/abc", "image/png", 70),)
            }

    asyncio.run(main())


@pytest.mark.spec("LUNA-11")
def test_mentions_come_from_the_messages_own_list_and_from_pills_where_there_is_none(bot: Bot, ann: Person) -> None:
    pill = f'<a href="https://matrix.to/#/{bot.user}">butler</a> hello'

    async def main() -> None:
        async with bot.running(), ann:
            room = await bot.room_with(ann)
            await ann.say(room, "listed", **{"m.mentions": {"user_ids": [bot.user]}})
            await ann.say(room, "pill", format="org.matrix.custom.html", formatted_body=pill)
            await ann.say(room, "both", formatted_body=pill, **{"m.mentions": {}})
            await bot.house.text("both")
            me = (f"matrix:{bot.user}",)
            assert [message.mentions for message in bot.house.messages] == [me, me, ()]

    asyncio.run(main())


@pytest.mark.spec("LUNA-12", "HOST-5")
def test_notices_and_listed_accounts_are_machines(bot: Bot, ann: Person, bob: Person) -> None:
    bot.set(bots=("@bob-*",))

    async def main() -> None:
        async with bot.running(), ann, bob:
            room = await bot.room_with(ann, bob)
            await ann.say(room, "person")
            await ann.say(room, "notice", msgtype="m.notice")
            await ann.say(room, "waves", msgtype="m.emote")
            await bob.say(room, "bridged")
            await bot.house.text("bridged")
            said = [(message.text, message.author.bot) for message in bot.house.messages]
            name = bot.house.messages[0].author.name
            assert said == [("person", False), ("notice", True), (f"* {name} waves", False), ("bridged", True)]

    asyncio.run(main())


@pytest.mark.spec("PLAT-1")
def test_who_comes_goes_is_put_out_and_renames_themselves(bot: Bot, ann: Person, bob: Person) -> None:
    async def main() -> None:
        async with bot.running(), ann, bob:
            room = await bot.room_with(ann, bob)
            await ann.say(room, "three of us")
            assert (await bot.house.text("three of us")).channel.members == 3
            await bob.ask("PUT", "profile", bob.user, "displayname", body={"displayname": "Robert"})
            changed = await bot.house.event("member_changed")
            assert (changed.text, changed.person and changed.person.name) == ("Robert", "Robert")
            await bob.leave(room)
            left = await bot.house.event("member_left")
            assert (left.person and left.person.id, "by" in left.data) == (f"matrix:{bob.user}", False)
            await ann.say(room, "two of us")
            assert (await bot.house.text("two of us")).channel.members == 2
            await ann.invite(room, bob.user)
            await bob.join(room)
            await ann.ask("POST", "rooms", room, "kick", body={"user_id": bob.user, "reason": "noise"})
            await bot.house.until(lambda: len(bot.house.events("member_left")) == 2)
            assert bot.house.events("member_left")[-1].data == {"by": f"matrix:{ann.user}", "reason": "noise"}
            await ann.ask("POST", "rooms", room, "ban", body={"user_id": bob.user})
            banned = await bot.house.event("member_banned")
            assert banned.person is not None
            assert banned.person.id == f"matrix:{bob.user}"

    asyncio.run(main())


@pytest.mark.spec("PLAT-1")
def test_names_topics_pins_powers_typing_and_what_has_no_name(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with bot.running(), ann:
            room = await bot.room_with(ann)
            await ann.set_state(room, "m.room.name", {"name": "Library"})
            renamed = await bot.house.event("channel_changed")
            assert (renamed.data["what"], renamed.text) == ("name", "Library")
            await ann.set_state(room, "m.room.topic", {"topic": "books"})
            await bot.house.until(lambda: bot.house.events("channel_changed")[-1].text == "books")
            said = await ann.say(room, "a rule")
            assert (await bot.house.text("a rule")).channel.name == "Library"
            await ann.set_state(room, "m.room.pinned_events", {"pinned": [said]})
            pin = await bot.house.event("pin")
            assert (pin.target, pin.data["pinned"], pin.data["unpinned"]) == (f"matrix:{said}", [f"matrix:{said}"], [])
            levels = await ann.ask("GET", "rooms", room, "state", "m.room.power_levels")
            await ann.set_state(room, "m.room.power_levels", {**levels, "users": {**levels["users"], bot.user: 50}})
            powers = await bot.house.event("role_changed")
            assert powers.data["users"] == {f"matrix:{bot.user}": 50}
            await ann.ask("PUT", "rooms", room, "typing", ann.user, body={"typing": True, "timeout": 5000})
            typing = await bot.house.event("typing")
            assert typing.person is not None
            assert typing.person.id == f"matrix:{ann.user}"
            await ann.send(room, "org.example.dance", {"step": 1})
            raw = await bot.house.event("raw")
            assert raw.data == {"type": "org.example.dance", "content": {"step": 1}}

    asyncio.run(main())
