"""What a guild can settle about its moderation."""

from __future__ import annotations

import re

import attrs
from attrs.validators import ge

_STEP = re.compile(r"(\d+) (warn|timeout|kick|ban|quarantine)(?: (\d+)([smhdw]))?")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@attrs.frozen
class Step:
    """What is done to somebody with so many strikes; ``seconds`` 0: for good."""

    strikes: int
    do: str
    seconds: float


def step_of(text: str) -> Step:
    """A step as it is written: ``3 timeout 10m``. Raises ``ValueError``."""
    found = _STEP.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} must read like '3 timeout 10m': strikes, what is done, and for how long")
    seconds = int(found[3]) * _UNITS[found[4]] if found[3] else 0
    return Step(int(found[1]), found[2], float(seconds))


def _is_ladder(instance: object, attribute: object, value: tuple[str, ...]) -> None:
    for each in value:
        step_of(each)


@attrs.frozen
class Settings:
    """``[plugins.moderation]``, and below a guild's ``plugins``."""

    log_channel: str = ""
    """The id of the channel where managers read what was done; empty: it is only kept."""
    dry_run: bool = False
    """Rules only say in the log what they would do."""
    ladder: tuple[str, ...] = attrs.field(
        default=("3 timeout 10m", "5 timeout 1d", "8 ban"), converter=tuple, validator=_is_ladder
    )
    """What is done to whom rules gave so many strikes; without a time it is for good."""
    strike_days: float = attrs.field(default=30.0, validator=ge(0.0))
    """After so many days a strike does not count any more."""
    spare_roles: tuple[str, ...] = ()
    """Ids of roles that no rule holds for. Managers are always spared."""
    spare_channels: tuple[str, ...] = ()
    """Ids of channels in which no rule holds."""
    mute_role: str = ""
    """The id of a role that may not write; without one mutes are timeouts, or messages are taken away as they come."""
    quarantine_role: str = ""
    """The id of the role of those who may only read until a manager looked."""
    raid_joins: int = attrs.field(default=15, validator=ge(0))
    """When more than so many join within ``raid_seconds`` the door is locked; 0: never."""
    raid_seconds: float = attrs.field(default=60.0, validator=ge(1.0))
    raid_kick: bool = False
    """Whoever joins while the door is locked is put out, instead of getting the verification role."""
    verify_role: str = ""
    """The id of the role of those who wait behind a locked door."""
    join_roles: tuple[str, ...] = ()
    """Ids of roles that everybody gets, ``join_minutes`` after they joined."""
    join_minutes: float = attrs.field(default=0.0, validator=ge(0.0))
    sticky_roles: tuple[str, ...] = ()
    """Ids of roles that somebody who leaves has again when they come back."""
    event_channel: str = ""
    """The id of the channel that edits, deletions, joins, roles, names, voice and bans are written to."""
    log_not: tuple[str, ...] = ()
    """Kinds of events that are not written down, such as ``voice_state``."""
    log_days: float = attrs.field(default=30.0, validator=ge(0.0))
    """For how long the log is kept."""
