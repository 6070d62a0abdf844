"""Turns as messages: what the host says meanwhile waits for the end of the user's next one, so that nothing moves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from attrs import define, field
from butler import Turn

from butler_llm_anthropic.takes import Takes

Block = dict[str, Any]
Thoughts = Callable[[Turn], Sequence[Block] | None]
"""The blocks that the assistant's turn came in, if it thought meanwhile and they are remembered."""

NOTHING = "(no text)"
GO_ON = "(go on)"
THOUGHTS = {"thinking", "redacted_thinking"}


def text(told: str) -> Block:
    """A block of text."""
    return {"type": "text", "text": told}


@define
class Conversation:
    """Makes the messages of one request."""

    takes: Takes
    note: str
    thoughts: Thoughts
    noted: bool = False
    """Whether a text holds a note of the host."""
    _messages: list[Block] = field(factory=list)
    _blocks: list[Block] = field(factory=list)
    _stable: int = 0
    _waiting: list[Turn] = field(factory=list)

    def of(self, turns: Iterable[Turn]) -> list[Block]:
        """The messages; the first is the user's, the last the user's or the host's."""
        for turn in turns:
            self._add(turn)
        if not self._messages or self._messages[-1]["role"] == "assistant":
            self._put("user", [text(GO_ON)])
        self._say_waiting()
        return self._messages

    @property
    def stable(self) -> Sequence[Block]:
        """Its blocks up to the last one that the next prompt has as well; a mark may be put on each."""
        return self._blocks[: self._stable]

    def _add(self, turn: Turn) -> None:
        if turn.role == "system":
            self._waiting.append(turn)
            return
        blocks = self._said(turn)
        if blocks and turn.role == "assistant":
            self._say_waiting()
        self._put("assistant" if turn.role == "assistant" else "user", blocks)
        if turn.stable:
            self._stable = len(self._blocks)

    def _put(self, role: str, blocks: Sequence[Block]) -> None:
        if not blocks:
            return
        if not self._messages and role == "assistant":
            self._put("user", [text(GO_ON)])
        if self._messages and self._messages[-1]["role"] == role:
            self._messages[-1]["content"].extend(blocks)
        else:
            self._messages.append({"role": role, "content": list(blocks)})
        self._blocks.extend(block for block in blocks if block["type"] not in THOUGHTS)

    def _said(self, turn: Turn) -> list[Block]:
        if turn.role == "tool":
            return [self._result(turn)]
        if turn.role == "user":
            return [text(self._harmless(turn.text) if turn.text.strip() else NOTHING)]
        remembered = self.thoughts(turn) if turn.calls else None
        if remembered is not None:
            return [dict(block) for block in remembered]
        said = [text(turn.text)] if turn.text.strip() else []
        return said + [{"type": "tool_use", "id": c.id, "name": c.name, "input": dict(c.arguments)} for c in turn.calls]

    def _result(self, turn: Turn) -> Block:
        block: Block = {"type": "tool_result", "tool_use_id": turn.answers}
        if turn.text.strip():
            block["content"] = [text(self._harmless(turn.text))]
        if turn.failed:
            block["is_error"] = True
        return block

    def _say_waiting(self) -> None:
        """As the host where the model takes that there, else as marked notes at the end of the user's message."""
        if not self._messages or self._messages[-1]["role"] != "user":
            return
        waiting, self._waiting = [turn for turn in self._waiting if turn.text.strip()], []
        if not waiting:
            return
        if self.takes.system:
            self._put("system", [text(turn.text) for turn in waiting])
        else:
            self.noted = True
            self._put("user", [text(f"<{self.note}>\n{turn.text}\n</{self.note}>") for turn in waiting])
        if any(turn.stable for turn in waiting):
            self._stable = len(self._blocks)

    def _harmless(self, told: str) -> str:
        """Nobody else writes the host's notes."""
        return told if self.takes.system else re.sub(re.escape(self.note), "note", told, flags=re.IGNORECASE)
