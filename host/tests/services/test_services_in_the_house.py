"""Schedules, long work, search and privacy in a whole host."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from typing import Any

import peewee
import pytest
from butler import Action, Call, Guild, Plugin, Reply, command, cron, every, job
from butler.store.table import Table
from butler.testing.house import House


class CalendarEntry(Table):
    """What was noted."""

    text = peewee.TextField()

    class Meta:
        table_name = "calendar_entry"


class Calendar(Plugin):
    """Reminds, and does long work."""

    name = "calendar"
    tables = (CalendarEntry,)

    async def start(self) -> None:
        self.ran: list[str] = []

    @every(hours=1)
    async def hourly(self) -> None:
        """Each hour."""
        self.ran.append("hourly")

    @cron("0 18 * * *")
    async def evening(self, guild: Guild) -> None:
        """Each evening."""
        self.ran.append(f"evening {guild.id}")

    @job
    async def remind(self, channel: str, text: str) -> None:
        """Say it, and note it."""
        self.host.db.defer(lambda: CalendarEntry.create(text=text))
        await self.host.act(Action("send", channel, reply=Reply(text)))

    @job
    async def work(self, progress: Any) -> None:
        """A minute."""
        for step in range(int(progress.done), 60):
            await asyncio.sleep(1)
            progress(step + 1, 60)
        self.ran.append("work")

    @command
    async def later(self, call: Call, *, text: str) -> str:
        """Remind in an hour.

        Example: /later tea
        """
        arguments = {"channel": call.channel.id, "text": text}
        await self.host.schedule.once(self.host.clock.now() + dt.timedelta(hours=1), self.remind, arguments=arguments)
        return "I will."

    @command
    async def toil(self, call: Call) -> str:
        """Work."""
        await self.host.jobs.run(self.work, resumable=True)
        return "I do."


@pytest.fixture
def house() -> Iterator[House]:
    with House([Calendar]) as house:
        yield house


def ran(house: House) -> list[str]:
    calendar = house.plugin("calendar")
    assert isinstance(calendar, Calendar)
    return calendar.ran


@pytest.mark.spec("HOST-21")
def test_declared_times_run_in_a_whole_host(house: House) -> None:
    house.say("ann", "hello")
    house.advance(hours=10)
    assert ran(house).count("hourly") == 10
    assert ran(house).count("evening test:den") == 1


@pytest.mark.spec("HOST-21", "HOST-5", "OPS-9")
@pytest.mark.parametrize("steps", range(1, 32, 2))
def test_what_was_scheduled_is_written_and_said_once_wherever_the_host_is_killed(house: House, steps: int) -> None:
    house.command("ann", "later tea")
    house.advance(minutes=59, seconds=59)
    house.loop.call_later(1.0, setattr, house.loop, "_steps", steps)  # so many rounds from when it is due
    house.loop.run_forever()
    house.loop._steps = None
    house.crash()
    house.advance(hours=2)
    house.restart()
    house.advance(hours=2)
    assert [shown.text for shown in house.shown if shown.text == "tea"] == ["tea"]
    assert house.query("select text from calendar_entry") == [("tea",)]


@pytest.mark.spec("HOST-21")
def test_long_work_goes_on_after_a_crash(house: House) -> None:
    house.command("ann", "toil")
    house.advance(seconds=30)
    house.crash()
    house.advance(seconds=35)
    assert "work" in ran(house)


@pytest.mark.spec("HOST-3")
def test_a_disabled_plugin_is_given_no_job(house: House) -> None:
    house.say("ann", "hello")
    house.disable("calendar")
    house.advance(hours=3)
    assert ran(house) == []


@pytest.mark.spec("HOST-29")
def test_what_is_said_is_found_and_what_is_deleted_is_not(house: House) -> None:
    said = house.post("ann", "the kettle sings")
    assert [hit.author for hit in house.run(house.host.search.search("kettle"))] == [house.person("ann").id]
    house.delete("ann", said)
    assert house.run(house.host.search.search("kettle")) == []


@pytest.mark.spec("HOST-22")
def test_forgetting_in_a_whole_host_leaves_no_trace_in_its_files(house: House) -> None:
    ann = house.person("ann").id
    house.say("ann", "the kettle sings")
    house.command("ann", "later tea")
    house.run(house.host.permissions.grant(ann, "model.use"))
    assert house.run(house.host.privacy.export(ann))["host"]["grants"]
    receipt = house.run(house.host.privacy.forget(ann))
    assert receipt.complete, receipt.text
    assert [path.name for path in house.data.rglob("*") if path.is_file() and ann.encode() in path.read_bytes()] == []
    assert house.host.permissions.given(ann) == ()
