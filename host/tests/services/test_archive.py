"""The message log: out and in again, read back from platforms, emptied (LUNA-16, LUNA-19)."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from butler.errors import CommandError
from butler.services.archive.formats import COLUMNS
from butler.testing import FakePlatform, House
from hypothesis import given
from hypothesis import strategies as st


def does(house: House, line: str) -> str:
    answer = house.run(house.host.operating.run(line, "cli:ann"))
    assert answer.ok, answer.text
    return str(answer.text)


def log(house: House) -> list[tuple[str, str]]:
    """Author and text of everything that was said, oldest first."""
    rows = house.run(house.host.journal.recovery.history(house.channel().id, before=2**62, limit=1000))
    return [(message.author.name, message.text) for message in rows]


def found(house: House, words: str) -> list[str]:
    """The texts of people that the search finds."""
    hits = house.run(house.host.search.search(words))
    messages = [house.run(house.host.journal.recovery.message(hit.id)) for hit in hits]
    return [message.text for message in messages if message and not message.author.bot]


@pytest.mark.spec("LUNA-19")
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_log_that_is_exported_and_imported_is_the_same_and_can_be_found(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"log.{ending}"
    with House() as house:
        house.say("ann", 'one, "two"\nthree; =4')
        house.say("bob", "=HYPERLINK(1)")
        house.say("bob", "'quoted")
        said = log(house)
        assert does(house, f"export_log {file}") == f"{len(said)} messages are in {file}"
        assert file.stat().st_mode & 0o777 == 0o600
    with House() as house:
        assert does(house, f"import_log {file}") == f"{len(said)} new, 0 known already"
        assert log(house) == said
        assert does(house, f"import_log {file}") == f"0 new, {len(said)} known already"
        assert log(house) == said
        assert found(house, "three") == ['one, "two"\nthree; =4']


@pytest.mark.spec("LUNA-19")
def test_imported_messages_stand_before_what_was_said_here_and_nobody_answers_them(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    with House() as house:
        house.say("ann", "long ago")
        does(house, f"export_log {file}")
        before = log(house)
    with House() as house:
        house.say("ann", "just now")
        shown = len(house.shown)
        lines = [{**json.loads(line), "id": f"elsewhere:{n}"} for n, line in enumerate(file.read_text().splitlines())]
        file.write_text("\n".join(map(json.dumps, lines)))
        does(house, f"import_log {file}")
        assert log(house)[: len(before)] == before
        assert ("ann", "just now") in log(house)[len(before) :]
        assert len(house.shown) == shown
        house.restart()
        house.say("ann", "and now")
        assert [text for who, text in log(house) if who == "ann"][-1] == "and now"


@pytest.mark.spec("LUNA-19")
def test_a_spreadsheet_takes_no_cell_for_a_formula(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    with House() as house:
        house.say("ann", "=1+1")
        does(house, f"export_log {file}")
    with file.open(newline="") as opened:
        assert all(not cell.startswith(("=", "+", "-", "@")) for row in csv.reader(opened) for cell in row)


@pytest.mark.spec("LUNA-19")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "row 1: that is no message (KeyError"),
        ("nonsense", "row 1: that is no message"),
        ('{"id": 5}', "row 1: that is no message"),
    ],
)
def test_what_is_no_log_is_one_line_and_nothing_of_it_is_kept(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "log.jsonl"
    with House() as house:
        house.say("ann", "hello")
        does(house, f"export_log {file}")
        before = log(house)
        file.write_text(file.read_text().replace("hello", "good-bye") + text)
        with pytest.raises(CommandError) as caught:
            house.run(house.host.archive.load(file, _silent))
        assert said.replace("row 1", f"row {len(before) + 1}") in str(caught.value)
        assert "\n" not in str(caught.value)
        assert log(house) == before
        for wrong in ("export_log log.txt", f"export_log {file}", "import_log nowhere.csv"):
            assert not house.run(house.host.operating.run(wrong, "cli:ann")).ok


async def _silent(done: int, total: int, text: str) -> None:
    """Nobody looks."""


@pytest.mark.spec("LUNA-19")
def test_messages_older_than_they_may_be_kept_are_left_out_and_it_is_said(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    with House() as house:
        house.say("ann", "hello")
        does(house, f"export_log {file}")
        house.advance(days=91)
        old = len(file.read_text().splitlines())
        assert does(house, f"import_log {file}").endswith(f"{old} older than 90 days (message_days)")
        assert ("ann", "hello") not in log(house)


class Past(FakePlatform):
    """A platform that remembers what was said before the host came."""


def remembers(house: House, monkeypatch: pytest.MonkeyPatch, texts: list[str]) -> list[Any]:
    """Have the platform remember these messages, beside what was said to the host."""
    known = house.run(house.host.journal.recovery.history(house.channel().id, before=2**62, limit=1000))
    made = [
        attrs.evolve(known[0], id=f"{house.channel().platform}:old{n}", text=text, seq=0)
        for n, text in enumerate(texts)
    ]
    platform = house.host.platform(house.channel().id)
    assert platform is not None
    everything = [*made, *known]

    async def history(channel: str, *, before: str = "", limit: int = 100) -> list[Any]:
        end = next((n for n, each in enumerate(everything) if each.id == before), len(everything))
        return everything[max(0, end - limit) : end]

    monkeypatch.setattr(platform, "history", history)
    monkeypatch.setattr(platform, "can", lambda action, channel=None: True)
    monkeypatch.setattr("butler.services.archive.service.PAGE", 7)
    return everything


@pytest.mark.spec("LUNA-16")
def test_fetch_all_brings_the_whole_history_once_and_in_order_and_fetch_new_only_what_came_since(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.say("ann", "hello")
    name = house.channel().name
    assert not house.run(house.host.operating.run(f"fetch_new {name}", "cli:ann")).ok
    everything = remembers(house, monkeypatch, [f"number {number}" for number in range(30)])
    seen: list[tuple[int, int, str]] = []

    async def progress(done: int, total: int, text: str) -> None:
        seen.append((done, total, text))

    answer = house.run(house.host.operating.run(f"fetch_all {name}", "cli:ann", progress))
    assert answer.text == f"{len(everything)} messages, 30 of them new"
    assert len(seen) > 4
    assert [text for _, text in log(house)] == [message.text for message in everything]
    assert does(house, f"fetch_all {name}") == f"{len(everything)} messages, 0 of them new"
    everything.append(attrs.evolve(everything[-1], id=f"{house.channel().platform}:new", text="said elsewhere"))
    assert does(house, f"fetch_new {name}") == "1 messages, 1 of them new"
    assert log(house)[-1][1] == "said elsewhere"
    assert does(house, f"fetch_new {name}") == "0 messages, 0 of them new"


@pytest.mark.spec("LUNA-17")
def test_an_emptied_log_holds_nothing_and_nothing_is_found_in_it(house: House) -> None:
    house.say("ann", "the cake is in the kitchen")
    assert house.run(house.host.archive.empty()) > 0
    assert log(house) == []
    assert found(house, "cake") == []
    house.restart()
    house.say("ann", "a new cake")
    assert found(house, "cake") == ["a new cake"]


@given(st.text(max_size=40))
def test_any_text_survives_a_csv(text: str) -> None:
    from butler.services.archive.formats import _active, _inert

    assert _active(_inert(text)) == text
    assert len(COLUMNS) == len(set(COLUMNS))
