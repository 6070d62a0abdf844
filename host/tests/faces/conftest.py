"""What the tests of the faces share: the real command line in a process of its own."""

from __future__ import annotations

import contextvars
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
from butler.faces.cli import main
from click.testing import CliRunner


def _code(program: Callable[[], None]) -> int:
    try:
        program()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


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
        self.variables: dict[str, str] = {}
        """Of every command's environment, besides."""
        self._running: list[subprocess.Popen[bytes]] = []

    def butler(self, *arguments: str, said: str | bytes = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end, with that on its standard input.

        What runs a host is a process of its own; the others are called in this one, which is what takes their
        time: the same entry point, the same streams.
        """
        raw = said.encode() if isinstance(said, str) else said
        if arguments[0] not in {"run", "console"}:
            return contextvars.copy_context().run(self._called, list(arguments), raw)
        done = subprocess.run(
            [*BUTLER, *arguments],
            cwd=self.folder,
            env={**self.environment, **self.variables},
            input=raw,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    def _called(self, arguments: list[str], raw: bytes) -> subprocess.CompletedProcess[str]:
        others = {name: None for name in os.environ if name.startswith("BUTLER_")}
        runner = CliRunner(env={**others, **self.variables})
        mask, folder, argv = os.umask(0o022), Path.cwd(), sys.argv
        os.chdir(self.folder)
        try:
            with runner.isolation(input=raw) as (out, err, _):
                sys.argv = ["butler", *arguments]
                code = _code(main)
                sys.stdout.flush()
                sys.stderr.flush()
                return subprocess.CompletedProcess(arguments, code, out.getvalue().decode(), err.getvalue().decode())
        finally:
            os.umask(mask)
            os.chdir(folder)
            sys.argv = argv

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
            env={**self.environment, **self.variables},
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
