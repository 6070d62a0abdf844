"""Rate limits, lock-outs and faults of the stand-in's API, as the real client meets them (PLAT-5)."""

from __future__ import annotations

import asyncio

import aiohttp
import hikari
import pytest
from butler_discord.testing import Discord, Limits
from butler_discord.testing.scene import Scene, played

pytestmark = pytest.mark.spec("PLAT-5")
SEND = "POST /channels/{channel}/messages"


@played(limits=Limits(routes={SEND: (3, 0.3)}))
async def test_hikari_waits_as_the_headers_say_and_is_never_refused(at: Scene) -> None:
    await asyncio.gather(*(at.rest.create_message(at.hall.id, str(number)) for number in range(12)))
    sent = [request for request in at.discord.requests if request.route == SEND]
    assert sorted(at.ann.texts(), key=int) == [str(number) for number in range(12)]
    assert [request.status for request in sent] == [200] * 12
    assert sent[-1].at - sent[0].at > 0.8


@played(limits=Limits(routes={SEND: (2, 60.0)}))
async def test_too_many_are_refused_with_when_to_come_back(at: Scene) -> None:
    other = at.discord.channel(at.guild, "other")
    headers = {"Authorization": f"Bot {at.app.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def send(channel: int) -> aiohttp.ClientResponse:
            address = f"{at.discord.rest_url}/channels/{channel}/messages"
            async with session.post(address, json={"content": "x"}) as answer:
                await answer.read()
                return answer

        remaining = [(await send(at.hall.id)).headers["X-RateLimit-Remaining"] for _ in range(2)]
        assert remaining == ["1", "0"]
        refused = await send(at.hall.id)
        body = await refused.json()
        assert refused.status == 429
        assert 59 < body["retry_after"] <= 60
        assert (body["global"], refused.headers["X-RateLimit-Scope"]) == (False, "user")
        assert int(refused.headers["Retry-After"]) == 60
        assert (await send(other.id)).status == 200  # each channel has a window of its own


@played()
async def test_the_limit_over_all_routes(at: Scene) -> None:
    at.discord.faults.limit(SEND, after=0.1, everywhere=True)
    await at.rest.create_message(at.hall.id, "patience")
    assert at.ann.texts() == ["patience"]
    assert [request.status for request in at.discord.requests if request.route == SEND] == [429, 200]


def test_fifty_requests_a_second() -> None:
    async def main() -> None:
        async with Discord(limits=Limits(everything=50)) as discord, aiohttp.ClientSession() as session:
            app = discord.bot()
            statuses = []
            for _ in range(51):
                headers = {"Authorization": f"Bot {app.token}"}
                async with session.get(discord.rest_url + "/users/@me", headers=headers) as answer:
                    statuses.append(answer.status)
            assert statuses == [200] * 50 + [429]
            assert answer.headers["X-RateLimit-Global"] == "true"

    asyncio.run(main())


def test_an_address_with_too_many_wrong_requests_is_locked_out() -> None:
    async def main() -> None:
        async with Discord(limits=Limits(invalid=(5, 600.0))) as discord, aiohttp.ClientSession() as session:
            app = discord.bot()
            for _ in range(5):
                async with session.get(discord.rest_url + "/users/@me") as answer:
                    assert answer.status == 401
            headers = {"Authorization": f"Bot {app.token}"}
            async with session.get(discord.rest_url + "/users/@me", headers=headers) as answer:
                assert (answer.status, await answer.text()) == (429, "error code: 1015")
            assert discord.invalid_requests == 5

    asyncio.run(main())


@played()
async def test_an_answer_that_is_lost_was_done_all_the_same(at: Scene) -> None:
    at.discord.faults.lose(SEND)
    await at.rest.create_message(at.hall.id, "twice")
    assert at.ann.texts() == ["twice", "twice"]  # hikari tried again, without a nonce
    at.discord.faults.lose(SEND)
    await at.rest.create_message(at.hall.id, "once", nonce="n")
    assert at.ann.texts() == ["twice", "twice", "once"]


@played()
async def test_what_is_never_heard_is_not_done(at: Scene) -> None:
    at.discord.faults.unheard(SEND)
    await at.rest.create_message(at.hall.id, "once")
    at.discord.faults.fail(SEND, status=503)
    await at.rest.create_message(at.hall.id, "again")
    assert at.ann.texts() == ["once", "again"]


@played()
async def test_an_answer_can_be_held_back(at: Scene) -> None:
    held = at.discord.faults.hold(SEND)
    sending = asyncio.ensure_future(at.rest.create_message(at.hall.id, "slow"))
    await at.ann.hears("slow")
    assert not sending.done()
    held.set()
    await sending


@played(limits=Limits(new_dms=(2, 600.0)))
async def test_too_many_new_direct_conversations_put_a_bot_in_quarantine(at: Scene) -> None:
    people = [at.discord.join(f"guest{number}", at.guild) for number in range(3)]
    for person in people[:2]:
        await (await at.rest.create_dm_channel(person.id)).send("welcome")
    with pytest.raises(hikari.BadRequestError) as caught:
        await at.rest.create_dm_channel(people[2].id)
    assert caught.value.code == 40003
    await (await at.rest.create_dm_channel(people[0].id)).send("known already")
    assert [message.text for message in people[0].dms] == ["welcome", "known already"]
