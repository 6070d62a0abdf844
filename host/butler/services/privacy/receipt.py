"""What came of a forget: per plugin what was found, what was done, and whether a second look finds nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from attrs import field, frozen


@frozen
class Line:
    """One plugin's part (``host`` for the host's own)."""

    name: str
    found: int
    """How many things it had about the person."""
    done: Mapping[str, int] = field(factory=dict)
    """Rows deleted or changed, by table."""
    gone: bool = True
    """A second look found nothing."""
    note: str = ""
    """What was left, or went wrong, and what to do."""


@frozen
class Receipt:
    """The proof of a forget. It does not name the person: ``person`` is the beginning of the keyed hash."""

    person: str
    at: dt.datetime
    replacement: str
    """The random id that stands in the person's place where sums must stay."""
    lines: tuple[Line, ...]
    files: Mapping[str, str] = field(factory=dict)
    """File names to what a look at their bytes found; all are clean if this is empty and the store is SQLite."""
    note: str = ""

    @property
    def complete(self) -> bool:
        """Everything is gone."""
        return all(line.gone for line in self.lines) and not self.files

    def plain(self) -> dict[str, Any]:
        """As plain JSON."""
        return {**attrs.asdict(self), "at": self.at.isoformat(), "complete": self.complete}

    @property
    def text(self) -> str:
        """For people, a line for each plugin."""
        head = "Everything is forgotten." if self.complete else "Not everything could be forgotten."
        files = [f"{name}: {what}" for name, what in self.files.items()] or ["files: nothing left in any of them"]
        last = f"{self.at:%Y-%m-%d %H:%M} UTC, receipt {self.person}; where sums stay you are now {self.replacement}"
        return "\n".join([head, *map(_shown, self.lines), *(self.note.splitlines() or files), last])


def merged(receipts: Sequence[Receipt]) -> Receipt:
    """One receipt for all accounts of a person."""
    if len(receipts) == 1:
        return receipts[0]
    lines: dict[str, Line] = {}
    for line in (line for receipt in receipts for line in receipt.lines):
        lines[line.name] = _together(lines[line.name], line) if line.name in lines else line
    return Receipt(
        receipts[0].person,
        receipts[0].at,
        ", ".join(receipt.replacement for receipt in receipts),
        tuple(lines.values()),
        {name: what for receipt in receipts for name, what in receipt.files.items()},
        receipts[0].note,
    )


def _together(first: Line, second: Line) -> Line:
    done = {
        table: first.done.get(table, 0) + second.done.get(table, 0)
        for table in dict.fromkeys((*first.done, *second.done))
    }
    notes = "; ".join(dict.fromkeys(filter(None, (first.note, second.note))))
    return Line(first.name, first.found + second.found, done, first.gone and second.gone, notes)


def _shown(line: Line) -> str:
    done = ", ".join(f"{table} {count}" for table, count in line.done.items() if count)
    parts = [f"{line.found} found" if line.found else "nothing found"]
    if done:
        parts.append(f"deleted or changed: {done}")
    if line.found or done:
        parts.append("gone" if line.gone else "NOT gone")
    elif not line.gone:
        parts.append("NOT done")
    return f"{line.name}: {'; '.join([*parts, *filter(None, [line.note])])}"


def things_in(found: Any) -> int:
    """How many things an export holds: entries of lists, and single values that say something."""
    if isinstance(found, Mapping):
        return sum(map(things_in, found.values()))
    if isinstance(found, list | tuple | set | frozenset):
        return len(found)
    return int(bool(found))
