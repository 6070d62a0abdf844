"""The keys of ``[host]``; those that are not host-wide hold for a guild as well, in ``[guilds."ID"]``."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from typing import Any, Literal
from urllib.parse import urlsplit

import attrs

from butler.config.budgets import BudgetSettings
from butler.config.destinations import Destination
from butler.config.hours import hours
from butler.config.problems import nearest
from butler.model import Rank
from butler.setting import host_wide, limit

Admission = Literal["allowlist", "ask", "any"]


def _zone(_: Any, __: Any, value: str) -> None:
    try:
        zoneinfo.ZoneInfo(value)
    except (ValueError, KeyError, OSError):
        near = nearest(value, zoneinfo.available_timezones())
        meant = f'did you mean "{near}"?' if near else 'expected a name such as "Europe/Berlin"'
        raise ValueError(f"unknown time zone, {meant}") from None


def _database(_: Any, __: Any, value: str) -> None:
    if value != "sqlite" and not value.startswith(("sqlite:///", "postgresql://", "postgres://")):
        raise ValueError('expected "sqlite", or an address that begins with postgresql:// or sqlite:///')


def _people(_: Any, __: Any, value: list[str]) -> None:
    wrong = next((person for person in value if not re.match(r"[\w-]+:.", person)), None)
    if wrong is not None:
        raise ValueError(f'expected ids that begin with their platform, such as "discord:1234", not "{wrong[:40]}"')


def _channel(_: Any, __: Any, value: str) -> None:
    if value and not re.match(r"[\w-]+:.", value):
        raise ValueError(
            f'expected a channel\'s id that begins with its platform, such as "discord:1234", not "{value[:40]}"'
        )


def _destinations(_: Any, __: Any, value: list[str]) -> None:
    for each in value:
        Destination.read(each)


def _hours(_: Any, __: Any, value: str) -> None:
    hours(value)


def _at_least(least: float) -> Any:
    def check(_: Any, __: Any, value: int) -> None:
        if value < least:
            raise ValueError(f"expected {least} or more, not {value}")

    return check


def without_password(address: str) -> str:
    """A database address as it may be shown."""
    return re.sub(r"://([^/:@]*):.*@", r"://\1:***@", address)


@attrs.frozen
class HostSettings(BudgetSettings):
    """What the host itself is told."""

    data: str = host_wide("data")
    """The folder of everything that is kept."""
    database: str = host_wide("sqlite", validator=_database, repr=without_password)
    """``sqlite``, or a ``postgresql://`` address."""
    persona: str = host_wide("TheButler")
    """The persona that lives wherever the host's own account is."""
    operators: list[str] = host_wide(attrs.Factory(list), validator=_people)
    """Ids of those who are owners everywhere: ``["discord:1234"]``."""
    log_level: Literal["debug", "info", "warning", "error"] = host_wide("info")
    """From which level on something is logged."""
    accept_invites: Admission = host_wide("ask")
    """Whose invitations are followed: of those on the allow list, after asking an operator, anybody's."""
    new_guilds: Admission = host_wide("ask")
    """In which new guilds it answers: those on the allow list, after asking an operator, any."""
    allow: list[str] = host_wide(attrs.Factory(list))
    """The allow list of both: ids of guilds and people."""
    fetch_allow: list[str] = host_wide(attrs.Factory(list), validator=_destinations)
    """What may be fetched though it is not on the public web: ``["127.0.0.1:8080", "*.lan", "10.0.0.0/8"]``."""
    trace_days: int = host_wide(14, validator=_at_least(1))
    """How many days decision records are kept."""
    message_days: int = attrs.field(default=90, validator=_at_least(1))
    """How many days messages are kept."""
    audit_days: int = host_wide(365, validator=_at_least(1))
    """How many days it is kept who changed what."""
    usage_days: int = host_wide(400, validator=_at_least(32))
    """How many days it is kept what was asked of models, and what it cost."""
    timezone: str = attrs.field(default="UTC", validator=_zone)
    """The time zone of schedules and quiet hours, such as ``Europe/Berlin``."""
    log_channel: str = attrs.field(default="", validator=_channel)
    """The id of the channel in which managers are told what concerns them, such as ``discord:1234``."""
    model_deadline: float = attrs.field(default=60.0, validator=_at_least(1))
    """Seconds that an answer may take, with all that is asked again and all tools; then the persona apologises."""
    delivery: Literal["stream", "edits", "whole"] = "stream"
    """How answers come: typed out where the platform can (``stream``), also by edits elsewhere, or in one piece."""
    tool_rounds: int = limit(4, validator=_at_least(0))
    """How often a model may ask for tools for one answer; 0: never."""
    ratings: bool = False
    """Whether 👍 and 👎 on replies, of people who agreed, are taken as ratings when conversations are exported."""
    scanback: int = attrs.field(default=10, validator=_at_least(1))
    """How many messages of the past a prompt holds at least (it may hold four times as many)."""
    language: str = "en"
    """The language that the host itself speaks."""
    quiet_hours: str = attrs.field(default="22:00-08:00", validator=_hours)
    """The hours in which people are told nothing unasked, by the clocks of ``timezone``; ``""``: none."""
    push_per_minute: int = host_wide(30, validator=_at_least(1))
    """How many people are told something unasked in a minute, on each platform."""
    push_new_per_minute: int = host_wide(6, validator=_at_least(1))
    """To how many of them a direct conversation is opened: platforms lock out bots that open many."""
    turn_wait_max: dt.timedelta = dt.timedelta(seconds=60)
    """How long a persona waits at most for the one that speaks before it."""
    turn_wait_person: dt.timedelta = dt.timedelta(seconds=30)
    """The same where a person spoke, who waits for an answer; never longer than ``turn_wait_max``."""
    pingpong_threshold: int = attrs.field(default=5, validator=_at_least(2))
    """How often bots may repeat the same order of speaking until they are silenced."""
    pingpong_cooldown: dt.timedelta = dt.timedelta(minutes=10)
    """After so long they may speak again."""
    pingpong_mode: Literal["silent", "notice"] = "silent"
    """Whether the channel is told once that bots were silenced."""
    bot_reply_threshold: int = attrs.field(default=3, validator=_at_least(0))
    """How often bots answer bots in a channel until a person speaks."""
    reply_cooldown: dt.timedelta = dt.timedelta(seconds=15)
    """How long a persona waits until it answers the same bot again."""
    roles: dict[str, Rank] = attrs.field(factory=dict)
    """The rank that a platform's role gives: ``{"1234" = "manager"}``."""

    @property
    def database_password(self) -> str:
        """The password in the database's address, or ``""``."""
        try:
            return urlsplit(self.database).password or ""
        except ValueError:
            return ""
