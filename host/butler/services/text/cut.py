"""Cutting a long text into messages: paragraphs stay together, code fences stay whole or are reopened."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from butler.services.text.blocks import Code, code_blocks, within

_BOUNDARIES: Final = (
    re.compile(r"\n[^\S\n]*(?=\n)"),
    re.compile(r"\n"),
    re.compile(r"[.!?…][\"'”’)»*_]{0,4}(?=\s)|[。！？]"),
)
"""Paragraphs, lines, sentences: the best that is not too near the beginning is taken."""
_SPACE: Final = re.compile(r"\s(?=\S)|\S(?=\s)")
_LINES: Final = re.compile(r"(?:[^\S\n]*\n)+")
_BLANKS: Final = re.compile(r"[^\S\n]+")


def split(markdown: str, limit: int) -> list[str]:
    """Cut a text into pieces of at most ``limit`` characters, at paragraphs, lines, sentences or words.

    A code fence stays whole if it can; one that is longer is closed and opened again with the same info
    string. Nothing is lost but white space at the cuts. An empty text gives no piece.
    """
    if limit < 1:
        raise ValueError(f"a piece cannot have {limit} characters; give a limit of at least 1")
    if len(markdown) <= limit:
        return [markdown] if markdown.strip() else []
    return [piece for piece in _Cutter(markdown, limit).pieces() if piece.strip()]


class _Cutter:
    """One text while it is cut."""

    def __init__(self, text: str, limit: int) -> None:
        self.text = text
        self.limit = limit
        self.at = 0
        self.open: Code | None = None
        """The fence that the next piece has to open again."""
        blocks = [block for block in code_blocks(text) if block.fenced]
        # a fence whose marks alone would fill a piece is cut like any text
        self.fences = [each for each in blocks if len(each.opener) + len(each.closer) + 2 <= limit // 2]

    def pieces(self) -> Iterator[str]:
        while self.at < len(self.text):
            end = self.at + self.limit - (len(self.open.opener) if self.open else 0)
            fence = self.open or within(self.fences, end)
            if self.open and self.open.body_end + len(self.open.closer) + 1 <= end:
                yield self._last_of(self.open)
            elif end >= len(self.text) and not self.open:
                yield self.text[self.at :]
                return
            elif fence is None:
                yield self._plain(end)
            elif not self.open and self._fits_next(fence, end):
                yield self._until(fence.start)
            else:
                yield self._inside(fence, end)

    def _fits_next(self, fence: Code, end: int) -> bool:
        """Whether the fence had better begin the next piece: it is short, or has little room left in this one."""
        if not self.text[self.at : fence.start].strip():
            return False
        return fence.end - fence.start <= self.limit or end - fence.body < self.limit // 2

    def _until(self, cut: int) -> str:
        piece = self.text[self.at : cut].rstrip()
        self.at = cut
        return piece

    def _inside(self, fence: Code, end: int) -> str:
        """As much of a fence as fits, closed."""
        head = self.open.opener if self.open else ""
        low = max(self.at, fence.body)
        high = end - len(fence.closer) - 1
        newline = self.text.rfind("\n", low + 1, high)
        cut = newline + 1 if newline > 0 else _whole(self.text, high, low)
        body = head + self.text[self.at : cut]
        self.at, self.open = cut, fence
        if not self.text[cut : fence.body_end].strip():
            self.at, self.open = fence.end, None
        return body + ("" if body.endswith("\n") else "\n") + fence.closer

    def _last_of(self, fence: Code) -> str:
        """The end of a fence that was reopened; its closing line is ours, as the old one may stand in a list."""
        body = fence.opener + self.text[self.at : fence.body_end]
        piece = body + ("" if body.endswith("\n") else "\n") + fence.closer
        self.at, self.open = fence.end, None
        if len(piece) + 1 + len(self.text) - self.at <= self.limit:
            piece, self.at = f"{piece}\n{self.text[self.at :]}".rstrip(), len(self.text)
        return piece

    def _plain(self, end: int) -> str:
        index = bisect_left(self.fences, end, key=lambda fence: fence.start) - 1
        low = max(self.at, self.fences[index].end) if index >= 0 else self.at
        cut = self._boundary(low, end)
        piece = self.text[self.at : cut].rstrip()
        self.at = self._skipped(cut)
        return piece

    def _boundary(self, low: int, end: int) -> int:
        enough = self.at + (end - self.at) // 3
        for boundary in _BOUNDARIES:
            found = [match.end() for match in boundary.finditer(self.text, max(low, enough), end)]
            if found:
                return found[-1]
        if low >= max(enough, self.at + 1):
            return low
        if self.text[end].isspace():
            return end
        spaces = [match.end() for match in _SPACE.finditer(self.text, max(low, self.at + 1), end)]
        return spaces[-1] if spaces else max(_whole(self.text, end, max(low, self.at)), self.at + 1)

    def _skipped(self, cut: int) -> int:
        """Behind the white space at a cut; the indentation of the next line stays."""
        if self.text[cut - 1] != "\n":
            match = _LINES.match(self.text, cut) or _BLANKS.match(self.text, cut)
        else:
            match = _LINES.match(self.text, cut)
        return match.end() if match else cut


def _whole(text: str, at: int, low: int) -> int:
    """The nearest offset at or before ``at`` that tears no grapheme; ``at`` if that is too far away."""
    for cut in range(at, max(low, at - max(8, (at - low) // 2)), -1):
        if not _joined(text, cut):
            return cut
    return at - 1 if _pair(text, at) and at - 1 > low else at


def _joined(text: str, at: int) -> bool:
    """Whether the characters around an offset belong together."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if _pair(text, at) or "\u200d" in (before, after) or (before, after) == ("\r", "\n"):
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True
    return unicodedata.category(after)[0] == "M" or _flag(text, at)


def _pair(text: str, at: int) -> bool:
    return 0 < at < len(text) and "\ud800" <= text[at - 1] <= "\udbff" and "\udc00" <= text[at] <= "\udfff"


def _flag(text: str, at: int) -> bool:
    """Two regional indicators make a flag: counted from where their row begins, 64 back at most."""
    row = 0
    while row < 64 and at - 1 - row >= 0 and "\U0001f1e6" <= text[at - 1 - row] <= "\U0001f1ff":
        row += 1
    return row % 2 == 1 and "\U0001f1e6" <= text[at] <= "\U0001f1ff"
