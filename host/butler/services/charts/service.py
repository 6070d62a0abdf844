"""Draws charts in a thread, one at a time; the library comes with the extra ``butler-host[charts]``."""

from __future__ import annotations

import asyncio
import importlib.util
import re

from butler.errors import ButlerError
from butler.model import Bars, Chart, File, Lines
from butler.services.charts.bounds import bounded
from butler.services.charts.telling import told


class Charts:
    """Makes pictures of numbers."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def draw(self, chart: Chart) -> File:
        """A chart as a PNG to send, with what it shows in words as its ``alt``.

        It may hold thousands of points and labels of any length: what is too much for a picture is left out, and the
        picture says so. Values that are no numbers are left out. Raises ``ButlerError`` if the library is missing,
        ``ValueError`` if a series of bars has not one value for each label.
        """
        _check(chart)
        if importlib.util.find_spec("matplotlib") is None:
            raise ButlerError("charts cannot be drawn here", remedy="pip install 'butler-host[charts]'")
        alt = told(chart)
        async with self._turn:
            data = await asyncio.to_thread(_drawn, chart)
        name = re.sub(r"\W+", "-", chart.title.casefold()[:40]).strip("-") or "chart"
        return File(f"{name}.png", data, "image/png", alt)


def _check(chart: Chart) -> None:
    if isinstance(chart, Bars):
        for name, values in chart.series.items():
            if len(values) != len(chart.labels):
                raise ValueError(f"{len(values)} values of {name!r} for {len(chart.labels)} labels")
    if isinstance(chart, Lines) and any(at.tzinfo is None for line in chart.series.values() for at, _ in line):
        raise ValueError("times of a chart need a time zone")


def _drawn(chart: Chart) -> bytes:
    """The picture. In a thread: the import takes a second, a picture a tenth."""
    from butler.services.charts.drawing import png  # noqa: PLC0415 - matplotlib only where something is drawn

    return png(bounded(chart))
