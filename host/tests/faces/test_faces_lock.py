"""One host per data directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from butler.errors import StoreError
from butler.faces.lock import DataLock, Holder

_HOLD = """
import sys, pathlib
from butler.faces.lock import DataLock
lock = DataLock(pathlib.Path(sys.argv[1]))
lock.take(sys.argv[2])
print("held", flush=True)
sys.stdin.readline()
"""


def _holding(data: Path, what: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(data), what], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.spec("HOST-25")
def test_a_second_host_is_told_which_process_holds_the_data(tmp_path: Path) -> None:
    process = _holding(tmp_path, "run")
    with pytest.raises(StoreError, match=rf"in use by process {process.pid} \(run\)"):
        DataLock(tmp_path).take("run", patience=60)
    process.communicate()


@pytest.mark.spec("OPS-9")
def test_a_host_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    process = _holding(tmp_path, "run")
    process.kill()
    process.communicate()
    assert DataLock(tmp_path).holder() == Holder()
    lock = DataLock(tmp_path)
    lock.take("run")
    assert DataLock(tmp_path).holder() == Holder(os.getpid(), "run")
    lock.release()


def test_a_command_of_the_moment_is_waited_for(tmp_path: Path) -> None:
    process = _holding(tmp_path, "plugins.enable")
    lock = DataLock(tmp_path)
    with pytest.raises(StoreError, match=r"plugins\.enable"):
        lock.take("run")
    process.communicate(input="go\n")
    lock.take("run", patience=60)
    lock.release()


def test_what_was_released_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(3):
        lock = DataLock(tmp_path)
        lock.take("why")
        lock.release()
    assert DataLock(tmp_path).holder() == Holder()
