"""Everything stored beside the events is held against them, and a load writes it anew; by day totals are held against the activities, and what came since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app import ledger, scoring
from app.kit.database import one_moment
from app.ledger import tables
from tests.conftest import NewDatabase
from tests.scenario import AT, Scenario, open_agency

YEAR = """
unit HQ agency
  unit VIE office
employee E1 VIE staff
employee E2 VIE staff
2026-03-04 deal D-1 E1 1000 EUR of Meyer/AT E1:0.6 E2:0.4
2026-03-05 verified D-1 by E9
2026-03-04 new_buyer N-1 E1 of Meyer/AT
2026-03-05 new_buyer N-2 E2 of Meyer/AT
"""


@pytest.mark.parametrize(
    ("table", "column", "value", "repaired"),
    [
        # What somebody changes behind the application's back; whether deriving everything again mends it.
        (tables.total, "entered_shares", 7, True),
        (tables.total, "verified_micros", 7, True),
        (tables.member, "entered", 9, True),
        (tables.activity, "usd_cents", 5, True),
        (tables.activity, "buyer_key", "x", True),
        (tables.activity, "standing", 0, True),
        (tables.activity, "counts", 7, True),
        (tables.activity, "state", "denied", True),
        (tables.activity, "type_state", 3, True),
        (tables.credit, "path", None, True),
        (tables.credit, "cycle", 2031, True),
        (tables.credit, "moved", 1, True),
        (tables.activity, "hs_code", "99", False),
        (tables.activity, "buyer_name", "Somebody", False),
        (tables.credit, "share", 1, False),
        (tables.verdict, "type", "rejected", False),
    ],
    ids=str,
)
@pytest.mark.parametrize("engine", ["sqlite"])
def test_whatever_is_changed_behind_the_ledgers_back_is_found(
    engine: str, new_database: NewDatabase, tmp_path: Path, table: sa.Table, column: str, value: Any, repaired: bool
) -> None:
    """Derived columns and totals are mended by deriving them again; what an event itself says has to be looked into."""
    agency = open_agency(new_database(engine), Scenario.read(YEAR), tmp_path)
    digest = agency.digest()
    assert agency.differences() == []
    with agency.database.write("tamper") as connection:
        connection.execute(sa.update(table).values({column: value}))
    assert agency.differences() != []
    with agency.database.write("rederive") as connection:
        ledger.rederive(connection, scoring.state(connection).frame, at=AT)
    assert (agency.differences() == []) is repaired
    if repaired:
        assert agency.digest() == digest
    agency.database.close()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_total_that_is_missing_and_one_too_many_are_both_found(
    engine: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    """A line each, with what is stored and what should be."""
    agency = open_agency(new_database(engine), Scenario.read(YEAR), tmp_path)
    with agency.database.write("tamper") as connection:
        connection.execute(sa.update(tables.total).where(tables.total.c.owner_kind == 2).values(cycle=2031))
    found = agency.differences()
    assert any("2026" in line and "stored None" in line for line in found)
    assert any("2031" in line and "should be None" in line for line in found)
    agency.database.close()


MANY_KINDS = """
unit HQ agency
  unit VIE office
  unit PAR office
