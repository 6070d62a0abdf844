"""What plugins schedule: methods declared with @job, and what they declare with @every and @cron (HOST-21)."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from butler.declare import cron, every, job
from butler.errors import ContractError
from butler.plugin import Plugin
from butler.services.schedule import Schedule, ScheduleRow
from butler.store.database import Database

HOUR = 3600.0


class Clerk(Plugin):
    """Declares one of each."""

    name = "clerk"

    @job
    async def lift(self, who: str) -> None:
        """Lift a ban."""

    @every(hours=1)
    async def look(self) -> None:
        """Look around."""

    @cron("0 18 * * mon-fri")
    async def tell(self, guild: str) -> None:
        """Tell a guild."""

    async def plain(self) -> None:
        """No job."""


class Changed(Plugin):
    """The next version of it."""

    name = "clerk"

    @every(hours=2)
    async def look(self) -> None:
        """Look less often."""


class Wrong(Plugin):
    """Names a weekday by number."""

    name = "wrong"

    @cron("0 9 * * 1")
    async def tell(self, guild: str) -> None:
        """Tell."""


async def nothing(row: ScheduleRow) -> None:
    """Stands for the host."""


async def listed(schedule: Schedule) -> dict[str, float | None]:
    return {row.key: row.due for row in await schedule.listed("clerk")}


@pytest.mark.spec("HOST-21")
def test_a_method_that_is_a_job_is_scheduled_by_its_name(virtual: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        schedule, clerk = Schedule(database, clock, nothing), Clerk()
        mine = schedule.bound("clerk")
        later = clock.now() + dt.timedelta(hours=1)
        await mine.once(later, clerk.lift, key="ban ann", arguments={"who": "ann"})
        await mine.every(60, clerk.lift, key="again", missed="late", guild="t:guild")
        await mine.cron("0 9 * * sat", clerk.lift, key="weekly")
        rows = {row.key: row for row in await mine.listed()}
        assert {(row.plugin, row.job) for row in rows.values()} == {("clerk", "lift")}
        assert (rows["ban ann"].kind, rows["ban ann"].missed, rows["ban ann"].at) == ("once", "late", later)
        assert (rows["again"].kind, rows["again"].missed, rows["again"].guild) == ("every", "late", "t:guild")
        assert (rows["weekly"].kind, rows["weekly"].missed) == ("cron", "skip")
        assert await mine.cancel("weekly")
        assert await schedule.bound("other").listed() == []

    virtual(test)


@pytest.mark.spec("HOST-21")
def test_what_would_not_be_found_after_a_restart_is_refused(virtual: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        mine, clerk = Schedule(database, clock, nothing).bound("clerk"), Clerk()
        for wrong in (clerk.plain, clerk.look, lambda: None, nothing):
            with pytest.raises(ContractError, match="declared with @job"):
                await mine.once(clock.now(), wrong)

    virtual(test)


@pytest.mark.spec("HOST-21", "HOST-3")
def test_declarations_run_once_for_the_host_or_once_in_each_guild_where_the_plugin_is_enabled(engine: Any) -> None:
    zones = {"t:tokyo": ZoneInfo("Asia/Tokyo"), "t:lima": ZoneInfo("America/Lima")}
    runs: list[tuple[str, str, float]] = []

    async def test(database: Database, clock: Any) -> None:
        async def run(row: ScheduleRow) -> None:
            runs.append((row.job, row.guild, (clock.now() - clock.start).total_seconds() / HOUR))

        schedule = Schedule(
            database, clock, run, lambda guild: zones.get(guild, ZoneInfo("UTC")), guilds=lambda plugin: list(zones)
        )
        await schedule.enlist(Clerk())
        await schedule.start()
        await asyncio.sleep(22.5 * HOUR)
        assert [each for each in runs if each[0] == "look"] == [("look", "", hour) for hour in range(1, 23)]
        assert [each for each in runs if each[0] == "tell"] == [("tell", "t:lima", 11), ("tell", "t:tokyo", 21)]
        del zones["t:tokyo"]
        await schedule.refresh()
        assert sorted(await listed(schedule)) == ["@look", "@tell t:lima"]
        await schedule.stop()

    engine(test)


@pytest.mark.spec("HOST-21")
def test_what_is_unchanged_keeps_its_place_in_time_over_restarts(virtual: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        schedule = Schedule(database, clock, nothing, guilds=lambda plugin: ["t:guild"])
        await schedule.enlist(Clerk())
        await schedule.bound("clerk").once(clock.now(), Clerk().lift, key="mine")
        before = await listed(schedule)
        await asyncio.sleep(0.5 * HOUR)
        again = Schedule(database, clock, nothing, guilds=lambda plugin: ["t:guild"])
        await again.enlist(Clerk())
        assert await listed(again) == before
        again.dismiss("clerk")
        await again.refresh()
        assert await listed(again) == before
        await again.enlist(Changed())
        assert await listed(again) == {"mine": before["mine"], "@look": clock.now().timestamp() + 2 * HOUR}
        await again.drop("clerk")
        assert await listed(again) == {}

    virtual(test)


@pytest.mark.spec("HOST-21")
def test_a_guild_that_moves_to_another_zone_is_told_by_its_new_clock(virtual: Any) -> None:
    zone = [ZoneInfo("UTC")]

    async def test(database: Database, clock: Any) -> None:
        schedule = Schedule(database, clock, nothing, lambda guild: zone[0], guilds=lambda plugin: ["t:guild"])
        await schedule.enlist(Clerk())
        assert (await listed(schedule))["@tell t:guild"] == clock.start.timestamp() + 6 * HOUR
        zone[0] = ZoneInfo("America/Lima")
        await schedule.refresh()
        assert (await listed(schedule))["@tell t:guild"] == clock.start.timestamp() + 11 * HOUR

    virtual(test)


@pytest.mark.spec("HOST-21", "HOST-2")
def test_a_wrong_declaration_names_plugin_method_and_remedy(virtual: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        with pytest.raises(ContractError, match=r"plugin wrong, tell: .*weekdays by number; .*day names"):
            await Schedule(database, clock, nothing).enlist(Wrong())

    virtual(test)
