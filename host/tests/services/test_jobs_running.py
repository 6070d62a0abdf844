"""Long work: progress, cancelling, a limit side by side, going on after a restart (HOST-21)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from butler.declare import job
from butler.errors import ButlerError, ContractError
from butler.plugin import Plugin
from butler.scope import Scope
from butler.services.jobs import JobRow, Jobs, Progress
from butler.store.database import Database


class Worker(Plugin):
    """Counts, a second a step."""

    name = "worker"

    def __init__(self) -> None:
        self.scope = Scope(self.name, grace=0.5)
        self.began: list[tuple[str, float]] = []
        self.most = self.now = 0

    @job
    async def count(self, progress: Progress, to: int, name: str = "") -> None:
        """Count up to a number."""
        self.began.append((name, progress.done))
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            for step in range(int(progress.done), to):
                await asyncio.sleep(1)
                progress(step + 1, to, f"at {step + 1}")
        finally:
            self.now -= 1

    @job
    async def crash(self) -> None:
        """Never get anywhere."""
        self.began.append(("crash", 0))
        await asyncio.sleep(3600)

    async def plain(self, thing: object) -> None:
        """Take what is no JSON."""
        self.began.append((str(thing), 0))


class House:
    """Jobs of one plugin, brought up and down."""

    def __init__(self, database: Database, clock: Any, **options: Any) -> None:
        self.worker = Worker()
        self.jobs = Jobs(database, clock, lambda name: self.worker.scope, **options)
        self.run = self.jobs.bound("worker").run

    async def kill(self) -> None:
        assert await self.worker.scope.close() == []


@pytest.mark.spec("HOST-21")
def test_progress_is_kept_and_told_now_and_then_and_at_the_end(engine: Any) -> None:
    told: list[tuple[str, float, float, str]] = []

    async def tell(row: JobRow) -> None:
        told.append((row.state, row.done, row.total, row.text))

    async def test(database: Database, clock: Any) -> None:
        house = House(database, clock)
        work = await house.run(house.worker.count, arguments={"to": 6}, told=tell)
        await asyncio.sleep(3.5)
        (row,) = await house.jobs.listed("worker")
        assert (row.job, row.state, row.done, row.total, row.text) == ("count", "running", 3, 6, "at 3")
        assert (await work.wait()).state == "done"
        assert told == [
            ("running", 1, 6, "at 1"), ("running", 3, 6, "at 3"), ("running", 5, 6, "at 5"), ("done", 6, 6, "at 6"),
        ]  # fmt: skip
        assert [(row.state, row.done) for row in await house.jobs.listed()] == [("done", 6)]
        assert house.worker.scope.held == []

    engine(test)


@pytest.mark.spec("HOST-21")
@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_run_side_by_side_than_the_limit_and_in_order(virtual: Any, limit: int) -> None:
    async def test(database: Database, clock: Any) -> None:
        house = House(database, clock)
        works = [
            await house.run(house.worker.count, limit=limit, arguments={"to": 2, "name": str(n)}) for n in range(7)
        ]
        await asyncio.sleep(0.5)
        states = [work.row.state for work in works]
        assert states == ["running"] * limit + ["waiting"] * (7 - limit)
        assert {(await work.wait()).state for work in works} == {"done"}
        assert house.worker.most == limit
        assert [name for name, _ in house.worker.began] == [str(n) for n in range(7)]

    virtual(test)


@pytest.mark.spec("HOST-21")
def test_a_cancelled_job_ends_and_lets_the_next_one_in(virtual: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        house = House(database, clock)
        works = [await house.run(house.worker.count, arguments={"to": 100, "name": str(n)}) for n in range(4)]
        await asyncio.sleep(5)
        works[1].cancel()
        assert house.jobs.cancel(works[0].row.id)
        assert (await works[0].wait()).state == (await works[1].wait()).state == "cancelled"
        await asyncio.sleep(1)
        assert [name for name, _ in house.worker.began] == ["0", "2"]
        early = await house.run(house.worker.count, arguments={"to": 1})
        early.cancel()
        assert (await early.wait()).state == "cancelled"
        assert not house.jobs.cancel(works[0].row.id)
        states = [row.state for row in await house.jobs.listed("worker")]
        assert sorted(states) == ["cancelled", "cancelled", "cancelled", "running", "waiting"]
        await house.kill()

    virtual(test)


@pytest.mark.spec("HOST-21")
def test_a_resumable_job_goes_on_after_a_restart_from_where_it_was(engine: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        house = House(database, clock)
        for name in ("first", "second"):
            await house.run(house.worker.count, resumable=True, key=name, arguments={"to": 10, "name": name})
        left = await house.run(house.worker.plain, arguments={"thing": object()})
        await asyncio.sleep(4.5)
        await house.kill()
        assert (await left.wait()).state == "waiting"
        house = House(database, clock)
        await house.jobs.enlist(house.worker)
        assert (await house.run(house.worker.count, key="second", arguments={"to": 1})).row.arguments["to"] == 10
        await asyncio.sleep(17)
        assert house.worker.began == [("first", 4), ("second", 0)]
        rows = {row.key: row.state for row in await house.jobs.listed("worker")}
        assert rows == {"first": "done", "second": "done", "": "interrupted"}
        house = House(database, clock)
        await house.jobs.enlist(house.worker)
        await asyncio.sleep(1)
        assert house.worker.began == []

    engine(test)


@pytest.mark.spec("HOST-21", "OPS-9")
def test_a_job_that_never_gets_any_further_is_given_up_after_some_restarts(virtual: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        house = House(database, clock)
        await house.run(house.worker.crash, resumable=True)
        begun = 0
        for _ in range(10):
            await asyncio.sleep(1)
            begun += len(house.worker.began)
            await house.kill()
            house = House(database, clock)
            await house.jobs.enlist(house.worker)
        (row,) = await house.jobs.listed("worker")
        assert (row.state, begun) == ("failed", 6)
        assert "without getting any further" in row.error

    virtual(test)


@pytest.mark.spec("OPS-9")
@pytest.mark.parametrize(
    "error", [ZeroDivisionError("x"), SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()]
)
def test_a_job_that_fails_in_any_way_ends_alone(virtual: Any, error: BaseException) -> None:
    async def fail() -> None:
        raise error

    async def test(database: Database, clock: Any) -> None:
        house = House(database, clock)
        row = await (await house.run(fail)).wait()
        assert (row.state, row.error.partition(":")[0]) == ("failed", type(error).__name__)
        assert (await (await house.run(house.worker.count, arguments={"to": 1})).wait()).state == "done"

    virtual(test)


@pytest.mark.spec("OPS-9")
def test_nobody_to_tell_is_no_reason_to_stop(virtual: Any) -> None:
    async def tell(row: JobRow) -> None:
        raise ConnectionError("gone")

    async def test(database: Database, clock: Any) -> None:
        house = House(database, clock, told=tell)
        work = await house.run(house.worker.count, arguments={"to": 3})
        assert (await work.wait()).state == "done"

    virtual(test)


def test_the_same_key_is_done_once_at_a_time(virtual: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        house = House(database, clock)

        async def begin() -> Any:
            return await house.run(house.worker.count, key="one", arguments={"to": 3})

        first, second = await asyncio.gather(begin(), begin())
        assert first is second
        await first.wait()
        assert await begin() is not first
        await house.kill()

    virtual(test)


def test_a_thousand_reports_a_second_are_a_few_writes(virtual: Any) -> None:
    """Progress is kept one write at a time; what comes in between is overtaken by the last."""

    async def test(database: Database, clock: Any) -> None:
        house = House(database, clock)
        submitted = 0
        submit = database.submit

        def counting(batch: Callable[..., Any], row: Any) -> Any:
            nonlocal submitted
            submitted += 1
            return submit(batch, row)

        async def busy(progress: Progress) -> None:
            for step in range(10_000):
                progress(step, 10_000)
            assert submitted < 10
            await asyncio.sleep(1)
            assert [row.done for row in await house.jobs.listed()] == [9_999]

        database.submit = counting  # type: ignore[method-assign]
        assert (await (await house.run(busy)).wait()).state == "done"

    virtual(test)


def test_only_the_last_jobs_that_ended_are_kept(virtual: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        house = House(database, clock)
        works = [await house.run(house.worker.plain, limit=5, arguments={"thing": n}) for n in range(60)]
        for work in works:
            await work.wait()
        assert len(await house.jobs.listed()) == 50
        await house.jobs.drop("worker")
        assert await house.jobs.listed() == []

    virtual(test)


def test_what_cannot_be_taken_up_again_is_refused_as_resumable(virtual: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        house = House(database, clock)
        with pytest.raises(ContractError, match="@job"):
            await house.run(house.worker.plain, resumable=True)
        with pytest.raises(ContractError, match="plain JSON"):
            await house.run(house.worker.count, resumable=True, arguments={"to": object()})

    virtual(test)


def test_there_is_an_end_to_how_many_may_wait(virtual: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("butler.services.jobs.service.MOST", 3)

    async def test(database: Database, clock: Any) -> None:
        house = House(database, clock)
        for _ in range(3):
            await house.run(house.worker.crash)
        with pytest.raises(ButlerError, match="wait already"):
            await house.run(house.worker.crash)
        await house.kill()

    virtual(test)
