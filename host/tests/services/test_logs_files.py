"""One file that rotates and the terminal, read back by ``butler logs`` (HOST-23)."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from butler.logs import Logs, configure, read_logs

log = structlog.get_logger("butler.test")


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    threads, handlers = threading.active_count(), list(logging.getLogger().handlers)
    yield
    assert threading.active_count() == threads
    assert logging.getLogger().handlers == handlers


class Gone(io.StringIO):
    """A terminal that was closed."""

    def write(self, _: str) -> int:
        raise BrokenPipeError


def entries(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.spec("HOST-23")
def test_each_entry_is_a_line_of_json_with_its_fields(tmp_path: Path) -> None:
    with Logs(tmp_path) as logs:
        log.info("karma given", person="ann", points=2, text="zwei\nZeilen \ud800")
    (entry,) = entries(logs.path)
    assert {name: entry[name] for name in ("level", "logger", "event", "person", "points")} == {
        "level": "info",
        "logger": "butler.test",
        "event": "karma given",
        "person": "ann",
        "points": 2,
    }
    assert dt.datetime.fromisoformat(str(entry["at"])).tzinfo is not None


@pytest.mark.spec("HOST-23")
def test_the_terminal_shows_one_short_line_and_no_control_characters(tmp_path: Path) -> None:
    terminal = io.StringIO()
    with Logs(tmp_path, terminal=terminal):
        try:
            raise ValueError("no\x1b[2Jscreen")
        except ValueError:
            log.exception("it failed", who="a\nb")
    (line,) = terminal.getvalue().splitlines()
    assert line[8:] == ' error test: it failed · who="a\\nb" error="ValueError: no\\u001b[2Jscreen"'


def test_a_terminal_that_is_one_has_colour(tmp_path: Path) -> None:
    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    with Logs(tmp_path, terminal=terminal):
        log.warning("careful")
    assert "\x1b[33mwarning\x1b[0m test: careful" in terminal.getvalue()


@pytest.mark.spec("HOST-23")
def test_libraries_are_heard_only_from_warning_on_and_on_the_terminal_only_errors(tmp_path: Path) -> None:
    terminal = io.StringIO()
    library = logging.getLogger("a.library")
    with Logs(tmp_path, terminal=terminal, level="debug") as logs:
        library.info("chatter")
        library.warning("odd")
        library.error("broken")
        log.debug("mine")
    assert [entry["event"] for entry in entries(logs.path)] == ["odd", "broken", "mine"]
    assert [line.rpartition(" ")[2] for line in terminal.getvalue().splitlines()] == ["broken", "mine"]


@pytest.mark.spec("HOST-23")
def test_the_file_rotates_and_old_ones_are_let_go(tmp_path: Path) -> None:
    with Logs(tmp_path, max_bytes=2_000, backups=2) as logs:
        for number in range(100):
            log.info("entry", number=number)
    sizes = [file.stat().st_size for file in logs.path.parent.iterdir()]
    assert len(sizes) == 3
    assert max(sizes) <= 2_000
    assert [entry["number"] for entry in read_logs(logs.path, limit=30)] == list(range(70, 100))


@pytest.mark.spec("HOST-23")
def test_the_log_is_for_its_owners_eyes_only(tmp_path: Path) -> None:
    with Logs(tmp_path) as logs:
        log.info("private")
    assert logs.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.spec("HOST-23")
def test_two_hosts_in_one_process_keep_their_logs_apart(tmp_path: Path) -> None:
    async def one(name: str) -> Path:
        logs = Logs(tmp_path / name)
        logs.start()
        await asyncio.sleep(0)
        log.info("mine", of=name)
        await asyncio.create_task(said_by_a_task(name))
        await logs.stop()
        return logs.path

    async def said_by_a_task(name: str) -> None:
        log.info("my task's", of=name)

    async def both() -> tuple[Path, Path]:
        return await asyncio.gather(one("left"), one("right"))

    for path, name in zip(asyncio.run(both()), ("left", "right"), strict=True):
        assert [entry["of"] for entry in entries(path)] == [name, name]


def test_setting_up_twice_writes_once(tmp_path: Path) -> None:
    logs = Logs(tmp_path)
    logs.start()
    logs.start()
    configure()
    log.info("once")
    logs.close()
    logs.close()
    assert len(entries(logs.path)) == 1


@pytest.mark.spec("HOST-23", "OPS-9")
def test_a_slow_disk_never_holds_up_the_caller_and_the_gap_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr("butler.logs.setup._QUEUE", 10)
    stuck = threading.Event()

    class Slow(io.StringIO):
        def write(self, text: str) -> int:
            stuck.set()
            release.wait(10)
            return super().write(text)

    with Logs(tmp_path, terminal=Slow()) as logs:
        log.info("first")
        stuck.wait(10)
        for number in range(50):
            log.info("burst", number=number)
        release.set()
        while not logs._entries.queue.empty():  # type: ignore[union-attr]
            threading.Event().wait(0.001)
        log.info("last")
    events = [entry["event"] for entry in entries(logs.path)]
    assert events == [
        "first",
        *["burst"] * 10,
        "40 log entries were dropped because the disk or the terminal was too slow",
        "last",
    ]


@pytest.mark.spec("OPS-9")
def test_a_disk_that_refuses_is_told_of_once_and_once_when_it_is_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    full = [True, True, True, False, False]

    def flush(self: logging.StreamHandler[io.TextIOWrapper]) -> None:
        if self.__class__.__name__ == "LogFile" and full and full.pop(0):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(logging.StreamHandler, "flush", flush)
    with Logs(tmp_path):
        for _ in range(5):
            log.info("entry")
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert "No space left on device" in said[0]
    assert "written again" in said[1]


def test_a_terminal_that_is_gone_costs_the_file_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Logs(tmp_path, terminal=Gone()) as logs:
        log.info("heard")
    assert len(entries(logs.path)) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.spec("HOST-23")
def test_logs_are_read_by_level_plugin_and_time(tmp_path: Path) -> None:
    path = tmp_path / "butler.log"
    lines = [
        {"at": "2026-01-01T00:00:00+00:00", "level": "error", "logger": "butler.karma", "event": "old"},
        {"at": "2026-01-02T00:00:00Z", "level": "info", "logger": "butler.karma", "event": "quiet"},
        {"at": "2026-01-02T00:00:01Z", "level": "warning", "logger": "butler.karma.store", "event": "below"},
        {
            "at": "2026-01-02T00:00:02Z",
            "level": "error",
            "logger": "butler.dispatch",
            "plugin": "karma",
            "event": "about",
        },
        {"at": "2026-01-02T00:00:03Z", "level": "error", "logger": "butler.karmatic", "event": "another"},
    ]
    path.write_text("\n".join(map(json.dumps, lines)) + '\n{"at": "torn')
    found = read_logs(path, level="warning", since=dt.datetime(2026, 1, 2, tzinfo=dt.UTC), plugin="karma")
    assert [entry["event"] for entry in found] == ["below", "about"]
    assert [entry["event"] for entry in read_logs(path, limit=1)] == ["another"]
    assert list(read_logs(tmp_path / "none.log")) == []


@pytest.mark.spec("HOST-23")
def test_following_shows_what_comes_across_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "butler.log"

    def add(number: int, end: str = "\n") -> None:
        with path.open("a") as file:
            file.write(json.dumps({"level": "info", "event": number}) + end)

    add(0)
    add(1)

    def rotate() -> None:
        path.rename(f"{path}.1")

    steps: Iterator[Callable[[], object]] = iter(
        [lambda: add(2, end=""), lambda: add(3, end=""), rotate, lambda: add(4)]
    )

    def wait() -> None:
        """The next step; a line that was left unfinished is finished before it."""
        if path.exists() and path.read_text().endswith("}"):
            with path.open("a") as file:
                file.write("\n")
        next(steps)()

    assert [entry["event"] for entry in read_logs(path, follow=True, limit=1, wait=wait)] == [1, 2, 3, 4]
