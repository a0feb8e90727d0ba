"""The fourth migration: names that were recorded before are found, and what is there is counted as if it had just come."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command

from app import ledger, scoring
from app.kit import schema as kit
from app.kit.database import Database
from app.kit.schema import migrate
from app.ledger import EventFilter, tables
from tests.conftest import NewDatabase
from tests.scenario import Scenario, open_agency

GIVEN = """
unit HQ agency
employee E1 HQ staff
2026-03-04 deal D-1 E1 1000 EUR of Société-ÉTOILE/FR
2026-03-04 deal D-2 E1 1000 EUR of 한빛무역/KR
2026-03-05 verified D-1 by E9
"""


def test_a_ledger_of_the_version_before_is_searched_and_counted(
    engine: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    """Down and up again ends in what recording writes; reconciling compares both."""
    agency = open_agency(new_database(engine), Scenario.read(GIVEN), tmp_path)
    url, before = agency.database.url, _stored(agency.database)
    assert before[1].events == 3
    command.downgrade(kit._alembic(url), "0003")  # noqa: SLF001 - no command of ours goes down
    migrate(url)
    assert _stored(agency.database) == before
    assert agency.differences() == []
    with agency.database.read() as connection:
        frame = scoring.state(connection).frame
        for text, ids in (("societe-etoile", ["D-1"]), ("한빛", ["D-2"])):
            found = ledger.search_events(connection, frame, only=EventFilter(text=text), limit=10)
            assert [one.id for one in found] == ids
    agency.database.close()


def _stored(database: Database) -> tuple[list[sa.Row[tuple[int, str]]], ledger.EventSet]:
    activity = tables.activity.c
    with database.read() as connection:
        found = list(connection.execute(sa.select(activity.seq, activity.search).order_by(activity.seq)))
        return found, ledger.event_set(connection)
