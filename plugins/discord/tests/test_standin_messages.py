"""Messages in the stand-in, through the real client: sent, read, edited, deleted, with files (PLAT-5)."""

from __future__ import annotations

import asyncio
import datetime as dt

import aiohttp
import hikari
import pytest
from butler import Clock
from butler_discord.testing import Permission
from butler_discord.testing.scene import Scene, played, scene

pytestmark = pytest.mark.spec("PLAT-5")
P = Permission


@played()
async def test_what_is_edited_and_deleted_is_told(at: Scene) -> None:
    said = await at.ann.say("helo")
    await at.ann.edit(said, "hello")
    edited = await at.hears(hikari.GuildMessageUpdateEvent)
    assert (edited.message.content, edited.message.edited_timestamp is not None) == ("hello", True)
    await at.ann.delete(said)
    assert (await at.hears(hikari.GuildMessageDeleteEvent)).message_id == said.id


@played()
async def test_a_bot_edits_and_deletes_its_own_messages_only(at: Scene) -> None:
    mine = await at.rest.create_message(at.hall.id, "helo")
    assert (await mine.edit("hello")).content == "hello"
    theirs = await at.ann.say("mine")
    with pytest.raises(hikari.ForbiddenError) as caught:
        await at.rest.edit_message(at.hall.id, theirs.id, "yours")
    assert caught.value.code == 50005
    await at.rest.delete_message(at.hall.id, theirs.id)  # an administrator may
    await mine.delete()
    assert at.ann.sees() == []
    with pytest.raises(hikari.NotFoundError) as gone:
        await mine.edit("again")
    assert gone.value.code == 10008


@played()
async def test_a_reply_names_what_it_answers(at: Scene) -> None:
    said = await at.ann.say("who is there?")
    answer = await at.rest.create_message(at.hall.id, "me", reply=said.id)
    assert answer.referenced_message is not None
    assert answer.referenced_message.content == "who is there?"
    assert at.ann.sees()[-1].answers is said
    with pytest.raises(hikari.BadRequestError) as caught:
        await at.rest.create_message(at.hall.id, "nobody", reply=said.id + 1)
    assert caught.value.code == 50035


@played()
async def test_history_is_read_before_after_and_around(at: Scene) -> None:
    said = [await at.ann.say(str(number)) for number in range(150)]

    async def texts(**where: hikari.Snowflake) -> list[str]:
        found = at.rest.fetch_messages(at.hall.id, **where)
        return [message.content or "" async for message in found]

    assert await texts() == [str(number) for number in reversed(range(150))]
    assert await texts(before=hikari.Snowflake(said[3].id)) == ["2", "1", "0"]
    assert await texts(after=hikari.Snowflake(said[146].id)) == ["147", "148", "149"]
    around = await at.rest.fetch_messages(at.hall.id, around=said[75].id).limit(50)
    assert said[75].text in {message.content for message in around}


@played()
async def test_a_nonce_that_is_enforced_sends_once(at: Scene) -> None:
    first = await at.rest.create_message(at.hall.id, "once", nonce="key-1")
    again = await at.rest.create_message(at.hall.id, "once", nonce="key-1")
    assert (again.id, again.nonce) == (first.id, "key-1")
    other = await at.rest.create_message(at.hall.id, "once", nonce="key-2")
    assert other.id != first.id
    assert at.ann.texts() == ["once", "once"]


@played()
async def test_what_is_wrong_with_a_message_is_said(at: Scene) -> None:
    wrong = {
        "": 50006,
        "x" * 2001: 50035,
    }
    for text, code in wrong.items():
        with pytest.raises(hikari.BadRequestError) as caught:
            await at.rest.create_message(at.hall.id, text)
        assert caught.value.code == code
    with pytest.raises(hikari.BadRequestError) as caught:
        await at.rest.create_message(at.hall.id, embed=hikari.Embed(title="x" * 257))
    assert caught.value.errors is not None
    assert "title" in str(caught.value.errors)


@played()
async def test_files_go_up_and_come_down_from_their_own_address(at: Scene) -> None:
    await at.rest.create_message(at.hall.id, attachment=hikari.Bytes(b"picture", "cat.png"))
    shown = at.ann.sees()[-1].files[0]
    assert (shown.name, shown.kind, await at.ann.opens(shown)) == ("cat.png", "image/png", b"picture")
    assert not shown.url.startswith(at.discord.rest_url.partition("/api")[0])
    await at.ann.say("look", files={"dog.txt": b"woof"})
    event = await at.hears(hikari.GuildMessageCreateEvent, lambda event: event.content == "look")
    assert await event.message.attachments[0].read() == b"woof"


class Late(Clock):
    """The machine's clock, put forward."""

    forward = dt.timedelta()

    def now(self) -> dt.datetime:
        return super().now() + self.forward


def test_a_link_to_a_file_holds_for_a_day() -> None:
    async def main() -> None:
        clock = Late()
        async with scene(clock=clock) as at, aiohttp.ClientSession() as session:

            async def status(link: str) -> int:
                async with session.get(link) as answer:
                    return answer.status

            said = await at.ann.say("look", files={"dog.txt": b"woof"})
            link = said.files[0].url
            found = [await status(each) for each in (link, link.replace("ex=", "ex=f"), link.partition("?")[0])]
            assert found == [200, 404, 404]
            clock.forward = dt.timedelta(hours=25)
            assert await status(link) == 404
            fetched = await at.rest.fetch_message(at.hall.id, said.id)
            assert await status(fetched.attachments[0].url) == 200

    asyncio.run(main())


