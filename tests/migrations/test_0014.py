"""The fourteenth migration: accounts stay as they were, with all that is theirs, and may have the pages in high contrast."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic import command

from app import access
from app.access import tables
from app.kit import schema as kit
from app.kit.database import Database
from app.kit.schema import current_schema, migrate
from tests.conftest import NewDatabase
from tests.people import new_account


def test_accounts_stay_and_may_choose_high_contrast(engine: str, new_database: NewDatabase) -> None:
    """Down and up again: the same accounts and sessions; a theme that is not known is refused by the database on either side."""
    url = new_database(engine)
    migrate(url)
    database = Database(url)
    with database.write("keep_accounts") as connection:
        alba, boram = (new_account(connection, name) for name in ("alba", "boram"))
        access.change_look(connection, account_id=alba, theme="contrast")
        access.change_look(connection, account_id=boram, theme="dark")
        before = _accounts(connection)
    command.downgrade(kit._alembic(url), "0013")  # noqa: SLF001 - no command of ours goes down
    with database.read() as connection:
        assert not current_schema(connection)
        assert _themes(connection) == ["system", "dark"]
    migrate(url)
    with database.read() as connection:
        assert _accounts(connection) == [before[0] | {"theme": "system"}, before[1]]
    for theme, roles in (("sepia", "hr"), ("dark", "")):
        with pytest.raises(sa.exc.IntegrityError), database.write("keep_accounts") as connection:
            connection.execute(sa.update(tables.account).values(theme=theme, roles=roles))
    database.close()


def _accounts(connection: sa.Connection) -> list[dict[str, object]]:
    rows = connection.execute(sa.select(tables.account).order_by(tables.account.c.id))
    return [dict(row) for row in rows.mappings()]


def _themes(connection: sa.Connection) -> list[str]:
    return list(connection.execute(sa.select(tables.account.c.theme).order_by(tables.account.c.id)).scalars())
