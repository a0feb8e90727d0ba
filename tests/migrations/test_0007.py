"""The seventh migration: what earlier rules derived is derived again by the command that migrates."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from app.kit import schema as kit
from app.ledger import tables
from tests.conftest import Kopes, NewDatabase
from tests.scenario import Scenario, open_agency

GIVEN = """
unit HQ agency
employee E1 HQ staff
2026-03-04 new_buyer N-1 E1 of मीरा/IN
2026-03-05 new_buyer N-2 E1 of मोरे/IN
2026-03-05 verified N-1 by E9
"""


def test_keys_of_the_version_before_are_derived_again(
    engine: str, new_database: NewDatabase, tmp_path: Path, kopes: Kopes
) -> None:
    """Two buyers whose names differ by vowel signs alone were one: after `kopes migrate` the digest is that of a fresh database."""
    agency = open_agency(new_database(engine), Scenario.read(GIVEN), tmp_path)
    url, digest = agency.database.url, agency.digest()
    command.downgrade(kit._alembic(url), "0006")  # noqa: SLF001 - no command of ours goes down
    with agency.database.write("test") as connection:
        connection.execute(sa.update(tables.activity).values(buyer_key="IN~म र"))
    assert "2 activities were derived again" in kopes("migrate", database=url).out
    assert agency.digest() == digest
    assert agency.differences() == []
    assert "derived again" not in kopes("migrate", database=url).out
    agency.database.close()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_an_empty_database_is_migrated_too(new_database: NewDatabase, kopes: Kopes, engine: str) -> None:
    """Before anything was loaded there is nothing to derive."""
    assert kopes("migrate", database=new_database(engine)).out == "The schema is current.\n"
