"""One door to SQLite and PostgreSQL: their engines, and the two kinds of transaction.

The edge (a request, a command, a job) opens one transaction here and nobody below it commits.
A newcomer's usual mistake: a reader's connection cannot write, on either engine. A write needs :meth:`Database.write` and names
the deed that it is part of.
"""

from __future__ import annotations

import functools
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection

from app.kit import patience
from app.kit.private_files import begin_private, database_file
from app.kit.refusals import Busy

__all__ = [
    "Database",
    "deed_of",
    "driver_cursor",
    "is_postgresql",
    "lock",
    "lock_all",
    "next_number",
    "one_moment",
    "try_lock",
]

T = TypeVar("T")

DEED: Final = "deed"
"""The connection's option that says what a writing transaction is for."""

_READER: Final = "reader"
"""The option by which a writing transaction finds the engine of those that read."""

_PATIENCE: Final = "patience_s"
"""The option that says how long a writing transaction waits for a lock."""

_LOCK_LEAST_S: Final = 0.05
"""Whoever has no patience left waits so long for a lock of the database all the same: to PostgreSQL 0 is without end, and most are held for less."""

ATTEMPTS: Final = 6
"""How often a write that met another one in its way (deadlock, lost race for a key) is tried."""

_REST_SECONDS: Final = 0.02
"""How long a write rests at most before its second attempt, at random; twice as long before each further one."""

PATIENCE_SECONDS: Final = 60
"""How long a command waits for a lock or a connection; a server, whose caller can come again, waits shorter."""


_CONNECTIONS_MAX: Final = sa.text(
    """
    SELECT least(
        current_setting('max_connections')::int
            - current_setting('superuser_reserved_connections')::int
            - coalesce(current_setting('reserved_connections', true)::int, 0),
        (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database()),
        (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user)
    )
    """
)


