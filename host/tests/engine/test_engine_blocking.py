"""Who blocks the event loop is named, interrupted, and in the end costs the process, which then knows who it was."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from butler.clock import Clock
from butler.engine.blocking import EXIT_BLOCKED, Blocking, last_culprit
from butler.engine.dispatch import Dispatch
from butler.engine.quarantine import Quarantine
from butler.engine.tables import Calls
from butler.model import Stop

pytestmark = pytest.mark.spec("HOST-9")

LIMIT = 0.08


def _count() -> None:
    number = 0
    while number < 10**10:
        number += 1


def _sleep() -> None:
    time.sleep(20)


def _lock() -> None:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire(timeout=20)


def _expression() -> None:
    re.match(r"(a+)+$", "a" * 40 + "b")


def _process() -> None:
    subprocess.run([sys.executable, "-c", "import time; time.sleep(20)"], check=False)


WAYS: dict[str, Callable[[], None]] = {
    "a loop": _count,
    "a sleep": _sleep,
    "a lock": _lock,
    "a regular expression": _expression,
    "a subprocess": _process,
}


@pytest.fixture
def dispatch() -> Dispatch:
    return Dispatch(Quarantine(Clock(), lambda notice: None))


@pytest.fixture
def watched(dispatch: Dispatch, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Runs a coroutine in a real loop that is watched."""

    def play(work: Any, limit: float = LIMIT) -> Any:
        async def main() -> Any:
            blocking = Blocking(dispatch, tmp_path / "blocked.txt", limit=limit, beat=0.02)
            blocking.start()
            try:
                return await work
            finally:
                blocking.stop()
                dispatch.shut_down()

        return asyncio.run(main())

    yield play
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    assert [thread for thread in threading.enumerate() if thread.name == "butler-blocking"] == []
    assert list(tmp_path.iterdir()) == []


def _pause(seconds: float) -> None:
    time.sleep(seconds)


def until(done: Callable[[], bool]) -> None:
    """Blocks until something was seen; gives up after some seconds, so that the test fails instead of hanging."""
    end = time.monotonic() + 5
    while not done() and time.monotonic() < end:
        with contextlib.suppress(BaseException):  # it cannot be interrupted
            time.sleep(0.001)


def blamed(logs: Any) -> list[Any]:
    """What the log says of who blocks."""
    return [entry for entry in logs if entry["event"] == "event loop is blocked"]


async def end(*_: Any) -> Stop:
    return Stop("the end")


def blocks(how: Callable[[], None], *, after: float = 0.0) -> Calls:
    async def block(*_: Any) -> None:
        await asyncio.sleep(after)
        how()

    return Calls("on_message", (block, end), ("culprit", "end"), (2.0, 2.0))


@pytest.mark.parametrize("way", WAYS)
def test_a_plugin_that_blocks_is_interrupted_and_the_others_are_called(way: str, dispatch: Any, watched: Any) -> None:
    results: list[Any] = []
    limit = 0.4 if way == "a subprocess" else LIMIT  # to be started and to be killed takes its time
    run = watched(dispatch.run(blocks(WAYS[way]), (1,), "test:g", results), limit=limit)
    assert [(fault.plugin, fault.kind) for fault in run.faults] == [("culprit", "blocked")]
    assert "test_engine_blocking.py" in run.faults[0].error or "/" in run.faults[0].error
    assert results == [("end", Stop("the end"))]


def test_it_is_interrupted_after_it_had_to_wait_as_well(dispatch: Any, watched: Any) -> None:
    run = watched(dispatch.run(blocks(_count, after=0.01), (1,), "test:g", []))
    assert [fault.kind for fault in run.faults] == ["blocked"]


def test_a_single_call_that_blocks_is_interrupted(dispatch: Any, watched: Any) -> None:
    async def block() -> None:
        _count()

    _, fault = watched(dispatch.guarded("culprit", "command x", block, guild="test:g", deadline=30))
    assert (fault.plugin, fault.hook, fault.kind) == ("culprit", "command x", "blocked")


def test_a_plugin_that_swallows_the_interruption_is_interrupted_again(dispatch: Any, watched: Any) -> None:
    swallowed = []

    def block() -> None:
        try:
            _count()
        except BaseException as error:  # noqa: BLE001 - what careless plugins do
            swallowed.append(type(error).__name__)
        _count()

    run = watched(dispatch.run(blocks(block), (1,), "test:g", []))
    assert swallowed == ["Blocked"]
    assert [fault.kind for fault in run.faults] == ["blocked"]


