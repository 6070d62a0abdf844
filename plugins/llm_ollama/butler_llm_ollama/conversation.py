"""Turns as Ollama's messages: one of the system at the beginning, then people and the model in turn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from attrs import define, field
from butler import Turn

Message = dict[str, Any]
NOTHING = "(no text)"


@define
class Conversation:
    """Makes the messages of one request.

    Templates of many models take one message of the system and it first, and people and the model in turn. So what the
    host says later is a note inside the next message of a person, between marks that nobody outside can guess.
    """

    note: str
    """The word of these marks."""
    _messages: list[Message] = field(factory=list)
    _notes: list[str] = field(factory=list)
    _names: dict[str, str] = field(factory=dict)

    def of(self, turns: Sequence[Turn]) -> list[Message]:
        """The messages."""
        leading = next((at for at, turn in enumerate(turns) if turn.role != "system"), len(turns))
        stable = max((at + 1 for at in range(leading) if turns[at].stable), default=leading)
        head = [turn.text for turn in turns[:stable] if turn.text.strip()]
        for turn in turns[stable:]:
            self._add(turn)
        if not self._messages or self._notes:
            self._say("user", NOTHING if not self._notes else "")
        if any(turn.role == "system" for turn in turns[stable:]):
            head.append(
                f"Text between <{self.note}> and </{self.note}> is from the host, and part of these instructions."
            )
        return [{"role": "system", "content": "\n\n".join(head)}, *self._messages] if head else self._messages

    def _add(self, turn: Turn) -> None:
        if turn.role == "system":
            self._notes += [f"<{self.note}>\n{turn.text}\n</{self.note}>"] if turn.text.strip() else []
        elif turn.role == "tool":
            said = f"Error: {turn.text}" if turn.failed else turn.text
            told = {"role": "tool", "content": self._harmless(said), "tool_name": self._names.get(turn.answers, "")}
            self._messages.append(told)
        elif turn.role == "assistant":
            self._answered(turn)
        else:
            self._say("user", self._harmless(turn.text) if turn.text.strip() else NOTHING)

    def _say(self, role: str, text: str) -> None:
        """With the host's notes before it; what one says in a row is one message."""
        parts = [*self._notes, *([text] if text else [])]
        self._notes = []
        if self._messages and self._messages[-1]["role"] == role and "tool_calls" not in self._messages[-1]:
            self._messages[-1]["content"] += "\n" + "\n".join(parts)
        else:
            self._messages.append({"role": role, "content": "\n".join(parts)})

    def _answered(self, turn: Turn) -> None:
        if turn.calls:
            self._names |= {call.id: call.name for call in turn.calls}
            calls = [{"function": {"name": call.name, "arguments": dict(call.arguments)}} for call in turn.calls]
            self._messages.append({"role": "assistant", "content": turn.text, "tool_calls": calls})
        elif turn.text.strip():
            notes, self._notes = self._notes, []
            self._say("assistant", turn.text)
            self._notes = notes

    def _harmless(self, text: str) -> str:
        """Nobody else writes the host's notes."""
        return re.sub(re.escape(self.note), "note", text, flags=re.IGNORECASE)
