"""Who runs code of a package, and what its import does: measured from outside, so that nothing can hide."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

PROBE = """
import importlib, json, sys, threading, time
seen = []
time.sleep = lambda seconds: seen.append(f"time.sleep({seconds})")
kinds = {"socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.fork"}
sys.addaudithook(lambda kind, args: seen.append(f"{kind} {args[:1]}") if kind in kinds else None)
importlib.import_module(sys.argv[1])
seen += [f"thread {thread.name}" for thread in threading.enumerate()[1:]]
print(json.dumps(seen))
"""


def misdeeds_at_import(module: str) -> list[str]:
    """What importing a module does that no import may: connect, wait, start processes or threads."""
    done = subprocess.run([sys.executable, "-c", PROBE, module], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        return [done.stderr.strip().splitlines()[-1]]
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


def folder_of(module: str) -> str:
    """Where the code of an imported module's top package lies: a folder, or a single file."""
    top = getattr(sys.modules.get(module.partition(".")[0]), "__file__", None)
    if top and Path(top).name == "__init__.py":
        return f"{Path(top).parent}/"
    return str(sys.modules[module].__file__)


@contextlib.contextmanager
def calls_into(folder: str) -> Iterator[list[str]]:
    """Collects every function below a folder that this thread calls within."""
    calls: list[str] = []

    def look(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(folder):
            calls.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} {frame.f_code.co_qualname}")

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield calls
    finally:
        sys.setprofile(before)
