"""Sums over days, out of what was counted. The functions run in the store."""

from __future__ import annotations

from typing import Any

from peewee import fn

from butler_core.counting.tables import Coming, HourTally


def hours(guild: str, since: str) -> list[int]:
    """Messages in each hour of the day."""
    rows: Any = HourTally.select(HourTally.hour, fn.sum(HourTally.messages))
    rows = rows.where(HourTally.guild == guild, HourTally.day >= since).group_by(HourTally.hour)
    found = dict(rows.tuples())
    return [int(found.get(hour) or 0) for hour in range(24)]


def channels(guild: str, since: str) -> list[tuple[str, int]]:
    """Messages in each channel, the busiest first."""
    count = fn.sum(HourTally.messages)
    rows: Any = HourTally.select(HourTally.channel, count).where(HourTally.guild == guild, HourTally.day >= since)
    found = rows.group_by(HourTally.channel).order_by(count.desc(), HourTally.channel).limit(10)
    return [(channel, int(messages)) for channel, messages in found.tuples()]


def total(guild: str, since: str) -> tuple[int, int]:
    """Messages, and those of machines among them."""
    sums = HourTally.select(fn.sum(HourTally.messages), fn.sum(HourTally.by_bots))
    found: Any = sums.where(HourTally.guild == guild, HourTally.day >= since)
    messages, bots = found.tuples().get()
    return int(messages or 0), int(bots or 0)


def coming(guild: str, since: str) -> tuple[int, int]:
    """How many joined and left."""
    sums: Any = Coming.select(fn.sum(Coming.joined), fn.sum(Coming.gone))
    joined, gone = sums.where(Coming.guild == guild, Coming.day >= since).tuples().get()
    return int(joined or 0), int(gone or 0)
