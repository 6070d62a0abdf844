"""The forms in which conversations are exported: OpenAI's chat fine-tuning lines, Open-Assistant's message trees."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from butler.services.conversations.collect import Said, Session

Prompts = Callable[[str], str]
"""A persona's prompt by its name."""


def openai(session: Session, prompts: Prompts) -> dict[str, Any]:
    """One line of chat fine-tuning: roles and contents; a reply that was disliked has the weight 0."""
    system = prompts(session.persona)
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    for said in session.said:
        entry: dict[str, Any] = {"role": "assistant" if said.reply else "user", "content": said.text}
        if said.reply and said.rating < 0:
            entry["weight"] = 0
        messages.append(entry)
    return {"messages": messages}


def oasst(session: Session, prompts: Prompts) -> dict[str, Any]:
    """One message tree: each entry with its parent's id; replies to one message are ranked, the best is 0."""
    nodes: dict[str, dict[str, Any]] = {}
    root: dict[str, Any] = {}
    for said in session.said:
        node = _node(said)
        nodes[said.id] = node
        if said.parent in nodes:
            nodes[said.parent]["replies"].append(node)
        else:
            root = node
    for node in nodes.values():
        _rank(node["replies"])
    return {"message_tree_id": root["message_id"], "tree_state": "ready_for_export", "prompt": root}


def _node(said: Said) -> dict[str, Any]:
    return {
        "message_id": _uuid(said.id),
        "parent_id": _uuid(said.parent) if said.parent else None,
        "text": said.text,
        "role": "assistant" if said.reply else "prompter",
        "rating": said.rating,
        "replies": [],
    }


def _rank(replies: list[dict[str, Any]]) -> None:
    order = sorted((each for each in replies if each["role"] == "assistant"), key=lambda each: -each["rating"])
    for rank, each in enumerate(order):
        each["rank"] = rank


def _uuid(identifier: str) -> str:
    """An id that says nothing of platform or person."""
    digest = hashlib.blake2b(identifier.encode(), digest_size=16, person=b"butler export").hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"


FORMS: Mapping[str, Callable[[Session, Prompts], dict[str, Any]]] = {"openai": openai, "oasst": oasst}


def lines(form: str, sessions: list[Session], prompts: Prompts) -> Iterator[str]:
    """JSON Lines, one for each conversation."""
    for session in sessions:
        yield json.dumps(FORMS[form](session, prompts), ensure_ascii=False)
