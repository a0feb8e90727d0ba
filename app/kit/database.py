"""One door to SQLite and PostgreSQL: engines, column types, transactions, bulk statements.

The edge (a request, a command, a job) opens one transaction here and nobody below it commits.
A newcomer's usual mistake: a reader's connection cannot write, on either engine. A write needs :meth:`Database.write` and names
the deed that it is part of.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import random
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, MetaData, Table, event
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.types import TypeDecorator

from app.kit.refusals import Busy
from app.kit.settings import ROOT

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = [
    "BigKey",
    "Code",
    "Database",
    "Exact",
    "Instant",
    "among",
    "among_named",
    "bulk_insert",
    "bulk_update",
    "bulk_upsert_add",
    "current_schema",
    "is_postgresql",
    "lock",
    "lock_all",
    "metadata",
    "migrate",
    "named",
]

T = TypeVar("T")

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


ATTEMPTS: Final = 6
"""How often a write that met another one in its way (deadlock, lost race for a key) is tried."""

_REST_SECONDS: Final = 0.02
"""How long a write rests at most before its second attempt, at random; twice as long before each further one."""

PATIENCE_SECONDS: Final = 60
"""How long a command waits for a lock or a connection; a server, whose caller can come again, waits shorter."""


class Database:
    """The engines of one database, and its two kinds of transaction.

    Args:
        url: ``sqlite:///path`` or ``postgresql+psycopg://…``.
        readers: connections that read at once, at most.
        writers: connections that write at once, at most; on SQLite one is enough, whatever is said here.
        patience_s: how long a transaction waits for a connection or a lock before it is refused (:class:`app.kit.refusals.Busy`).
    """

    def __init__(self, url: str, *, readers: int = 8, writers: int = 8, patience_s: float = PATIENCE_SECONDS) -> None:
        """Prepare the engines; nothing is opened before the first transaction."""
        self.url = url
        self._patience_s: Final = patience_s
        parsed = sa.make_url(url)
        self.dialect: str = parsed.get_backend_name()
        if self.dialect not in {"sqlite", "postgresql"}:
            message = f"DATABASE_URL: sqlite or postgresql+psycopg was expected, not {parsed.drivername!r}"
            raise ValueError(message)
        if self.dialect == "sqlite":
            # In-process writers queue here in order: SQLite's own busy wait lets some of them starve for seconds.
            self._write_lock: threading.Lock | None = threading.Lock()
            self.reader = _sqlite_engine(parsed, writes=False, connections=readers, patience_s=patience_s)
            self.writer = _sqlite_engine(parsed, writes=True, connections=2, patience_s=patience_s)
        else:
            self._write_lock = None
            self.reader = _postgresql_engine(parsed, writes=False, connections=readers, patience_s=patience_s)
            self.writer = _postgresql_engine(parsed, writes=True, connections=writers, patience_s=patience_s)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that cannot write and sees one state from its first question to its end, however long it takes.

        Raises:
            Busy: no connection came free in time.
        """
        with _patient(self.reader) as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, deed: str) -> Iterator[Connection]:
        """A writing transaction for one deed: committed at the end, rolled back on any exception.

        Args:
            deed: what is being done, for the trail and for whoever reads ``pg_stat_activity``.

        Raises:
            Busy: a connection, or a lock that another transaction holds, did not come free in time.
        """
        with self._alone(), _patient(self.writer) as connection:
            try:
                with connection.execution_options(deed=deed), connection.begin():
                    yield connection
            except OperationalError as error:
                if _is_locked(error):
                    raise Busy from error
                raise

    def writing(self, deed: str, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a writing transaction, again from the start where another writer got in its way.

        Two batches may hold the same new event, or lock rows in an order that PostgreSQL resolves by ending one of them;
        running the loser again makes its events the duplicates that they are.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.write(deed) as connection:
                    return work(connection)
            except (IntegrityError, OperationalError) as error:
                if attempt == ATTEMPTS or not _is_race(error):
                    raise
                # Those who met would meet again if all of them came back at once.
                time.sleep(random.uniform(0, _REST_SECONDS * 2**attempt))  # noqa: S311 - chance, no secret
        raise AssertionError  # the loop returns or raises

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._write_lock is None:
            yield
        elif self._write_lock.acquire(timeout=self._patience_s):
            try:
                yield
            finally:
                self._write_lock.release()
        else:
            raise Busy

    def close(self) -> None:
        """Close all pooled connections."""
        self.reader.dispose()
        self.writer.dispose()


def _is_race(error: DBAPIError) -> bool:
    """Whether an error comes from two writers meeting: unique violation, deadlock, serialisation."""
    state = getattr(error.orig, "sqlstate", None)
    return state in {"23505", "40P01", "40001"}


def _is_locked(error: DBAPIError) -> bool:
    """Whether an error says that a lock was waited for in vain."""
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return bool(state == "55P03")
    return isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error.orig)


