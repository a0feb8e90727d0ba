"""From the scores of lines to the score of a node: points, own score, unit part, blend, bands (domain.md 3 and 4).

A line that cannot be measured keeps its place, and the weights of the rest are rescaled to 100. A missing part is left
out, never counted as 0, at every step: lines in a scorecard, units in the unit part, one of the two parts in the blend. NaN is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from math import isnan
from typing import Final, NamedTuple

import numpy as np

from app.rules.measures import FloatArray, IntArray
from app.rules.terms import AREA_BELOW

__all__ = [
    "BANDS",
    "Area",
    "Band",
    "OwnScores",
    "areas",
    "band",
    "blend",
    "lost_points",
    "own_scores",
    "projected_own",
    "published",
    "unit_scores",
]

_NOISE_PLACES: Final = 9
"""Floats carry some fifteen digits; what differs beyond these decimals is noise of the machine, not of the rule."""


class OwnScores(NamedTuple):
    """Every node's own score, and what each line brings to it."""

    own: FloatArray
    """By node; NaN for a node without any score."""
    rescaled: FloatArray
    """By line: its weight among the measurable ones, which add up to 100; NaN where it is not measurable."""
    points: FloatArray
    """By line: score × rescaled weight / 100; they add up to the own score."""


def own_scores(node: IntArray, *, weight: FloatArray, score: FloatArray, nodes: int) -> OwnScores:
    """Roll lines up to their nodes.

    Args:
        node: the number of each line's node, 0 to ``nodes`` - 1.
        weight: each line's weight on its scorecard.
        score: each line's score, NaN where it is not measurable.
        nodes: how many nodes there are, with lines or without.
    """
    measured = ~np.isnan(score)
    whole = _sums(node, np.where(measured, weight, 0.0), nodes)
    whole[whole == 0] = np.nan
    rescaled = np.where(measured, weight * 100 / whole[node], np.nan)
    points = score * rescaled / 100
    own = _sums(node, np.where(measured, points, 0.0), nodes)
    return OwnScores(np.where(np.isnan(whole), np.nan, own), rescaled, points)


def lost_points(
    node: IntArray, *, weight: FloatArray, score: FloatArray, leading: FloatArray, nodes: int
) -> FloatArray:
    """Return what each line keeps its node's own score below 100 by: (100 - leading score) × its weight among the measurable ones / 100.

    Args:
        node: the number of each line's node.
        weight: each line's weight on its scorecard.
        score: each line's score, NaN where it is not measurable.
        leading: the score that it is judged by, NaN for none: what such a line costs nobody can say.
        nodes: how many nodes there are.
    """
    return own_scores(node, weight=weight, score=score, nodes=nodes).rescaled * (100 - leading) / 100


def projected_own(
    node: IntArray, *, weight: FloatArray, score: FloatArray, projected: FloatArray, nodes: int
) -> FloatArray:
    """Return every node's projected own score: rolled up as the own one, NaN where a line that has a score has no projection.

    Args:
        node: the number of each line's node.
        weight: each line's weight.
        score: each line's score.
        projected: each line's projected score.
        nodes: how many nodes there are.
    """
    measured = ~np.isnan(score)
    own = own_scores(node, weight=weight, score=np.where(measured, projected, np.nan), nodes=nodes).own
    own[node[measured & np.isnan(projected)]] = np.nan
    return own


def unit_scores(employee: IntArray, *, unit: IntArray, days: IntArray, own: FloatArray, employees: int) -> FloatArray:
    """Return every employee's unit part: the mean of the own scores of the units posted to, weighted by days; NaN for none.

    Args:
        employee: the number of the employee, of each (employee, unit) that has days.
        unit: the number of the unit, a place in ``own``.
        days: days of the whole cycle posted there, leave and secondment included.
        own: own scores of units, NaN for none: such a unit is left out.
        employees: how many employees there are, posted or not.
    """
    scores = own[unit]
    counted = np.where(np.isnan(scores), 0, days)
    whole = _sums(employee, counted, employees)
    whole[whole == 0] = np.nan
    weighted = np.where(counted == 0, 0.0, scores * counted)
    return _sums(employee, weighted, employees) / whole


