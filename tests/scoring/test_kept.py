"""What is kept equals what is worked out afresh: figures as of past days, the proposal of grades, the agency's page, the plan after a decision."""

from __future__ import annotations

import datetime as dt
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection

from app import cycle, intake, ledger, scoring
from app.cycle.grading import grades
from app.kit.database import Database
from app.ledger import Daybook, Figures, Frame, open_daybook
from app.rules.grading import EmployeeProposal
from app.rules.permissions import Deed
from app.rules.terms import Node
from app.scoring import CyclePlan, ScoreQuery, past
from tests.conftest import CountQueries
from tests.reference.random_agency import CYCLE, random_agency
from tests.scenario import load
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
    """Of everyone and of each node alone, on random days, while events come in a random order: found in a daybook, kept, and folded by the database."""
    lines = _load(database, tmp_path, seed)
    chance = random.Random(seed)
    days = sorted(dt.date(CYCLE, 1, 1) + dt.timedelta(days=chance.randrange(-30, 400)) for _ in range(3))
    daybook = None
    for part in (lines[:100], lines[100:150], lines[150:]):
        _record(database, part)
        with database.read() as connection:
            plan = scoring.state(connection).plan(CYCLE)
            daybook = (
                ledger.open_daybook(connection, plan.frame, cycle=CYCLE)
                if daybook is None
                else daybook.brought_up_to_date(connection, plan.frame)
            )
            for day in days:
                figures = ledger.figures_as_of(connection, plan.frame, cycle=CYCLE, nodes=plan.nodes, as_of=day)
                found = daybook.figures(plan.frame, plan.nodes, day)
                assert np.array_equal(found.amounts, figures.amounts), day
                assert np.array_equal(found.distinct, figures.distinct), day
                for asked in (plan.nodes, *((node,) for node in plan.nodes)):
                    _same_figures(connection, plan, asked, day, figures)


def test_a_daybook_holds_a_day_until_another_event_of_it_or_another_load_comes(
    database: Database, tmp_path: Path
) -> None:
    """What came later changes no figure of that day; whatever else comes, nobody is shown what was true before."""
    lines = _load(database, tmp_path, 8)
    _record(database, lines[:150])
    day = dt.date(CYCLE, 6, 30)
    with database.read() as connection:
        daybook = ledger.open_daybook(connection, scoring.state(connection).frame, cycle=CYCLE)

    def holds() -> bool:
        with database.read() as connection:
            return daybook.holds(scoring.state(connection).frame, day, ledger.event_set(connection, day))

    assert holds()
    _record(database, [_event(lines, f"{CYCLE}-07-01")])
    assert holds()
    _record(database, [_event(lines, f"{CYCLE}-06-30")])
    assert not holds()
    with database.read() as connection:
        following = daybook.brought_up_to_date(connection, scoring.state(connection).frame)
    assert following is not None
    daybook = following
    assert holds()
    units = tmp_path / "agency" / "units.csv"
    units.write_text(units.read_text(encoding="utf-8").replace("office", "division"), encoding="utf-8")
    load(database, tmp_path)
    assert not holds()


def test_a_daybook_never_steps_back(database: Database, tmp_path: Path) -> None:
    """A transaction that began before the newest events cannot take them out again: it asks the fold, and the daybook stays as it is."""
    lines = _load(database, tmp_path, 8)
    _record(database, lines[:150])
    day = dt.date(CYCLE, 12, 31)

    def comes_later() -> Daybook:
        _record(database, [_event(lines, f"{CYCLE}-06-30")])
        with database.read() as connection:
            return ledger.open_daybook(connection, scoring.state(connection).frame, cycle=CYCLE)

    with database.read() as old, ThreadPoolExecutor(1) as pool:
        plan, events = scoring.state(old).plan(CYCLE), ledger.event_set(old, day)
        daybook = pool.submit(comes_later).result()
        assert not daybook.holds(plan.frame, day, events)
        assert daybook.brought_up_to_date(old, plan.frame) is None


def test_a_daybook_that_is_too_large_is_laid_out_once(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a very large agency: after that its days are folded, and come out the same."""
    laid_out = []

    def lay_out(connection: Connection, frame: Frame, *, cycle: int) -> Daybook:
        laid_out.append(cycle)
        return open_daybook(connection, frame, cycle=cycle)

    monkeypatch.setattr(past, "_BYTES_MAX", 0)
    monkeypatch.setattr(ledger, "open_daybook", lay_out)
    _record(database, _load(database, tmp_path, 8)[:150])
    for month in range(3, 9):
        with database.read() as connection:
            plan = scoring.state(connection).plan(CYCLE)
            day = dt.date(CYCLE, month, 15)
            folded = ledger.figures_as_of(connection, plan.frame, cycle=CYCLE, nodes=plan.nodes, as_of=day)
            _same_figures(connection, plan, plan.nodes, day, folded)
    assert laid_out == [CYCLE]


def _event(lines: list[str], day: str) -> str:
    """An activity of a day, under a name of its own."""
    line = next(line for line in lines if '"kopes.export' in line)
    return line.replace('"id"', f'"id": "{day}", "was"', 1).replace(
        '"time": "', f'"time": "{day}T09:00:00Z", "came": "'
    )


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

    assert queries() > 1
    assert queries() == 1
    _record(database, [_event(lines, f"{CYCLE}-11-02")])
    assert queries() == 1
    _record(database, [_event(lines, f"{CYCLE}-02-02")])
    assert queries() > 1


def test_the_proposal_of_grades_is_kept_until_an_event_or_a_load_comes(
    database: Database, tmp_path: Path, count_queries: CountQueries
) -> None:
    """A thousand people who look at theirs on one day ask for it once; it is never older than what it hangs on."""
    lines = _load(database, tmp_path, 8)
    _record(database, lines[:100])

    def propose() -> tuple[EmployeeProposal, int]:
        with database.read() as connection, count_queries() as sent:
            found = cycle.propose_employee_grades(connection, cycle=CYCLE, today=TODAY).proposal
        return found, len(sent)

    first, _ = propose()
    again, queries = propose()
    assert again is first
    assert queries <= 3  # the revision, the events, and SQLite's BEGIN
    _record(database, lines[100:])
    then, _ = propose()
    with database.read() as connection:
        held = scoring.state(connection)
        afresh = grades._propose_employees(connection, held, ScoreQuery(CYCLE, TODAY))  # noqa: SLF001 - as it is worked out
    assert then is not first
    assert then.rows == afresh.rows