@contextmanager
def _patient(engine: Engine) -> Iterator[Connection]:
    """A connection of the engine's, waited for as long as its pool does."""
    try:
        connection = engine.connect()
    except NoConnection as error:
        raise Busy from error
    with connection:
        yield connection


def _sqlite_engine(url: sa.URL, *, writes: bool, connections: int, patience_s: float) -> Engine:
    engine = sa.create_engine(
        url,
        connect_args={"timeout": patience_s, "check_same_thread": False},
        pool_size=connections,
        max_overflow=0,
        pool_timeout=patience_s,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, record: object) -> None:
        del record
        # The driver's own BEGIN comes too late (only before a write): transactions are begun by us.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {patience_s * 1000:.0f}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute("PRAGMA mmap_size = 268435456")
        if writes:
            connection.execute("PRAGMA journal_mode = WAL")
            # FULL: what was answered as accepted survives a power cut.
            connection.execute("PRAGMA synchronous = FULL")
        else:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql_engine(url: sa.URL, *, writes: bool, connections: int, patience_s: float) -> Engine:
    options = f"-c timezone=UTC -c jit=off -c lock_timeout={patience_s * 1000:.0f}"
    if not writes:
        # One state for all that a read looks at: totals, distinct counts and latest activities must be of the same moment.
        options += " -c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read"
    return sa.create_engine(
        url,
        connect_args={"options": options, "application_name": "kopes"},
        pool_size=connections,
        max_overflow=0,
        pool_timeout=patience_s,
        pool_pre_ping=True,
    )


def is_postgresql(connection: Connection) -> bool:
    """Whether the connection speaks to PostgreSQL; else it is SQLite."""
    return connection.dialect.name == "postgresql"


def among(connection: Connection, column: sa.ColumnElement[Any], values: Iterable[int | str]) -> sa.ColumnElement[bool]:
    """``column IN values`` with one parameter, however many the values are.

    A list of thousands of parameters costs more to parse than to look up, and SQLite has a limit.
    """
    listed = list(values)
    if is_postgresql(connection):
        kind = column.type if isinstance(column.type, sa.Integer) else sa.Text()
        written = sa.bindparam(None, _array_text(listed) if listed else "{}", type_=sa.Text(), unique=True)
        return column == sa.any_(sa.cast(written, sa.ARRAY(kind)))
    each = sa.func.json_each(json.dumps(listed)).table_valued("value")
    return column.in_(sa.select(each.c.value))


def among_named(column: sa.ColumnElement[Any], name: str, *, postgresql: bool) -> sa.ColumnElement[bool]:
    """As :func:`among` for a statement that is built once and kept: the values come at each execution, by :func:`named`.

    Building a statement costs several times its execution, which a page that is asked for all day notices.
    """
    if postgresql:
        return column == sa.any_(sa.bindparam(name, type_=sa.ARRAY(column.type)))
    each = sa.func.json_each(sa.bindparam(name, type_=sa.Text())).table_valued("value")
    return column.in_(sa.select(each.c.value))


def named(connection: Connection, values: Iterable[int | str]) -> object:
    """The values of :func:`among_named` as the engine takes them."""
    listed = list(values)
    return listed if is_postgresql(connection) else json.dumps(listed)


def _driver_cursor(connection: Connection) -> Any:
    raw = connection.connection.driver_connection
    if raw is None:
        message = "the connection is closed"
        raise RuntimeError(message)
    return raw.cursor()


