"""The fifteenth migration: activities that are there already are found by their company."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command

from app import ledger, scoring
from app.kit import schema as kit
from app.kit.schema import migrate
from app.rules.terms import Node, NodeKind
from tests.conftest import NewDatabase
from tests.scenario import Scenario, open_agency

YEAR: Final = """
unit HQ agency
employee E1 HQ staff
2026-03-04 deal D-1 E1 1000 EUR of Meyer/AT for Alpenglow
2026-03-06 consult C-1 E1 of Meyer/AT for Alpenglow
"""


def test_what_was_recorded_before_is_found_by_its_company(
    engine: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    """Down and up again with rows in it."""
    agency = open_agency(new_database(engine), Scenario.read(YEAR), tmp_path)
    command.downgrade(kit._alembic(agency.database.url), "0014")  # noqa: SLF001 - no command of ours goes down
    migrate(agency.database.url)
    with agency.database.read() as connection:
        indexes = {one["name"] for one in sa.inspect(connection).get_indexes("activity")}
        meant = ledger.parties_meant(
            connection,
            scoring.state(connection).frame,
            text="alpen",
            node=Node(NodeKind.UNIT, "HQ"),
            limit=5,
        )
    assert "ix_activity_company" in indexes
    assert [one.name for one in meant.companies] == ["Alpenglow"]
    assert len(meant.activities) == 2
    agency.database.close()
