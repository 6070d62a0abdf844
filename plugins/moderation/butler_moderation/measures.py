"""What can be counted in a message: each kind of rule that needs no list, with the reason in words (MOD-2)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping

from butler_moderation.folding import HEAPED
from butler_moderation.rules import Rule
from butler_moderation.said import Said

LEAST_LETTERS = 10
"""Texts with fewer letters may be all capitals."""


def caps(rule: Rule, said: Said) -> str:
    """Why it is too loud, or ``""``."""
    letters = [each for each in said.text if each.isalpha() and each.lower() != each.upper()]
    if len(letters) < LEAST_LETTERS:
        return ""
    share = 100 * sum(each.isupper() for each in letters) / len(letters)
    return f"{share:.0f} % are capitals, more than {rule.most:g}" if share > rule.most else ""


def zalgo(rule: Rule, said: Said) -> str:
    """Why it is heaped up, or ``""``. Marks that belong to a letter do not count."""
    if said.text.isascii():
        return ""
    marks = len(HEAPED.findall(unicodedata.normalize("NFC", said.text)))
    return f"{marks} heaped-up marks, more than {rule.most:g}" if marks > rule.most else ""


def lines(rule: Rule, said: Said) -> str:
    """Why it is too long, or ``""``."""
    return _more(rule, said.text.count("\n") + 1, "lines")


def emoji(rule: Rule, said: Said) -> str:
    """Why it has too many emoji, or ``""``."""
    return _more(rule, said.emoji, "emoji")


def mentions(rule: Rule, said: Said) -> str:
    """Why it mentions too many, or ``""``."""
    return _more(rule, said.mentions, "mentions")


def new_account(rule: Rule, said: Said) -> str:
    """Why its author is too new, or ``""``."""
    if said.age is None or said.age >= rule.most:
        return ""
    return f"the account is {max(0.0, said.age):.1f} days old, less than {rule.most:g}"


def files(rule: Rule, said: Said) -> str:
    """Why a file is not wanted, or ``""``."""
    endings = tuple(f".{each.casefold().lstrip('*.')}" for each in rule.what)
    for name in said.files:
        if name.casefold().rstrip(". ").endswith(endings) is not rule.allow:
            return f"the file {name[:60]!r} is not allowed"
    return ""


def _more(rule: Rule, count: int, what: str) -> str:
    return f"{count} {what}, more than {rule.most:g}" if count > rule.most else ""


MEASURES: Mapping[str, Callable[[Rule, Said], str]] = {
    "caps": caps, "zalgo": zalgo, "lines": lines, "emoji": emoji, "mentions": mentions, "new-account": new_account,
    "files": files,
}  # fmt: skip
