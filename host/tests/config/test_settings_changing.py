"""Settings change at run time: checked, stored, audited, told, and they hold at once and after a restart."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from attrs import field, frozen, validators
from butler.config import Change, Config, export
from butler.errors import BadArgument, CommandError, StoreError
from butler.services.settings import Settings
from butler.setting import host_wide, limit, secret
from butler.store.database import Database

Read = Callable[..., Config]


@frozen
class Karma:
    per_hour: int = limit(10)
    greeting: str = "hello"
    pause: dt.timedelta = dt.timedelta(minutes=5)
    names: list[str] = field(factory=list)
    top: int | None = field(default=None, validator=validators.optional(validators.ge(1)))
    token: str = secret()
    folder: str = host_wide("here")


def settings_of(config: Config, database: Database | None = None, clock: Any = None) -> Settings:
    made = Settings(config, database, clock)
    made.register("karma", Karma)
    return made


def _fail(change: Change) -> None:
    raise ZeroDivisionError


def change(made: Settings, *arguments: Any, **options: Any) -> Any:
    return asyncio.run(made.set(*arguments, **options))


@pytest.mark.spec("HOST-3", "OPS-6")
def test_a_change_holds_at_once_and_after_a_restart(with_store: Callable[..., Any], read: Read, clock: Any) -> None:
    config = read('[guilds."discord:1".plugins.karma]\nper_hour = 6\n')

    async def first(database: Database) -> None:
        made = settings_of(config, database, clock)
        await made.start()
        assert await made.set("guild", "discord:1", "karma", "pause", "90s", "ann") == dt.timedelta(seconds=90)
        assert made.for_("karma", "discord:1").pause == dt.timedelta(seconds=90)
        assert made.for_("karma", "discord:2").pause == dt.timedelta(minutes=5)
        await made.set("guild", "discord:1", "karma", "names", "a, b", "ann")
        await made.set("channel", "discord:9", "karma", "top", "3", "ann")
        await made.disable("karma", "guild", "discord:3", "ann")

    async def second(database: Database) -> None:
        made = settings_of(config, database, clock)
        await made.start()
        there = made.for_("karma", "discord:1", "discord:9")
        assert (there.pause, there.names, there.top, there.per_hour) == (dt.timedelta(seconds=90), ["a", "b"], 3, 6)
        source = "guild discord:1 by ann at 2026-07-01 12:00"
        assert made.explain("karma", "discord:1")["pause"] == (dt.timedelta(seconds=90), source)
        assert made.enabled("discord:3") == frozenset()
        assert await made.unset("guild", "discord:1", "karma", "pause", "bob")
        assert not await made.unset("guild", "discord:1", "karma", "pause", "bob")
        assert made.for_("karma", "discord:1").pause == dt.timedelta(minutes=5)

    async def third(database: Database) -> None:
        made = settings_of(config, database, clock)
        await made.start()
        assert made.for_("karma", "discord:1").pause == dt.timedelta(minutes=5)
        assert made.for_("karma", "discord:1").names == ["a", "b"]

    for run in (first, second, third):
        with_store(run)


@pytest.mark.spec("OPS-6")
def test_each_change_is_audited_with_who_what_before_and_after(
    with_store: Callable[..., Any], read: Read, clock: Any
) -> None:
    async def main(database: Database) -> None:
        made = settings_of(read('[guilds."discord:1".plugins.karma]\nper_hour = 6\n'), database, clock)
        await made.start()
        await made.set("guild", "discord:1", "karma", "per_hour", "4", "ann")
        await made.set("guild", "discord:1", "karma", "per_hour", "3", "bob")
        await made.unset("guild", "discord:1", "karma", "per_hour", "cid")
        await made.disable("karma", "host", "", "dan")
        with pytest.raises(CommandError):
            await made.set("guild", "discord:1", "karma", "per_hour", "many", "eve")
        entries = await made.audit.entries()
        assert [(e.who, e.what, e.place, e.before, e.after) for e in reversed(entries)] == [
            ("ann", "karma.per_hour", "guild discord:1", "6", "4"),
            ("bob", "karma.per_hour", "guild discord:1", "4", "3"),
            ("cid", "karma.per_hour", "guild discord:1", "3", ""),
            ("dan", "karma.enabled", "host", "", "false"),
        ]
        assert entries[0].at == clock.now()
        assert [e.who for e in await made.audit.entries(2, before=entries[0].id)] == ["cid", "bob"]
        assert [e.who for e in await made.audit.entries(what="karma.en")] == ["dan"]

    with_store(main)


@pytest.mark.spec("OPS-6")
def test_the_audit_log_is_bounded_by_age(with_store: Callable[..., Any], clock: Any) -> None:
    async def main(database: Database) -> None:
        made = Settings(Config(), database, clock)
        await made.start()
        await made.audit.note("ann", "persona Luna prompt", before="a", after="b")
        clock.time += dt.timedelta(days=10)
        await made.audit.note("bob", "persona Luna prompt", after={"x": 1})
        await made.audit.prune(days=9)
        assert [(e.who, e.before, e.after) for e in await made.audit.entries()] == [("bob", "", '{"x": 1}')]

    with_store(main)


@pytest.mark.spec("HOST-23")
def test_no_secret_reaches_the_audit_log(with_store: Callable[..., Any], read: Read) -> None:
    async def main(database: Database) -> None:
        config = read('[plugins.karma]\ntoken = "env:TOKEN"\n', {"TOKEN": "swordfish", "OTHER": "hunter22"})
        made = settings_of(config, database)
        await made.start()
        await made.set("host", "", "karma", "token", "env:OTHER", "ann")
        assert made.for_("karma").token == "hunter22"
        await made.audit.note("ann", "key", before="swordfish", after="hunter22")
        rows = await database.query("select * from host_audit") + await database.query("select * from host_settings")
        assert "swordfish" not in str(rows)
        assert "hunter22" not in str(rows)

    with_store(main)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            ("guild", "g", "karma", "per_huor", "1"),
            BadArgument,
            'karma.per_huor: unknown setting, did you mean "per_hour"?',
        ),
        (("guild", "g", "karma", "per_hour", "x"), BadArgument, 'karma.per_hour: expected a whole number, not "x"'),
        (
            ("guild", "g", "karma", "per_hour", "11"),
            CommandError,
            "per_hour can only be tightened here: it is 10 (default)",
        ),
        (("guild", "g", "karma", "top", "0"), BadArgument, "karma.top: .*must be >= 1"),
        (("guild", "g", "karma", "pause", "soon"), BadArgument, "a duration such as"),
        (
            ("guild", "g", "karma", "folder", "x"),
            CommandError,
            "karma.folder holds for the whole host; set it at the host",
        ),
        (("guild", "g", "karma", "token", "x"), CommandError, "karma.token holds for the whole host"),
        (
            ("host", "", "karma", "token", "swordfish"),
            CommandError,
            "is not taken in the clear; `butler keys set NAME`",
        ),
        (("host", "", "karma", "token", "env:NOPE"), CommandError, "the variable NOPE is not set"),
        (("host", "", "host", "data", "x"), CommandError, "host.data is read at the start only"),
        (("guild", "g", "host", "timezone", "Nowhere"), BadArgument, "host.timezone: unknown time zone"),
        (("guild", "", "karma", "top", "1"), BadArgument, "the level guild needs the id of a guild"),
        (("host", "g", "karma", "top", "1"), BadArgument, "the level host names no place"),
        (("planet", "g", "karma", "top", "1"), BadArgument, "'planet' is no level"),
    ],
)
@pytest.mark.spec("HOST-3")
def test_what_cannot_be_set_is_refused_with_the_reason_and_changes_nothing(
    arguments: Any, error: type[Exception], message: str
) -> None:
    made = settings_of(Config())
    version = made.version
    with pytest.raises(error, match=message.replace("(", r"\(").replace(")", r"\)").replace("?", r"\?")) as caught:
        change(made, *arguments, "ann")
    assert "swordfish" not in str(caught.value)
    assert (made.version, made.changes()) == (version, [])
    assert made.for_("karma", "g") == Karma()


@pytest.mark.spec("HOST-23")
def test_no_guild_can_read_a_variable_by_naming_it(read: Read) -> None:
    made = settings_of(read('[plugins.karma]\ntoken = "env:TOKEN"\n', {"TOKEN": "swordfish"}))
    change(made, "guild", "g", "karma", "greeting", "env:TOKEN", "mallory")
    assert made.for_("karma", "g").greeting == "env:TOKEN"


@pytest.mark.spec("HOST-3")
def test_a_channels_limit_looks_at_its_guild(read: Read) -> None:
    made = settings_of(read("[guilds.g.plugins.karma]\nper_hour = 4\n"))
    with pytest.raises(CommandError, match=r"it is 4 \(butler\.toml:2\)"):
        change(made, "channel", "c", "karma", "per_hour", "6", "ann", guild="g")
    change(made, "channel", "c", "karma", "per_hour", "2", "ann", guild="g")
    assert made.for_("karma", "g", "c").per_hour == 2


def test_a_text_may_hold_nothing_and_none_takes_a_value_away() -> None:
    made = settings_of(Config())
    change(made, "guild", "g", "karma", "greeting", "", "ann")
    change(made, "guild", "g", "karma", "top", "3", "ann")
    assert (made.for_("karma", "g").greeting, made.for_("karma", "g").top) == ("", 3)
    change(made, "guild", "g", "karma", "top", "none", "ann")
    assert made.for_("karma", "g").top is None


@pytest.mark.spec("OPS-6")
def test_listeners_are_told_and_one_that_fails_stops_nothing() -> None:
    made = settings_of(Config())
    told: list[Change] = []
    made.listen(_fail)
    end = made.listen(told.append)
    change(made, "guild", "g", "karma", "greeting", "a", "ann")
    asyncio.run(made.disable("karma", "guild", "g", "ann"))
    end()
    end()
    change(made, "guild", "g", "karma", "greeting", "b", "ann")
    assert [(each.level, each.place, each.plugin, each.key, each.value) for each in told] == [
        ("guild", "g", "karma", "greeting", "a"),
        ("guild", "g", "karma", "enabled", False),
    ]
    assert made.for_("karma", "g").greeting == "b"


def test_every_change_raises_the_version() -> None:
    made = settings_of(Config())
    seen = [made.version]
    change(made, "guild", "g", "karma", "greeting", "a", "ann")
    seen.append(made.version)
    asyncio.run(made.unset("guild", "g", "karma", "greeting", "ann"))
    seen.append(made.version)
    asyncio.run(made.enable("karma", "guild", "g", "ann"))
    seen.append(made.version)
    assert seen == sorted(set(seen))


@pytest.mark.spec("HOST-3")
def test_what_the_store_did_not_take_does_not_hold(with_store: Callable[..., Any]) -> None:
    made_outside: list[Settings] = []

    async def main(database: Database) -> None:
        made = settings_of(Config(), database)
        await made.start()
        made_outside.append(made)

    with_store(main)
    (made,) = made_outside
    with pytest.raises(StoreError):
        change(made, "guild", "g", "karma", "greeting", "a", "ann")
    assert made.for_("karma", "g") == Karma()
    assert made.changes() == []


@pytest.mark.spec("HOST-3")
def test_a_stored_value_that_fits_no_more_has_no_effect(with_store: Callable[..., Any]) -> None:
    @frozen
    class Newer:
        per_hour: str = "ten"
        names: list[str] = field(factory=list)

    async def main(database: Database) -> None:
        made = settings_of(Config(), database)
        await made.start()
        for key, value in (("per_hour", "3"), ("greeting", "a"), ("names", "x")):
            await made.set("guild", "g", "karma", key, value, "ann")
        await made.set("host", "", "karma", "per_hour", "3", "ann")
        newer = Settings(Config(), database)
        await newer.start()
        newer.register("karma", Newer)
        assert newer.for_("karma", "g") == Newer(names=["x"])
        assert newer.enabled("g") == {"karma"}

    with_store(main)


@pytest.mark.spec("HOST-3")
def test_changes_of_another_process_are_read_on_demand(with_store: Callable[..., Any]) -> None:
    async def main(database: Database) -> None:
        one, other = settings_of(Config(), database), settings_of(Config(), database)
        await one.start()
        await other.start()
        await one.set("guild", "g", "karma", "greeting", "a", "ann")
        await one.disable("karma", "guild", "h", "ann")
        assert other.for_("karma", "g").greeting == "hello"
        await other.reload()
        assert other.for_("karma", "g").greeting == "a"
        assert other.enabled("h") == frozenset()

    with_store(main)


@pytest.mark.spec("HOST-3")
def test_an_exported_file_says_what_held_at_run_time(read: Read) -> None:
    made = settings_of(read("[plugins.karma]\nper_hour = 8 # eight\n"))
    change(made, "host", "", "karma", "per_hour", "7", "ann")
    change(made, "guild", "discord:1", "karma", "pause", "1h", "ann")
    change(made, "guild", "discord:1", "host", "timezone", "Europe/Rome", "ann")
    asyncio.run(made.disable("karma", "guild", "discord:2", "ann"))
    again = settings_of(read(export(made._config, made.changes())))
    assert again.for_("karma", "discord:1") == made.for_("karma", "discord:1")
    assert again.zone("discord:1") == made.zone("discord:1")
    assert again.enabled("discord:2") == frozenset()
    assert again.for_("karma").per_hour == 7


@pytest.mark.spec("HOST-22")
def test_a_person_is_exported_and_forgotten(with_store: Callable[..., Any]) -> None:
    async def main(database: Database) -> None:
        made = settings_of(Config(), database)
        await made.start()
        await made.set("person", "d:7", "karma", "greeting", "hi ann", "d:7")
        await made.set("guild", "g", "karma", "greeting", "hey", "d:7")
        exported = await made.export_person("d:7")
        assert exported["settings"] == [{"plugin": "karma", "key": "greeting", "value": "hi ann"}]
        assert len(exported["audit"]) == 2
        counts = await made.forget_person("d:7", "gone-1")
        assert counts == {"host_settings": 2, "host_audit": 2}
        rows = await database.query("select * from host_audit") + await database.query("select * from host_settings")
        assert "d:7" not in str(rows)
        assert "hi ann" not in str(rows)
        assert made.for_("karma", person="d:7").greeting == "hello"
        assert made.for_("karma", "g").greeting == "hey"

    with_store(main)
