"""The figures as a picture: how far each target is met, and who handles how many messages a second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

from benchmarks.measure import Row
from benchmarks.report import figure, target

MET, MISSED, INK = "#2a9d8f", "#e76f51", "#264653"
COLOURS = ("#264653", "#2a9d8f", "#8ab17d", "#e9c46a", "#f4a261", "#e76f51")


def margin(row: Row) -> float:
    """How many times over a target is met: above 1 it is."""
    assert row.target is not None
    sign, bound = row.target
    return row.value / bound if sign == ">=" else bound / max(row.value, 1e-9)


def draw(rows: Sequence[Row], path: Path, caption: str) -> None:
    """Write the picture."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    aimed = [row for row in rows if row.target]
    figures, (left, right) = plt.subplots(1, 2, figsize=(16, 8), width_ratios=(1.15, 1), layout="constrained")
    _targets(left, aimed[::-1])
    _peers(right, speeds(rows))
    figures.suptitle("How fast Butler is", fontsize=18, color=INK)
    figures.supxlabel(caption, fontsize=9, color="#666666")
    figures.savefig(path, dpi=100)
    plt.close(figures)


def _targets(axes: Any, rows: Sequence[Row]) -> None:
    margins = [margin(row) for row in rows]
    axes.barh(range(len(rows)), margins, color=[MET if row.met else MISSED for row in rows], height=0.7)
    axes.axvline(1, color=INK, linewidth=1.5)
    axes.set_xscale("log")
    axes.set_xlim(max(0.15, min(0.4, *margins) * 0.9), max(margins) * 3)
    axes.set_yticks(range(len(rows)), [row.what for row in rows], fontsize=10)
    for index, row in enumerate(rows):
        axes.text(
            max(margins[index], 1) * 1.04, index, f"{figure(row)}  (target {target(row)})", va="center", fontsize=9
        )
    axes.set_xticks([0.5, 1, 2, 5], ["half", "target", "2 ×", "5 ×"])
    axes.minorticks_off()
    axes.set_title("How far the targets are met (right of the line: met)", fontsize=12)
    axes.spines[["top", "right"]].set_visible(False)


def speeds(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Messages a second by load (``"10 handlers"``) and by who handles them."""
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.speeds:
            found.setdefault(row.what.rpartition(", ")[2], {}).update(row.speeds)
    return found


def _peers(axes: Any, found: Mapping[str, Mapping[str, float]]) -> None:
    names = list(dict.fromkeys(name for by_name in found.values() for name in by_name))
    width = 0.84 / max(1, len(names))
    for place, name in enumerate(names):
        heights = [by_name.get(name, 0.0) for by_name in found.values()]
        spots = [index + (place - (len(names) - 1) / 2) * width for index in range(len(found))]
        axes.bar(spots, heights, width * 0.94, label=name, color=COLOURS[place % len(COLOURS)])
        for spot, height in zip(spots, heights, strict=True):
            if height:
                axes.text(spot, height * 1.05, f"{height:,.0f}", ha="center", fontsize=8, rotation=60)
    axes.set_yscale("log")
    axes.set_ylim(50, max([height for by_name in found.values() for height in by_name.values()], default=100) * 4)
    axes.set_xticks(range(len(found)), list(found), fontsize=11)
    axes.set_title("Messages a second of processor time (logarithmic)", fontsize=12)
    axes.legend(loc="upper right", ncols=3, fontsize=9, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
