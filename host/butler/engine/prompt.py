"""A prompt out of owned sections and history, fitted to the model's window (HOST-8, MEM-5).

Order: stable sections, history, changing sections, the newest message; so the longest part stays byte
for byte the same from turn to turn. What does not fit is shortened or dropped, lowest priority first,
history's oldest messages before sections; the newest message is never dropped.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import attrs
from attrs import frozen

from butler.model import Message, Persona, Section
from butler.provider import Prompt, Turn
from butler.services.text import harmless

NEVER_DROPPED = 100
"""The priority from which a section stays whatever happens."""

LONGEST_NAME = 64
"""The most characters of a name that a prompt holds."""

Count = Callable[[str], int]


@frozen
class Used:
    """What became of one section: its owner, its tokens, and whether it was ``whole``, ``short`` or ``dropped``."""

    owner: str
    tokens: int
    form: str
    head: str = ""


@frozen
class Assembled:
    """A fitted prompt and the account of it."""

    turns: tuple[Turn, ...]
    used: tuple[Used, ...]
    history: int
    """How many messages of the past are in it."""
    tokens: int


@attrs.define
class _Piece:
    section: Section
    tokens: int
    form: str = "whole"

    @property
    def text(self) -> str:
        if self.form == "whole":
            return self.section.text
        return self.section.short if self.form == "short" else ""


@functools.lru_cache(maxsize=1024)
def persona_section(prompt: str) -> Section:
    """Who the persona is: the first, stable, never dropped section of each prompt."""
    return Section(prompt, priority=NEVER_DROPPED, stable=True, owner="persona")


def assemble(
    persona: Persona,
    sections: Sequence[Section],
    history: Sequence[Message],
    newest: Message,
    heard: Sequence[Message] = (),
    *,
    room: int,
    count: Count,
) -> Assembled:
    """Fit everything into ``room`` tokens (the window without the answer).

    ``heard`` is what others have answered to the newest message already; it stands behind it.
    """
    pieces = [_piece(persona_section(persona.prompt), count)] if persona.prompt else []
    covered = 0
    for section in sections:
        covered = max(covered, section.covers)
        if section.text:
            pieces.append(_piece(section, count))
    past = [_as_turn(message, persona, stable=True) for message in history if message.text and message.seq >= covered]
    costs = [count(turn.text) for turn in past]
    last, tokens = _newest(newest, persona, room, count)
    since, heard_tokens = _since(heard, persona, room, count) if heard else ((), 0)
    free = room - tokens - heard_tokens - sum(costs)
    for piece in pieces:
        free -= piece.tokens
    skip = 0
    while free < 0 and skip < len(past) - _KEPT_HISTORY:
        free, skip = free + costs[skip], skip + 1
    if free < 0:
        free = _tighten(pieces, free, count)
    while free < 0 and skip < len(past):
        free, skip = free + costs[skip], skip + 1
    stable, changing, used = _settled(pieces)
    return Assembled((*stable, *past[skip:], *changing, last, *since), used, len(past) - skip, room - free)


_GAP = 60
"""Characters that say that something was left out."""
_KEPT_HISTORY = 2
"""So many of the last messages are worth more than a section that may be dropped."""


def _piece(section: Section, count: Count) -> _Piece:
    tokens = count(section.text)
    if section.budget and tokens > section.budget:
        return _shorter(_Piece(section, tokens), count)
    return _Piece(section, tokens)


def _shorter(piece: _Piece, count: Count) -> _Piece:
    if piece.form == "whole" and piece.section.short:
        tokens = count(piece.section.short)
        if tokens < piece.tokens and not (piece.section.budget and tokens > piece.section.budget):
            return _Piece(piece.section, tokens, "short")
    return _Piece(piece.section, 0, "dropped")


def _tighten(pieces: list[_Piece], free: int, count: Count) -> int:
    """Shorten, then drop, lowest priority first, until it fits."""
    order = sorted(range(len(pieces)), key=lambda index: pieces[index].section.priority)
    for _ in ("shorten", "drop"):
        for index in order:
            piece = pieces[index]
            if free >= 0:
                return free
            if piece.section.priority >= NEVER_DROPPED or piece.form == "dropped":
                continue
            pieces[index] = _shorter(piece, count)
            free += piece.tokens - pieces[index].tokens
    return free


def _settled(pieces: Sequence[_Piece]) -> tuple[list[Turn], list[Turn], tuple[Used, ...]]:
    """The stable turns, the changing ones, and the account of all."""
    stable: list[Turn] = []
    changing: list[Turn] = []
    used = []
    for piece in pieces:
        section = piece.section
        used.append(Used(section.owner, piece.tokens, piece.form, section.text[:80]))
        if piece.form != "dropped":
            (stable if section.stable else changing).append(Turn(section.role, piece.text, section.stable))
    return stable, changing, tuple(used)


def _since(heard: Sequence[Message], persona: Persona, room: int, count: Count) -> tuple[list[Turn], int]:
    """What others answered meanwhile, the latest of it in at most a quarter of the room, and its tokens."""
    since = [_as_turn(message, persona) for message in heard]
    costs = [count(turn.text) for turn in since]
    skip = 0
    while sum(costs[skip:]) > room // 4:
        skip += 1
    return since[skip:], sum(costs[skip:])


def _as_turn(message: Message, persona: Persona, *, stable: bool = False) -> Turn:
    if message.author.persona == persona.name:
        return Turn("assistant", message.text, stable)
    return Turn("user", f"{_name(message.author.name or message.author.id)}: {message.text}", stable)


@functools.lru_cache(maxsize=4096)
def _name(name: str) -> str:
    """Who said it, in one short line: a name is written by whoever has it, and gives no orders."""
    line = " ".join(harmless(name).split())
    return line if len(line) <= LONGEST_NAME else f"{line[:LONGEST_NAME]}…"


def _newest(message: Message, persona: Persona, room: int, count: Count) -> tuple[Turn, int]:
    """The newest message with its tokens; if it alone is too long its middle is left out, and that is said."""
    turn = _as_turn(message, persona)
    tokens = count(turn.text)
    if tokens <= room * 3 // 4:
        return turn if turn.role == "user" else Turn("user", turn.text), tokens
    keep = max(200, room * 3 // 4 * len(turn.text) // (2 * tokens) - _GAP)
    text = f"{turn.text[:keep]}\n[… {len(turn.text) - 2 * keep} characters left out …]\n{turn.text[-keep:]}"
    return Turn("user", text), count(text)


def as_prompt(
    assembled: Assembled, model: str, *, max_tokens: int, temperature: float | None, persona: str, key: str
) -> Prompt:
    """The provider's form of it."""
    return Prompt(assembled.turns, model, max_tokens, temperature, persona, key)
