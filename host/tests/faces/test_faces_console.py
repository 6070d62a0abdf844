"""The console as a platform: what is typed comes in, what is said is shown, once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from butler import Call, Plugin, command
from butler.errors import NotReady, Unsupported
from butler.faces.console import HOUSE, ROOM, Console, ConsoleSettings, Mark
from butler.faces.console_piped import indented
from butler.model import Action, File, Rank, Reply
from butler.testing import House


class Notes:
    """A screen that writes down what it is asked to show."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []
        self.files: list[str] = []
        self.moves: list[tuple[object, ...]] = []
        self.gone = False

    async def show(self, name: str, colour: str, text: str, mark: Mark) -> None:
        mark()
        if self.gone:
            raise NotReady("nobody reads")
        self.shown.append((name, text))

    async def show_file(self, name: str, file: File, mark: Mark) -> None:
        mark()
        self.files.append(file.name)

    def thinking(self, name: str, *, on: bool) -> None:
        self.moves.append((name, on))

    def progress(self, done: int, total: int, text: str) -> None:
        self.moves.append((done, total, text))


def connected(house: House) -> tuple[Console, Notes]:
    """A console that is connected to the house's host."""
    console = Console(house.host.incoming.bound, ConsoleSettings("ann"))
    console.screen = notes = Notes()
    console.main = "TheButler"

    async def connect() -> None:
        house.host.lifecycle.connect(console, house.host.scope)
        await console.ready.wait()

    house.run(connect())
    return console, notes


def crash(house: House, console: Console) -> None:
    """Kill the host; the system closes what a dead process had open, here that is ours to do."""
    house.crash()
    console._keys.close()


@pytest.mark.spec("PLAT-7", "LUNA-11")
def test_a_typed_line_is_answered_by_the_persona_at_home(house: House) -> None:
    console, notes = connected(house)
    house.model.say("Good day.")
    house.run(console.take("hello"))
    assert notes.shown == [("TheButler", "Good day.")]


@pytest.mark.spec("HOST-10")
def test_a_line_that_begins_with_a_slash_is_a_command_answered_in_the_hosts_own_voice(house: House) -> None:
    console, notes = connected(house)
    house.run(console.take("/whoami"))
    (name, text), *rest = notes.shown
    assert (name, rest) == ("Butler", [])
    assert "ann" in text
    assert "owner" in text


@pytest.mark.spec("HOST-12")
def test_whoever_sits_at_the_console_is_owner(house: House) -> None:
    console, _ = connected(house)
    assert house.host.permissions.rank(console.person, HOUSE) is Rank.OWNER


@pytest.mark.spec("PLAT-7")
def test_as_system_has_the_persona_answer_what_nobody_said(house: House) -> None:
    console, notes = connected(house)
    house.model.say("As you wish.")
    assert house.run(console.take("/as system Answer in rhymes.")) == ""
    assert notes.shown == [("TheButler", "As you wish.")]
    assert house.model.prompts[-1].turns[-1].text == "system: Answer in rhymes."


@pytest.mark.spec("PLAT-7")
def test_as_assistant_puts_words_into_the_personas_mouth_and_nobody_answers_them(house: House) -> None:
    console, notes = connected(house)
    house.run(console.take("/as assistant I like tea."))
    assert notes.shown == []
    house.model.say("Yes.")
    house.run(console.take("do you like tea?"))
    assert ("assistant", "I like tea.") in [(turn.role, turn.text) for turn in house.model.prompts[-1].turns]


@pytest.mark.parametrize("line", ["/as", "/as system", "/as nobody hello", "/as assistant   "])
def test_as_without_a_role_and_a_text_says_how_it_is_used_and_sends_nothing(house: House, line: str) -> None:
    console, _ = connected(house)
    assert "/as system" in house.run(console.take(line))
    assert house.query("select count(*) from host_inbox") == [(0,)]


@pytest.mark.spec("HOST-5")
def test_the_same_key_is_shown_once(house: House) -> None:
    console, notes = connected(house)
    action = Action("send", ROOM.id, reply=Reply("hello"))
    first = house.run(console.perform(action, "k1"))
    assert house.run(console.perform(action, "k1")) == first
    assert notes.shown == [("Butler", "hello")]


@pytest.mark.spec("HOST-5")
def test_what_was_shown_before_a_crash_is_known_after_it(house: House) -> None:
    console, _ = connected(house)
    sent = house.run(console.perform(Action("send", ROOM.id, reply=Reply("hello")), "k1"))
    crash(house, console)
    again, notes = connected(house)
    found = house.run(again.find("k1", ROOM.id))
    assert found is not None
    assert found.id == sent.id
    house.run(again.perform(Action("send", ROOM.id, reply=Reply("hello")), "k1"))
    assert notes.shown == []


