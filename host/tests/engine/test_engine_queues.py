"""Channels take turns: in order within, side by side across, fair between guilds, bounded in memory (HOST-6)."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
import structlog
from attrs import define, field
from butler.engine.queues import Queues
from butler.errors import StoreError
from butler.model import Channel, Guild, Message, Person
from butler.scope import Scope
from butler.store.recovery import Pending
from butler.testing import VirtualLoop
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.spec("HOST-6")

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
Place = tuple[str, str]


@define
class Bench:
    """Queues over a journal in memory; ``work`` is what one message takes."""

    work: Callable[[int], Awaitable[None]]
    bounds: dict[str, int] = field(factory=dict)
    journal: dict[Place, list[int]] = field(factory=dict)
    places: dict[Place, list[int]] = field(factory=dict)
    began: list[int] = field(factory=list)
    done: list[int] = field(factory=list)
    side_by_side: int = 0
    most: int = 0
    last: int = 0
    broken: int = 0
    """So many times the journal cannot be read."""
    keeps_failed: bool = False
    """What could not be handled stays open in the journal, as it does in a real one."""
    scope: Scope = field(factory=lambda: Scope("test"))
    queues: Queues = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.queues = Queues(self._handle, self._refill, self.scope, **self.bounds)

    def pending(self, seq: int, guild: str, channel: str) -> Pending:
        return Pending(Message(f"m{seq}", Channel(channel, Guild(guild)), Person("p"), "x", NOW, seq=seq))

    def keep(self, guild: str = "g", channel: str = "c") -> int:
        """Journal something, and tell the queues nothing."""
        self.last += 1
        for kept in (self.journal, self.places):
            kept.setdefault((guild, channel), []).append(self.last)
        return self.last

    def put(self, guild: str = "g", channel: str = "c", seq: int = 0) -> int:
        seq = seq or self.keep(guild, channel)
        self.queues.put(guild, channel, self.pending(seq, guild, channel))
        return seq

    async def _handle(self, pending: Pending) -> None:
        seq = pending.item.seq
        self.began.append(seq)
        self.side_by_side += 1
        self.most = max(self.most, self.side_by_side)
        try:
            await self.work(seq)
        except ValueError:
            self._end(seq, keep=self.keeps_failed)
            raise
        self._end(seq, keep=False)

    def _end(self, seq: int, *, keep: bool) -> None:
        self.side_by_side -= 1
        self.done.append(seq)
        for open_ones in self.journal.values():
            if seq in open_ones and not keep:
                open_ones.remove(seq)

    async def _refill(self, guild: str, channel: str, after: int, limit: int) -> list[Pending]:
        await asyncio.sleep(0.001)
        if self.broken:
            self.broken -= 1
            raise StoreError("it does not answer")
        found = [seq for seq in self.journal.get((guild, channel), []) if seq > after][:limit]
        await asyncio.sleep(0.001)
        return [self.pending(seq, guild, channel) for seq in found]


async def quick(_: int) -> None:
    return None


async def slow(_: int) -> None:
    await asyncio.sleep(1)


def test_a_channel_goes_in_order_one_at_a_time(play: Any) -> None:
    async def main() -> None:
        bench = Bench(slow)
        put = [bench.put() for _ in range(20)]
        await bench.queues.drained()
        assert bench.began == bench.done == put
        assert bench.most == 1

    play(main())


def test_channels_go_side_by_side_as_far_as_there_are_slots(play: Any, loop: VirtualLoop) -> None:
    async def main() -> None:
        bench = Bench(slow, {"slots": 4})
        for number in range(12):
            bench.put(channel=f"c{number}")
        await bench.queues.drained()
        assert bench.most == 4
        assert loop.time() == pytest.approx(3)

    play(main())


def test_memory_is_bounded_for_a_channel_and_nothing_is_lost_or_out_of_order(play: Any) -> None:
    async def main() -> None:
        bench = Bench(slow, {"per_lane": 10})
        put, most = [], 0
        for _ in range(95):
            put.append(bench.put())
            most = max(most, bench.queues.waiting)
        assert most == 10
        await bench.queues.drained()
        assert bench.done == put
        assert bench.queues.waiting == bench.queues.active == 0

    play(main())


def test_memory_is_bounded_for_all_channels_together(play: Any) -> None:
    async def main() -> None:
        bench = Bench(slow, {"total": 30, "slots": 2})
        put: dict[str, list[int]] = {}
        for number in range(200):
            channel = f"c{number % 20}"
            put.setdefault(channel, []).append(bench.put(channel=channel))
            assert bench.queues.waiting <= 30
        await bench.queues.drained()
        assert sorted(bench.done) == list(range(1, 201))
        for seqs in put.values():
            assert [seq for seq in bench.done if seq in seqs] == seqs

    play(main())


def test_whoever_operates_it_is_told_once_when_a_channel_is_full(play: Any) -> None:
    async def main() -> None:
        bench = Bench(slow, {"per_lane": 3})
        with structlog.testing.capture_logs() as logs:
            for _ in range(20):
                bench.put()
        assert [(entry["event"], entry["channel"]) for entry in logs] == [
            ("a channel's queue is full, what comes now waits in the journal", "c")
        ]
        await bench.queues.drained()

    play(main())


def test_what_was_read_from_the_journal_before_it_was_put_is_handled_once(play: Any) -> None:
    """A row can be read as soon as it is committed, which may be before its receiver hears of the commit."""

    async def main() -> None:
        bench = Bench(slow, {"per_lane": 3})
        put = [bench.put() for _ in range(4)]
        late = bench.keep()
        await asyncio.sleep(3.5)
        assert bench.began == put
        bench.put(seq=late)
        await bench.queues.drained()
        assert bench.done == [*put, late]

    play(main())


def test_a_burst_in_one_guild_delays_another_by_one_message(play: Any) -> None:
    async def main() -> None:
        bench = Bench(slow, {"slots": 1})
        for number in range(300):
            bench.put("loud", f"c{number % 30}")
        await asyncio.sleep(0.5)
        quiet = bench.put("quiet")
        await bench.queues.drained()
        assert bench.began.index(quiet) <= 2

    play(main())


def test_a_busy_channel_does_not_keep_its_neighbours_waiting(play: Any) -> None:
    async def main() -> None:
        bench = Bench(slow, {"slots": 1})
        for _ in range(100):
            bench.put("g", "busy")
        await asyncio.sleep(0.5)
        others = [bench.put("g", name) for name in ("one", "other")]
        await bench.queues.drained()
        assert max(map(bench.began.index, others)) <= 3

    play(main())


def test_guilds_that_are_all_busy_take_turns(play: Any) -> None:
    async def main() -> None:
        bench = Bench(slow, {"slots": 1})
        for number in range(60):
            bench.put(f"g{number % 3}", f"c{number % 15}")
        await bench.queues.drained()
        turns = [seq % 3 for seq in bench.began]
        assert all(turns[start : start + 6].count(guild) == 2 for start in range(0, 60, 6) for guild in range(3))

    play(main())


def test_whoever_waits_for_something_slow_lends_its_slot(play: Any, loop: VirtualLoop) -> None:
    async def main() -> None:
        async def model(_: int) -> None:
            async with bench.queues.lend():
                await asyncio.sleep(60)

        bench = Bench(model, {"slots": 2})
        for number in range(50):
            bench.put(channel=f"c{number}")
        await bench.queues.drained()
        assert loop.time() == pytest.approx(60)
        assert bench.most == 50

    play(main())


def test_slots_that_were_lent_are_bounded_and_none_is_lost_or_won(play: Any) -> None:
    async def main() -> None:
        lends = True

        async def model(_: int) -> None:
            if lends:
                async with bench.queues.lend():
                    await asyncio.sleep(60)
            else:
                await asyncio.sleep(1)

        bench = Bench(model, {"slots": 2, "lent": 3})
        for number in range(20):
            bench.put(channel=f"c{number}")
        await bench.queues.drained()
        assert bench.most == 5
        lends, bench.most = False, 0
        for number in range(20):
            bench.put(channel=f"c{number}")
        await bench.queues.drained()
        assert bench.most == 2

    play(main())


def test_when_what_was_lent_comes_back_no_more_run_than_there_are_slots(play: Any) -> None:
    async def main() -> None:
        async def model_first(seq: int) -> None:
            if seq <= 10:
                async with bench.queues.lend():
                    await asyncio.sleep(1)
            else:
                busy.append(1)
                most.append(len(busy))
                await asyncio.sleep(1)
                busy.pop()

        busy: list[int] = []
        most: list[int] = []
        bench = Bench(model_first, {"slots": 2})
        for number in range(40):
            bench.put(channel=f"c{number % 10}")
        await bench.queues.drained()
        assert max(most) == 2

    play(main())


def test_a_message_that_cannot_be_handled_costs_neither_its_channel_nor_a_slot(play: Any) -> None:
    async def main() -> None:
        async def sometimes(seq: int) -> None:
            await asyncio.sleep(0.1)
            if seq % 2:
                raise ValueError("a bug of the host")

        bench = Bench(sometimes, {"slots": 2})
        for _ in range(20):
            bench.put()
        with structlog.testing.capture_logs() as logs:
            await bench.queues.drained()
        assert bench.done == list(range(1, 21))
        assert len([entry for entry in logs if entry["log_level"] == "error"]) == 10
        bench.most, bench.work = 0, slow
        for number in range(6):
            bench.put(channel=f"c{number}")
        await bench.queues.drained()
        assert bench.most == 2

    play(main())


def test_a_message_that_stays_open_is_not_handled_again_and_again(play: Any) -> None:
    async def main() -> None:
        async def fails(seq: int) -> None:
            raise ValueError("a bug of the host")

        bench = Bench(fails, {"per_lane": 1}, keeps_failed=True)
        put = [bench.put() for _ in range(10)]
        with structlog.testing.capture_logs():
            await bench.queues.drained()
        assert bench.began == put

    play(main())


def test_what_comes_while_the_journal_cannot_be_read_does_not_overtake(play: Any) -> None:
    async def main() -> None:
        bench = Bench(slow, {"per_lane": 2})
        put = [bench.put() for _ in range(5)]
        bench.broken = 2
        await asyncio.sleep(2.0005)
        put += [bench.put() for _ in range(2)]
        await bench.queues.drained()
        assert bench.done == put

    play(main())


def test_a_store_that_does_not_answer_is_asked_again_and_nothing_is_lost(play: Any) -> None:
    async def main() -> None:
        bench = Bench(slow, {"per_lane": 2, "slots": 1})
        put = [bench.put() for _ in range(9)]
        bench.broken = 3
        await bench.queues.drained()
        assert bench.done == put

    play(main())


@pytest.mark.spec("HOST-5")
def test_after_a_start_the_older_ones_come_first(play: Any) -> None:
    async def main() -> None:
        bench = Bench(slow)
        bench.queues.hold()
        old = [bench.keep() for _ in range(3)]
        new = [bench.put() for _ in range(3)]
        await asyncio.sleep(5)
        assert bench.began == []
        bench.queues.wake("g", "c")
        bench.queues.release()
        await bench.queues.drained()
        assert bench.done == [*old, *new]

    play(main())


@pytest.mark.spec("OPS-4")
def test_a_switch_waits_for_what_is_under_way_and_for_nothing_that_begins_later(play: Any, loop: VirtualLoop) -> None:
    async def main() -> None:
        bench = Bench(slow, {"slots": 8})
        for number in range(4):
            bench.put(channel=f"c{number}")
            bench.put(channel=f"c{number}")
        await asyncio.sleep(0.5)
        await asyncio.gather(bench.queues.settled(), bench.queues.settled())
        assert loop.time() == pytest.approx(1)
        assert len(bench.done) == 4
        await bench.queues.drained()
        await bench.queues.settled()

    play(main())


@pytest.mark.spec("OPS-4")
def test_a_later_switch_waits_for_what_an_earlier_one_waits_for(play: Any, loop: VirtualLoop) -> None:
    async def main() -> None:
        async def long_first(seq: int) -> None:
            await asyncio.sleep(10 if seq == 1 else 1)

        bench = Bench(long_first)
        bench.put()
        await asyncio.sleep(0.1)
        first = asyncio.create_task(bench.queues.settled())
        await asyncio.sleep(0.1)
        bench.put(channel="other")
        await asyncio.sleep(0.1)
        await bench.queues.settled()
        assert loop.time() == pytest.approx(10)
        await first

    play(main())


def test_a_channel_is_busy_from_its_first_message_to_the_end_of_its_last(play: Any) -> None:
    async def main() -> None:
        bench = Bench(slow)
        assert not bench.queues.is_busy("g", "c")
        bench.put()
        bench.put()
        assert bench.queues.is_busy("g", "c")
        await asyncio.sleep(1.5)
        assert bench.queues.is_busy("g", "c")
        await bench.queues.drained()
        assert not bench.queues.is_busy("g", "c")
        assert bench.queues.active == 0

    play(main())


def test_nothing_begins_after_the_scope_was_closed(play: Any) -> None:
    async def main() -> None:
        bench = Bench(slow)
        bench.put()
        bench.put()
        await asyncio.sleep(0.5)
        assert await bench.scope.close() == []
        bench.put(channel="other")
        await asyncio.sleep(5)
        assert bench.began == [1]

    play(main())


STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),  # guild
        st.integers(0, 2),  # channel
        st.sampled_from(["put", "put", "put", "late", "pause", "break"]),
    ),
    max_size=120,
)


def _walk(bench: Bench, steps: list[tuple[int, int, str]]) -> Iterator[float]:
    """What happens, with the pauses in between."""
    late: list[tuple[str, str, int]] = []
    for guild, channel, step in steps:
        place = (f"g{guild}", f"c{channel}")
        if step == "late":
            late.append((*place, bench.keep(*place)))
            yield 0.0005
        for kept in late:
            bench.put(*kept)
        late.clear()
        if step == "put":
            bench.put(*place)
        elif step == "break":
            bench.broken += 1
        elif step == "pause":
            yield 0.7


@given(STEPS, st.integers(1, 4), st.integers(1, 4), st.integers(2, 9), st.integers(0, 3))
def test_whatever_comes_is_handled_once_and_in_order(
    steps: list[tuple[int, int, str]], slots: int, per_lane: int, total: int, lent: int
) -> None:
    loop = VirtualLoop()

    async def main() -> None:
        async def work(seq: int) -> None:
            await asyncio.sleep(0.1 * (seq % 3))
            if seq % 5 == 0:
                async with bench.queues.lend():
                    await asyncio.sleep(1)
            if seq % 7 == 0:
                raise ValueError

        bench = Bench(work, {"slots": slots, "per_lane": per_lane, "total": total, "lent": lent})
        with structlog.testing.capture_logs():
            for pause in _walk(bench, steps):
                await asyncio.sleep(pause)
            await bench.queues.drained()
        assert Counter(bench.done) == Counter(range(1, bench.last + 1))
        for _ in range(2):
            await asyncio.sleep(0)
        assert bench.queues.waiting == bench.queues.active == bench.side_by_side == 0
        assert bench.scope.held == []
        for mine in bench.places.values():
            assert [seq for seq in bench.began if seq in mine] == mine

    loop.run_until_complete(main())
    loop.close()


# --- last marks that are still on their way --------------------------------------------------------------


@define
class Committing(Bench):
    """Each message leaves the commit of its last mark to itself; it is open in the journal until that is done."""

    tails: dict[int, asyncio.Future[None]] = field(factory=dict)

    async def _handle(self, pending: Pending) -> asyncio.Future[None]:  # type: ignore[override]
        seq = pending.item.seq
        self.began.append(seq)
        self.tails[seq] = asyncio.get_running_loop().create_future()
        return self.tails[seq]

    def commit(self, seq: int, error: Exception | None = None) -> None:
        if error is None:
            self._end(seq, keep=False)
            self.tails[seq].set_result(None)
        else:
            self.tails[seq].set_exception(error)


def test_a_channel_goes_on_while_the_last_mark_of_its_message_is_committed(play: Any) -> None:
    async def main() -> None:
        bench = Committing(quick)
        put = [bench.put() for _ in range(3)]
        await asyncio.sleep(0.1)
        assert bench.began == put
        assert not bench.done

    play(main())


def test_what_is_still_being_committed_is_under_way(play: Any) -> None:
    async def main() -> None:
        bench = Committing(quick)
        seq = bench.put()
        await asyncio.sleep(0.1)
        drained = asyncio.ensure_future(bench.queues.drained())
        await asyncio.sleep(0.1)
        assert not drained.done()
        bench.commit(seq)
        await drained
        assert bench.queues.active == 0

    play(main())


def test_what_is_still_being_committed_is_not_read_back_and_handled_again(play: Any) -> None:
    async def main() -> None:
        bench = Committing(quick, {"total": 0})
        first = bench.put()
        await asyncio.sleep(0.1)
        more = [bench.put() for _ in range(3)]
        await asyncio.sleep(0.1)
        assert bench.began == [first, *more]
        for seq in bench.began:
            bench.commit(seq)
        await bench.queues.drained()
        assert bench.began == [first, *more]

    play(main())


def test_a_last_mark_that_failed_is_told_and_the_channel_goes_on(play: Any) -> None:
    async def main() -> None:
        bench = Committing(quick)
        with structlog.testing.capture_logs() as logs:
            bench.put()
            await asyncio.sleep(0.1)
            bench.commit(1, StoreError("the disk is full"))
            second = bench.put()
            await asyncio.sleep(0.1)
            bench.commit(second)
            await bench.queues.drained()
        assert [line["seq"] for line in logs if line["log_level"] == "error"] == [1]
        assert bench.began == [1, second]

    play(main())
