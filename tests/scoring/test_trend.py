"""The trend holds what each day's fold gives, whichever way it was taken, and knows which of its days are no longer true."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from app import ledger, scoring
from app.kit.database import Database
from app.rules.permissions import Deed
from app.rules.terms import Basis, Node, NodeKind, Period
from app.scoring import ScoreQuery, days_to_keep
from tests.conftest import CountQueries
from tests.reference.random_agency import CYCLE
from tests.scenario import Agency, event_of, ingest
from tests.scoring.taken_in import NOW, TODAY, take_in

VIE = Node(NodeKind.UNIT, "VIE")
YEAR = Period(dt.date(2026, 1, 1), dt.date(2027, 1, 1))


def days_around(cycle: int) -> list[dt.date]:
    """Days before, in and after a cycle, wherever it begins."""
    return [dt.date(cycle, 1, 1) + dt.timedelta(days=days) for days in range(-20, 760, 31)]


@pytest.mark.parametrize("seed", [8, 13])
@pytest.mark.parametrize("cycle", [CYCLE - 1, CYCLE])
def test_many_days_at_once_are_each_days_fold(database: Database, tmp_path: Path, seed: int, cycle: int) -> None:
    """Two ways to every number: the figures by day against the fold of each day, on a random agency (seed 8's cycle begins later)."""
    take_in(database, tmp_path, seed=seed, events=300)
    days = days_around(cycle)
    with database.read() as connection:
        plan = scoring.state(connection).plan(cycle)
        found = dict(ledger.figures_by_day(connection, plan.frame, cycle=cycle, nodes=plan.nodes, days=days))
        assert list(found) == days
        for day, figures in found.items():
            folded = ledger.figures_as_of(connection, plan.frame, cycle=cycle, nodes=plan.nodes, as_of=day)
            assert (figures.amounts == folded.amounts).all(), day
            assert (figures.distinct == folded.distinct).all(), day


def test_a_snapshot_holds_the_scores_of_its_day(database: Database, tmp_path: Path) -> None:
    """Own and final as the scorecards of that day have them, provisional beside; taken again it replaces itself."""
    take_in(database, tmp_path, seed=5)
    day = dt.date(2026, 8, 20)
    for _ in range(2):
        with database.write(Deed.RUN_JOB) as connection:
            (taken,) = scoring.snapshots(connection, CYCLE, [day])
            scoring.keep_snapshot(connection, taken, at=NOW)
    with database.read() as connection:
        (again,) = scoring.snapshots(connection, CYCLE, [day])
        nodes = scoring.state(connection).plan(CYCLE).nodes
        kept = {node: scoring.trend_of(connection, CYCLE, node) for node in nodes}
        final = scoring.scorecards(connection, ScoreQuery(CYCLE, TODAY, day, Basis.FINAL))
        provisional = scoring.scorecards(connection, ScoreQuery(CYCLE, TODAY, day, Basis.PROVISIONAL))

    assert len(again.rows) == len(kept)
    for card, other, row in zip(final, provisional, again.rows, strict=True):
        (point,) = kept[card.node]
        assert (point.day, point.own, point.final, point.provisional, point.projected) == (
            day,
            card.own_score,
            card.final_score,
            other.final_score,
            card.projected_score,
        )
        scores = (point.own, point.final, point.provisional, point.projected, other.projected_score)
        assert row == (str(card.node), scores)


@pytest.mark.parametrize(
    ("today", "first", "last", "number"),
    [
        ("2025-12-31", None, None, 0),
        ("2026-01-01", "2026-01-01", "2026-01-01", 1),
        ("2026-02-04", "2026-01-01", "2026-02-04", 35),
        ("2026-06-30", "2026-01-07", "2026-06-30", 20 + 35),
        ("2027-03-01", "2026-01-07", "2026-12-31", 47 + 35),
    ],
)
def test_points_are_weekly_and_of_late_daily(today: str, first: str | None, last: str | None, number: int) -> None:
    """From the cycle's begin to today, or to its last day."""
    days = days_to_keep(YEAR, dt.date.fromisoformat(today))

    assert len(days) == number
    assert [str(day) for day in (*days[:1], *days[-1:])] == [day for day in (first, last) if day]


LATER = NOW + dt.timedelta(hours=3)
"""After what the scenario's events came in by, with more than the slack that a numbered and uncommitted event is given."""


def take(agency: Agency, *, at: dt.datetime = LATER) -> list[dt.date]:
    """Take what is missing or stale in 2026; returns those days."""
    with agency.database.write(Deed.RUN_JOB) as connection:
        seen = scoring.newest(connection)
        days = scoring.stale_days(connection, 2026, today=at.date())
        for snapshot in list(scoring.snapshots(connection, 2026, days)):
            scoring.keep_snapshot(connection, snapshot, at=at)
        scoring.keep_taken(connection, 2026, seen, at=at)
    return days


def test_a_late_event_makes_the_days_from_its_own_on_stale(agency: Agency) -> None:
    """Nothing else is taken again; and the trend then tells what the scorecards of those days tell.

    unit VIE agency
    employee E1 VIE staff
    2026-03-04 consult C-1 E1
    """
    assert take(agency)[0] == dt.date(2026, 1, 7)
    late = event_of("2026-11-10 consult C-2 E1")
    ingest(agency.database, [late], at=LATER + dt.timedelta(minutes=5))
    agency.accepted.append(late)
    stale = take(agency, at=LATER + dt.timedelta(hours=1))

    assert stale[0] == dt.date(2026, 11, 10)
    with agency.database.read() as connection:
        points = {point.day: point.own for point in scoring.trend_of(connection, 2026, VIE)}
    for day in (dt.date(2026, 3, 3), dt.date(2026, 3, 4), dt.date(2026, 11, 9), dt.date(2026, 11, 10)):
        if day in points:
            assert points[day] == agency.card("unit:VIE", as_of=day).own_score


def test_another_load_makes_every_day_stale(agency: Agency) -> None:
    """Bases, postings and targets of all days may be others.

    unit VIE agency
    employee E1 VIE staff
    2026-03-04 consult C-1 E1
    """
    first = take(agency)
    agency.load("unit VIE agency\nemployee E1 VIE staff from 2026-02-01")

    assert (
        take(agency, at=NOW + dt.timedelta(days=1))[: len(first) - 1]
        == sorted({*first[:-35], *days_to_keep(YEAR, NOW.date() + dt.timedelta(days=1))})[: len(first) - 1]
    )


def test_a_trend_is_read_with_one_query(agency: Agency, count_queries: CountQueries) -> None:
    """A page that shows a year pays for one read.

    unit VIE agency
    employee E1 VIE staff
    2026-03-04 consult C-1 E1
    """
    take(agency)
    with agency.database.read() as connection, count_queries() as sent:
        points = scoring.trend_of(connection, 2026, VIE)

    assert len(sent) == 1
    assert [point.day for point in points] == days_to_keep(YEAR, TODAY)
