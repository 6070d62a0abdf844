"""Runs at a time, at an interval or by a cron line, also after a restart, none twice (HOST-21)."""

from butler.services.schedule.bound import BoundSchedule
from butler.services.schedule.rows import ScheduleRow
from butler.services.schedule.service import Schedule
from butler.services.schedule.times import check_cron, check_interval

__all__ = ["BoundSchedule", "Schedule", "ScheduleRow", "check_cron", "check_interval"]
