"""The eighteenth migration: accounts stay as they were, and whoever has been here before is offered no first visit."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from alembic import command

from app import access
from app.access.tables import account
from app.kit import schema as kit
from app.kit.database import Database
from app.kit.schema import migrate
from tests.conftest import NewDatabase
from tests.people import NOW, new_account


def test_who_was_here_before_is_offered_no_first_visit(engine: str, new_database: NewDatabase) -> None:
    """Down and up again: whoever had a session has made it, whoever never came has not."""
    url = new_database(engine)
    migrate(url)
    database = Database(url)
    with database.write("keep_accounts") as connection:
        for name in ("alba", "boram"):
            new_account(connection, name)
        rows = connection.execute(sa.select(account).order_by(account.c.email)).mappings().all()
        access.open_session(connection, account_id=rows[0]["id"], now=NOW, life=dt.timedelta(hours=1))
    command.downgrade(kit._alembic(url), "0017")  # noqa: SLF001 - no command of ours goes down
    migrate(url)
    with database.read() as connection:
        after = connection.execute(sa.select(account).order_by(account.c.email)).mappings().all()
    database.close()
    assert [row["first_visit_at"] for row in after] == [NOW, None]
    assert [{**row, "first_visit_at": None} for row in after] == [dict(row) for row in rows]
