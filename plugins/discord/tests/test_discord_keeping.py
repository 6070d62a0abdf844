"""What is kept of people on Discord is exported and forgotten; connections are kept; shards are told apart."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from butler_discord.tables import Direct
from structlog.testing import capture_logs

from plugins.discord.tests.conftest import Lodge, Spy, lodge, spied, until


@pytest.mark.spec("HOST-22")
@spied()
async def test_somebodys_private_channels_are_exported_and_forgotten(at: Lodge) -> None:
    await at.ann.say("psst", at.app)
    await at.bob.say("psst", at.app)
    await until(lambda: sum(not message.author.bot for message in at.messages) == 2)
    ann = f"discord:{at.ann.id}"
    await _holds(at, 2)
    told = await at.host.privacy.export(ann)
    (channel,) = _found(told, "private_channels")
    assert (channel["person"], channel["channel"]) == (ann, at.ann.place(at.app).id)
    await at.host.privacy.forget(ann)
    await _holds(at, 1)
    assert at.platform.connected.directs.of(ann) is None  # type: ignore[union-attr]
    assert _found(await at.host.privacy.export(ann), "private_channels") == []
    await at.ann.say("me again", at.app)
    await at.heard("me again")


async def _holds(at: Lodge, expected: int) -> None:
    """Wait until so many private channels are kept."""
    async with asyncio.timeout(10):
        while await at.host.database.read(Direct.select().count) != expected:  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.01)


def _found(told: Any, name: str) -> list[Any]:
    """The lists of that name, wherever they stand."""
    if isinstance(told, dict):
        return [each for key, value in told.items() for each in (value if key == name else _found(value, name))]
    return []


@pytest.mark.spec("PLAT-4")
@spied(toml="[personas.TheButler]\nprompt = 'You are TheButler.'\n")
async def test_what_is_said_one_after_the_other_goes_over_one_connection(at: Lodge) -> None:
    for number in range(20):
        await at.ann.say(f"question {number}", at.app)
        await at.ann.finds(lambda message, number=number: f"question {number}" in message.text and message.author.bot,
                           at.app)  # fmt: skip
    sent = [each for each in at.discord.requests if each.route == "POST /channels/{channel}/messages"]
    assert len(sent) == 20
    assert len({each.connection for each in sent}) <= 2


@pytest.mark.spec("PLAT-4")
def test_with_several_shards_each_guild_is_heard_over_its_own_and_doctor_tells_their_latency() -> None:
    async def main() -> None:
        sections = "[platforms.discord]\nshard_count = 3\n"
        async with lodge([Spy], toml=sections, heartbeat=0.2) as at:
            guilds = [at.discord.guild(f"Guild {number}", at.app) for number in range(6)]
            people = [at.discord.join(f"zed{number}", guild) for number, guild in enumerate(guilds)]
            for number, person in enumerate(people):
                await person.say(f"here {number}")
                await at.heard(f"here {number}")
            assert sorted(session.shard for session in at.discord.hub.of(at.app)) == [(0, 3), (1, 3), (2, 3)]
            await at.ann.say("in private", at.app)
            await at.heard("in private")
            await until(lambda: all(0 <= each < 5 for each in at.platform.connected.bot.latencies.values()))  # type: ignore[union-attr]
            checks = await at.platform.health()
            found = {each.name: each for each in checks if each.name.startswith("discord shard")}
            assert sorted(found) == ["discord shard 0", "discord shard 1", "discord shard 2"]
            assert all(check.level == "ok" and check.text.endswith(" ms") for check in found.values())

    asyncio.run(main())


@pytest.mark.spec("PLAT-4")
def test_a_process_runs_the_shards_that_it_is_given_and_hears_their_guilds_only() -> None:
    async def main() -> None:
        sections = "[platforms.discord]\nshard_count = 2\nshards = [1]\n"
        async with lodge([Spy], toml=sections) as at:
            guilds = [at.guild, *(at.discord.guild(f"Guild {number}", at.app) for number in range(8))]
            mine = [guild for guild in guilds if (guild.id >> 22) % 2 == 1]
            assert 0 < len(mine) < len(guilds)
            for number, guild in enumerate(guilds):
                await at.discord.join(f"zed{number}", guild).say(f"here {number}")
            last = max(number for number, guild in enumerate(guilds) if guild in mine)
            await at.heard(f"here {last}")
            heard = {message.guild.id for message in at.messages}
            assert heard == {f"discord:{guild.id}" for guild in mine}

    asyncio.run(main())


@pytest.mark.spec("PLAT-4")
@spied(toml="[platforms.discord]\nslow_latency = 0.5\n")
async def test_a_shard_that_becomes_slow_is_said_once_and_once_when_it_is_quick_again(at: Lodge) -> None:
    hearing = at.platform.connected.hearing  # type: ignore[union-attr]
    with capture_logs() as lines:
        for latency in (0.1, 0.9, 1.2, 0.8, 0.1, 0.2):
            hearing._look_at(0, latency)
    assert [line["event"] for line in lines] == ["a shard is slow", "a shard is quick again"]
