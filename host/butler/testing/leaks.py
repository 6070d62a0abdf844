"""What is there now that was not there before: threads, files, children of this process."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

FONTS = "/mpl-data/fonts/"
"""The library that draws charts keeps its fonts open, once for the whole process."""


LOOPS_OWN = "asyncio_"
"""The threads of ``asyncio.to_thread`` belong to the loop: it keeps them for what comes next, and ends them."""


class Before:
    """Remembers what is there when it is made."""

    def __init__(self) -> None:
        self._threads = set(threading.enumerate())
        self._files = _files()

    def left(self) -> list[str]:
        """The names of threads and files that came and did not go."""
        came = [thread for thread in threading.enumerate() if thread not in self._threads]
        threads = [thread for thread in came if not thread.name.startswith(LOOPS_OWN)]
        for thread in threads:
            thread.join(1)  # one that ends at this moment is no leak
        alive = [f"thread {thread.name}" for thread in threads if thread.is_alive()]
        now = _files()
        return alive + sorted(f"file {name}" for number, name in now.items() if self._files.get(number) != name)


def _files() -> dict[str, str]:
    """Open files by number; empty where the system does not tell."""
    found = {}
    folder = Path("/proc/self/fd")
    with contextlib.suppress(OSError):
        for entry in folder.iterdir():
            with contextlib.suppress(OSError):
                name = os.readlink(entry)
                if not name.startswith(str(folder.resolve())) and FONTS not in name:
                    found[entry.name] = name
    return found
