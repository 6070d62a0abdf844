"""No function holds the store for ever: one that overstays is interrupted, told so, and taken back."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from types import CoroutineType
from typing import TypeVar

import structlog

from butler.errors import StoreError

T = TypeVar("T")
_log = structlog.get_logger("butler.store")


class Overstayed(BaseException):
    """Raised inside a function that ran too long; not an Exception, so that it is not swallowed by habit."""


class _Withdrawn(BaseException):
    """Takes the place of an interruption that came too late."""


def _withdraw() -> None:
    """Take back an interruption of this thread that was not raised yet.

    Setting it to nothing would leave CPython's sign that one is pending for good: from then on every thread
    would look for it at each step, and one that is traced would never get past its first (3.11).
    So something else is put in its place, and caught here, which clears the sign.
    """
    me = ctypes.c_ulong(threading.get_ident())
    try:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(me, ctypes.py_object(_Withdrawn))
        while True:  # it is raised at one of the next steps
            time.sleep(0)
    except _Withdrawn:
        return


class Seat:
    """Where one thread of the store runs functions of plugins; the :class:`Limit` looks at it."""

    def __init__(self, limit: Limit, seconds: float, interrupt: Callable[[], None]) -> None:
        self._limit = limit
        self._interrupt = interrupt
        self._lock = threading.Lock()
        self._thread = 0
        self._owner = ""
        self._since = 0.0
        self._late = False
        self.seconds = seconds

    @property
    def taken(self) -> bool:
        """A function runs on it."""
        return self._since > 0

    def run(self, fn: Callable[[], T], owner: str) -> T:
        """Run a function. Raises what it raises, or StoreError when it took longer than its limit."""
        self._begin(owner)
        try:
            try:
                result = fn()
            finally:
                self._end()
        except BaseException as error:
            self._end()  # the interruption may have hit the line above; a second time does no harm
            if self._late:
                raise self._overstayed(owner) from error
            raise
        if self._late:
            raise self._overstayed(owner)
        if isinstance(result, CoroutineType):
            result.close()
            raise StoreError(
                f"a function that {owner} gave to the store is async",
                remedy="give it a plain one: nothing can be awaited inside it",
            )
        return result

    def _begin(self, owner: str) -> None:
        self._thread = threading.get_ident()
        self._owner = owner
        self._late = False
        self._since = time.monotonic()  # measured on the machine's clock: the work is real, also in tests
        self._limit.arm()

    def _end(self) -> None:
        with self._lock:
            self._since = 0.0
            if self._late:
                _withdraw()

    def _overstayed(self, owner: str) -> StoreError:
        return StoreError(
            f"a function of {owner} held the store for more than {self.seconds:g} s and was interrupted",
            remedy="do less in one function, and nothing that waits: the store runs one after the other",
        )

    def look(self, now: float) -> None:
        """Called by the limit's thread: interrupt what overstays, and again while it goes on."""
        with self._lock:
            if not self._since or now - self._since < self.seconds:
                return
            if not self._late:
                self._late = True
                _log.warning("a function overstays in the store", owner=self._owner, limit=self.seconds)
            self._interrupt()
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), ctypes.py_object(Overstayed))


class Limit:
    """The thread that looks at the seats, only while a function runs on one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._seats: list[Seat] = []
        self._armed = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def seat(self, seconds: float, interrupt: Callable[[], None]) -> Seat:
        """A seat for one thread whose functions may take so many seconds. Before :meth:`start`."""
        seat = Seat(self, seconds, interrupt)
        self._seats.append(seat)
        return seat

    def start(self) -> None:
        """Start looking."""
        self._thread = threading.Thread(target=self._look, name=f"{self._name}-limit", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop looking; returns when the thread has ended."""
        self._stopped.set()
        self._armed.set()
        if self._thread is not None:
            self._thread.join()

    def arm(self) -> None:
        """A function begins."""
        if not self._armed.is_set():
            self._armed.set()

    def _look(self) -> None:
        tick = min(seat.seconds for seat in self._seats) / 4
        while not self._stopped.is_set():
            self._armed.wait()
            if self._stopped.wait(tick):
                return
            self._armed.clear()
            now = time.monotonic()
            for seat in self._seats:
                seat.look(now)
            if any(seat.taken for seat in self._seats):
                self._armed.set()
