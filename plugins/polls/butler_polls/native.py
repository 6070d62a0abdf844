"""Polls of a platform's own: when one will do, and taking over what was voted there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import attrs
from butler import Action, Channel

from butler_polls import showing, tables
from butler_polls.tables import Poll
from butler_polls.terms import Terms

if TYPE_CHECKING:
    from butler_polls.plugin import Polls

OPTIONS = 10
ANSWER = 55
"""Characters of an answer."""
SHORTEST, LONGEST = 3600.0, 32 * 86_400.0


class Native:
    """Uses the platform's own."""

    def __init__(self, plugin: Polls) -> None:
        self._plugin = plugin
        self._host = plugin.host

    def may(self, channel: Channel, options: Sequence[str], terms: Terms, lasts: float) -> bool:
        """Whether the platform's own poll can do all that is asked for, and the guild prefers that."""
        plain = attrs.evolve(terms, most=1, every=0.0, lasts=0.0) == Terms()
        fits = len(options) <= OPTIONS and all(len(option) <= ANSWER for option in options)
        wanted = self._plugin.settings_for(channel).native and terms.most in (1, len(options))
        return bool(wanted and plain and fits and SHORTEST <= lasts <= LONGEST and self._host.can("poll", channel))

    async def collect(self, poll: Poll) -> None:
        """Take over the votes that were cast on the platform itself, and close it there. Raises ``PlatformError``."""
        channel = self._host.channel(poll.channel)
        if channel is None or not poll.message:
            return
        found = await self._host.poll(channel, poll.message, voters=True)
        if found is not None and not found.ended and self._host.can("end_poll", channel):
            await self._host.do(Action("end_poll", poll.channel, poll.message), f"poll {poll.id} end")
            found = await self._host.poll(channel, poll.message, voters=True)
        chosen: dict[str, list[int]] = {}
        for answer, people in (found.voters if found is not None else {}).items():
            for person in people:
                chosen.setdefault(person, []).append(int(answer) - 1)
        most = len(showing.options_of(poll))
        votes = [
            ([person, *self._host.who(person).accounts], sorted(places))
            for person, places in chosen.items()
            if all(place < most for place in places)
        ]
        await self._host.db.write(partial(_take_over, poll, votes))


def asked(poll: Poll, terms: Terms) -> Action:
    """What asks it."""
    data = {
        "question": poll.question,
        "answers": showing.options_of(poll),
        "hours": max(1, round(terms.lasts / 3600)),
        "multiple": terms.most > 1,
    }
    return Action("poll", poll.channel, data=data)


def _take_over(poll: Poll, votes: Sequence[tuple[list[str], list[int]]]) -> None:
    for accounts, places in votes:
        tables.cast(poll.id, accounts, places, 1.0, poll.opened, True)
