"""Lines between the processes of a measurement."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator


def say(*words: object) -> None:
    """An answer; what a library prints is none."""
    print(":", *words, flush=True)


async def lines() -> AsyncIterator[list[str]]:
    """What one is told, word by word."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        yield line.split()
