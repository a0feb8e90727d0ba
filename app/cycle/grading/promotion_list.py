"""The promotion list of a cycle: everyone who is graded in it, by their points, and until when a disciplinary measure bars somebody (contract-cycle, 8).

Do not take a measure for a grade: what bars from promotion says nothing of the cycle's grade, nor the other way round.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection

from app import organisation
from app.cycle.grading.grades import propose_employee_grades
from app.organisation import Discipline
from app.rules.policies import PromotionBlocks
from app.rules.promotion import PromotionPoints, barred
from app.scoring import State

__all__ = ["PromotionRow", "promotion_list"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRow:
    """Somebody on the list.

    Attributes:
        employee: the number.
        rank: that of the last day of service in the cycle; None where none is known.
        points: with all that they came from.
        hired_on: the first day of service: among equals whoever has served longer stands before.
        blocked_until: the first day on which nothing bars them; None for whom nothing bars on the day that was asked for.
        measures: what bars them on that day, first what bars for longest.
    """

    employee: str
    rank: str | None
    points: PromotionPoints
    hired_on: dt.date
    blocked_until: dt.date | None
    measures: tuple[Discipline, ...]


def promotion_list(
    connection: Connection, loaded: State, cycle: int, *, on: dt.date, today: dt.date
) -> list[PromotionRow]:
    """Everyone who has promotion points in a cycle: by points, by what performance gave of them, by service, by number.

    Args:
        connection: any transaction.
        loaded: what is loaded and decided.
        cycle: the year that names it.
        on: the day on which it is asked whether somebody is barred: of measures that were decided by then.
        today: the day of the projections, which no grade hangs on.

    Queries: 1, and those of :func:`app.cycle.propose_employee_grades`.
    """
    proposal = propose_employee_grades(connection, cycle=cycle, today=today, loaded=loaded).proposal
    blocks = loaded.plan(cycle).sheet.definitions.policies.promotion.blocks
    bars = _barring_on(connection, blocks, on)
    rows = []
    for one in proposal.rows:
        candidate, points = proposal.candidates[one.employee], proposal.points.get(one.employee)
        if points is not None:
            rows.append(
                PromotionRow(
                    employee=one.employee,
                    rank=candidate.rank,
                    points=points,
                    hired_on=candidate.hired_on,
                    blocked_until=max((until for until, _ in bars.get(one.employee, ())), default=None),
                    measures=tuple(measure for _, measure in bars.get(one.employee, ())),
                )
            )
    return sorted(rows, key=lambda row: (-row.points.points, -row.points.performance, row.hired_on, row.employee))


def _barring_on(
    connection: Connection, blocks: PromotionBlocks, on: dt.date
) -> dict[str, list[tuple[dt.date, Discipline]]]:
    """Of those whom a measure bars on a day all that bar them then, each with its first free day, the latest first."""
    bars: dict[str, list[tuple[dt.date, Discipline]]] = {}
    for one in organisation.disciplines(connection):
        days = barred(
            one.kind, is_grave=one.is_grave, decided_on=one.decided_on, lifted_on=one.lifted_on, blocks=blocks
        )
        if days.since <= on < days.until:
            bars.setdefault(one.employee, []).append((days.until, one))
    for some in bars.values():
        some.sort(key=lambda pair: pair[0], reverse=True)
    return bars
