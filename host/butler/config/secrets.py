"""The secrets that a host knows, and how they are taken out of a text (HOST-23)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

Scrub = Callable[[str], str]
"""Takes the secrets that a host knows out of a text."""
MASK = "***"
SHORTEST = 6
"""Characters below which a value is not looked for inside other text."""


class Secrets:
    """A set of secret values: ``scrub`` takes them out of a text in plain, URL-encoded, JSON and base64 form.

    A value shorter than six characters is only masked where it is the whole text: ``abc`` stands by
    chance in ordinary words, and a log with holes in its words would be of no use and would show, by
    the holes, what the secret is.
    """

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._forms: list[str] = []
        self._encoded: re.Pattern[str] | None = None

    def __repr__(self) -> str:
        return f"<{len(self._values)} secrets>"

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, value: str) -> bool:
        return value in self._values

    def add(self, value: str) -> None:
        """Know one more; an empty one is none. Of a secret of several lines each long line is one as well."""
        value = str(value)
        found = {value, *(line.strip() for line in value.splitlines() if len(line.strip()) >= 2 * SHORTEST)}
        if not value.strip() or found <= self._values:
            return
        self._values |= found
        long = [each for each in self._values if len(each) >= SHORTEST]
        self._forms = sorted({form for each in long for form in _forms(each)}, key=len, reverse=True)
        patterns = [_percent_encoded(each) for each in sorted(long, key=len, reverse=True)]
        self._encoded = re.compile("|".join(patterns)) if patterns else None

    def take(self, others: Secrets) -> None:
        """Know what another set knows, too."""
        for value in others._values:
            self.add(value)

    def scrub(self, text: str) -> str:
        """The text with ``***`` for every secret in it."""
        if text in self._values:
            return MASK
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        if self._encoded is not None and ("%" in text or "+" in text):
            text = self._encoded.sub(MASK, text)
        return text


def _forms(value: str) -> set[str]:
    raw = value.encode("utf-8", "surrogatepass")
    found = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
    for coded in (base64.b64encode, base64.urlsafe_b64encode):
        found |= {_core(coded(b"\0" * before + raw).decode(), before, len(raw)) for before in range(3)}
    return {form for form in found if len(form) >= SHORTEST}


def _core(coded: str, before: int, length: int) -> str:
    """Of a base64 text those characters that depend on nothing but the secret, whatever stands around it."""
    start = (0, 2, 3)[before]
    end = (before + length) * 8 // 6
    return coded[start:end]


def _percent_encoded(value: str) -> str:
    return "".join(_character(character) for character in value)


def _character(character: str) -> str:
    coded = "".join(f"%{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
    forms = {re.escape(character), f"(?i:{coded})"}
    if character == " ":
        forms.add(re.escape(quote_plus(character)))
    return f"(?:{'|'.join(sorted(forms))})"


def scrubbed(value: Any, scrub: Scrub) -> Any:
    """Plain data without secrets. Its keys stay: what they are called may be somebody's password."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {key: scrubbed(item, scrub) for key, item in value.items()}
    return [scrubbed(item, scrub) for item in value] if isinstance(value, list) else value


def scrubbed_json(body: str, scrub: Scrub) -> str:
    """A JSON text without secrets; the very text where it holds none."""
    return body if scrub(body) == body else json.dumps(scrubbed(json.loads(body), scrub), separators=(",", ":"))
