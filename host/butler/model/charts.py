"""Pictures of numbers: what is to be drawn. How it looks is the host's affair."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from attrs import frozen


@frozen
class Bars:
    """A bar for each label; of several series several beside each other, or one upon the other."""

    title: str
    labels: Sequence[str]
    series: Mapping[str, Sequence[float]]
    """What is counted, to a value for each label. A single one needs no name: ``{"": values}``."""
    unit: str = ""
    """What the values are of: ``votes``."""
    horizontal: bool = False
    """Bars that lie, each with its whole label: for results; standing ones are for what has an order."""
    stacked: bool = False


@frozen
class Lines:
    """Values over time, a line for each series."""

    title: str
    series: Mapping[str, Sequence[tuple[dt.datetime, float]]]
    """What is measured, to its points in the order of time; in the time zone of the first."""
    unit: str = ""
    steps: bool = False
    """Whether a value holds until the next one, instead of growing towards it."""


@frozen
class Links:
    """Who is connected with whom, and how strongly: a network."""

    title: str
    links: Mapping[tuple[str, str], float]
    """From whom to whom, to how much."""
    unit: str = ""


Chart = Bars | Lines | Links
