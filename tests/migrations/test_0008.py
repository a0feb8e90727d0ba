"""The eighth migration: whoever was signed in stays so, and what was downloaded stays on the log, under the account's name."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import DBAPIError

from app import access
from app.access import tables
from app.kit import schema as kit
from app.kit.database import Database
from app.rules.permissions import Deed
from app.rules.terms import Role
from tests.conftest import NewDatabase
from tests.people import NOW, new_account


def test_sessions_and_readings_of_the_version_before_stay(engine: str, new_database: NewDatabase) -> None:
    """Up: the log names who read as the trail does, is sealed again and goes on counting."""
    database = Database(new_database(engine))
    with database.write(Deed.KEEP_ACCOUNTS) as connection:
        number = new_account(connection, "emil", Role.AUDITOR)
        token = access.open_session(connection, account_id=number, now=NOW, life=dt.timedelta(hours=12))
        for rows in (7, 8):
            access.record_reading(
                connection,
                who="account:Emil@agency.example",
                what="grades",
                asked={},
                reason="audit",
                rows=rows,
                at=NOW,
            )
    command.downgrade(kit._alembic(database.url), "0007")  # noqa: SLF001 - no command of ours goes down
    with database.read() as connection:
        before = connection.execute(sa.text("SELECT account_id, reason, rows FROM reading_log ORDER BY id")).all()
    assert [tuple(row) for row in before] == [(number, "audit", 7), (number, "audit", 8)]
    kit.migrate(database.url)
    with database.write(Deed.EXPORT) as connection:
        viewer = access.viewer(connection, token=token, now=NOW, idle=dt.timedelta(minutes=30))
        assert viewer is not None
        assert not viewer.must_change_password
        access.record_reading(connection, who="key:bi", what="scorecards", asked={}, rows=9, at=NOW)
    with database.read() as connection:
        log = tables.reading_log.c
        rows = connection.execute(sa.select(log.id, log.who, log.reason, log.rows).order_by(log.id)).all()
    assert [tuple(row)[1:] for row in rows] == [
        ("account:Emil@agency.example", "audit", 7),
        ("account:Emil@agency.example", "audit", 8),
        ("key:bi", None, 9),
    ]
    assert len({row.id for row in rows}) == 3
    with pytest.raises(DBAPIError, match="only grows"), database.write("tamper") as connection:
        connection.execute(sa.delete(tables.reading_log))
    database.close()
