"""Going out: what the host says and does, once (LUNA-3, PLAT-2, HOST-5)."""

from __future__ import annotations

import asyncio

import pytest
from butler import Action, File, Reply
from butler_luna_matrix.platform import Matrix
from butler_luna_matrix.testing import Person, Synapse
from butler_luna_matrix.testing.bot import Bot, say


@pytest.mark.spec("HOST-5")
def test_the_same_key_shows_once_over_restarts_of_the_platform_and_of_the_homeserver(
    bot: Bot, ann: Person, synapse: Synapse
) -> None:
    async def main() -> None:
        async with ann:
            async with bot.running() as matrix:
                room = await bot.room_with(ann)
                first = await matrix.perform(say(room, "once"), "key-1")
                assert await matrix.perform(say(room, "once"), "key-1") == first
            async with bot.running() as matrix:
                assert await matrix.perform(say(room, "once"), "key-1") == first
            await asyncio.to_thread(synapse.kill)
            await asyncio.to_thread(synapse.start)
            async with bot.running() as matrix:
                assert await matrix.perform(say(room, "once"), "key-1") == first
                await matrix.perform(say(room, "another"), "key-2")
            assert await ann.texts(room, bot.user) == ["once", "another"]

    asyncio.run(main())


@pytest.mark.spec("HOST-5")
def test_what_was_sent_with_a_key_is_found_in_the_channel(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with ann:
            async with bot.running() as matrix:
                room = await bot.room_with(ann)
                sent = await matrix.perform(say(room, "here"), "key-1")
            for number in range(5):
                await ann.say(room, f"number {number}")
            async with bot.running() as matrix:
                assert await matrix.find("key-1", f"matrix:{room}") == sent
                assert await matrix.find("key-2", f"matrix:{room}") is None

    asyncio.run(main())


@pytest.mark.spec("LUNA-3", "PLAT-3")
def test_markdown_is_sent_as_text_and_as_sanitised_html(bot: Bot, ann: Person) -> None:
    text = '**bold** <script>alert(1)</script> <b onclick="x()">b</b> [link](javascript:alert(1))'

    async def main() -> None:
        async with bot.running() as matrix, ann:
            room = await bot.room_with(ann)
            await matrix.perform(say(room, text), "k1")
            await ann.heard(room, 1, sender=bot.user)
            content = ann.timeline[room][-1]["content"]
            assert content["body"] == text
            assert content["format"] == "org.matrix.custom.html"
            assert content["formatted_body"].startswith("<strong>bold</strong> &lt;script&gt;")
            for forbidden in ("<script", "<b ", 'href="javascript'):
                assert forbidden not in content["formatted_body"]

    asyncio.run(main())


@pytest.mark.spec("PLAT-3")
def test_nobody_is_notified_by_a_models_words_only_by_the_replys_own_mentions(bot: Bot, ann: Person) -> None:
    """Counted by the homeserver's own push rules: a highlight is what makes a telephone ring."""

    async def highlights() -> int:
        return len((await ann.ask("GET", "notifications", query={"only": "highlight"}))["notifications"])

    async def main() -> None:
        async with bot.running() as matrix, ann:
            room = await bot.room_with(ann)
            levels = await ann.ask("GET", "rooms", room, "state", "m.room.power_levels")
            await ann.set_state(room, "m.room.power_levels", {**levels, "users": {**levels["users"], bot.user: 100}})
            name = ann.user[1:].partition(":")[0]
            words = f"@room {ann.user} {name} [you](https://matrix.to/#/{ann.user})"
            sent = await matrix.perform(say(room, words, persona="Luna"), "k1")
            await matrix.perform(Action("edit", f"matrix:{room}", sent.id, Reply(words + "!", persona="Luna")), "k2")
            assert await highlights() == 0
            await matrix.perform(say(room, f"{ann.user}!", mentions=(f"matrix:{ann.user}",)), "k3")
            assert await highlights() == 1
            await matrix.perform(say(room, "all of you", mentions=("@room",)), "k4")
            assert await highlights() == 2

    asyncio.run(main())


@pytest.mark.spec("LUNA-3")
def test_a_reply_names_what_it_answers_and_who_speaks_decides_its_kind(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with bot.running() as matrix, ann:
            room = await bot.room_with(ann)
            asked = await ann.say(room, "tea?")
            await matrix.perform(say(room, "yes", to=f"matrix:{asked}", persona="TheButler"), "k1")
            await matrix.perform(say(room, "12 points"), "k2")
            await ann.heard(room, 2, sender=bot.user)
            spoken, plain = (event["content"] for event in ann.timeline[room][-2:])
            assert (spoken["msgtype"], spoken["m.relates_to"]) == ("m.text", {"m.in_reply_to": {"event_id": asked}})
            assert (plain["msgtype"], "m.relates_to" in plain) == ("m.notice", False)

    asyncio.run(main())


@pytest.mark.spec("LUNA-3")
def test_files_are_sent_after_the_text_each_once(bot: Bot, ann: Person) -> None:
    files = (File("a.txt", b"hello", "text/plain"), File("p.png", b"\x89PNG", "image/png"))

    async def main() -> None:
        async with bot.running() as matrix, ann:
            room = await bot.room_with(ann)
            sent = await matrix.perform(say(room, "two files", files=files), "k1")
            assert await matrix.perform(say(room, "two files", files=files), "k1") == sent
            await matrix.perform(say(room, "", files=files[:1]), "k2")
            assert await ann.heard(room, 4, sender=bot.user) == ["two files", "a.txt", "p.png", "a.txt"]
            shown = [event["content"] for event in ann.timeline[room] if "url" in event["content"]]
            assert [(content["msgtype"], content["info"]["size"]) for content in shown[:2]] == [
                ("m.file", 5),
                ("m.image", 4),
            ]
            assert sent.id == f"matrix:{ann.timeline[room][-4]['event_id']}"
            assert await download(ann, shown[0]["url"]) == b"hello"

    asyncio.run(main())


async def download(person: Person, url: str) -> bytes:
    import aiohttp

    server, media = url.removeprefix("mxc://").split("/")
    address = f"{person._address}/_matrix/client/v1/media/download/{server}/{media}"
    headers = {"Authorization": f"Bearer {person._token}"}
    async with aiohttp.ClientSession() as session, session.get(address, headers=headers) as answer:
        return await answer.read()


@pytest.mark.spec("LUNA-3")
def test_what_was_taken_in_is_marked_as_read(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with bot.running(), ann:
            room = await bot.room_with(ann)
            said = await ann.say(room, "seen?")
            await ann.until(lambda: ann.read_by(room, bot.user) == said)

    asyncio.run(main())


@pytest.mark.spec("HOST-5")
def test_a_text_of_full_length_made_of_anything_is_sent(bot: Bot, ann: Person) -> None:
    """Longer ones are cut by the host."""
    units = ["nul \x00 ", "lone \ud800 ", "\u202eabc", "z\u0335", "😀", '"\\', "**a** & "]
    texts = [(unit * Matrix.text_limit)[: Matrix.text_limit] for unit in units]

    async def main() -> None:
        async with bot.running() as matrix, ann:
            room = await bot.room_with(ann)
            for number, text in enumerate(texts):
                await matrix.perform(say(room, text), f"k{number}")
            heard = await ann.heard(room, len(texts), sender=bot.user)
            assert [len(text) for text in heard] == [Matrix.text_limit] * len(texts)

    asyncio.run(main())
