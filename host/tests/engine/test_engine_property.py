"""Any mixture of well and badly behaved plugins: the others' results always arrive, in order (HOST-9)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from butler.engine.dispatch import Dispatch
from butler.engine.quarantine import Quarantine
from butler.engine.tables import Calls
from butler.model import Stop
from butler.testing import VirtualClock, VirtualLoop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.spec("HOST-9")

Behaviour = Callable[[], Awaitable[Any]]
GOOD = Stop("good")


class Own(BaseException):
    """No ``Exception``."""


def _task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None
    return task


async def good() -> Stop:
    return GOOD


async def good_later() -> Stop:
    await asyncio.sleep(0)
    await asyncio.sleep(1)
    return GOOD


async def good_with_timeout() -> Stop:
    try:
        async with asyncio.timeout(0.5):
            await asyncio.sleep(10)
    except TimeoutError:
        async with asyncio.timeout(5):
            await asyncio.sleep(0.1)
        return GOOD
    return Stop("the timeout did not fire")


async def good_with_group() -> Stop:
    async with asyncio.TaskGroup() as group:
        one = group.create_task(good_later())
        two = group.create_task(good())
    return one.result() if two.result() else GOOD


async def silent() -> None:
    return None


async def raises() -> None:
    raise ValueError


async def raises_later() -> None:
    await asyncio.sleep(0.3)
    raise ValueError


async def exits() -> None:
    raise SystemExit


async def interrupts_later() -> None:
    await asyncio.sleep(0.3)
    raise KeyboardInterrupt


async def closes() -> None:
    raise GeneratorExit


async def own() -> None:
    await asyncio.sleep(0)
    raise Own


async def cancelled() -> None:
    raise asyncio.CancelledError


async def hangs() -> None:
    await asyncio.Event().wait()


async def late() -> Stop:
    try:
        await hangs()
    except asyncio.CancelledError:
        await asyncio.sleep(0.4)
    return Stop("late")


async def stubborn() -> None:
    for _ in range(20):
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            continue


async def cancels_itself() -> None:
    _task().cancel()


async def cancels_itself_and_waits() -> None:
    _task().cancel()
    await asyncio.sleep(1)


async def cancels_itself_much() -> None:
    for _ in range(3):
        _task().cancel()
        await asyncio.sleep(0.1)


async def has_itself_cancelled_soon() -> None:
    asyncio.get_running_loop().call_later(0.2, _task().cancel)
    await asyncio.sleep(1)


async def loses_a_group() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(raises_later())
        await asyncio.sleep(1)


async def loses_a_group_quietly() -> None:
    try:
        await loses_a_group()
    except* ValueError:
        pass


async def wrong() -> str:
    return "wrong"


WELL: dict[str, Behaviour] = {f.__name__: f for f in (good, good_later, good_with_timeout, good_with_group)}
QUIET: dict[str, Behaviour] = {f.__name__: f for f in (silent, cancels_itself, loses_a_group_quietly)}
BADLY: dict[str, Behaviour] = {
    f.__name__: f
    for f in (
        raises, raises_later, exits, interrupts_later, closes, own, cancelled, hangs, late, stubborn,
        cancels_itself_and_waits, cancels_itself_much, has_itself_cancelled_soon, loses_a_group, wrong,
    )
}  # fmt: skip
ALL = WELL | QUIET | BADLY


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(how=st.lists(st.sampled_from(sorted(ALL)), max_size=12), messages=st.integers(1, 3))
def test_the_others_results_always_arrive_in_order_whatever_some_do(how: list[str], messages: int) -> None:
    loop = VirtualLoop(patience=5.0)
    dispatch = Dispatch(Quarantine(VirtualClock(loop), lambda notice: None))
    names = tuple(f"{index}" for index in range(len(how)))

    def function(name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*_: Any) -> Any:
            seen.append(name)
            return await ALL[how[int(name)]]()

        return call

    seen: list[str] = []
    calls = Calls("on_message", tuple(map(function, names)), names, (2.0,) * len(how))
    expected = [(name, GOOD) for name in names if how[int(name)] in WELL]
    faulty = [name for name in names if how[int(name)] in BADLY]

    async def one() -> None:
        results: list[Any] = []
        run = await dispatch.run(calls, (1,), "test:g", results)
        assert results == expected
        assert [fault.plugin for fault in run.faults] == faulty
        assert _task().cancelling() == 0

    async def main() -> None:
        await one()
        assert seen == list(names)
        await asyncio.gather(*[one() for _ in range(messages)])
        await asyncio.sleep(1)
        assert _task().cancelling() == 0
        dispatch.shut_down()
        await asyncio.sleep(1)
        assert asyncio.all_tasks() == {_task()}

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(how=st.lists(st.sampled_from(sorted(ALL)), min_size=1, max_size=6), after=st.floats(0, 12))
def test_a_cancel_from_outside_ends_any_mixture(how: list[str], after: float) -> None:
    loop = VirtualLoop(patience=5.0)
    dispatch = Dispatch(Quarantine(VirtualClock(loop), lambda notice: None))
    functions = tuple(lambda _, name=name: ALL[name]() for name in how)
    calls = Calls("on_message", functions, tuple(how), (2.0,) * len(how))

    async def main() -> None:
        task = asyncio.create_task(dispatch.run(calls, (1,), "test:g", []))
        await asyncio.sleep(after)
        in_time = task.done()
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled() is not in_time
        dispatch.shut_down()
        await asyncio.sleep(5)
        assert asyncio.all_tasks() == {_task()}

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
