"""The one door to a database: what reads cannot write, what writes says for what."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.access import tables
from app.kit.bulk import bulk_insert
from app.kit.database import Database, driver_cursor
from app.rules.permissions import Deed
from tests.people import NOW

ROW = ("command", Deed.KEEP_KEYS, NOW)


def _insert_statement(connection: sa.Connection) -> None:
    connection.execute(sa.insert(tables.trail).values(who="command", deed=Deed.KEEP_KEYS, at=NOW))


def _insert_in_bulk(connection: sa.Connection) -> None:
    bulk_insert(connection, tables.trail, ("who", "deed", "at"), [ROW])


def _insert_by_driver(connection: sa.Connection) -> None:
    driver_cursor(connection).execute("DELETE FROM trail")


WAYS = pytest.mark.parametrize("write", [_insert_statement, _insert_in_bulk, _insert_by_driver])


@WAYS
def test_a_write_outside_a_deed_is_refused_by_the_engine(database: Database, write) -> None:
    """By a statement, in bulk (COPY on PostgreSQL) or by the driver itself: nobody writes without saying for what (decision 0008)."""
    with database.writer.connect() as connection, pytest.raises(RuntimeError, match="begun for a deed"):
        write(connection)
    with database.writer.connect() as connection, pytest.raises(RuntimeError, match="begun for a deed"):
        connection.begin()
    with database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.trail)) == 0


@WAYS
def test_a_reading_transaction_cannot_write(database: Database, write) -> None:
    """On either engine, whichever way it is tried (decision 0003)."""
    with database.read() as connection, pytest.raises(Exception, match=r"(?i)read-?only"):
        write(connection)


@WAYS
def test_a_deed_lets_one_write(database: Database, write) -> None:
    """The same three ways, within a transaction that says what it is for."""
    with database.write(Deed.KEEP_KEYS) as connection:
        _insert_statement(connection)
    if write is _insert_by_driver:  # The trail is only ever added to; the driver's deletion meets its trigger.
        with pytest.raises(Exception, match="only grows"), database.write(Deed.KEEP_KEYS) as connection:
            write(connection)
    else:
        with database.write(Deed.KEEP_KEYS) as connection:
            write(connection)
