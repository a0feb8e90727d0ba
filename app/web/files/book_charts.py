"""The charts of a book on paper: vectors in black and greys, whose forms say what their colours cannot, and a sentence for whoever does not see them.

Do not compute a figure here: what is drawn is what the table beside it says. Lengths are millimetres in a drawing of a fixed width.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from markupsafe import Markup, escape

from app.rules.rollup import BANDS

__all__ = ["band_bar", "bullet", "score_bar", "year_lines"]

_LEAST: Final = 20
_MOST: Final = 100
"""A score's scale."""

_INK: Final = "#1e2124"
_SOFT: Final = "#8a949e"
_PALE: Final = "#cdd1d5"
_WHITE: Final = "#ffffff"

_BAR_WIDTH: Final = 60.0
_BAR_HEIGHT: Final = 5.0

Number = float | Decimal | int


def score_bar(so_far: Number | None, leads: Number | None, *, label: str) -> Markup:
    """A score from 20 to 100: filled as far as it is, hatched as far as the year leads, with a mark at each band's edge.

    Args:
        so_far: the score so far.
        leads: where the year leads; None where there is nothing to lead to.
        label: the same in words.
    """
    edges = "".join(
        _line(x, 0, x, _BAR_HEIGHT, _PALE, 0.2)
        for x in (_on_scale(least) for least in sorted(BANDS.values()) if least > _LEAST)
    )
    ahead = "" if leads is None else _rect(0, 1.2, _on_scale(leads), 2.6, _WHITE, _INK, dashed=True)
    now = "" if so_far is None else _rect(0, 1.2, _on_scale(so_far), 2.6, _INK)
    mark = "" if leads is None else _line(_on_scale(leads), 0.4, _on_scale(leads), 4.6, _INK, 0.5)
    return _drawing(_BAR_WIDTH, _BAR_HEIGHT, label, f"{edges}{ahead}{now}{mark}{_base(_BAR_WIDTH, _BAR_HEIGHT)}")


def bullet(
    actual: str | None,
    goal: str | None,
    leads: str | None,
    *,
    label: str,
    low: str | None = None,
    high: str | None = None,
) -> Markup:
    """An actual against its target: a bar, dashed as far as the year leads, a thick mark at the target and thin ones at low and high."""
    values = [Decimal(one) for one in (actual, goal, leads, low, high) if one is not None]
    most = max(values, default=Decimal(0))
    if most <= 0:
        return _drawing(_BAR_WIDTH, _BAR_HEIGHT, label, _base(_BAR_WIDTH, _BAR_HEIGHT))

    def at(value: str) -> float:
        return max(float(Decimal(value) / most) * (_BAR_WIDTH - 1), 0.0)

    ends = "".join(_line(at(one), 0.2, at(one), 4.8, _SOFT, 0.25) for one in (low, high) if one is not None)
    ahead = "" if leads is None else _rect(0, 1.5, at(leads), 2, _WHITE, _INK, dashed=True)
    now = "" if actual is None else _rect(0, 1.5, at(actual), 2, _INK)
    target = "" if goal is None else _line(at(goal), 0.2, at(goal), 4.8, _INK, 0.9)
    return _drawing(_BAR_WIDTH, _BAR_HEIGHT, label, f"{ends}{ahead}{now}{target}{_base(_BAR_WIDTH, _BAR_HEIGHT)}")


def band_bar(count: int, most: int, *, label: str) -> Markup:
    """How many people a group has, against the largest group."""
    length = _BAR_WIDTH * count / most if most else 0.0
    return _drawing(_BAR_WIDTH, _BAR_HEIGHT, label, _rect(0, 1, length, 3, _INK) + _base(_BAR_WIDTH, _BAR_HEIGHT))


_CHART_WIDTH: Final = 170.0
_CHART_HEIGHT: Final = 74.0
_LEFT: Final = 9.0
_RIGHT: Final = 34.0
_TOP: Final = 3.0
_BOTTOM: Final = 6.0

_DASHES: Final = ("", "2.4 1.4", "0.7 1")


