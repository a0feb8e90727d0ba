"""Everything stored beside the events is held against them, and a load writes it anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app import ledger, scoring
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
