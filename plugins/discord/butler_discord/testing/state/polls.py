"""Discord's own polls: votes, their end, the counts that are exact only then."""

from __future__ import annotations

import datetime as dt

from attrs import define, field

from butler_discord.testing.errors import JSON
from butler_discord.testing.ids import stamp


@define(eq=False)
class Poll:
    """A poll in a message."""

    question: str
    answers: list[JSON]
    """``{"answer_id": 1, "poll_media": {"text": ..., "emoji": ...}}`` each."""
    ends: dt.datetime
    several: bool = False
    layout: int = 1
    votes: dict[int, dict[int, None]] = field(factory=dict)
    """Answer to the accounts that chose it, in order."""
    final: bool = False

    def json(self, viewer: int = 0) -> JSON:
        """As Discord's API gives it to somebody."""
        counts = [
            {"id": answer, "count": len(who), "me_voted": viewer in who} for answer, who in self.votes.items() if who
        ]
        return {
            "question": {"text": self.question}, "answers": self.answers, "expiry": stamp(self.ends),
            "allow_multiselect": self.several, "layout_type": self.layout,
            "results": {"is_finalized": self.final, "answer_counts": counts},
        }  # fmt: skip

    def most(self) -> tuple[int | None, int]:
        """The answer with most votes (none if it is a draw), and how many it has."""
        ranked = sorted(((len(who), answer) for answer, who in self.votes.items()), reverse=True)
        if not ranked or not ranked[0][0]:
            return None, 0
        if len(ranked) > 1 and ranked[1][0] == ranked[0][0]:
            return None, ranked[0][0]
        return ranked[0][1], ranked[0][0]
