"""Several servers of one agency are brought up to date at once, each by its own ``kopes migrate``."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from alembic import command

from app.kit import schema as kit
from app.kit.database import Database
from tests.conftest import Kopes, NewDatabase


def test_of_several_that_migrate_at_once_one_does_and_the_others_see_it_done(
    engine: str, new_database: NewDatabase, kopes: Kopes
) -> None:
    """None ends with an error, and the schema is current."""
    url = new_database(engine)
    command.downgrade(kit._alembic(url), "0019")  # noqa: SLF001 - no command of ours goes down
    with ThreadPoolExecutor(4) as servers:
        ran = list(servers.map(lambda _: kopes("migrate", database=url), range(4)))
    assert [one.out for one in ran] == ["The schema is current.\n"] * 4
    database = Database(url)
    with database.read() as connection:
        assert kit.current_schema(connection)
    database.close()
