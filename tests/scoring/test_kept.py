"""What is kept equals what is worked out afresh: figures as of past days, the proposal of grades, the agency's page, the plan after a decision."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection

from app import cycle, intake, ledger, scoring
from app.kit.database import Database
from app.ledger import Figures
from app.rules.permissions import Deed
from app.rules.terms import Node
from app.scoring import CyclePlan, ScoreQuery
from tests.conftest import CountQueries
from tests.reference.random_agency import CYCLE, random_agency
from tests.scoring.taken_in import NOW, TODAY


def _load(database: Database, folder: Path, seed: int) -> list[str]:
    """Load the random agency of a seed; returns its events, in a random order."""
    random_agency(seed, people=10, units=7, events=200, folder=folder)
    database.writing(
        Deed.LOAD_FOLDER,
        lambda connection: intake.load_agency(
            connection, folder / "agency", definitions=folder / "definitions", at=NOW, by="test"
        ),
    )
    lines = [line for line in (folder / "events.ndjson").read_text(encoding="utf-8").split("\n") if line]
    random.Random(seed).shuffle(lines)
    return lines


def _record(database: Database, lines: list[str]) -> None:
    arrivals = [intake.arrival_of_text(line) for line in lines]
    database.writing(
        Deed.INGEST, lambda connection: intake.take_in(connection, arrivals, at=NOW, door="ingest", sender="test")
    )


@pytest.mark.parametrize("seed", [3, 8, 21])
def test_figures_as_of_a_day_are_those_of_a_fresh_fold_whatever_came_since(
    database: Database, tmp_path: Path, seed: int
) -> None:
    """Of everyone and of each node alone, on random days, while events come in a random order: against every activity's own timeline."""
    lines = _load(database, tmp_path, seed)
    chance = random.Random(seed)
    days = sorted(dt.date(CYCLE, 1, 1) + dt.timedelta(days=chance.randrange(-30, 400)) for _ in range(3))
    for part in (lines[:100], lines[100:150], lines[150:]):
        _record(database, part)
        with database.read() as connection:
            plan = scoring.state(connection).plan(CYCLE)
            afresh = ledger.figures_by_day(connection, plan.frame, cycle=CYCLE, nodes=plan.nodes, days=days)
            for day, figures in afresh:
                for asked in (plan.nodes, *((node,) for node in plan.nodes)):
                    _same_figures(connection, plan, asked, day, figures)


def _same_figures(
    connection: Connection, plan: CyclePlan, nodes: tuple[Node, ...], day: dt.date, figures: Figures
) -> None:
    selection = plan.select(nodes)
    kept = scoring.read_figures(connection, selection, ScoreQuery(CYCLE, TODAY, day))
    rows = [plan.nodes.index(node) for node in selection.sources if node in plan.nodes]
    mine = [at for at, node in enumerate(selection.sources) if node in plan.nodes]
    assert np.array_equal(kept.amounts[mine], figures.amounts[rows]), (nodes, day)
    assert np.array_equal(kept.distinct[mine], figures.distinct[rows]), (nodes, day)


def test_the_days_so_far_weigh_in_each_line_what_they_weigh_in_it_alone(database: Database, tmp_path: Path) -> None:
    """Lines that weigh the days alike are worked out once for all: by what people's days and the plan's months are, not by whose they are."""
    _load(database, tmp_path, 8)
    with database.read() as connection:
        plan = scoring.state(connection).plan(CYCLE)
    everything = plan.everything()
    for day in (dt.date(CYCLE, 3, 9), dt.date(CYCLE - 1, 1, 1), dt.date(CYCLE + 1, 6, 1)):
        for number, grows, weight in zip(everything.worked, everything.grows, everything.elapsed(day), strict=True):
            alone = plan.elapsed_of(plan.worked[number], day) if grows else 1
            assert (None if np.isnan(weight) else weight) == (None if alone is None else float(alone))


def test_a_day_is_worked_out_again_when_an_event_of_it_comes_and_not_for_a_later_one(
    database: Database, tmp_path: Path, count_queries: CountQueries
) -> None:
    """Today's events leave the pages of past days as they are."""
    lines = _load(database, tmp_path, 8)
    _record(database, lines[:150])
    asked = ScoreQuery(CYCLE, TODAY, dt.date(CYCLE, 4, 30))

    def queries() -> int:
        with database.read() as connection:
            everything = scoring.state(connection).plan(CYCLE).everything()
            with count_queries() as sent:
                scoring.read_figures(connection, everything, asked)
        return len(sent)

    def event(day: str) -> str:
        return next(line for line in lines if '"kopes.export' in line).replace('"id"', f'"id": "{day}", "was"', 1)

    assert queries() > 1
    assert queries() == 1
    later = event("later").replace('"time": "', f'"time": "{CYCLE}-11-02T09:00:00Z", "came": "')
    _record(database, [later])
    assert queries() == 1
    _record(database, [event("earlier").replace('"time": "', f'"time": "{CYCLE}-02-02T09:00:00Z", "came": "')])
    assert queries() > 1


def test_the_proposal_of_grades_is_kept_until_an_event_or_a_load_comes(
    database: Database, tmp_path: Path, count_queries: CountQueries
) -> None:
    """A thousand people who look at theirs on one day ask for it once; it is never older than what it hangs on."""
    lines = _load(database, tmp_path, 8)
    _record(database, lines[:100])

    def propose() -> tuple[cycle.grades.EmployeeProposal, int]:
        with database.read() as connection, count_queries() as sent:
            found = cycle.propose_employee_grades(connection, cycle=CYCLE, today=TODAY)
        return found, len(sent)

    first, _ = propose()
    again, queries = propose()
    assert again is first
    assert queries <= 3  # the revision, the events, and SQLite's BEGIN
    _record(database, lines[100:])
    then, _ = propose()
    with database.read() as connection:
        held = scoring.state(connection)
        afresh = cycle.grades._propose_employees(connection, held, ScoreQuery(CYCLE, TODAY))  # noqa: SLF001 - as it is worked out
    assert then is not first
    assert then.rows == afresh.rows
