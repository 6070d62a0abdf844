"""Each call has its time; what overstays is ended, what will not end is left behind (HOST-9)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import pytest
from butler.engine.tables import Calls
from butler.hookspecs import hookimpl
from butler.model import Stop
from butler.plugin import Plugin

pytestmark = pytest.mark.spec("HOST-9")


async def forever(*_: Any) -> None:
    await asyncio.Event().wait()


async def stop(*_: Any) -> Stop:
    return Stop("the end")


class Stubborn:
    """Swallows every cancel until it is let go."""

    def __init__(self, swallows: type[BaseException] = asyncio.CancelledError) -> None:
        self.swallows = swallows
        self.free = False
        self.ended = False
        MADE.append(self)

    async def __call__(self, *_: Any) -> Stop:
        while not self.free:
            try:
                await asyncio.sleep(1000)
            except self.swallows:
                continue
        self.ended = True
        return Stop("far too late")


def calls(*functions: Callable[..., Any], deadline: float = 2.0) -> Calls:
    names = tuple("abcdefgh"[: len(functions)])
    return Calls("on_message", functions, names, (deadline,) * len(functions))


MADE: list[Stubborn] = []


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    """Lets every stubborn plugin end after its test: Python itself complains of one that ignores its end."""
    yield
    while MADE:
        MADE.pop().free = True


@pytest.mark.parametrize("deadline", [0.5, 2.0, 10.0])
def test_a_call_that_overstays_is_ended_within_two_ticks_of_its_deadline(
    deadline: float, engine: Any, play: Any, loop: Any
) -> None:
    async def main() -> None:
        run = await engine.dispatch.run(calls(forever, deadline=deadline), (1,), "test:g", [])
        assert [fault.kind for fault in run.faults] == ["overstayed"]
        assert deadline <= loop.time() <= deadline + 0.5

    play(main())


def test_a_plugin_that_needs_longer_says_so_and_gets_it(engine: Any, play: Any, loop: Any) -> None:
    class Patient(Plugin):
        deadlines = {"on_message": 10}  # noqa: RUF012 - as plugins declare it

        @hookimpl
        async def on_message(self, message: Any) -> Stop:
            await asyncio.sleep(9)
            return Stop("done")

    class Quick(Plugin):
        @hookimpl(tryfirst=True)
        async def on_message(self, message: Any) -> None:
            await asyncio.sleep(9)

    engine.add(Patient, Quick)

    async def main() -> None:
        results, run = await engine.observe()
        assert results == [("patient", Stop("done"))]
        assert [fault.plugin for fault in run.faults] == ["quick"]
        assert 11 <= loop.time() <= 12

    play(main())


def test_many_that_each_stay_within_their_deadline_may_take_long_together(engine: Any, play: Any) -> None:
    async def slow(*_: Any) -> None:
        await asyncio.sleep(1.5)

    async def main() -> None:
        run = await engine.dispatch.run(calls(*[slow] * 8), (1,), "test:g", [])
        assert run.faults == ()

    play(main())


def test_a_thousand_runs_that_never_wait_do_not_wait_for_anything(engine: Any, play: Any, loop: Any) -> None:
    async def main() -> None:
        for _ in range(1000):
            await engine.dispatch.run(calls(stop), (1,), "test:g", [])
        await loop.quiet()
        assert loop.next_timer() is None

    play(main())


def test_no_timer_is_left_when_nothing_runs(engine: Any, play: Any, loop: Any) -> None:
    async def main() -> None:
        await engine.dispatch.run(calls(forever, stop), (1,), "test:g", [])
        await asyncio.sleep(1)
        await loop.quiet()
        assert loop.next_timer() is None

    play(main())


def test_what_a_plugin_brings_after_its_deadline_is_dropped(engine: Any, play: Any) -> None:
    async def late(*_: Any) -> Stop:
        try:
            await forever()
        finally:
            return Stop("late")  # noqa: B012 - the cancel is swallowed on purpose

    async def main() -> None:
        results: list[Any] = []
        run = await engine.dispatch.run(calls(late, stop), (1,), "test:g", results, stop=Stop)
        assert results == [("b", Stop("the end"))]
        assert [(fault.plugin, fault.kind) for fault in run.faults] == [("a", "overstayed")]

    play(main())


def test_a_plugin_that_cleans_up_when_it_is_ended_may_finish_that(engine: Any, play: Any) -> None:
    cleaned = []

    async def tidy(*_: Any) -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(0.5)
            cleaned.append(True)

    async def main() -> None:
        await engine.dispatch.run(calls(tidy, stop), (1,), "test:g", [])
        assert cleaned == [True]
        assert engine.dispatch.zombies() == []

    play(main())


@pytest.mark.parametrize("swallows", [asyncio.CancelledError, BaseException], ids=["cancels", "everything"])
def test_a_plugin_that_swallows_every_cancel_is_left_behind_and_the_message_goes_on(
    swallows: type[BaseException], engine: Any, play: Any, loop: Any
) -> None:
    stubborn = Stubborn(swallows)

    async def main() -> None:
        me = asyncio.current_task()
        results: list[Any] = []
        run = await engine.dispatch.run(calls(stubborn, stop), (1,), "test:g", results, stop=Stop)
        assert results == [("b", Stop("the end"))]
        assert [(fault.plugin, fault.kind) for fault in run.faults] == [("a", "overstayed")]
        assert asyncio.current_task() is me
        assert loop.time() < 7
        assert engine.dispatch.zombies() == ([] if swallows is asyncio.CancelledError else ["a in on_message"])
        assert engine.dispatch.zombies("b") == []
        assert [(row.plugin, row.guild) for row in engine.quarantine.listed()] == [("a", "")]

    play(main())


@pytest.mark.parametrize("swallows", [asyncio.CancelledError, BaseException], ids=["cancels", "everything"])
def test_what_was_left_behind_never_goes_on(swallows: type[BaseException], engine: Any, play: Any) -> None:
    stubborn = Stubborn(swallows)

    async def main() -> None:
        results: list[Any] = []
        await engine.dispatch.run(calls(stubborn, stop), (1,), "test:g", results, stop=Stop)
        stubborn.free = True
        await asyncio.sleep(5000)
        assert not stubborn.ended
        assert results == [("b", Stop("the end"))]

    play(main())


def test_what_was_left_behind_is_closed_from_within_outwards(engine: Any, play: Any) -> None:
    order: list[str] = []

    async def inner() -> None:
        try:
            await Stubborn()()
        finally:
            order.append("inner")
            raise ValueError("last words")

    async def outer(*_: Any) -> None:
        try:
            await inner()
        finally:
            order.append("outer")

    async def main() -> None:
        run = await engine.dispatch.run(calls(outer, stop), (1,), "test:g", [])
        assert order == ["inner", "outer"]
        assert [(fault.plugin, fault.kind) for fault in run.faults] == [("a", "overstayed")]
        assert engine.dispatch.zombies() == []

    play(main())


def test_what_was_left_behind_and_waits_for_what_will_not_end_keeps_nobody(engine: Any, play: Any, loop: Any) -> None:
    kept = Stubborn(BaseException)

    async def waits(*_: Any) -> None:
        child = asyncio.create_task(kept())
        while True:
            try:
                await child
            except asyncio.CancelledError:
                continue

    async def main() -> None:
        run = await engine.dispatch.run(calls(waits, stop), (1,), "test:g", [])
        assert [(fault.plugin, fault.kind) for fault in run.faults] == [("a", "overstayed")]
        assert loop.time() < 7
        kept.free = True
        await asyncio.sleep(2000)

    play(main())


def test_a_timeout_of_a_plugin_that_was_left_behind_hits_nobody_else(engine: Any, play: Any) -> None:
    stubborn = Stubborn(BaseException)

    async def mean(*_: Any) -> None:
        async with asyncio.timeout(30):
            await stubborn()

    async def main() -> None:
        await engine.dispatch.run(calls(mean, stop), (1,), "test:g", [])
        for _ in range(10):
            run = await engine.dispatch.run(calls(stop), (1,), "test:g", [])
            assert run.faults == ()
            await asyncio.sleep(10)

    play(main())


def test_what_was_left_behind_does_not_keep_the_host_from_ending(engine: Any, play: Any) -> None:
    async def main() -> None:
        for swallows in (asyncio.CancelledError, BaseException):
            await engine.dispatch.run(calls(Stubborn(swallows), stop), (1,), "test:g", [])
        assert len(engine.dispatch.zombies()) == 1, "one was closed, the other ignores even that and stays as it is"
        engine.dispatch.shut_down()
        await asyncio.sleep(0.1)
        assert len(asyncio.all_tasks()) == 1

    play(main())


def test_a_single_call_that_swallows_every_cancel_is_left_behind(engine: Any, play: Any) -> None:
    async def main() -> None:
        stubborn = Stubborn(BaseException)
        result, fault = await engine.dispatch.guarded("a", "job x", stubborn, guild="test:g", deadline=2.0)
        assert result is None
        assert fault.kind == "overstayed"
        assert engine.dispatch.zombies("a") == ["a in job x"]

    play(main())


def test_each_of_many_that_hang_is_cancelled_and_none_is_left_behind(engine: Any, play: Any) -> None:
    ended = []

    async def hangs(*_: Any) -> None:
        try:
            await forever()
        except asyncio.CancelledError:
            ended.append(True)
            raise

    async def main() -> None:
        run = await engine.dispatch.run(calls(*[hangs] * 8), (1,), "test:g", [])
        assert [fault.kind for fault in run.faults] == ["overstayed"] * 8
        assert len(ended) == 8
        assert engine.quarantine.listed() == []

    play(main())


def test_a_guard_that_is_left_behind_lets_nothing_through(engine: Any, play: Any) -> None:
    called = []

    async def later(*_: Any) -> None:
        called.append(True)

    guarded = Calls("on_message", (Stubborn(), later), ("guard", "later"), (2.0, 2.0), frozenset({"guard"}))

    async def main() -> None:
        results: list[Any] = []
        await engine.dispatch.run(guarded, (1,), "test:g", results, stop=Stop)
        assert [(plugin, type(result)) for plugin, result in results] == [("guard", Stop)]
        assert called == []

    play(main())


def test_a_plugin_that_asks_another_is_not_blamed_for_the_others_slowness(engine: Any, play: Any) -> None:
    async def asks(*_: Any) -> Stop:
        await engine.dispatch.guarded("other", "offer weight", forever, guild="test:g", deadline=2.0)
        return Stop("asked")

    async def main() -> None:
        results: list[Any] = []
        run = await engine.dispatch.run(calls(asks), (1,), "test:g", results)
        assert results == [("a", Stop("asked"))]
        assert run.faults == ()
        assert [fault.plugin for fault in engine.quarantine.last] == ["other"]

    play(main())


def test_a_plugin_that_asks_for_ever_overstays_all_the_same(engine: Any, play: Any, loop: Any) -> None:
    async def answers() -> None:
        await asyncio.sleep(1.9)

    async def asks(*_: Any) -> None:
        while True:
            await engine.dispatch.guarded("other", "offer weight", answers, guild="test:g", deadline=2.0)

    async def main() -> None:
        run = await engine.dispatch.run(calls(asks), (1,), "test:g", [])
        assert [(fault.plugin, fault.kind) for fault in run.faults] == [("a", "overstayed")]
        assert loop.time() < 15

    play(main())


def test_an_outer_deadline_ends_the_inner_call_too(engine: Any, play: Any) -> None:
    ended = []

    async def inner() -> None:
        try:
            await forever()
        finally:
            ended.append("inner")

    async def outer(*_: Any) -> None:
        await engine.dispatch.guarded("other", "offer weight", inner, guild="test:g", deadline=500.0)

    async def main() -> None:
        run = await engine.dispatch.run(calls(outer, stop), (1,), "test:g", [])
        assert [fault.plugin for fault in run.faults] == ["a"]
        assert ended == ["inner"]

    play(main())


def test_runs_side_by_side_keep_their_own_deadlines(engine: Any, play: Any, loop: Any) -> None:
    async def until(deadline: float) -> float:
        await engine.dispatch.run(calls(forever, deadline=deadline), (1,), "test:g", [])
        return float(loop.time())

    async def main() -> None:
        ends = await asyncio.gather(*[until(deadline) for deadline in (5, 1, 3)])
        for end, deadline in zip(ends, (5, 1, 3), strict=True):
            assert deadline <= end <= deadline + 0.5

    play(main())


def test_the_same_place_in_the_next_run_begins_anew(engine: Any, play: Any) -> None:
    """Runs are told apart, not only positions: two runs that wait at the same place are not one that overstays."""

    async def almost(*_: Any) -> None:
        await asyncio.sleep(1.9)

    async def main() -> None:
        for _ in range(20):
            run = await engine.dispatch.run(calls(almost), (1,), "test:g", [])
            assert run.faults == ()

    play(main())


def test_a_plugin_sees_the_contexts_variables_of_its_caller_before_and_after_it_waited(engine: Any, play: Any) -> None:
    unit: ContextVar[str] = ContextVar("unit", default="?")
    seen: list[str] = []

    async def looks(*_: Any) -> None:
        seen.append(unit.get())
        await asyncio.sleep(0.1)
        seen.append(unit.get())

    async def main() -> None:
        for name in ("one", "two"):
            unit.set(name)
            await engine.dispatch.run(calls(looks, looks), (1,), "test:g", [])
        assert seen == ["one"] * 4 + ["two"] * 4

    play(main())


def test_what_a_plugin_sets_in_its_context_it_can_reset_after_it_waited_and_nobody_else_sees_it(
    engine: Any, play: Any
) -> None:
    mood: ContextVar[str] = ContextVar("mood", default="calm")
    seen: list[str] = []

    async def sets_and_resets(*_: Any) -> None:
        token = mood.set("excited")
        await asyncio.sleep(0.1)
        mood.reset(token)

    async def sets(*_: Any) -> None:
        mood.set("angry")

    async def main() -> None:
        for waits in (sets_and_resets, sets):
            run = await engine.dispatch.run(calls(waits), (1,), "test:g", [])
            assert run.faults == ()
            seen.append(mood.get())
        assert seen == ["calm", "calm"]

    play(main())


def test_every_way_of_waiting_works_inside_of_a_plugin(engine: Any, play: Any) -> None:
    async def value(what: str) -> str:
        await asyncio.sleep(0)
        return what

    async def waits(*_: Any) -> Stop:
        told = [await value("sleep"), await asyncio.create_task(value("task"))]
        told += await asyncio.gather(value("gather"), value("gather"))
        told.append(await asyncio.wait_for(value("wait_for"), 1))
        told.append(await asyncio.shield(value("shield")))
        async with asyncio.timeout(1), asyncio.TaskGroup() as group:
            group.create_task(value("group"))
        told.append(await asyncio.to_thread(lambda: "thread"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(forever(), 0.1)
        async with asyncio.Lock(), asyncio.Condition():
            pass
        return Stop(" ".join(told))

    async def main() -> None:
        results: list[Any] = []
        run = await engine.dispatch.run(calls(waits), (1,), "test:g", results)
        assert run.faults == ()
        assert results == [("a", Stop("sleep task gather gather wait_for shield thread"))]

    play(main())


def test_what_a_plugin_awaits_may_fail_in_any_way_and_it_can_catch_that(engine: Any, play: Any) -> None:
    async def fails() -> None:
        raise KeyError("x")

    async def waits(*_: Any) -> Stop:
        cancelled = asyncio.create_task(forever())
        asyncio.get_running_loop().call_soon(cancelled.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await cancelled
        try:
            await asyncio.create_task(fails())
        except KeyError:
            return Stop("caught")
        return Stop("?")

    async def main() -> None:
        results: list[Any] = []
        run = await engine.dispatch.run(calls(waits), (1,), "test:g", results)
        assert run.faults == ()
        assert results == [("a", Stop("caught"))]

    play(main())


def test_a_plugin_that_awaits_nonsense_is_at_fault(engine: Any, play: Any) -> None:
    class Nonsense:
        def __await__(self) -> Any:
            yield 42

    async def waits(*_: Any) -> None:
        await Nonsense()

    async def main() -> None:
        results: list[Any] = []
        run = await engine.dispatch.run(calls(waits, stop), (1,), "test:g", results)
        assert [fault.kind for fault in run.faults] == ["raised"]
        assert results == [("b", Stop("the end"))]

    play(main())
