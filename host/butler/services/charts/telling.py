"""What a chart shows, in words: for who cannot see the picture."""

from __future__ import annotations

import math
from collections.abc import Iterable

from butler.model import Bars, Chart, Lines

MOST = 1_000
"""Characters: what platforms take for an alternative text."""
_PARTS = 40


def told(chart: Chart) -> str:
    """The title, then what stands where."""
    title = " ".join(chart.title.split())[:120]
    head = f"{title} ({chart.unit[:40]})" if chart.unit else title
    text = f"{head}: {_joined(_parts(chart))}"
    return text if len(text) <= MOST else f"{text[: MOST - 1]}…"


def number(value: float) -> str:
    """A value as people write it."""
    if not math.isfinite(value):
        return "–"
    if abs(value) >= 1e15 or 0 < abs(value) < 0.01:
        return f"{value:.3g}"
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}".rstrip("0").rstrip(".")


def _parts(chart: Chart) -> list[str]:
    if isinstance(chart, Bars):
        return [f"{_short(label)} {_values(chart, place)}" for place, label in enumerate(chart.labels[:_PARTS])] + (
            [f"{len(chart.labels) - _PARTS:,} more"] if len(chart.labels) > _PARTS else []
        )
    if isinstance(chart, Lines):
        return [_line(name, points) for name, points in list(chart.series.items())[:_PARTS] if points]
    heaviest = sorted(chart.links.items(), key=lambda link: -link[1])
    parts = [f"{_short(one)} to {_short(other)} {number(value)}" for (one, other), value in heaviest[:_PARTS]]
    return parts + ([f"{len(heaviest) - _PARTS:,} more"] if len(heaviest) > _PARTS else [])


def _values(chart: Bars, place: int) -> str:
    shown = [(name, number(values[place])) for name, values in list(chart.series.items())[:_PARTS]]
    return " / ".join(f"{_short(name)} {value}".strip() for name, value in shown)


def _line(name: str, points: Iterable[tuple[object, float]]) -> str:
    values = [value for _, value in points if math.isfinite(value)]
    if not values:
        return f"{_short(name)} nothing"
    ends = f"from {number(values[0])} to {number(values[-1])}"
    return f"{_short(name)} {ends}, lowest {number(min(values))}, highest {number(max(values))}".strip()


def _short(text: str) -> str:
    line = " ".join(text[:300].split())
    return line if len(line) <= 60 else f"{line[:59]}…"


def _joined(parts: list[str]) -> str:
    return "; ".join(parts) or "nothing yet"
