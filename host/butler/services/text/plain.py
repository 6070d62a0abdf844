"""Markdown without its marks, and text that wakes nobody up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from butler.services.text.cut import split

_MARKDOWN: Final = MarkdownIt("commonmark", {"maxNesting": 20}).enable("strikethrough")
_AT_ONCE: Final = 4_000
"""Longer texts are taken in pieces: some inline rules take time that grows with the square."""
_MASS: Final = re.compile(
    r"@(?=(?:everyone|here|room|channel|all)\b)|(?<=<@)(?=&)|(?<=<)!(?=everyone|here|channel)", re.IGNORECASE
)
_ONE: Final = re.compile(r"(?<=<@)(?=!?\d)")
_NOTHING: Final = "\u200b"


def inert(text: str, *, people: bool = False) -> str:
    """The text with an invisible character in each mass mention, so that no platform takes it for one.

    ``people``: in mentions of single people too.
    """
    text = _MASS.sub(lambda match: match.group() + _NOTHING, text)
    return _ONE.sub(_NOTHING, text) if people else text


def plain(markdown: str) -> str:
    """A text for places that show no Markdown: no marks, addresses of links behind them."""
    return "\n\n".join(_plain(piece) for piece in split(markdown, _AT_ONCE)).strip()


def _plain(piece: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", "".join(_blocks(_MARKDOWN.parse(piece)))).strip()


def _blocks(tokens: Sequence[Token]) -> Iterator[str]:
    numbers: list[int | None] = []
    for token in tokens:
        if token.type == "inline":
            yield from _inline(token.children or [])
        elif token.type in ("fence", "code_block", "html_block"):
            yield token.content + "\n"
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            numbers.append(int(token.attrGet("start") or 1) if token.type.startswith("ordered") else None)
        elif token.type == "list_item_open":
            yield _mark(numbers)
        elif token.type in ("paragraph_close", "heading_close", "hr", "bullet_list_close", "ordered_list_close"):
            if token.type.endswith("list_close"):
                numbers.pop()
            yield "\n" if token.hidden else "\n\n"


def _mark(numbers: list[int | None]) -> str:
    number = numbers[-1]
    indent = "  " * (len(numbers) - 1)
    if number is None:
        return f"{indent}- "
    numbers[-1] = number + 1
    return f"{indent}{number}. "


def _inline(children: Sequence[Token]) -> Iterator[str]:
    since: list[tuple[str, list[str]]] = []
    for token in children:
        text = _leaf(token)
        if token.type == "link_open":
            since.append((str(token.attrGet("href") or ""), []))
        elif token.type == "link_close" and since:
            address, inside = since.pop()
            text = "" if "".join(inside) in (address, address.removeprefix("mailto:")) else f" ({address})"
        elif since:
            since[-1][1].append(text)
        yield text


def _leaf(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    return token.content if token.type in ("text", "code_inline", "image", "html_inline", "text_special") else ""
