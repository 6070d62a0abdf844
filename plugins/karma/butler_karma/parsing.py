"""Finding votes in what people write: ``@bob++``, ``coffee++ for the morning``, ``"cold brew"--``."""

from __future__ import annotations

import itertools
import re
import unicodedata

import attrs

MOST = 20
"""So many votes of one message are looked at."""
LONGEST_REASON = 200

_POINT = re.compile(
    r"""
    (?<! [\w@.+\-/<>"'=#] )                             # not in the middle of something
    (?: (?: (?P<mention> <@!?\d{1,32}> | @\w[\w.'-]{0,62}(?::[\w.-]{1,255})? (?<=\w) ) | @?"(?P<quoted>[^"\n]{1,64})" )
        [ ]? (?P<op> \+\+ | -- | — )                    # phones make a dash of two hyphens
      | (?P<word> \w[\w.'-]{0,62}\w ) (?P<word_op> \+\+ | --(?= \s* (?:$ | [,.;!?)] | for\b | because\b) ) )
    ) (?! [\w+\-=>/] )
    """,
    re.VERBOSE | re.MULTILINE,
)
_REASON = re.compile(r"\s+(?:for|because(?: of)?)\s+([^\n]+)")
_WHOLE = re.compile(_POINT.pattern + r"(?: \s+ (?:for|because) \b [^\n]* )?", _POINT.flags)
_QUOTE = re.compile(r"^[ ]{0,3}>[^\n]*", re.MULTILINE)
_PLAIN = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")
"""What makes variants of one emoji: its colours, and whether it is drawn or written."""


@attrs.frozen
class Point:
    """One point for (or from) whoever or whatever ``name`` is."""

    name: str
    """As it was written, mentions with their ``@``."""
    amount: int
    reason: str = ""


def may_hold_points(text: str) -> bool:
    """Whether it is worth a closer look: most messages are not."""
    return "++" in text or "--" in text or "—" in text


def points_in(text: str, without_code: str) -> list[Point]:
    """The votes in a message; ``without_code`` is its text with code and links blanked, in the same length.

    Each name counts once. Quotations and commands hold no votes, nor do words of one letter (``i++``).
    """
    if text.startswith(("/", "!")):
        return []
    bare = _QUOTE.sub(lambda quote: " " * len(quote[0]), without_code)
    found = list(itertools.islice(_POINT.finditer(bare), MOST))
    ends = [match.start() for match in found[1:]] + [len(text)]
    points: dict[str, Point] = {}
    for match, end in zip(found, ends, strict=False):
        point = _point(match, text[match.end() : end])
        points.setdefault(key_of(point.name), point)
    return list(points.values())


def only_points(text: str, without_code: str) -> bool:
    """Whether a message holds votes with their reasons and nothing else, so that nobody needs to answer it."""
    rest = _WHOLE.sub("", without_code)
    return rest != without_code and "?" not in text and not re.sub(r"\band\b|\W", "", rest)


def _point(match: re.Match[str], after: str) -> Point:
    name = match["mention"] or match["quoted"] or match["word"].strip("_")
    amount = 1 if (match["op"] or match["word_op"]) == "++" else -1
    reason = _REASON.match(after)
    return Point(name, amount, shortened(reason[1]) if reason else "")


def shortened(reason: str) -> str:
    """A reason as it is kept: one line, without what joins it to the next vote."""
    line = re.sub(r"[\s,;]*(?:\band)?[\s,;]*$", "", " ".join(reason.split()))
    return line if len(line) <= LONGEST_REASON else f"{line[: LONGEST_REASON - 1]}…"


def key_of(name: str) -> str:
    """A name as it is compared: any case, any width, with or without its ``@``."""
    return unicodedata.normalize("NFKC", name).casefold().strip().removeprefix("@")


def same_emoji(one: str, other: str) -> bool:
    """Whether two reactions are the same, whatever their colour."""
    return bool(one) and _PLAIN.sub("", one) == _PLAIN.sub("", other)
