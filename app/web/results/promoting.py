"""The promotion list of a cycle as pages, files and the API show it: to whoever sees everybody's grades and pay, since it tells of disciplinary measures."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from typing import Any

from app import cycle as cycles
from app import scoring
from app.cycle import PromotionRow
from app.kit.refusals import NotThere
from app.web.asked.grades_seen import grades_seen
from app.web.asked.request_context import RequestContext
from app.web.changes import changing

__all__ = ["as_json", "is_left_out", "promotion_seen", "sees_measures"]


def promotion_seen(context: RequestContext, cycle: int, *, rank: str, on: dt.date | None) -> list[PromotionRow]:
    """Those of a rank, or all, without who asks where nobody has told them of their grade.

    Args:
        context: the request's, in a transaction.
        cycle: the year that names it.
        rank: of the last day of service in the cycle; empty for all.
        on: the day on which it is asked who is barred; None for today.

    Raises:
        NotThere: there is no such cycle, or not for this person.

    Queries: those of :func:`app.cycle.promotion_list`, and 2.
    """
    seen = grades_seen(context, cycle)
    if not (seen.everybody and seen.pays):
        raise NotThere
    loaded = scoring.state(context.connection)
    if not loaded.has_cycle(cycle, today=context.today):
        raise NotThere
    rows = cycles.promotion_list(context.connection, loaded, cycle, on=on or context.today, today=context.today)
    hidden = seen.own if seen.hides_own else None
    some = [row for row in rows if (not rank or row.rank == rank) and row.employee != hidden]
    return some if sees_measures(context) else [replace(row, measures=()) for row in some]


def is_left_out(context: RequestContext, cycle: int) -> bool:
    """Whether who asks would stand on the list, were they told their own grade. Queries: those of the grades seen."""
    seen = grades_seen(context, cycle)
    return seen.hides_own and seen.own in scoring.state(context.connection).plan(cycle).people


def sees_measures(context: RequestContext) -> bool:
    """Whether who asks reads why somebody is barred: whoever reads the measures in the agency folder too; others until when alone. No queries."""
    return changing.sees_pay(context)


def as_json(row: PromotionRow) -> dict[str, Any]:
    """A row as the API writes it: points and their parts as numbers, the parts to six places."""
    points = row.points
    return {
        "employee": row.employee,
        "rank": row.rank,
        "points": float(points.points),
        "performance": _part(points.performance),
        "career": _part(points.career),
        "bonus": _part(points.bonus),
        "scores": [float(one) for one in points.scores],
        "career_years": points.career_years,
        "hired_on": row.hired_on.isoformat(),
        "blocked_until": None if row.blocked_until is None else row.blocked_until.isoformat(),
    }


def _part(value: Fraction) -> float:
    return float(round(value, 6))
