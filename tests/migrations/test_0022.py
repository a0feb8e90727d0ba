"""The twenty-second migration: readings that were logged stay as they were, and a node's row of a day stands once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command

from app import access
from app.access.tables import reading_log
from app.kit import schema as kit
from app.kit.database import Database
from app.kit.schema import migrate
from tests.conftest import NewDatabase
from tests.people import NOW


def test_the_log_of_readings_stays_as_it_was(engine: str, new_database: NewDatabase) -> None:
    """Down and up again keeps every row, of many at once and of one; the log stays append-only."""
    url = new_database(engine)
    migrate(url)
    database = Database(url)
    with database.write("read") as connection:
        access.record_reading(connection, who="key:board", what="scorecards", asked={"cycle": 2026}, rows=9, at=NOW)
    before = _rows(database)
    command.downgrade(kit._alembic(url), "0021")  # noqa: SLF001 - no command of ours goes down
    migrate(url)
    assert _rows(database) == before
    one = {
        "who": "key:board",
        "what": "scorecard",
        "subject": "employee:E1",
        "asked": {},
        "rows": 1,
        "at": NOW,
        "day": NOW.date(),
    }
    for first in (True, False):
        with database.write("read") as connection:
            assert access.record_reading_of(connection, **one) == first
    assert len(_rows(database)) == 2
    try:
        with database.write("read") as connection:
            connection.execute(sa.delete(reading_log))
    except sa.exc.DBAPIError:
        pass
    assert len(_rows(database)) == 2
    database.close()


def _rows(database: Database) -> list[dict[str, object]]:
    with database.read() as connection:
        return [dict(row) for row in connection.execute(sa.select(reading_log).order_by(reading_log.c.id)).mappings()]
