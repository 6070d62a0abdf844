"""How charts look: a dark card that reads well in light and dark chats, letters large enough for a phone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from butler.model import Bars, Lines
from butler.services.charts.bounds import Picture
from butler.services.charts.lettering import Lettering
from butler.services.charts.network import draw_links
from butler.services.charts.plots import draw_bars, draw_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CARD: Final = "#20242c"
INK: Final = "#eceff4"
FAINT: Final = "#8b93a5"
GRID: Final = "#3a4150"
DPI: Final = 150
WIDE: Final = 6.4
"""Inches: a chat shows 960 points of a picture as about 480."""


def png(picture: Picture) -> bytes:
    """The picture as the bytes of a PNG. Not on the event loop."""
    chart, letters = picture.chart, Lettering()
    links = not isinstance(chart, Bars | Lines)
    figure = Figure(figsize=(WIDE, _height(picture)), dpi=DPI, facecolor=CARD, layout="constrained")
    FigureCanvasAgg(figure)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(w_pad=0.12, h_pad=0.1)  # type: ignore[call-arg]
    axes = figure.add_subplot()
    _bare(axes, letters.families)
    if isinstance(chart, Bars):
        draw_bars(axes, chart, letters)
    elif isinstance(chart, Lines):
        draw_lines(axes, chart, letters)
    else:
        draw_links(axes, chart, letters)
    _head(figure, picture, letters)
    if not links and len(chart.series) > 1:  # type: ignore[union-attr]
        _legend(figure, axes, letters, list(chart.series))  # type: ignore[union-attr]
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor=CARD)
    return out.getvalue()


def _height(picture: Picture) -> float:
    chart = picture.chart
    if isinstance(chart, Bars):
        rows = len(chart.labels) * (1 if chart.stacked else max(1, len(chart.series) * 0.7))
        return min(20.0, max(2.2, 1.1 + 0.34 * rows)) if chart.horizontal else 3.6
    return 3.6 if isinstance(chart, Lines) else 5.2


def _bare(axes: Axes, families: Sequence[str]) -> None:
    axes.set_facecolor(CARD)
    axes.tick_params(colors=INK, labelsize=9, length=0, labelfontfamily=families)
    axes.spines[:].set_visible(False)
    axes.set_axisbelow(True)
    axes.title.set_fontfamily(families)


def _head(figure: Figure, picture: Picture, letters: Lettering) -> None:
    title = letters.wrapped(picture.chart.title, 56)
    figure.suptitle(title, color=INK, fontsize=12, fontweight="bold", fontfamily=letters.families)
    note = ", ".join(filter(None, (picture.chart.unit[:40], picture.note)))
    if note:
        figure.axes[0].set_title(
            letters.write(note, 80), color=FAINT, fontsize=8.5, fontfamily=letters.families, loc="left"
        )


def _legend(figure: Figure, axes: Axes, letters: Lettering, names: Sequence[str]) -> None:
    handles: Any = list(axes.containers or axes.lines)[: len(names)]
    places = [str(number) for number in range(len(names))]  # a name that begins with "_" would be left out
    columns = min(4, len(names))
    legend = figure.legend(
        handles, places, loc="outside lower center", ncols=columns, frameon=False, labelcolor=INK, fontsize=9
    )
    for text, name in zip(legend.get_texts(), names, strict=False):
        text.set_fontfamily(letters.families)
        text.set_text(letters.write(name, 44 // columns))
