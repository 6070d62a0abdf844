"""Side by side with other bot frameworks: messages to 1, 10 and 50 handlers that count, each in its own environment.

Environments are made in ``.venvs/bench-NAME`` with pip from ``NAME.txt``. What cannot be installed is said, not
guessed.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from attrs import define
from butler.host import Host

from benchmarks.measure import Row, Size, settled_gc
from benchmarks.rig import Looking, NoJournal, channel, hosting, idle, message, pending

HERE = Path(__file__).parent
VENVS = HERE.parent.parent / ".venvs"
PEERS = {"nonebot2": "NoneBot2", "opsdroid": "opsdroid", "errbot": "errbot"}
FIRST = 20
"""Messages to warm up."""
SECONDS = 0.3
"""Of processor time for each peer in each round."""


class Missing(Exception):
    """A peer cannot be installed or started here; the text says why."""


def environment(name: str) -> Path:
    """The interpreter of a peer's environment, made when it is not there. Raises ``Missing``."""
    home, wanted = VENVS / f"bench-{name}", HERE / f"{name}.txt"
    stamp = home / ".installed"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted.read_text(encoding="utf-8"):
        print(f"installing {PEERS.get(name, name)} into {home.name} ...", flush=True)
        _run(sys.executable, "-m", "venv", str(home))
        _run(str(home / "bin" / "python"), "-m", "pip", "install", "-q", "-r", str(wanted))
        stamp.write_text(wanted.read_text(encoding="utf-8"), encoding="utf-8")
    return home / "bin" / "python"


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=400)
    except subprocess.SubprocessError as error:
        told = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
        raise Missing(told[-1] if told else type(error).__name__) from error


@define
class Peer:
    """A peer at work in a process of its own."""

    process: subprocess.Popen[str]
    handlers: int
    version: str = ""
    fed: int = 0
    portion: int = 0
    """How many it is given in a round, so that all are measured for about as long."""

    def feed(self, number: int) -> float:
        """Seconds of processor time for so many messages. Raises ``Missing`` if they did not reach every handler."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()
        self.fed += number
        answer = self.process.stdout.readline().split()
        if len(answer) != 2 or int(answer[1]) != self.fed * self.handlers:
            raise Missing(f"it handled {' '.join(answer[1:]) or 'nothing'} of {self.fed * self.handlers}")
        return float(answer[0])


@contextmanager
def at_work(name: str, handlers: int) -> Iterator[Peer]:
    """Start a peer with so many handlers, and end it. Raises ``Missing``."""
    command = [str(environment(name)), str(HERE / f"{name}.py"), str(handlers)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield _ready(Peer(process, handlers))
        finally:
            process.kill()


def _ready(peer: Peer) -> Peer:
    assert peer.process.stdout
    for line in peer.process.stdout:
        if line.startswith("ready"):
            peer.version = line.split()[1]
            return peer
    raise Missing("it does not start")


async def measure(size: Size) -> list[Row]:
    """Butler and its peers by turns."""
    rows = []
    for handlers in (1, 10, 50):
        rows += await _side_by_side(size, handlers)
    return rows


async def _side_by_side(size: Size, handlers: int) -> list[Row]:
    number = size.of(2_000, 20)
    times: dict[str, list[float]] = {"Butler": [], "Butler, durable": []}
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        peers: dict[str, Peer] = {}
        for name, label in PEERS.items():
            try:
                peer = stack.enter_context(at_work(name, handlers))
                peer.feed(FIRST)
                peer.portion = max(20, int(FIRST * SECONDS * size.scale / peer.feed(FIRST)))
                peers[label] = peer
            except Missing as error:
                missing[label] = str(error)
        versions = {label: peer.version for label, peer in peers.items()}
        async with (
            hosting(idle(handlers, Looking), journal=NoJournal) as bare,
            hosting(idle(handlers, Looking)) as kept,
        ):
            await _handled(bare, FIRST)
            await _durable(kept, FIRST)
            for _ in range(size.rounds):
                times["Butler"].append(await _handled(bare, number))
                times["Butler, durable"].append(await _durable(kept, number))
                for label, peer in peers.items():
                    times.setdefault(label, []).append(peer.feed(peer.portion) / peer.portion * number)
    return [
        *(_row(label, version, times, number, handlers) for label, version in versions.items()),
        *(Row(f"{label}: not measured", why, 0.0, "") for label, why in missing.items()),
    ]


def _row(label: str, version: str, times: dict[str, list[float]], number: int, handlers: int) -> Row:
    speeds = {name: number / statistics.median(times[name]) for name in ("Butler", "Butler, durable", label)}
    ratio = statistics.median(theirs / ours for theirs, ours in zip(times[label], times["Butler"], strict=True))
    told = ", ".join(f"{name} {speed:,.0f}" for name, speed in speeds.items())
    what = f"Butler / {label} {version}, {handlers} handler{'s' if handlers > 1 else ''}"
    load = f"{number:,} messages, processor time; Butler's pipeline with store off, the peer in memory"
    return Row(what, load, ratio, note=f"messages/s: {told}", speeds=speeds)


async def _handled(host: Host, number: int) -> float:
    """Through the pipeline with the store off."""
    place = channel()
    with settled_gc():
        started = time.process_time()
        for index in range(number):
            await host.pipeline.handle(pending(index, place, host))
        return time.process_time() - started


async def _durable(host: Host, number: int) -> float:
    """From the platform's door to the commit of the last mark, all threads counted."""
    places = [channel(index) for index in range(100)]
    first = time.monotonic_ns()
    with settled_gc():
        started = time.process_time()
        for at in range(0, number, 500):
            some = range(first + at, first + min(at + 500, number))
            await asyncio.gather(*[host.receive(message(index, places[index % 100], host)) for index in some])
            await host.queues.drained()
        return time.process_time() - started
