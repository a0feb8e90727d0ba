"""The twentieth migration: nobody has a view yet, and what is kept afterwards is kept as its page kept it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command

from app import access
from app.access.tables import account
from app.kit import schema as kit
from app.kit.database import Database
from app.kit.schema import migrate
from tests.conftest import NewDatabase
from tests.people import NOW, new_account


def test_views_begin_with_none_and_accounts_stay(engine: str, new_database: NewDatabase) -> None:
    """Down and up again takes the views away, and nothing else."""
    url = new_database(engine)
    migrate(url)
    database = Database(url)
    with database.write("keep_accounts") as connection:
        new_account(connection, "alba")
        before = connection.execute(sa.select(account)).mappings().one()
        access.save_view(
            connection,
            account_id=before["id"],
            of_list="people",
            name="Wien",
            filters="unit=VIE",
            is_default=True,
            now=NOW,
        )
        view = access.saved_views(connection, account_id=before["id"])[0]
        assert (view.list, view.name, view.filters, view.is_default) == ("people", "Wien", "unit=VIE", True)
    command.downgrade(kit._alembic(url), "0019")  # noqa: SLF001 - no command of ours goes down
    migrate(url)
    with database.read() as connection:
        assert access.saved_views(connection, account_id=before["id"]) == []
        assert dict(connection.execute(sa.select(account)).mappings().one()) == dict(before)
    database.close()
