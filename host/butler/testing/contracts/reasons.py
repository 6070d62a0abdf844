"""The base of the suites: an override without a stated reason is a failure itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class Contract:
    """A suite of promises."""

    reasons: ClassVar[Mapping[str, str]] = {}
    """The name of each overridden test, and why what it promises must be something else here."""

    def test_each_override_has_a_reason(self) -> None:
        """Whoever keeps a promise in another way says why."""
        own = type(self)
        suite = next(cls for cls in own.__mro__ if cls.__module__.startswith("butler.testing.contracts."))
        promises = {name for name in dir(suite) if name.startswith("test_")}
        overridden = {name for name in promises if getattr(own, name) is not getattr(suite, name)}
        stated = {name for name, reason in own.reasons.items() if reason.strip()}
        assert overridden == stated, f"overridden: {sorted(overridden)}, reasons given: {sorted(stated)}"
