"""Which plugins are enabled where: host, guild, channel; the nearest wins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from attrs import frozen
from butler.config import Config
from butler.errors import BadArgument
from butler.services.settings import Settings
from hypothesis import given, settings
from hypothesis import strategies as st

Read = Callable[..., Config]

TEXT = """\
[plugins.echo]
enabled = false
[guilds."discord:1".plugins.echo]
enabled = true
[guilds."discord:1".plugins.karma]
enabled = false
[guilds."discord:1".channels."discord:9".plugins.karma]
enabled = true
"""


def switched(config: Config | None = None, **options: Any) -> Settings:
    made = Settings(config or Config(), **options)
    made.add(["echo", "karma", "polls"])
    return made


@pytest.mark.spec("HOST-3")
def test_the_nearest_of_host_guild_and_channel_wins(read: Read) -> None:
    made = switched(read(TEXT))
    assert made.enabled() == {"karma", "polls"}
    assert made.enabled("discord:2", "discord:8") == {"karma", "polls"}
    assert made.enabled("discord:1") == {"echo", "polls"}
    assert made.enabled("discord:1", "discord:9") == {"echo", "karma", "polls"}
    assert made.enabled_anywhere() == {"echo", "karma", "polls"}


def test_what_nobody_mentions_is_as_the_host_was_told() -> None:
    made = switched(default_enabled=lambda name: name == "karma")
    assert made.enabled("discord:1") == {"karma"}


@pytest.mark.spec("HOST-3")
def test_a_run_time_switch_stands_above_the_file_of_its_level(read: Read) -> None:
    made = switched(read(TEXT))

    async def main() -> None:
        await made.enable("echo", "host", "", "ann")
        assert made.enabled("discord:2") == {"echo", "karma", "polls"}
        assert made.enabled("discord:1") == {"echo", "polls"}
        await made.disable("echo", "guild", "discord:1", "ann")
        assert made.enabled("discord:1", "discord:9") == {"karma", "polls"}
        await made.unset("guild", "discord:1", "echo", "enabled", "ann")
        assert made.enabled("discord:1") == {"echo", "polls"}

    asyncio.run(main())


def test_equal_sets_are_one_object(read: Read) -> None:
    text = "".join(f'[guilds."d:{n}".plugins.echo]\nenabled = {str(n % 2 == 0).lower()}\n' for n in range(20))
    made = switched(read(text))
    found = [made.enabled(f"d:{n}", f"c:{n}") for n in range(20)]
    assert len({id(each) for each in found}) == 2
    assert made.enabled("d:100") is made.enabled()
    assert made.enabled("d:0") is made.enabled()


def test_only_installed_plugins_can_be_switched() -> None:
    made = switched()
    with pytest.raises(BadArgument, match='krama: unknown plugin, did you mean "karma"'):
        asyncio.run(made.enable("krama", "guild", "g", "ann"))
    with pytest.raises(BadArgument, match="'person' is no level for that"):
        asyncio.run(made.enable("karma", "person", "p", "ann"))


@pytest.mark.spec("HOST-3")
def test_a_removed_plugin_is_enabled_nowhere_and_comes_back_as_it_was() -> None:
    @frozen
    class Karma:
        size: int = 1

    made = switched()
    made.register("karma", Karma)

    async def main() -> None:
        await made.set("guild", "g", "karma", "size", "3", "ann")
        await made.disable("karma", "guild", "h", "ann")

    asyncio.run(main())
    made.remove("karma")
    assert "karma" not in made.enabled("g") | made.enabled_anywhere()
    made.register("karma", Karma)
    assert "karma" in made.enabled("g")
    assert "karma" not in made.enabled("h")
    assert made.for_("karma", "g").size == 3


NAMES = ("echo", "karma", "polls")
steps = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from([("host", ""), ("guild", "1"), ("guild", "2"), ("channel", "1"), ("channel", "2")]),
        st.sampled_from(["enable", "disable", "unset", "remove", "add"]),
    ),
    max_size=25,
)


@pytest.mark.spec("HOST-3")
@settings(max_examples=150, deadline=None)
@given(steps, st.frozensets(st.sampled_from(NAMES)))
def test_random_switching_is_as_in_a_naive_model(sequence: Any, default: frozenset[str]) -> None:
    made = switched(default_enabled=lambda name: name in default)
    said: dict[tuple[str, str, str], bool] = {}
    known = set(NAMES)

    async def main() -> None:
        for name, (level, place), action in sequence:
            before, version = answers(made), made.enabled_version
            if action == "add":
                known.add(name)
                made.add([name])
            elif action == "remove":
                known.discard(name)
                made.remove(name)
            elif action == "unset":
                said.pop((name, level, place), None)
                await made.unset(level, place, name, "enabled", "ann")
            elif name in known:
                said[name, level, place] = action == "enable"
                await getattr(made, action)(name, level, place, "ann")
            assert answers(made) == {(g, c): expected(g, c) for g in PLACES for c in PLACES}
            assert made.enabled_version > version or answers(made) == before

    def expected(guild: str, channel: str) -> frozenset[str]:
        def on(name: str) -> bool:
            for place in (("channel", channel), ("guild", guild), ("host", "")):
                if (name, *place) in said:
                    return said[name, *place]
            return name in default

        return frozenset(name for name in known if on(name))

    asyncio.run(main())


PLACES = ("", "1", "2", "3")


def answers(made: Settings) -> dict[tuple[str, str], frozenset[str]]:
    return {(guild, channel): made.enabled(guild, channel) for guild in PLACES for channel in PLACES}
