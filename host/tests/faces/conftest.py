"""What the tests of the faces share: the real command line in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

BUTLER = [sys.executable, "-m", "butler"]
PATIENCE = 60.0
"""Seconds after which something hangs; nothing is asserted about time below it."""


class Place:
    """A directory in which a user types ``butler …``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("BUTLER_", "COV_"))},
            "NO_COLOR": "1",
            "PYTHONWARNINGS": "default",
        }
        self._running: list[subprocess.Popen[bytes]] = []

    def butler(self, *arguments: str, said: str | bytes = "", **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, with that on its standard input."""
        raw = said.encode() if isinstance(said, str) else said
        done = subprocess.run(
            [*BUTLER, *arguments],
            cwd=self.folder,
            env={**self.environment, **variables},
            input=raw,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    def json(self, *arguments: str) -> Any:
        """What a command prints with ``--json``."""
        done = self.butler(*arguments, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a host that goes on; ended with the test."""
        process = subprocess.Popen(
            [*BUTLER, "run", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._running.append(process)
        self.until(lambda: (self.data / "control.sock").exists() or process.poll() is not None)
        return process

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for something that another process does."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.02)

    def end(self) -> None:
        """End what still runs."""
        for process in self._running:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.communicate()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """An empty directory to work in."""
    found = Place(tmp_path)
    yield found
    found.end()
