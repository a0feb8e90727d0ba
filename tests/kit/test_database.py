"""The one door to a database: what reads cannot write, what writes says for what."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.access import tables
from app.kit.bulk import bulk_insert
from app.kit.database import Database, driver_cursor
from app.rules.permissions import Deed
from tests.conftest import NewDatabase
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


def test_an_error_of_the_database_tells_no_values(database: Database) -> None:
    """It is logged with its statement, whose values may be the hash of a password."""
    with pytest.raises(sa.exc.DBAPIError) as raised, database.write(Deed.KEEP_KEYS) as connection:
        connection.execute(sa.text("SELECT secret FROM nothing WHERE hash = :hash"), {"hash": "argon2-of-somebody"})
    assert "nothing" in str(raised.value)
    assert "argon2-of-somebody" not in str(raised.value)


def test_what_may_as_well_be_done_later_waits_for_no_turn(database_url: str) -> None:
    """With every writer busy it is left, on either engine: its request has its answer already, and must not lose it (decision 0016)."""
    database = Database(database_url, writers=1, patience_s=0.2)
    try:
        with database.write("load"):
            assert not database.writing_if_free(Deed.KEEP_KEYS, _insert_statement)
        assert database.writing_if_free(Deed.KEEP_KEYS, _insert_statement)
        with database.write("load") as connection:
            connection.execute(sa.text("SELECT 1"))
    finally:
        database.close()


def test_what_may_as_well_be_done_later_takes_nobody_s_answer_away(database: Database) -> None:
    """Whatever the database says of it."""

    def twice(connection: sa.Connection) -> None:
        for _ in range(2):
            connection.execute(sa.insert(tables.trail).values(id=1, who="command", deed=Deed.KEEP_KEYS, at=NOW))

    assert not database.writing_if_free(Deed.KEEP_KEYS, twice)


def test_a_connection_that_did_not_wait_once_waits_as_long_as_ever(new_database: NewDatabase) -> None:
    """SQLite's own patience is put back as the database's owner set it."""
    database = Database(new_database("sqlite"), patience_s=7)
    try:
        assert database.writing_if_free(Deed.KEEP_KEYS, _insert_statement)
        with database.write(Deed.KEEP_KEYS) as connection:
            assert connection.execute(sa.text("PRAGMA busy_timeout")).scalar_one() == 7000
    finally:
        database.close()
