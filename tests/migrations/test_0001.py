"""The first migration: up on both engines, down and up again to the same schema, equal to the tables of the code, and sealed."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import DBAPIError

from app import access, organisation
from app.cascade import tables as cascade_tables
from app.cycle import tables as cycle_tables
from app.decisions import tables as decisions
from app.kit import schema as kit
from app.kit.database import Database
from app.kit.schema import current_schema, metadata, migrate
from app.ledger import tables as ledger
from app.objecting import tables as objecting_tables
from app.paying import tables as paying_tables
from app.rules.terms import Role
from app.scoring import tables as scoring_tables
from tests.conftest import NewDatabase
from tests.people import new_account

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
APPEND_ONLY = (
    ledger.event,
    access.tables.trail,
    access.tables.reading_log,
    organisation.tables.load_run,
    organisation.tables.load_file,
    organisation.tables.load_text,
    *decisions.APPEND_ONLY,
    *cascade_tables.APPEND_ONLY,
    *cycle_tables.APPEND_ONLY,
    *scoring_tables.APPEND_ONLY,
    *objecting_tables.APPEND_ONLY,
    *paying_tables.APPEND_ONLY,
)


def _schema(database: Database) -> dict[str, object]:
    """Everything that can be asked of a schema: columns, keys, indexes, constraints, triggers."""
    with database.read() as connection:
        inspector = sa.inspect(connection)
        found: dict[str, object] = {}
        for table in sorted(inspector.get_table_names()):
            described = repr(
                [
                    inspector.get_columns(table),
                    inspector.get_pk_constraint(table),
                    sorted(inspector.get_indexes(table), key=str),
                    sorted(inspector.get_foreign_keys(table), key=str),
                    sorted(inspector.get_unique_constraints(table), key=str),
                    sorted(inspector.get_check_constraints(table), key=str),
                ]
            )
            found[table] = re.sub(" object at 0x[0-9a-f]+", "", described)
        found["triggers"] = sorted(connection.scalars(_trigger_names(database)))
        found["sequences"] = [] if database.dialect == "sqlite" else sorted(inspector.get_sequence_names())
    return found


def _trigger_names(database: Database) -> sa.Select[tuple[str]]:
    if database.dialect == "sqlite":
        master = sa.table("sqlite_master", sa.column("name"), sa.column("type"))
        return sa.select(master.c.name).where(master.c.type == "trigger")
    trigger = sa.table("pg_trigger", sa.column("tgname"), sa.column("tgisinternal"))
    return sa.select(trigger.c.tgname).where(sa.not_(trigger.c.tgisinternal))


def test_migrating_down_and_up_again_ends_in_the_same_schema(database: Database) -> None:
    """Nothing is left behind on the way down, and nothing is forgotten on the way up."""
    before = _schema(database)
    assert before["triggers"]
    command.downgrade(kit._alembic(database.url), "base")  # noqa: SLF001 - no command of ours goes down
    below = _schema(database)
    assert {name for name, held in below.items() if held} <= {"alembic_version"}
    migrate(database.url)
    assert _schema(database) == before
    with database.read() as connection:
        assert current_schema(connection)


def test_migrating_a_current_database_changes_nothing(database: Database) -> None:
    """``kopes migrate`` may be run at any time."""
    before = _schema(database)
    migrate(database.url)
    assert _schema(database) == before


def test_the_tables_of_the_code_are_those_of_the_head(database: Database) -> None:
    """Alembic finds nothing to generate."""
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


CHECKED = {
    "digest": "0" * 64,
    "sha256": "0" * 64,
    "state": "approved",
    "taker": "y",
    "stage": "draft",
    "signed_as": "owner",
    "part": "owner",
    "about": "grade",
    "step": "vote",
    "kind": "pay",
}
"""What a constraint lets in."""


def _a_row(table: sa.Table) -> dict[str, object]:
    """Some value for each column that wants one."""
    row: dict[str, object] = {}
    for column in table.columns:
        if column.autoincrement is True or column.foreign_keys:
            continue
        if isinstance(column.type, kit.Instant):
            row[column.name] = NOW
        elif isinstance(column.type, sa.Date):
            row[column.name] = dt.date(2026, 1, 1)
        elif isinstance(column.type, sa.Boolean):
            row[column.name] = False
        elif isinstance(column.type, sa.Integer):
            row[column.name] = 1
        elif isinstance(column.type, sa.LargeBinary):
            row[column.name] = b"x"
        elif isinstance(column.type, kit.Exact):
            row[column.name] = Decimal(1)
        elif isinstance(column.type, sa.JSON):
            row[column.name] = {}
        elif not column.nullable:
            row[column.name] = CHECKED.get(column.name, "x")
    return row


@pytest.mark.parametrize("table", APPEND_ONLY, ids=lambda table: table.name)
def test_a_ledgers_rows_can_be_neither_changed_nor_deleted(table: sa.Table, database: Database) -> None:
    """Not even by the application itself: the database refuses, and the row stays."""
    _insert_with_parents(database, table)
    column = next(iter(table.columns))
    for statement in (sa.update(table).values({column: column}), sa.delete(table)):
        with pytest.raises(DBAPIError, match="only grows"), database.write("tamper") as connection:
            connection.execute(statement)
    with database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 1


def _insert_with_parents(database: Database, table: sa.Table) -> None:
    with database.write("fill") as connection:
        _insert(connection, table)


def _insert(connection: sa.Connection, table: sa.Table) -> None:
    """A row, after one of each table that it refers to where there is none yet."""
    row = _a_row(table)
    for column in table.columns:
        for key in column.foreign_keys:
            parent = key.column.table
            if parent.name == "account":
                new_account(connection, "emil", Role.AUDITOR)
            elif connection.execute(sa.select(parent)).first() is None:
                _insert(connection, parent)
            row[column.name] = connection.scalar(sa.select(key.column))
    connection.execute(sa.insert(table).values(row))


def test_nobody_empties_a_ledger_on_postgresql(new_database: NewDatabase) -> None:
    """TRUNCATE would pass triggers that look at rows."""
    database = Database(new_database("postgresql"))
    with pytest.raises(DBAPIError, match="only grows"), database.write("tamper") as connection:
        connection.exec_driver_sql("TRUNCATE event CASCADE")
    database.close()


def test_a_database_of_another_version_is_not_current(new_database: NewDatabase) -> None:
    """Nothing there at all, or a version that this code does not know."""
    database = Database(new_database("sqlite"))
    with database.read() as connection:
        assert current_schema(connection)
    command.downgrade(kit._alembic(database.url), "base")  # noqa: SLF001 - no command of ours goes down
    with database.read() as connection:
        assert not current_schema(connection)
    database.close()
