"""The questions that votes and the director ask a model, and how their answers are read: strictly, or as nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen
from butler import QUOTE_RULE, Message, Turn, quoted

from butler_persona_claude.character import Character
from butler_persona_claude.macros import filled

LONGEST_REASON = 120
MOST_WINNERS = 2
"""So many join in at most, where nobody was meant."""
MOST_ANSWERS = 3
"""The same where several were meant, or a director orders a scene."""


@frozen
class Outcome:
    """Who speaks, in which order, and why."""

    winners: tuple[str, ...]
    said: str
    ends: bool = False


@frozen
class Question:
    """What a model is asked; ``read`` gives ``None`` for an answer that is not what was asked for."""

    turns: tuple[Turn, ...]
    schema: Mapping[str, Any]
    max_tokens: int
    read: Callable[[Any], Outcome | None]


def votes(cast: Sequence[Character], talk: Sequence[Message], count: int, *, plural: bool) -> Question:
    """Several votes on each character, in one answer."""
    names = [who.name for who in cast]
    wanted = (
        "The last message speaks to several without naming them. Vote yes for the characters that it speaks to."
        if plural
        else "The last message names nobody. Vote yes for a character only if it fits that it joins in: it is about "
        "what the character knows or cares for, continues its talk, or asks everybody. Most need no answer."
    )
    told = f"{wanted} Vote {count} times, each time anew and honestly, on every character, with a short reason."
    one = _object(character={"type": "string", "enum": names}, reply={"type": "boolean"}, reason={"type": "string"})
    sample = _object(votes={"type": "array", "items": one})
    schema = _object(samples={"type": "array", "items": sample})

    def read(data: Any) -> Outcome | None:
        return _counted(data, names, count, MOST_ANSWERS if plural else MOST_WINNERS)

    return Question(_turns(told, cast, talk), schema, 100 + 60 * count * len(names), read)


def scene(cast: Sequence[Character], talk: Sequence[Message], count: int, *, plural: bool) -> Question:
    """A director's decision: who speaks in which order, and whether the scene is over."""
    names = [who.name for who in cast]
    told = (
        "You direct a scene. Say which characters answer the last message, in which order; nobody is an answer too. "
        "Say whether the scene is over, so that they stay silent until somebody names one of them. Give a short reason."
    )
    speakers = {"type": "array", "items": {"type": "string", "enum": names}}
    schema = _object(speakers=speakers, end={"type": "boolean"}, reason={"type": "string"})

    def read(data: Any) -> Outcome | None:
        if not isinstance(data, Mapping) or not isinstance(data.get("speakers"), list):
            return None
        given, ends = data["speakers"], data.get("end")
        if not isinstance(ends, bool) or any(name not in names for name in given):
            return None
        order = tuple(dict.fromkeys(given))[:MOST_ANSWERS]
        said = f"the director has {', '.join(order) or 'nobody'} speak{' and ends the scene' if ends else ''}"
        return Outcome(order, f"{said}: {_reason(data.get('reason'))}", ends)

    return Question(_turns(told, cast, talk), schema, 300, read)


def _counted(data: Any, names: Sequence[str], count: int, most: int) -> Outcome | None:
    samples = data.get("samples") if isinstance(data, Mapping) else None
    if not isinstance(samples, list) or len(samples) < count:
        return None
    yes = dict.fromkeys(names, 0)
    reasons: dict[str, str] = {}
    for sample in samples[:count]:
        cast = sample.get("votes") if isinstance(sample, Mapping) else None
        if not isinstance(cast, list):
            return None
        heard: set[str] = set()
        for name, reply, reason in [_vote(each) for each in cast]:
            if name not in yes or name in heard or not isinstance(reply, bool):
                return None
            heard.add(name)
            yes[name] += reply
            reasons.setdefault(name, _reason(reason))
    won = [name for name in names if 2 * yes[name] > count]
    won.sort(key=lambda name: -yes[name])
    told = [f"{name} {yes[name]} of {count} for speaking ({reasons.get(name, 'no reason')})" for name in names]
    return Outcome(tuple(won[:most]), "votes: " + "; ".join(told))


def _vote(each: Any) -> tuple[Any, Any, Any]:
    given = each if isinstance(each, Mapping) else {}
    return given.get("character"), given.get("reply"), given.get("reason")


def _reason(reason: Any) -> str:
    text = " ".join(str(reason or "no reason").split())
    return text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 1]}…"


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object", "properties": properties, "required": [*properties], "additionalProperties": False,
    }  # fmt: skip


def _turns(told: str, cast: Sequence[Character], talk: Sequence[Message]) -> tuple[Turn, ...]:
    who = "\n".join(f"- {each.name}: {_about(each)}" for each in cast)
    lines = "\n".join(f"{' '.join(each.author.name.split())[:64]}: {each.text[:600]}" for each in talk)
    return (
        Turn("system", f"{QUOTE_RULE}\n\n{told}\n\nThe characters:\n{who}", stable=True),
        Turn("user", quoted(lines, "the conversation, the last message at the end")),
    )


def _about(who: Character) -> str:
    text = filled(who.personality or who.description or who.instructions, who.label, "people")
    return " ".join(text.split())[:240]
