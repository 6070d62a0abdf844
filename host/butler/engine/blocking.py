"""Who blocks the event loop is named, interrupted, and after 30 s the process is ended to be started anew (HOST-9).

Each beat of the loop winds up a kernel timer. If the loop does not beat, its signal reaches the main thread
even inside a regular expression or a sleep, and an exception is raised there, if that is inside of a plugin
and not inside of asyncio. A thread ends the process when nothing helps.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import structlog

from butler.engine.dispatch import Dispatch
from butler.engine.faults import Blocked

log = structlog.get_logger("butler.blocking")

EXIT_BLOCKED = 70
"""The exit code of a process that ended itself because its loop was blocked for too long."""
BEAT = 0.2
"""Seconds between two beats."""

_ASYNCIO = os.path.dirname(asyncio.__file__)


class Blocking:
    """Watches one loop, which has to run in the main thread; elsewhere it only names, and interrupts nothing."""

    def __init__(self, dispatch: Dispatch, record: Path, *, limit: float = 1.0, deadly: float = 30.0) -> None:
        self._dispatch = dispatch
        self._record = record
        self._limit = limit
        self._deadly = deadly
        self._beat = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop
        self._former: Any = None
        self._told = False

    def start(self) -> None:
        """Begin to watch the running loop."""
        self._loop = asyncio.get_running_loop()
        self._beat = time.monotonic()
        if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
            self._former = signal.signal(signal.SIGALRM, self._interrupt)
        else:
            log.info("who blocks the loop is named but not interrupted: it does not run in the main thread")
        self._pulse()
        self._thread = threading.Thread(target=self._watch, name="butler-blocking", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._ended.set()
        if self._timer is not None:
            self._timer.cancel()
        if self._former is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._former)
            self._former = None
        if self._thread is not None:
            self._thread.join()

    def _pulse(self) -> None:
        self._beat = time.monotonic()
        self._told = False
        if self._former is not None:
            signal.setitimer(signal.ITIMER_REAL, self._limit + BEAT, self._limit)
        self._timer = self._loop.call_later(BEAT, self._pulse)

    def _interrupt(self, _: int, frame: FrameType | None) -> None:
        """In the main thread, between two of its instructions: who is it, and may it be interrupted here?"""
        culprit = self._culprit()
        if not self._told:
            self._told = True
            log.error("event loop is blocked", plugin=culprit or "unknown", at=_place(frame))
        if culprit and _inside(frame, self._dispatch.fences):
            raise Blocked(f"it blocked the event loop for {self._limit:g} s at {_place(frame)}")

    def _culprit(self) -> str:
        return self._dispatch.culprit(asyncio.tasks.current_task(self._loop))

    def _watch(self) -> None:
        while not self._ended.wait(min(1.0, self._deadly / 4)):
            silent = time.monotonic() - self._beat
            if silent > self._deadly:
                self._end(silent)

    def _end(self, silent: float) -> None:
        """Write who it was where the next start finds it, and end the process."""
        culprit = self._culprit() or "unknown"
        with self._record.open("w", encoding="utf-8") as file:
            file.write(f"{culprit}\nthe event loop was blocked for {silent:.0f} s\n")
            file.flush()
            faulthandler.dump_traceback(file)
        log.critical("the process ends itself, its event loop is blocked", plugin=culprit, seconds=round(silent))
        os._exit(EXIT_BLOCKED)


def last_culprit(record: Path) -> str:
    """Which plugin made the process end itself the last time, or ``""``; the record is taken away."""
    try:
        first = record.read_text(encoding="utf-8").partition("\n")[0]
    except OSError:
        return ""
    record.replace(record.with_suffix(".seen"))
    return "" if first == "unknown" else first


def _inside(frame: FrameType | None, fences: Callable[[CodeType], bool]) -> bool:
    """Whether a frame belongs to code that a fence awaits, and asyncio is not in between."""
    depth = 0
    while frame is not None:
        if frame.f_code.co_filename.startswith(_ASYNCIO):
            return False
        if fences(frame.f_code):
            return depth > 0
        frame, depth = frame.f_back, depth + 1
    return False


def _place(frame: FrameType | None) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "?"
