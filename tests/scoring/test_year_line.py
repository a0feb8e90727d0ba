"""The line of a year: the path to the goals and the way to the year's end, by a calculation that shares no code with ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from app import scoring
from app.kit.database import Database
from app.kit.schema import migrate
from app.rules.rollup import published
from app.rules.terms import Basis
from app.scoring import ScoreQuery, TrendPoint, YearPoint
from app.scoring.year_line import year_line
from tests.reference.agency import ReferenceAgency
from tests.reference.random_agency import CYCLE, read_events
from tests.reference.scorecards import PRORATED, Scoring
from tests.scoring.taken_in import take_in

DAY = dt.date(CYCLE, 8, 20)
WEEK_BEFORE = TrendPoint(day=DAY - dt.timedelta(days=7), own=50.0, final=50.0, provisional=51.0, projected=60.0)


class OnADay(Scoring):
    """The reference's scorecards with what each line comes to by the end of a day, if it comes to its end of the year as the plan has it."""

    by: dt.date
    to_goals: bool

    def projected_actual(self, node: str, kpi: str, definition: Mapping[str, Any], shown: Any) -> Fraction | None:
        """The part of the year's end that should be there by the day."""
        goal = shown.base if shown.target is None else shown.target
        if not self.to_goals or goal is None:
            goal = super().projected_actual(node, kpi, definition, shown)
        if definition["measure"]["aggregate"] not in PRORATED or goal is None:
            return goal
        kind, code = node.split(":", 1)
        days = self.present_days(code) if kind == "employee" else self.cycle.days
        weight = self.day_weights(node, kpi)
        passed = sum((weight[day] for day in days if day <= self.by), Fraction(0))
        return goal * passed / sum((weight[day] for day in days), Fraction(0)) if passed else None


def test_days_to_come_and_the_path_are_scored_as_the_plan_has_them(tmp_path: Path) -> None:
    """Of everybody, on both bases: by a month's end that is over, by one to come, and at the year's end, which is the projection itself."""
    url = f"sqlite:///{tmp_path / 'one.sqlite'}"
    migrate(url)
    database = Database(url)
    take_in(database, tmp_path, seed=2)
    agency = ReferenceAgency.read(
        tmp_path / "agency", tmp_path / "definitions", read_events(tmp_path / "events.ndjson")
    )

    def expected(basis: Basis, by: dt.date, *, to_goals: bool) -> OnADay:
        made = OnADay(agency.folder, agency.ledger, CYCLE, basis=str(basis), as_of=DAY, today=DAY)
        made.by, made.to_goals = by, to_goals
        return made

    with database.read() as connection:
        plan = scoring.state(connection).plan(CYCLE)
        lines = {}
        for node in plan.nodes:
            scored = [scoring.scores(connection, ScoreQuery(CYCLE, DAY, DAY, basis), [node]) for basis in Basis]
            by_basis = {one.asked.basis: one for one in scored}
            line = year_line(by_basis[Basis.FINAL], by_basis[Basis.PROVISIONAL], [WEEK_BEFORE])
            if line is not None:
                lines[node] = {point.day: point for point in line.points}
    database.close()
    assert len(lines) > 10

    def same(figures: str, by: dt.date, cards: OnADay) -> int:
        scores = 0
        for node, points in lines.items():
            point: YearPoint = points[by]
            score = cards.scorecard(str(node))["projected_score"]
            assert published(getattr(point, figures)) == (None if score is None else published(float(score))), (
                node,
                by,
            )
            scores += score is not None
        return scores

    end = plan.day_within(dt.date.max)
    months = sorted({day for points in lines.values() for day in points} - {DAY, WEEK_BEFORE.day})
    for by in (months[1], end):
        assert same("planned", by, expected(Basis.FINAL, by, to_goals=True)) > 5
    for by in (months[-2], end):
        for basis in Basis:
            assert same(str(basis), by, expected(basis, by, to_goals=False)) > 5
