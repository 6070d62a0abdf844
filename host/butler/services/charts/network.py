"""Who is connected with whom: a circle of names, a bow for each link."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from matplotlib.patches import FancyArrowPatch

from butler.model import Links
from butler.services.charts.lettering import Lettering
from butler.services.charts.plots import COLOURS, draw_nothing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK: Final = "#eceff4"
Weights = Mapping[tuple[str, str], float]


def draw_links(axes: Axes, chart: Links, letters: Lettering) -> None:
    """Each name a dot as large as its links, each link a bow as thick as its weight, coloured as where it begins."""
    if not chart.links:
        return draw_nothing(axes, letters)
    order = _order(chart.links)
    most = max(chart.links.values())
    sums = {who: sum(weight for pair, weight in chart.links.items() if who in pair) for who in order}
    heaviest = max(sums.values())
    places = {who: _place(number, len(order)) for number, who in enumerate(order)}
    for number, who in enumerate(order):
        colour = COLOURS[number % len(COLOURS)]
        for (one, other), weight in chart.links.items():
            if one == who:
                part = weight / most
                _bow(axes, places[one], places[other], colour, 0.7 + 4.3 * part, 0.35 + 0.5 * part)
        _dot(axes, places[who], letters.write(who, 18), colour, 40 + 260 * sums[who] / heaviest, letters)
    axes.set_axis_off()
    axes.set(xlim=(-2.0, 2.0), ylim=(-1.35, 1.35))
    return None


def _bow(
    axes: Axes, one: tuple[float, float], other: tuple[float, float], colour: str, wide: float, strong: float
) -> None:
    bow = FancyArrowPatch(
        one, other, connectionstyle="arc3,rad=0.18", arrowstyle="-|>", mutation_scale=7 + 1.5 * wide,
        color=colour, linewidth=wide, alpha=strong, shrinkA=8, shrinkB=9, zorder=1, capstyle="round",
    )  # fmt: skip
    bow.set_in_layout(False)
    axes.add_patch(bow)


def _dot(axes: Axes, place: tuple[float, float], name: str, colour: str, size: float, letters: Lettering) -> None:
    axes.scatter(*place, s=size, color=colour, zorder=2)
    x, y = place
    side = "left" if x > 0.15 else "right" if x < -0.15 else "center"
    up = "bottom" if y > 0.6 else "top" if y < -0.6 else "center"
    shown = axes.text(
        1.12 * x, 1.12 * y, name, color=_INK, fontsize=9, ha=side, va=up, family=letters.families, zorder=3
    )
    shown.set_in_layout(False)


def _place(number: int, count: int) -> tuple[float, float]:
    angle = math.pi / 2 - 2 * math.pi * number / count
    return math.cos(angle), math.sin(angle)


def _order(links: Weights) -> list[str]:
    """Names so that those who have much to do with each other stand side by side."""
    ties: dict[str, dict[str, float]] = {}
    for (one, other), weight in links.items():
        for who, whom in ((one, other), (other, one)):
            ties.setdefault(who, {})[whom] = ties.get(who, {}).get(whom, 0.0) + weight
    left = sorted(ties, key=lambda who: (-sum(ties[who].values()), who))
    order = [left.pop(0)]
    while left:
        near = max(left, key=lambda who: ties[order[-1]].get(who, 0.0))
        left.remove(near)
        order.append(near)
    return order
