"""What an event costs: rows by the depth of the organisation, never by the length of the history."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from app import intake, scoring
from app.kit.database import is_postgresql
from app.rules.terms import Node, NodeKind
from app.scoring import ScoreQuery
from tests.conftest import CountQueries, NewDatabase
from tests.scenario import AT, Agency, Scenario, event_of, ingest, open_agency

THREE_LEVELS = """
unit HQ agency
  unit EUR regional_hq
    unit VIE office
employee E1 VIE staff
employee E2 VIE staff
"""


@pytest.fixture
def empty(engine: str, new_database: NewDatabase, tmp_path: Path) -> Iterator[Agency]:
    """An agency without a history; tests with a long one would wait for all of it to be recorded again one by one."""
    opened = open_agency(new_database(engine), Scenario.read(THREE_LEVELS), tmp_path)
    yield opened
    opened.database.close()


def _rows_changed(connection: Connection) -> int:
    """How many rows were written so far: in this transaction on PostgreSQL, on this connection on SQLite."""
    if is_postgresql(connection):
        statistics = sa.table("pg_stat_xact_user_tables", *map(sa.column, ("n_tup_ins", "n_tup_upd", "n_tup_del")))
        return int(connection.scalar(sa.select(sa.func.sum(sum(statistics.columns, start=sa.literal(0))))) or 0)
    driver: Any = connection.connection.driver_connection
    return int(driver.total_changes)


def _rows_of(agency: Agency, line: str) -> int:
    """How many rows one event writes."""

    def record(connection: Connection) -> int:
        before = _rows_changed(connection)
        arrival = intake.arrival_of(event_of(line))
        recorded = intake.take_in(connection, [arrival], at=AT, door="ingest", sender="test")
        assert recorded.accepted == 1
        return _rows_changed(connection) - before

    return agency.database.writing("ingest", record)


ONE_OF_EACH = (
    "2026-03-04 deal {0}-D E1 100.10 EUR of Meyer/AT E1:0.6 E2:0.4",
    "2026-03-05 verified {0}-D by E9",
    "2026-03-06 confirmed {0}-D",
    "2026-03-07 reversed {0}-D by E1",
    "2026-03-04 new_buyer {0}-N E1 of {0}/AT",
    "2026-03-05 rejected {0}-N by E9",
)


def test_an_event_writes_as_many_rows_on_a_long_history_as_on_an_empty_ledger(
    empty: Agency, count_queries: CountQueries
) -> None:
    """Two thousand events later each of the six kinds writes the same rows by the same number of statements."""

    def cost(name: str) -> list[tuple[int, int]]:
        found = []
        for line in ONE_OF_EACH:
            with count_queries() as sent:
                rows = _rows_of(empty, line.format(name))
            found.append((rows, len(sent)))
        return found

    short = cost("short")
    ingest(
        empty.database,
        [
            event_of(f"2026-04-{1 + n % 30:02} deal H-{n} E{1 + n % 2} {n + 1}.25 EUR of B{n % 99}/AT")
            for n in range(1000)
        ]
        + [event_of(f"2026-05-{1 + n % 30:02} verified H-{n} by E9") for n in range(1000)],
    )
    # Fewer, where a buyer or company is known already and its counts do not change.
    for (rows_later, statements_later), (rows, statements) in zip(cost("long"), short, strict=True):
        assert rows_later <= rows
        assert statements_later == statements
    # Event, activity, credits, totals of two employees and one path in the slices it lies in, members, touched.
    assert max(rows for rows, _ in short) < 50
    assert max(statements for _, statements in short) <= 20
    assert empty.differences() == []


def test_a_buyer_with_a_thousand_contacts_costs_no_more_than_one_with_two(empty: Agency) -> None:
    """A newcomer has to beat who counts now; only where that one falls the others are looked at, and one of them rises."""
    ingest(
        empty.database,
        [
            event_of(f"2026-04-{1 + n % 30:02}T{n % 24:02}:00 new_buyer N-{n} E{1 + n % 2} of Big/AT")
            for n in range(1000)
        ]
        + [event_of("2026-04-01 new_buyer S-0 E1 of Small/AT"), event_of("2026-04-02 new_buyer S-1 E2 of Small/AT")],
    )
    assert empty.actual("unit:HQ", "new_buyers") == 2
    later = [f"2026-05-01 new_buyer {{}}-later E1 of {name}/AT" for name in ("Big", "Small")]
    assert _rows_of(empty, later[0].format("N")) <= _rows_of(empty, later[1].format("S"))
    # N-0 is of the first of April at midnight: the earliest of all.
    assert _rows_of(empty, "2026-05-01 rejected N-0 by E9") <= _rows_of(empty, "2026-05-01 rejected S-0 by E9")
    assert empty.actual("unit:HQ", "new_buyers") == 2
    assert _rows_of(empty, "2025-12-31 new_buyer N-first E2 of Big/AT") < 20
    assert empty.actual("unit:HQ", "new_buyers") == 1
    assert empty.differences() == []


def test_figures_of_nodes_are_read_by_the_same_queries_however_many_they_are(
    empty: Agency, count_queries: CountQueries
) -> None:
    """Of a few one for all, of everyone one for totals and one for what is counted distinct; and the revision (and a transaction's BEGIN)."""

    def queries(nodes: list[Node] | None) -> int:
        with empty.database.read() as connection, count_queries() as sent:
            scoring.scorecards(connection, ScoreQuery(2026, AT.date()), nodes)
        return len(sent)

    queries(None)
    assert queries([Node(NodeKind.UNIT, "HQ")]) <= 3
    assert queries(None) <= 4


def test_a_deal_of_the_largest_size_does_not_overflow(agency: Agency) -> None:
    """Ten thousand million dollars, and again: whole dollars and millionths are added apart.

    unit HQ agency
    employee E1 HQ staff
    employee E2 HQ staff
    2026-03-04 deal D-1 E1 9999999999.99 USD E1:0.3333 E2:0.6667
    2026-03-04 deal D-2 E1 9999999999.99 USD E1:0.3333 E2:0.6667
    2026-03-05 verified D-1 by E9
    2026-03-05 verified D-2 by E9
    """
    value = agency.actual("unit:HQ", "deal_value")
    assert value is not None
    assert f"{value:f}" == "19999999999.98"
    parts = [agency.actual(f"employee:{one}", "deal_value") for one in ("E1", "E2")]
    assert parts[0] is not None
    assert parts[1] is not None
    assert parts[0] + parts[1] == value