def test_a_plugin_that_is_interrupted_may_clean_up(dispatch: Any, watched: Any) -> None:
    cleaned = []

    def block() -> None:
        try:
            _count()
        finally:
            _pause(0.16)  # more than a quarter of the limit, after which the kernel's timer looks again
            cleaned.append(True)

    run = watched(dispatch.run(blocks(block), (1,), "test:g", []), limit=0.4)
    assert cleaned == [True]
    assert [fault.kind for fault in run.faults] == ["blocked"]


def test_the_inner_of_two_plugins_is_the_one_that_is_interrupted(dispatch: Any, watched: Any) -> None:
    async def block() -> None:
        _count()

    async def asks(*_: Any) -> Stop:
        _, fault = await dispatch.guarded("inner", "offer x", block, guild="test:g", deadline=2.0)
        return Stop(f"{fault.plugin} {fault.kind}")

    results: list[Any] = []
    run = watched(dispatch.run(Calls("on_message", (asks,), ("outer",), (2.0,)), (1,), "test:g", results))
    assert results == [("outer", Stop("inner blocked"))]
    assert run.faults == ()


def test_code_outside_of_every_plugin_is_named_but_not_interrupted(watched: Any) -> None:
    with structlog.testing.capture_logs() as logs:

        async def block() -> str:
            end = time.monotonic() + 5
            while not blamed(logs) and time.monotonic() < end:
                pass
            _pause(2 * LIMIT)
            return "unharmed"

        assert watched(block()) == "unharmed"
    assert [entry["plugin"] for entry in blamed(logs)] == ["unknown"]


@pytest.mark.parametrize(("name", "told"), [("karma:poll", "karma"), ("host:ticks", "unknown"), ("Task-1", "unknown")])
def test_a_plugins_own_task_that_blocks_is_named_by_its_owner(name: str, told: str, watched: Any) -> None:
    with structlog.testing.capture_logs() as logs:

        async def poll() -> None:
            until(lambda: bool(blamed(logs)))

        async def main() -> None:
            await asyncio.create_task(poll(), name=name)

        watched(main())
    assert [entry["plugin"] for entry in blamed(logs)] == [told]


def test_the_culprit_is_named_in_the_log_while_it_blocks(dispatch: Any, watched: Any) -> None:
    with structlog.testing.capture_logs() as logs:
        watched(dispatch.run(blocks(lambda: until(lambda: bool(blamed(logs)))), (1,), "test:g", []))
    (told,) = blamed(logs)
    assert told["plugin"] == "culprit"
    assert "test_engine_blocking.py" in told["at"]


