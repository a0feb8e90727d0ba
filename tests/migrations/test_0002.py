"""The second migration: a running agency keeps all that it has, on the way up and on the way down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import IntegrityError

from app.kit import schema as kit
from app.kit.database import Database
from app.kit.schema import current_schema, migrate
from tests.conftest import NewDatabase

AT = dt.datetime(2026, 1, 1, 9, tzinfo=dt.UTC)

REVISION = sa.table(
    "revision",
    *map(sa.column, ("id", "number", "token", "decided")),
    sa.column("loaded_at", sa.DateTime(timezone=True)),
)
LINE = sa.table("scorecard_line", *map(sa.column, ("cycle", "node", "kpi", "place", "weight", "link", "target")))
TARGET_SET = sa.table(
    "target_set",
    *map(sa.column, ("cycle", "node", "kpi", "target", "set_by")),
    sa.column("at", sa.DateTime(timezone=True)),
)
A_LINE = {
    "cycle": 2026,
    "node": "unit:HQ",
    "kpi": "deals",
    "place": 1,
    "weight": "100",
    "link": "unique",
    "target": "10",
}
A_TARGET = {"cycle": 2026, "node": "unit:HQ", "kpi": "deals", "target": "12", "set_by": "account:a@b.c", "at": AT}


@pytest.fixture
def before(engine: str, new_database: NewDatabase) -> Iterator[Database]:
    """A database of the version before, with a folder loaded."""
    opened = Database(new_database(engine))
    command.downgrade(kit._alembic(opened.url), "0001")  # noqa: SLF001 - no command of ours goes down
    with opened.write("fill") as connection:
        connection.execute(sa.insert(REVISION).values(id=1, number=7, token="a hash", loaded_at=AT))
        connection.execute(sa.insert(LINE).values(A_LINE))
    yield opened
    opened.close()


def _kept(database: Database) -> tuple[object, ...]:
    with database.read() as connection:
        revision = connection.execute(sa.select(REVISION.c.number, REVISION.c.token)).one()
        line = connection.execute(sa.select(LINE)).one()
    return (*revision, *line)


def test_what_was_loaded_stays_and_nothing_is_decided_yet(before: Database) -> None:
    """The load of the version before is the one that holds, and its table still has room for one row only."""
    kept = _kept(before)
    with before.read() as connection:
        assert not current_schema(connection)
    migrate(before.url)
    assert _kept(before) == kept == (7, "a hash", *A_LINE.values())
    with before.read() as connection:
        assert current_schema(connection)
        assert connection.scalar(sa.select(REVISION.c.decided)) == ""
    with pytest.raises(IntegrityError), before.write("tamper") as connection:
        connection.execute(sa.insert(REVISION).values(id=2, number=8, token="another", loaded_at=AT))


def test_the_way_down_takes_decisions_away_and_nothing_else(before: Database) -> None:
    """And the way up again begins without any."""
    kept = _kept(before)
    command.upgrade(kit._alembic(before.url), "0002")  # noqa: SLF001 - later ones take the table away
    with before.write("set") as connection:
        connection.execute(sa.insert(TARGET_SET).values(A_TARGET))
        connection.execute(sa.update(REVISION).values(decided="a hash of it"))
    command.downgrade(kit._alembic(before.url), "0001")  # noqa: SLF001 - no command of ours goes down
    assert _kept(before) == kept
    command.upgrade(kit._alembic(before.url), "0002")  # noqa: SLF001
    assert _kept(before) == kept
    with before.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(TARGET_SET)) == 0
        assert connection.scalar(sa.select(REVISION.c.decided)) == ""
