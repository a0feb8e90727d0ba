"""The twenty-first migration: views that were kept stay, and the database refuses a second of one name and a second usual one."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic import command

from app import access
from app.access.tables import saved_view
from app.kit import schema as kit
from app.kit.database import Database
from app.kit.schema import migrate
from tests.conftest import NewDatabase
from tests.people import NOW, new_account


def test_views_stay_and_are_held_by_the_database(engine: str, new_database: NewDatabase) -> None:
    """Down and up again keeps each view; what no page would write, the database does not take either."""
    url = new_database(engine)
    migrate(url)
    database = Database(url)
    with database.write("keep_accounts") as connection:
        account_id = new_account(connection, "alba")
        for name, usual in (("Wien", True), ("Paris", False)):
            access.save_view(
                connection,
                account_id=account_id,
                of_list="people",
                name=name,
                filters="unit=VIE",
                is_default=usual,
                now=NOW,
            )
        before = access.saved_views(connection, account_id=account_id)
    command.downgrade(kit._alembic(url), "0020")  # noqa: SLF001 - no command of ours goes down
    migrate(url)
    with database.read() as connection:
        assert access.saved_views(connection, account_id=account_id) == before
    for name, usual in (("Wien", False), ("Prag", True)):
        row = {"account_id": account_id, "list": "people", "name": name, "filters": "", "is_default": usual}
        with pytest.raises(sa.exc.IntegrityError), database.write("keep_views") as connection:
            connection.execute(sa.insert(saved_view).values(created_at=NOW, **row))
    database.close()
