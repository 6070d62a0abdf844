"""``butler run --supervise``: a small process that starts the host again when it had to end itself (HOST-9).

A host whose event loop was blocked for too long writes down which plugin did it and ends with its own exit
code; the next start finds that note and leaves the plugin out. The same holds for a host that was killed.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType
from typing import Final

BLOCKED: Final = 70
"""The exit code of a host that ended itself because a plugin blocked it."""
LASTING: Final = 60.0
"""Seconds after which a run counts as one that went well, so that the next pause is short again."""
LONGEST_PAUSE: Final = 30.0


def supervise(arguments: Sequence[str]) -> int:
    """Run ``butler`` with these arguments for as long as it does not end by itself; returns its exit code."""
    return Supervisor([sys.executable, "-m", "butler", *arguments]).run()


class Supervisor:
    """Starts a command, again and again if need be; SIGTERM is passed on, Ctrl-C reaches it by itself."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._child: subprocess.Popen[bytes] | None = None
        self._ending = False

    def run(self) -> int:
        """Until the command ends by itself, or is told to."""
        before = {number: signal.signal(number, self._end) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            return self._keep()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _keep(self) -> int:
        pause = 0.5
        while True:
            started = time.monotonic()
            self._child = subprocess.Popen(self._command)  # noqa: S603 - our own command line
            code = self._child.wait()
            if self._ending or not was_broken(code):
                return code if code >= 0 else 128 - code
            pause = 0.5 if time.monotonic() - started > LASTING else min(LONGEST_PAUSE, pause * 2)
            sys.stderr.write(f"butler: the host {how(code)}; it is started again in {pause:g} s\n")
            if self._wait(pause):
                return BLOCKED

    def _wait(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not self._ending and time.monotonic() < end:
            time.sleep(0.05)
        return self._ending

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._ending = True
        if number == signal.SIGTERM and self._child is not None and self._child.poll() is None:
            self._child.send_signal(number)


def was_broken(code: int) -> bool:
    """Whether a host that ended so should be started again: blocked, or killed by a signal."""
    return code == BLOCKED or code < 0


def how(code: int) -> str:
    """How it ended, in words."""
    return "was blocked by a plugin and ended itself" if code == BLOCKED else f"was killed by signal {-code}"
