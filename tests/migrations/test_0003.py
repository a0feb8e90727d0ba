"""The third migration: what a ledger holds already is laid out as a new one would be, on the way up and on the way down."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command

from app.kit import schema as kit
from app.kit.schema import current_schema, migrate
from app.ledger import tables
from tests.conftest import NewDatabase
from tests.scenario import Scenario, open_agency

YEARS: Final = """
unit HQ agency
  unit VIE office
employee E1 VIE staff
employee E2 VIE staff
2025-03-04 deal D-1 E1 1000 EUR of Meyer/AT E1:0.6 E2:0.4
2026-03-04 deal D-2 E2 1000 EUR of Meyer/AT
2026-03-05 verified D-1 by E9
2026-03-06 verified D-3 by E9
2026-03-04 new_buyer N-1 E1 of Meyer/AT
2026-03-05 deal D-3 E1 10 EUR of Meyer/AT
2026-03-07 reversed D-2 by E9
"""


def test_a_ledger_of_the_version_before_is_laid_out_anew(
    engine: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    """Down and up again ends in what recording writes; whatever reconciling compares agrees."""
    agency = open_agency(new_database(engine), Scenario.read(YEARS), tmp_path)
    url, before = agency.database.url, _laid_out(agency.database)
    assert {row.cycle for row in before[0]} == {2025, 2026}
    command.downgrade(kit._alembic(url), "0002")  # noqa: SLF001 - no command of ours goes down
    with agency.database.read() as connection:
        days = connection.execute(sa.text("SELECT seq, day FROM credit ORDER BY seq, employee")).all()
        assert [str(row.day) for row in days] == ["2025-03-04", "2025-03-04", "2026-03-04", "2026-03-04", "2026-03-05"]
        assert not current_schema(connection)
    migrate(url)
    assert _laid_out(agency.database) == before
    assert agency.differences() == []
    agency.database.close()


def test_few_verdicts_wait_and_all_of_them_are_found(engine: str, new_database: NewDatabase, tmp_path: Path) -> None:
    """The index of those that wait holds no others."""
    agency = open_agency(new_database(engine), Scenario.read(YEARS), tmp_path)
    with agency.database.read() as connection:
        (index,) = [one for one in sa.inspect(connection).get_indexes("verdict") if one["name"] == "ix_verdict_waiting"]
    assert any(name.endswith("_where") for name in index["dialect_options"])
    agency.database.close()


def _laid_out(database: kit.Database) -> tuple[list[sa.Row[tuple[int, ...]]], list[sa.Row[tuple[int, ...]]]]:
    activity, credit = tables.activity.c, tables.credit.c
    with database.read() as connection:
        credits = sa.select(credit.seq, credit.employee, credit.cycle, credit.moved).order_by(
            credit.seq, credit.employee
        )
        type_states = sa.select(activity.seq, activity.type_state).order_by(activity.seq)
        return list(connection.execute(credits)), list(connection.execute(type_states))
