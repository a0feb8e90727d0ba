"""The twenty-seventh migration: answers that are kept, and everything else as it was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command

from app import access
from app.access import AnswerKey, KeptAnswer
from app.access.tables import api_key
from app.kit import schema as kit
from app.kit.database import Database
from app.kit.schema import migrate
from app.rules.permissions import Scope
from tests.conftest import NewDatabase
from tests.people import NOW

WHICH = AnswerKey("key:crm", "k")
ANSWER = KeptAnswer(
    fingerprint="0" * 64, by_right=True, status=201, content_type="application/json", location="/x", body=b"{}\xff"
)


def test_what_is_kept_goes_with_its_table_and_keys_stay(engine: str, new_database: NewDatabase) -> None:
    """Down and up again: programs come in as before, and what they send again is done again."""
    url = new_database(engine)
    migrate(url)
    database = Database(url)
    with database.write("test") as connection:
        access.create_key(connection, name="crm", scope=Scope.INGEST, now=NOW)
        access.keep_answer(connection, WHICH, ANSWER, now=NOW)
        assert access.kept_answer_of(connection, WHICH, now=NOW) == ANSWER
    before = _keys(database)
    command.downgrade(kit._alembic(url), "0026")  # noqa: SLF001 - no command of ours goes down
    migrate(url)
    assert _keys(database) == before
    with database.read() as connection:
        assert access.kept_answer_of(connection, WHICH, now=NOW) is None
    database.close()


def _keys(database: Database) -> list[dict[str, object]]:
    with database.read() as connection:
        return [dict(row) for row in connection.execute(sa.select(api_key)).mappings()]
