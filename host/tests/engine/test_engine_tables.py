"""What a message calls is compiled when something changes, shared by guilds, in a fixed order (OPS-7, HOST-1)."""

from __future__ import annotations

from typing import Any

import pytest
from butler.engine.quarantine import Quarantine
from butler.engine.tables import Tables
from butler.hookspecs import hookimpl
from butler.model import VETO, Stop
from butler.plugin import Plugin

pytestmark = pytest.mark.spec("OPS-7")


def plugin(name: str, **options: Any) -> type[Plugin]:
    async def on_message(self: Any, message: Any) -> None: ...

    return type(name.capitalize(), (Plugin,), {"on_message": hookimpl(on_message, **options)})


def names(engine: Any, guild: str = "test:g") -> list[str]:
    return list(engine.calls(guild=guild).plugins)


@pytest.mark.spec("HOST-1")
@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 0, 5, 1, 4, 2]], ids=str)
def test_the_order_is_first_by_name_last_however_they_were_loaded(order: list[int], engine: Any) -> None:
    classes = [
        plugin("d", tryfirst=True), plugin("e", tryfirst=True), plugin("a"), plugin("f"),
        plugin("b", trylast=True), plugin("c", trylast=True),
    ]  # fmt: skip
    engine.add(*[classes[index] for index in order])
    assert names(engine) == ["d", "e", "a", "f", "b", "c"]


def test_guilds_with_the_same_plugins_share_one_table(engine: Any) -> None:
    engine.add(plugin("a"), plugin("b"))
    both, again = frozenset({"a", "b"}), frozenset({"b", "a"})
    tables = [engine.tables.table(both if number % 2 else again, f"test:{number}") for number in range(100)]
    assert len({id(table) for table in tables}) == 1
    assert engine.tables.table(frozenset({"a"}), "test:1") is not tables[0]


def test_a_message_is_not_made_dearer_by_guilds_or_by_plugins_that_are_disabled(engine: Any, monkeypatch: Any) -> None:
    engine.add(*[plugin(f"p{number}") for number in range(30)])
    compiled: list[Any] = []
    compile_one = Tables._compile

    def counted(*args: Any) -> Any:
        compiled.append(args)
        return compile_one(*args)

    monkeypatch.setattr(Tables, "_compile", counted)
    for _ in range(3):
        for number in range(300):
            calls = engine.tables.table(frozenset({"p1", "p2"}), f"test:{number}").calls("on_message")
            assert calls.plugins == ("p1", "p2")
    hooks = 9
    assert len(compiled) == hooks


def test_the_enabled_plugins_that_are_not_loaded_are_no_part_of_it(engine: Any) -> None:
    engine.add(plugin("a"))
    assert engine.tables.table(frozenset({"a", "ghost"}), "test:g").calls("on_message").plugins == ("a",)


def test_a_hook_that_nobody_implements_is_false(engine: Any) -> None:
    engine.add(plugin("a"))
    assert not engine.calls("on_event")
    assert engine.calls("on_message")


def test_a_plugin_that_came_or_went_is_seen_after_the_tables_were_cleared(engine: Any) -> None:
    engine.add(plugin("a"))
    assert names(engine) == ["a"]
    engine.add(plugin("b"))
    assert names(engine) == ["a", "b"]
    engine.loader.unload("a")
    engine.tables.clear()
    assert names(engine) == ["b"]


