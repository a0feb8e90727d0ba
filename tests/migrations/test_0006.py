"""The sixth migration: events that are there stay as they are, and how they came stays unknown; what comes later says how."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import DBAPIError

from app import ledger, scoring
from app.kit import schema as kit
from app.kit.schema import migrate
from app.ledger import tables
from tests.conftest import NewDatabase
from tests.scenario import Scenario, open_agency

GIVEN = """
unit HQ agency
employee E1 HQ staff
2026-03-04 deal D-1 E1 1000 EUR of Meyer/AT
2026-03-05 verified D-1 by E9
"""


def test_events_of_before_keep_all_they_had_and_later_ones_say_how_they_came(
    engine: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    """Down and up again; the digest never hung on it."""
    agency = open_agency(new_database(engine), Scenario.read(GIVEN), tmp_path)
    url = agency.database.url
    columns = [column for column in tables.event.columns if column.name != "arrival"]
    with agency.database.read() as connection:
        before = connection.execute(sa.select(*columns).order_by(tables.event.c.seq)).all()
        digest = scoring.digest(connection)
    command.downgrade(kit._alembic(url), "0005")  # noqa: SLF001 - no command of ours goes down
    migrate(url)
    agency.record("2026-03-06 deal D-2 E1 5 USD")
    with agency.database.read() as connection:
        after = connection.execute(sa.select(*columns, tables.event.c.arrival).order_by(tables.event.c.seq)).all()
        assert [row[:-1] for row in after[:2]] == [tuple(row) for row in before]
        assert [row.arrival for row in after] == [None, None, after[2].seq]
        frame = scoring.state(connection).frame
        came_by = [ledger.raw_event(connection, frame, key=row.key).came_by for row in after]  # type: ignore[union-attr]
    assert came_by[:2] == [None, None]
    assert came_by[2] is not None
    assert (came_by[2].door, came_by[2].sender) == ("ingest", "file:test")
    with agency.database.read() as connection:
        assert scoring.digest(connection) != digest
    agency.database.close()


@pytest.mark.parametrize("change", [sa.update(tables.arrival).values(sender="x"), sa.delete(tables.arrival)])
def test_how_an_event_came_is_for_ever(
    engine: str, new_database: NewDatabase, tmp_path: Path, change: sa.Update | sa.Delete
) -> None:
    """The table only grows, as the ledger does."""
    agency = open_agency(new_database(engine), Scenario.read(GIVEN), tmp_path)
    with pytest.raises(DBAPIError, match="only grows"), agency.database.write("test") as connection:
        connection.execute(change)
    agency.database.close()
