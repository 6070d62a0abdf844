"""How much of a chart fits into a picture, and what is said of the rest."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

import attrs

from butler.model import Bars, Chart, Lines, Links

SERIES = 8
LYING, STANDING = 30, 200
"""Bars of either kind."""
POINTS = 1_000
"""Of a line: more than there are columns of pixels."""
PEOPLE, LINKS = 30, 150
_MOST = 1e30

Point = tuple[dt.datetime, float]
T = TypeVar("T")


@attrs.frozen
class Picture:
    """A chart that fits, and a note on what does not."""

    chart: Chart
    note: str = ""


def bounded(chart: Chart) -> Picture:
    """What of a chart is drawn."""
    if isinstance(chart, Bars):
        return _bars(chart)
    return _lines(chart) if isinstance(chart, Lines) else _links(chart)


def _bars(chart: Bars) -> Picture:
    most = LYING if chart.horizontal else STANDING
    series = {name: [_number(value) for value in values[:most]] for name, values in _first(chart.series).items()}
    notes = _note(len(chart.labels), most, "bars"), _note(len(chart.series), SERIES, "series")
    return Picture(attrs.evolve(chart, labels=chart.labels[:most], series=series), ", ".join(filter(None, notes)))


def _lines(chart: Lines) -> Picture:
    series = {name: _thinned(points) for name, points in _first(chart.series).items()}
    return Picture(attrs.evolve(chart, series=series), _note(len(chart.series), SERIES, "lines"))


def _links(chart: Links) -> Picture:
    counted = {pair: _number(weight) for pair, weight in chart.links.items() if pair[0] != pair[1]}
    whole = {pair: weight for pair, weight in counted.items() if weight > 0}
    kept: set[str] = set()
    drawn: dict[tuple[str, str], float] = {}
    for pair in sorted(whole, key=lambda pair: -whole[pair]):
        if len(drawn) < LINKS and len(kept.union(pair)) <= PEOPLE:
            kept.update(pair)
            drawn[pair] = whole[pair]
    notes = (
        _note(len({who for pair in whole for who in pair}), len(kept), "names"),
        _note(len(whole), len(drawn), "links"),
    )
    return Picture(attrs.evolve(chart, links=drawn), ", ".join(filter(None, notes)))


def _first(series: Mapping[str, T]) -> dict[str, T]:
    return dict(list(series.items())[:SERIES])


def _note(there: int, most: int, what: str) -> str:
    return f"{most} of {there:,} {what}" if there > most else ""


def _number(value: float) -> float:
    return min(_MOST, max(-_MOST, float(value))) if math.isfinite(value) else 0.0


def _thinned(points: Sequence[Point]) -> list[Point]:
    """The lowest and the highest of each stretch, so that no peak is lost."""
    whole = [(at, _number(value)) for at, value in points if math.isfinite(value)]
    stretch = -(-2 * len(whole) // POINTS)
    if stretch <= 2:
        return whole
    thin: list[Point] = []
    for start in range(0, len(whole), stretch):
        part = whole[start : start + stretch]
        thin += sorted({min(part, key=lambda point: point[1]), max(part, key=lambda point: point[1])})
    return [*thin, whole[-1]]
