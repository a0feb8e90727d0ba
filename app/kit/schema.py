"""What tables are made of on both engines: their registry, column types, and the migrations that bring a database up to them.

A newcomer's usual mistake: text that the contract sorts needs :data:`Code`, or PostgreSQL sorts it by its own locale.
"""

from __future__ import annotations

import datetime as dt
import functools
import os
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy import Connection, MetaData
from sqlalchemy.types import TypeDecorator

from app.kit.private_files import begin_private, database_file, make_private
from app.kit.settings import ROOT

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["BigKey", "Code", "Exact", "Instant", "current_schema", "metadata", "migrate", "writable"]

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""All tables of the application; each package's ``tables.py`` adds its own."""

BigKey: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A surrogate key: 64 bits on PostgreSQL, the row id on SQLite."""

Code: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text that sorts by code point on both engines (as everything that the contract sorts as text)."""


class Exact(TypeDecorator[Decimal]):
    """A decimal stored as its text, so that the value checked is the value stored, on either engine."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> str | None:
        """Write the decimal without an exponent."""
        del dialect
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Decimal | None:
        """Read the decimal back."""
        del dialect
        return None if value is None else Decimal(value)


class Instant(TypeDecorator[dt.datetime]):
    """An instant in UTC; naive ones are refused, since nobody could say when they are."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """Store in UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            message = "an instant needs its offset"
            raise ValueError(message)
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """SQLite gives the UTC time without its offset: put it back."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def _alembic(url: str) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    return config


def migrate(url: str) -> None:
    """Bring the database to the current schema; on a current one this changes nothing."""
    from alembic import command

    parsed = sa.make_url(url)
    if (file := database_file(parsed)) is not None:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        begin_private(file)
        make_private(*(file.with_name(file.name + beside) for beside in ("", "-wal", "-shm", "-journal")))
    command.upgrade(_alembic(url), "head")


_REVISION: Final = re.compile(r'^(down_)?revision = "(\w+)"$', re.MULTILINE)


@functools.cache
def _newest_migrations() -> frozenset[str]:
    """The migrations that none comes after, read off their files: every command asks, and the library takes long to start."""
    newest: dict[bool, set[str]] = {False: set(), True: set()}
    for file in (ROOT / "migrations" / "versions").glob("*.py"):
        for down, revision in _REVISION.findall(file.read_text(encoding="utf-8")):
            newest[bool(down)].add(revision)
    return frozenset(newest[False] - newest[True])


def current_schema(connection: Connection) -> bool:
    """Whether the database has every migration that this code knows. Queries: 2."""
    version = sa.table("alembic_version", sa.column("version_num", sa.Text()))
    if not sa.inspect(connection).has_table(version.name):
        return False
    return set(connection.scalars(sa.select(version.c.version_num))) == _newest_migrations()


def writable(connection: Connection) -> bool:
    """Whether this role, or this process, may write to every table of ours; a standby takes no writes from anybody. Queries: 1 at most."""
    if connection.dialect.name == "sqlite":
        file = database_file(connection.engine.url)
        # SQLite writes beside the file too.
        return file is None or all(os.access(one, os.W_OK) for one in (file, file.parent))
    rights = (sa.func.has_table_privilege(table.name, "INSERT") for table in metadata.sorted_tables)
    return bool(connection.scalar(sa.select(sa.and_(~sa.func.pg_is_in_recovery(), *rights))))
