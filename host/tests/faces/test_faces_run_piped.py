"""``butler run`` with piped input, as a script uses it: real processes, nothing replaced."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from typing import Any

import pytest
from butler.faces.console import GOODBYES


@pytest.mark.spec("HOST-25", "HOST-19", "PLAT-7")
def test_without_configuration_thebutler_answers_each_line_and_the_end_of_input_ends_it_with_zero(place: Any) -> None:
    done = place.butler("run", said="who are you\nthank you\n/whoami")
    assert done.returncode == 0
    spoken = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert [line.partition(": ")[0] for line in spoken] == ["TheButler", "TheButler", "Butler"]
    assert spoken[1] == "TheButler: You are welcome."
    assert done.stdout.endswith("\n")


@pytest.mark.spec("HOST-25")
def test_it_says_where_to_look_and_keeps_everything_for_its_owner_alone(place: Any) -> None:
    done = place.butler("run", said="hello\n")
    assert "data in data, log in data/logs/butler.log" in done.stderr
    assert (place.data / "logs" / "butler.log").exists()
    open_to_others = [p for p in [place.data, *place.data.rglob("*")] if stat.S_IMODE(p.lstat().st_mode) & 0o077]
    assert open_to_others == []


@pytest.mark.spec("PLAT-7")
def test_a_goodbye_word_alone_on_a_line_ends_it(place: Any) -> None:
    done = place.butler("run", said="thank you, bye bye\n  Bye \nwho are you\n")
    assert done.returncode == 0
    assert "I am TheButler" not in done.stdout
    assert "You are welcome." in done.stdout


@pytest.mark.spec("PLAT-7")
def test_the_goodbye_words_are_those_that_were_agreed() -> None:
    assert {"exit", "terminate", "esc", "goodbye", "bye", "-esc"} == GOODBYES


def test_no_input_at_all_says_how_a_host_is_run_without_any(place: Any) -> None:
    done = place.butler("run")
    assert (done.returncode, "--no-console" in done.stderr) == (0, True)


@pytest.mark.spec("OPS-9")
def test_hostile_input_crashes_nothing_and_what_follows_is_answered(place: Any) -> None:
    lines = [
        b"\xff\xfe\x00\x01 not text", b"\xed\xa0\x80 half a pair", "\u202egnirts\u202c".encode(), b"a\x00b",
        ("Z" + "\u0300\u0489" * 400).encode(), b"/" + b"x" * 5000, b"/help " + b"y" * 100_000, b"w" * 100_000,
        b"\x1b[2J\x1b]0;title\x07", b"   ", b"",
    ]  # fmt: skip
    done = place.butler("run", said=b"\n".join([*lines, b"thank you\n"]))
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("You are welcome.")
    assert "Traceback" not in done.stderr + (place.data / "logs" / "butler.log").read_text()


@pytest.mark.spec("HOST-6")
def test_many_lines_at_once_are_all_answered_in_order(place: Any) -> None:
    said = [f"thanks {number}" for number in range(200)]
    done = place.butler("run", said="\n".join([*said, "/whoami"]))
    assert done.stdout.count("You are welcome.") == 200
    assert done.stdout.splitlines()[-2].startswith("Butler: You are ")


@pytest.mark.spec("HOST-25", "HOST-5")
def test_a_reader_that_goes_away_ends_it_cleanly_and_what_nobody_read_comes_at_the_next_start(place: Any) -> None:
    inside, outside = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "butler", "run"], cwd=place.folder, env=place.environment,
        stdin=subprocess.PIPE, stdout=outside, stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(outside)
    os.close(inside)
    assert process.stdin is not None
    process.stdin.write(b"thank you\n")
    process.stdin.flush()
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, b"Traceback" in errors) == (0, False)
    assert "TheButler: You are welcome." in place.butler("run").stdout


@pytest.mark.spec("HOST-25")
def test_a_signal_ends_it_cleanly(place: Any) -> None:
    process = place.start("--no-console")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert b"Traceback" not in errors
    assert not (place.data / "control.sock").exists()


@pytest.mark.spec("HOST-5")
def test_a_kill_in_the_middle_of_a_conversation_loses_nothing_and_says_nothing_twice(place: Any) -> None:
    process = place.start()
    process.stdin.write(b"".join(b"thanks %d\n" % number for number in range(300)))
    process.stdin.flush()
    heard = [process.stdout.readline() for _ in range(40)]
    process.kill()
    rest, _ = process.communicate()
    heard += rest.splitlines()
    later = place.butler("run").stdout
    answers = sum(b"You are welcome." in line for line in heard) + later.count("You are welcome.")
    assert answers == _count(place, "select count(*) from host_inbox where author = 'console:you'")


def _count(place: Any, sql: str) -> int:
    with contextlib.closing(sqlite3.connect(place.data / "butler.db")) as connection:
        return int(connection.execute(sql).fetchone()[0])


@pytest.mark.spec("HOST-25")
def test_a_second_host_on_the_same_data_is_refused_with_the_first_ones_process_id(place: Any) -> None:
    process = place.start("--no-console")
    done = place.butler("run")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"in use by process {process.pid} (run)" in done.stderr


@pytest.mark.spec("HOST-25")
def test_another_persona_can_be_at_home(place: Any) -> None:
    place.folder.joinpath("butler.toml").write_text('[personas.Ada]\nprompt = "You are Ada."\ngreeting = "I am Ada."\n')
    done = place.butler("run", "--persona", "Ada", said="who are you\n")
    assert done.stdout.startswith("Ada: I am Ada.")
    done = place.butler("run", "--persona", "Bob", said="hello\n")
    assert (done.returncode, "TheButler" in done.stderr) == (1, True)


@pytest.mark.spec("HOST-9")
def test_a_host_that_was_killed_is_started_again_by_its_supervisor_and_ends_with_it(place: Any) -> None:
    supervisor = place.start("--supervise", "--no-console")
    first = _holder(place)
    (place.data / "control.sock").unlink()
    os.kill(first, signal.SIGKILL)
    place.until((place.data / "control.sock").exists)
    assert _holder(place) not in {first, supervisor.pid}
    supervisor.terminate()
    supervisor.communicate(timeout=60)
    assert supervisor.returncode == 0
    assert place.butler("run").returncode == 0


def _holder(place: Any) -> int:
    return int(json.loads((place.data / "host.lock").read_text())["pid"])


@pytest.mark.spec("HOST-9")
def test_the_plugin_that_blocked_the_last_host_is_left_out_by_the_next(place: Any) -> None:
    place.data.mkdir()
    (place.data / "blocked.txt").write_text("karma\nthe event loop was blocked for 30 s\n")
    place.start("--no-console")
    (row,) = [row for row in place.json("plugins", "list") if row["name"] == "karma"]
    assert "blocked the event loop" in row["quarantined"][0]["reason"]
    checks = {check["name"]: check for check in place.json("doctor")}
    assert checks["quarantine"]["remedy"] == "butler plugins enable karma"
    assert place.butler("plugins", "enable", "karma").returncode == 0
    (row,) = [row for row in place.json("plugins", "list") if row["name"] == "karma"]
    assert row["quarantined"] == []
