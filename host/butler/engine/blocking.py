"""Who blocks the event loop is named and interrupted; if nothing helps the process ends, to be started anew (HOST-9).

A thread asks the loop for a sign of life, some times a second, and says who is on its stack when none comes.
As long as signs come it winds up a kernel timer, whose signal reaches the main thread even inside a sleep, a
lock or a regular expression; there an exception is raised inside of the plugin. What holds the interpreter
itself (one long step of C code) lets nothing run: it is written down and ended by the kernel's timers alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import IO, Final

import structlog

from butler.engine.dispatch import Dispatch
from butler.engine.faults import Blocked
from butler.engine.run import Run
from butler.engine.stack import is_interruptible, place, plugin_frame

log = structlog.get_logger("butler.blocking")

EXIT_BLOCKED = 70
"""The exit code of a process that ended itself because its loop was blocked for too long."""
BEAT = 0.2
"""Seconds between two questions."""
LAST_RESORT = 1.2
"""After so many deadly limits of work the kernel ends what does not even let this module run."""

_PACKAGE: Final = re.compile(r'File "[^"]*[/\\]butler_(\w+)[/\\]')
_OWN: Final = ("host", "butler")
"""Whose tasks are no plugin's."""
UNKNOWN: Final = "unknown"


class Blocking:
    """Watches the loop of one host. In another than the main thread it only names who blocks."""

    def __init__(
        self,
        dispatch: Dispatch,
        record: Path,
        *,
        limit: float = 1.0,
        deadly: float = 30.0,
        beat: float = BEAT,
        on_end: Callable[[str], None] | None = None,
    ) -> None:
        """After ``limit`` seconds a plugin is interrupted, after ``deadly`` the process ends.

        Who it was is written to ``record`` then (see :func:`last_culprit`), and given to ``on_end``, which runs
        in a thread.
        """
        self._dispatch = dispatch
        self._record = record
        self._limit = limit
        self._deadly = deadly
        self._beat = min(beat, limit / 2)
        self._on_end = on_end
        self._ended = threading.Event()
        self._alive = True
        self._told = False
        self._suspect: tuple[Run, int] | None = None
        self._trace: IO[str] | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop
        self._watched = 0
        self._winds = 0
        self._rarely = max(1, int(deadly / 10 / self._beat))
        """The traceback's timer is a thread of its own each time, so it is wound up less often."""

    def start(self) -> None:
        """Begin to watch the running loop; end it with :meth:`stop`, in the same thread."""
        self._loop = asyncio.get_running_loop()
        self._watched = threading.get_ident()
        self._ended.clear()
        if _may_interrupt():
            signal.signal(signal.SIGALRM, self._interrupt)
            self._trace = self._opened()
            self._wind_up(self._trace)
        else:
            log.warning("who blocks the event loop is named, but not interrupted", reason=_why_not())
        self._thread = threading.Thread(target=self._watch, name="butler-blocking", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._trace is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            faulthandler.cancel_dump_traceback_later()
            self._trace.close()
            self._trace = None
            _trace_of(self._record).unlink(missing_ok=True)

    # --- in the main thread ---------------------------------------------------------------------------

    def _interrupt(self, _: int, frame: FrameType | None) -> None:
        """Raise where a plugin was seen at the same call before. No logging here: its locks may be held below."""
        lane = self._dispatch.lanes.active
        run = lane.run if lane is not None else None
        seen = (run, run.position) if run is not None else None
        if seen is None or seen != self._suspect:
            self._suspect = seen
        elif is_interruptible(frame):
            self._suspect = None  # it has the same time again to clean up
            signal.setitimer(signal.ITIMER_REAL, self._limit, self._limit / 4)
            raise Blocked(f"it blocked the event loop for more than {self._limit:g} s at {place(frame)}")

    def _answer(self) -> None:
        self._alive = True

    # --- in the thread --------------------------------------------------------------------------------

    def _watch(self) -> None:
        silent = 0.0
        while not self._ended.wait(self._beat):
            if not self._alive:
                silent += self._beat  # not the clock: a process that was stopped for an hour was not blocked
                self._complain(silent)
                continue
            if self._told:
                log.warning("event loop goes on", seconds=round(silent, 1))
            silent, self._told, self._alive = 0.0, False, False
            if self._trace is not None:
                self._wind_up(self._trace)
            try:
                self._loop.call_soon_threadsafe(self._answer)
            except RuntimeError:  # the loop is closed
                return

    def _wind_up(self, trace: IO[str]) -> None:
        """The kernel's timers run from now on, unless they are wound up again."""
        self._suspect = None
        signal.setitimer(signal.ITIMER_REAL, self._limit, self._limit / 4)
        signal.setitimer(signal.ITIMER_PROF, self._deadly * LAST_RESORT)
        if self._winds % self._rarely == 0:
            with contextlib.suppress(OSError):
                trace.truncate(0)
            faulthandler.dump_traceback_later(self._deadly * 1.1, file=trace)
        self._winds += 1

    def _complain(self, silent: float) -> None:
        if silent > self._limit and not self._told:
            self._told = True
            frame = sys._current_frames().get(self._watched)
            log.error("event loop is blocked", plugin=self._culprit(), at=place(plugin_frame(frame)))
        if silent > self._deadly:
            self._end(silent)

    def _culprit(self) -> str:
        """The plugin whose code is on the stack, or whose own task runs (they are named ``karma:poll``)."""
        lane = self._dispatch.lanes.active
        run = lane.run if lane is not None else None
        if run is not None:
            return run.plugin or UNKNOWN
        task = asyncio.current_task(self._loop)
        owner, colon, _ = task.get_name().partition(":") if task is not None else ("", "", "")
        return owner if colon and owner not in _OWN else UNKNOWN

    def _end(self, silent: float) -> None:
        """Write who it was where the next start finds it, and end the process."""
        culprit = self._culprit()
        try:
            log.critical("the process ends itself, its event loop is blocked", plugin=culprit, seconds=round(silent))
            with self._record.open("w", encoding="utf-8") as file:
                file.write(f"{culprit}\nthe event loop was blocked for {silent:.0f} s\n")
                file.flush()
                faulthandler.dump_traceback(file)
            if self._on_end is not None:
                self._on_end(culprit)
        finally:  # also where nothing can be written
            os._exit(EXIT_BLOCKED)

    def _opened(self) -> IO[str]:
        try:
            return _trace_of(self._record).open("w", encoding="utf-8")
        except OSError as error:
            log.warning("who holds the interpreter itself will not be written down", reason=str(error))
            return open(os.devnull, "w", encoding="utf-8")


def last_culprit(record: Path) -> str:
    """Which plugin made the process end itself the last time, or ``""``; the records are put aside.

    Call it before :meth:`Blocking.start`. Where the interpreter itself was held only the stack was written:
    then it is whose package stands on it.
    """
    found = ""
    for file, find in ((record, _named), (_trace_of(record), _on_stack)):
        if file.exists():
            found = found or find(file.read_text(encoding="utf-8", errors="replace"))
            file.replace(file.with_suffix(f"{file.suffix}.seen"))
    return found


def _named(text: str) -> str:
    first = text.partition("\n")[0]
    return "" if first == UNKNOWN else first


def _on_stack(text: str) -> str:
    found = _PACKAGE.search(text)
    return found[1] if found else ""


def _trace_of(record: Path) -> Path:
    return record.with_suffix(".trace")


def _may_interrupt() -> bool:
    return not _why_not()


def _why_not() -> str:
    if threading.current_thread() is not threading.main_thread():
        return "the host does not run in the main thread"
    if not hasattr(signal, "setitimer"):
        return "this platform has no interval timers"
    if signal.getsignal(signal.SIGALRM) is not signal.SIG_DFL:
        return "somebody else in this process uses SIGALRM"
    return ""
