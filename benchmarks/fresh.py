"""What is measured in a process of its own: ``python -m benchmarks.fresh start|personas FOLDER [NUMBER]``."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time


def age() -> float:
    """Seconds since this process was started, to a hundredth (the kernel's tick)."""
    with open("/proc/self/stat", encoding="ascii") as file:
        ticks = int(file.read().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


async def start(folder: str) -> dict[str, object]:
    """As ``butler run`` does it: configuration, log, host with everything that is installed."""
    from pathlib import Path

    from butler.config import load
    from butler.host import Host
    from butler.logs import Logs

    from benchmarks.measure import resident

    with Logs(Path(folder)):
        host = Host(load(None, {"BUTLER_HOST__DATA": folder}, None))
        await host.start()
        found: dict[str, object] = {"seconds": age(), "cpu": time.process_time(), "megabytes": resident()}
        found["plugins"] = sorted(host.lifecycle.plugins)
        await host.stop()
    return found


async def personas(folder: str, number: int) -> dict[str, object]:
    """How much memory each of many personas takes, beyond a host that has been at work."""
    os.environ["TMPDIR"] = folder
    from butler.model import Persona

    from benchmarks.measure import resident
    from benchmarks.rig import NoJournal, channel, hosting, idle, pending

    async def born(persona: Persona) -> None:
        return None

    async with hosting(idle(10), journal=NoJournal, mumbling=True) as host:
        for index in range(200):
            await host.pipeline.handle(pending(index, channel(index, 1, members=2), host))
        await host.personas.add(Persona("First", prompt="the first", channels=("bench:c0/2",)), born)
        gc.collect()
        before = resident()
        for index in range(number):
            place = channel(index, 3)
            prompt = f"You are number {index}. " + "You answer in one sentence, and never twice the same. " * 11
            await host.personas.add(Persona(f"Persona{index}", prompt=prompt, channels=(place.id,)), born)
            await host.pipeline.handle(pending(index, place, host))
        for index in range(number):
            await host.pipeline.handle(pending(index, channel(index, 3), host))
        gc.collect()
        return {"kilobytes": (resident() - before) * 1024 / number}


if __name__ == "__main__":
    what, folder, *rest = sys.argv[1:]
    work = start(folder) if what == "start" else personas(folder, int(rest[0]))
    print(json.dumps(asyncio.run(work)))
