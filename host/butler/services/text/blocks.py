"""Where the code stands in a Markdown text: the fences and indented blocks, by character."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from attrs import frozen
from markdown_it import MarkdownIt
from markdown_it.token import Token

_LONG: Final = 20_000
"""From here on lists are not looked into: deep nesting would cost more than it tells."""


def _parser(*less: str) -> MarkdownIt:
    """Blocks only: no inline rule ever runs, so that hostile brackets and stars cost nothing."""
    parser = MarkdownIt("commonmark", {"maxNesting": 20})
    parser.core.ruler.enableOnly(["block"])
    return parser.disable(["reference", "lheading", "html_block", *less])


_BLOCKS: Final = _parser()
_COARSE: Final = _parser("list", "blockquote")


@frozen
class Code:
    """A code block. Offsets count characters; ``end`` is behind its last line."""

    start: int
    end: int
    fenced: bool
    body: int = 0
    """Where the line behind the opening one begins."""
    body_end: int = 0
    """Where the closing line begins, or ``end`` if there is none."""
    prefix: str = ""
    """What stands before the marks because of the quote or list around it, list marks as blanks."""
    marks: str = ""
    info: str = ""

    @property
    def opener(self) -> str:
        """The line that opens it again in another message."""
        return f"{self.prefix}{self.marks}{self.info}\n"

    @property
    def closer(self) -> str:
        return f"{self.prefix}{self.marks}"


def code_blocks(text: str) -> list[Code]:
    """The code blocks of a text in order, nested ones included; in linear time on any input."""
    if not any(mark in text for mark in ("```", "~~~", "    ", "\t")):
        return []
    starts = [0, *(match.end() for match in re.finditer("\n", text)), len(text)]
    # "\r" as a blank keeps every offset; NUL is left alone, as the block rules do not look at it
    parser = _BLOCKS if len(text) < _LONG else _COARSE
    tokens = parser.parse(text.replace("\r", " "))
    return [_code(text, starts, token) for token in tokens if token.type in ("fence", "code_block") and token.map]


def within(blocks: Sequence[Code], at: int) -> Code | None:
    """The block that a cut at this offset would tear, if there is one."""
    index = bisect_right(blocks, at, key=lambda block: block.start) - 1
    return blocks[index] if index >= 0 and blocks[index].start < at < blocks[index].end else None


def _code(text: str, starts: Sequence[int], token: Token) -> Code:
    first, last = token.map or (0, 0)
    start, end = starts[first], starts[min(last, len(starts) - 1)]
    if token.type == "code_block":
        return Code(start, end, fenced=False)
    body = starts[min(first + 1, len(starts) - 1)]
    before, _, _ = text[start:body].partition(token.markup)
    closing = starts[last - 1]
    mark = re.escape(token.markup[0])
    closed = last - 1 > first and re.fullmatch(rf"[>\s]*{mark}{{{len(token.markup)},}}\s*", text[closing:end])
    prefix = re.sub(r"[^>\s]", " ", before)
    info = token.info.strip()
    return Code(
        start, end, True, body, closing if closed else end, prefix if ">" in prefix else prefix[:3], token.markup, info
    )
