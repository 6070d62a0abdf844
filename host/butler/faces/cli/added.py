"""Which commands packages add to ``butler``, from metadata alone: help is instant and imports nothing of theirs."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from typing import Final, NamedTuple

GROUP: Final = "butler.cli"


class Added(NamedTuple):
    """A command, its package, and where it stands (``module:attribute``)."""

    name: str
    distribution: str
    version: str
    value: str


def added(taken: Mapping[str, str]) -> dict[str, Added]:
    """By name; ``taken`` are the host's own, which nobody replaces. Of two packages the first by name has it."""
    try:
        points = importlib.metadata.entry_points(group=GROUP)
    except ValueError:  # one package's file is no text: `butler doctor` names it
        return {}
    found = [Added(each.name, *_package(each), each.value) for each in points if each.name not in taken]
    return {each.name: each for each in sorted(found, reverse=True)}


def _package(point: importlib.metadata.EntryPoint) -> tuple[str, str]:
    return (point.dist.name, point.dist.version) if point.dist else ("?", "?")