def bulk_insert(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Insert many rows as fast as the engine can: COPY on PostgreSQL, one prepared statement on SQLite.

    Args:
        connection: a writing transaction.
        table: where to.
        columns: names, in the order of each row's values.
        rows: driver-ready values (text, int, bool, date, datetime in UTC, None).

    Raises:
        sqlalchemy.exc.IntegrityError: a row breaks a constraint; nothing of this call stays.
    """
    names = ", ".join(columns)
    cursor = _driver_cursor(connection)
    if is_postgresql(connection):
        try:
            with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types([_array_type(table, name) for name in columns])
                write = copy.write_row
                for row in rows:
                    write(row)
        except Exception as error:
            _reraise(error, connection)
            raise
        return
    places = ", ".join("?" * len(columns))
    try:
        cursor.executemany(
            f"INSERT INTO {table.name} ({names}) VALUES ({places})",  # noqa: S608 - names come from table objects
            _for_sqlite(table, columns, rows),
        )
    except sqlite3.Error as error:
        _reraise(error, connection)
        raise


def _for_sqlite(table: Table, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterable[Sequence[object]]:
    """The rows with days and instants as SQLAlchemy's types write them; where there are none, the rows as they are."""
    timed = [place for place, name in enumerate(columns) if isinstance(table.c[name].type, sa.Date | Instant)]
    return (_timed_as_text(row, timed) for row in rows) if timed else rows


def _timed_as_text(row: Sequence[object], timed: Sequence[int]) -> list[object]:
    values = list(row)
    for place in timed:
        value = values[place]
        if isinstance(value, dt.datetime):
            values[place] = value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
        elif isinstance(value, dt.date):
            values[place] = value.isoformat()
    return values


def _reraise(error: Exception, connection: Connection) -> None:
    """Raise a driver's error as SQLAlchemy would, so that callers and :meth:`Database.writing` know one family."""
    driver = connection.dialect.loaded_dbapi
    base = cast("type[Exception]", driver.Error)
    if isinstance(error, base):
        raise DBAPIError.instance(None, None, error, base, dialect=connection.dialect) from error


def bulk_upsert_add(
    connection: Connection,
    table: Table,
    key: Sequence[str],
    added: Sequence[str],
    rows: Sequence[Sequence[int | str]],
    *,
    returning: bool = False,
) -> list[Sequence[Any]]:
    """Add numbers to rows, making those that are not there.

    Rows are taken in the order of their keys, so that two writers lock them in one order and never wait for each other in a ring.

    Args:
        connection: a writing transaction.
        table: where to.
        key: the columns of its primary key.
        added: whole-number columns that are added to.
        rows: key values, then the numbers to add; every key at most once.
        returning: whether to tell what the rows are now.

    Returns:
        Where asked for, key values and numbers of every row that was written.
    """
    if not rows:
        return []
    ordered = sorted(rows, key=lambda row: tuple(row[: len(key)]))
    columns = list(zip(*ordered, strict=True))
    width = len(key)
    # A batch of new events moves one rung alone: what is zero in every row need not be sent, nor added.
    moving = [name for place, name in enumerate(added, width) if any(columns[place])]
    target = ", ".join((*key, *added))
    changes = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in moving)
    tail = f"ON CONFLICT ({', '.join(key)}) DO " + (f"UPDATE SET {changes}" if changes else "NOTHING")
    if returning:
        tail += f" RETURNING {target}"
    cursor = _driver_cursor(connection)
    if is_postgresql(connection):
        sent = [*key, *moving]
        given = ", ".join(name if name in sent else "0" for name in (*key, *added))
        arrays = ", ".join(f"%s::{_array_type(table, name)}[]" for name in sent)
        source = f"SELECT {given} FROM unnest({arrays}) AS new({', '.join(sent)})"  # noqa: S608 - names come from table objects
        kept = [column for name, column in zip((*key, *added), columns, strict=True) if name in sent]
        cursor.execute(
            f"INSERT INTO {table.name} ({target}) {source} {tail}",
            [_array_text(column) for column in kept],
        )
        return list(cursor.fetchall()) if returning else []
    places = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table.name} ({target}) VALUES ({places}) {tail}"  # noqa: S608 - names come from table objects
    if returning:
        return [cursor.execute(statement, row).fetchone() for row in ordered]
    cursor.executemany(statement, ordered)
    return []