def test_an_import_is_not_interrupted(dispatch: Any, watched: Any, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("slow")
    (folder / "slow_to_import_7.py").write_text(
        f"import time\nfor _ in range(20): time.sleep({LIMIT / 5})\nfine = True\n"
    )

    def load() -> None:
        sys.path.insert(0, str(folder))
        try:
            import slow_to_import_7  # type: ignore[import-not-found]
        finally:
            sys.path.remove(str(folder))
            sys.modules.pop("slow_to_import_7", None)
        assert slow_to_import_7.fine

    run = watched(dispatch.run(blocks(load), (1,), "test:g", []))
    assert run.faults == ()


def test_a_busy_loop_that_keeps_beating_is_left_in_peace(dispatch: Any, watched: Any) -> None:
    async def busy() -> int:
        done = 0
        end_of_work = time.monotonic() + 0.6
        while time.monotonic() < end_of_work:
            run = await dispatch.run(Calls("on_message", (end,) * 50, ("p",) * 50, (2.0,) * 50), (1,), "test:g", [])
            assert run.faults == ()
            done += 1
            await asyncio.sleep(0)
        return done

    with structlog.testing.capture_logs() as logs:
        assert watched(busy(), limit=0.4) > 0
    assert blamed(logs) == []


def test_being_seen_once_on_the_stack_is_not_blocking(dispatch: Any, watched: Any) -> None:
    """The timer may fire late, when another plugin has just begun."""

    async def quick(*_: Any) -> None:
        signal.raise_signal(signal.SIGALRM)
        signal.setitimer(signal.ITIMER_REAL, 0)

    calls = Calls("on_message", (quick,) * 5, tuple("abcde"), (2.0,) * 5)
    assert watched(dispatch.run(calls, (1,), "test:g", []), limit=5.0).faults == ()


def test_short_blocks_do_not_add_up(watched: Any) -> None:
    async def often() -> None:
        for _ in range(3):
            _pause(0.2)
            await asyncio.sleep(0.05)

    with structlog.testing.capture_logs() as logs:
        watched(often(), limit=0.5)
    assert blamed(logs) == []


def test_elsewhere_than_in_the_main_thread_it_says_so_and_names(dispatch: Any, tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logs:

        async def main() -> None:
            blocking = Blocking(dispatch, tmp_path / "blocked.txt", limit=LIMIT, beat=0.02)
            blocking.start()
            await dispatch.run(blocks(lambda: until(lambda: bool(blamed(logs)))), (1,), "test:g", [])
            blocking.stop()
            dispatch.shut_down()

        thread = threading.Thread(target=lambda: asyncio.run(main()))
        thread.start()
        thread.join()
    assert "main thread" in logs[0]["reason"]
    assert [entry["plugin"] for entry in blamed(logs)] == ["culprit"]


def test_somebody_elses_alarm_is_left_alone(dispatch: Any, tmp_path: Path) -> None:
    def handler(*_: Any) -> None: ...

    async def main() -> None:
        blocking = Blocking(dispatch, tmp_path / "blocked.txt")
        blocking.start()
        blocking.stop()

    before = signal.signal(signal.SIGALRM, handler)
    try:
        with structlog.testing.capture_logs() as logs:
            asyncio.run(main())
        assert signal.getsignal(signal.SIGALRM) is handler
        assert "SIGALRM" in logs[0]["reason"]
    finally:
        signal.signal(signal.SIGALRM, before)


DYING = """
import asyncio, sys
from pathlib import Path
from butler.clock import Clock
from butler.engine.blocking import Blocking
from butler.engine.dispatch import Dispatch
from butler.engine.quarantine import Quarantine
from butler.engine.tables import Calls
sys.path.insert(0, {folder!r})
import butler_culprit

async def main():
    dispatch = Dispatch(Quarantine(Clock(), lambda notice: None))
    Blocking(dispatch, Path({record!r}), limit=0.1, deadly=0.4, beat=0.05, on_end=lambda who: print("end", who)).start()
    await dispatch.run(Calls("on_message", (butler_culprit.hook,), ("culprit",), (2.0,)), (1,), "test:g", [])
    print("went on")

asyncio.run(main())
"""


def _dies(tmp_path: Path, body: str) -> subprocess.CompletedProcess[str]:
    package = tmp_path / "plugins" / "butler_culprit"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(f"import time\nasync def hook(message):\n    {body}\n")
    code = DYING.format(folder=str(package.parent), record=str(tmp_path / "blocked.txt"))
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)


SWALLOWS = "while True:\n        try:\n            time.sleep(9)\n        except BaseException:\n            pass"


def test_what_cannot_be_interrupted_costs_the_process_which_says_who_it_was(tmp_path: Path) -> None:
    done = _dies(tmp_path, SWALLOWS)
    assert done.returncode == EXIT_BLOCKED == 70
    assert "end culprit" in done.stdout
    assert "went on" not in done.stdout
    assert "butler_culprit" in (tmp_path / "blocked.txt").read_text()
    assert last_culprit(tmp_path / "blocked.txt") == "culprit"
    assert last_culprit(tmp_path / "blocked.txt") == ""


def test_it_ends_the_process_also_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "blocked.txt").mkdir()
    (tmp_path / "blocked.trace").mkdir()
    assert _dies(tmp_path, SWALLOWS).returncode == EXIT_BLOCKED


def test_what_holds_the_interpreter_itself_is_ended_by_the_kernel_and_known_by_its_package(tmp_path: Path) -> None:
    done = _dies(tmp_path, "return sum(range(10**13))")
    assert done.returncode == -signal.SIGPROF
    assert last_culprit(tmp_path / "blocked.txt") == "culprit"
    assert last_culprit(tmp_path / "blocked.txt") == ""


def test_without_a_record_nobody_is_named(tmp_path: Path) -> None:
    assert last_culprit(tmp_path / "blocked.txt") == ""
    (tmp_path / "blocked.txt").write_text("unknown\nthe event loop was blocked\n")
    assert last_culprit(tmp_path / "blocked.txt") == ""
