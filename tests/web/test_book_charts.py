"""Charts on paper are whole vectors, whatever stands in place of a figure that is missing, and say in words what they draw."""

from __future__ import annotations

import datetime as dt
from xml.etree import ElementTree as ET

from markupsafe import Markup

from app.web.files import book_charts

SVG = "{http://www.w3.org/2000/svg}"
ABSENT = Markup('Score <span class="absent" aria-hidden="true">–</span> & more')


def drawn(chart: Markup) -> ET.Element:
    """The vector, as whoever prints it reads it."""
    return ET.fromstring(chart)


def test_a_missing_figure_is_a_dash_in_the_words_of_a_chart() -> None:
    """An element within an attribute would end it, and its rest would be printed."""
    for chart in (
        book_charts.score_bar(None, None, label=ABSENT),
        book_charts.bullet(None, None, None, label=ABSENT),
        book_charts.band_bar(0, 0, label=ABSENT),
    ):
        vector = drawn(chart)
        assert vector.attrib["aria-label"] == "Score – & more"
        assert vector.find(f"{SVG}span") is None


def test_bars_are_as_long_as_their_figures() -> None:
    """A score of 60 is half of the way from 20 to 100; an actual and its target are held against the largest of all."""
    bars = list(drawn(book_charts.score_bar(60, 80, label="")).iter(f"{SVG}rect"))
    assert [one.attrib["width"] for one in bars] == ["45.00", "30.00"]
    # What is ahead is told by its edge, and not by a colour alone.
    assert ["stroke-dasharray" in one.attrib for one in bars] == [True, False]
    bullet = drawn(book_charts.bullet("5", "10", None, low="0", high="20", label=""))
    assert [one.attrib["width"] for one in bullet.iter(f"{SVG}rect")] == ["14.75"]
    assert next(one for one in bullet.iter(f"{SVG}line") if one.attrib["stroke-width"] == "0.9").attrib["x1"] == "29.50"


def test_the_lines_of_a_year_are_told_apart_by_their_form_and_named() -> None:
    """Solid, dashed and dotted, each name in a place of its own."""
    lines = [(name, [("2026-01-01", 20.0), ("2026-12-31", 60.0)]) for name in ("one", "two", "three")]
    year = {"begins": dt.date(2026, 1, 1), "ends": dt.date(2026, 12, 31)}
    vector = drawn(book_charts.year_lines(lines, **year, months=["m"] * 12, label="A year"))
    forms = [one.attrib.get("stroke-dasharray") for one in vector.iter(f"{SVG}polyline")]
    assert (len(forms), len(set(forms))) == (3, 3)
    names = {one.text: one.attrib["y"] for one in vector.iter(f"{SVG}text") if one.text in {"one", "two", "three"}}
    assert len(set(names.values())) == 3
