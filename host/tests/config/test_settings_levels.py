"""Settings by level: the nearest wins, limits are only tightened, each value knows its source."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from attrs import field, frozen, validators
from butler.config import ChannelEntry, Config, ConfigProblems, GuildEntry, HostSettings, PluginEntry
from butler.errors import ConfigError
from butler.services.settings import Settings
from butler.services.settings_levels import tighter
from butler.setting import host_wide, limit, secret
from hypothesis import given, settings
from hypothesis import strategies as st

Read = Callable[..., Config]


@frozen
class Karma:
    per_hour: int = limit(10)
    open: bool = limit(True)
    greeting: str = "hello"
    size: int = field(default=1, validator=validators.ge(0))
    token: str = secret()
    folder: str = host_wide("here")


TEXT = """\
[plugins.karma]
per_hour = 8
greeting = "host"
token = "env:TOKEN"
[personas.Luna.settings.karma]
greeting = "persona"
size = 2
[guilds."discord:1"]
timezone = "Europe/Berlin"
[guilds."discord:1".plugins.karma]
per_hour = 5
greeting = "guild"
[guilds."discord:1".personas.Luna.settings.karma]
greeting = "Luna there"
[guilds."discord:1".channels."discord:9"]
timezone = "Europe/Rome"
[guilds."discord:1".channels."discord:9".plugins.karma]
greeting = "channel"
per_hour = 7
[guilds."matrix:dm"]
timezone = "Asia/Tokyo"
[guilds."matrix:dm".plugins.karma]
enabled = false
"""


@pytest.fixture
def karma(read: Read) -> Settings:
    made = Settings(read(TEXT, {"TOKEN": "swordfish", "BUTLER_PLUGINS__KARMA__SIZE": "4"}))
    made.register("karma", Karma)
    return made


@pytest.mark.spec("HOST-3")
def test_the_nearest_level_wins(karma: Settings) -> None:
    def greeting(**where: str) -> str:
        return str(karma.for_("karma", **where).greeting)

    assert greeting() == "host"
    assert greeting(persona="Luna") == "persona"
    assert greeting(guild="discord:1") == "guild"
    assert greeting(guild="discord:2", persona="Luna") == "persona"
    assert greeting(guild="discord:1", persona="Luna") == "Luna there"
    assert greeting(guild="discord:1", channel="discord:9", persona="Luna") == "channel"
    asyncio.run(karma.set("person", "discord:7", "karma", "greeting", "person", "ann"))
    assert greeting(guild="discord:1", channel="discord:9", persona="Luna", person="discord:7") == "person"
    assert greeting(person="discord:7") == "person"
    assert greeting(person="discord:8") == "host"


@pytest.mark.spec("HOST-3")
def test_a_limit_is_only_tightened_downwards(karma: Settings) -> None:
    assert karma.for_("karma").per_hour == 8
    assert karma.for_("karma", "discord:1").per_hour == 5
    assert karma.for_("karma", "discord:1", "discord:9").per_hour == 5
    asyncio.run(karma.set("host", "", "karma", "per_hour", "3", "ann"))
    assert karma.for_("karma", "discord:1").per_hour == 3


@pytest.mark.spec("HOST-3")
def test_every_value_says_where_it_came_from(karma: Settings, read: Read) -> None:
    found = karma.explain("karma", "discord:1", "discord:9")
    assert found["greeting"] == ("channel", "butler.toml:18")
    assert found["per_hour"] == (5, "butler.toml:11")
    assert found["size"] == (4, "environment BUTLER_PLUGINS__KARMA__SIZE")
    assert found["folder"] == ("here", "default")
    assert karma.explain("karma", "discord:2")["per_hour"] == (8, "butler.toml:2")


@pytest.mark.spec("HOST-23")
def test_a_secret_is_explained_without_its_value(karma: Settings) -> None:
    assert karma.for_("karma").token == "swordfish"
    assert karma.explain("karma")["token"] == ("***", "butler.toml:4")
    assert "swordfish" not in repr(karma.for_("karma"))


def test_where_nothing_differs_one_instance_is_shared(karma: Settings) -> None:
    base = karma.for_("karma")
    assert karma.for_("karma", "discord:2", "discord:3", "discord:4", "Sol") is base
    there = karma.for_("karma", "discord:1")
    assert there is not base
    assert karma.for_("karma", "discord:1", "discord:3", "discord:4") is there


def test_instances_do_not_grow_without_bound(karma: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("butler.services.settings_levels.MOST_INSTANCES", 10)

    async def main() -> None:
        for number in range(30):
            await karma.set("person", f"discord:{number}", "karma", "size", str(number), "ann")

    asyncio.run(main())
    for number in range(30):
        assert karma.for_("karma", person=f"discord:{number}").size == number
    assert len(karma.levels("karma")._instances) <= 10
    assert karma.for_("karma", person="discord:3").size == 3


@pytest.mark.spec("HOST-3")
def test_the_hosts_own_settings_hold_by_level_too(karma: Settings) -> None:
    assert str(karma.zone()) == "UTC"
    assert str(karma.zone("discord:1")) == "Europe/Berlin"
    assert str(karma.zone("discord:1", "discord:9")) == "Europe/Rome"
    assert karma.for_("host", "discord:1").message_days == 90


@pytest.mark.spec("HOST-3")
def test_the_pseudo_guild_of_direct_messages_is_a_guild_like_any(karma: Settings) -> None:
    assert str(karma.zone("matrix:dm")) == "Asia/Tokyo"
    assert "karma" not in karma.enabled("matrix:dm", "matrix:!room")
    assert "karma" in karma.enabled("discord:dm")


def test_what_the_command_line_said_holds_for_the_host(read: Read) -> None:
    made = Settings(Config(host=HostSettings(timezone="Europe/Rome")))
    assert str(made.zone("anywhere")) == "Europe/Rome"
    assert made.explain("host")["timezone"] == ("Europe/Rome", "given at the start")


@pytest.mark.spec("HOST-28")
def test_a_wrong_plugin_setting_disables_that_plugin_and_no_other(read: Read) -> None:
    made = Settings(read("[plugins.karma]\nper_huor = 3\nsize = -1\n[plugins.polls]\n"))
    made.add(["karma", "polls"])
    made.register("polls", Karma)
    with pytest.raises(ConfigProblems) as caught:
        made.register("karma", Karma)
    assert [str(problem) for problem in caught.value.problems] == [
        'butler.toml:2: plugins.karma.per_huor: unknown key, did you mean "per_hour"?',
        "butler.toml:3: plugins.karma.size: must be >= 0: -1",
    ]
    assert made.enabled("discord:1") == {"polls"}
    assert made.enabled_anywhere() == {"polls"}
    assert made.problems == list(caught.value.problems)


@pytest.mark.spec("HOST-28")
def test_a_missing_variable_disables_that_plugin(read: Read) -> None:
    made = Settings(read('[plugins.karma]\ntoken = "env:TOKEN"\n'))
    with pytest.raises(ConfigProblems, match=r"butler\.toml:2: plugins\.karma\.token: the variable TOKEN is not set"):
        made.register("karma", Karma)
    assert made.enabled() == frozenset()


@pytest.mark.spec("HOST-28")
@pytest.mark.parametrize("wrong", ["size = 'x'", "folder = 'there'", "token = 'x'", "greting = 'x'"])
def test_a_wrong_value_of_a_guild_keeps_the_plugin_out_of_that_guild_alone(read: Read, wrong: str) -> None:
    made = Settings(read(f'[guilds."discord:1".plugins.karma]\nenabled = true\n{wrong}\n'))
    made.register("karma", Karma)
    assert made.enabled("discord:1") == frozenset()
    assert made.enabled("discord:2") == {"karma"}
    (problem,) = made.problems
    assert problem.where == "butler.toml:3"
    assert made.for_("karma", "discord:1") == Karma()


@pytest.mark.spec("HOST-28")
def test_a_repaired_plugin_is_enabled_again(read: Read) -> None:
    made = Settings(read("[plugins.karma]\nsize = 'x'\n"))
    with pytest.raises(ConfigProblems):
        made.register("karma", Karma)

    @frozen
    class Newer:
        size: str = ""

    made.register("karma", Newer)
    assert made.enabled() == {"karma"}
    assert made.problems == []


def test_a_setting_without_default_must_be_given(read: Read) -> None:
    @frozen
    class Needs:
        key: str

    with pytest.raises(ConfigProblems, match=r"plugins\.karma\.key: missing, give it as key = …"):
        Settings(read("[plugins.karma]\n")).register("karma", Needs)
    made = Settings(read("[plugins.karma]\nkey = 'k'\n[guilds.a.plugins.karma]\nkey = 'there'\n"))
    made.register("karma", Needs)
    assert (made.for_("karma").key, made.for_("karma", "a").key) == ("k", "there")


def test_values_that_only_fit_apart_give_way_the_nearest_first(read: Read) -> None:
    @frozen
    class Range:
        low: int = 0
        high: int = 10

        def __attrs_post_init__(self) -> None:
            if self.low > self.high:
                raise ValueError("low is above high")

    text = "[personas.Luna.settings.karma]\nlow = 8\n[guilds.a.plugins.karma]\nhigh = 5\n"
    made = Settings(read(text))
    made.register("karma", Range)
    assert made.for_("karma", guild="a") == Range(0, 5)
    assert made.for_("karma", guild="a", persona="Luna") == Range(8, 10)


def test_an_unknown_plugin_is_named() -> None:
    with pytest.raises(ConfigError, match="the settings of 'karma' are not known"):
        Settings(Config()).for_("karma")


@pytest.mark.parametrize(
    ("value", "above", "may"),
    [
        (1, 2, True), (2, 2, True), (3, 2, False), (1.5, 2, True), (False, True, True), (True, False, False),
        (0, True, False), (dt.timedelta(1), dt.timedelta(2), True), (dt.timedelta(3), dt.timedelta(2), False),
        (1, dt.timedelta(2), False), (3, None, True), (None, 3, False), (["a"], ["a", "b"], True),
        (["c"], ["a"], False),
        ("b", "a", False), ("a", "a", True),
    ],
)  # fmt: skip
@pytest.mark.spec("HOST-3")
def test_what_is_tighter(value: Any, above: Any, may: bool) -> None:
    assert tighter(value, above) is may


places = st.fixed_dictionaries(
    {},
    optional={
        "per_hour": st.integers(0, 20), "open": st.booleans(), "greeting": st.sampled_from("abc"),
        "size": st.integers(0, 9),
    },
)  # fmt: skip
NAMES = ["", "1", "2"]


@pytest.mark.spec("HOST-3")
@settings(max_examples=150, deadline=None)
@given(host=places, personas=st.dictionaries(st.sampled_from(["1", "2"]), places), data=st.data())
def test_random_overrides_hold_as_in_a_naive_model(host: dict[str, Any], personas: dict[str, Any], data: Any) -> None:
    guilds = data.draw(st.dictionaries(st.sampled_from(["1", "2"]), places))
    channels = data.draw(st.dictionaries(st.sampled_from(["1", "2"]), places))
    people = data.draw(st.dictionaries(st.sampled_from(["1", "2"]), places))
    entries = {name: ChannelEntry({"karma": PluginEntry(None, values)}) for name, values in channels.items()}
    made = Settings(
        Config(
            plugins={"karma": PluginEntry(None, host)},
            personas={name: {"settings": {"karma": values}} for name, values in personas.items()},
            guilds={
                **{name: GuildEntry({"karma": PluginEntry(None, values)}) for name, values in guilds.items()},
                "home": GuildEntry(channels=entries),
            },
        )
    )
    made.register("karma", Karma)

    async def say() -> None:
        for name, values in people.items():
            for key, value in values.items():
                try:
                    await made.set("person", name, "karma", key, str(value), "ann")
                except Exception:  # noqa: BLE001 - a raised limit is refused, as the model does
                    assert key in ("per_hour", "open")

    asyncio.run(say())
    for guild in NAMES:
        for channel in NAMES:
            for person in NAMES:
                for persona in NAMES:
                    said = [personas.get(persona), guilds.get(guild), channels.get(channel), people.get(person)]
                    expected = {"per_hour": 10, "open": True, "greeting": "hello", "size": 1, **host}
                    for level in said:
                        for key, value in (level or {}).items():
                            limited = key in ("per_hour", "open")
                            expected[key] = min(expected[key], value) if limited else value
                    found = made.for_("karma", guild, channel, person, persona)
                    assert {key: getattr(found, key) for key in expected} == expected
                    explained = made.explain("karma", guild, channel, person, persona)
                    assert {key: explained[key][0] for key in expected} == expected
