"""Which models are in a stand-in's memory, and until when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from butler.clock import Clock
from butler.testing.providers.form import Refused
from butler.testing.providers.script import Failure

KEPT = 300.0
"""Seconds that a model stays after its last use unless told otherwise."""
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Memory:
    """Models leave it when their time is over; a new one that does not fit beside those in it is refused."""

    def __init__(self, clock: Clock, size: int) -> None:
        self._clock = clock
        self._size = size
        self._models: dict[str, tuple[int, float]] = {}

    @property
    def loaded(self) -> Sequence[str]:
        """Their names, longest first."""
        now = self._clock.monotonic()
        self._models = {name: told for name, told in self._models.items() if told[1] > now}
        return list(self._models)

    def load(self, name: str, size: int, keep_alive: Any = None) -> None:
        """Put a model in, or use it again. Raises ``Refused``."""
        taken = sum(self._models[each][0] for each in self.loaded if each != name)
        if taken + size > self._size:
            needed, free = size / 1024**3, (self._size - taken) / 1024**3
            raise Refused(Failure(500, f"model requires more system memory ({needed:.1f} GiB) than is available "
                                       f"({free:.1f} GiB)"))  # fmt: skip
        self._models[name] = (size, self._clock.monotonic() + _seconds(keep_alive))

    def unload(self, name: str) -> None:
        """Take a model out."""
        self._models.pop(name, None)


def _seconds(told: Any) -> float:
    """A number of seconds, or ``"5m"``; negative: for ever."""
    if told is None:
        return KEPT
    if isinstance(told, str) and not re.fullmatch(r"-?[\d.]+", told):
        parts = re.findall(r"([\d.]+)(ms|s|m|h)", told)
        if not parts:
            raise Refused(Failure(400, f'time: invalid duration "{told}"'))
        told = sum(float(number) * _UNITS[unit] for number, unit in parts) * (-1 if told.startswith("-") else 1)
    return float("inf") if float(told) < 0 else float(told)
