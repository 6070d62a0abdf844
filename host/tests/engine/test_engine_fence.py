"""Whatever one plugin does, the others are called, in order, and the caller goes on unharmed (HOST-9)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from attrs import evolve
from butler.engine.dispatch import Dispatch
from butler.engine.tables import HEAT, HOT, Calls
from butler.errors import CommandError, Denied
from butler.hookspecs import hookimpl
from butler.model import NO, VETO, YES, Reply, Section, Stop, Use, Vote
from butler.plugin import Plugin

pytestmark = pytest.mark.spec("HOST-9")


class Before(Plugin):
    """Comes first, by its name."""

    async def told(self) -> None:
        self.seen = getattr(self, "seen", 0) + 1

    @hookimpl(tryfirst=True)
    async def on_message(self, message: Any) -> None:
        await self.told()


class Zlast(Plugin):
    """Comes last, and says so by stopping."""

    @hookimpl
    async def on_message(self, message: Any) -> Stop:
        return Stop("the last was called")


class Own(BaseException):
    """No ``Exception``."""


async def _raise(error: BaseException) -> None:
    raise error


async def _raise_later(error: BaseException) -> None:
    await asyncio.sleep(0.1)
    raise error


async def _cancel_itself_and_return() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


async def _cancel_itself_and_wait() -> None:
    await _cancel_itself_and_return()
    await asyncio.sleep(1)


async def _wait_and_cancel_itself() -> None:
    await asyncio.sleep(1)
    await _cancel_itself_and_wait()


async def _lose_a_task_group() -> None:
    async def fail() -> None:
        await asyncio.sleep(0.1)
        raise ValueError("child")

    async with asyncio.TaskGroup() as group:
        group.create_task(fail())
        await asyncio.sleep(10)


async def _forever() -> None:
    await asyncio.Event().wait()


async def _swallow_once() -> None:
    try:
        await _forever()
    except asyncio.CancelledError:
        await asyncio.sleep(0.1)


async def _swallow_once_and_raise() -> None:
    try:
        await _forever()
    except asyncio.CancelledError:
        raise ValueError("not that") from None


BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "raises": (lambda: _raise(ValueError("no")), "raised"),
    "raises later": (lambda: _raise_later(ValueError("no")), "raised"),
    "raises StopIteration": (lambda: _raise(StopIteration()), "raised"),
    "raises StopAsyncIteration": (lambda: _raise(StopAsyncIteration()), "raised"),
    "exits": (lambda: _raise(SystemExit(3)), "exited"),
    "exits later": (lambda: _raise_later(SystemExit(3)), "exited"),
    "interrupts": (lambda: _raise(KeyboardInterrupt()), "exited"),
    "raises GeneratorExit": (lambda: _raise(GeneratorExit()), "exited"),
    "raises GeneratorExit later": (lambda: _raise_later(GeneratorExit()), "exited"),
    "raises its own BaseException": (lambda: _raise(Own("x")), "exited"),
    "raises CancelledError": (lambda: _raise(asyncio.CancelledError()), "cancelled"),
    "raises CancelledError later": (lambda: _raise_later(asyncio.CancelledError()), "cancelled"),
    "cancels its task and waits": (_cancel_itself_and_wait, "cancelled"),
    "waits and cancels its task": (_wait_and_cancel_itself, "cancelled"),
    "loses a task group": (_lose_a_task_group, "raised"),
    "never returns": (_forever, "overstayed"),
    "swallows the cancel and returns late": (_swallow_once, "overstayed"),
    "swallows the cancel and raises": (_swallow_once_and_raise, "overstayed"),
}


@pytest.mark.parametrize("how", BAD)
def test_a_plugin_that_fails_is_named_and_costs_the_others_nothing(how: str, engine: Any, play: Any) -> None:
    bad, kind = BAD[how]

    class Culprit(Plugin):
        @hookimpl
        async def on_message(self, message: Any) -> None:
            await bad()

    engine.add(Before, Culprit, Zlast)

    async def main() -> None:
        task = asyncio.current_task()
        assert task is not None
        results, run = await engine.observe()
        assert results == [("zlast", Stop("the last was called"))]
        assert [(fault.plugin, fault.hook, fault.kind) for fault in run.faults] == [("culprit", "on_message", kind)]
        assert list(run.times()) == ["before", "culprit", "zlast"]
        assert task.cancelling() == 0
        await asyncio.sleep(5)  # a cancel that came late would arrive here

    play(main())


def test_a_plugin_that_cancels_its_task_and_returns_at_once_harms_nobody_after_it(engine: Any, play: Any) -> None:
    class Culprit(Plugin):
        @hookimpl
        async def on_message(self, message: Any) -> None:
            await _cancel_itself_and_return()

    class Innocent(Plugin):
        @hookimpl
        async def on_message(self, message: Any) -> None:
            async with asyncio.timeout(1.5):
                await asyncio.sleep(1)

    engine.add(Culprit, Innocent, Zlast)

    async def main() -> None:
        results, run = await engine.observe()
        assert [plugin for plugin, _ in results] == ["zlast"]
        assert "innocent" not in [fault.plugin for fault in run.faults]
        await asyncio.sleep(1)

    play(main())


def test_the_next_plugin_does_not_inherit_a_cancel_that_an_earlier_one_outlived(engine: Any, play: Any) -> None:
    counts = []

    class Culprit(Plugin):
        @hookimpl
        async def on_message(self, message: Any) -> None:
            task = asyncio.current_task()
            assert task is not None
            asyncio.get_running_loop().call_later(0.1, task.cancel)
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(1)

    class Next(Plugin):
        @hookimpl
        async def on_message(self, message: Any) -> None:
            await asyncio.sleep(0)
            task = asyncio.current_task()
            assert task is not None
            counts.append(task.cancelling())

    engine.add(Culprit, Next, Zlast)
    results, run = play(engine.observe())
    assert counts == [0]
    assert run.faults == ()
    assert len(results) == 1


def test_a_task_group_that_failed_inside_of_a_plugin_leaves_the_next_ones_timeout_whole(engine: Any, play: Any) -> None:
    class Culprit(Plugin):
        @hookimpl
        async def on_message(self, message: Any) -> None:
            with pytest.raises(ExceptionGroup):
                await _lose_a_task_group()

    class Impatient(Plugin):
        @hookimpl
        async def on_message(self, message: Any) -> Stop:
            try:
                async with asyncio.timeout(0.5):
                    await _forever()
            except TimeoutError:
                return Stop("timed out as it wanted")
            return Stop("?")

    engine.add(Culprit, Impatient)

    async def main() -> None:
        results, run = await engine.observe()
        assert results == [("impatient", Stop("timed out as it wanted"))]
        assert run.faults == ()

    play(main())


def test_a_synchronous_raise_of_a_later_plugin_keeps_the_earlier_results(engine: Any, play: Any) -> None:
    class A(Plugin):
        @hookimpl
        async def build_prompt(self, message: Any, persona: Any) -> Section:
            return Section("a")

    class B(Plugin):
        @hookimpl
        async def build_prompt(self, message: Any, persona: Any) -> Section:
            raise ValueError

    class C(Plugin):
        @hookimpl
        async def build_prompt(self, message: Any, persona: Any) -> Any:
            return [Section("c"), Section("d")]

    engine.add(A, B, C)

    async def main() -> None:
        results: list[Any] = []
        await engine.dispatch.run(engine.calls("build_prompt"), (None, None), "test:g", results)
        assert results == [("a", Section("a")), ("c", [Section("c"), Section("d")])]

    play(main())


def test_a_coroutine_that_resolves_to_none_ends_nothing_and_a_stop_ends_it(engine: Any, play: Any) -> None:
    class Quiet(Plugin):
        @hookimpl(tryfirst=True)
        async def on_message(self, message: Any) -> None:
            return None

    class Stops(Plugin):
        @hookimpl
        async def on_message(self, message: Any) -> Stop:
            return Stop("enough")

    engine.add(Quiet, Stops, Zlast)

    async def main() -> None:
        results, run = await engine.observe()
        assert results == [("stops", Stop("enough"))]
        assert list(run.times()) == ["quiet", "stops"]

    play(main())


WRONG: list[tuple[str, Any]] = [
    ("on_message", "text"),
    ("on_message", Vote(YES, "wrong hook")),
    ("build_prompt", "text"),
    ("build_prompt", [Section("x"), "y"]),
    ("review_reply", "text"),
    ("on_event", Stop("there is nothing to stop")),
    ("on_tick", True),
    ("on_reply", Reply("x")),
]


@pytest.mark.parametrize(("hook", "result"), WRONG, ids=lambda value: str(value)[:24])
def test_a_result_of_the_wrong_type_is_a_fault_and_is_ignored(hook: str, result: Any, engine: Any, play: Any) -> None:
    async def wrong(*_: Any) -> Any:
        return result

    async def main() -> None:
        results: list[Any] = []
        run = await engine.dispatch.run(Calls(hook, (wrong,), ("wrong",), (2.0,)), (1, 2), "test:g", results)
        assert results == []
        assert [(fault.plugin, fault.kind) for fault in run.faults] == [("wrong", "wrong result")]
        assert type(result).__name__ in run.faults[0].error

    play(main())


@pytest.mark.parametrize("result", [Use(model="x"), Section("x"), [Section("x")]], ids=str)
def test_a_prompt_may_be_given_as_section_sections_or_use(result: Any, engine: Any, play: Any) -> None:
    async def right(*_: Any) -> Any:
        return result

    async def main() -> None:
        results: list[Any] = []
        run = await engine.dispatch.run(Calls("build_prompt", (right,), ("p",), (2.0,)), (1, 2), "test:g", results)
        assert results == [("p", result)]
        assert run.faults == ()

    play(main())


@pytest.mark.spec("HOST-7")
def test_each_voter_sees_the_votes_cast_before_with_their_plugins_names(engine: Any, play: Any) -> None:
    seen: list[list[Vote]] = []

    class A(Plugin):
        @hookimpl
        async def should_reply(self, votes: Any) -> Vote:
            seen.append(list(votes))
            return Vote(NO, "a", plugin="pretends to be another")

    class B(Plugin):
        @hookimpl
        async def should_reply(self, votes: Any) -> Any:
            seen.append(list(votes))
            return "not a vote"

    class C(Plugin):
        @hookimpl
        async def should_reply(self, message: Any, persona: Any, votes: Any) -> Vote:
            seen.append(list(votes))
            return Vote(YES, "c")

    engine.add(A, B, C)

    async def main() -> None:
        votes, run = await engine.vote()
        first, last = Vote(NO, "a", "a"), Vote(YES, "c", "c")
        assert votes == [first, last]
        assert seen == [[], [first], [first]]
        assert [(fault.plugin, fault.kind) for fault in run.faults] == [("b", "wrong result")]

    play(main())


@pytest.mark.spec("HOST-7")
@pytest.mark.parametrize("how", ["append", "clear", "pop", "insert", "extend", "remove", "sort", "reverse"])
def test_no_voter_changes_what_others_voted(how: str, engine: Any, play: Any) -> None:
    class A(Plugin):
        @hookimpl
        async def should_reply(self) -> Vote:
            return Vote(NO, "a")

    class B(Plugin):
        @hookimpl
        async def should_reply(self, votes: Any) -> None:
            assert votes[0].reason == "a"
            assert votes[:1] == [votes[0]]
            assert [vote.plugin for vote in votes] == ["a"]
            assert len(votes) == 1
            getattr(votes, how)

    engine.add(A, B)

    async def main() -> None:
        votes, run = await engine.vote()
        assert votes == [Vote(NO, "a", "a")]
        assert [fault.error for fault in run.faults] == [f"AttributeError: 'Cast' object has no attribute '{how}'"]

    play(main())


GUARDED = [("on_message", Stop), ("review_reply", Stop), ("should_reply", Vote)]


@pytest.mark.parametrize(("hook", "answer"), GUARDED)
@pytest.mark.parametrize("how", ["raises", "never returns", "exits", "returns something else"])
def test_a_guard_that_fails_counts_as_stop_or_veto(hook: str, answer: type, how: str, engine: Any, play: Any) -> None:
    async def bad(*_: Any) -> Any:
        if how == "returns something else":
            return 42
        return await BAD[how][0]()

    async def fine(*_: Any) -> None:
        called.append("fine")

    called: list[str] = []
    calls = Calls(hook, (bad, fine), ("guard", "fine"), (2.0, 2.0), frozenset({"guard"}))

    async def main() -> None:
        results: list[Any] = []
        if hook == "should_reply":
            run = await engine.dispatch.votes(calls, None, None, "test:g", results)
            assert [(vote.say, vote.plugin) for vote in results] == [(VETO, "guard")]
        else:
            run = await engine.dispatch.run(calls, (1, 2), "test:g", results, stop=Stop)
            assert [(plugin, type(result)) for plugin, result in results] == [("guard", answer)]
            assert called == []
        assert [fault.plugin for fault in run.faults] == ["guard"]
        assert "42" not in str(results)

    play(main())


def test_what_a_plugin_says_in_its_error_never_gets_into_a_result(engine: Any, play: Any) -> None:
    async def bad(*_: Any) -> Any:
        raise ValueError("secret of the house")

    async def main() -> None:
        results: list[Any] = []
        calls = Calls("on_message", (bad,), ("guard",), (2.0,), frozenset({"guard"}))
        run = await engine.dispatch.run(calls, (1,), "test:g", results, stop=Stop)
        assert "secret" not in str(results)
        assert "secret of the house" in run.faults[0].error

    play(main())


class Ticking:
    """A clock that only plugins put forward."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr("butler.engine.dispatch.perf_counter", lambda: self.now)

    def plugin(self, seconds: float) -> Callable[..., Awaitable[None]]:
        async def takes(*_: Any) -> None:
            self.now += seconds
            await asyncio.sleep(0)

        return takes


