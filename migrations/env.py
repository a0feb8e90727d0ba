"""Runs migrations on either engine, in one transaction a run."""

from __future__ import annotations

import sqlite3
from typing import Final

import sqlalchemy as sa
from alembic import context

from app.access import tables as _access  # noqa: F401
from app.cascade import tables as _cascade  # noqa: F401
from app.cycle import tables as _cycle  # noqa: F401
from app.intake import tables as _intake  # noqa: F401
from app.kit import jobs as _jobs  # noqa: F401
from app.kit.schema import metadata
from app.ledger import tables as _ledger  # noqa: F401
from app.notices import tables as _notices  # noqa: F401
from app.objecting import tables as _objecting  # noqa: F401
from app.organisation import tables as _organisation  # noqa: F401
from app.paying import tables as _paying  # noqa: F401
from app.scoring import tables as _scoring  # noqa: F401

LOCK_MIGRATION: Final = 7000
"""PostgreSQL's lock of whoever brings a database to the current schema: of several that are started at once the others find it done."""


def run() -> None:
    """Open the database that the caller named and run what is asked for, in one transaction that nobody else's run overlaps."""
    url = context.config.attributes.get("url") or context.config.get_main_option("sqlalchemy.url", "")
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    if engine.dialect.name == "sqlite":
        _begin_alone(engine)
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SET lock_timeout = '60s'"))
            connection.execute(sa.select(sa.func.pg_advisory_lock(LOCK_MIGRATION)))
            # A migration that cannot get its lock at once must not stop the whole agency behind it.
            connection.execute(sa.text("SET lock_timeout = '5s'"))
            connection.commit()
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


def _begin_alone(engine: sa.Engine) -> None:
    """Have SQLite begin a transaction when it is told to, for changes of the schema too, and as the one writer from its beginning."""

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, record: object) -> None:
        del record
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout = 60000")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


run()
