"""What a rule of a guild is, and what may stand in it (MOD-2)."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Any, Literal

import attrs
from butler import CommandError

Kind = Literal[
    "words", "regex", "invites", "links", "mentions", "caps", "emoji", "lines", "repeat", "rate", "files",
    "new-account", "zalgo",
]  # fmt: skip
Act = Literal["delete", "warn", "timeout", "kick", "ban", "quarantine", "report"]
KINDS: tuple[str, ...] = typing.get_args(Kind)
ACTS: tuple[str, ...] = typing.get_args(Act)
MOST_RULES = 500
MOST_ENTRIES = 2000
LONGEST_ENTRY = 300
LONGEST_NAME = 40

DEFAULTS: Mapping[str, tuple[float, float]] = {
    "mentions": (5, 0), "caps": (70, 0), "emoji": (10, 0), "lines": (15, 0), "repeat": (3, 60), "rate": (7, 5),
    "new-account": (1, 0), "zalgo": (10, 0),
}  # fmt: skip
"""``most`` and ``seconds`` of the kinds that count something."""
NEEDS_LIST = frozenset({"words", "regex"})
MEANING: Mapping[str, str] = {
    "words": "words that are not said; * stands for any letters",
    "regex": "expressions (RE2) that must not be found",
    "invites": "invitations to other places; `what` lists those that are allowed",
    "links": "links to the hosts in `what`; with `allow` to all others",
    "mentions": "more than `most` mentions",
    "caps": "more than `most` per cent capitals",
    "emoji": "more than `most` emoji",
    "lines": "more than `most` lines",
    "repeat": "the same text more than `most` times within `seconds`",
    "rate": "more than `most` messages within `seconds`",
    "files": "files whose names end like `what`; with `allow` all others",
    "new-account": "accounts younger than `most` days",
    "zalgo": "more than `most` heaped-up marks",
}


@attrs.frozen
class Rule:
    """One rule: what it looks for, what is done, and whom it spares."""

    name: str
    kind: Kind
    what: tuple[str, ...] = ()
    """The words, expressions, hosts, invitations or endings of names."""
    allow: bool = False
    """``what`` lists what is allowed."""
    most: float = 0.0
    seconds: float = 0.0
    do: tuple[Act, ...] = ("delete",)
    duration: float = 600.0
    """Seconds of a timeout or ban; 0: until it is lifted by hand."""
    strikes: int = 1
    dry: bool = False
    """It only says what it would do."""
    off: bool = False
    spare_roles: tuple[str, ...] = ()
    """Ids of roles."""
    spare_channels: tuple[str, ...] = ()
    """Ids of channels."""

    def spares(self, channel: str, roles: tuple[str, ...]) -> bool:
        """Whether it does not hold there, or not for somebody with such roles."""
        return channel in self.spare_channels or any(role in self.spare_roles for role in roles)


_TEXTS = frozenset({"what", "do", "spare_roles", "spare_channels"})
_FLAGS = frozenset({"allow", "dry", "off"})
_NUMBERS: Mapping[str, tuple[float, float]] = {
    "most": (0, 100_000), "seconds": (0, 86_400), "duration": (0, 366 * 86_400), "strikes": (0, 100),
}  # fmt: skip


def rule_of(name: str, given: Mapping[str, Any]) -> Rule:
    """A rule from plain values. Raises ``CommandError`` that says what was expected."""
    known = {field.name for field in attrs.fields(Rule)} - {"name"}
    for key in given:
        if key not in known:
            raise CommandError(f"rule {name}: there is no {key!r}", remedy=f"it may have {', '.join(sorted(known))}")
    kind = given.get("kind")
    if kind not in KINDS:
        raise CommandError(f"rule {name}: its kind must be one of {', '.join(KINDS)}, not {str(kind)[:40]!r}")
    if not name or len(name) > LONGEST_NAME or not name.replace("-", "").replace("_", "").isalnum():
        raise CommandError(f"a rule's name has up to {LONGEST_NAME} letters, digits and dashes, not {name[:60]!r}")
    most, seconds = DEFAULTS.get(kind, (0.0, 0.0))
    values: dict[str, Any] = {"most": most, "seconds": seconds}
    values |= {key: _value(name, key, value) for key, value in given.items() if key != "kind"}
    rule = Rule(name, typing.cast("Kind", kind), **values)
    _check(rule)
    return rule


def _value(rule: str, key: str, value: Any) -> Any:
    if key in _TEXTS:
        if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
            raise CommandError(f"rule {rule}: {key} must be a list of texts")
        return tuple(dict.fromkeys(each.strip() for each in value if each.strip()))
    if key in _FLAGS:
        if not isinstance(value, bool):
            raise CommandError(f"rule {rule}: {key} must be true or false")
        return value
    least, largest = _NUMBERS[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= largest:
        raise CommandError(f"rule {rule}: {key} must be a number from {least:g} to {largest:g}")
    return int(value) if key == "strikes" else float(value)


def _check(rule: Rule) -> None:
    if unknown := [each for each in rule.do if each not in ACTS]:
        raise CommandError(f"rule {rule.name}: nobody can {unknown[0][:40]!r}", remedy=f"do may hold {', '.join(ACTS)}")
    if rule.kind in NEEDS_LIST and not rule.what:
        raise CommandError(f"rule {rule.name}: say what it looks for: {MEANING[rule.kind]}")
    if len(rule.what) > MOST_ENTRIES:
        raise CommandError(f"rule {rule.name}: {len(rule.what)} entries are too many; {MOST_ENTRIES} are possible")
    if long := [each for each in rule.what if len(each) > LONGEST_ENTRY]:
        raise CommandError(f"rule {rule.name}: {long[0][:20]!r}… is longer than {LONGEST_ENTRY} characters")


def plain(rule: Rule) -> dict[str, Any]:
    """A rule as plain values, without what is as it would be anyway."""
    most, seconds = DEFAULTS.get(rule.kind, (0.0, 0.0))
    usual = Rule(rule.name, rule.kind, most=most, seconds=seconds)
    found: dict[str, Any] = {"kind": rule.kind}
    for field in attrs.fields(Rule):
        value = getattr(rule, field.name)
        if field.name not in {"name", "kind"} and value != getattr(usual, field.name):
            whole = isinstance(value, float) and value.is_integer()
            found[field.name] = list(value) if isinstance(value, tuple) else int(value) if whole else value
    return found