def test_the_time_of_every_plugin_is_known_by_its_name(engine: Any, play: Any, monkeypatch: Any) -> None:
    clock = Ticking(monkeypatch)
    functions = (clock.plugin(0.25), clock.plugin(4.0), clock.plugin(0.5))
    run = play(engine.dispatch.run(Calls("on_message", functions, ("a", "b", "c"), (9.0,) * 3), (1,), "test:g", []))
    assert run.times() == {"a": 0.25, "b": 4.0, "c": 0.5}


def test_the_time_of_a_plugin_that_failed_is_known_too(engine: Any, play: Any, monkeypatch: Any) -> None:
    clock = Ticking(monkeypatch)

    async def fails(*_: Any) -> None:
        clock.now += 2.0
        raise ValueError

    functions = (clock.plugin(0.25), fails, clock.plugin(0.5), fails)
    run = play(engine.dispatch.run(Calls("on_message", functions, tuple("abcd"), (9.0,) * 4), (1,), "test:g", []))
    assert run.times() == {"a": 0.25, "b": 2.0, "c": 0.5, "d": 2.0}


class Fifty:
    """Fifty plugins that take as long as ``slow`` says; the one that is named stops the message."""

    def __init__(self, engine: Any, play: Any, clock: Ticking) -> None:
        self.slow = [0.0] * 50
        self.stops = -1
        self.names = tuple(f"p{number}" for number in range(50))
        calls = Calls("on_message", tuple(map(self._plugin, range(50))), self.names, (9.0,) * 50)
        self._run: Callable[[], Any] = lambda: play(engine.dispatch.run(calls, (1,), "test:g", [], Stop))
        self._clock = clock

    def _plugin(self, index: int) -> Callable[..., Awaitable[Stop | None]]:
        async def takes(*_: Any) -> Stop | None:
            self._clock.now += self.slow[index]
            return Stop("enough") if index == self.stops else None

        return takes

    def times(self, runs: int = 1) -> dict[str, float]:
        for _ in range(runs):
            found: dict[str, float] = self._run().times()
        return found


