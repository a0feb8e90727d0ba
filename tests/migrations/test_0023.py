"""The twenty-third migration: nothing was decided before it, and of an account no more is known than when it was made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command

from app.access.tables import account
from app.decisions import tables
from app.kit import schema as kit
from app.kit.database import Database
from app.kit.schema import migrate
from tests.conftest import NewDatabase
from tests.people import NOW, new_account


def test_accounts_stay_and_decisions_begin_with_none(engine: str, new_database: NewDatabase) -> None:
    """Down and up again takes what was decided away, and nothing else."""
    url = new_database(engine)
    migrate(url)
    database = Database(url)
    with database.write("decide") as connection:
        new_account(connection, "dana")
        before = connection.execute(sa.select(account)).mappings().one()
        connection.execute(
            sa.insert(tables.decision).values(
                id=1,
                kind="master",
                content="{}",
                reason="For the test.",
                account="account:dana",
                at=NOW,
                digest="0" * 64,
                effects="[]",
                signed_effects=False,
            )
        )
    command.downgrade(kit._alembic(url), "0022")  # noqa: SLF001 - no command of ours goes down
    migrate(url)
    with database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.decision)) == 0
        after = connection.execute(sa.select(account)).mappings().one()
        assert dict(after) == dict(before)
        assert after["rights_given_at"] == after["created_at"]
    database.close()