def bulk_update(
    connection: Connection,
    table: Table,
    key: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
) -> None:
    """Set columns of many rows, each found by its key.

    Args:
        connection: a writing transaction.
        table: where to.
        key: the columns that find a row.
        columns: what to set.
        rows: the key's values, then the new values.
    """
    if not rows:
        return
    width = len(key)
    ordered = sorted(rows, key=lambda row: cast("Any", tuple(row[:width])))
    cursor = _driver_cursor(connection)
    if is_postgresql(connection):
        names = [*key, *columns]
        arrays = ", ".join(f"%s::{_array_type(table, name)}[]" for name in names)
        sets = ", ".join(f"{name} = new.{name}" for name in columns)
        cursor.execute(
            f"UPDATE {table.name} SET {sets} FROM unnest({arrays}) AS new({', '.join(names)}) "  # noqa: S608
            f"WHERE {' AND '.join(f'{table.name}.{name} = new.{name}' for name in key)}",
            [_array_text(column) for column in zip(*ordered, strict=True)],
        )
        return
    sets = ", ".join(f"{name} = ?" for name in columns)
    cursor.executemany(
        f"UPDATE {table.name} SET {sets} WHERE {' AND '.join(f'{name} = ?' for name in key)}",  # noqa: S608 - names come from table objects
        [[*row[width:], *row[:width]] for row in _for_sqlite(table, [*key, *columns], ordered)],
    )


def _array_text(values: Sequence[object]) -> str:
    """An array as PostgreSQL reads it: the driver looks at each element by itself, which costs more than the insert."""
    if isinstance(values[0], int) and not isinstance(values[0], bool):
        return f"{{{','.join(map(str, values))}}}"
    return "{" + ",".join(map(_array_element, values)) + "}"


def _array_element(value: object) -> str:
    if value is None:
        return "NULL"
    text = value if isinstance(value, str) else str(value)
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _array_type(table: Table, column: str) -> str:
    kind = table.c[column].type
    if isinstance(kind, sa.BigInteger):
        return "bigint"
    if isinstance(kind, sa.SmallInteger):
        return "smallint"
    if isinstance(kind, sa.Integer):
        return "integer"
    if isinstance(kind, sa.Boolean):
        return "boolean"
    if isinstance(kind, sa.Date):
        return "date"
    if isinstance(kind, Instant):
        return "timestamptz"
    if isinstance(kind, sa.Float):
        return "float8"
    return "text"


def lock(connection: Connection, key: int, *, shared: bool = False) -> None:
    """Hold a named lock to the transaction's end. On SQLite a writer is alone already.

    Args:
        connection: a writing transaction.
        key: the lock's number; ``app.ledger.tables`` says which numbers there are.
        shared: let other shared holders in.
    """
    if is_postgresql(connection):
        function = sa.func.pg_advisory_xact_lock_shared if shared else sa.func.pg_advisory_xact_lock
        connection.execute(sa.select(function(key)))


def lock_all(connection: Connection, keys: Iterable[int]) -> None:
    """Hold several named locks to the transaction's end, taken in the order of their numbers. Queries: 1.

    Args:
        connection: a writing transaction.
        keys: the locks' numbers.
    """
    if is_postgresql(connection):
        _driver_cursor(connection).execute(
            "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS wanted(key)", [_array_text(sorted(keys))]
        )


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
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(_alembic(url), "head")


_REVISION: Final = re.compile(r'^(down_)?revision = "(\w+)"$', re.MULTILINE)


@functools.cache
def _newest_migrations() -> frozenset[str]:
    """The migrations that none comes after, read off their files: every command asks, and the library takes long to start."""
    found: dict[bool, set[str]] = {False: set(), True: set()}
    for file in (ROOT / "migrations" / "versions").glob("*.py"):
        for down, revision in _REVISION.findall(file.read_text(encoding="utf-8")):
            found[bool(down)].add(revision)
    return frozenset(found[False] - found[True])


def current_schema(connection: Connection) -> bool:
    """Whether the database has every migration that this code knows. Queries: 2."""
    version = sa.table("alembic_version", sa.column("version_num", sa.Text()))
    if not sa.inspect(connection).has_table(version.name):
        return False
    return set(connection.scalars(sa.select(version.c.version_num))) == _newest_migrations()
