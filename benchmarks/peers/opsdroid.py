"""opsdroid as its documentation has it: skills with ``match_always``, messages fed to ``opsdroid.parse``.

Run by benchmarks/peers.py in an environment of its own.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from typing import Any

sys.path.pop(0)  # this file has the name of the package

from opsdroid.cli.utils import configure_lang
from opsdroid.core import OpsDroid
from opsdroid.events import Message
from opsdroid.matchers import match_always


class Seen:
    count = 0


def skill() -> Any:
    @match_always
    async def look(event: Message) -> None:
        Seen.count += 1

    return look


async def feed(opsdroid: OpsDroid, number: int) -> float:
    started = time.process_time()
    for _ in range(number):
        await opsdroid.parse(Message(text="what a fine day it is, is it not", user="ann", target="hall"))
    return time.process_time() - started


async def main(skills: int) -> None:
    from importlib.metadata import version

    configure_lang({})
    opsdroid = OpsDroid(config={})
    opsdroid.eventloop = asyncio.get_running_loop()
    for index in range(skills):
        opsdroid.register_skill(skill(), {"name": f"skill{index}"})
    print(f"ready {version('opsdroid')}", flush=True)
    for line in sys.stdin:
        print(await feed(opsdroid, int(line)), Seen.count, flush=True)


logging.disable(logging.CRITICAL)
asyncio.run(main(int(sys.argv[1])))
