"""A plugin that breaks the contract is refused, with file, line, reason and remedy (HOST-2, AUTH-6)."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import attrs
import peewee
import pytest
from butler.declare import action, command, context_command, job, tool
from butler.engine.loader import Loader
from butler.errors import ContractError
from butler.hookspecs import hookimpl
from butler.model import Stop
from butler.plugin import Plugin
from butler.store.table import Table

pytestmark = pytest.mark.spec("HOST-2")


def said(cls: type[Plugin], name: str = "karma") -> str:
    """What is said of a class that is refused."""
    loader = Loader({})
    loader.add(name, cls, distribution="butler-karma", version="1.2")
    with pytest.raises(ContractError) as caught:
        loader.load(name)
    assert caught.value.remedy
    assert list(loader.implementations("on_message")) == []
    return str(caught.value)


def line_of(function: Callable[..., Any]) -> str:
    return f"{__file__}:{inspect.unwrap(function).__code__.co_firstlineno}"


def test_a_misspelt_hook_is_named_with_the_nearest_that_exists() -> None:
    class Karma(Plugin):
        @hookimpl
        async def on_mesage(self, message: Any) -> None: ...

    text = said(Karma)
    for part in ("karma (butler-karma 1.2)", "no hook on_mesage", line_of(Karma.on_mesage), "'on_message'"):
        assert part in text


def test_a_hook_that_is_not_marked_is_told_as_nobody_would_call_it() -> None:
    class Karma(Plugin):
        async def on_message(self, message: Any) -> None: ...

    text = said(Karma)
    assert "not marked" in text
    assert "@hookimpl" in text
    assert line_of(Karma.on_message) in text


def test_a_hook_for_a_newer_host_may_be_optional() -> None:
    class Karma(Plugin):
        @hookimpl(optionalhook=True)
        async def on_tomorrow(self) -> None: ...

    loader = Loader({})
    loader.add("karma", Karma)
    loader.load("karma")


def _wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **options: Any) -> Any:
        return function(*args, **options)

    return wrapper


def test_a_synchronous_hook_is_refused() -> None:
    class Karma(Plugin):
        @hookimpl
        def on_message(self, message: Any) -> None: ...

    text = said(Karma)
    assert "on_message is not asynchronous" in text
    assert "async def" in text
    assert line_of(Karma.on_message) in text


def test_a_synchronous_wrapper_around_a_hook_is_refused() -> None:
    class Karma(Plugin):
        @hookimpl
        @_wrapped
        async def on_message(self, message: Any) -> None: ...

    assert "not asynchronous" in said(Karma)


def test_a_hook_that_yields_is_refused() -> None:
    class Karma(Plugin):
        @hookimpl
        async def on_message(self, message: Any) -> Any:
            yield Stop("no")

    assert "on_message yields" in said(Karma)


@pytest.mark.parametrize("marker", [hookimpl(wrapper=True), hookimpl(hookwrapper=True)], ids=["new", "old"])
def test_wrappers_are_refused(marker: Any) -> None:
    async def on_message(self: Any, message: Any) -> None: ...

    assert "on_message is a wrapper" in said(type("Karma", (Plugin,), {"on_message": marker(on_message)}))


def test_an_argument_that_the_hook_does_not_give_is_named_with_the_nearest() -> None:
    class Karma(Plugin):
        @hookimpl
        async def should_reply(self, mesage: Any) -> None: ...

    text = said(Karma)
    assert "'mesage'" in text
    assert "did you mean 'message'?" in text
    assert line_of(Karma.should_reply) in text


def _default(self: Any, message: Any = None) -> Any: ...
def _keyword(self: Any, *, message: Any) -> Any: ...
def _rest(self: Any, *message: Any) -> Any: ...
def _named_rest(self: Any, **message: Any) -> Any: ...


@pytest.mark.parametrize(
    ("like", "reason"),
    [
        (_default, "has a default for 'message'"),
        (_keyword, "cannot be given"),
        (_rest, "cannot be given"),
        (_named_rest, "cannot be given"),
    ],
)
def test_arguments_that_would_never_arrive_are_refused(like: Any, reason: str) -> None:
    async def on_message(*_: Any, **__: Any) -> None: ...

    on_message.__signature__ = inspect.signature(like)  # type: ignore[attr-defined]
    karma = type("Karma", (Plugin,), {"on_message": hookimpl(on_message)})
    assert reason in said(karma)


@pytest.mark.spec("AUTH-6")
@pytest.mark.parametrize("api", [">=2", "<1", "==1.5", "!=1"])
def test_a_plugin_for_another_version_of_the_hooks_is_refused_with_both_versions(api: str) -> None:
    karma = type("Karma", (Plugin,), {"api": api})
    text = said(karma)
    assert f"works with the host's API {api}, this host has 1" in text
    assert "install a version" in text


@pytest.mark.spec("AUTH-6")
@pytest.mark.parametrize("api", [">=1,<2", ">=1", "==1", "<99", "~=1.0", ""])
def test_a_plugin_whose_range_holds_this_version_is_taken(api: str) -> None:
    loader = Loader({})
    loader.add("karma", type("Karma", (Plugin,), {"api": api}))
    loader.load("karma")


@pytest.mark.spec("AUTH-6")
@pytest.mark.parametrize("api", ["one", "1", 1, None])
def test_a_range_that_is_none_is_told(api: Any) -> None:
    assert "no range of versions" in said(type("Karma", (Plugin,), {"api": api}))


async def _on_message(self: Any, message: Any) -> None: ...


GUARDS: list[tuple[Any, str]] = [
    ({"on_mesage"}, "did you mean 'on_message'?"),
    ({"on_tick"}, "on_tick, which cannot fail closed"),
    ({"review_reply"}, "review_reply, which it does not implement"),
    ("on_message", "is one text"),
]


@pytest.mark.parametrize(("guards", "reason"), GUARDS, ids=str)
def test_guards_that_would_guard_nothing_are_refused(guards: Any, reason: str) -> None:
    karma = type("Karma", (Plugin,), {"guards": guards, "on_message": hookimpl(_on_message)})
    assert reason in said(karma)


DEADLINES: list[tuple[Any, str]] = [
    ({"on_mesage": 3}, "did you mean 'on_message'?"),
    ({"on_message": 0}, "is 0"),
    ({"on_message": -1}, "is -1"),
    ({"on_message": "long"}, "is 'long'"),
    ({"on_message": True}, "is True"),
    ({"on_message": float("inf")}, "is inf"),
    (["on_message"], "is no mapping"),
]


@pytest.mark.parametrize(("deadlines", "reason"), DEADLINES, ids=str)
def test_deadlines_for_what_does_not_exist_or_of_no_length_are_refused(deadlines: Any, reason: str) -> None:
    assert reason in said(type("Karma", (Plugin,), {"deadlines": deadlines}))


def test_guards_and_deadlines_that_make_sense_are_taken() -> None:
    class Karma(Plugin):
        guards = ("on_message", "should_reply")
        deadlines = {"on_message": 10, "command": 60.5}  # noqa: RUF012 - as plugins declare it
        on_message = hookimpl(_on_message)

        @hookimpl(specname="should_reply", tryfirst=True)
        async def decide(self, message: Any) -> None: ...

    loader = Loader({})
    loader.add("karma", Karma)
    loader.load("karma")


@pytest.mark.parametrize("settings", [dict, {"per_hour": 10}, None, int])
def test_settings_that_are_no_attrs_class_are_refused(settings: Any) -> None:
    text = said(type("Karma", (Plugin,), {"settings": settings}))
    assert "no attrs class" in text
    assert "@attrs.frozen" in text


def test_an_instance_of_a_settings_class_is_no_class() -> None:
    @attrs.frozen
    class Settings:
        per_hour: int = 10

    assert "no attrs class" in said(type("Karma", (Plugin,), {"settings": Settings()}))


def test_a_table_without_the_plugins_prefix_is_refused() -> None:
    class Entry(Table):
        class Meta:
            table_name = "polls_entry"

    text = said(type("Karma", (Plugin,), {"tables": [Entry]}))
    assert "'polls_entry' does not begin with karma_" in text
    assert "butler_karma" in text


def test_a_table_with_the_prefix_is_taken_and_something_else_is_not() -> None:
    class Entry(Table):
        text = peewee.TextField()

        class Meta:
            table_name = "karma_entry"

    loader = Loader({})
    loader.add("karma", type("Karma", (Plugin,), {"tables": [Entry]}))
    loader.load("karma")
    assert "no table" in said(type("Karma", (Plugin,), {"tables": ["karma_entry"]}))


@pytest.mark.parametrize("name", ["host", "Karma", "my-karma", "1karma", ""])
def test_a_name_that_can_be_no_prefix_is_refused(name: str) -> None:
    assert "no prefix of tables" in said(type("Karma", (Plugin,), {}), name)


def test_a_command_that_is_declared_twice_is_named_with_both_places() -> None:
    class Karma(Plugin):
        @command
        async def karma(self, call: Any) -> None:
            """Show."""

        @command(name="Karma")
        async def again(self, call: Any) -> None:
            """Show."""

    text = said(Karma)
    assert "declared twice" in text
    for declared in ("karma", "again"):
        assert line_of(vars(Karma)[declared].handler) in text


def test_aliases_actions_context_commands_jobs_and_tools_are_looked_at_too() -> None:
    class Aliases(Plugin):
        @command(aliases=("points",))
        async def karma(self, call: Any) -> None: ...

        @command
        async def points(self, call: Any) -> None: ...

    class Children(Plugin):
        @command
        async def karma(self, call: Any) -> None: ...

        @karma.command(aliases=("give",))
        async def grant(self, call: Any) -> None: ...

        @karma.command
        async def give(self, call: Any) -> None: ...

    class Actions(Plugin):
        @action("vote")
        async def one(self, call: Any, value: Any) -> None: ...

        @action("vote")
        async def two(self, call: Any, value: Any) -> None: ...

    class Contexts(Plugin):
        @context_command("Warn", on="person")
        async def one(self, call: Any, person: Any) -> None: ...

        @context_command("Warn", on="person")
        async def two(self, call: Any, person: Any) -> None: ...

    for cls in (Aliases, Children, Actions, Contexts):
        assert "declared twice" in said(cls), cls


def test_the_same_name_for_different_things_is_no_clash() -> None:
    class Karma(Plugin):
        @command
        async def karma(self, call: Any) -> None:
            """Show."""

        @karma.command
        async def show(self, call: Any) -> None:
            """Show."""

        @command(name="show")
        async def show_all(self, call: Any) -> None:
            """Show."""

        @action("show")
        async def shown(self, call: Any, value: Any) -> None: ...

        @context_command("show", on="message")
        async def context(self, call: Any, message: Any) -> None: ...

        @context_command("show", on="person")
        async def person(self, call: Any, person: Any) -> None: ...

        @job
        async def lift(self) -> None: ...

        @tool
        async def find(self, call: Any) -> str:
            return ""

    loader = Loader({})
    loader.add("karma", Karma)
    loader.load("karma")


def test_of_several_problems_all_are_said() -> None:
    class Karma(Plugin):
        settings = dict
        guards = ("on_mesage",)

        @hookimpl
        def on_message(self, message: Any) -> None: ...

    text = said(Karma)
    assert "and 2 more" in text
    for part in ("no attrs class", "on_mesage", "not asynchronous"):
        assert part in text
