"""The ninth and the twelfth migration: rejected events that are there already stay, and are found by their sender and by what they were meant to be."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from alembic import command

from app.kit import schema as kit
from app.kit.database import Database
from app.kit.schema import migrate
from app.ledger import rejected_events, tables
from tests.conftest import NewDatabase


@pytest.mark.parametrize(
    ("before", "index"), [("0008", "ix_rejected_event_sender"), ("0011", "ix_rejected_event_of")], ids=["0009", "0012"]
)
def test_rejected_events_stay_and_are_found(
    engine: str, new_database: NewDatabase, now: dt.datetime, before: str, index: str
) -> None:
    """Down and up again with rows in it."""
    url = new_database(engine)
    database = Database(url)
    row = {"received_at": now, "door": "api", "errors": "[]", "event": '{"a": 1}'}
    command.downgrade(kit._alembic(url), before)  # noqa: SLF001 - no command of ours goes down
    with database.write("settle") as connection:
        connection.execute(sa.insert(tables.rejected_event), [row | {"sender": name} for name in ("crm", "erp", "crm")])
    migrate(url)
    with database.read() as connection:
        assert len(rejected_events(connection, sender=("api", "crm")).events) == 2
        assert len(rejected_events(connection).events) == 3
        indexes = {one["name"] for one in sa.inspect(connection).get_indexes("rejected_event")}
    assert index in indexes
    database.close()
