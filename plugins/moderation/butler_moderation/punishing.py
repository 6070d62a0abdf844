"""What is done to messages and people, by rules and by commands, on each platform as far as it can (MOD-1, MOD-2)."""

from __future__ import annotations

import datetime as dt

from attrs import frozen
from butler import Action, Channel, Person, Plugin

FOR_GOOD = 0.0


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
    return f"{do} {span(seconds)}" if seconds and do in {"timeout", "ban", "mute", "quarantine"} else do


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

    def action(self, deed: Deed) -> Action | str:
        """The platform's action for a deed, or in words why there is none."""
        kind, data = deed.do, {"reason": deed.reason}
        if deed.do == "timeout":
            until = self._host.clock.now() + dt.timedelta(seconds=deed.seconds or 28 * 86_400)
            data["until"] = until.isoformat()
        elif deed.do == "quarantine":
            role = self._plugin.settings_for(deed.channel.guild).quarantine_role
            if not role:
                return "no quarantine role is set"
            return self._possible(
                Action("roles", deed.channel.id, deed.person.id, data={**data, "add": [role]}), deed.channel
            )
        return self._possible(Action(kind, deed.channel.id, deed.person.id, data=data), deed.channel)

    def _possible(self, action: Action, channel: Channel) -> Action | str:
        if self._host.can(action.kind, channel):
            return action
        return f"{channel.platform} cannot {action.kind} here, or I lack the permission"
