"""Language models: what a provider's package costs before it is used, and 200 answers that come in at once."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, Size

IMPORT, LAG = 20.0, 50.0
STREAMS = 200
PIECES = 60
PACE = 0.05
"""Seconds between the pieces of an answer: 20 a second, as a quick model has."""
ROOT = Path(__file__).parent.parent

PROBE = """
import sys, time
import butler
before = time.perf_counter()
__import__(sys.argv[1])
print((time.perf_counter() - before) * 1000)
"""
SERVER = """
import asyncio, sys
from butler.testing.providers import Answer
from butler.testing.providers.openai import OpenAI

async def main():
    async with OpenAI() as server:
        server.script.otherwise = Answer(("word " * int(sys.argv[1])).strip(), pace=float(sys.argv[2]))
        print(server.base_url, flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


def imported(package: str) -> float:
    """Milliseconds that a package's import adds to the host's, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", PROBE, package], capture_output=True, text=True, check=True)
    return float(done.stdout)


async def lags(stop: asyncio.Event) -> list[float]:
    """How late the loop comes back, in milliseconds, every hundredth of a second.

    No more than it worked meanwhile: what neighbours on the machine do does not count.
    """
    found = []
    while not stop.is_set():
        before, worked = time.perf_counter(), time.thread_time()
        await asyncio.sleep(0.01)
        late = time.perf_counter() - before - 0.01
        found.append(min(late, time.thread_time() - worked) * 1000)
    return found


class Ear:
    """Hears pieces, as a platform does that streams."""

    def __init__(self) -> None:
        self.pieces = 0

    def text(self, piece: str) -> None:
        self.pieces += 1

    def usage(self, usage: Any) -> None:
        """What is charged so far."""


async def streamed(url: str, streams: int) -> tuple[float, float, float]:
    """The 99th percentile and the worst lag in milliseconds, and the part of a core that it took."""
    from types import SimpleNamespace

    from butler import Clock, Prompt, Turn
    from butler_llm_openai.provider import OpenAI
    from butler_llm_openai.settings import Settings

    provider = OpenAI(SimpleNamespace(clock=Clock()), Settings(base_url=url, key="stand-in-key"))
    asked = Prompt((Turn("system", "You are a butler. " * 100), Turn("user", "ann: good evening")), "large")
    await provider.complete(asked)
    ears, stop = [Ear() for _ in range(streams)], asyncio.Event()
    looking = asyncio.ensure_future(lags(stop))
    began, cpu = time.perf_counter(), time.thread_time()
    await asyncio.gather(*(provider.stream(asked, ear) for ear in ears))
    share = (time.thread_time() - cpu) / (time.perf_counter() - began)
    stop.set()
    late = sorted(await looking)
    await provider.close()
    assert all(ear.pieces == PIECES for ear in ears)
    return late[len(late) * 99 // 100], late[-1], share


async def measure(size: Size) -> list[Row]:
    """Imports in processes of their own, after the host; streams from a stand-in in another process."""
    rows = []
    for folder in sorted((ROOT / "plugins").glob("llm_*")):
        package = f"butler_{folder.name}"
        imported(package)
        took = statistics.median(imported(package) for _ in range(size.rounds))
        rows.append(Row(f"import of {package}", "fresh process, after `import butler`", took, "ms", ("<", IMPORT)))
    streams = size.of(STREAMS, 4)
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, str(PIECES), str(PACE), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        high, worst, share = await streamed((await server.stdout.readline()).decode().strip(), streams)
    finally:
        server.stdin.close()
        await server.wait()
    load = f"{streams} at once, {PIECES} pieces each, {1 / PACE:.0f} a second, through the openai library"
    note = f"99th percentile {high:.0f} ms, {share:.2f} of a core"
    rows.append(Row("streams: the loop's worst lag", load, worst, "ms", ("<", LAG), note))
    return rows
