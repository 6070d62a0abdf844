"""Schedules run when they are due; late or not at all when they were missed; none twice (HOST-21)."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import peewee
import pytest
from attrs import define, field
from butler.errors import BadArgument, ContractError
from butler.services.schedule import Schedule, ScheduleRow
from butler.store.database import Database
from butler.store.table import Table, create_tables

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


class ScheduleLedger(Table):
    """What a job writes."""

    entry = peewee.TextField()


@define
class Runs:
    """Collects what ran, and when, in seconds since the start; keys of ``held`` run until they are let go."""

    clock: Any
    seen: list[tuple[str, float]] = field(factory=list)
    held: dict[str, asyncio.Event] = field(factory=dict)

    def time(self) -> float:
        return float((self.clock.now() - self.clock.start).total_seconds())

    async def __call__(self, row: ScheduleRow) -> None:
        self.seen.append((row.key, self.time()))
        if row.key in self.held:
            await self.held[row.key].wait()


def after(clock: Any, seconds: float) -> dt.datetime:
    return clock.start + dt.timedelta(seconds=seconds)  # type: ignore[no-any-return]


@pytest.mark.spec("HOST-21")
def test_each_kind_runs_at_its_times(engine: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        runs = Runs(clock)
        schedule = Schedule(database, clock, runs)
        await schedule.start()
        await schedule.once(after(clock, 90), "karma.lift", key="once")
        await schedule.every(HOUR, "karma.look", key="every")
        await schedule.cron("30 12 * * *", "karma.tell", key="cron")
        await asyncio.sleep(2.5 * HOUR)
        assert runs.seen == [("once", 90), ("cron", 1800), ("every", HOUR), ("every", 2 * HOUR)]
        assert [(row.key, row.due) for row in await schedule.listed("karma")] == [
            ("every", after(clock, 3 * HOUR).timestamp()),
            ("cron", after(clock, DAY + 1800).timestamp()),
        ]
        await schedule.stop()

    engine(test)


@pytest.mark.spec("HOST-21")
def test_the_job_is_given_what_was_scheduled(virtual: Any) -> None:
    rows: list[ScheduleRow] = []

    async def run(row: ScheduleRow) -> None:
        rows.append(row)

    async def test(database: Database, clock: Any) -> None:
        schedule = Schedule(database, clock, run)
        await schedule.start()
        key = await schedule.once(
            after(clock, 1), "karma.lift", guild="t:guild", arguments={"who": "ann", "n": [1, None]}
        )
        await asyncio.sleep(2)
        (row,) = rows
        assert (row.plugin, row.job, row.key, row.guild) == ("karma", "lift", key, "t:guild")
        assert row.arguments == {"who": "ann", "n": [1, None]}
        assert row.at == after(clock, 1)
        await schedule.stop()

    virtual(test)


@pytest.mark.spec("HOST-21")
def test_the_same_key_replaces_within_a_plugin_and_leaves_other_plugins_alone(engine: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        runs = Runs(clock)
        schedule = Schedule(database, clock, runs)
        await schedule.start()
        await schedule.once(after(clock, 10), "karma.lift", key="a")
        await schedule.once(after(clock, 20), "karma.lift", key="a")
        await schedule.once(after(clock, 30), "polls.close", key="a")
        assert await schedule.cancel("polls", "a")
        assert not await schedule.cancel("polls", "a")
        await asyncio.sleep(60)
        assert runs.seen == [("a", 20)]
        await schedule.stop()

    engine(test)


@pytest.mark.spec("HOST-21")
def test_missed_ones_run_late_once_or_wait_for_the_next_time(engine: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        runs = Runs(clock)
        down = Schedule(database, clock, runs)
        for missed in ("late", "skip"):
            await down.once(after(clock, HOUR), "karma.a", key=f"once {missed}", missed=missed)
            await down.every(HOUR, "karma.a", key=f"every {missed}", missed=missed)
            await down.cron("0 * * * *", "karma.a", key=f"cron {missed}", missed=missed)
        await asyncio.sleep(5.5 * HOUR)
        assert runs.seen == []
        schedule = Schedule(database, clock, runs)
        await schedule.start()
        await asyncio.sleep(HOUR)
        late = [(key, 5.5 * HOUR) for key in ("cron late", "every late", "once late")]
        later = [(key, 6 * HOUR) for key in ("cron late", "cron skip", "every late", "every skip")]
        assert sorted(runs.seen) == sorted(late + later)
        await schedule.stop()

    engine(test)


@pytest.mark.spec("HOST-21", "OPS-9")
def test_a_machine_that_slept_missed_what_was_due_meanwhile(virtual: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        runs = Runs(clock)
        schedule = Schedule(database, clock, runs)
        await schedule.start()
        await schedule.once(after(clock, HOUR), "karma.a", key="late", missed="late")
        await schedule.once(after(clock, HOUR), "karma.a", key="skip", missed="skip")
        await asyncio.sleep(MINUTE)
        clock.jump(hours=3)
        await asyncio.sleep(2.5 * MINUTE)
        assert [key for key, _ in runs.seen] == ["late"]
        assert await schedule.listed() == []
        await schedule.stop()

    virtual(test)


@pytest.mark.spec("HOST-21", "OPS-9")
def test_a_clock_that_is_set_back_runs_nothing_again(virtual: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        runs = Runs(clock)
        schedule = Schedule(database, clock, runs)
        await schedule.start()
        await schedule.once(after(clock, 10 * MINUTE), "karma.a", key="once")
        await schedule.every(20 * MINUTE, "karma.a", key="every")
        await schedule.cron("30 12 * * *", "karma.a", key="cron")
        await asyncio.sleep(35 * MINUTE)
        before = ["once", "every", "cron"]
        assert [key for key, _ in runs.seen] == before
        clock.jump(hours=-1)
        await asyncio.sleep(63.5 * MINUTE)
        assert [key for key, _ in runs.seen] == before
        await asyncio.sleep(2 * MINUTE)
        assert [key for key, _ in runs.seen] == [*before, "every"]
        await schedule.stop()

    virtual(test)


@pytest.mark.spec("HOST-21")
@pytest.mark.parametrize("change", ["2026-03-29", "2026-10-25"])
def test_half_past_two_in_berlin_is_once_a_day_through_both_changes_of_the_clock(virtual: Any, change: str) -> None:
    zone = ZoneInfo("Europe/Berlin")
    start = dt.datetime.fromisoformat(change).replace(tzinfo=zone) - dt.timedelta(hours=12)

    async def test(database: Database, clock: Any) -> None:
        runs = Runs(clock)
        schedule = Schedule(database, clock, runs, lambda guild: zone)
        await schedule.start()
        await schedule.cron("30 2 * * *", "karma.a", key="cron")
        await asyncio.sleep(3 * DAY)
        days = [after(clock, seconds).astimezone(zone).date().isoformat() for _, seconds in runs.seen]
        assert days == [change, *(str(dt.date.fromisoformat(change) + dt.timedelta(days=day)) for day in (1, 2))]
        await schedule.stop()

    virtual(test, start.astimezone(dt.UTC))


@pytest.mark.spec("HOST-21")
def test_a_cron_line_holds_in_the_zone_of_its_guild(virtual: Any) -> None:
    zones = {"t:tokyo": ZoneInfo("Asia/Tokyo"), "t:lima": ZoneInfo("America/Lima")}

    async def test(database: Database, clock: Any) -> None:
        runs = Runs(clock)
        schedule = Schedule(database, clock, runs, lambda guild: zones[guild])
        await schedule.start()
        for guild in zones:
            await schedule.cron("0 18 * * *", "karma.a", key=guild, guild=guild)
        await asyncio.sleep(DAY)
        assert runs.seen == [("t:lima", 11 * HOUR), ("t:tokyo", 21 * HOUR)]
        await schedule.stop()

    virtual(test)


@pytest.mark.spec("HOST-21")
@pytest.mark.parametrize("kind", ["once", "every"])
def test_a_run_that_a_crash_cut_off_is_run_again_if_it_may_be_late(engine: Any, kind: str) -> None:
    async def test(database: Database, clock: Any) -> None:
        runs = Runs(clock, held={"late": asyncio.Event(), "skip": asyncio.Event()})
        killed = Schedule(database, clock, runs)
        await killed.start()
        for missed in ("late", "skip"):
            if kind == "once":
                await killed.once(after(clock, HOUR), "karma.a", key=missed, missed=missed)
            else:
                await killed.every(HOUR, "karma.a", key=missed, missed=missed)
        await asyncio.sleep(HOUR + 10)
        assert sorted(runs.seen) == [("late", HOUR), ("skip", HOUR)]
        await killed.stop(grace=0)
        runs = Runs(clock)
        again = Schedule(database, clock, runs)
        await again.start()
        await asyncio.sleep(10)
        assert [key for key, _ in runs.seen] == ["late"]
        await again.stop()
        runs = Runs(clock)
        third = Schedule(database, clock, runs)
        await third.start()
        await asyncio.sleep(10)
        assert runs.seen == []
        await third.stop()

    engine(test)


@pytest.mark.spec("HOST-21", "HOST-5")
def test_what_a_job_defers_is_committed_with_its_end_or_not_at_all(engine: Any) -> None:
    """A late job that is cut off before its end leaves nothing; one that is cut off behind it is not run again."""
    entered = asyncio.Event()

    async def test(database: Database, clock: Any) -> None:
        schedules: list[Schedule] = []

        async def run(row: ScheduleRow) -> None:
            units: list[tuple[str, Callable[[], Any]]] = [
                ("karma", lambda: ScheduleLedger.create(entry=row.key)),
                ("karma", lambda: ScheduleLedger.create(entry=None)),
            ]
            if row.key == "before":
                entered.set()
                await asyncio.sleep(HOUR)
            failed = await schedules[-1].complete(row, units)
            assert [(owner, type(error)) for owner, error in failed] == [("karma", peewee.IntegrityError)]
            assert await schedules[-1].complete(row, units) == []
            await asyncio.sleep(HOUR)

        async def entries() -> list[str]:
            return await database.read(lambda: sorted(row.entry for row in ScheduleLedger.select()))

        await database.write(lambda: create_tables([ScheduleLedger]))
        schedules.append(Schedule(database, clock, run))
        await schedules[-1].start()
        for key in ("before", "behind"):
            await schedules[-1].once(after(clock, 1), "karma.a", key=key, missed="late")
        await asyncio.sleep(10)
        assert await entries() == ["behind"]
        await schedules[-1].stop(grace=0)
        schedules.append(Schedule(database, clock, run))
        await schedules[-1].start()
        await asyncio.sleep(2 * HOUR)
        assert await entries() == ["before", "behind"]
        await schedules[-1].stop()

    engine(test)


@pytest.mark.spec("HOST-21", "OPS-9")
def test_a_run_that_fails_is_over_and_the_others_go_on(virtual: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        runs = Runs(clock)

        async def run(row: ScheduleRow) -> None:
            await runs(row)
            if row.key == "bad":
                raise ZeroDivisionError

        schedule = Schedule(database, clock, run)
        await schedule.start()
        await schedule.once(after(clock, 1), "karma.a", key="bad", missed="late")
        await schedule.every(2, "karma.a", key="good")
        await asyncio.sleep(5)
        assert runs.seen == [("bad", 1), ("good", 2), ("good", 4)]
        assert [row.key for row in await schedule.listed()] == ["good"]
        await schedule.stop()

    virtual(test)


@pytest.mark.spec("HOST-21")
def test_a_run_that_outlasts_its_interval_is_never_beside_itself(virtual: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        runs = Runs(clock, held={"slow": asyncio.Event()})
        schedule = Schedule(database, clock, runs)
        await schedule.start()
        await schedule.every(10, "karma.a", key="slow", missed="late")
        await asyncio.sleep(35)
        assert runs.seen == [("slow", 10)]
        runs.held.pop("slow").set()
        await asyncio.sleep(11)
        assert runs.seen == [("slow", 10), ("slow", 35), ("slow", 40)]
        await schedule.stop()

    virtual(test)


@pytest.mark.spec("HOST-21", "HOST-9")
def test_a_plugin_whose_jobs_hang_holds_up_its_own_only(virtual: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        runs = Runs(clock, held={f"h{number:02}": asyncio.Event() for number in range(40)})
        schedule = Schedule(database, clock, runs)
        await schedule.start()
        for key in runs.held:
            await schedule.once(after(clock, 1), "hanging.a", key=key)
        await schedule.once(after(clock, 2), "karma.a", key="good")
        await asyncio.sleep(5)
        assert len(runs.seen) == 9
        assert runs.seen[-1] == ("good", 2)
        assert len(schedule.held) == 9
        for event in runs.held.values():
            event.set()
        await asyncio.sleep(5)
        assert len({key for key, _ in runs.seen}) == len(runs.seen) == 41
        await schedule.stop()
        assert schedule.held == []

    virtual(test)


@pytest.mark.spec("HOST-21", "HOST-15")
def test_thousands_due_at_once_all_run_and_never_more_than_a_few_side_by_side(virtual: Any) -> None:
    most, now, done = 0, 0, 0

    async def run(row: ScheduleRow) -> None:
        nonlocal most, now, done
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now, done = now - 1, done + 1

    async def test(database: Database, clock: Any) -> None:
        schedule = Schedule(database, clock, run)
        await asyncio.gather(*(schedule.once(after(clock, 1), f"p{n % 10}.a", missed="late") for n in range(1000)))
        await schedule.start()
        await asyncio.sleep(30)
        assert done == 1000
        assert most <= 32
        await schedule.stop()

    virtual(test)


@pytest.mark.spec("HOST-3")
def test_a_disabled_plugin_receives_nothing_and_what_may_be_late_runs_when_it_is_back(virtual: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        runs, off = Runs(clock), {("karma", "t:guild")}
        schedule = Schedule(database, clock, runs, enabled=lambda plugin, guild: (plugin, guild) not in off)
        await schedule.start()
        for key in ("late", "skip"):
            await schedule.once(after(clock, 10), "karma.a", key=key, missed=key, guild="t:guild")
        await schedule.every(20, "karma.a", key="every", guild="t:guild")
        await schedule.once(after(clock, 10), "karma.a", key="elsewhere", guild="t:other")
        await asyncio.sleep(50)
        assert runs.seen == [("elsewhere", 10)]
        off.clear()
        await schedule.sync("karma", {}, ())
        await schedule.refresh()
        await schedule.enlist(type("Karma", (), {"name": "karma"})())
        await asyncio.sleep(15)
        assert runs.seen[1:] == [("late", 50), ("every", 60)]
        await schedule.stop()

    virtual(test)


def test_what_cannot_be_kept_is_refused(virtual: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        schedule = Schedule(database, clock, Runs(clock))
        with pytest.raises(BadArgument, match="aware"):
            await schedule.once(dt.datetime(2026, 1, 1), "karma.a")  # noqa: DTZ001 - the wrong one is the point
        with pytest.raises(BadArgument, match="interval"):
            await schedule.every(0, "karma.a")
        with pytest.raises(BadArgument, match="day names"):
            await schedule.cron("0 9 * * 1", "karma.a")
        with pytest.raises(ContractError, match="plain JSON"):
            await schedule.once(clock.now(), "karma.a", arguments={"who": object()})
        assert await schedule.listed() == []

    virtual(test)


def test_a_stop_leaves_nothing_behind_and_nothing_runs_after_it(virtual: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        runs = Runs(clock)
        schedule = Schedule(database, clock, runs)
        await schedule.start()
        await schedule.every(1, "karma.a")
        await asyncio.sleep(1.5)
        await schedule.stop()
        await asyncio.sleep(10)
        assert len(runs.seen) == 1
        assert schedule.held == []
        assert len(asyncio.all_tasks()) == 1

    virtual(test)
