"""A client for each persona, made through the admin API; and encrypted rooms (LUNA-4, LUNA-5)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nio
import pytest
from butler_luna_matrix import crypto
from butler_luna_matrix.settings import Settings
from butler_luna_matrix.testing import Person, Synapse
from butler_luna_matrix.testing.bot import Bot, House, Lines, say
from butler_luna_matrix.testing.living import living, members, users


@pytest.fixture
def each(synapse: Synapse, tmp_path: Path, unused: Callable[[str], str]) -> Bot:
    """The host with an account of its own that administers the homeserver, and a client for each persona."""
    name = unused("butler")
    user = synapse.register(name, admin=True)
    prefix = unused("each") + "_"
    settings = Settings(
        synapse.address, user, f"{name}-password", accounts="each", namespace=prefix, accept_invites="any",
        poll_timeout=5.0,
    )  # fmt: skip
    return Bot(synapse, tmp_path, settings, House(tmp_path))


@pytest.fixture
def admin(synapse: Synapse, unused: Any) -> Person:
    return synapse.person(unused("admin"), admin=True)


@pytest.mark.spec("LUNA-5", "LUNA-6", "LUNA-9")
def test_a_persona_lives_talks_outlives_a_restart_and_leaves(each: Bot, ann: Person, admin: Person) -> None:
    async def main() -> None:
        async with ann, admin:
            async with living(each) as home:
                said = await home.does(f"spawn Scout --invite {ann.user} You are a scout.")
                scout = said.split()[3]
                room = said.split()[-1].rstrip(".")
                await ann.join(room)
                await ann.say(room, "Scout, good morning")
                await ann.heard(room, 1, sender=scout)
                assert ann.timeline[room][-1]["sender"] == scout
                kept = each.folder / "data" / "luna_matrix" / "accounts"
                (file,) = kept.iterdir()
                assert file.stat().st_mode & 0o777 == 0o600
            async with living(each) as home:
                await ann.say(room, "Scout, are you back?")
                await ann.heard(room, 2, sender=scout)
                assert len(await ann.texts(room, scout)) == 2
                assert len(await ann.texts(room, each.user)) == 0
                assert "Scout has left." in await home.does("despawn Scout")
                assert (await users(admin, each.settings.namespace))[scout]["deactivated"]
                assert scout not in await members(admin, room)
                assert list(kept.iterdir()) == []
                assert "was used before and is deactivated" in await home.fails("spawn Scout You are a scout.")

    asyncio.run(main())


@pytest.mark.spec("LUNA-5")
def test_what_several_of_ours_hear_is_answered_once_and_never_an_echo(each: Bot, ann: Person) -> None:
    async def main() -> None:
        async with ann, living(each) as home:
            room = await ann.create_room(each.user, name="Hall")
            await ann.event(room, "m.room.member", sender=each.user)
            accounts = {}
            for name in ("One", "Two"):
                accounts[name] = (await home.does(f"spawn {name} --room {room} You are {name}.")).split()[3]
            await ann.say(room, "One?")
            await ann.heard(room, 1, sender=accounts["One"])
            await ann.say(room, "Two?")
            await ann.heard(room, 1, sender=accounts["Two"])
            await ann.say(room, "!whoami")
            await ann.heard(room, 1, sender=each.user)
            assert len(await ann.texts(room)) == 6

    asyncio.run(main())


@pytest.mark.spec("LUNA-6", "LUNA-10")
def test_a_name_that_somebody_has_is_refused_and_their_account_stays_theirs(each: Bot, synapse: Synapse) -> None:
    taken = f"{each.settings.namespace}scout"

    async def main() -> None:
        async with synapse.person(taken) as theirs, living(each) as home:
            said = await home.fails("spawn Scout You are a scout.")
            assert f"{theirs.user} is taken; choose another name" in said
        async with Person(synapse.address, theirs.user, f"{taken}-password"):
            pass

    asyncio.run(main())


@pytest.mark.spec("LUNA-10", "LUNA-5")
def test_without_an_administrator_nobody_is_spawned_and_it_says_why(bot: Bot) -> None:
    bot.set(accounts="each")

    async def main() -> None:
        async with living(bot) as home:
            said = await home.fails("spawn Scout You are a scout.")
            assert "this needs an administrator of the homeserver; run butler matrix admin" in said
            assert await home.luna.life.ledger.open() == []

    asyncio.run(main())


@pytest.mark.spec("LUNA-5")
def test_with_one_account_spawn_says_which_ways_there_are(bot: Bot) -> None:
    async def main() -> None:
        async with living(bot) as home:
            said = await home.fails("spawn Scout You are a scout.")
            assert 'set [platforms.matrix] accounts = "service" or "each"' in said

    asyncio.run(main())


# --- encrypted rooms ------------------------------------------------------------------------------------


@asynccontextmanager
async def sealed_client(synapse: Synapse, name: str, folder: Path) -> AsyncIterator[nio.AsyncClient]:
    """Somebody with a client that encrypts: nio as it comes."""
    synapse.register(name)
    await asyncio.to_thread(folder.mkdir)
    config = nio.AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True)
    client = nio.AsyncClient(synapse.address, synapse.user_id(name), store_path=str(folder), config=config)
    client.heard = []
    client.add_event_callback(lambda room, event: client.heard.append((event.sender, event)), nio.RoomMessageFormatted)
    await client.login(f"{name}-password")
    await client.sync(full_state=True)
    await client.keys_upload()
    try:
        yield client
    finally:
        await client.close()


async def hears(client: Any, sender: str, count: int) -> list[str]:
    async with asyncio.timeout(30):
        while True:
            said = [event.body for who, event in client.heard if who == sender]
            if len(said) >= count:
                return said
            await client.sync(timeout=2000)


async def joined(client: Any, room: str, user: str) -> None:
    async with asyncio.timeout(30):
        while room not in client.rooms or user not in client.rooms[room].users:
            await client.sync(timeout=2000, full_state=True)


ENCRYPTED = [{"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}]


async def tell(client: Any, room: str, text: str) -> None:
    body = {"msgtype": "m.text", "body": text}
    answer = await client.room_send(room, "m.room.message", body, ignore_unverified_devices=True)
    assert isinstance(answer, nio.RoomSendResponse), answer


@pytest.mark.spec("LUNA-4")
def test_a_conversation_in_an_encrypted_room_works_and_survives_a_restart(
    bot: Bot, synapse: Synapse, unused: Callable[[str], str], tmp_path: Path
) -> None:
    async def main() -> None:
        async with sealed_client(synapse, unused("eve"), tmp_path / "eve") as eve:
            async with bot.running() as matrix:
                made = await eve.room_create(invite=[bot.user], initial_state=ENCRYPTED)
                room = made.room_id
                await joined(eve, room, bot.user)
                await tell(eve, room, "can you read this?")
                await bot.house.text("can you read this?")
                await matrix.perform(say(room, "every word"), "k1")
                assert await hears(eve, bot.user, 1) == ["every word"]
            await tell(eve, room, "said while you were away")
            async with bot.running() as matrix:
                await bot.house.text("said while you were away")
                await tell(eve, room, "and after")
                await bot.house.text("and after")
                assert await matrix.perform(say(room, "every word"), "k1") is not None
                await matrix.perform(say(room, "welcome back"), "k2")
                assert await hears(eve, bot.user, 2) == ["every word", "welcome back"]
                recalled = await matrix.history(f"matrix:{room}", limit=10)
                assert [message.text for message in recalled][-1] == "welcome back"
                assert matrix.connected is not None
                kept = await matrix.connected.main.ask("GET", "rooms", room, "messages", query={"dir": "b"})
                assert {event["type"] for event in kept["chunk"]} >= {"m.room.encrypted"}
                assert "every word" not in json.dumps(kept)
            assert bot.house.texts == ["can you read this?", "said while you were away", "and after"]

    asyncio.run(main())


@pytest.mark.spec("LUNA-4")
def test_somebody_who_joins_an_encrypted_room_later_can_read_what_is_said_from_then_on(
    bot: Bot, synapse: Synapse, unused: Callable[[str], str], tmp_path: Path
) -> None:
    async def main() -> None:
        async with (
            sealed_client(synapse, unused("eve"), tmp_path / "eve") as eve,
            sealed_client(synapse, unused("dan"), tmp_path / "dan") as dan,
            bot.running() as matrix,
        ):
            room = (await eve.room_create(invite=[bot.user, dan.user_id], initial_state=ENCRYPTED)).room_id
            await joined(eve, room, bot.user)
            await tell(eve, room, "hello")
            await bot.house.text("hello")
            await matrix.perform(say(room, "for eve"), "k1")
            assert await hears(eve, bot.user, 1) == ["for eve"]
            await dan.join(room)
            await bot.house.until(lambda: len(bot.house.events("member_joined")) >= 2)
            await matrix.perform(say(room, "for both"), "k2")
            assert await hears(dan, bot.user, 1) == ["for both"]

    asyncio.run(main())


@pytest.mark.spec("LUNA-4")
def test_without_the_extra_a_message_in_an_encrypted_room_says_once_what_to_install(
    bot: Bot, synapse: Synapse, unused: Callable[[str], str], tmp_path: Path, lines: Lines,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("butler_luna_matrix.connection.INSTALLED", False)

    async def main() -> None:
        async with sealed_client(synapse, unused("eve"), tmp_path / "eve") as eve, bot.running():
            room = (await eve.room_create(invite=[bot.user], initial_state=ENCRYPTED)).room_id
            await joined(eve, room, bot.user)
            await tell(eve, room, "one")
            await tell(eve, room, "two")
            await bot.house.until(lambda: len(bot.house.events("raw")) >= 2)

    asyncio.run(main())
    assert lines.count("messages in an encrypted room cannot be read") == 1
    told = next(fields for _, line, fields in lines.said if line == "messages in an encrypted room cannot be read")
    assert "pip install 'butler-luna-matrix[e2e]'" in told["remedy"]


@pytest.mark.spec("LUNA-4")
def test_the_extra_is_there_for_these_tests() -> None:
    assert crypto.INSTALLED
