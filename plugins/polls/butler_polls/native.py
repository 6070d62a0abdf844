"""Polls of a platform's own: when one will do, and taking over what was voted there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import attrs
from butler import Action, Channel

from butler_polls import showing, tables
from butler_polls.counting import Ballot, Outcome, plurality
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
        fits = fits and SHORTEST <= lasts <= LONGEST and terms.most in (1, len(options))
        wanted = self._plugin.settings_for(channel).native or not self._host.can("button", channel)
        return bool(wanted and plain and fits and self._host.can("poll", channel))

    async def standing(self, poll: Poll) -> Outcome:
        """How one stands on its platform. Raises ``PlatformError``."""
        options = showing.options_of(poll)
        ballots = [Ballot(tuple(places)) for places in (await self._chosen(poll)).values()]
        return plurality(len(options), ballots)

    async def collect(self, poll: Poll) -> None:
        """Take over the votes that were cast on the platform itself, and close it there. Raises ``PlatformError``."""
        channel = self._host.channel(poll.channel)
        if channel is None or not poll.message:
            return
        found = await self._host.poll(channel, poll.message)
        if found is not None and not found.ended and self._host.can("end_poll", channel):
            await self._host.do(Action("end_poll", poll.channel, poll.message), f"poll {poll.id} end")
        chosen = await self._chosen(poll)
        votes = [([person, *self._host.who(person).accounts], places) for person, places in chosen.items()]
        await self._host.db.write(partial(_take_over, poll, votes))

    async def _chosen(self, poll: Poll) -> dict[str, list[int]]:
        """Everybody's choices, by the ids of their accounts."""
        channel = self._host.channel(poll.channel)
        found = await self._host.poll(channel, poll.message, voters=True) if channel is not None else None
        options = len(showing.options_of(poll))
        chosen: dict[str, list[int]] = {}
        for answer, people in (found.voters if found is not None else {}).items():
            for person in people:
                if answer.isdecimal() and 1 <= int(answer) <= options:
                    chosen.setdefault(person, []).append(int(answer) - 1)
        return {person: sorted(places) for person, places in chosen.items()}


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