def test_tables_are_bounded(engine: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("butler.engine.tables.MOST", 10)
    engine.add(plugin("a"))
    for number in range(100):
        engine.tables.table(frozenset({"a", f"ghost{number}"}), "test:g")
        assert len(engine.tables._compiled) <= 10


def test_what_comes_after_a_plugin_can_be_asked_for(engine: Any) -> None:
    engine.add(plugin("a"), plugin("b"), plugin("c"))
    calls = engine.calls()
    assert calls.after("a").plugins == ("b", "c")
    assert calls.after("b").functions == calls.functions[2:]
    assert not calls.after("c")


@pytest.mark.spec("HOST-1")
def test_an_implementation_gets_the_arguments_that_it_names_in_any_order(engine: Any, play: Any) -> None:
    seen: dict[str, tuple[Any, ...]] = {}

    class All(Plugin):
        @hookimpl
        async def should_reply(self, message: Any, persona: Any, votes: Any) -> None:
            seen["all"] = (message.text, persona.name, list(votes))

    class Turned(Plugin):
        @hookimpl
        async def should_reply(self, votes: Any, persona: Any, message: Any) -> None:
            seen["turned"] = (message.text, persona.name, list(votes))

    class One(Plugin):
        @hookimpl
        async def should_reply(self, persona: Any) -> None:
            seen["one"] = (persona.name,)

    class Two(Plugin):
        @hookimpl
        async def should_reply(self, votes: Any, message: Any) -> None:
            seen["two"] = (list(votes), message.text)

    class Nothing(Plugin):
        @hookimpl
        async def should_reply(self) -> None:
            seen["nothing"] = ()

    class Named(Plugin):
        @hookimpl(specname="should_reply")
        async def decide(self, message: Any) -> None:
            seen["named"] = (message.text,)

    class Static(Plugin):
        @staticmethod
        @hookimpl
        async def should_reply(message: Any) -> None:
            seen["static"] = (message.text,)

    engine.add(All, Turned, One, Two, Nothing, Named, Static)
    _, run = play(engine.vote())
    assert run.faults == ()
    everything: tuple[Any, ...] = ("hello", "TheButler", [])
    assert seen == {
        "all": everything, "turned": everything, "one": ("TheButler",), "nothing": (), "named": ("hello",),
        "static": ("hello",), "two": ([], "hello"),
    }  # fmt: skip


class Guard(Plugin):
    """Guards everything that can be guarded."""

    guards = ("on_message", "should_reply", "review_reply")

    @hookimpl
    async def on_message(self, message: Any) -> None: ...

    @hookimpl
    async def should_reply(self, message: Any) -> None: ...

    @hookimpl
    async def review_reply(self, reply: Any) -> None: ...

    @hookimpl
    async def on_event(self, event: Any) -> None: ...


@pytest.mark.spec("HOST-9")
def test_a_plugin_in_quarantine_is_left_out_in_that_guild_alone(engine: Any) -> None:
    engine.add(plugin("a"), plugin("b"))
    engine.quarantine.put("a", "test:bad", "it failed")
    assert names(engine, "test:bad") == ["b"]
    assert names(engine, "test:good") == ["a", "b"]
    engine.quarantine.put("a", "", "it failed")
    assert names(engine, "test:good") == ["b"]
    engine.quarantine.release("a")
    assert names(engine, "test:bad") == names(engine, "test:good") == ["a", "b"]


@pytest.mark.spec("HOST-9")
def test_where_a_guard_is_in_quarantine_nothing_slips_through(engine: Any, play: Any) -> None:
    engine.add(Guard, plugin("later"))
    engine.quarantine.put("guard", "test:g", "it failed")
    assert not engine.calls("on_event")
    results, _ = play(engine.observe())
    assert [(name, type(result)) for name, result in results] == [("guard", Stop)]
    votes, _ = play(engine.vote())
    assert [(vote.plugin, vote.say) for vote in votes] == [("guard", VETO)]
    replies: list[Any] = []
    play(engine.dispatch.run(engine.calls("review_reply"), (None, None), "test:g", replies, stop=Stop))
    assert [type(result) for _, result in replies] == [Stop]
    results, _ = play(engine.observe(guild="test:other"))
    assert results == []


@pytest.mark.spec("HOST-9")
def test_whoever_is_quarantined_because_of_a_fault_is_not_called_for_the_next_message(engine: Any, play: Any) -> None:
    class Bad(Plugin):
        @hookimpl
        async def on_message(self, message: Any) -> None:
            raise ValueError(message.text)

    engine.add(Bad, plugin("good"))
    faults = [len(play(engine.observe())[1].faults) for _ in range(8)]
    assert faults == [1, 1, 1, 1, 1, 0, 0, 0]
    assert names(engine) == ["good"]
    assert [len(play(engine.observe(guild="test:other"))[1].faults)] == [1]


@pytest.mark.spec("HOST-9")
def test_a_single_call_of_a_plugin_in_quarantine_is_refused_but_its_duties_are_not(engine: Any, play: Any) -> None:
    called = []

    async def call() -> str:
        called.append(True)
        return "done"

    engine.quarantine.put("karma", "", "it failed")
    result, fault = play(engine.dispatch.guarded("karma", "command karma", call, guild="test:g", deadline=2.0))
    assert result is None
    assert fault.kind == "quarantined"
    assert called == []
    assert play(engine.dispatch.guarded("karma", "forget", call, guild="", deadline=2.0)) == ("done", None)
    assert len(engine.quarantine.listed()) == 1


def test_two_quarantines_do_not_share_what_they_hold(engine: Any) -> None:
    other = Quarantine(engine.clock, lambda notice: None)
    engine.quarantine.put("a", "test:g", "x")
    assert other.listed() == []
    assert other.out("test:g") == frozenset()
