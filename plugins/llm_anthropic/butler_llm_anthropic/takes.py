"""What the API takes for which model, as far as its prices and windows do not say it."""

from __future__ import annotations

import re

from attrs import evolve, frozen


@frozen
class Takes:
    """What may be sent for one model."""

    system: bool = False
    """Messages of the role ``system`` after the first."""
    effort: bool = False
    """``output_config.effort``."""


_OLD = Takes()
_KNOWN = {
    "claude-": Takes(system=True, effort=True),
    "claude-3-": _OLD,
    "claude-haiku-4-": _OLD,
    "claude-sonnet-4-": _OLD,
    "claude-sonnet-4-6": Takes(effort=True),
    "claude-opus-4-": _OLD,
    "claude-opus-4-5": Takes(effort=True),
    "claude-opus-4-6": Takes(effort=True),
    "claude-opus-4-7": Takes(effort=True),
    "claude-opus-4-8": Takes(system=True, effort=True),
    "claude-mythos-preview": Takes(effort=True),
    "claude-sonnet-5": Takes(effort=True),
}
"""By name, or by how names begin (with a dash at the end); the longest counts. Of platform.claude.com, October 2026:
mid-conversation system messages, effort. A model of theirs that stands nowhere is taken for a new one; another maker's
gets the plain form."""


class Learned:
    """What models take: what is known beforehand, and what the API refused since."""

    def __init__(self) -> None:
        self._refused: dict[str, Takes] = {}

    def takes(self, model: str) -> Takes:
        """What may be sent for a model."""
        if model in self._refused:
            return self._refused[model]
        fitting = [name for name in _KNOWN if _is(model, name)]
        return _KNOWN[max(fitting, key=len)] if fitting else _OLD

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


def _is(model: str, name: str) -> bool:
    """Whether a model is the one of that name, maybe of some day, or one of its family."""
    return model == name or model.startswith(name if name.endswith("-") else f"{name}-20")
