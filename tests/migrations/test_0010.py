"""The tenth migration: what was typed when a session had ended goes with its table; accounts stay."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command

from app import access
from app.kit import schema as kit
from app.kit.database import Database
from app.kit.schema import current_schema, migrate
from tests.conftest import NewDatabase
from tests.people import NOW, new_account


def test_kept_forms_come_and_go(engine: str, new_database: NewDatabase) -> None:
    """An account that had something kept is there after going down and up; what was kept is not."""
    url = new_database(engine)
    migrate(url)
    database = Database(url)
    with database.write("keep_accounts") as connection:
        account = new_account(connection, "alba")
        access.keep_form(connection, account_id=account, page="/log", values={"company": ["Alpen"]}, now=NOW)
        assert access.typed_before(connection, account_id=account, page="/log", now=NOW) == {"company": ["Alpen"]}
    command.downgrade(kit._alembic(url), "0009")  # noqa: SLF001 - no command of ours goes down
    with database.read() as connection:
        assert not sa.inspect(connection).has_table("kept_form")
        assert not current_schema(connection)
    migrate(url)
    with database.read() as connection:
        assert not access.has_kept_forms(connection, account_id=account, now=NOW)
    database.close()
