"""The decision record: for every message what was asked, voted, thought, said, and how long it took (OPS-1).

While a message is handled only references are kept; the JSON is written by the store's thread, together
with the mark that ends the message.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import define, field

from butler.engine.prompt import Assembled
from butler.engine.run import Run
from butler.model import Vote
from butler.provider import Usage

if TYPE_CHECKING:
    from butler.engine.thinking import Thought

_encode = json.JSONEncoder(separators=(",", ":")).encode
"""As ``json.dumps``, which would make an encoder at each call."""
_text = json.encoder.encode_basestring_ascii
"""A text as JSON. What every record has is written directly: there is one for each message."""

NOTHING = Usage()


@define(eq=False)
class TurnRecord:
    """One turn: whose it was, and how it came to its end."""

    who: str
    state: str = "open"
    reason: str = ""
    prompt: Assembled | None = None
    model: str = ""
    usage: Usage = NOTHING
    cost: int | None = None
    """Micro-units of the currency; ``None``: not known."""
    tools: Sequence[tuple[str, bool]] = ()
    seconds: float = 0.0
    sent: list[str] = field(factory=list)

    def thought(self, thought: Thought, seconds: float) -> None:
        """Take what a model said, and what it took."""
        self.prompt, self.model, self.tools = thought.prompt, thought.choice.name, thought.tools
        self.usage, self.cost, self.seconds = thought.usage, thought.choice.facts.cost(thought.usage), seconds

    def plain(self) -> dict[str, Any]:
        """As plain JSON."""
        told: dict[str, Any] = {"who": self.who, "state": self.state}
        if self.reason:
            told["reason"] = self.reason
        if self.prompt is not None:
            told["prompt"] = {
                "tokens": self.prompt.tokens,
                "history": self.prompt.history,
                "sections": [[used.owner, used.tokens, used.form] for used in self.prompt.used],
            }
        if self.model:
            used = self.usage
            told["model"] = self.model
            told["usage"] = {"input": used.input, "output": used.output, "cached": used.cached, "written": used.written}
            told["cost"] = self.cost
            told["seconds"] = round(self.seconds, 4)
        if self.tools:
            told["tools"] = self.tools
        if self.sent:
            told["sent"] = self.sent
        return told


@define(eq=False)
class Ballot:
    """The votes on one persona and what came of them."""

    persona: str
    votes: Sequence[Vote]
    speaks: bool

    def json(self) -> str:
        """As a member of the record's votes."""
        votes = [f"[{_text(vote.plugin)},{_text(vote.say.value)},{_text(vote.reason)}]" for vote in self.votes]
        return f'{_text(self.persona)}:{{"speaks":{"true" if self.speaks else "false"},"votes":[{",".join(votes)}]}}'


@define(eq=False)
class Record:
    """What happened to one message. ``outcome`` is one word: stopped, command, spoke, silent, failed."""

    seq: int
    id: str
    channel: str
    guild: str
    at: float
    outcome: str = "silent"
    reason: str = ""
    runs: list[tuple[str, Run]] = field(factory=list)
    ballots: list[Ballot] = field(factory=list)
    turns: list[TurnRecord] = field(factory=list)
    lost: list[tuple[str, str]] = field(factory=list)
    """Plugins whose deferred writes failed, and why."""

    unsaid: list[tuple[str, str]] = field(factory=list)
    """Plugins that said something which was left out, and why."""

    def row(self) -> tuple[str, str, float, Any]:
        """What the journal needs to keep it: see :class:`butler.store.journal.Mark`."""
        return (self.id, self.channel, self.at, self.json)

    def json(self) -> str:
        """The record as it is kept, short for what is empty."""
        told = [
            f'"message":{_text(self.id)},"guild":{_text(self.guild)},"channel":{_text(self.channel)}',
            f'"outcome":{_text(self.outcome)}',
        ]
        if self.reason:
            told.append(f'"reason":{_text(self.reason)}')
        told.append(f'"hooks":{{{",".join([f"{_text(hook)}:{_milliseconds(run)}" for hook, run in self.runs])}}}')
        faults = [[f.plugin, f.hook, f.kind, f.error] for _, run in self.runs for f in run.faults]
        if faults:
            told.append(f'"faults":{_encode(faults)}')
        if self.ballots:
            told.append(f'"votes":{{{",".join([ballot.json() for ballot in self.ballots])}}}')
        if self.turns:
            told.append(f'"turns":{_encode([turn.plain() for turn in self.turns])}')
        if self.lost:
            told.append(f'"lost":{_encode(self.lost)}')
        if self.unsaid:
            told.append(f'"unsaid":{_encode(self.unsaid)}')
        return f"{{{','.join(told)}}}"


def _milliseconds(run: Run) -> str:
    return f"{{{','.join([f'{_together(plugins)}:{seconds * 1000:.3f}' for plugins, seconds in run.spans()])}}}"


@functools.lru_cache(maxsize=1024)
def _together(plugins: tuple[str, ...]) -> str:
    return _text(", ".join(plugins))
