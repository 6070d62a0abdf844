"""A shutdown, or whoever awaits, can cancel a run at any time; it is never taken for a plugin's fault (HOST-9)."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from butler.clock import Clock
from butler.engine.dispatch import Dispatch
from butler.engine.quarantine import Quarantine
from butler.engine.tables import Calls
from butler.model import Stop

pytestmark = pytest.mark.spec("HOST-9")


async def forever(*_: Any) -> None:
    await asyncio.Event().wait()


def calls(*functions: Any) -> Calls:
    return Calls("on_message", functions, tuple("abcdefgh"[: len(functions)]), (2.0,) * len(functions))


async def swallow(*_: Any) -> Stop:
    try:
        await forever()
    except asyncio.CancelledError:
        await asyncio.sleep(0.2)
    return Stop("swallowed")


async def stubborn(*_: Any) -> None:
    while True:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            continue


async def cancels_itself(*_: Any) -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(1)


@pytest.mark.parametrize("plugin", [forever, swallow, stubborn])
@pytest.mark.parametrize("after", [0.0, 0.1, 1.99, 2.0, 2.01, 2.25, 2.5, 3.0])
@pytest.mark.parametrize("ordered", [False, True], ids=["by a caller", "by a shutdown"])
def test_a_cancel_from_outside_always_arrives(plugin: Any, after: float, ordered: bool, engine: Any, play: Any) -> None:
    later = []

    async def next_one(*_: Any) -> None:
        later.append(True)
        await forever()

    async def main() -> None:
        task = asyncio.create_task(engine.dispatch.run(calls(plugin, next_one, forever), (1,), "test:g", []))
        await asyncio.sleep(after)
        if ordered:
            engine.dispatch.shut_down()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()
        called = list(later)
        await asyncio.sleep(100)
        assert later == called

    play(main())


def test_a_timeout_around_a_run_fires_and_is_no_fault(engine: Any, play: Any, loop: Any) -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.7):
                await engine.dispatch.run(calls(forever), (1,), "test:g", [])
        assert loop.time() < 1
        assert list(engine.quarantine.last) == []
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(engine.dispatch.guarded("a", "x", forever, guild="test:g", deadline=60), 0.7)
        assert list(engine.quarantine.last) == []

    play(main())


def test_a_plugin_that_is_ended_from_outside_cleans_up_before_the_caller_goes_on(engine: Any, play: Any) -> None:
    order = []

    async def tidy(*_: Any) -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(0.3)
            order.append("plugin")

    async def caller() -> None:
        try:
            await engine.dispatch.run(calls(tidy), (1,), "test:g", [])
        finally:
            order.append("caller")

    async def main() -> None:
        task = asyncio.create_task(caller())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert order == ["plugin", "caller"]

    play(main())


def test_whoever_cancels_twice_does_not_wait(engine: Any, play: Any, loop: Any) -> None:
    async def main() -> None:
        task = asyncio.create_task(engine.dispatch.run(calls(stubborn), (1,), "test:g", []))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert loop.time() < 0.3

    play(main())


def test_a_shutdown_ends_a_host_of_hanging_plugins_at_once(engine: Any, play: Any, loop: Any) -> None:
    async def main() -> None:
        runs = [asyncio.create_task(engine.dispatch.run(calls(forever), (1,), "test:g", [])) for _ in range(50)]
        await asyncio.sleep(0.1)
        engine.dispatch.shut_down()
        for run in runs:
            run.cancel()
        await asyncio.wait(runs)
        assert all(run.cancelled() for run in runs)
        assert loop.time() < 0.2
        assert list(engine.quarantine.last) == []

    play(main())


def test_plugins_can_still_be_asked_to_stop_after_the_shutdown_began(engine: Any, play: Any) -> None:
    async def stop() -> str:
        await asyncio.sleep(0.1)
        return "stopped"

    async def main() -> None:
        engine.dispatch.shut_down()
        assert await engine.dispatch.guarded("a", "stop", stop, guild="", deadline=5.0) == ("stopped", None)
        for _ in range(3):
            _, fault = await engine.dispatch.guarded("a", "stop", forever, guild="", deadline=5.0)
            assert fault.kind == "overstayed"
            assert await engine.dispatch.guarded("a", "stop", stop, guild="", deadline=5.0) == ("stopped", None)
        assert engine.dispatch.zombies() == []

    play(main())


def test_no_task_is_kept_for_what_runs_after_the_shutdown_began(engine: Any, play: Any) -> None:
    async def quick(*_: Any) -> Stop:
        return Stop("quick")

    async def main() -> None:
        engine.dispatch.shut_down()
        for _ in range(3):
            await engine.dispatch.run(calls(quick), (1,), "test:g", [])
        await asyncio.sleep(0.1)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    play(main())


def test_a_dispatcher_outlives_its_loop() -> None:
    """Tests and tools run several loops one after the other."""
    dispatch = Dispatch(Quarantine(Clock(), lambda notice: None))

    async def waits(*_: Any) -> Stop:
        await asyncio.sleep(0)
        return Stop("fine")

    async def main() -> None:
        results: list[Any] = []
        run = await dispatch.run(calls(waits), (1,), "test:g", results)
        assert run.faults == ()
        assert results == [("a", Stop("fine"))]

    for _ in range(3):
        asyncio.run(main())


def test_a_cancel_that_came_to_nothing_does_not_hit_the_next_run(engine: Any, play: Any) -> None:
    async def asks(*_: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()

    async def waits(*_: Any) -> Stop:
        await asyncio.sleep(0.1)
        return Stop("fine")

    async def main() -> None:
        await engine.dispatch.run(calls(asks), (1,), "test:g", [])
        results: list[Any] = []
        run = await engine.dispatch.run(calls(waits), (1,), "test:g", results)
        assert run.faults == ()
        assert results == [("a", Stop("fine"))]

    play(main())


def test_what_does_not_even_end_for_its_caller_is_quarantined(engine: Any, play: Any) -> None:
    async def main() -> None:
        task = asyncio.create_task(engine.dispatch.run(calls(stubborn), (1,), "test:g", []))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.wait({task})
        assert [(notice.plugin, notice.guild) for notice in engine.quarantine.listed()] == [("a", "")]

    play(main())


def test_a_cancel_that_came_before_the_run_arrives_in_it(engine: Any, play: Any) -> None:
    async def caller() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await engine.dispatch.run(calls(forever), (1,), "test:g", [])

    async def main() -> None:
        task = asyncio.create_task(caller())
        with pytest.raises(asyncio.CancelledError):
            await task
        assert list(engine.quarantine.last) == []

    play(main())


def test_the_callers_own_cancel_count_is_untouched(engine: Any, play: Any) -> None:
    async def main() -> None:
        task = asyncio.current_task()
        assert task is not None
        for plugin in (cancels_itself, forever, swallow):
            await engine.dispatch.run(calls(plugin, plugin), (1,), "test:g", [])
            assert task.cancelling() == 0
        async with asyncio.timeout(60):
            await engine.dispatch.run(calls(cancels_itself), (1,), "test:g", [])
        await asyncio.sleep(1)

    play(main())


def test_a_plugin_that_keeps_its_task_and_cancels_it_later_does_not_reach_the_host(engine: Any, play: Any) -> None:
    kept: list[Any] = []

    async def keeps(*_: Any) -> None:
        kept.append(asyncio.current_task())
        await asyncio.sleep(0.1)

    async def main() -> None:
        await engine.dispatch.run(calls(keeps, keeps), (1,), "test:g", [])
        for pause in (0, 1):
            for task in kept:
                task.cancel()
            if pause:
                await asyncio.sleep(pause)
            results: list[Any] = []
            run = await engine.dispatch.run(calls(swallow_nothing, keeps), (1,), "test:g", results)
            assert run.faults == ()
            assert results == [("a", Stop("fine"))]

    async def swallow_nothing(*_: Any) -> Stop:
        await asyncio.sleep(0.1)
        return Stop("fine")

    play(main())


def test_a_plugin_that_has_its_task_cancelled_at_the_first_moment_of_waiting_may_catch_that(
    engine: Any, play: Any, loop: Any
) -> None:
    async def catches(*_: Any) -> Stop:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().call_soon(task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(1.5)
        await asyncio.sleep(0.1)
        return Stop("caught")

    async def main() -> None:
        for _ in range(3):
            begun = loop.time()
            results: list[Any] = []
            run = await engine.dispatch.run(calls(catches), (1,), "test:g", results)
            assert results == [("a", Stop("caught"))]
            assert run.faults == ()
            assert loop.time() - begun < 0.2

    play(main())


def test_what_a_plugin_awaits_when_it_cancels_itself_is_cancelled_as_everywhere(engine: Any, play: Any) -> None:
    started: list[asyncio.Task[Any]] = []

    async def awaits(*_: Any) -> None:
        started.append(asyncio.create_task(forever()))
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await started[-1]

    async def main() -> None:
        run = await engine.dispatch.run(calls(awaits, awaits), (1,), "test:g", [])
        assert [fault.kind for fault in run.faults] == ["cancelled"] * 2
        await asyncio.sleep(0.1)
        assert [task.cancelled() for task in started] == [True, True]

    play(main())


def test_closing_a_run_that_waits_closes_the_plugin_and_awaits_nothing(engine: Any, play: Any) -> None:
    closed = []

    async def waits(*_: Any) -> None:
        try:
            await forever()
        except GeneratorExit:
            closed.append(True)
            raise

    async def main() -> None:
        run = engine.dispatch._through  # the coroutine that the dispatcher hands to a lane
        from butler.engine.run import Run

        body = run(Run(calls(waits, waits), "test:g", []), (1,), engine.dispatch._result)
        body.send(None)
        body.close()
        assert closed == [True]

    play(main())


def test_who_is_cancelled_leaves_the_run_alone_that_has_its_lane_by_then() -> None:
    """A lane is free as soon as its run has ended, a moment before whoever waited for that hears of it."""

    async def scene() -> tuple[list[Any], list[str]]:
        dispatch = Dispatch(Quarantine(Clock(), lambda notice: None), tick=0.01, grace=0.05)
        ended = asyncio.get_running_loop().create_future()

        async def first(*_: Any) -> None:
            try:
                await forever()
            finally:
                ended.set_result(None)

        async def second(*_: Any) -> Stop:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            return Stop("whole")

        async def later() -> list[Any]:
            await ended
            results: list[Any] = []
            await dispatch.run(calls(second), (1,), "den", results)
            return results

        cancelled = asyncio.create_task(dispatch.run(calls(first), (1,), "den", []))
        other = asyncio.create_task(later())
        await asyncio.sleep(0.01)
        cancelled.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await cancelled
        try:
            return await other, dispatch.zombies()
        finally:
            dispatch.shut_down()

    results, zombies = asyncio.run(scene())
    assert results == [("a", Stop("whole"))]
    assert zombies == []
