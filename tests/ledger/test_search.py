"""The ledger narrowed to somebody: each kind of event by its own index, whatever else the ledger holds."""

from __future__ import annotations

import re

import sqlalchemy as sa

from app import ledger, scoring
from app.ledger import EventFilter, tables
from app.ledger.search import narrowed_events
from tests.scenario import Agency


def test_the_events_of_an_employee_are_what_they_entered_share_in_and_judged(agency: Agency) -> None:
    """Whoever entered a deal for two colleagues is found by it, though no part of it is theirs.

    unit HQ agency
    employee E1 HQ staff
    employee E2 HQ staff
    2026-02-01 deal D-1 E1 100 USD
    2026-02-02 deal D-2 E1 100 USD E2:1
    2026-02-03 deal D-3 E2 100 USD E1:0.5 E2:0.5
    2026-02-04 deal D-4 E2 100 USD
    2026-02-05 verified D-4 by E1 as V-1
    2026-02-06 verified D-1 by E2 as V-2
    """

    def ids(number: str) -> list[str]:
        with agency.database.read() as connection:
            frame = scoring.state(connection).frame
            return [
                one.id for one in ledger.search_events(connection, frame, only=EventFilter(employee=number), limit=10)
            ]

    assert ids("E1") == ["V-1", "D-3", "D-2", "D-1"]
    assert ids("E2") == ["V-2", "D-4", "D-3", "D-2"]
    assert ids("E9") == []


def test_no_event_of_others_is_read_for_it(agency: Agency) -> None:
    """By one condition over three tables the engine went through every event; SQLite tells its plan whatever the tables hold.

    unit HQ agency
    employee E1 HQ staff
    2026-02-01 deal D-1 E1 100 USD
    """
    with agency.database.read() as connection:
        if connection.dialect.name != "sqlite":
            return
        frame = scoring.state(connection).frame
        query = sa.select(tables.event.c.seq).where(*narrowed_events(connection, frame, EventFilter(employee="E1")))
        text = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
    assert [step for step in plan if re.match(r"SCAN (event|activity|credit)\b", step)] == []
