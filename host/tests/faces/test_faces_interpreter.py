"""The collector leaves alone what lives long, and still clears up what was left behind (DESIGN, Speed)."""

from __future__ import annotations

import asyncio
import gc
import weakref

from butler.faces.interpreter import collecting, settled


class Knot:
    """Something that only a collection can free."""

    def __init__(self) -> None:
        self.me = self


def test_what_was_there_at_the_start_is_not_looked_at_again() -> None:
    with settled():
        assert gc.get_freeze_count() > 1_000
    assert gc.get_freeze_count() == 0


def test_what_was_left_behind_is_cleared_up_once_nobody_is_waiting() -> None:
    async def main() -> None:
        asked, free, cleared = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def quiet() -> None:
            asked.set()
            await free.wait()

        knot = Knot()
        weakref.finalize(knot, cleared.set)
        async with collecting(quiet, every=0):
            del knot
            gc.collect()
            assert not cleared.is_set(), "it was frozen: no ordinary collection looks at it"
            await asked.wait()
            assert not cleared.is_set(), "somebody is waiting"
            free.set()
            await cleared.wait()

    asyncio.run(main())
    assert gc.get_freeze_count() == 0