def _sums(owner: IntArray, values: FloatArray | IntArray, owners: int) -> FloatArray:
    # Of no values at all bincount makes whole numbers, which hold no NaN.
    return np.bincount(owner, weights=values, minlength=owners).astype(np.float64, copy=False)


def blend(own: FloatArray, *, unit: FloatArray, unit_pct: FloatArray, own_pct: FloatArray) -> FloatArray:
    """Return final scores: the two parts by the policy of the job; with one missing the other is the whole (domain.md 4).

    Args:
        own: employees' own scores.
        unit: their unit parts.
        unit_pct: the percent of the unit part under each one's job.
        own_pct: the percent of the own part.
    """
    both = (unit * unit_pct + own * own_pct) / (unit_pct + own_pct)
    return np.where(np.isnan(unit), own, np.where(np.isnan(own), unit, both))


# What is published.


def _steady(score: float | Decimal) -> Decimal:
    """The score without the noise of floats, so that an exact half is rounded as one."""
    return Decimal(format(score, f".{_NOISE_PLACES}f"))


def published(score: float | Decimal | None) -> Decimal | None:
    """Return what is published and ranked: rounded half-even to two decimals; None for none."""
    if score is None or isnan(score):
        return None
    return _steady(score).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


class Band(StrEnum):
    """The bands of a total (domain.md 3); not a relative grade."""

    S = "S"
    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


BANDS: Final[Mapping[Band, int]] = {Band.S: 90, Band.A: 80, Band.B: 70, Band.C: 60, Band.D: 50, Band.E: 0}
"""Where each band begins, best first; each reaches up to where the better one begins, at every decimal."""


def band(score: float | Decimal | None) -> Band | None:
    """Return the band of a total; None for none. Beside a published score, ask for the published one's."""
    if score is None or isnan(score):
        return None
    total = score if isinstance(score, Decimal) else _steady(score)
    return next((name for name, least in BANDS.items() if total >= least), Band.E)


class Area(NamedTuple):
    """One level of a scorecard's areas, with all lines of it and below it added up (indicators are nested, weights adding up level by level).

    All three figures are None where none of its lines has a score.
    """

    area: str
    """The level with those above it, as the lines write it."""
    weight: float | None
    """Rescaled, as the weights that make the points are."""
    score: float | None
    points: float | None

    @property
    def depth(self) -> int:
        """How many levels stand above it."""
        return self.area.count(AREA_BELOW)

    @property
    def name(self) -> str:
        """The level alone."""
        return self.area.rpartition(AREA_BELOW)[2]


def area_levels(area: str | None) -> tuple[str, ...]:
    """The levels of a line's area from the top, each with those above it; none where it has no area."""
    names = [name for part in (area or "").split(AREA_BELOW) if (name := part.strip())]
    return tuple(AREA_BELOW.join(names[: place + 1]) for place in range(len(names)))


def areas(lines: Sequence[tuple[str | None, float, float | None]]) -> tuple[Area, ...]:
    """Add up a scorecard by the levels of its areas, in the order of the lines, each level before those below it.

    Args:
        lines: the area, weight and points of each line; points None where it has no score.
    """
    measured = sum(weight for _, weight, points in lines if points is not None)
    by_area: dict[str, tuple[float, float] | None] = {}
    for area, weight, points in lines:
        for level in area_levels(area):
            sums = by_area.setdefault(level, None)
            if points is not None:
                before = sums or (0.0, 0.0)
                by_area[level] = (before[0] + weight * 100 / measured, before[1] + points)
    return tuple(
        Area(level, None, None, None) if sums is None else Area(level, sums[0], sums[1] * 100 / sums[0], sums[1])
        for level, sums in by_area.items()
    )


def in_areas(lines: Sequence[str | None]) -> list[int]:
    """The places of lines so that those of one area stand together, its own before those of the levels below it.

    Args:
        lines: the area of each line.
    """
    first: dict[str, int] = {}
    for area in lines:
        for level in area_levels(area) or ("",):
            first.setdefault(level, len(first))
    return sorted(range(len(lines)), key=lambda place: [first[level] for level in area_levels(lines[place]) or ("",)])
