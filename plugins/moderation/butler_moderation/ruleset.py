"""All rules of a guild, ready to be held against what is said; which fires, and why (MOD-2, MOD-6)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attrs import frozen

from butler_moderation import links
from butler_moderation.folding import Folder
from butler_moderation.measures import MEASURES
from butler_moderation.patterns import Patterns, spaced, wildcard
from butler_moderation.rules import Rule
from butler_moderation.said import Said
from butler_moderation.words import TOKEN, Words, forms

LONGEST = 20_000
"""Letters of a text that are looked at; no platform but Matrix has longer ones."""
AT_ONCE = 400_000
"""Letters times steps of expressions that are matched on the event loop; what is more work goes to a thread."""
_TOKENS = re.compile(rf"(?:{TOKEN.pattern})+")
_DRAWN = re.compile(r"(\w)\1{2,}")


@frozen
class Hit:
    """A rule that fires, and why."""

    rule: Rule
    why: str


class RuleSet:
    """The rules of one guild. Raises ``CommandError`` where an expression is wrong."""

    def __init__(self, rules: Sequence[Rule], folder: Folder) -> None:
        self.rules = {rule.name: rule for rule in rules}
        if rules:
            folder.prepare()
        self._fold = folder.fold
        on = [rule for rule in rules if not rule.off]
        self._measured = [(MEASURES[rule.kind], rule) for rule in on if rule.kind in MEASURES]
        self._linked = [rule for rule in on if rule.kind in {"links", "invites"}]
        words: list[tuple[str, tuple[Rule, str]]] = []
        spread: list[tuple[str, tuple[Rule, str]]] = []
        for rule in on:
            if rule.kind == "words":
                for written in rule.what:
                    word = self._fold(written).strip()
                    parted = "*" in word or not word.isalnum()
                    (spread if parted else words).append((wildcard(word) if parted else word, (rule, written)))
        self._words = Words(words)
        self._spread = Patterns(spread)
        own = [(each, (rule, each)) for rule in on if rule.kind == "regex" for each in rule.what]
        self._own = Patterns(own)
        self.again = max((rule.seconds for rule in on if rule.kind == "repeat"), default=0.0)
        self.counting = [rule for rule in on if rule.kind in {"repeat", "rate"}]
        self.needs_age = any(rule.kind == "new-account" for rule in on)

    @property
    def is_empty(self) -> bool:
        """Whether nothing can fire."""
        return all(rule.off for rule in self.rules.values())

    def is_slow(self, text: str) -> bool:
        """Whether a text is so much work that it belongs in a thread."""
        return len(text) * (200 + self._own.steps + self._spread.steps) > AT_ONCE

    def judge(self, said: Said) -> list[Hit]:
        """Every rule that fires, each once, with the first reason."""
        hits: dict[str, Hit] = {}
        for rule, why in self._fired(said):
            hits.setdefault(rule.name, Hit(rule, why))
        return list(hits.values())

    def _fired(self, said: Said) -> Iterator[tuple[Rule, str]]:
        text = said.text[:LONGEST]
        folded = self._fold(text)
        for found in self._words.find(folded):
            rule, written = found.owner
            yield rule, f"the word {written!r}" + (f", written {found.written!r}" if found.written != written else "")
        if self._spread.steps:
            for (rule, written), _, matched in self._spread.find([spaced(each) for each in readings(folded)]):
                yield rule, f"{written!r} is found in {matched.strip()!r}"
        if self._own.steps:
            raw = text.casefold()
            for (rule, _), source, matched in self._own.find([folded] if raw == folded else [folded, raw]):
                yield rule, f"the expression {source!r} is found in {matched[:60]!r}"
        for measure, rule in self._measured:
            if why := measure(rule, said):
                yield rule, why
        if self._linked:
            yield from self._links(said, folded)

    def _links(self, said: Said, folded: str) -> Iterator[tuple[Rule, str]]:
        tight = links.tightened(folded)
        invited = links.invites(tight)
        hosts = links.hosts((self._fold(link) for link in said.links), tight)
        for rule in self._linked:
            if rule.kind == "invites":
                allowed = [each.casefold().rstrip("/").rpartition("/")[2] for each in rule.what]
                wrong = [code for code in invited if code not in allowed]
                if wrong:
                    yield rule, f"an invitation to {wrong[0][:60]!r}"
                continue
            wrong = [host for host in hosts if any(links.belongs(host, each) for each in rule.what) is not rule.allow]
            wrong += [] if rule.allow else [each for each in rule.what if len(each) > 3 and each.casefold() in tight]
            if wrong:
                yield rule, f"a link to {wrong[0][:60]!r}"


def readings(folded: str) -> list[str]:
    """What a folded text may be read as: as it stands, with letters for signs, without letters drawn out."""
    found = {folded: None, _TOKENS.sub(lambda token: forms(token[0])[-1], folded): None}
    for each in list(found):
        found[_DRAWN.sub(r"\1", each)] = None
    return list(found)
