"""Many rows in one statement: whatever stands in a column, on both engines."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.kit.bulk import among, bulk_insert, bulk_update, bulk_upsert_add, day_number, whole_numbers
from app.kit.database import Database
from app.ledger import tables as ledger_tables
from app.organisation import tables

EARLY, LATE = dt.date(2020, 1, 1), dt.date(2026, 7, 1)
_EMPLOYEE = ("id", "number", "name", "rank", "job", "monthly_base", "hired_on", "left_on")


@pytest.fixture
def three(database: Database) -> Database:
    """A database with three people, one of whom has left."""
    rows = [
        (1, "E1", "Alba", None, "staff", 1, EARLY, None),
        (2, "E2", "Boram", "G5", "head", 2, EARLY, LATE),
        (3, "E3", 'Chae, "the {third}"', "", "staff", 10**12, EARLY, None),
    ]
    with database.write("test") as connection:
        bulk_insert(connection, tables.employee, _EMPLOYEE, rows)
    return database


@pytest.mark.parametrize("first", [None, LATE])
def test_the_first_value_of_a_column_decides_nothing(three: Database, first: dt.date | None) -> None:
    """A column of days may begin with an absent one and one of texts with an empty one: each value is what it is."""
    wanted = [
        ("E1", None, 10**12, first),
        ("E2", "NULL", 2, EARLY + dt.timedelta(days=1)),
        ("E3", 'a\\"b,{}', 0, None),
    ]
    with three.write("test") as connection:
        bulk_update(connection, tables.employee, ("number",), ("rank", "monthly_base", "left_on"), wanted)
    columns = tables.employee.c
    with three.read() as connection:
        found = connection.execute(
            sa.select(columns.number, columns.rank, columns.monthly_base, columns.left_on).order_by(columns.number)
        )
        assert [tuple(row) for row in found] == wanted


@pytest.mark.parametrize(
    ("values", "found"),
    [([], []), (["E2"], ["E2"]), (["E3", 'x"\\', "", "E1"], ["E1", "E3"])],
    ids=["none", "one", "odd"],
)
def test_any_values_may_be_looked_for(three: Database, values: list[str], found: list[str]) -> None:
    """One parameter carries all of them, whatever their characters."""
    number = tables.employee.c.number
    with three.read() as connection:
        asked = sa.select(number).where(among(connection, number, values)).order_by(number)
        assert list(connection.scalars(asked)) == found


def test_whole_numbers_come_as_they_stand(three: Database) -> None:
    """Large ones and none at all, days as the calendar's own numbers, by conditions of texts, lists and days."""
    of = tables.employee.c
    with three.read() as connection:
        hired = day_number(connection, of.hired_on)
        wanted = sa.select(of.monthly_base, hired, of.id).order_by(of.id)
        wanted = wanted.where(among(connection, of.number, ["E3", "E1"]), of.job == "staff", of.hired_on <= EARLY)
        found = whole_numbers(connection, wanted)
        assert whole_numbers(connection, wanted.where(of.job.in_(["none", "of these"]))).shape == (0, 3)
    assert found.tolist() == [[1, EARLY.toordinal(), 1], [10**12, EARLY.toordinal(), 3]]


@pytest.mark.parametrize("start", [1, -1])
def test_numbers_are_added_whatever_their_width(database: Database, start: int) -> None:
    """A column of two, four or eight bytes takes the least and the most that fits, beside texts, row by row; a key met again adds."""
    days, members = ledger_tables.day_tally, ledger_tables.member
    most = {16: 2**15 - 1, 32: 2**31 - 1, 64: 2**63 - 1}
    tallies = [("2026-01-01", 0, start * 5, start * most[64], 0), ("2026-01-01", most[16], 1, -most[64] - 1, 7)]
    counted = [(-most[32] - 1, 3, 'unit "{,}"', start, 1, "", most[32], -1, 0), (2, 3, "한빛", 1, 2, "AT~x", 1, 1, 1)]
    key = ("cycle", "owner_kind", "owner", "slice", "of", "key")
    with database.write("test") as connection:
        bulk_upsert_add(connection, days, ("day", "lane"), ("events", "keys", "contents"), tallies)
        bulk_upsert_add(connection, days, ("day", "lane"), ("events", "keys", "contents"), [("2026-01-01", 0, 1, 0, 1)])
        written = bulk_upsert_add(connection, members, key, ledger_tables.LEVELS, counted, returning=True)
        now = connection.execute(sa.select(days).order_by(days.c.lane)).all()
    assert [tuple(row[1:]) for row in now] == [(0, start * 5 + 1, start * most[64], 1), tallies[1][1:]]
    assert sorted(map(tuple, written)) == sorted(counted)
