"""``butler run`` at a terminal, through a pseudo-terminal: what somebody who types sees."""

from __future__ import annotations

import os
import signal
import stat
import sys
import time
from collections.abc import Iterator
from typing import Any

import pexpect
import pyte
import pytest

ROWS = 40


class Terminal:
    """Somebody at a terminal in which ``butler run`` was started; ``screen`` is what stands on it now."""

    def __init__(self, place: Any, *arguments: str, columns: int = 100) -> None:
        self.child = pexpect.spawn(
            sys.executable, ["-m", "butler", "run", *arguments], cwd=str(place.folder),
            env={**place.environment, "TERM": "xterm-256color"}, dimensions=(ROWS, columns), timeout=60,
        )  # fmt: skip
        self._screen = pyte.HistoryScreen(columns, ROWS, history=1000)
        self._screen.write_process_input = self.child.send  # it asks where the cursor is
        self._stream = pyte.ByteStream(self._screen)

    @property
    def screen(self) -> str:
        """The lines that show, without the empty ones."""
        return "\n".join(line.rstrip() for line in self._screen.display if line.strip())

    def sees(self, *texts: str, gone: str = "") -> str:
        """Wait until all of these stand on the screen, and that one does not any more; returns the screen."""
        end = time.monotonic() + 60
        while not all(text in self.screen for text in texts) or (gone and gone in self.screen):
            assert time.monotonic() < end, f"waited for {texts}, the screen is:\n{self.screen}"
            self._read()
        return self.screen

    def _read(self) -> None:
        try:
            self._stream.feed(self.child.read_nonblocking(65536, timeout=1))
        except pexpect.TIMEOUT:
            return
        except pexpect.EOF:
            pytest.fail(f"it ended, the screen is:\n{self.screen}")

    def types(self, text: str) -> None:
        """Type a line."""
        self.child.send(f"{text}\r")

    def ends(self) -> int:
        """Wait for the end; returns the exit code."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        assert self.child.exitstatus is not None, f"killed by signal {self.child.signalstatus}"
        return int(self.child.exitstatus)


@pytest.fixture
def terminal(place: Any) -> Iterator[Terminal]:
    """A terminal that is ready for the first line."""
    found = Terminal(place)
    found.sees("1>")
    yield found
    found.child.close(force=True)


@pytest.mark.spec("PLAT-7", "HOST-25")
def test_a_first_start_says_where_things_are_the_persona_greets_and_then_answers(place: Any) -> None:
    terminal = Terminal(place)
    seen = terminal.sees("1>")
    assert "data in data, log in data/logs/butler.log" in seen
    assert "/help shows what there is; exit, Ctrl-D or bye ends the conversation." in seen
    terminal.sees("Good day")
    terminal.types("thank you")
    terminal.sees("TheButler", "You are welcome", "2>")
    terminal.types("bye")
    assert terminal.ends() == 0


@pytest.mark.spec("PLAT-7")
def test_it_greets_once_in_the_life_of_its_data(place: Any, terminal: Terminal) -> None:
    terminal.sees("Good day")
    terminal.types("exit")
    assert terminal.ends() == 0
    again = Terminal(place)
    again.sees("1>")
    again.types("thank you")
    assert "Good day" not in again.sees("You are welcome")
    again.types("exit")
    assert again.ends() == 0


@pytest.mark.spec("PLAT-7")
def test_ctrl_d_ends_it(terminal: Terminal) -> None:
    terminal.child.send("\x04")
    assert terminal.ends() == 0


@pytest.mark.spec("PLAT-7")
def test_ctrl_c_says_how_to_end_and_a_second_one_ends(terminal: Terminal) -> None:
    terminal.child.send("\x03")
    terminal.sees("Ctrl-C once more")
    terminal.child.send("\x03")
    assert terminal.ends() == 0


@pytest.mark.spec("HOST-25")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_gives_the_terminal_back_and_ends_it(terminal: Terminal, number: signal.Signals) -> None:
    terminal.child.send("half a line")
    terminal.sees("half a line")
    os.kill(terminal.child.pid, number)
    assert terminal.ends() == 0


@pytest.mark.spec("LUNA-14", "PLAT-7")
def test_what_comes_meanwhile_appears_above_the_line_that_is_being_typed_and_does_not_tear_it(
    terminal: Terminal,
) -> None:
    terminal.types("thank you")
    terminal.child.send("this line is not rea")
    seen = terminal.sees("You are welcome", "this line is not rea", "/help  ·  exit").splitlines()
    answer = next(number for number, line in enumerate(seen) if "You are welcome" in line)
    typed = next(number for number, line in enumerate(seen) if line.endswith("2> this line is not rea"))
    assert answer < typed
    assert sum("this line" in line for line in seen) == 1
    terminal.child.send("dy yet")
    terminal.sees("2> this line is not ready yet")


@pytest.mark.spec("PLAT-7")
def test_markdown_is_rendered_and_nothing_that_a_reply_says_moves_the_cursor(place: Any) -> None:
    place.folder.joinpath("butler.toml").write_text(
        '[personas.TheButler]\nexamples = [["paint", "**bold** \\u001b[2J\\u001b]0;owned\\u0007 text"]]\n'
    )
    terminal = Terminal(place)
    terminal.sees("1>")
    terminal.types("paint")
    seen = terminal.sees("bold [2J]0;owned text")
    assert "data in data" in seen
    assert "**" not in seen
    terminal.child.close(force=True)


@pytest.mark.spec("PLAT-7")
def test_commands_are_completed_with_their_help(terminal: Terminal) -> None:
    terminal.child.send("/who")
    terminal.sees("/whoami", "Say who you are")
    terminal.child.send("\t\r")
    terminal.sees("Your rank here is owner")


@pytest.mark.spec("PLAT-7")
def test_the_operator_can_speak_as_system_and_as_assistant(terminal: Terminal) -> None:
    terminal.types("/as system thank you")
    terminal.sees("You are welcome")
    terminal.types("/as nobody")
    terminal.sees("/as system TEXT or /as assistant TEXT")


@pytest.mark.spec("PLAT-7")
def test_what_was_typed_before_is_found_again_by_its_owner_alone(place: Any, terminal: Terminal) -> None:
    terminal.types("thank you very much")
    terminal.sees("You are welcome")
    terminal.types("bye")
    terminal.ends()
    assert stat.S_IMODE((place.data / "console.history").stat().st_mode) == 0o600
    again = Terminal(place)
    again.sees("1>")
    again.child.send("\x1b[A")
    again.sees("bye")
    again.child.send("\x1b[A")
    again.sees("thank you very much")
    again.child.close(force=True)


@pytest.mark.spec("PLAT-7", "OPS-9")
def test_a_very_narrow_terminal_shows_it_all_the_same(place: Any) -> None:
    terminal = Terminal(place, columns=24)
    terminal.sees("1>")
    terminal.types("thank you")
    terminal.sees("You are")
    terminal.types("/help")
    terminal.sees("Page 1 of")  # however long the list is, its end is in sight
    terminal.types("exit")
    assert terminal.ends() == 0
