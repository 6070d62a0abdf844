"""A prompt as Anthropic takes it: what is stable first, marked for the cache; what changes after the newest message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen
from butler import Prompt, Turn

from butler_llm_anthropic.conversation import Block, Conversation, Thoughts, text
from butler_llm_anthropic.takes import Takes

LOOKBACK = 20
"""At so many blocks the cache looks, from a mark backwards, for what it knows; a second mark looks on from there."""


@frozen
class Marks:
    """How long what is marked lives: the beginning, and the conversation."""

    head: str = "5m"
    history: str = "5m"

    @property
    def first(self) -> str:
        """The beginning's: longer ones have to stand before shorter ones."""
        return "1h" if "1h" in (self.head, self.history) else "5m"


def request(prompt: Prompt, takes: Takes, marks: Marks, *, note: str, thoughts: Thoughts) -> dict[str, Any]:
    """What is sent, without the schema and the limits. ``note``: the word by which the host's notes are known."""
    head, rest = _split(prompt.turns)
    conversation = Conversation(takes, note, thoughts)
    messages = conversation.of(rest)
    system = [text(turn.text) for turn in head if turn.text.strip()]
    cached = any(turn.stable for turn in prompt.turns)
    if not takes.system and (cached or conversation.noted):
        system.append(text(f"Text between <{note}> and </{note}> is from the host, and part of these instructions."))
    told: dict[str, Any] = {"model": prompt.model, "messages": messages, "system": system, **_tools(prompt)}
    if cached:
        _mark(told, any(turn.stable for turn in head), conversation.stable, marks)
    return {name: value for name, value in told.items() if value}


def _split(turns: Sequence[Turn]) -> tuple[Sequence[Turn], Sequence[Turn]]:
    """The ``system`` turns at the beginning, as far as they are stable (if none is: all of them), and the rest."""
    leading = next((at for at, turn in enumerate(turns) if turn.role != "system"), len(turns))
    stable = max((at + 1 for at in range(leading) if turns[at].stable), default=leading)
    return turns[:stable], turns[stable:]


def _tools(prompt: Prompt) -> dict[str, Any]:
    """The tools. Those that were used and are not there any more are still named, and not to be used."""
    if prompt.tools:
        return {"tools": [_tool(spec.name, spec.description, spec.parameters) for spec in prompt.tools]}
    used = sorted({call.name for turn in prompt.turns for call in turn.calls})
    if not used:
        return {}
    return {"tools": [_tool(name, "", {"type": "object"}) for name in used], "tool_choice": {"type": "none"}}


def _tool(name: str, description: str, parameters: Mapping[str, Any]) -> Block:
    told: Block = {"name": name, "input_schema": dict(parameters)}
    return {**told, "description": description} if description else told


def _mark(told: Mapping[str, Any], has_head: bool, stable: Sequence[Block], marks: Marks) -> None:
    """Four marks at most: behind the tools, the beginning, the conversation, and one where its cache looks on."""
    if told.get("tools"):
        _put(told["tools"][-1], marks.first)
    if told["system"] and has_head:
        _put(told["system"][-1], marks.first)
    if len(stable) >= LOOKBACK:
        _put(stable[-LOOKBACK], marks.history)
    if stable:
        _put(stable[-1], marks.history)


def _put(block: Block, ttl: str) -> None:
    block["cache_control"] = {"type": "ephemeral"} if ttl == "5m" else {"type": "ephemeral", "ttl": ttl}