@played()
async def test_a_picture_of_an_embed_is_no_attachment(at: Scene) -> None:
    embed = hikari.Embed(title="Karma").set_image(hikari.Bytes(b"picture", "chart.png"))
    mine = await at.rest.create_message(at.hall.id, embed=embed)
    assert not mine.attachments
    assert mine.embeds[0].image is not None
    assert await mine.embeds[0].image.read() == b"picture"


@played()
async def test_many_are_deleted_at_once_if_young_enough(at: Scene) -> None:
    said = [await at.ann.say(str(number)) for number in range(4)]
    await at.rest.delete_messages(at.hall.id, [message.id for message in said[:3]])
    assert at.ann.texts() == ["3"]
    told = await at.hears(hikari.GuildBulkMessageDeleteEvent)
    assert sorted(told.message_ids) == [message.id for message in said[:3]]
    old = at.discord.said(at.ann, "old", at.hall, days=15)
    with pytest.raises(hikari.BulkDeleteError) as caught:
        await at.rest.delete_messages(at.hall.id, [old.id, said[3].id])
    assert isinstance(caught.value.__cause__, hikari.BadRequestError)
    assert caught.value.__cause__.code == 50034
    assert at.ann.texts() == ["old", "3"]


@played()
async def test_pins(at: Scene) -> None:
    said = await at.ann.say("rules")
    await at.rest.pin_message(at.hall.id, said.id)
    pinned = [pin.message.content async for pin in at.rest.fetch_pins(at.hall.id)]
    assert pinned == ["rules"]
    await at.hears(hikari.GuildPinsUpdateEvent)
    await at.rest.unpin_message(at.hall.id, said.id)
    assert [pin async for pin in at.rest.fetch_pins(at.hall.id)] == []


@played()
async def test_reactions(at: Scene) -> None:
    said = await at.ann.say("cake?")
    await at.bob.react(said, "🎂")
    event = await at.hears(hikari.GuildReactionAddEvent)
    assert (event.user_id, str(event.emoji_name)) == (at.bob.id, "🎂")
    await at.rest.add_reaction(at.hall.id, said.id, "🎂")
    assert list(said.reactions["🎂"]) == [at.bob.id, at.app.id]
    fetched = await at.rest.fetch_message(at.hall.id, said.id)
    assert [(reaction.count, reaction.is_me) for reaction in fetched.reactions] == [(2, True)]
    await at.rest.delete_my_reaction(at.hall.id, said.id, "🎂")
    await at.bob.unreact(said, "🎂")
    await at.hears(hikari.GuildReactionDeleteEvent, lambda event: event.user_id == at.bob.id)
    assert said.reactions == {}
    with pytest.raises(hikari.BadRequestError) as caught:
        await at.rest.add_reaction(at.hall.id, said.id, "cake")
    assert caught.value.code == 10014


@played()
async def test_typing_shows(at: Scene) -> None:
    await at.rest.trigger_typing(at.hall.id)
    assert at.discord.typing == [(at.app.user, at.hall)]
    await at.ann.types()
    assert (await at.hears(hikari.GuildTypingEvent, lambda event: event.user_id == at.ann.id)).channel_id == at.hall.id


@played(granted=P.VIEW_CHANNEL | P.SEND_MESSAGES)
async def test_what_it_may_not_do_is_refused(at: Scene) -> None:
    everyone = at.guild.roles[at.guild.id]
    await at.owner.permit(everyone, deny=P.ADD_REACTIONS | P.ATTACH_FILES | P.EMBED_LINKS)
    said = await at.ann.say("hello")
    asked = [
        at.rest.add_reaction(at.hall.id, said.id, "🎂"),
        at.rest.create_message(at.hall.id, attachment=hikari.Bytes(b"x", "x.txt")),
        at.rest.create_message(at.hall.id, embed=hikari.Embed(title="x")),
        at.rest.delete_message(at.hall.id, said.id),
        at.rest.pin_message(at.hall.id, said.id),
    ]
    for each in asked:
        with pytest.raises(hikari.ForbiddenError) as caught:
            await each
        assert caught.value.code == 50013
    await at.owner.overwrite(at.hall, everyone, deny=P.VIEW_CHANNEL)
    own = next(role for role in at.guild.roles.values() if role.managed_by)
    await at.owner.overwrite(at.hall, own, deny=P.VIEW_CHANNEL)
    with pytest.raises(hikari.ForbiddenError) as caught:
        await at.rest.create_message(at.hall.id, "hello?")
    assert caught.value.code == 50001


@played()
async def test_whoever_is_not_seen_is_not_heard(at: Scene) -> None:
    secret = at.discord.channel(at.guild, "secret")
    everyone = at.guild.roles[at.guild.id]
    at.guild.roles[at.guild.members[at.app.id].roles[0]].permissions = P.SEND_MESSAGES
    await at.owner.overwrite(secret, everyone, deny=P.VIEW_CHANNEL)
    await at.owner.say("psst", secret)
    await at.owner.say("hello", at.hall)
    await at.hears(hikari.GuildMessageCreateEvent, lambda event: event.content == "hello")
    assert [event.content for event in at.heard(hikari.GuildMessageCreateEvent)] == ["hello"]
    assert at.ann.sees(secret) == []


@played()
async def test_closed_and_blocked_direct_messages(at: Scene) -> None:
    at.ann.close_dms()
    at.bob.block(at.app)
    stranger = at.discord.join("eve")
    for person, code in ((at.ann, 50007), (at.bob, 50007), (stranger, 50278)):
        channel = await at.rest.create_dm_channel(person.id)
        with pytest.raises(hikari.ForbiddenError) as caught:
            await channel.send("welcome")
        assert caught.value.code == code
        assert person.dms == []
