"""Batch ingest over HTTP, 1,000 events a request, every check on, all accepted: at least 0.25 of the rows per second of a plain COPY into the same table."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice

import psycopg
import sqlalchemy as sa

from app import access
from app.kit import clock
from app.ledger import tables
from app.rules.event_types import ACTIVITY_TYPES
from app.rules.permissions import Scope
from tests.bench.agency import Agency
from tests.bench.measuring import in_turn, seconds, tell
from tests.conftest import free_port

BATCH = 1_000
BATCHES = 32
SENDERS = 4
COLUMNS = tuple(column.name for column in tables.event.columns)


@contextmanager
def server(agency: Agency, *command: str, **more: str) -> Iterator[int]:
    """A server process on a free port; ``more`` are variables of its environment."""
    port = free_port()
    environment = os.environ | {
        "DATABASE_URL": agency.url,
        "KPI_DEFINITIONS": str(agency.report.definitions),
        "SECRET_KEY": secrets.token_urlsafe(32),
        **more,
    }
    words = [word.replace("PORT", str(port)) for word in command]
    process = subprocess.Popen([sys.executable, "-m", *words], env=environment)
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until it answers; a server that has ended (it says why) will never."""
    while process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            continue
        else:
            return
        finally:
            connection.close()
    raise RuntimeError(f"the server ended with {process.returncode} before it answered")


def _recorded_activities(agency: Agency, count: int) -> list[str]:
    """Activities as they were sent, the first ones again where there are not so many.

    They are those that the ledger has: the agency's files hold wrong ones on purpose, which would be rejected.
    """
    event = tables.event.c
    query = sa.select(event.body).where(event.type.in_(list(ACTIVITY_TYPES))).order_by(event.seq).limit(count)
    with agency.database.read() as connection:
        return list(islice(cycle(connection.scalars(query).all()), count))


def fresh_events(agency: Agency, count: int) -> list[str]:
    """So many recorded activities under ids of their own."""
    return _fresh(_recorded_activities(agency, count))


def _fresh(activities: list[str]) -> list[str]:
    return [json.dumps(json.loads(activity) | {"id": secrets.token_hex(8)}) for activity in activities]


def _fresh_batches(activities: list[str]) -> list[bytes]:
    """The activities under ids of their own, by the thousand: every one of them is accepted."""
    lines = _fresh(activities)
    return [("[" + ",".join(lines[at : at + BATCH]) + "]").encode() for at in range(0, len(lines), BATCH)]


def measure(agency: Agency) -> None:
    """Rows per second of both, in turn."""
    with agency.database.write("keep_keys") as connection:
        key = access.create_key(connection, name="bench", scope=Scope.INGEST, now=clock.now())
        held = connection.execute(sa.select(tables.event).limit(BATCH * BATCHES)).all()
    activities = _recorded_activities(agency, BATCH * BATCHES)
    plain = agency.url.replace("postgresql+psycopg", "postgresql")
    with server(agency, "app", "serve", "--bind", "127.0.0.1:PORT", "--workers", "2") as port:

        def ingest() -> float:
            batches = _fresh_batches(activities)

            def send(share: list[bytes]) -> None:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                for body in share:
                    connection.request(
                        "POST",
                        "/api/v1/events",
                        body,
                        {"Content-Type": "application/cloudevents-batch+json", "Authorization": f"Bearer {key}"},
                    )
                    answer = json.loads(connection.getresponse().read())
                    assert answer["accepted"] == BATCH, answer
                connection.close()

            with ThreadPoolExecutor(SENDERS) as pool:
                took = seconds(lambda: list(pool.map(send, [batches[at::SENDERS] for at in range(SENDERS)])))
            return BATCH * BATCHES / took

        def copy() -> float:
            # The same table with its indexes; rolled back, so that the ledger stays what it was.
            rows = [(10**12 + at, secrets.token_hex(16), *row[2:]) for at, row in enumerate(held)]
            with psycopg.connect(plain) as connection:
                with connection.cursor() as cursor:

                    def write() -> None:
                        with cursor.copy(f"COPY event ({', '.join(COLUMNS)}) FROM STDIN") as out:
                            for row in rows:
                                out.write_row(row)

                    took = seconds(write)
                connection.rollback()
            return len(rows) / took

        tell("batch ingest over HTTP against COPY (promised: 0.25)", in_turn(ingest, copy, runs=5), "rows/s")
