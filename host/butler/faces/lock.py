"""One host per data directory: a lock that the system lets go of when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path

from attrs import frozen

from butler.errors import StoreError


@frozen
class Holder:
    """Who holds a data directory: process id, and what it does (``run``, or a command of the moment)."""

    pid: int = 0
    what: str = ""

    def __str__(self) -> str:
        return f"process {self.pid} ({self.what})" if self.pid else "another process"


class DataLock:
    """Take it before the store is opened, release it after it was closed."""

    def __init__(self, data: Path) -> None:
        self.path = data / "host.lock"
        self._file = -1

    def take(self, what: str, *, patience: float = 0.0) -> None:
        """Hold the directory. Another command of the moment is waited for, ``patience`` seconds at most.

        Raises ``StoreError`` that names the process which holds it.
        """
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        end = time.monotonic() + patience
        while not self._try(what):
            holder = self.holder()
            if holder.what == "run" or time.monotonic() >= end:
                raise StoreError(
                    f"{self.path.parent} is in use by {holder}",
                    remedy="end that one first, or give another directory by --data",
                )
            time.sleep(0.05)

    def _try(self, what: str) -> bool:
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        os.truncate(file, 0)
        os.pwrite(file, json.dumps({"pid": os.getpid(), "what": what}).encode(), 0)
        self._file = file
        return True

    def holder(self) -> Holder:
        """Who holds it now; ``Holder()`` if nobody does or nobody can say."""
        try:
            file = os.open(self.path, os.O_RDWR)
        except OSError:
            return Holder()
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read(file)
        else:
            return Holder()
        finally:
            os.close(file)

    def release(self) -> None:
        """Let go; the file stays, it means nothing by itself."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1


def _read(file: int) -> Holder:
    try:
        said = json.loads(os.pread(file, 4096, 0))
        return Holder(int(said["pid"]), str(said["what"]))
    except (ValueError, KeyError, TypeError):
        return Holder(-1, "")
