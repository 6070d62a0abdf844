"""A restored backup applies the forgets again, from a list of keyed hashes (HOST-22)."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from butler.errors import StoreError
from butler.model import Channel, Guild, Message, Person
from butler.services.places import Places
from butler.services.privacy import Forgotten, Privacy, carry_over
from butler.store.database import Database
from butler.store.journal import Journal
from butler.store.search import Search

HOME = Channel("t:home", Guild("t:guild"))


class House:
    """A store with messages, and its privacy."""

    def __init__(self, database: Database, clock: Any, data: Path) -> None:
        self.journal, self.search, self.places = Journal(database, clock), Search(database), Places(database)
        self.privacy = Privacy(database, clock, data, dict, search=self.search)
        self.clock = clock

    async def start(self) -> None:
        for service in (self.journal, self.search, self.places, self.privacy):
            await service.start()

    async def say(self, number: int, who: str, text: str) -> None:
        message = Message(f"t:{number}", HOME, Person(who, who), text, self.clock.now())
        self.places.meet(message)
        await self.journal.receive(message)

    async def said(self) -> list[str]:
        return [message.text for message in await self.journal.recovery.history(HOME.id, before=2**62, limit=9)]


@pytest.mark.spec("HOST-22")
def test_who_was_forgotten_since_the_backup_is_forgotten_again(engine: Any, tmp_path: Path) -> None:
    async def test(database: Database, clock: Any) -> None:
        house = House(database, clock, tmp_path)
        await house.start()
        await house.privacy.forget("t:eve")
        await house.say(1, "t:ann", "mine")
        await house.say(2, "t:eve", "I came back")
        await house.say(3, "t:bob", "his")
        clock.jump(hours=1)
        Forgotten(tmp_path).add("t:ann", clock.now().timestamp())  # forgotten, and then the backup was put in place
        receipts = await house.privacy.apply_forgotten(clock.now() - dt.timedelta(minutes=30))
        assert len(receipts) == 1
        assert await house.said() == ["", "I came back", "his"]
        assert len(await house.privacy.apply_forgotten()) == 1
        assert await house.said() == ["", "", "his"]

    engine(test)


@pytest.mark.spec("HOST-22", "OPS-10")
def test_a_restore_carries_the_list_over_and_the_next_start_applies_it_once(virtual: Any, tmp_path: Path) -> None:
    backup, restored = tmp_path / "backup", tmp_path / "restored"
    made: list[float] = []

    async def live(database: Database, clock: Any) -> None:
        house = House(database, clock, tmp_path)
        await house.start()
        await house.say(1, "t:ann", "mine")
        await house.say(2, "t:bob", "his")
        await house.search.scrub()
        backup.mkdir()
        shutil.copy(tmp_path / "butler.db", backup)
        made.append(clock.now().timestamp())
        clock.jump(hours=1)
        assert (await house.privacy.forget("t:ann")).complete is False
        assert await house.said() == ["", "his"]

    async def after(database: Database, clock: Any) -> None:
        clock.jump(hours=2)
        house = House(database, clock, restored)
        await house.start()
        assert await house.said() == ["mine", "his"]
        assert len(await house.privacy.apply_restored()) == 1
        assert await house.said() == ["", "his"]
        await house.say(3, "t:ann", "I am back")
        assert await house.privacy.apply_restored() == []
        assert await house.said() == ["", "his", "I am back"]

    virtual(live)
    shutil.copytree(backup, restored)
    carry_over(tmp_path, restored, made[0])
    virtual.url = f"sqlite://{restored / 'butler.db'}"
    virtual(after)


def test_a_restore_keeps_what_both_lists_know(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
    carry_over(old, new, 5.0)
    assert list(new.iterdir()) == []
    name = Forgotten(new).add("t:ann", 1.0)
    shutil.copy(new / "forgotten.key", old)
    Forgotten(old).add("t:bob", 2.0)
    carry_over(old, new, 5.0)
    both = Forgotten(new)
    assert both.read() == {name: 1.0, both.hash("t:bob"): 2.0}
    assert both.pending == 5.0


@pytest.mark.spec("HOST-22")
def test_the_list_says_nothing_without_the_key_and_both_are_for_the_owner_only(tmp_path: Path) -> None:
    forgotten = Forgotten(tmp_path)
    forgotten.add("t:ann", 1.0)
    for name in ("forgotten.key", "forgotten.json"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    (tmp_path / "elsewhere").mkdir()
    assert Forgotten(tmp_path / "elsewhere").hash("t:ann") not in forgotten.read()
    assert Forgotten(tmp_path).hash("t:ann") in forgotten.read()
    assert "ann" not in json.dumps(forgotten.read())


def test_a_damaged_list_or_key_is_said_and_not_overwritten(tmp_path: Path) -> None:
    Forgotten(tmp_path).add("t:ann", 1.0)
    (tmp_path / "forgotten.json").write_text("{")
    with pytest.raises(StoreError, match=r"forgotten.json is damaged .*; take it from a backup"):
        Forgotten(tmp_path).add("t:bob", 1.0)
    assert (tmp_path / "forgotten.json").read_text() == "{"
    (tmp_path / "forgotten.key").write_text("short")
    with pytest.raises(StoreError, match=r"forgotten.key is damaged"):
        Forgotten(tmp_path).hash("t:bob")
