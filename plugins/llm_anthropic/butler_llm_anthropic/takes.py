"""What may be sent for which model, as far as its price and window do not say it."""

from __future__ import annotations

import re
from collections.abc import Callable

from attrs import evolve, frozen
from butler import Model

OURS = "claude-"


@frozen
class Takes:
    """What the API takes for one model; as ``features`` in models.toml."""

    system: bool = False
    """Messages of the role ``system`` after the first."""
    effort: bool = False
    """``output_config.effort``."""


class Learned:
    """What models take: what is written down of them, and what the API refused since.

    A model of Anthropic's that stands nowhere is taken for a new one, which takes everything; another maker's gets the
    plain form.
    """

    def __init__(self, facts: Callable[[str], Model]) -> None:
        self._facts = facts
        self._refused: dict[str, Takes] = {}

    def takes(self, model: str) -> Takes:
        """What may be sent for a model."""
        if model in self._refused:
            return self._refused[model]
        facts = self._facts(model)
        if not facts.source and model.startswith(OURS):
            return Takes(system=True, effort=True)
        return Takes("system" in facts.features, "effort" in facts.features)

    def refused(self, model: str, message: str) -> bool:
        """The API refused a request with this message; returns whether another form may be taken instead."""
        takes = self.takes(model)
        if takes.system and re.search(r"\brole\W+system\b", message):
            self._refused[model] = evolve(takes, system=False)
        elif takes.effort and "effort" in message:
            self._refused[model] = evolve(takes, effort=False)
        else:
            return False
        return True
