"""What can go wrong around a host: the store cannot be written, the platform is away, slow, or refuses."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from butler.errors import PlatformError, RateLimited
from butler.model import Action

if TYPE_CHECKING:
    from butler.testing.house import House


class Faults:
    """``house.faults``: each fault lasts as long as its ``with`` block; at its end the house settles.

    Within a fault of the store virtual time goes on though the store is waited for.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self.store_is_away = False
        """A fault keeps the store from being written."""

    # --- the store ----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def store_locked(self) -> Iterator[None]:
        """Another process holds the lock of the database."""
        path = self._house.host.database.url.removeprefix("sqlite:///")
        other = sqlite3.connect(path, timeout=10, isolation_level=None)
        try:
            other.execute("begin immediate")
            with self._away():
                yield
        finally:
            other.close()
        self._house.settle()

    @contextlib.contextmanager
    def disk_full(self) -> Iterator[None]:
        """No transaction can be written: the disk is full."""
        with self._refused(sqlite3.SQLITE_FULL, "database or disk is full"):
            yield
        self._house.settle()

    @contextlib.contextmanager
    def read_only(self) -> Iterator[None]:
        """No transaction can be written: the file is read-only."""
        with self._refused(sqlite3.SQLITE_READONLY, "attempt to write a readonly database"):
            yield
        self._house.settle()

    @contextlib.contextmanager
    def _away(self) -> Iterator[None]:
        self.store_is_away = True
        try:
            yield
        finally:
            self.store_is_away = False

    @contextlib.contextmanager
    def _refused(self, code: int, what: str) -> Iterator[None]:
        """The writer's connection refuses to begin; everything behind that is the real thing."""
        running = self._house.host.database._running
        assert running is not None, "the house does not run"
        link: Any = running.writer._link

        def begin() -> None:
            error = sqlite3.OperationalError(what)
            error.sqlite_errorcode = code
            raise error

        link.begin = begin
        try:
            with self._away():
                yield
        finally:
            del link.begin

    # --- the platform -------------------------------------------------------------------------------

    @contextlib.contextmanager
    def platform_down(self) -> Iterator[None]:
        """The platform cannot be reached; what people do meanwhile arrives at the end."""
        world = self._house.world
        world.down = True
        try:
            yield
        finally:
            world.down = False
            world.wake()
        self._house.settle()

    def platform_drops_answer(self, times: int = 1) -> None:
        """The next actions are done, but the host is not told."""
        self._house.world.drop_answers += times

    @contextlib.contextmanager
    def slow(self, seconds: float) -> Iterator[None]:
        """Each action takes so many (virtual) seconds."""
        world = self._house.world
        before, world.delay = world.delay, seconds
        try:
            yield
        finally:
            world.delay = before

    @contextlib.contextmanager
    def platform_refuses(self, error: PlatformError | None = None, *, times: int = 1_000_000) -> Iterator[None]:
        """The next actions are refused with an error: ``RateLimited``, ``Unsupported``, ``Lost``, …"""
        world = self._house.world
        left = [times]

        def refuse(action: Action) -> None:
            if left[0] > 0:
                left[0] -= 1
                raise error or PlatformError(f"{action.kind} is refused")

        before, world.before = world.before, refuse
        try:
            yield
        finally:
            world.before = before
        self._house.settle()

    def rate_limited(self, retry_after: float, *, times: int = 1) -> contextlib.AbstractContextManager[None]:
        """The next actions are to be tried again after so many seconds."""
        return self.platform_refuses(RateLimited("too fast", retry_after=retry_after), times=times)
