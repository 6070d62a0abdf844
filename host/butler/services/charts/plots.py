"""Bars and lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from matplotlib import dates
from matplotlib.ticker import FuncFormatter, MaxNLocator

from butler.model import Bars, Lines
from butler.services.charts.lettering import Lettering
from butler.services.charts.telling import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: Final = ("#4cc2ff", "#ffb454", "#7ee787", "#ff7b9c", "#c297ff", "#f2e15c", "#59d6c4", "#c9a27e")
"""As different as eight colours get on a dark ground, for those as well who do not see all of them."""
_INK: Final = "#eceff4"
_GRID: Final = "#3a4150"
_SPAN: Final = 1 / 24
"""Days that a picture of lines spans at least."""
_LABELS: Final = 12
"""Labels that stand side by side."""


def draw_bars(axes: Axes, chart: Bars, letters: Lettering) -> None:
    """Bars that stand or lie."""
    if not chart.labels or not chart.series:
        return draw_nothing(axes, letters)
    groups = 1 if chart.stacked else len(chart.series)
    thick = 0.74 / groups
    above, below = [0.0] * len(chart.labels), [0.0] * len(chart.labels)
    for which, values in enumerate(chart.series.values()):
        shift = 0.0 if chart.stacked else (which - (groups - 1) / 2) * thick
        at = [place + shift for place in range(len(values))]
        ends = above, below
        start = [ends[value < 0][place] for place, value in enumerate(values)] if chart.stacked else None
        draw = axes.barh if chart.horizontal else axes.bar
        colour = COLOURS[which % len(COLOURS)]
        options: dict[str, Any] = {"left" if chart.horizontal else "bottom": start, "color": colour}
        bars = draw(at, values, thick, **options)
        for place, value in enumerate(values):
            ends[value < 0][place] += value
        if len(chart.labels) * groups <= _LABELS * (3 if chart.horizontal else 1) and not chart.stacked:
            shown = [number(value) for value in values]
            axes.bar_label(bars, shown, padding=3, color=_INK, fontsize=8.5, family=letters.families)
    (_lying if chart.horizontal else _standing)(axes, chart, letters)
    return None


def _lying(axes: Axes, chart: Bars, letters: Lettering) -> None:
    axes.set_yticks(range(len(chart.labels)), [letters.write(label, 26) for label in chart.labels])
    axes.invert_yaxis()
    axes.margins(x=0.12, y=0.02)
    _grid(axes, "x")


def _standing(axes: Axes, chart: Bars, letters: Lettering) -> None:
    step = -(-len(chart.labels) // _LABELS)
    shown = range(0, len(chart.labels), step)
    wide = max(5, 64 // len(shown))
    written = [letters.write(chart.labels[place], 16) for place in shown]
    leaning = max(map(len, written)) > wide
    axes.set_xticks(list(shown), written, rotation=35 if leaning else 0, ha="right" if leaning else "center")
    axes.margins(x=0.02, y=0.12)
    _grid(axes, "y")


def draw_lines(axes: Axes, chart: Lines, letters: Lettering) -> None:
    """Lines over time, by the clock of the first point."""
    first = next((points[0][0] for points in chart.series.values() if points), None)
    if first is None:
        return draw_nothing(axes, letters)
    spans: list[float] = []
    style = "steps-post" if chart.steps else "default"
    for which, points in enumerate(chart.series.values()):
        colour = COLOURS[which % len(COLOURS)]
        at = [float(dates.date2num(moment)) for moment, _ in points]
        dot = "o" if len(points) <= _LABELS else None
        values = [value for _, value in points]
        spans += at
        axes.plot(at, values, color=colour, linewidth=2, marker=dot, markersize=4, drawstyle=style)
    if len(chart.series) == 1 and axes.lines:
        step: Any = "post" if chart.steps else None
        axes.fill_between(at, values, min(0.0, *values), color=COLOURS[0], alpha=0.15, step=step, linewidth=0)
    axes.margins(y=0.1)
    left, right = min(spans), max(spans)
    room = max((right - left) * 0.02, (_SPAN - (right - left)) / 2)
    axes.set_xlim(left - room, right + room)
    locator = dates.AutoDateLocator(tz=first.tzinfo, maxticks=12)  # with fewer it finds no steps for some spans
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=first.tzinfo))
    axes.xaxis.get_offset_text().set(color=_INK, fontsize=8.5)
    _grid(axes, "y")
    return None


def draw_nothing(axes: Axes, letters: Lettering) -> None:
    """A picture of nothing says so."""
    axes.set_axis_off()
    where: dict[str, Any] = {"transform": axes.transAxes, "ha": "center", "va": "center"}
    axes.text(0.5, 0.5, "nothing yet", color=_INK, fontsize=11, family=letters.families, **where)


def _grid(axes: Axes, which: Any) -> None:
    axes.grid(axis=which, color=_GRID, linewidth=0.8)
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(6, min_n_ticks=2, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
