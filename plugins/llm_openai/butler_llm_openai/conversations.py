"""Files of conversations, as JSON Lines in OpenAI's form for chats."""

from __future__ import annotations

import json
from pathlib import Path

from attrs import frozen
from butler import ModelError

FEWEST = 10
"""Conversations that OpenAI trains from at least."""
SPEAKERS = {"system", "developer", "user", "assistant", "tool"}
FORM = 'a line is {"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}'


@frozen
class Conversations:
    """A file of conversations as JSON Lines, each an object with ``messages``."""

    path: Path
    count: int
    characters: int

    @classmethod
    def read(cls, path: Path) -> Conversations:
        """Look at a file. Raises ``ModelError`` that names the first line which is none, and what was expected."""
        try:
            lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        except UnicodeDecodeError:
            raise ModelError(f"{path} is no text", remedy="give a file of conversations as JSON Lines") from None
        for number, line in enumerate(lines, 1):
            if problem := _problem(line):
                raise ModelError(f"{path}, line {number}: {problem}", remedy=FORM)
        if len(lines) < FEWEST:
            raise ModelError(f"{path} has {len(lines)} conversations, and OpenAI trains from {FEWEST} at least")
        return cls(path, len(lines), sum(map(len, lines)))


def _problem(line: str) -> str:
    try:
        told = json.loads(line)
    except ValueError:
        return "no JSON"
    messages = told.get("messages") if isinstance(told, dict) else None
    if not isinstance(messages, list) or not messages:
        return "no messages"
    for message in messages:
        if not isinstance(message, dict) or message.get("role") not in SPEAKERS:
            return f"a message's role is none of {', '.join(sorted(SPEAKERS))}"
    return "" if messages[-1]["role"] == "assistant" else "the last message is not the assistant's"
