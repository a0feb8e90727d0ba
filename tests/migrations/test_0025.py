"""The twenty-fifth migration: an outbox that is empty, and accounts as they were."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command

from app import access
from app.access.tables import account
from app.kit import outbox
from app.kit import schema as kit
from app.kit.database import Database
from app.kit.schema import migrate
from app.rules.terms import Role
from tests.conftest import NewDatabase
from tests.people import NOW


def test_accounts_stay_and_what_is_posted_goes_with_the_outbox(engine: str, new_database: NewDatabase) -> None:
    """Down and up again: who could sign in can, and nothing is sent twice."""
    url = new_database(engine)
    migrate(url)
    database = Database(url)
    with database.write("test") as connection:
        access.create_account(connection, email="iris@agency.example", roles={Role.ADMIN}, employee=None, now=NOW)
        number = access.invite_account(connection, email="alba@agency.example", employee="E1", now=NOW)
        (posted,) = outbox.deliveries(connection, limit=2)
        made = {"delivery": posted.id, "account_id": number, "kind": access.LinkKind.INVITATION}
        assert access.link_token(connection, **made, key="k", until=NOW, now=NOW) is not None
    before = _accounts(database)
    command.downgrade(kit._alembic(url), "0023")  # noqa: SLF001 - no command of ours goes down
    migrate(url)
    # Who gave a password of before nobody knows: each may have been handed over.
    assert _accounts(database) == [one | {"password_handed": bool(one["password_hash"])} for one in before]
    with database.read() as connection:
        assert outbox.deliveries(connection, limit=1) == []
    database.close()


def _accounts(database: Database) -> list[dict[str, object]]:
    with database.read() as connection:
        return [dict(row) for row in connection.execute(sa.select(account).order_by(account.c.id)).mappings()]
