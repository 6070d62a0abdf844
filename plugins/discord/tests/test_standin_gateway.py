"""The stand-in's gateway under the real client: drops, resumes, invalid sessions, zombies, limits (PLAT-5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import aiohttp
import hikari
import pytest
from attrs import define
from butler_discord.testing import App, Discord, Guild, Limits, Person
from butler_discord.testing.client import connected, no_backoff

pytestmark = pytest.mark.spec("PLAT-5")


@pytest.fixture(autouse=True)
def _at_once() -> Iterator[None]:
    with no_backoff():
        yield


@define
class Place:
    discord: Discord
    app: App
    guild: Guild
    ann: Person
    bot: hikari.GatewayBot
    heard: list[str]

    async def hears(self, *texts: str) -> None:
        """Wait until the bot heard just these."""
        await self.discord.until(lambda: len(self.heard) >= len(texts))
        assert self.heard == list(texts)

    @property
    def resumes(self) -> int:
        return sum(session.resumes for session in self.discord.hub.sessions.values())

    @property
    def connected(self) -> bool:
        return any(session.connection is not None for session in self.discord.hub.sessions.values())


@asynccontextmanager
async def place(*, heartbeat: float = 41.25, limits: Limits | None = None) -> AsyncIterator[Place]:
    async with Discord(heartbeat=heartbeat, limits=limits) as discord:
        app = discord.bot()
        guild = discord.guild("House", app)
        ann = discord.join("ann", guild)
        heard: list[str] = []
        async with connected(discord, app, intents=hikari.Intents.ALL) as bot:

            @bot.listen()
            async def hear(event: hikari.GuildMessageCreateEvent) -> None:
                heard.append(event.content or "")
                discord.world.touch()

            yield Place(discord, app, guild, ann, bot, heard)


@pytest.mark.parametrize(
    "fault",
    [
        lambda discord: discord.faults.drop(),
        lambda discord: discord.faults.close(4000),
        lambda discord: discord.faults.reconnect(),
        lambda discord: discord.faults.invalidate(resumable=True),
    ],
    ids=["dropped", "closed", "reconnect", "invalid but resumable"],
)
def test_what_was_said_while_the_connection_was_gone_is_heard_after_the_resume(
    fault: Callable[[Discord], None],
) -> None:
    async def main() -> None:
        async with place() as at:
            await at.ann.say("one")
            await at.hears("one")
            fault(at.discord)
            await at.discord.until(lambda: not at.connected)
            await at.ann.say("two")
            await at.hears("one", "two")
            assert at.resumes == 1
            assert len(at.discord.hub.starts.all) == 1

    asyncio.run(main())


def test_a_session_that_is_over_begins_anew_and_what_was_said_between_is_not_replayed() -> None:
    async def main() -> None:
        async with place() as at:
            at.discord.faults.invalidate()
            await at.ann.say("lost")
            await at.discord.until(lambda: at.connected)
            await at.ann.say("heard")
            await at.hears("heard")
            assert len(at.discord.hub.starts.all) == 2

    asyncio.run(main())


@pytest.mark.parametrize("how", ["zombie", "half_open"])
def test_a_client_notices_that_its_heartbeats_go_nowhere(how: str) -> None:
    async def main() -> None:
        async with place(heartbeat=0.2) as at:
            getattr(at.discord.faults, how)()
            await at.ann.say("anybody there?")
            await at.discord.until(lambda: at.resumes == 1)
            await at.hears("anybody there?")

    asyncio.run(main())


def test_a_client_that_sends_no_heartbeat_is_cut_off() -> None:
    async def main() -> None:
        async with Discord(heartbeat=0.05) as discord, aiohttp.ClientSession() as session:
            ws = await session.ws_connect(discord.hub.url + "?v=10&encoding=json")
            assert (await ws.receive_json())["op"] == 10
            assert (await ws.receive()).type is aiohttp.WSMsgType.CLOSE
            assert ws.close_code == 4000

    asyncio.run(main())


@pytest.mark.parametrize(
    ("intents", "closed"),
    [
        ("members_intent", "GUILD_MEMBERS"),
        ("content_intent", "MESSAGE_CONTENT"),
        ("presence_intent", "GUILD_PRESENCES"),
    ],
)
def test_an_intent_that_is_not_switched_on_closes_with_4014(intents: str, closed: str) -> None:
    async def main() -> None:
        async with Discord() as discord:
            app = discord.bot(**{intents: False})
            discord.guild("House", app)
            wanted = hikari.Intents.GUILDS | getattr(hikari.Intents, closed)
            with pytest.raises(hikari.GatewayServerClosedConnectionError) as caught:
                async with connected(discord, app, intents=wanted):
                    pass
            assert caught.value.code == 4014

    asyncio.run(main())


def test_without_the_content_intent_only_own_direct_and_naming_messages_have_content() -> None:
    async def main() -> None:
        async with Discord() as discord:
            app = discord.bot(content_intent=False)
            guild = discord.guild("House", app)
            ann = discord.join("ann", guild)
            heard: list[str | None] = []
            intents = hikari.Intents.ALL_UNPRIVILEGED
            async with connected(discord, app, intents=intents) as bot:

                @bot.listen()
                async def hear(event: hikari.MessageCreateEvent) -> None:
                    heard.append(event.content)
                    discord.world.touch()

                await ann.say("secret")
                await ann.say(f"{app.user.mention}, hello")
                await ann.say("between us", app)
                await bot.rest.create_message(ann.place().id, "mine")
                await discord.until(lambda: len(heard) == 4)
                assert heard == [None, f"{app.user.mention}, hello", "between us", "mine"]
                seen = await bot.rest.fetch_messages(ann.place().id)
                assert sorted(message.content or "" for message in seen) == sorted(
                    ["", f"{app.user.mention}, hello", "mine"]
                )

    asyncio.run(main())


def test_too_many_sessions_in_a_day_reset_the_token() -> None:
    async def main() -> None:
        async with place(limits=Limits(starts=(2, 86_400.0))) as at:
            token = at.app.token
            at.discord.faults.invalidate()
            await at.discord.until(lambda: at.connected)
            assert (await at.bot.rest.fetch_gateway_bot_info()).session_start_limit.remaining == 0
            at.discord.faults.invalidate()
            with pytest.raises(hikari.GatewayServerClosedConnectionError) as caught:
                await at.bot.join()
            assert caught.value.code == 4004
            assert at.app.token != token

    asyncio.run(main())


def test_a_session_ends_when_nobody_resumes_it_in_time() -> None:
    async def main() -> None:
        async with place(limits=Limits(resume=0.0)) as at:
            at.discord.faults.drop()
            await at.discord.until(lambda: at.connected and len(at.discord.hub.starts.all) == 2)

    asyncio.run(main())


def test_shards_get_their_own_guilds() -> None:
    async def main() -> None:
        async with Discord(limits=Limits(concurrency=2)) as discord:
            app = discord.bot()
            guilds = [discord.guild(f"House {number}", app) for number in range(8)]
            people = [discord.join("ann", guild) for guild in guilds]
            heard: list[tuple[int, int]] = []
            async with connected(discord, app, shards=2, intents=hikari.Intents.ALL) as bot:

                @bot.listen()
                async def hear(event: hikari.GuildMessageCreateEvent) -> None:
                    heard.append((event.guild_id, event.shard.id))
                    discord.world.touch()

                for person in people:
                    await person.say("here")
                await discord.until(lambda: len(heard) == len(guilds))
                assert set(heard) == {(guild.id, (guild.id >> 22) % 2) for guild in guilds}

    asyncio.run(main())


def test_over_many_drops_of_every_kind_each_message_is_heard_once_and_in_order() -> None:
    faults = ("drop", "close", "reconnect", "zombie", "half_open", "resumable")

    async def main() -> None:
        async with place(heartbeat=0.1) as at:
            said = 0
            for number in range(2 * len(faults)):
                fault = faults[number % len(faults)]
                if fault == "resumable":
                    at.discord.faults.invalidate(resumable=True)
                else:
                    getattr(at.discord.faults, fault)()
                for _ in range(3):
                    await at.ann.say(str(said))
                    said += 1
                await at.discord.until(lambda: at.resumes == number + 1)  # noqa: B023 - awaited before it changes
                await at.discord.until(lambda: len(at.heard) == said)  # noqa: B023 - awaited before it changes
            assert at.heard == [str(number) for number in range(said)]
            assert len(at.discord.hub.starts.all) == 1

    asyncio.run(main())


IDENTIFY = {"intents": 1, "properties": {}, "shard": [0, 1]}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"op": 99}, 4001),
        ("no payload", 4002),
        ({"op": 3, "d": {}}, 4003),
        ({"op": 2, "d": {**IDENTIFY, "token": "wrong"}}, 4004),
        ({"op": 2, "d": {**IDENTIFY, "shard": [2, 1]}}, 4010),
        ({"op": 2, "d": {**IDENTIFY, "intents": 1 << 40}}, 4013),
        ({"op": 6, "d": {"session_id": "?", "seq": 1, "token": "wrong"}}, 4004),
    ],
)
def test_what_a_client_does_wrong_closes_with_its_code(sent: object, code: int) -> None:
    async def main() -> None:
        async with Discord() as discord, aiohttp.ClientSession() as session:
            app = discord.bot()
            ws = await session.ws_connect(discord.hub.url)
            await ws.receive_json()
            if isinstance(sent, dict) and sent["op"] == 2:
                sent["d"] = {"token": app.token, **sent["d"]}
            await ws.send_json(sent)
            assert (await ws.receive()).data == code

    asyncio.run(main())


def test_two_sessions_within_five_seconds_are_one_too_many() -> None:
    async def main() -> None:
        async with Discord(limits=Limits(start_every=5.0)) as discord, aiohttp.ClientSession() as session:
            app = discord.bot()
            got = []
            for _ in range(2):
                ws = await session.ws_connect(discord.hub.url)
                await ws.receive_json()
                await ws.send_json({"op": 2, "d": {**IDENTIFY, "token": app.token}})
                told = await ws.receive_json()
                got.append((told["op"], told["t"] or told["d"]))
            assert got == [(0, "READY"), (9, False)]

    asyncio.run(main())


def test_too_many_payloads_in_a_minute_close_with_4008() -> None:
    async def main() -> None:
        async with Discord() as discord, aiohttp.ClientSession() as session:
            app = discord.bot()
            ws = await session.ws_connect(discord.hub.url)
            await ws.receive_json()
            await ws.send_json({"op": 2, "d": {**IDENTIFY, "token": app.token}})
            for _ in range(120):
                await ws.send_json({"op": 1, "d": None})
            closed = [await ws.receive() for _ in range(121)][-1]
            assert closed.data == 4008

    asyncio.run(main())


def test_a_transport_compression_that_is_not_there_is_refused() -> None:
    async def main() -> None:
        async with Discord() as discord, aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                await session.ws_connect(f"{discord.hub.url}?compress=rle")
            assert caught.value.status == 400

    asyncio.run(main())
