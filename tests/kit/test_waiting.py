"""Waits end, and who met another tries again: on both engines."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from app.kit import patience
from app.kit.database import Database, lock
from app.kit.refusals import Busy

LOCK = 4711


@pytest.fixture
def impatient(database_url):
    """A database that waits for a moment only."""
    opened = Database(database_url, readers=2, writers=2, patience_s=0.1)
    yield opened
    opened.close()


def test_a_wait_for_another_writer_ends(impatient, database_url):
    """Within the process and of another one: what cannot be had is refused as busy, with when to come again."""
    other = Database(database_url, writers=1)
    for holder in (impatient, other):
        with holder.write("hold") as held:
            lock(held, LOCK)
            with pytest.raises(Busy) as refused, impatient.write("wait") as connection:
                lock(connection, LOCK)
            assert refused.value.retry_after_s
        with impatient.write("after") as connection:
            lock(connection, LOCK)
    other.close()


def test_a_wait_for_a_connection_ends(impatient):
    """There are only so many, so that all processes together stay below what the database gives."""
    with impatient.read(), impatient.read(), pytest.raises(Busy), impatient.read():
        pass
    with impatient.read() as connection:
        assert connection.scalar(sa.select(1)) == 1


def test_the_waits_of_a_request_share_its_patience(database_url):
    """What one wait took is no longer there for the next: a request that met holders one after the other is answered as soon as one that met a single one."""
    most_s = 30.0
    patient, other = (Database(database_url, writers=1, patience_s=most_s) for _ in range(2))
    begun = time.monotonic()
    with patience.bounded(0.2):
        with other.write("hold") as held:
            lock(held, LOCK)
            # The first of each pair takes what there is, the second finds nothing left.
            for _ in range(2):
                with pytest.raises(Busy), patient.write("wait") as connection:
                    lock(connection, LOCK)
                assert patience.left(most_s) == 0
        with patient.write("turn"), pytest.raises(Busy), patient.write("wait for a turn"):
            pass
        # Who has to wait for nobody passes, however long it waited before.
        with patient.write("after") as connection:
            lock(connection, LOCK)
            assert _lock_wait_s(connection) < 1
    with patient.write("the next request") as connection:
        assert patience.left(most_s) == most_s == _lock_wait_s(connection)
    assert time.monotonic() - begun < most_s
    patient.close()
    other.close()


def _lock_wait_s(connection):
    """How long the transaction waits for the next lock, by the database itself; on SQLite it has the only one."""
    if connection.dialect.name == "sqlite":
        return 30.0 if patience.left(30.0) else 0.0
    return connection.scalar(sa.text("SELECT setting::numeric / 1000 FROM pg_settings WHERE name = 'lock_timeout'"))


def test_writers_that_lock_in_a_ring_come_through(database, database_url):
    """PostgreSQL ends one of two that wait for each other; it is run again, and no error is seen. On SQLite they queue."""
    both = threading.Barrier(2)
    first_tries = threading.Semaphore(2)

    def work(connection, keys):
        lock(connection, keys[0])
        if database.dialect == "postgresql" and first_tries.acquire(blocking=False):
            both.wait(20)
        lock(connection, keys[1])
        return keys

    with ThreadPoolExecutor(2) as pool:
        done = pool.map(
            lambda keys: database.writing("ring", lambda connection: work(connection, keys)), [(1, 2), (2, 1)]
        )
        assert list(done) == [(1, 2), (2, 1)]
