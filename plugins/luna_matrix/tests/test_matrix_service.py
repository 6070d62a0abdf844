"""The application service: one stream for a whole namespace of users (LUNA-5)."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import attrs
import pytest
from butler import Action, NotReady, Persona, PlatformError, Reply, StoreError
from butler_luna_matrix.platform import Matrix
from butler_luna_matrix.registration import load
from butler_luna_matrix.testing import Person, Synapse
from butler_luna_matrix.testing.bot import Bot, Lines, say


async def embody(service: Bot, matrix: Matrix, name: str) -> str:
    """A persona with an account of its own, without the steps of a spawn."""
    user = f"@{service.settings.namespace}{name.lower()}:{service.synapse.server_name}"
    account = matrix._account
    assert account is not None
    await account.make(user, name)
    service.house.personas += (Persona(name, accounts={"matrix": f"matrix:{user}"}),)
    return user


@pytest.mark.spec("LUNA-5", "PLAT-6")
def test_a_persona_hears_and_speaks_as_a_user_of_its_own(service: Bot, ann: Person) -> None:
    async def main() -> None:
        async with service.running() as matrix, ann:
            scout = await embody(service, matrix, "Scout")
            room = await ann.create_room(scout, name="Den")
            await ann.event(room, "m.room.member", sender=scout)
            event = await ann.say(room, "good morning")
            message = await service.house.text("good morning")
            assert (message.id, message.channel.members) == (f"matrix:{event}", 2)
            assert service.house.personas[0].channels == (f"matrix:{room}",)
            await matrix.perform(say(room, "good morning, ann", persona="Scout"), "k1")
            assert await ann.heard(room, 1, sender=scout) == ["good morning, ann"]

    asyncio.run(main())


@pytest.mark.spec("LUNA-5")
def test_what_our_own_users_say_does_not_come_back(service: Bot, ann: Person) -> None:
    async def main() -> None:
        async with service.running() as matrix, ann:
            one, two = [await embody(service, matrix, name) for name in ("One", "Two")]
            room = await ann.create_room(one, two)
            for user in (one, two):
                await ann.event(room, "m.room.member", sender=user)
            await ann.say(room, "who is there?")
            await service.house.text("who is there?")  # by now the host has heard that they are in the room
            await matrix.perform(say(room, "I am one", persona="One"), "k1")
            await matrix.perform(say(room, "I am two", persona="Two"), "k2")
            await ann.say(room, "I am ann")
            await service.house.text("I am ann")
            assert service.house.texts == ["who is there?", "I am ann"]
            assert await ann.heard(room, 4) == ["who is there?", "I am one", "I am two", "I am ann"]

    asyncio.run(main())


@pytest.mark.spec("LUNA-5")
def test_only_those_who_are_in_a_room_take_part_in_it(service: Bot, ann: Person) -> None:
    async def main() -> None:
        async with service.running() as matrix, ann:
            scout = await embody(service, matrix, "Scout")
            room = await ann.create_room(scout)
            await ann.event(room, "m.room.member", sender=scout)
            await ann.say(room, "who is there?")
            channel = (await service.house.text("who is there?")).channel
            assert matrix.takes_part(service.house.personas[0], channel)
            assert not matrix.takes_part(Persona("TheButler"), channel)

    asyncio.run(main())


@pytest.mark.spec("LUNA-5")
def test_a_persona_that_is_put_out_of_a_room_lives_there_no_more(service: Bot, ann: Person) -> None:
    async def main() -> None:
        async with service.running() as matrix, ann:
            scout = await embody(service, matrix, "Scout")
            room = await ann.create_room(scout)
            await ann.event(room, "m.room.member", sender=scout)
            await ann.ask("POST", "rooms", room, "kick", body={"user_id": scout})
            await service.house.until(lambda: not service.house.personas[0].channels)

    asyncio.run(main())


@pytest.mark.spec("HOST-5", "LUNA-5")
def test_a_users_key_shows_once_over_restarts_of_both_sides(service: Bot, ann: Person, synapse: Synapse) -> None:
    async def main() -> None:
        async with ann:
            async with service.running() as matrix:
                scout = await embody(service, matrix, "Scout")
                room = await ann.create_room(scout)
                await ann.event(room, "m.room.member", sender=scout)
                await service.house.event("member_joined")
                first = await matrix.perform(say(room, "once", persona="Scout"), "key-1")
            await asyncio.to_thread(synapse.kill)
            await asyncio.to_thread(synapse.start)
            async with service.running() as matrix:
                assert await matrix.perform(say(room, "once", persona="Scout"), "key-1") == first
                assert await matrix.find("key-1", f"matrix:{room}") == first
                assert await matrix.find("key-2", f"matrix:{room}") is None
            assert await ann.texts(room, scout) == ["once"]

    asyncio.run(main())


@pytest.mark.spec("LUNA-2", "LUNA-5")
def test_what_was_said_while_the_host_was_away_comes_at_its_start_once_and_in_order(service: Bot, ann: Person) -> None:
    async def main() -> None:
        async with ann:
            async with service.running() as matrix:
                scout = await embody(service, matrix, "Scout")
                room = await ann.create_room(scout)
                await ann.event(room, "m.room.member", sender=scout)
                await ann.say(room, "before")
                await service.house.text("before")
            for number in range(120):
                await ann.say(room, f"number {number}")
            async with service.running():
                await service.house.text("number 119")
            assert service.house.texts == ["before", *(f"number {number}" for number in range(120))]

    asyncio.run(main())


@pytest.mark.spec("LUNA-5", "OPS-9")
def test_a_transaction_that_could_not_be_journaled_comes_again(service: Bot, ann: Person, lines: Lines) -> None:
    async def main() -> None:
        async with service.running() as matrix, ann:
            scout = await embody(service, matrix, "Scout")
            room = await ann.create_room(scout)
            await ann.event(room, "m.room.member", sender=scout)
            await ann.say(room, "first")
            await service.house.text("first")
            service.house.refuses = [StoreError("disk full")]
            await ann.say(room, "second")
            await lines.line("a transaction is not taken, it will be sent again")
            await service.house.text("second")
            assert service.house.texts == ["first", "second"]

    asyncio.run(main())


@pytest.mark.spec("LUNA-5", "OPS-11")
def test_who_is_not_the_homeserver_is_refused(service: Bot) -> None:
    registration = load(service.house.data / service.settings.registration)

    async def ask(token: str, method: str, path: str, body: Any = None) -> int:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        address = f"http://{service.settings.listen}/_matrix/app/v1/{path}"
        request = aiohttp.request(method, address, json=body, headers=headers)
        async with request as answer:
            return answer.status

    async def main() -> None:
        async with service.running():
            event = {"type": "m.room.message", "room_id": "!x:y", "event_id": "$1", "sender": "@z:y", "content": {}}
            for token in ("", "wrong", registration.as_token):
                for method, path in (("PUT", "transactions/1"), ("GET", "users/@a:b"), ("POST", "ping")):
                    assert await ask(token, method, path, {"events": [event]}) == 403
            assert await ask(registration.hs_token, "PUT", "transactions/x", []) == 400
            assert await ask(registration.hs_token, "GET", f"users/{service.user}") == 200
            assert await ask(registration.hs_token, "GET", "users/@somebody:else") == 404
        assert service.house.got == []

    asyncio.run(main())


@pytest.mark.spec("LUNA-5")
@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"registration": "nowhere.yaml"}, PlatformError, "make it by `butler matrix registration`"),
        ({"listen": "somewhere"}, PlatformError, "is no address to listen at"),
        ({"homeserver": "http://127.0.0.1:9"}, NotReady, "does not answer"),
    ],
)
def test_what_is_set_wrong_is_one_line_with_a_remedy_and_leaves_nothing_open(
    service: Bot, wrong: dict[str, str], error: type[Exception], said: str
) -> None:
    async def main() -> None:
        service.set(**wrong)
        with pytest.raises(error, match=said):
            async with service.running():
                pass
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


@pytest.mark.spec("LUNA-5")
def test_a_registration_that_the_homeserver_does_not_know_says_what_to_do(service: Bot, tmp_path: Any) -> None:
    registration = attrs.evolve(load(service.house.data / service.settings.registration), as_token="unknown")
    (tmp_path / "strange.yaml").write_text(registration.text())
    service.set(registration=str(tmp_path / "strange.yaml"))

    async def main() -> None:
        with pytest.raises(PlatformError, match="app_service_config_files"):
            async with service.running():
                pass

    asyncio.run(main())


@pytest.mark.spec("LUNA-5", "LUNA-10")
def test_no_token_is_shown_when_a_registration_is(service: Bot) -> None:
    registration = load(service.house.data / service.settings.registration)
    assert registration.as_token not in repr(registration)
    assert registration.hs_token not in repr(registration)


@pytest.mark.spec("LUNA-5")
def test_several_modes_of_one_account_speak_under_their_names(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        bot.house.personas = (Persona("TheButler"), Persona("Scout", display="The Scout"))
        async with bot.running() as matrix, ann:
            room = await bot.room_with(ann)
            await matrix.perform(say(room, "good day", persona="TheButler"), "k1")
            sent = await matrix.perform(say(room, "halt", persona="Scout"), "k2")
            assert await ann.heard(room, 2, sender=bot.user) == ["good day", "**The Scout:** halt"]
            await matrix.perform(Action("edit", f"matrix:{room}", sent.id, Reply("go", persona="Scout")), "k3")
            await ann.heard(room, 3, sender=bot.user)
            assert ann.timeline[room][-1]["content"]["m.new_content"]["body"] == "**The Scout:** go"

    asyncio.run(main())
