"""The fifth migration: what a folder loaded before says stays, and the next load may say more."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command

from app import organisation
from app.intake.folder import load
from app.kit import schema as kit
from app.kit.database import Database
from app.kit.schema import current_schema, migrate
from app.organisation import Directory
from tests.conftest import NewDatabase
from tests.small_agency import AT, SMALL, definitions, write

NAMED = {
    **SMALL,
    "units": [
        f"{line},{'name_ko' if at == 0 else '빈' if line.startswith('VIE') else ''}"
        for at, line in enumerate(SMALL["units"])
    ],
    "employment": ["employee,from,to,job,rank,monthly_base", "E1,2026-05-01,,manager,,3500000"],
}


def _loaded(database: Database, folder: Path) -> Directory:
    with database.write("load") as connection:
        assert load(connection, folder, definitions(), at=AT, by="test").revision is not None
    with database.read() as connection:
        return organisation.directory(connection)


def test_units_and_people_of_before_stay_and_get_names_and_terms(
    engine: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    """Down, with what only this version knows gone, and up again: the same units and people, and the folder fills in the rest."""
    database = Database(new_database(engine))
    before = _loaded(database, write(tmp_path, NAMED))
    assert len(before.employment["E1"]) == 1
    command.downgrade(kit._alembic(database.url), "0004")  # noqa: SLF001 - no command of ours goes down
    with database.read() as connection:
        assert not current_schema(connection)
        codes = connection.execute(sa.text("SELECT code, name FROM unit_period ORDER BY code, valid_from")).all()
    assert [tuple(row) for row in codes] == [
        (row.code, row.name) for code in before.tree.units for row in before.tree.rows(code)
    ]
    migrate(database.url)
    after = _loaded(database, write(tmp_path, NAMED))
    assert after.employees == before.employees
    assert after.employment == before.employment
    assert [row.name.in_language("ko") for row in after.tree.rows("VIE")] == ["빈", "빈"]
    assert [row.name.in_language("ko") for row in after.tree.rows("PAR")] == ["Paris"]
    database.close()
