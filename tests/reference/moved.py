"""Scorecards of which some lines' actuals are others than they are: what a step of one KPI would come to, worked out a second way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from tests.reference.agency import ReferenceAgency
from tests.reference.scorecards import PRORATED, Counted, Scoring

Line = tuple[str, str]


class Moved(Scoring):
    """Some lines' actuals moved: their projections while the year is projected, else what they are."""

    moved: Mapping[Line, Fraction] = MappingProxyType({})
    projects = True
    still: Scoring | None = None

    def owned(self, node: str, level: str) -> list[Counted]:
        """What everybody did is the same; only lines and scores are worked out anew."""
        return super().owned(node, level) if self.still is None else self.still.owned(node, level)

    def projected_actual(self, node: str, kpi: str, definition: Mapping[str, Any], shown: Any) -> Fraction | None:
        """Moved, where it is one of those."""
        if self.projects and (node, kpi) in self.moved:
            return self.moved[node, kpi]
        return super().projected_actual(node, kpi, definition, shown)

    def given(self, row: Any, definition: Mapping[str, Any]) -> Any:
        """Moved, where it is one of those."""
        given = super().given(row, definition)
        key = row["node"], row["kpi"]
        if self.projects or key not in self.moved:
            return given
        return replace(given, actual=self.moved[key], ratings=())


class MovedScores:
    """What a card comes to whose lines are moved.

    Args:
        agency: the agency with its events.
        year: the cycle.
        today: the day of the projections.
        projects: whether a score is where the year leads, and not the one so far.
        basis: which figures.
        as_of: what was known on a day; None for all.
    """

    def __init__(
        self,
        agency: ReferenceAgency,
        year: int,
        *,
        today: dt.date,
        projects: bool,
        basis: str = "final",
        as_of: dt.date | None = None,
    ) -> None:
        self.agency, self.year, self.today, self.projects = agency, year, today, projects
        self.basis, self.as_of = basis, as_of
        self.still = self.scoring({})

    def scoring(self, moved: Mapping[Line, Fraction]) -> Moved:
        """The scorecards with these actuals."""
        made = Moved(
            self.agency.folder, self.agency.ledger, self.year, basis=self.basis, as_of=self.as_of, today=self.today
        )
        made.moved, made.projects = moved, self.projects
        made.still = self.still if moved else None
        return made

    def final(self, node: str, moved: Mapping[Line, Fraction]) -> Decimal:
        """The published score that the node is judged by."""
        card = self.scoring(moved).scorecard(node)
        exact = card["projected_score" if self.projects else "final_score"]
        return Decimal(round(exact * 10**12)).scaleb(-12).quantize(Decimal("0.01"), ROUND_HALF_EVEN)

    def leads(self, line: Line) -> Fraction | None:
        """Where a line leads."""
        (row,) = [one for one in self.still.rows if (one["node"], one["kpi"]) == line]
        shown = self.still.line(row)
        return shown["projected_actual" if self.projects else "actual"] if shown["score"] is not None else None

    def origin(self, line: Line) -> Line:
        """The line that a shared one shows."""
        (row,) = [one for one in self.still.rows if (one["node"], one["kpi"]) == line]
        return self.origin((row["parent_node"], row["parent_kpi"])) if row["link"] == "shared" else line

    def with_it(self, line: Line, aggregate: str) -> list[Line]:
        """The lines of the unit posted to and of those above that count the same."""
        node, kpi = line
        if not node.startswith("employee:") or aggregate not in {"count", "sum"}:
            return []
        day = min(max(self.as_of or self.today, self.still.cycle.start), self.still.cycle.end - dt.timedelta(days=1))
        unit = self.still.folder.posted_to(node.removeprefix("employee:"), day)
        above = [f"unit:{row['code']}" for row in self.still.folder.upwards(unit, day)] if unit else []
        rows = {(row["node"], row["kpi"]) for row in self.still.rows if row["link"] != "shared"}
        return [(one, kpi) for one in above if (one, kpi) in rows]

    def after(
        self, node: str, line: Line, aggregate: str, *, step: Decimal | None, reached: Decimal, beyond: Fraction
    ) -> Decimal:
        """The node's published score once a line has taken a step, and what lies beyond it.

        Args:
            node: whose score.
            line: on whose card, and of which KPI: where it is shared, the line that it shows moves.
            aggregate: how its actual is made.
            step: how much more or less; None where it is taken to its best, which ``reached`` is.
            reached: its actual then.
            beyond: how far beyond that.
        """
        line = self.origin(line)
        leads = self.leads(line)
        assert leads is not None
        end = Fraction(reached) + beyond
        if aggregate in PRORATED and step is not None:
            end = leads + (1 if reached > leads else -1) * Fraction(step) + beyond
        moved = {line: end}
        for other in self.with_it(line, aggregate):
            before = self.leads(other)
            if before is not None:
                moved[other] = before + end - leads
        return self.final(node, moved)
