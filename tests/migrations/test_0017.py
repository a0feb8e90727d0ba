"""The seventeenth migration: accounts stay as they were, and whoever has not looked at their targets yet is told of changes since they have one."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from alembic import command

from app import access
from app.access import Viewer
from app.access.tables import account
from app.kit import schema as kit
from app.kit.database import Database
from app.kit.schema import migrate
from tests.conftest import NewDatabase
from tests.people import NOW, TODAY, new_account


def test_accounts_stay_and_have_seen_no_change_of_a_target(engine: str, new_database: NewDatabase) -> None:
    """Down and up again: the same account, which is told again of what it had seen."""
    url = new_database(engine)
    migrate(url)
    database = Database(url)
    with database.write("keep_accounts") as connection:
        new_account(connection, "alba")
        row = connection.execute(sa.select(account)).one()
        access.see_targets(connection, account_id=row.id, at=NOW + dt.timedelta(days=1))
        viewer = Viewer(account_id=row.id, email=row.email, roles=frozenset(), employee=None, today=TODAY)
        assert access.visits(connection, viewer=viewer, midnight=NOW).targets_seen_at == NOW + dt.timedelta(days=1)
    command.downgrade(kit._alembic(url), "0016")  # noqa: SLF001 - no command of ours goes down
    migrate(url)
    with database.read() as connection:
        assert connection.execute(sa.select(account)).one() == row
        assert access.visits(connection, viewer=viewer, midnight=NOW).targets_seen_at < NOW
    database.close()
