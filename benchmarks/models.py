"""Language models: what a provider's package costs before it is used, and 200 answers that come in at once."""

from __future__ import annotations

import asyncio
import gc
import importlib
import statistics
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from butler.model import Guild, Person
from butler.provider import Prompt, Turn
from butler.services.llm import Asking, Choice

from benchmarks.measure import Row, Size
from benchmarks.rig import hosting

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
import asyncio, importlib, sys
from butler.testing.providers import Answer

async def main():
    kind = importlib.import_module("butler.testing.providers." + sys.argv[1]).STAND_IN
    async with kind() as server:
        server.script.otherwise = Answer(("word " * int(sys.argv[2])).strip(), pace=float(sys.argv[3]))
        print(server.base_url, list(server.served)[0], flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""
LIBRARIES = {"openai": "OpenAI", "anthropic": "Anthropic", "ollama": "Ollama"}
"""The official libraries, and what the provider's class over each is called."""


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


async def streamed(library: str, url: str, model: str, streams: int) -> tuple[float, float, float]:
    """The 99th percentile and the worst lag in milliseconds, and the part of a core that it took."""
    package = f"butler_llm_{library}"
    settings = importlib.import_module(f"{package}.settings").Settings(base_url=url, key="stand-in-key")
    kind = getattr(importlib.import_module(f"{package}.provider"), LIBRARIES[library])
    async with hosting({}) as host:
        provider = host.lifecycle.providers[library] = kind(SimpleNamespace(clock=host.clock), settings)
        await _answered(host, f"{library}:{model}", 0)
        gc.collect()  # the library was imported just now, once in a process's life
        stop = asyncio.Event()
        looking = asyncio.ensure_future(lags(stop))
        began, cpu = time.perf_counter(), time.thread_time()
        pieces = await asyncio.gather(*(_answered(host, f"{library}:{model}", number) for number in range(streams)))
        share = (time.thread_time() - cpu) / (time.perf_counter() - began)
        stop.set()
        late = sorted(await looking)
        await provider.close()
    assert pieces == [PIECES] * streams
    return late[len(late) * 99 // 100], late[-1], share


async def _answered(host: Any, model: str, number: int) -> int:
    """How many pieces one answer came in, asked as a persona's turn does."""
    pieces: list[str] = []

    def prompt(choice: Choice) -> Prompt:
        return Prompt((Turn("system", "You are a butler. " * 100), Turn("user", "ann: good evening")), choice.model)

    asking = Asking(Person(f"bench:p{number}", "ann"), Guild(""), "TheButler", seq=number)
    await host.models.complete(host.models.chain([model]), prompt, asking, deadline=60.0, say=pieces.append)
    return len(pieces)


async def measure(size: Size) -> list[Row]:
    """Imports in processes of their own, after the host; streams from a stand-in in another process."""
    rows = []
    for folder in sorted((ROOT / "plugins").glob("llm_*")):
        package = f"butler_{folder.name}"
        imported(package)
        took = statistics.median(imported(package) for _ in range(size.rounds))
        rows.append(Row(f"import of {package}", "fresh process, after `import butler`", took, "ms", ("<", IMPORT)))
    return rows + [await _of_streams(library, size.of(STREAMS, 4)) for library in LIBRARIES]


async def _of_streams(library: str, streams: int) -> Row:
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, library, str(PIECES), str(PACE),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        url, model = (await server.stdout.readline()).decode().split()
        high, worst, share = await streamed(library, url, model, streams)
    finally:
        server.stdin.close()
        await server.wait()
    load = f"{streams} at once, {PIECES} pieces each, {1 / PACE:.0f} a second, through host and {library} library"
    note = f"99th percentile {high:.0f} ms, {share:.2f} of a core"
    return Row(f"streams through {library}: the loop's worst lag", load, worst, "ms", ("<", LAG), note)
