"""Where a follower of the ledger stood: a text that any process on the same database can go on from."""

from __future__ import annotations

import datetime as dt

from app import ledger
from app.ledger import Cursor
from tests.scenario import AT


def _position(database):
    with database.read() as connection:
        return ledger.cursor(connection).text


def _touch(database, *, at=AT):
    with database.write("ingest") as connection:
        ledger.record_change(connection, at=at, owners=ledger.owners_text(employees=[1], cycles=[2026]))


def _after(database, position):
    with database.read() as connection:
        found = ledger.changes_after(connection, position)
    return None if found is None else len(found)


def test_what_was_committed_after_a_position_is_found_once(database):
    _touch(database)
    before = _position(database)
    assert _after(database, before) == 0
    _touch(database)
    _touch(database)
    assert _after(database, before) == 2
    assert _after(database, _position(database)) == 0


def test_a_position_that_is_not_of_this_database_or_too_old_is_not_known(database):
    _touch(database)
    first = _position(database)
    for strange in ("", "x", "1-", "-1", "9" * 19, "9" * 30, "é", "9223372036854775807"):
        assert _after(database, strange) is None, strange
    _touch(database)
    _touch(database, at=AT + dt.timedelta(days=2))
    with database.write("run_job") as connection:
        ledger.forget_changes(connection, before=AT + dt.timedelta(days=1))
    assert _after(database, first) is None, "what came after it was deleted"
    assert _after(database, _position(database)) == 0


def test_a_position_among_many_open_transactions_says_less_rather_than_too_much():
    """Whoever returns to it hears of some twice, and misses none."""
    assert Cursor.parse(Cursor(7, frozenset({9, 8})).text) == Cursor(7, frozenset({8, 9}))
    assert Cursor.parse(Cursor(7, frozenset(range(10, 100))).text) == Cursor(7, frozenset())
