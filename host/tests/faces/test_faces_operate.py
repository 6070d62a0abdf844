"""``butler console``: scripts, a host that runs, the prompt (LUNA-14, LUNA-15, LUNA-18)."""

from __future__ import annotations

import stat
import sys
import time
from pathlib import Path
from typing import Any

import pexpect
import pyte
import pytest
from butler import Call, Plugin, console
from butler.errors import ContractError
from butler.testing import House


def ran(place: Any, *lines: str) -> Any:
    """What ``butler console --script`` does with these lines."""
    (place.folder / "script").write_text("\n".join(lines) + "\n")
    return place.butler("console", "--script", "script")


@pytest.mark.spec("LUNA-18")
def test_a_script_prints_each_command_and_what_it_says(place: Any) -> None:
    done = ran(place, "# who is there", "list_personas", "", "help exit")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("> list_personas\n")
    assert "\nTheButler  offline  -  everywhere\n> help exit\nexit\n" in done.stdout


@pytest.mark.spec("LUNA-18")
def test_a_script_ends_at_the_first_command_that_fails_with_its_words(place: Any) -> None:
    done = ran(place, "list_chanels", "list_personas")
    assert done.returncode == 1
    assert done.stdout == "> list_chanels\nThere is no command “list_chanels” here; did you mean list_channels?\n"


@pytest.mark.spec("LUNA-18")
def test_exit_ends_a_script_well(place: Any) -> None:
    done = ran(place, "exit", "no such thing")
    assert (done.returncode, done.stdout) == (0, "> exit\n")


@pytest.mark.spec("LUNA-14")
def test_commands_are_piped_to_the_host_that_runs(place: Any) -> None:
    place.start("--no-console")
    done = place.butler("console", said="status\nrotate_logs\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "plugins" in done.stdout
    assert (place.data / "logs" / "butler.log.1").exists()


@pytest.mark.spec("LUNA-15")
def test_every_command_has_help_with_an_example(place: Any) -> None:
    with House() as house:
        commands = house.host.operating.commands
        nodes = commands.roots(frozenset(commands.plugins))
        assert {"help", "status", "list_channels", "send", "rotate_logs", "exit"} <= {node.written for node in nodes}
        for node in nodes:
            assert node.doc.summary
            assert all(example.split()[0] == node.written for example in node.doc.examples)
            answer = house.run(house.host.operating.run(f"help {node.written}", "cli:ann"))
            assert answer.ok
            assert node.doc.examples[0] in answer.text


class Tuner(Plugin):
    """Has a command for the operator."""

    @console
    async def tune(self, call: Call, note: str, *, loud: bool = False) -> str:
        """Tune something.

        Example: tune a
        """
        await call.progress(1, 2, "half")
        return f"{note} for {call.person.id}{'!' if loud else ''}"

    @tune.complete("note")
    async def _note(self, call: Call, typed: str) -> list[str]:
        return [note for note in ("a", "ab", "b") if note.startswith(typed)]


@pytest.mark.spec("LUNA-15")
def test_a_plugin_adds_commands_with_completion_and_progress_and_takes_them_along(place: Any) -> None:
    seen = []

    async def show(done: int, total: int, text: str) -> None:
        seen.append((done, total, text))

    with House([Tuner]) as house:
        operating = house.host.operating
        answer = house.run(operating.run("tune a --loud", "cli:ann", show))
        assert (answer.ok, answer.text, seen) == (True, "a for cli:ann!", [(1, 2, "half")])
        assert [each.text for each in house.run(operating.complete("tu", "cli:ann"))] == ["tune"]
        assert [each.text for each in house.run(operating.complete("tune a", "cli:ann"))] == ["a", "ab"]
        assert [each.text for each in house.run(operating.complete("tune a --l", "cli:ann"))] == ["--loud "]
        assert house.say("ann", "/tune a") != ["a for cli:ann"]
        house.unload("tuner")
        assert not house.run(operating.run("tune a", "cli:ann")).ok


@pytest.mark.spec("LUNA-15")
def test_a_command_without_an_example_is_refused() -> None:
    class Mute(Plugin):
        """Says too little."""

        @console
        async def mute(self, call: Call) -> None:
            """Be quiet."""

    with House() as house, pytest.raises(ContractError, match="needs a line `Example: …`"):
        house.host.operating.commands.add("mute", Mute())


@pytest.mark.spec("LUNA-14", "LUNA-15")
def test_the_terminal_of_run_has_the_operators_commands_too(place: Any) -> None:
    done = place.butler("run", said="/console list_personas\n/console nonsense\n")
    assert "TheButler  offline  -  everywhere" in done.stdout
    assert "There is no command “nonsense” here" in done.stdout


class Screen:
    """A terminal in which ``butler console`` was started."""

    def __init__(self, place: Any) -> None:
        self.child = pexpect.spawn(
            sys.executable, ["-m", "butler", "console"], cwd=str(place.folder), dimensions=(30, 100), timeout=60,
            env={**place.environment, "TERM": "xterm-256color"},
        )  # fmt: skip
        self._screen = pyte.Screen(100, 30)
        self._screen.write_process_input = self.child.send  # it asks where the cursor is
        self._stream = pyte.ByteStream(self._screen)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display if line.strip())

    def sees(self, *texts: str) -> str:
        end = time.monotonic() + 60
        while not all(text in self.text for text in texts):
            assert time.monotonic() < end, f"waited for {texts}, the screen is:\n{self.text}"
            try:
                self._stream.feed(self.child.read_nonblocking(65536, timeout=1))
            except pexpect.TIMEOUT:
                continue
        return self.text


@pytest.mark.spec("LUNA-14", "LUNA-18")
def test_the_prompt_numbers_completes_keeps_history_and_what_runs_behind_it_never_tears_the_line(place: Any) -> None:
    screen = Screen(place)
    screen.sees("[1]>")
    screen.child.send("list_per\t")
    screen.sees("list_personas")
    screen.child.send("\r")
    screen.sees("TheButler  offline", "[2]>")
    screen.child.send("list_personas &\rhelp ro")
    seen = screen.sees("[2] done: list_personas", "[3]> help ro")
    assert seen.count("help ro") == 1
    screen.child.send("tate_logs\r")
    screen.sees("Begin a new log file", "[4]>")
    screen.child.send("conjure_user ann --password hidden\r")
    screen.sees("! There is no command", "[5]>")
    screen.child.send("exit\r")
    screen.child.expect(pexpect.EOF)
    screen.child.close()
    assert screen.child.exitstatus == 0
    history = Path(place.data / "operator.history")
    assert "list_personas" in history.read_text()
    assert "hidden" not in history.read_text()
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