class Database:
    """The engines of one database, and its two kinds of transaction.

    Args:
        url: ``sqlite:///path`` or ``postgresql+psycopg://…``.
        readers: connections that read at once, at most.
        writers: connections that write at once, at most; on SQLite one is enough, whatever is said here.
        patience_s: how long a transaction waits for a connection or a lock before it is refused (:class:`app.kit.refusals.Busy`).
        disposable: it is thrown away should anything go wrong while it is built: SQLite then neither keeps a log nor waits for the disk.
    """

    def __init__(
        self,
        url: str,
        *,
        readers: int = 8,
        writers: int = 8,
        patience_s: float = PATIENCE_SECONDS,
        disposable: bool = False,
    ) -> None:
        """Prepare the engines; nothing is opened before the first transaction."""
        self.url = url
        self._patience_s: Final = patience_s
        parsed = sa.make_url(url)
        self.dialect: str = parsed.get_backend_name()
        if self.dialect not in {"sqlite", "postgresql"}:
            message = f"DATABASE_URL: sqlite or postgresql+psycopg was expected, not {parsed.drivername!r}"
            raise ValueError(message)
        # Who writes has a turn first, so that it is known without waiting whether one is free.
        self._turns: Final = threading.BoundedSemaphore(writers if self.dialect == "postgresql" else 1)
        if self.dialect == "sqlite":
            # In-process writers queue for the one turn: SQLite's own busy wait lets some of them starve for seconds.
            self.reader = _sqlite_engine(parsed, writes=False, connections=readers, patience_s=patience_s)
            self.writer = _sqlite_engine(
                parsed, writes=True, connections=2, patience_s=patience_s, disposable=disposable
            )
        else:
            self.reader = _postgresql_engine(parsed, writes=False, connections=readers, patience_s=patience_s)
            self.writer = _postgresql_engine(parsed, writes=True, connections=writers, patience_s=patience_s)
        event.listen(self.writer, "begin", _refuse_without_deed, insert=True)

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
            deed: what is being done. Without one the engine refuses to begin.

        Raises:
            Busy: a connection, or a lock that another transaction holds, did not come free in time.
        """
        with self._turn(), _patient(self.writer) as connection:
            try:
                with self._begun(connection.execution_options(**self._options(deed))):
                    yield connection
            except OperationalError as error:
                if _is_locked(error):
                    raise Busy from error
                raise

    @contextmanager
    def tried(self, deed: str) -> Iterator[Connection]:
        """A writing transaction that is taken back at its end, whatever comes: to see what would follow."""
        with self._turn(), _patient(self.writer) as connection:
            transaction = connection.execution_options(**self._options(deed)).begin()
            try:
                yield connection
            finally:
                transaction.rollback()

    def writing(self, deed: str, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a writing transaction, again from the start where another writer got in its way.

        Two batches may hold the same new event, or lock rows in an order that PostgreSQL resolves by ending one of them;
        running the loser again makes its events the duplicates that they are.

        Raises:
            Busy: it met others at every attempt, or waited for a lock in vain.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.write(deed) as connection:
                    return work(connection)
            except (IntegrityError, OperationalError) as error:
                if not _is_race(error):
                    raise
                if attempt == ATTEMPTS:
                    if isinstance(error, OperationalError):
                        raise Busy from error
                    raise
                # Those who met would meet again if all of them came back at once.
                time.sleep(random.uniform(0, _REST_SECONDS * 2**attempt))  # noqa: S311 - chance, no secret
        raise AssertionError  # the loop returns or raises

    def writing_if_free(self, deed: str, work: Callable[[Connection], object]) -> bool:
        """Do a little in a writing transaction, unless another writer is in the way: what may as well be done by the next request.

        Returns:
            Whether it was done.
        """
        if not self._turns.acquire(blocking=False):
            return False
        try:
            with (
                self.writer.connect().execution_options(**{DEED: deed}) as connection,
                self._waiting_at_most(connection, 0),
                connection.begin(),
            ):
                if is_postgresql(connection):
                    connection.execute(sa.text("SET LOCAL lock_timeout = '50ms'"))
                work(connection)
        except SQLAlchemyError:
            # The request that it belongs to has its answer already, and may have committed what it was for.
            return False
        finally:
            self._turns.release()
        return True

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One of the places of those who write at once, which are as many as there are connections for them."""
        with patience.waiting():
            has_turn = self._turns.acquire(timeout=patience.left(self._patience_s))
        if not has_turn:
            raise Busy
        try:
            yield
        finally:
            self._turns.release()

    def _options(self, deed: str) -> dict[str, object]:
        return {DEED: deed, _READER: self.reader, _PATIENCE: self._patience_s}

    @contextmanager
    def _begun(self, connection: Connection) -> Iterator[None]:
        """A transaction that waits for others no longer than the request has patience left. Queries: none where it has enough."""
        if is_postgresql(connection):
            with connection.begin():
                _hurry(connection)
                yield
            return
        left_s = max(patience.left(self._patience_s), _LOCK_LEAST_S)
        with self._waiting_at_most(connection, left_s), patience.waiting():
            transaction = connection.begin()
        with transaction:
            yield

    @contextmanager
    def _waiting_at_most(self, connection: Connection, seconds: float) -> Iterator[None]:
        """Have SQLite say so soon that somebody writes, for this connection and this while."""
        if is_postgresql(connection) or seconds >= self._patience_s:
            yield
            return
        # The driver's own connection: a statement of SQLAlchemy's would begin the transaction that is not to wait.
        driver: Any = connection.connection.driver_connection
        driver.execute(_busy_timeout(seconds))
        try:
            yield
        finally:
            driver.execute(_busy_timeout(self._patience_s))

    def connections_max(self) -> int | None:
        """How many connections the database gives to all that use it as we do; None where it does not count them (SQLite). Queries: 1.

        On PostgreSQL the least of what its server, this database and this role have: a superuser's reserve is not ours.
        """
        if self.dialect == "sqlite":
            return None
        with self.read() as connection:
            most: int | None = connection.scalar(_CONNECTIONS_MAX)
        return most

    def close(self) -> None:
        """Close all pooled connections."""
        self.reader.dispose()
        self.writer.dispose()


def _busy_timeout(patience_s: float) -> str:
    """The statement that has a connection of SQLite's wait so long for another process's lock."""
    return f"PRAGMA busy_timeout = {patience_s * 1000:.0f}"


def deed_of(connection: Connection) -> str | None:
    """What a transaction writes for; None of one that reads."""
    deed: str | None = connection.get_execution_options().get(DEED)
    return deed


def _refuse_without_deed(connection: Connection) -> None:
    """Whatever is written, by a statement, in bulk or by the driver's own COPY, is written in a transaction that was begun for a deed."""
    if not deed_of(connection):
        message = "a writing transaction is begun for a deed: use Database.write or Database.writing"
        raise RuntimeError(message)


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
        with patience.waiting():
            connection = engine.connect()
    except NoConnection as error:
        raise Busy from error
    with connection:
        yield connection


