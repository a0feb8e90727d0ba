"""The twenty-ninth migration: keys stay, and may be for a feed."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic import command

from app import access
from app.access.tables import api_key
from app.kit import schema as kit
from app.kit.database import Database
from app.kit.schema import migrate
from app.rules.permissions import Scope
from tests.conftest import NewDatabase
from tests.people import NOW


def test_keys_stay_and_those_of_feeds_go_with_their_scope(engine: str, new_database: NewDatabase) -> None:
    """Down and up again: programs come in as before, but feeds, which no other scope would be right for."""
    url = new_database(engine)
    migrate(url)
    database = Database(url)
    with database.write("test") as connection:
        secret = access.create_key(connection, name="crm", scope=Scope.INGEST, now=NOW)
        fed = access.create_key(connection, name="bank", scope=Scope.FEED, now=NOW, files=["rates.csv", "plan.csv"])
        known = access.authenticate_key(connection, key=fed)
        assert known is not None
        assert known.files == ("rates.csv", "plan.csv")
    command.downgrade(kit._alembic(url), "0028")  # noqa: SLF001 - no command of ours goes down
    migrate(url)
    with database.read() as connection:
        assert access.authenticate_key(connection, key=secret) is not None
        assert access.authenticate_key(connection, key=fed) is None
    for wrong in ("feed", "feed:", "write"):
        with pytest.raises(sa.exc.IntegrityError), database.write("test") as connection:
            connection.execute(sa.update(api_key).values(scope=wrong))
    database.close()
