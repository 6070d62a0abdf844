"""On Discord: how soon a reply is written, how many events are taken, what a thousand guilds hold; beside its peers.

The stand-in runs in a process of its own, and so does each of those who listen: Butler with 50 plugins and its store, a
bare hikari listener, discord.py. They are connected to the same guilds and told the same, by turns.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from attrs import define

from benchmarks.measure import Row, Size
from benchmarks.peers import Missing, environment

HERE = Path(__file__).parent
GUILDS, EVENTS, ASKED = 1_000, 10_000, 400
BEYOND, SUSTAINED, MEGABYTES = 5.0, 5_000.0, 150.0
Rates = dict[str, list[tuple[float, float]]]
"""Who took the messages, to the seconds of the clock and of the processor in each round."""
LABELS = {"butler": "Butler", "hikari": "a bare hikari listener", "discord_py": "discord.py"}


@define
class Process:
    """Something at work that is told what to do line by line, and answers with a line."""

    name: str
    process: subprocess.Popen[str]

    def say(self, line: str) -> None:
        """Tell it."""
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def hear(self) -> list[str]:
        """Its next answer. Raises ``Missing`` when it ended."""
        assert self.process.stdout
        for line in self.process.stdout:
            if line.startswith(": "):
                return line[2:].split()
        raise Missing(f"{self.name} ended with {self.process.wait()}")

    def ask(self, line: str) -> list[str]:
        """Tell it and wait for the answer."""
        self.say(line)
        return self.hear()


@contextmanager
def at_work(name: str, *command: str) -> Iterator[Process]:
    """Start it, and end it."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        cwd=HERE.parent.parent,
    ) as process:  # fmt: skip
        try:
            yield Process(name, process)
        finally:
            process.kill()


async def measure(size: Size) -> list[Row]:
    """Each of them on the same stand-in."""
    guilds, events, asked = size.of(GUILDS, 5), size.of(EVENTS, 40), size.of(ASKED, 10)
    with ExitStack() as stack:
        standin = stack.enter_context(
            at_work("the stand-in", sys.executable, "-m", "benchmarks.discord.standin", str(guilds))
        )
        address, *tokens = standin.hear()
        clients, missing = {}, {}
        for name, token in zip(LABELS, tokens, strict=True):
            try:
                clients[name] = stack.enter_context(at_work(name, *_command(name), address, token))
                clients[name].hear()
            except Missing as error:
                missing[name] = str(error)
                clients.pop(name, None)
        held = {name: float(client.ask("memory")[0]) for name, client in clients.items()}
        rates = _rates(standin, clients, events, size.rounds)
        late = _latency(standin, clients["butler"], asked)
    return [
        *_taken(rates, events, guilds),
        *_written(late, asked),
        Row(f"{guilds:,} guilds known", "ten channels and five roles each; all memory of the process, plugins included",
            held["butler"], "MB", target=("<", MEGABYTES),
            note=", ".join(f"{LABELS[name]} {value:.0f} MB" for name, value in held.items() if name != "butler")),
        *(Row(f"{LABELS[name]}: not measured", why, 0.0, "") for name, why in missing.items()),
    ]  # fmt: skip


def _command(name: str) -> list[str]:
    if name == "discord_py":
        return [str(environment(name)), str(HERE.parent / "peers" / "discord_py.py")]
    return [sys.executable, "-m", "benchmarks.discord.client", name]


def _rates(standin: Process, clients: dict[str, Process], events: int, rounds: int) -> Rates:
    """So many messages for each, by turns."""
    found: Rates = {name: [] for name in clients}
    for turn in range(rounds + 1):
        for name, client in clients.items():
            client.say(f"count {events}")
            standin.ask(f"tell {name} {events}")
            wall, cpu = map(float, client.hear())
            if turn:  # the first is to warm up
                found[name].append((wall, cpu))
    return found


def _taken(rates: Rates, events: int, guilds: int) -> list[Row]:
    wall = {name: events / statistics.median(one for one, _ in each) for name, each in rates.items()}
    cpu = {name: statistics.median(one for _, one in each) / events * 1e6 for name, each in rates.items()}
    load = f"{events:,} messages as fast as they come, in {guilds:,} guilds; Butler journals each and runs 50 plugins"
    told = ", ".join(f"{LABELS[name]} {value:,.0f}/s, {cpu[name]:.0f} µs of processor" for name, value in wall.items())
    what = "messages taken, journaled and handled"
    rows = [Row(what, load, wall["butler"], "/s", target=(">=", SUSTAINED), note=told)]
    return rows + [
        Row(f"Butler / {LABELS[name]}", load, wall["butler"] / value, note="messages/s") for name, value in wall.items()
        if name != "butler"
    ]  # fmt: skip


def _latency(standin: Process, butler: Process, asked: int) -> list[float]:
    """p50 and p99 of a reply, p50 and p99 of as many commits as lie before it; milliseconds."""
    butler.say(f"replies {asked}")
    standin.ask(f"ask butler {asked}")
    return [float(each) for each in butler.hear()]


def _written(late: list[float], asked: int) -> list[Row]:
    median, worst, commits, worst_commits = late
    load = f"{asked} questions, 50 a second, 50 plugins, a model that answers at once; from the frame to the request"
    note = f"p50 {median:.1f} ms, p99 {worst:.1f} ms; four commits p50 {commits:.1f}, p99 {worst_commits:.1f} ms"
    return [Row("a reply is written, p99 beyond its four commits", load, max(0.0, worst - worst_commits), "ms",
                target=("<", BEYOND), note=note)]  # fmt: skip
