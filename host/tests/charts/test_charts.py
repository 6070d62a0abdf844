"""Charts: a picture for who sees it, words for who does not, and nothing a person types breaks either."""

from __future__ import annotations

import asyncio
import datetime as dt
import math
import sys
import threading
from collections.abc import Callable

import pytest
from butler import Bars, ButlerError, File, Lines, Links
from butler.model import Chart
from butler.services.charts import Charts
from butler.services.charts.bounds import bounded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
PNG = b"\x89PNG\r\n\x1a\n"


def drawn(chart: Chart) -> File:
    return asyncio.run(Charts().draw(chart))


def size(file: File) -> tuple[int, int]:
    return int.from_bytes(file.data[16:20], "big"), int.from_bytes(file.data[20:24], "big")


def points(count: int) -> list[tuple[dt.datetime, float]]:
    return [(START + dt.timedelta(minutes=n), float(n % 7)) for n in range(count)]


@pytest.mark.parametrize("chart", [
    Bars("Cake", ("yes", "no"), {"": (3, 1)}, horizontal=True),
    Bars("Cake", ("May", "June"), {"yes": (3, 1), "no": (0, -2)}, stacked=True),
    Lines("Karma", {"": points(3)}, steps=True),
    Lines("Karma", {"ann": points(3), "bob": points(2000)}),
    Links("Talk", {("ann", "bob"): 3, ("bob", "ann"): 1}),
])  # fmt: skip
def test_a_chart_is_a_picture_that_fits_a_chat(chart: Chart) -> None:
    file = drawn(chart)
    assert file.data.startswith(PNG)
    assert file.mime == "image/png"
    wide, high = size(file)
    assert wide == 960
    assert 300 <= high <= 3000


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        (Bars("Cake", ("yes", "no"), {"": (3, 1.5)}, unit="votes"), "Cake (votes): yes 3; no 1.5"),
        (Bars("Cake", ("May",), {"yes": (3,), "no": (1,)}), "Cake: May yes 3 / no 1"),
        (Lines("Karma", {"ann": points(8)}), "Karma: ann from 0 to 0, lowest 0, highest 6"),
        (Links("Talk", {("ann", "bob"): 3, ("bob", "ann"): 12}), "Talk: bob to ann 12; ann to bob 3"),
        (Bars("Cake", (), {}), "Cake: nothing yet"),
        (Lines("Cake", {}), "Cake: nothing yet"),
        (Links("Cake", {}), "Cake: nothing yet"),
    ],
)
def test_it_says_in_words_what_it_shows(chart: Chart, words: str) -> None:
    assert drawn(chart).alt == words


HOSTILE = ("W" * 2000, "漢" * 2000, "$x^2$ \\frac{", "\x00\n\x1b[31m", "עברית 🎉👩‍👩‍👧", "_", "", "a" + "\u0301" * 500)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Bars(
            HOSTILE[2] * 99, HOSTILE, {"_": tuple(range(8)), HOSTILE[1]: (math.nan, math.inf, -1e308) + 5 * (1,)}
        ),
        lambda: Bars(HOSTILE[0], HOSTILE, {"": (0,) * 8}, unit=HOSTILE[0], horizontal=True),
        lambda: Bars("t", HOSTILE * 400, {HOSTILE[0] + str(n): range(3200) for n in range(20)}, horizontal=True),
        lambda: Lines(HOSTILE[1], {text: [*points(3000), (START, math.nan)] for text in HOSTILE * 2}, unit="€"),
        lambda: Lines("t", {"": points(1)}),
        lambda: Lines("t", {"": [(START, math.inf)]}),
        lambda: Links("t", {(HOSTILE[0] + str(n % 70), HOSTILE[1] + str(n % 50)): n for n in range(3000)}),
        lambda: Links("t", {("ann", "ann"): 1, ("ann", "bob"): -1, ("a", "b"): math.nan}),
    ],
)
def test_whatever_it_holds_it_is_drawn_without_a_warning(make: Callable[[], Chart]) -> None:
    """Warnings are errors in this suite; a glyph that no font holds is one of them."""
    file = drawn(make())
    assert file.data.startswith(PNG)
    assert len(file.alt) <= 1000
    assert size(file)[1] <= 3000


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=300), st.lists(st.text(max_size=60), max_size=6), st.floats())
def test_any_text_can_be_written(title: str, labels: list[str], value: float) -> None:
    assert drawn(Bars(title, labels, {title: [value] * len(labels)}, horizontal=True)).data.startswith(PNG)


@pytest.mark.parametrize("minutes", [0, 1, 50, 400, 6000, 7000, 9000, 90_000, 200_000, 3_000_000])
def test_any_span_of_time_has_its_marks(minutes: int) -> None:
    span = [(START, 1.0), (START + dt.timedelta(minutes=minutes), 2.0)]
    assert drawn(Lines("t", {"": span})).data.startswith(PNG)


def test_what_is_left_out_is_said() -> None:
    assert bounded(Bars("t", ("a",) * 99, {"": (1,) * 99}, horizontal=True)).note == "30 of 99 bars"
    assert bounded(Links("t", {(f"a{n}", f"b{n}"): 1 for n in range(40)})).note == "30 of 80 names, 15 of 40 links"


def test_a_peak_among_thousands_of_points_is_kept() -> None:
    many = [(START + dt.timedelta(seconds=n), 1000.0 if n == 7777 else 0.0) for n in range(20_000)]
    chart = bounded(Lines("t", {"": many})).chart
    assert isinstance(chart, Lines)
    (line,) = chart.series.values()
    assert len(line) <= 1001
    assert max(value for _, value in line) == 1000


def test_bars_without_a_value_for_each_label_are_refused() -> None:
    with pytest.raises(ValueError, match="2 values of 'yes' for 1 labels"):
        drawn(Bars("t", ("a",), {"yes": (1, 2)}))


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        drawn(Lines("t", {"": [(START.replace(tzinfo=None), 1)]}))


def test_the_loop_goes_on_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture is made in another thread."""
    threads: list[int] = []
    monkeypatch.setattr(
        "butler.services.charts.service._drawn", lambda chart: threads.append(threading.get_ident()) or b""
    )
    drawn(Lines("t", {}))
    assert threads != [threading.get_ident()]


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ButlerError, match=r"butler-host\[charts\]"):
        drawn(Lines("t", {}))
