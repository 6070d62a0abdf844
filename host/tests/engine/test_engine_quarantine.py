"""Five faults in ten minutes and a plugin rests in that guild; in three guilds, everywhere; and there is a way back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import structlog
from butler.engine.faults import Fault
from butler.engine.quarantine import EVERYWHERE, MOST_COUNTED, Notice, Quarantine
from butler.testing import VirtualClock, VirtualLoop
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.spec("HOST-9")


def fault(plugin: str = "karma", guild: str = "test:g", error: str = "ValueError: no") -> Fault:
    return Fault(plugin, "on_message", guild, "raised", error)


class Bench:
    """A quarantine, what it told, and the time."""

    def __init__(self) -> None:
        self.loop = VirtualLoop()
        self.clock = VirtualClock(self.loop)
        self.notices: list[Notice] = []
        self.quarantine = Quarantine(self.clock, self.notices.append)

    def fail(self, times: int, *, apart: float = 0.0, **where: str) -> None:
        for _ in range(times):
            self.quarantine.fault(fault(**where))
            self.wait(apart)

    def wait(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))

    @property
    def listed(self) -> list[tuple[str, str]]:
        return [(notice.plugin, notice.guild) for notice in self.quarantine.listed()]


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.loop.close()


def test_four_faults_are_forgiven_the_fifth_is_not(bench: Bench) -> None:
    bench.fail(4)
    assert bench.listed == []
    bench.fail(1)
    assert bench.listed == [("karma", "test:g")]
    assert bench.quarantine.out("test:g") == {"karma"}
    assert bench.quarantine.out("test:other") == frozenset()


def test_faults_that_are_more_than_ten_minutes_apart_do_not_add_up(bench: Bench) -> None:
    bench.fail(50, apart=151)
    assert bench.listed == []
    bench.fail(5, apart=149)
    assert bench.listed == [("karma", "test:g")]


def test_faults_of_other_plugins_and_other_guilds_do_not_count(bench: Bench) -> None:
    for plugin in ("karma", "polls"):
        for guild in ("test:a", "test:b"):
            bench.fail(4, plugin=plugin, guild=guild)
    assert bench.listed == []


def test_the_third_guild_makes_it_everywhere(bench: Bench) -> None:
    for guild in ("test:a", "test:b"):
        bench.fail(5, guild=guild)
    assert bench.quarantine.out("test:z") == frozenset()
    bench.fail(5, guild="test:c")
    assert bench.quarantine.out("test:z") == {"karma"}
    assert ("karma", EVERYWHERE) in bench.listed


def test_faults_in_no_guild_count_for_everywhere(bench: Bench) -> None:
    bench.fail(5, guild="")
    assert bench.quarantine.out("test:z") == {"karma"}


def test_whoever_must_know_is_told_once_with_the_reason(bench: Bench) -> None:
    bench.fail(9)
    (notice,) = bench.notices
    assert (notice.plugin, notice.guild, notice.released) == ("karma", "test:g", False)
    assert "ValueError: no" in notice.reason
    assert notice.since == bench.clock.now()


def test_the_log_names_the_culprit_and_the_way_back(bench: Bench) -> None:
    with structlog.testing.capture_logs() as logs:
        bench.fail(5)
    (entry,) = logs
    assert (entry["plugin"], entry["guild"]) == ("karma", "test:g")
    assert "butler plugins enable karma" in entry["remedy"]


def test_a_release_lets_it_back_and_begins_to_count_anew(bench: Bench) -> None:
    bench.fail(8)
    assert bench.quarantine.release("karma", "test:g")
    assert bench.quarantine.out("test:g") == frozenset()
    assert bench.notices[-1].released
    bench.fail(4)
    assert bench.listed == []
    bench.fail(1)
    assert bench.listed == [("karma", "test:g")]


def test_a_release_in_one_guild_is_none_in_another_and_one_without_a_guild_is_all(bench: Bench) -> None:
    for guild in ("test:a", "test:b"):
        bench.fail(5, guild=guild)
    assert bench.quarantine.release("karma", "test:a")
    assert bench.listed == [("karma", "test:b")]
    assert not bench.quarantine.release("karma", "test:a")
    assert not bench.quarantine.release("polls")
    bench.fail(5, guild="test:a")
    bench.fail(5, guild="test:c")
    assert bench.quarantine.release("karma")
    assert bench.listed == []
    assert bench.quarantine.out("test:z") == frozenset()


def test_it_is_known_after_a_restart_and_nobody_is_told_again(bench: Bench) -> None:
    for guild in ("test:a", "test:b", "test:c"):
        bench.fail(5, guild=guild)
    kept = bench.quarantine.listed()
    told: list[Notice] = []
    again = Quarantine(bench.clock, told.append)
    again.load(kept)
    assert again.listed() == kept
    assert again.out("test:z") == {"karma"}
    assert told == []


def test_one_that_is_held_already_is_not_held_twice(bench: Bench) -> None:
    bench.quarantine.put("karma", EVERYWHERE, "first")
    bench.quarantine.put("karma", EVERYWHERE, "second")
    bench.quarantine.put("karma", "test:g", "third")
    assert [notice.reason for notice in bench.quarantine.listed()] == ["first"]
    assert len(bench.notices) == 1


def test_the_latest_faults_are_kept_with_their_time_and_no_more_than_some(bench: Bench) -> None:
    for number in range(300):
        bench.quarantine.fault(fault(error=f"{number}"))
        bench.wait(1)
    last = list(bench.quarantine.last)
    assert len(last) == 200
    assert [each.error for each in last[-2:]] == ["298", "299"]
    assert last[-1].at is not None
    assert last[-2].at is not None
    assert (last[-1].at - last[-2].at).total_seconds() == 1


def test_memory_is_bounded_however_many_guilds_there_are(bench: Bench) -> None:
    for number in range(MOST_COUNTED + 500):
        bench.quarantine.fault(fault(guild=f"test:{number}"))
    assert len(bench.quarantine._counted) == MOST_COUNTED
    bench.fail(4, guild=f"test:{MOST_COUNTED + 499}")
    assert bench.listed == [("karma", f"test:{MOST_COUNTED + 499}")]


def test_what_is_asked_for_each_message_is_the_same_object_until_something_changes(bench: Bench) -> None:
    bench.quarantine.put("karma", "test:g", "x")
    assert bench.quarantine.out("test:g") is bench.quarantine.out("test:g")
    assert bench.quarantine.out("test:other") is bench.quarantine.out("test:third")


Step = st.tuples(st.sampled_from("abc"), st.sampled_from(["g1", "g2", "g3", "g4", ""]), st.integers(0, 300))


@given(st.lists(Step, max_size=80))
def test_it_does_what_a_naive_count_does(steps: list[tuple[str, str, int]]) -> None:
    bench = Bench()
    history: list[tuple[float, str, str]] = []
    held: set[tuple[str, str]] = set()
    now = 0.0
    for plugin, guild, wait in steps:
        now += wait
        bench.wait(wait)
        bench.quarantine.fault(fault(plugin, guild))
        history.append((now, plugin, guild))
        recent = [at for at, *who in history if who == [plugin, guild] and now - at <= 600]
        if len(recent) >= 5 and not held & {(plugin, guild), (plugin, "")}:
            held.add((plugin, guild))
            history = [each for each in history if each[1:] != (plugin, guild)]
            if guild and len([1 for name, _ in held if name == plugin]) >= 3:
                held.add((plugin, ""))
    assert set(bench.listed) == held
    for guild in ("g1", "g2", "g3", "g4"):
        assert bench.quarantine.out(guild) == {name for name, where in held if where in (guild, "")}
    bench.loop.close()
