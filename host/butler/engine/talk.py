"""What machines said in one channel since a person spoke there: whose turns, and how often they answered each other."""

from __future__ import annotations

import datetime as dt

from attrs import define, field

from butler.engine.repeats import Repeats
from butler.model import Message

NOTICE = "The bots here keep answering each other in the same order. They are quiet until somebody else says something."
"""The one notice about a loop. Nobody answers it, and it counts as nobody's turn."""


def is_notice(message: Message) -> bool:
    """Whether it is the notice about a loop."""
    return message.author.bot and message.text == NOTICE


def by_machine(message: Message) -> bool:
    """Whether what is said to it is said to a machine: a bot, a persona, or a nudge that one of them set off."""
    return message.author.bot or bool(message.author.persona) or message.hops > 0


def hops_after(cause: Message | None) -> int:
    """How many answers of machines to machines lie before what is said to a message."""
    if cause is None or not by_machine(cause):
        return 0
    return cause.hops if cause.kind == "nudge" else cause.hops + 1


def speaker_of(message: Message) -> str:
    """Whose turn it is: a persona's by its name, anybody else's by their id."""
    return message.author.persona or message.author.id


@define(eq=False)
class Talk:
    """The state of one channel."""

    repeats: Repeats = field(factory=Repeats)
    order: tuple[str, ...] = ()
    """Those whose order was repeated too often."""
    since: float = 0.0
    """When that was found (seconds since 1970)."""
    found: int = 0
    """The number of the message with which it was found."""
    last: float = 0.0
    """When a machine spoke last."""
    answers: int = 0
    """How often machines answered machines."""
    replied: dict[tuple[str, str], float] = field(factory=dict)
    """A persona and whom it answered, to when it last did."""
    names: dict[str, str] = field(factory=dict)
    noticed: bool = False

    def hear(self, message: Message, *, ours: bool, times: int, cooldown: dt.timedelta) -> None:
        """A machine said something; ``ours``: one of this host's voices.

        After so long a silence, or so long after the order was found, the looking for an order begins anew. The count
        of answers does so only with what is no answer itself: else a chain that outlived a stop would never end.
        """
        at, speaker, pause = message.at.timestamp(), speaker_of(message), cooldown.total_seconds()
        if self.last and at - self.last >= pause:
            self.repeats = Repeats()
            self.answers = self.answers if message.hops else 0
        elif self.order and at - self.since >= pause:
            self.repeats = Repeats()
        turns = self.repeats.turns
        if not ours and turns and turns[-1] != speaker:
            self.answers += 1
        self.repeats.add(speaker)
        self.names[speaker] = message.author.name or message.author.id
        self._look(message, at, times)
        self.last = at

    def _look(self, message: Message, at: float, times: int) -> None:
        self.order, before = self.repeats.order(times), self.order
        if not self.order:
            self.noticed = False
        elif not before:
            self.since, self.found = at, message.seq

    def answered(self, message: Message, persona: str, at: float) -> None:
        """A persona has a turn to what a machine said."""
        self.answers += 1
        self.replied[persona, speaker_of(message)] = at

    def who(self) -> str:
        """Those whose order it is, by name."""
        names = [self.names.get(speaker, speaker) for speaker in dict.fromkeys(self.order)]
        return f"{', '.join(names[:-1])} and {names[-1]}"