@pytest.mark.spec("HOST-5")
def test_what_nobody_read_is_shown_at_the_next_start(house: House) -> None:
    console, notes = connected(house)
    house.model.say("Good day.")
    notes.gone = True
    house.run(console.take("hello"))
    crash(house, console)
    _, later = connected(house)
    house.settle()
    assert later.shown == [("TheButler", "Good day.")]


def test_ids_are_never_given_twice_over_restarts(house: House) -> None:
    ids = set()
    for _ in range(3):
        console, _ = connected(house)
        ids |= {
            house.run(console.perform(Action("send", ROOM.id, reply=Reply("x")), f"{len(ids)}-{n}")).id for n in "ab"
        }
        house.restart()
    assert len(ids) == 6


@pytest.mark.spec("PLAT-2")
def test_can_is_honest_and_what_cannot_be_done_says_so(house: House) -> None:
    console, _ = connected(house)
    kinds = ["send", "reply", "file", "typing", "progress", "edit", "delete", "react", "ban", "nonsense"]
    for kind in kinds:
        action = Action(kind, ROOM.id, reply=Reply("x"), data={"done": 1, "total": 2})
        if console.can(kind, ROOM):
            house.run(console.perform(action, kind))
        else:
            with pytest.raises(Unsupported):
                house.run(console.perform(action, kind))


def test_who_thinks_and_how_far_it_is_reach_the_screen(house: House) -> None:
    console, notes = connected(house)
    house.run(console.perform(Action("typing", ROOM.id, reply=Reply(persona="TheButler")), "a"))
    house.run(console.perform(Action("progress", ROOM.id, data={"done": 3, "total": 9, "text": "rooms"}), "b"))
    assert notes.moves == [("TheButler", True), (3, 9, "rooms")]


class Slow(Plugin):
    """Does long work."""

    @command
    async def fetch(self, call: Call) -> str:
        """Fetch everything."""
        for step in range(3):
            await call.progress(step, 3, "rooms")
        return "fetched"


@pytest.mark.spec("PLAT-7")
def test_a_long_command_moves_the_bar_before_it_answers(house: House) -> None:
    house.load(Slow)
    console, notes = connected(house)
    house.run(console.take("/fetch"))
    assert [move for move in notes.moves if len(move) == 3] == [(0, 3, "rooms"), (1, 3, "rooms"), (2, 3, "rooms")]
    assert notes.shown == [("Butler", "fetched")]


def test_files_are_shown_after_the_text(house: House) -> None:
    console, notes = connected(house)
    reply = Reply("here", files=(File("a.txt", b"1"), File("b.txt", b"2")))
    house.run(console.perform(Action("send", ROOM.id, reply=reply), "k"))
    assert (notes.shown, notes.files) == ([("Butler", "here")], ["a.txt", "b.txt"])


def test_a_line_after_the_end_is_refused_instead_of_lost(house: House) -> None:
    console, _ = connected(house)
    house.stop()

    async def late() -> None:
        with pytest.raises(NotReady):
            await console.say("hello")

    house.run(late())


@pytest.mark.spec("OPS-9")
def test_a_disk_that_refuses_costs_no_conversation(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    console, notes = connected(house)
    monkeypatch.setattr("os.write", _full)
    house.run(console.perform(Action("send", ROOM.id, reply=Reply("one")), "1"))
    house.run(console.perform(Action("send", ROOM.id, reply=Reply("two")), "2"))
    assert [text for _, text in notes.shown] == ["one", "two"]


def _full(*_: Any) -> int:
    raise OSError(28, "No space left on device")


def test_the_list_of_what_was_shown_stays_short(make_house: Callable[..., House]) -> None:
    house = make_house()
    console, _ = connected(house)
    console._keys._most = 10

    async def many() -> None:
        for number in range(150):
            await console.perform(Action("send", ROOM.id, reply=Reply("x")), f"k{number}")

    house.run(many())
    kept = Path(house.host.data, "host", "console.keys").read_text().splitlines()
    assert len(kept) <= 110
    assert kept[-1].startswith("k149 ")


@pytest.mark.spec("PLAT-7")
def test_the_further_lines_of_a_reply_are_indented_so_that_only_speakers_stand_at_the_margin() -> None:
    assert indented("one\nBob: two\r\nthree\rfour") == "one\n  Bob: two\n  three\n  four"