@pytest.fixture
def fifty(engine: Any, play: Any, monkeypatch: pytest.MonkeyPatch) -> Fifty:
    return Fifty(engine, play, Ticking(monkeypatch))


def test_where_many_are_quick_they_are_timed_together_until_runs_are_slow(fifty: Fifty) -> None:
    assert ", ".join(fifty.times()).split(", ") == list(fifty.names)
    assert len(fifty.times()) < 10
    fifty.slow[17] = 0.5
    found = fifty.times(HOT // HEAT + 2)
    assert [name for name, seconds in found.items() if seconds] == ["p17"]
    assert list(found) == list(fifty.names)


def test_one_slow_run_may_be_anybodys_fault_and_changes_nothing(fifty: Fifty) -> None:
    fifty.slow[17] = 0.5
    fifty.times()
    fifty.slow[17] = 0.0
    assert len(fifty.times()) < 10


def test_however_long_runs_were_slow_they_are_timed_together_soon_after(fifty: Fifty) -> None:
    fifty.slow[17] = 0.5
    assert len(fifty.times(50)) == 50
    fifty.slow[17] = 0.0
    assert len(fifty.times(HOT + 2)) < 10


def test_only_those_that_were_called_have_a_time(fifty: Fifty) -> None:
    fifty.stops = 7
    assert ", ".join(fifty.times()).split(", ") == list(fifty.names[:8])


def test_a_single_call_gives_its_result_or_its_fault(engine: Any, play: Any) -> None:
    async def double(number: int, by: int) -> int:
        await asyncio.sleep(1)
        return number * by

    async def bad() -> None:
        raise SystemExit

    async def main() -> None:
        guarded = engine.dispatch.guarded
        assert await guarded("karma", "offer weight", double, 21, 2, guild="test:g", deadline=2.0) == (42, None)
        result, fault = await guarded("karma", "command karma", bad, guild="test:g", deadline=2.0)
        assert result is None
        assert (fault.plugin, fault.hook, fault.kind, fault.guild) == ("karma", "command karma", "exited", "test:g")
        assert fault.id

    play(main())


def test_a_single_call_that_hangs_ends_at_its_deadline(engine: Any, play: Any, loop: Any) -> None:
    async def main() -> None:
        _, fault = await engine.dispatch.guarded("karma", "job lift", _forever, guild="test:g", deadline=60.0)
        assert fault.kind == "overstayed"
        assert 60 <= loop.time() <= 61

    play(main())


def test_an_error_that_the_caller_expects_passes_through_unharmed_and_is_no_fault(engine: Any, play: Any) -> None:
    error = Denied("only managers may do that")

    async def refuse() -> None:
        await asyncio.sleep(0)
        raise error

    async def main() -> None:
        for _ in range(10):
            with pytest.raises(CommandError) as caught:
                await engine.dispatch.guarded(
                    "karma", "command karma", refuse, guild="test:g", deadline=2.0, expected=(CommandError,)
                )
            assert caught.value is error
        assert engine.quarantine.listed() == []

    play(main())


def test_a_command_error_in_a_hook_is_a_fault_like_any_other(engine: Any, play: Any) -> None:
    async def refuse(_: Any) -> None:
        raise CommandError("nobody asked")

    async def main() -> None:
        run = await engine.dispatch.run(Calls("on_message", (refuse,), ("p",), (2.0,)), (1,), "test:g", [])
        assert [fault.kind for fault in run.faults] == ["raised"]

    play(main())


@pytest.mark.parametrize("waits", [False, True], ids=["at once", "after it waited"])
def test_a_bug_of_the_host_behind_the_fence_reaches_whoever_called(
    waits: bool, engine: Any, play: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def bad(_: Any) -> None:
        if waits:
            await asyncio.sleep(1)
        raise ValueError

    async def main() -> None:
        monkeypatch.setattr(engine.quarantine, "fault", None)
        for _ in range(3):
            with pytest.raises(TypeError):
                await engine.dispatch.run(Calls("on_message", (bad,), ("p",), (2.0,)), (1,), "test:g", [])
        monkeypatch.undo()
        run = await engine.dispatch.run(Calls("on_message", (bad,), ("p",), (2.0,)), (1,), "test:g", [])
        assert [fault.kind for fault in run.faults] == ["raised"]

    play(main())


def test_two_hosts_in_one_process_share_nothing(engine: Any, play: Any) -> None:
    other = Dispatch(engine.quarantine)

    async def inner(_: Any) -> None:
        await asyncio.sleep(1)

    async def outer(_: Any) -> None:
        await other.run(Calls("on_message", (inner,), ("inner",), (2.0,)), (1,), "test:g", [])

    async def main() -> None:
        run = await engine.dispatch.run(Calls("on_message", (outer,), ("outer",), (2.0,)), (1,), "test:g", [])
        assert run.faults == ()
        assert other.zombies() == []
        other.shut_down()
        await asyncio.sleep(0.1)

    play(main())


def test_fault_ids_differ(engine: Any, play: Any) -> None:
    async def bad(_: Any) -> None:
        raise ValueError

    async def main() -> None:
        calls = Calls("on_message", (bad, bad), ("a", "b"), (2.0, 2.0))
        run = await engine.dispatch.run(calls, (1,), "test:g", [])
        first, second = run.faults
        assert first.id != second.id
        assert evolve(first, id="") != evolve(second, id="")

    play(main())
