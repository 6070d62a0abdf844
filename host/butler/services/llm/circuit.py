"""A breaker for each provider: one that is dead is left alone for a while, and said once down and once up (HOST-17)."""

from __future__ import annotations

import structlog
from attrs import define

log = structlog.get_logger("butler.llm")

FAILURES = 3
"""After so many failed attempts in a row the provider is left alone."""
PAUSES = (5.0, 10.0, 20.0, 30.0)
"""Seconds that it is left alone: the first time, the second, and so on."""


@define(eq=False)
class Circuit:
    """Whether one provider may be asked. After a pause one request tries it; the others wait for what comes of it."""

    provider: str
    failed: int = 0
    opened: int = 0
    until: float = 0.0
    trying: bool = False
    is_down: bool = False

    def allows(self, now: float) -> bool:
        """Whether it may be asked now; whoever is told so says by :meth:`worked`, :meth:`broke` or :meth:`left`."""
        if self.failed < FAILURES:
            return True
        if now < self.until or self.trying:
            return False
        self.trying = True
        return True

    def worked(self) -> None:
        """It answered."""
        if self.is_down:
            log.info("provider answers again", provider=self.provider)
        self.failed = self.opened = 0
        self.trying = self.is_down = False

    def broke(self, now: float, reason: str) -> None:
        """It did not answer."""
        self.failed += 1
        self.trying = False
        if not self.is_down:
            log.warning("provider does not answer", provider=self.provider, reason=reason)
            self.is_down = True
        if self.failed >= FAILURES:
            self.until = now + PAUSES[min(self.opened, len(PAUSES) - 1)]
            self.opened += 1

    def left(self) -> None:
        """Whoever asked went away before it could answer."""
        self.trying = False