employee E1 VIE staff
employee E2 PAR staff
employee E3 - staff
2026-03-04 deal D-1 E1 1000.37 EUR of Meyer/AT E1:0.6 E2:0.3 E3:0.1
2026-03-05 verified D-1 by E9
2026-03-06 confirmed D-1
2026-03-07 deal D-2 E2 33.33 EUR of Huber/AT
2026-03-08 verified D-2 by E9
2026-04-01 consult C-1 E1 of Lang/AT
2026-03-04 new_buyer N-1 E1 of Meyer/AT
2026-03-05 new_buyer N-2 E2 of Meyer/AT
2026-03-06 verified N-2 by E9
2026-03-06 rejected N-1 by E9
"""
LATER = (
    "2026-05-01 new_buyer N-3 E2 of Meyer/AT",
    "2026-05-02 reversed D-2 by E2",
    "2026-05-03 confirmed D-1 as AGAIN",
)


def _since(connection: sa.Connection, after: int) -> list[str]:
    return list(ledger.reconcile_since(connection, scoring.state(connection).frame, after=after))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_whoever_knows_that_all_agreed_finds_each_kind_of_total_that_was_altered_since(
    engine: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    """Every column of totals, members and counts, of every kind of owner, a row too many, one too few; and what totals hang on of an activity."""
    agency = open_agency(new_database(engine), Scenario.read(MANY_KINDS), tmp_path)
    total, member, count = tables.total, tables.member, tables.distinct_count
    with agency.database.read() as connection:
        last = ledger.last_event(connection)
        frame = scoring.state(connection).frame
        assert {of for one in frame.slices for of in one.of} == {1, 2}
        kinds = {
            table: set(connection.scalars(sa.select(table.c.owner_kind).distinct())) for table in (total, member, count)
        }
        owners = {table: {kind: _some_key(connection, table, kind) for kind in kinds[table]} for table in kinds}
        assert _since(connection, last) == []
    altered: list[Any] = []
    for table, columns in ((total, tables.amount_columns()), (member, tables.LEVELS), (count, tables.LEVELS)):
        altered += [
            sa.update(table).where(*where).values({name: table.c[name] + 1})
            for where in owners[table].values()
            for name in columns
        ]
        altered += [sa.delete(table).where(*where) for where in owners[table].values()]
        altered.append(sa.update(table).values(cycle=2031))
    altered += [
        sa.update(tables.activity).where(tables.activity.c.usd_cents.is_not(None)).values(usd_cents=5),
        sa.update(tables.activity).where(tables.activity.c.type == "new_buyer").values(counts=7),
        sa.update(tables.activity).values(company_key="x"),
        sa.update(tables.activity).values(buyer_key="x"),
        sa.update(tables.activity).values(cycle=2025),
        sa.update(tables.credit).values(share=1),
        sa.update(tables.credit).values(path=None),
    ]
    for statement in altered:
        with agency.database.tried("tamper") as connection:
            assert connection.execute(statement).rowcount > 0
            assert _since(connection, last) != [], (engine, str(statement))
            assert list(scoring.reconcile(connection)) != []
    agency.database.close()


def _some_key(connection: sa.Connection, table: sa.Table, kind: int) -> list[sa.ColumnElement[bool]]:
    """The condition that picks one row of a kind of owner, in which nothing is zero but by chance."""
    key = list(table.primary_key.columns)
    amounts = sum((column for column in table.columns if not column.primary_key), start=sa.literal(0))
    row = connection.execute(
        sa.select(*key).where(table.c.owner_kind == kind).order_by(amounts.desc(), *key).limit(1)
    ).one()
    return [column == value for column, value in zip(key, row, strict=True)]


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_of_what_came_since_the_events_are_read_and_what_they_moved_is_judged_again(
    engine: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    """A later activity, what a later verdict is about and the others of its group; what is older and untouched is the night's to find."""
    agency = open_agency(new_database(engine), Scenario.read(MANY_KINDS), tmp_path)
    with agency.database.read() as connection:
        last = ledger.last_event(connection)
    agency.record(*LATER)
    event, activity, verdict = tables.event.c, tables.activity, tables.verdict
    with agency.database.read() as connection:
        assert [_since(connection, after) for after in range(-1, last + 1)] == [[]] * (last + 2)
        seqs = {row.id: row.seq for row in connection.execute(sa.select(event.id, event.seq))}
        for at in (0, last):
            assert ledger.events_up_to(connection, at) == sum(1 for one in seqs.values() if one <= at)
    for named, table, values, is_found in (
        ("N-3", activity, {"hs_code": "99"}, True),
        ("N-3", activity, {"search": "x"}, True),
        ("D-2", activity, {"state": "verified"}, True),
        ("D-1", activity, {"last_effect_on": activity.c.day}, True),
        ("N-2", activity, {"standing": 0}, True),
        ("AGAIN", verdict, {"type": "denied"}, True),
        ("C-1", activity, {"search": "x"}, False),
    ):
        with agency.database.tried("tamper") as connection:
            connection.execute(sa.update(table).where(table.c.seq == seqs[named]).values(values))
            assert (_since(connection, last) != []) is is_found, named
            assert list(scoring.reconcile(connection)) != []
    agency.database.close()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_what_is_read_of_one_moment_lets_recorders_go_on(
    engine: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    """Whoever shut them out for that moment sees what was recorded before, and nothing of what is recorded beside; on SQLite a writer is alone."""
    agency = open_agency(new_database(engine), Scenario.read(YEAR), tmp_path)
    with agency.database.write("certify") as connection:
        with one_moment(connection, ledger.shut_out_recorders) as seen:
            before = ledger.last_event(seen)
            if engine == "postgresql":
                # By this very thread: it would wait for ever for itself.
                agency.record("2026-05-01 consult LATE E1 of Meyer/AT")
            assert ledger.last_event(seen) == before
            assert ledger.last_event(connection) == before + (engine == "postgresql")
        assert (seen is connection) is (engine == "sqlite")
    agency.database.close()
