"""The sixteenth migration: business figures by day have a place, and all deals, consults and new buyers have a number before anything is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command

from app import intake, ledger, scoring
from app.kit import schema as kit
from app.kit.schema import current_schema, migrate
from app.ledger import tables
from app.rules.permissions import Deed
from tests.conftest import NewDatabase
from tests.scenario import AT, Scenario, open_agency

YEAR: Final = """
unit HQ agency
  unit VIE office
employee E1 VIE staff
2026-03-04 deal D-1 E1 1000 EUR of Meyer/AT
2026-03-06 consult C-1 E1 of Meyer/AT
"""
KPIS: Final = {
    "deals_austria": ({"activity": "export_deal", "aggregate": "count", "where": {"country": ["AT"]}}, "entered")
}


def test_an_agency_that_never_measured_them_has_their_totals(
    engine: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    """What an older version recorded under a filter alone is derived again by the rules of this one, and agrees with the ledger."""
    scenario = Scenario.read(YEAR)
    scenario.kpis = KPIS
    agency = open_agency(new_database(engine), scenario, tmp_path)
    command.downgrade(kit._alembic(agency.database.url), "0015")  # noqa: SLF001 - no command of ours goes down
    with agency.database.write("test") as connection:
        # As the older version left it.
        unfiltered = sa.select(tables.slice_.c.id).where(tables.slice_.c.text.endswith("||"))
        connection.execute(sa.delete(tables.total).where(tables.total.c.slice.in_(unfiltered)))
        connection.execute(sa.delete(tables.slice_).where(tables.slice_.c.text.endswith("||")))
        connection.execute(sa.update(tables.derivation).values(version=2))
    migrate(agency.database.url)
    with agency.database.write(Deed.LOAD_FOLDER) as connection:
        assert ledger.is_outdated(connection)
        assert intake.derive_by_present_rules(connection, at=AT) == 2
    assert agency.differences() == []
    with agency.database.read() as connection:
        assert current_schema(connection)
        plan = scoring.state(connection).plan(2026)
        source = scoring.business_source(connection, plan=plan, asked=scoring.ScoreQuery(2026, AT.date()), units=["HQ"])
    told = scoring.business(source).as_json()["items"][0]
    assert (told["deals"]["entered"], told["deal_value"]["entered"], told["consults"]["entered"]) == ("1", "1100", "1")
    agency.database.close()


def test_a_new_database_has_their_numbers(engine: str, new_database: NewDatabase) -> None:
    """Before the first load there are no KPIs, and pages are opened all the same."""
    from app.kit.database import Database

    database = Database(new_database(engine))
    with database.read() as connection:
        assert len(scoring.state(connection).frame.slices) == 3
    database.close()
