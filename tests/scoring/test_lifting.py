"""What would lift a scorecard is exact: at the step the band is reached, one step before it is not, by a calculation that shares no code with ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from app import scoring
from app.kit.database import Database
from app.kit.schema import migrate
from app.rules.rollup import published
from app.rules.terms import Basis, Node
from app.scoring import Lift, Lifting, ScoreQuery
from tests.reference.agency import ReferenceAgency
from tests.reference.random_agency import CYCLE, read_events
from tests.reference.scorecards import PRORATED, Counted, Scoring
from tests.scoring.taken_in import TODAY, take_in

Line = tuple[str, str]


class Moved(Scoring):
    """The reference's scorecards with some lines' actuals moved: their projections while the year is projected, else what they are."""

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
        return replace(given, actual=self.moved[key]) if not self.projects and key in self.moved else given


class Reference:
    """What the reference says of a card whose lines are moved."""

    def __init__(self, agency: ReferenceAgency, asked: ScoreQuery, *, projects: bool) -> None:
        self.agency, self.asked, self.projects = agency, asked, projects
        self.still = self.scoring({})

    def scoring(self, moved: Mapping[Line, Fraction]) -> Moved:
        """The scorecards with these actuals."""
        made = Moved(
            self.agency.folder,
            self.agency.ledger,
            self.asked.cycle,
            basis=str(self.asked.basis),
            as_of=self.asked.as_of,
            today=self.asked.today,
        )
        made.moved, made.projects = moved, self.projects
        made.still = self.still if moved else None
        return made

    def final(self, node: Node, moved: Mapping[Line, Fraction]) -> Decimal:
        """The published score that the node is judged by."""
        card = self.scoring(moved).scorecard(str(node))
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
        day = min(max(self.asked.day, self.still.cycle.start), self.still.cycle.end - dt.timedelta(days=1))
        unit = self.still.folder.posted_to(node.removeprefix("employee:"), day)
        above = [f"unit:{row['code']}" for row in self.still.folder.upwards(unit, day)] if unit else []
        rows = {(row["node"], row["kpi"]) for row in self.still.rows if row["link"] != "shared"}
        return [(one, kpi) for one in above if (one, kpi) in rows]

    def after(self, shown: Lifting, lift: Lift, *, grains: int) -> Decimal:
        """The published score with the lift's actual so many grains beyond what it says."""
        line = self.origin((str(shown.node), lift.kpi))
        assert shown.aim is not None
        sign = -lift.better if shown.aim.falls else lift.better
        leads, aggregate = self.leads(line), lift.version.measure.aggregate
        assert leads is not None
        grain = Fraction(sign, 10**lift.places)
        if aggregate in PRORATED and lift.step is not None:
            end = leads + grain * (int(lift.step) + grains)
        else:
            end = Fraction(lift.reached) + grain * grains
        moved = {line: end}
        for other in self.with_it(line, aggregate):
            before = self.leads(other)
            if before is not None:
                moved[other] = before + end - leads
        return self.final(shown.node, moved)


QUERIES = (
    ScoreQuery(CYCLE, TODAY),
    ScoreQuery(CYCLE, TODAY, basis=Basis.PROVISIONAL),
    ScoreQuery(CYCLE, TODAY, as_of=dt.date(CYCLE, 2, 15)),
    ScoreQuery(CYCLE, dt.date(CYCLE, 12, 31)),
)


@pytest.mark.parametrize("seed", [2, 7])
def test_at_the_step_the_band_is_reached_and_one_step_before_it_is_not(tmp_path: Path, seed: int) -> None:
    """Of everybody's every line: while the year is projected, before it can be, and once it is over; also what a line at its best comes to."""
    url = f"sqlite:///{tmp_path / 'one.sqlite'}"
    migrate(url)
    database = Database(url)
    take_in(database, tmp_path, seed=seed)
    agency = ReferenceAgency.read(
        tmp_path / "agency", tmp_path / "definitions", read_events(tmp_path / "events.ndjson")
    )
    counted = {True: 0, False: 0}
    for asked in QUERIES:
        with database.read() as connection:
            loaded = scoring.state(connection)
            shown = [
                scoring.lifting(connection, loaded=loaded, node=node, asked=asked) for node in loaded.plan(CYCLE).nodes
            ]
        for card in shown:
            if card.aim is None:
                continue
            reference = Reference(agency, asked, projects=card.projects)
            assert reference.final(card.node, {}) == published(card.leads.final), (asked, card.node)
            for lift in card.lifts:
                if lift.version.measure.aggregate == "rating":
                    continue
                there = reference.after(card, lift, grains=0)
                assert there == lift.final, (asked, card.node, lift)
                is_there = (there < card.aim.edge) if card.aim.falls else (there >= card.aim.edge)
                assert is_there == (lift.step is not None), (asked, card.node, lift)
                if lift.step is not None:
                    before = reference.after(card, lift, grains=-1)
                    assert (before < card.aim.edge) != card.aim.falls, (asked, card.node, lift)
                counted[lift.step is not None] += 1
    database.close()
    assert min(counted.values()) > 20, counted