def year_lines(
    lines: Sequence[tuple[str, Sequence[tuple[str, float]]]],
    *,
    begins: dt.date,
    ends: dt.date,
    months: Iterable[str],
    label: str,
) -> Markup:
    """The year of a score: lines that are solid, dashed and dotted, each named at its end.

    Args:
        lines: at most three: what each is called, and its days with their scores.
        begins: the year's first day.
        ends: its last.
        months: what its months are called, from the first.
        label: the chart in words.
    """
    days = max((ends - begins).days, 1)
    right, bottom = _CHART_WIDTH - _RIGHT, _CHART_HEIGHT - _BOTTOM

    def x(day: str) -> float:
        return _LEFT + (right - _LEFT) * (dt.date.fromisoformat(day) - begins).days / days

    def y(score: float) -> float:
        return bottom - (bottom - _TOP) * (min(max(score, _LEAST), _MOST) - _LEAST) / (_MOST - _LEAST)

    grid = "".join(
        _line(_LEFT, y(edge), right, y(edge), _PALE, 0.2) + _text(_LEFT - 1, y(edge) + 1, str(edge), "end")
        for edge in (_LEAST, *sorted(int(one) for one in BANDS.values() if one > _LEAST), _MOST)
    )
    grid += "".join(
        _text(_LEFT + (right - _LEFT) * (at + 0.5) / 12, _CHART_HEIGHT - 1.2, month, "middle")
        for at, month in enumerate(months)
    )
    drawn = ""
    taken: list[float] = []
    for (name, points), dashes in zip(lines, _DASHES, strict=False):
        if not points:
            continue
        path = " ".join(f"{x(day):.2f},{y(score):.2f}" for day, score in points)
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        drawn += f'<polyline points="{path}" fill="none" stroke="{_INK}" stroke-width="0.7"{dashed}/>'
        at = _apart(y(points[-1][1]), taken)
        taken.append(at)
        end = x(points[-1][0])
        drawn += _line(end, y(points[-1][1]), right + 1.5, at, _SOFT, 0.2) + _text(right + 2, at + 1, name, "start")
    return _drawing(_CHART_WIDTH, _CHART_HEIGHT, label, grid + drawn)


def _apart(at: float, taken: Sequence[float]) -> float:
    """A place for a name, as near as may be to where it belongs, that is no other's."""
    places = sorted((at + away for away in (0, 4, -4, 8, -8)), key=lambda place: abs(place - at))
    return next((one for one in places if all(abs(one - other) >= 4 for other in taken)), at)


def _on_scale(score: Number) -> float:
    return (min(max(float(score), _LEAST), _MOST) - _LEAST) / (_MOST - _LEAST) * _BAR_WIDTH


def _drawing(width: float, height: float, label: str, inner: str) -> Markup:
    """The vector, with its words for whoever has it read aloud: what stands in place of a figure that is missing is an element of a page, and here a dash."""
    said = escape(Markup(label).striptags())  # noqa: S704 - its tags are taken away, and the rest is escaped
    return Markup(  # noqa: S704 - numbers of ours; every text in it is escaped
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}" alt="{said}" aria-label="{said}"><title>{said}</title>{inner}</svg>'
    )


def _base(width: float, height: float) -> str:
    return _line(0, 0, 0, height, _SOFT, 0.3) + _line(width, 0.5, width, height - 0.5, _PALE, 0.2)


def _rect(x: float, y: float, width: float, height: float, fill: str, stroke: str = "", *, dashed: bool = False) -> str:
    edge = f' stroke="{stroke}" stroke-width="0.25"' if stroke else ""
    dashes = ' stroke-dasharray="0.8 0.6"' if dashed else ""
    return (
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{max(width, 0):.2f}" height="{height:.2f}" fill="{fill}"{edge}{dashes}/>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, stroke: str, width: float) -> str:
    return f'<line x1="{x1:.2f}" y1="{y1:.2f}" x2="{x2:.2f}" y2="{y2:.2f}" stroke="{stroke}" stroke-width="{width}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" font-size="2.9" fill="#464c53" text-anchor="{anchor}" '
        f'font-family="Pretendard GOV">{escape(text)}</text>'
    )
