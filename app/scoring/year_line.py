"""A node's year as one line: the scores of past days, where both bases lead, and the path on which the plan would have it.

The days to come, and the path, are scored by the rules that score the present: each line's actual is taken as the plan has it by a month's end.
A newcomer's usual mistake is a straight line to the year's end: a plan with half its year in December leads there by another way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isnan

import numpy as np

from app.rules.measures import Actuals
from app.rules.moments import day_after, first_day
from app.rules.outlook import Outlook
from app.rules.projection import floats
from app.scoring.lifts import Leading, MovedLines, Trials
from app.scoring.plan import CyclePlan
from app.scoring.scorecards import ExactActuals, Scores
from app.scoring.trend import TrendPoint

__all__ = ["YearLine", "YearPoint", "year_line"]


@dataclass(frozen=True, slots=True, kw_only=True)
class YearPoint:
    """The scores of one day; None where there is none.

    Attributes:
        final: on what counts by each KPI's rule; of a day to come where that leads.
        provisional: on all that is entered, likewise.
        planned: with every line on its path to its target, or to its base value where it has none.
        is_ahead: whether the day is still to come.
    """

    day: dt.date
    final: float | None
    provisional: float | None
    planned: float | None
    is_ahead: bool


@dataclass(frozen=True, slots=True)
class YearLine:
    """A cycle's days of which a node's scores are known, in order: those looked back on, and the ends of all months."""

    points: tuple[YearPoint, ...]


def year_line(final: Scores, provisional: Scores, trend: Iterable[TrendPoint]) -> YearLine | None:
    """The year of the first node that was scored; None where no day but the present is known of. No queries.

    Args:
        final: its scores on the final basis, of the day asked.
        provisional: those on the provisional basis.
        trend: its scores of days before.
    """
    plan = final.selection.plan
    today = min(final.asked.day, plan.day_within(dt.date.max))
    past = {point.day: (point.final, point.provisional) for point in trend if point.day < today}
    past[today] = (final.at(0)[2], provisional.at(0)[2])
    if len(past) < 2 or all(scores == (None, None) for scores in past.values()):
        return None
    months = sorted({*_month_ends(plan), today})
    ahead = [day for day in months if day > today] if plan.outlook(today) is not Outlook.OVER else []
    planned = dict(zip(months, _scores_on(final, months, _goals(final)), strict=True))
    both = (_scores_on(scored, ahead, scored.ahead_actual) for scored in (final, provisional))
    leads = dict(zip(ahead, zip(*both, strict=True), strict=True))
    scores = past | leads
    return YearLine(
        tuple(
            YearPoint(
                day=day,
                final=scores.get(day, (None, None))[0],
                provisional=scores.get(day, (None, None))[1],
                planned=planned.get(day),
                is_ahead=day in leads,
            )
            for day in sorted({*past, *months})
        )
    )


def _month_ends(plan: CyclePlan) -> list[dt.date]:
    """The last days of the cycle's months."""
    begin = plan.day_within(dt.date.min)
    return [
        day_after(first_day(begin.year + (begin.month + months) // 12, (begin.month + months) % 12 + 1), -1)
        for months in range(12)
    ]


def _goals(scored: Scores) -> Actuals:
    """What each worked line is to come to: its target, its base value where it has none, and where it has neither what it leads to."""
    selection, leads = scored.selection, scored.ahead_actual
    references = [selection.plan.worked[number].reference for number in selection.worked]
    aims = selection.decided.over(Actuals.of([one.base if one.target is None else one.target for one in references]))
    has_none = np.isnan(aims.value)
    return Actuals(np.where(has_none, leads.value, aims.value), np.where(has_none, leads.rest, aims.rest))


def _scores_on(scored: Scores, days: Sequence[dt.date], ends: Actuals) -> list[float | None]:
    """The first node's final score by the ends of some days, if each line came to its end of the year as the plan has it."""
    if not days:
        return []
    selection = scored.selection
    leading = Leading(scored, 0, ExactActuals(scored))
    lines = np.unique(selection.shown_worked[leading.shown])
    growing = [
        line if selection.grows[at] and not line.is_fixed else None
        for at, line in ((at, leading.line(at)) for at in lines.tolist())
    ]
    still = dict.fromkeys(lines.tolist(), 0.0)
    moves = []
    for day in days:
        over = floats([Fraction(1) if line is None else selection.plan.elapsed_of(line, day) for line in growing])
        pairs = zip((ends.value[lines] * over).tolist(), (ends.rest[lines] * over).tolist(), strict=True)
        moves.append(MovedLines(leading, dict(zip(still, pairs, strict=True)), still))
    finals = Trials(moves).finals(np.zeros(len(days), dtype=np.int64))
    return [None if isnan(score) else score for score in finals.tolist()]
