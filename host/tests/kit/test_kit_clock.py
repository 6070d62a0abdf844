"""The virtual clock: time passes only when nobody works (AUTH-3)."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections.abc import Iterator

import pytest
from butler.testing import START, Stuck, VirtualClock, VirtualLoop


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop(patience=5.0)
    yield loop
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def test_a_year_of_sleep_takes_no_time_and_is_exact(loop: VirtualLoop) -> None:
    loop.run_until_complete(asyncio.sleep(365 * 86400))
    assert loop.time() == 365 * 86400


def test_timers_fire_in_order_each_at_its_time(loop: VirtualLoop) -> None:
    fired: list[tuple[str, float]] = []
    for name, delay in (("late", 7.5), ("early", 0.25), ("between", 3.0)):
        loop.call_later(delay, lambda name=name: fired.append((name, loop.time())))
    loop.run_until_complete(asyncio.sleep(10))
    assert fired == [("early", 0.25), ("between", 3.0), ("late", 7.5)]


def test_a_timeout_fires_at_its_virtual_time(loop: VirtualLoop) -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3600):
                await asyncio.Event().wait()

    loop.run_until_complete(main())
    assert loop.time() == 3600


def test_time_stands_while_a_thread_works(loop: VirtualLoop) -> None:
    go = threading.Event()

    async def main() -> bool:
        later = asyncio.create_task(asyncio.sleep(1))
        loop.call_soon(go.set)
        await asyncio.to_thread(go.wait)
        stood = loop.time() == 0
        await later
        return stood

    assert loop.run_until_complete(main())
    assert loop.time() == 1


def test_time_stands_while_watched_work_is_in_flight_and_goes_on_when_it_is_stuck(loop: VirtualLoop) -> None:
    answered = asyncio.Event()
    work, stuck = [1], [False]
    loop.watch("the store", lambda: work[0], lambda: stuck[0])

    def answer() -> None:
        work[0] = 0
        answered.set()

    async def main() -> float:
        thread = threading.Timer(0.05, lambda: loop.call_soon_threadsafe(answer))
        thread.start()
        later = asyncio.create_task(asyncio.sleep(60))
        await answered.wait()
        thread.join()
        stood = loop.time()
        work[0], stuck[0] = 1, True
        await later
        return stood

    assert loop.run_until_complete(main()) == 0
    assert loop.time() == 60


def test_what_never_answers_is_named(loop: VirtualLoop) -> None:
    loop._patience = 0.05
    loop.watch("the parrot", lambda: 2)
    with pytest.raises(Stuck, match=r"the parrot \(2\)"):
        loop.run_until_complete(asyncio.sleep(1))
    loop.watch("the parrot", lambda: 0)


def test_waiting_for_nothing_at_all_is_named(loop: VirtualLoop) -> None:
    loop._patience = 0.05

    async def main() -> None:
        await asyncio.Event().wait()

    task = loop.create_task(main(), name="the one who waits")
    with pytest.raises(Stuck, match="the one who waits"):
        loop.run_until_complete(task)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(task)


def test_quiet_returns_when_nothing_can_run_and_no_time_has_passed(loop: VirtualLoop) -> None:
    done: list[int] = []

    async def chain(length: int) -> None:
        for _ in range(length):
            await asyncio.sleep(0)
        done.append(length)

    async def main() -> None:
        tasks = [asyncio.create_task(chain(length)) for length in (3, 300)]
        tasks.append(asyncio.create_task(asyncio.sleep(5)))
        await loop.quiet()
        assert done == [3, 300]
        assert loop.time() == 0
        tasks[-1].cancel()

    loop.run_until_complete(main())


def test_steps_stop_in_the_middle_of_things(loop: VirtualLoop) -> None:
    rounds: list[int] = []

    async def work() -> None:
        for number in range(10):
            rounds.append(number)
            await asyncio.sleep(0)

    task = loop.create_task(work())
    assert loop.run_steps(4)
    assert 0 < len(rounds) < 10
    assert not loop.run_steps(100)
    assert len(rounds) == 10
    assert task.done()


def test_real_connections_within_the_process_work(loop: VirtualLoop) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    async def main() -> bytes:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"hello\n")
            line = await reader.readline()
            writer.close()
            await writer.wait_closed()
        return line

    assert loop.run_until_complete(main()) == b"hello\n"


def test_the_clock_begins_on_a_monday_morning_and_follows_the_loop(loop: VirtualLoop) -> None:
    clock = VirtualClock(loop)
    assert clock.now() == START == dt.datetime(2030, 1, 7, 9, tzinfo=dt.UTC)
    assert START.strftime("%A") == "Monday"
    loop.run_until_complete(asyncio.sleep(90))
    assert clock.now() == START + dt.timedelta(seconds=90)
    assert clock.monotonic() == 90


def test_setting_the_clock_moves_the_time_of_day_and_no_timer(loop: VirtualLoop) -> None:
    clock = VirtualClock(loop)
    clock.jump(hours=-2)
    loop.run_until_complete(asyncio.sleep(60))
    assert clock.monotonic() == 60
    assert clock.now() == START + dt.timedelta(hours=-2, seconds=60)
    clock.set(START)
    assert clock.now() == START
