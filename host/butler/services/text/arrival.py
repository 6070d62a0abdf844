"""What stands in a message, found once when it arrives: links, mentions, emoji, and the text without code."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final

import emoji
from attrs import frozen
from linkify_it import LinkifyIt  # type: ignore[import-untyped]

from butler.services.text.blocks import code_blocks

_LINKS: Final = LinkifyIt()
_MOST_LINKS: Final = 100
_LONGEST_LINK: Final = 1_024
"""A longer word is blanked but gives no link: the finder's work grows with its square."""
_EMOJI_WITHIN: Final = 20_000
_MARKED: Final = re.compile(r"[`~@:\t]|    |www\.")
"""Without any of these a text in ASCII holds nothing that is looked for."""
_WORD: Final = re.compile(r"\S+")
_TICKS: Final = re.compile(r"`+")
_PARAGRAPH: Final = re.compile(r"\n[^\S\n]*\n")
_MENTION: Final = re.compile(r"(?<![\w@.])@(?:\"([^\"\n]{1,64})\"|(\w[\w.\-]{0,63}(?::[\w.\-]{1,255})?))")
_BY_ID: Final = re.compile(r"<@!?(\d{1,32})>")
_OWN_EMOJI: Final = re.compile(r"<a?:\w{2,32}:\d{1,32}>")


@frozen
class Parsed:
    """What was found. Names and ids are as they were typed, without the ``@``."""

    links: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    emoji: tuple[str, ...] = ()
    without_code: str = ""
    """The text with code and links blanked, character for character, so that offsets stay."""


def parse(text: str) -> Parsed:
    """Take a message's text apart; linear in its length, whatever it holds."""
    if text.isascii() and not _MARKED.search(text):
        return Parsed(without_code=text)
    bare = _without_spans(_without_blocks(text))
    links, bare = _links(bare)
    return Parsed(links, _mentions(bare), _emoji(bare), bare)


def _blank(text: str) -> str:
    """Blanks of the same length; line breaks stay."""
    return re.sub(r"[^\n]", " ", text)


def _without_blocks(text: str) -> str:
    pieces, at = [], 0
    for block in code_blocks(text):
        pieces += [text[at : block.start], _blank(text[block.start : block.end])]
        at = block.end
    return "".join([*pieces, text[at:]])


def _without_spans(text: str) -> str:
    """Blank ``code``: a row of backticks up to the next row of the same length in the same paragraph."""
    if "`" not in text:
        return text
    pieces, at = [], 0
    for gap in _PARAGRAPH.finditer(text):
        pieces += [_paragraph_without_spans(text[at : gap.start()]), gap.group()]
        at = gap.end()
    return "".join([*pieces, _paragraph_without_spans(text[at:])])


def _paragraph_without_spans(text: str) -> str:
    rows = list(_TICKS.finditer(text))
    places: dict[int, list[int]] = defaultdict(list)
    for index in reversed(range(len(rows))):
        places[len(rows[index].group())].append(index)
    pieces, at, index = [], 0, 0
    while index < len(rows):
        row = rows[index]
        escaped = _escaped(text, row.start())
        length = len(row.group()) - escaped
        same = places[length]
        while same and same[-1] <= index:
            same.pop()
        if not length or not same:
            index += 1
            continue
        closing = rows[same[-1]]
        pieces += [text[at : row.start()], _blank(text[row.start() : closing.end()])]
        at, index = closing.end(), same[-1] + 1
    return "".join([*pieces, text[at:]])


def _escaped(text: str, at: int) -> bool:
    """Whether an odd number of backslashes (of the last 16) stands before."""
    before = text[max(0, at - 16) : at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _links(text: str) -> tuple[tuple[str, ...], str]:
    if "://" not in text and "www." not in text:
        return (), text
    links: list[str] = []
    pieces, at = [], 0
    for word in _WORD.finditer(text):
        if "://" not in word.group() and "www." not in word.group():
            continue
        for start, end, url in _in_word(word.group(), full=len(links) >= _MOST_LINKS):
            pieces += [text[at : word.start() + start], " " * (end - start)]
            at = word.start() + end
            links += [url] if url else []
    return tuple(dict.fromkeys(links)), "".join([*pieces, text[at:]])


def _in_word(word: str, *, full: bool) -> list[tuple[int, int, str]]:
    """Start, end and address of the links in a word; a whole word without address where looking costs too much."""
    if full or len(word) > _LONGEST_LINK:
        return [(0, len(word), "")]
    found = _LINKS.match(word) or []
    return [
        (match.index, match.last_index, match.url)
        for match in found
        if match.schema in ("http:", "https:", "ftp:") or match.raw.startswith("www.")
    ]


def _mentions(text: str) -> tuple[str, ...]:
    if "@" not in text:
        return ()
    found = [(match.start(), match[1] or match[2].rstrip(".-")) for match in _MENTION.finditer(text)]
    found += [(match.start(), match[1]) for match in _BY_ID.finditer(text)]
    return tuple(dict.fromkeys(name for _, name in sorted(found)))


def _emoji(text: str) -> tuple[str, ...]:
    text = text[:_EMOJI_WITHIN]
    found = [(match.start(), match.group()) for match in _OWN_EMOJI.finditer(text)] if "<" in text else []
    if not text.isascii():
        found += [(each["match_start"], each["emoji"]) for each in emoji.emoji_list(text)]
    return tuple(sign for _, sign in sorted(found))
