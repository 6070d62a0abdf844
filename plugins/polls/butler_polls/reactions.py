"""Voting by reactions (1️⃣, 2️⃣, …), where a platform has neither buttons nor a poll of its own that will do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from butler import Action, Channel, Event

from butler_polls import showing, tables
from butler_polls.tables import Poll
from butler_polls.terms import Terms

if TYPE_CHECKING:
    from butler_polls.plugin import Polls

DIGITS = (*(f"{digit}\ufe0f\u20e3" for digit in range(1, 10)), "\U0001f51f")
"""Keycaps of 1 to 10."""
_PLACES = {digit.replace("\ufe0f", ""): place for place, digit in enumerate(DIGITS)}


class Reactions:
    """Offers them and counts them. Everybody sees who reacted with what, so that no secret poll has them."""

    def __init__(self, plugin: Polls) -> None:
        self._plugin = plugin
        self._host = plugin.host

    def may(self, channel: Channel, poll: Poll, terms: Terms) -> bool:
        """Whether a poll is voted on by reactions, too."""
        plain = terms.kind == "choice" and terms.changeable and not (terms.anonymous or terms.hidden or terms.native)
        few = len(showing.options_of(poll)) <= len(DIGITS)
        return plain and few and self._host.can("react", channel) and not self._host.can("button", channel)

    async def offer(self, poll: Poll) -> None:
        """Put one of each on the message that shows it."""
        channel = self._host.channel(poll.channel)
        if channel is None or not self.may(channel, poll, Terms.of(poll.terms)):
            return
        for number, digit in zip(range(len(showing.options_of(poll))), DIGITS, strict=False):
            action = Action("react", poll.channel, poll.message, data={"emoji": digit})
            await self._host.act(action, f"poll {poll.id} reaction {number}")

    async def happened(self, event: Event) -> None:
        """Somebody reacted, or took it back."""
        place = _PLACES.get(event.text.replace("\ufe0f", ""))
        if place is None or event.person is None or event.person.bot or event.person.persona or event.channel is None:
            return
        poll = await self._host.db.read(partial(tables.shown_in, event.target))
        if poll is None or place >= len(showing.options_of(poll)):
            return
        if self.may(event.channel, poll, Terms.of(poll.terms)):
            await self._plugin.voting.toggle(poll, event.person, event.guild, place, event.kind == "reaction_added")
