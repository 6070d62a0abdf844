"""The store is away, locked, full or read-only: telling that apart from wrong SQL, and saying it once."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Trouble(BaseException):
    """The surroundings failed, not the statement: the same again may work later.

    It stays inside the store, and is no Exception, so that no batch swallows it.
    """

    def __init__(self, what: str, remedy: str, *, passing: bool = False, reconnect: bool = False) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy
        self.passing = passing
        """It may end without anybody's doing (a lock, a server that starts): worth waiting for at the start too."""
        self.reconnect = reconnect
        """The connection was lost, a new one may do: not worth a word when it does at once."""
        self.unit: Callable[[], object] | None = None
        """The plugin's function that met it, if one did."""


class Destroyed(BaseException):
    """A unit ended the transaction that it shares; like :class:`Trouble` no Exception."""


class Report:
    """Says once that trouble began and once that it is over, however many threads and tries see it."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._affected: set[str] = set()

    @property
    def going_on(self) -> bool:
        """Somebody waits for the store at this moment."""
        return bool(self._affected)

    def begin(self, who: str, trouble: Trouble) -> None:
        """``who`` (a thread of the store) cannot go on."""
        with self._lock:
            first = not self._affected
            self._affected.add(who)
        if first:
            self._tell(f"the store waits: {trouble.what}; {trouble.remedy}; nothing acknowledged is lost")

    def over(self, who: str) -> None:
        """``who`` goes on again; harmless when it was never troubled."""
        with self._lock:
            last = self._affected == {who}
            self._affected.discard(who)
        if last:
            self._tell("the store works again")
