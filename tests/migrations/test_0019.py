"""The nineteenth migration: accounts stay as they were, and read instants by their office's clock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command

from app import access
from app.access.tables import account
from app.kit import schema as kit
from app.kit.database import Database
from app.kit.schema import migrate
from tests.conftest import NewDatabase
from tests.people import new_account


def test_accounts_read_by_their_offices_clock_until_they_choose(engine: str, new_database: NewDatabase) -> None:
    """Down and up again: the choice is gone, all else of the account is as it was."""
    url = new_database(engine)
    migrate(url)
    database = Database(url)
    with database.write("keep_accounts") as connection:
        access.change_clock(connection, account_id=new_account(connection, "alba"), timezone="Asia/Seoul")
        before = connection.execute(sa.select(account)).mappings().one()
    assert before["timezone"] == "Asia/Seoul"
    command.downgrade(kit._alembic(url), "0018")  # noqa: SLF001 - no command of ours goes down
    migrate(url)
    with database.read() as connection:
        after = connection.execute(sa.select(account)).mappings().one()
    database.close()
    assert dict(after) == {**before, "timezone": None}
