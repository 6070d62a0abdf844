"""The contract for plugins finds what it is there to find (AUTH-3, OPS-5)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import attrs
import peewee
import pytest
from butler import Call, Message, Plugin, Table, command, every, hookimpl
from butler.testing import House, Leaks
from butler.testing.contracts import PluginContract
from butler.testing.contracts.watching import misdeeds_at_import

MakeHouse = Callable[..., House]


class Note(Table):
    """What was said, by whom."""

    author = peewee.TextField()
    text = peewee.TextField()

    class Meta:
        table_name = "good_note"


@attrs.frozen
class Settings:
    often: int = 3


class Good(Plugin):
    """Notes what people say."""

    name = "good"
    settings = Settings
    tables = (Note,)

    @hookimpl
    async def on_message(self, message: Message) -> None:
        self.host.db.defer(lambda: Note.create(author=message.author.id, text=message.text))

    @command
    async def notes(self, call: Call, word: str = "") -> str:
        """Count the notes.

        word: only those that hold it
        """
        return str(await self.host.db.read(Note.select().where(Note.text.contains(word)).count))

    async def export_person(self, person: str) -> dict[str, Any]:
        """The notes of somebody."""
        return {"notes": await self.host.db.read(lambda: list(Note.select().where(Note.author == person).dicts()))}

    async def forget_person(self, person: str, replacement: str) -> dict[str, int]:
        """Delete them."""
        return {"note": await self.host.db.write(Note.delete().where(Note.author == person).execute)}


class TestGood(PluginContract):
    plugin = Good
    keeps = True
    reasons: ClassVar = {
        "test_its_import_waits_for_nothing_and_starts_nothing": "it stands in a test, which nobody can import"
    }

    def test_its_import_waits_for_nothing_and_starts_nothing(self, cls: type[Plugin]) -> None:
        assert cls is Good


def suite(named: type[Plugin], **attributes: Any) -> PluginContract:
    """A suite for a plugin that breaks a promise."""
    made = type("Suite", (PluginContract,), {"plugin": named, **attributes})()
    assert isinstance(made, PluginContract)
    return made


def broken(promise: str, *args: Any, named: type[Plugin], **attributes: Any) -> str:
    """What the suite says of the plugin."""
    with pytest.raises((AssertionError, TypeError)) as caught:
        getattr(suite(named, **attributes), promise)(*args)
    return str(caught.value)


def test_a_fault_in_the_exercise_is_named(make_house: MakeHouse) -> None:
    class Bad(Good):
        @hookimpl
        async def on_message(self, message: Message) -> None:
            raise ValueError("no")

    house = make_house([Bad])
    house.say("ann", "hello")
    assert "ValueError" in broken("test_it_loads_and_its_exercise_causes_no_fault", house, "good", named=Bad)


def test_what_a_plugin_leaves_behind_is_named(make_house: MakeHouse) -> None:
    plugins = []

    class Leaky(Leaks):
        def __init__(self) -> None:
            super().__init__()
            plugins.append(self)

    said = broken("test_unloading_leaves_nothing", make_house, Leaky, "leaky", named=Leaky)
    assert "leaked task" in said
    for plugin in plugins:
        plugin.mop()


def test_an_instance_that_lives_on_is_named(make_house: MakeHouse) -> None:
    kept = []

    class Kept(Good):
        async def start(self) -> None:
            kept.append(self)

    assert "list" in broken("test_unloading_leaves_nothing", make_house, Kept, "good", named=Kept)


def test_code_that_runs_while_disabled_is_named(make_house: MakeHouse) -> None:
    class Restless(Good):
        async def start(self) -> None:
            self.scope.task(self.work(), "work")

        async def work(self) -> None:
            while not await asyncio.sleep(60, result=False):
                pass

    house = make_house([Restless])
    said = broken("test_nothing_of_it_runs_where_it_is_disabled", house, "good", Restless, named=Restless)
    assert "Restless.work" in said


def test_missing_descriptions_are_named(make_house: MakeHouse) -> None:
    class Mute(Plugin):
        @command
        async def shout(self, call: Call, what: str) -> str:
            """Shout."""
            return what.upper()

        @every(hours=1)
        async def hourly(self) -> None:
            pass

    house = make_house([Mute])
    said = broken("test_everything_it_offers_is_described", Mute, house, "mute", named=Mute)
    for missing in ("class Mute", "Timed hourly", "option what of shout"):
        assert missing in said


def test_missing_types_are_named() -> None:
    class Untyped(Plugin):
        """Says nothing of types."""

        @hookimpl
        async def on_message(self, message):  # type: ignore[no-untyped-def]
            """Nothing."""

    assert "on_message" in broken("test_everything_it_offers_is_typed", Untyped, named=Untyped)


def test_a_setting_without_a_default_is_named() -> None:
    @attrs.frozen
    class Demanding:
        key: str

    class Wanting(Plugin):
        """Wants a key."""

        settings = Demanding

    assert "key" in broken("test_its_settings_have_types_and_defaults", Wanting, named=Wanting)


@pytest.mark.parametrize("kept", ["export", "forget"])
def test_a_person_who_is_not_exported_or_not_forgotten_is_noticed(make_house: MakeHouse, kept: str) -> None:
    class Forgetful(Good):
        if kept == "export":

            async def export_person(self, person: str) -> dict[str, Any]:
                """Nothing."""
                return {}
        else:

            async def forget_person(self, person: str, replacement: str) -> dict[str, int]:
                """Nothing."""
                return {"note": 1}

    house = make_house([Forgetful])
    house.say("ann", "remember me")
    assert broken("test_export_and_forget_find_everything", house, Forgetful, "good", named=Forgetful)


def test_an_exercise_that_keeps_nothing_proves_nothing(make_house: MakeHouse) -> None:
    house = make_house([Good])
    said = broken("test_export_and_forget_find_everything", house, Good, "good", named=Good, keeps=True)
    assert "nothing of her is kept" in said


def test_a_plugin_that_odd_texts_break_is_noticed(make_house: MakeHouse) -> None:
    class Fragile(Good):
        @hookimpl
        async def on_message(self, message: Message) -> None:
            message.text.encode()

    assert "surrogates" in broken("test_odd_texts_do_it_no_harm", make_house, Fragile, named=Fragile)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("import time; time.sleep(0.001)", "time.sleep"),
        ("import socket; socket.socket().bind(('127.0.0.1', 0))", "socket.bind"),
        ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
        ("import threading; threading.Thread(target=threading.Event().wait, name='mine', daemon=True).start()", "mine"),
        ("raise ValueError('broken')", "broken"),
    ],
)
def test_what_an_import_does_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, named: str) -> None:
    (tmp_path / "naughty.py").write_text(line, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert named in str(misdeeds_at_import("naughty"))


def test_an_override_without_a_reason_is_a_failure() -> None:
    class Bold(PluginContract):
        def test_odd_texts_do_it_no_harm(self) -> None:  # type: ignore[override]
            pass

    with pytest.raises(AssertionError, match="test_odd_texts_do_it_no_harm"):
        Bold().test_each_override_has_a_reason()
    Bold.reasons = {"test_odd_texts_do_it_no_harm": "it takes no texts"}
    Bold().test_each_override_has_a_reason()
    Bold.reasons = {"test_odd_texts_do_it_no_harm": " "}
    with pytest.raises(AssertionError):
        Bold().test_each_override_has_a_reason()
