"""What is done to messages and people, by rules and by commands, on each platform as far as it can (MOD-1, MOD-2)."""

from __future__ import annotations

import datetime as dt

from attrs import frozen
from butler import Action, Channel, Person, Plugin

from butler_moderation.settings import Settings

FOR_GOOD = 0.0
LASTING = frozenset({"ban", "timeout", "mute", "quarantine", "lock"})
"""What holds until it is taken back."""
LONGEST_TIMEOUT = 28 * 86_400.0
"""Longer ones are no platform's; a mute may be."""


@frozen
class Deed:
    """Something to do to somebody in a guild."""

    do: str
    person: Person
    channel: Channel
    """Where it is about; on platforms without guild-wide acts the only place where it is done."""
    reason: str
    seconds: float = FOR_GOOD
    key: str = ""
    """Done once for each key."""


def in_words(do: str, seconds: float) -> str:
    """What is done and for how long: ``timeout 10 min``."""
    return f"{do} {span(seconds)}" if seconds and do in LASTING else do


def span(seconds: float) -> str:
    """A time in its largest whole unit."""
    for unit, name in ((604_800, "w"), (86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds // unit:g} {name}"
    return f"{seconds:g} s"


class Punishing:
    """Turns deeds into actions of the platform."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._host = plugin.host

    def action(self, deed: Deed) -> tuple[Action | None, str] | str:
        """The platform's action for a deed and in which way it holds, or in words why there is none.

        No action: nothing is to be done there (a warning, or a mute that takes messages away as they come).
        """
        channel, data = deed.channel, {"reason": deed.reason[:400]}
        settings = self._plugin.settings_for(channel.guild)
        if deed.do == "warn":
            return None, ""
        if deed.do == "mute":
            return self._mute(deed, settings)
        if deed.do == "quarantine":
            if not settings.quarantine_role:
                return "no quarantine role is set (/plugins settings moderation quarantine_role ID)"
            return self._role(deed, settings.quarantine_role)
        if deed.do == "timeout":
            return self._timeout(deed)
        return self._possible(Action(deed.do, channel.id, deed.person.id, data=data), channel)

    def _timeout(self, deed: Deed) -> tuple[Action | None, str] | str:
        until = self._host.clock.now() + dt.timedelta(seconds=deed.seconds or LONGEST_TIMEOUT)
        data = {"reason": deed.reason[:400], "until": until.isoformat()}
        found = self._possible(Action("timeout", deed.channel.id, deed.person.id, data=data), deed.channel)
        return found if isinstance(found, str) else (found[0], "timeout")

    def _role(self, deed: Deed, role: str) -> tuple[Action | None, str] | str:
        data = {"reason": deed.reason[:400], "add": [role]}
        found = self._possible(Action("roles", deed.channel.id, deed.person.id, data=data), deed.channel)
        return found if isinstance(found, str) else (found[0], f"role {role}")

    def _mute(self, deed: Deed, settings: Settings) -> tuple[Action | None, str] | str:
        """By the role for it, else by a timeout if it is short enough, else by taking away what is said."""
        if settings.mute_role:
            return self._role(deed, settings.mute_role)
        if 0 < deed.seconds <= LONGEST_TIMEOUT and self._host.can("timeout", deed.channel):
            return self._timeout(deed)
        if self._host.can("delete", deed.channel):
            return None, "hush"
        return f"{deed.channel.platform} cannot mute here, or I lack the permission"

    def _possible(self, action: Action, channel: Channel) -> tuple[Action | None, str] | str:
        if self._host.can(action.kind, channel):
            return action, ""
        return f"{channel.platform} cannot {action.kind} here, or I lack the permission"
