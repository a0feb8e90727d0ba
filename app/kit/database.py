"""One door to SQLite and PostgreSQL: their engines, and the two kinds of transaction.

The edge (a request, a command, a job) opens one transaction here and nobody below it commits.
A newcomer's usual mistake: a reader's connection cannot write, on either engine. A write needs :meth:`Database.write` and names
the deed that it is part of.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from app.kit.private_files import begin_private, database_file

__all__ = ["Database", "driver_cursor", "is_postgresql", "lock", "lock_all"]

T = TypeVar("T")

DEED: Final = "deed"
"""The connection's option that says what a writing transaction is for."""

ATTEMPTS: Final = 6
"""How often a write that met another one in its way (deadlock, lost race for a key) is tried."""


class Database:
    """The engines of one database, and its two kinds of transaction.

    Args:
        url: ``sqlite:///path`` or ``postgresql+psycopg://…``.
        pool_size: connections kept per kind of transaction.
        disposable: it is thrown away should anything go wrong while it is built: SQLite then neither keeps a log nor waits for the disk.
    """

    def __init__(self, url: str, *, pool_size: int = 8, disposable: bool = False) -> None:
        """Prepare the engines; nothing is opened before the first transaction."""
        self.url = url
        parsed = sa.make_url(url)
        self.dialect: str = parsed.get_backend_name()
        if self.dialect not in {"sqlite", "postgresql"}:
            message = f"DATABASE_URL: sqlite or postgresql+psycopg was expected, not {parsed.drivername!r}"
            raise ValueError(message)
        if self.dialect == "sqlite":
            # In-process writers queue here in order: SQLite's own busy wait lets some of them starve for seconds.
            self._write_lock: threading.Lock | None = threading.Lock()
            self.reader = _sqlite_engine(parsed, writes=False, pool_size=pool_size)
            self.writer = _sqlite_engine(parsed, writes=True, pool_size=2, disposable=disposable)
        else:
            self._write_lock = None
            self.reader = _postgresql_engine(parsed, writes=False, pool_size=pool_size)
            self.writer = _postgresql_engine(parsed, writes=True, pool_size=pool_size)
        event.listen(self.writer, "begin", _refuse_without_deed, insert=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that cannot write and sees one state from its first question to its end, however long it takes."""
        with self.reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, deed: str) -> Iterator[Connection]:
        """A writing transaction for one deed: committed at the end, rolled back on any exception.

        Args:
            deed: what is being done. Without one the engine refuses to begin.
        """
        with self._alone(), self.writer.connect().execution_options(**{DEED: deed}) as connection, connection.begin():
            yield connection

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
        raise AssertionError  # the loop returns or raises

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._write_lock is None:
            yield
        else:
            with self._write_lock:
                yield

    def close(self) -> None:
        """Close all pooled connections."""
        self.reader.dispose()
        self.writer.dispose()


def _refuse_without_deed(connection: Connection) -> None:
    """Whatever is written, by a statement, in bulk or by the driver's own COPY, is written in a transaction that was begun for a deed."""
    if not connection.get_execution_options().get(DEED):
        message = "a writing transaction is begun for a deed: use Database.write or Database.writing"
        raise RuntimeError(message)


def _is_race(error: DBAPIError) -> bool:
    """Whether an error comes from two writers meeting: unique violation, deadlock, serialisation, SQLite busy."""
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in {"23505", "40P01", "40001", "55P03"}
    return isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error.orig)


def _sqlite_engine(url: sa.URL, *, writes: bool, pool_size: int, disposable: bool = False) -> Engine:
    engine = sa.create_engine(
        url, connect_args={"timeout": 60, "check_same_thread": False}, pool_size=pool_size, max_overflow=32
    )

    @event.listens_for(engine, "do_connect")
    def begin_file(*_: object) -> None:
        # Before SQLite does, which asks the umask. What stands beside it takes its mode.
        if (file := database_file(url)) is not None:
            begin_private(file)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, record: object) -> None:
        del record
        # The driver's own BEGIN comes too late (only before a write): transactions are begun by us.
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout = 60000")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute("PRAGMA mmap_size = 268435456")
        if disposable:
            connection.execute("PRAGMA journal_mode = MEMORY")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA cache_size = -262144")
        elif writes:
            connection.execute("PRAGMA journal_mode = WAL")
            # FULL: what was answered as accepted survives a power cut.
            connection.execute("PRAGMA synchronous = FULL")
        else:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql_engine(url: sa.URL, *, writes: bool, pool_size: int) -> Engine:
    options = "-c timezone=UTC -c jit=off"
    if not writes:
        # One state for all that a read looks at: totals, distinct counts and latest activities must be of the same moment.
        options += " -c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read"
    return sa.create_engine(
        url,
        connect_args={"options": options, "application_name": "kopes"},
        pool_size=pool_size,
        max_overflow=32,
        pool_pre_ping=True,
    )


def is_postgresql(connection: Connection) -> bool:
    """Whether the connection speaks to PostgreSQL; else it is SQLite."""
    return connection.dialect.name == "postgresql"


def driver_cursor(connection: Connection) -> Any:
    """A cursor of the driver itself, for what SQLAlchemy would do row by row; only within a transaction, which has its deed if it writes."""
    if not connection.in_transaction():
        connection.begin()
    raw = connection.connection.driver_connection
    if raw is None:
        message = "the connection is closed"
        raise RuntimeError(message)
    return raw.cursor()


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
        driver_cursor(connection).execute(
            "SELECT pg_advisory_xact_lock(key) FROM unnest(%b::bigint[]) AS wanted(key)", [sorted(keys)]
        )
