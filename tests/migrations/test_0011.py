"""The eleventh migration: columns of an activity get other names, and every value stays under the new one, on the way up and on the way down."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command

from app.kit import schema as kit
from app.kit.schema import current_schema, migrate
from tests.conftest import NewDatabase
from tests.scenario import Scenario, open_agency

YEAR: Final = """
unit HQ agency
  unit VIE office
employee E1 VIE staff
2026-03-04 deal D-1 E1 1000 EUR of Meyer/AT
2026-03-05 verified D-1 by E9
2026-03-06 consult C-1 E1 of Meyer/AT
"""


def test_values_stay_and_indexes_serve_the_new_names(engine: str, new_database: NewDatabase, tmp_path: Path) -> None:
    """What recording wrote is read under the old names after going down, and agrees with the ledger after going up again."""
    agency = open_agency(new_database(engine), Scenario.read(YEAR), tmp_path)
    before = _values(agency, "last_effect_on", "type_state")
    assert [str(day) for _, day, _ in before] == ["2026-03-05", "2026-03-06"]
    command.downgrade(kit._alembic(agency.database.url), "0010")  # noqa: SLF001 - no command of ours goes down
    assert _values(agency, "settled_on", "pile") == before
    assert {"ix_activity_settled", "ix_activity_pile"} <= _indexes(agency)
    migrate(agency.database.url)
    assert _values(agency, "last_effect_on", "type_state") == before
    assert {"ix_activity_last_effect", "ix_activity_type_state"} == _indexes(agency) - {
        "ix_activity_buyer",
        "ix_activity_company",
        "ix_activity_day",
    }
    assert agency.differences() == []
    with agency.database.read() as connection:
        assert current_schema(connection)
    agency.database.close()


def _values(agency, day: str, number: str) -> list[tuple[int, object, int]]:
    table = sa.table("activity", sa.column("seq"), sa.column(day, sa.Date), sa.column(number))
    with agency.database.read() as connection:
        return [tuple(row) for row in connection.execute(sa.select(table).order_by(table.c.seq))]


def _indexes(agency) -> set[str]:
    with agency.database.read() as connection:
        return {index["name"] for index in sa.inspect(connection).get_indexes("activity")}