def _sqlite_engine(
    url: sa.URL, *, writes: bool, connections: int, patience_s: float, disposable: bool = False
) -> Engine:
    engine = sa.create_engine(
        url,
        connect_args={"timeout": patience_s, "check_same_thread": False},
        pool_size=connections,
        max_overflow=0,
        pool_timeout=patience_s,
        hide_parameters=True,
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
        connection.execute(_busy_timeout(patience_s))
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute("PRAGMA mmap_size = 268435456")
        if disposable:
            connection.execute("PRAGMA journal_mode = MEMORY")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA cache_size = -262144")
        elif writes:
            _keep_log(connection, patience_s)
            # FULL: what was answered as accepted survives a power cut.
            connection.execute("PRAGMA synchronous = FULL")
        else:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _keep_log(connection: sqlite3.Connection, patience_s: float) -> None:
    """Have a database keep a log beside it, for good. SQLite does not wait where others are about to do the same at this moment: we do."""
    until = time.monotonic() + patience_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() >= until:
                raise
            time.sleep(_REST_SECONDS)
        else:
            return


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
        # What breaks is logged with its statement: hashes of passwords, tokens and secrets are among what fills it.
        hide_parameters=True,
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


def next_number(connection: Connection, table: sa.Table) -> int:
    """The number after the last one, for whoever holds the lock under which this table's numbers are given. Queries: 1."""
    return (connection.scalar(sa.select(sa.func.max(table.c.id))) or 0) + 1


def lock(connection: Connection, key: int, *, shared: bool = False) -> None:
    """Hold a named lock to the transaction's end. On SQLite a writer is alone already.

    Args:
        connection: a writing transaction.
        key: the lock's number: a constant ``LOCK_…`` of the module that owns what it guards, and no other's.
        shared: let other shared holders in.
    """
    if is_postgresql(connection):
        with patience.waiting():
            connection.execute(_lock_query(shared=shared), {"key": key})
        _hurry(connection)


def _hurry(connection: Connection) -> None:
    """Have this transaction of PostgreSQL wait for no further lock longer than the request has patience left. Queries: none where it has enough."""
    most_s: float = connection.get_execution_options().get(_PATIENCE, 0)
    left_s = patience.left(most_s)
    if left_s < most_s:
        connection.execute(sa.text(f"SET LOCAL lock_timeout = {max(left_s, _LOCK_LEAST_S) * 1000:.0f}"))


def try_lock(connection: Connection, key: int) -> bool:
    """Hold a named lock to the transaction's end if nobody else has it; whether it is held. On SQLite a writer is alone already."""
    if not is_postgresql(connection):
        return True
    wanted = sa.select(sa.func.pg_try_advisory_xact_lock(sa.bindparam("key", type_=sa.BigInteger)))
    return bool(connection.execute(wanted, {"key": key}).scalar_one())


@functools.cache
def _lock_query(*, shared: bool) -> sa.Select[Any]:
    function = sa.func.pg_advisory_xact_lock_shared if shared else sa.func.pg_advisory_xact_lock
    return sa.select(function(sa.bindparam("key", type_=sa.BigInteger)))


@contextmanager
def one_moment(connection: Connection, hold: Callable[[Connection], object]) -> Iterator[Connection]:
    """A transaction that reads and sees the state of one moment, while those who were shut out for that moment go on.

    What is read of a large agency takes seconds beside everybody else, and nobody has to wait for it who only adds to what it does not see.

    Args:
        connection: a writing transaction of :class:`Database`; what it has written is not seen. On SQLite, where a writer is alone, it is the one that reads.
        hold: takes the locks of whoever is not to be in the middle of something at that moment. Locks that outlast it are taken after or before.

    Queries: 4 on PostgreSQL.
    """
    if not is_postgresql(connection):
        hold(connection)
        yield connection
        return
    reader: Engine = connection.get_execution_options()[_READER]
    with _patient(reader) as seen, seen.begin():
        # Locks of a savepoint that is gone back to are let go of. A transaction that reads sees from its first question on what was committed before.
        moment = connection.begin_nested()
        hold(connection)
        seen.execute(sa.select(1))
        moment.rollback()
        yield seen


def lock_all(connection: Connection, keys: Iterable[int]) -> None:
    """Hold several named locks to the transaction's end, taken in the order of their numbers. Queries: 1.

    Args:
        connection: a writing transaction.
        keys: the locks' numbers.
    """
    if is_postgresql(connection):
        with patience.waiting():
            driver_cursor(connection).execute(
                "SELECT pg_advisory_xact_lock(key) FROM unnest(%b::bigint[]) AS wanted(key)", [sorted(keys)]
            )
        _hurry(connection)
