"""Matrix's own polls (MSC3381): asked, ended, counted. Clients show them with controls of their own (PLAT-2)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from butler import Action, PlatformError, PollResult

from butler_luna_matrix.contents import events_of, inner, relation_of, texts, when
from butler_luna_matrix.ids import native, ours, room_and_root
from butler_luna_matrix.line import Line

JSON = dict[str, Any]

UNSTABLE: Final = "org.matrix.msc3381.poll"
"""What clients send and understand; the names without a prefix are read, too."""
TEXT: Final = "org.matrix.msc1767.text"
PREFIXES: Final = (UNSTABLE, "m.poll")
START: Final = f"{UNSTABLE}.start"
MOST_ANSWERS: Final = 20
"""Clients cut off the rest."""
PAGE: Final = "500"


def begun(action: Action) -> JSON:
    """The content that asks ``question`` with ``answers`` (2 to 20); ``multiple``: of which all may be chosen."""
    answers = [str(answer) for answer in action.data.get("answers", ())]
    if not 2 <= len(answers) <= MOST_ANSWERS:
        raise PlatformError(f"Matrix polls have 2 to {MOST_ANSWERS} answers, not {len(answers)}", remedy="use a menu")
    question = str(action.data.get("question", ""))
    lines = [question, *(f"{number}. {answer}" for number, answer in enumerate(answers, 1))]
    return {
        TEXT: "\n".join(lines),
        START: {
            "kind": f"{UNSTABLE}.disclosed",
            "max_selections": len(answers) if action.data.get("multiple") else 1,
            "question": {TEXT: question, "body": question, "msgtype": "m.text"},
            "answers": [{"id": str(number), TEXT: answer} for number, answer in enumerate(answers, 1)],
        },
    }


def ended(action: Action) -> JSON:
    """The content that ends the poll ``target``."""
    relation = {"rel_type": "m.reference", "event_id": native(action.target)}
    return {"m.relates_to": relation, f"{UNSTABLE}.end": {}, TEXT: "The poll has ended."}


async def result(line: Line, channel: str, message: str, *, voters: bool) -> PollResult | None:
    """How a poll stands; ``None`` where the message is none. The last answer of each counts, until the end."""
    room, _ = room_and_root(channel)
    asked = await line.ask("GET", "rooms", room, "event", native(message))
    start = inner(asked, "content", START)
    if not start:
        return None
    related = sorted([raw async for raw in _related(line, room, native(message))], key=when)
    ends = [when(raw) for raw in related if _is(raw, "end") and raw.get("sender") == asked.get("sender")]
    chosen: dict[str, Sequence[str]] = {}
    for raw in related:
        if _is(raw, "response") and not (ends and when(raw) > ends[0]):
            chosen[str(raw.get("sender"))] = _answers(raw)[: int(start.get("max_selections", 1))]
    names = [str(answer.get("id")) for answer in start.get("answers", ())]
    by_answer = {
        name: tuple(ours(person) for person, answers in chosen.items() if _valid(answers, names) and name in answers)
        for name in names
    }
    counts = {name: len(people) for name, people in by_answer.items()}
    return PollResult(counts, bool(ends), by_answer if voters else {})


def _is(raw: JSON, what: str) -> bool:
    return raw["type"] in {f"{prefix}.{what}" for prefix in PREFIXES}


def _answers(raw: JSON) -> list[str]:
    content = raw["content"]
    for prefix in PREFIXES:
        told = content.get(f"{prefix}.response")
        if isinstance(told, dict):
            return list(dict.fromkeys(texts(told.get("answers"))))
    return list(dict.fromkeys(texts(content.get("m.selections"))))


def _valid(answers: Sequence[str], names: Sequence[str]) -> bool:
    """A vote for something that is no answer is spoilt, as a whole."""
    return all(answer in names for answer in answers)


async def _related(line: Line, room: str, event: str) -> AsyncIterator[JSON]:
    query = {"limit": PAGE, "dir": "f"}
    while True:
        page = await line.ask("GET", "rooms", room, "relations", event, "m.reference", query=query, version="v1")
        for raw in events_of(page, "chunk"):
            if relation_of(raw["content"]).get("event_id") == event:
                yield raw
        if not isinstance(page.get("next_batch"), str):
            return
        query["from"] = page["next_batch"]
