"""What a call used so far, as well as it is known: exactly when the server says it, else estimated from above."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from butler import Listener, Usage


class Charge:
    """Keeps the listener informed while pieces come."""

    def __init__(self, hear: Listener, estimate: int, count: Callable[[str], int]) -> None:
        self._hear = hear
        self._count = count
        self._known = False
        self.usage = Usage(input=estimate)
        hear.usage(self.usage)

    def piece(self, said: str) -> None:
        """A piece of the answer came, of its text or of what it gives a tool."""
        if not self._known:
            self.usage += Usage(output=self._count(said))
            self._hear.usage(self.usage)

    def told(self, usage: Any) -> None:
        """The server said what it was; anything else is left alone."""
        if isinstance(usage, dict):
            self._known = True
            self.usage = used(usage)
            self._hear.usage(self.usage)


def used(told: dict[str, Any]) -> Usage:
    """The object ``usage`` of any of the ways."""
    total = _number(told.get("prompt_tokens", told.get("input_tokens")))
    details = told.get("prompt_tokens_details") or told.get("input_tokens_details") or {}
    cached, written = _number(details.get("cached_tokens")), _number(details.get("cache_write_tokens"))
    output = _number(told.get("completion_tokens", told.get("output_tokens")))
    return Usage(max(0, total - cached - written), output, cached, written)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
