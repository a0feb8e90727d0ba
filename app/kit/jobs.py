"""Scheduled work that several workers may run: one run a slot, and a missed slot is caught up.

A newcomer's usual mistake is to trust the scheduler for that: four schedulers on one job store fired 46 times for 12 slots.
Here the primary key of ``job_run`` alone decides who runs a slot.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Column, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from app.kit.database import is_postgresql
from app.kit.schema import Code, Instant, metadata

__all__ = [
    "TIMETABLE",
    "Daily",
    "JobRun",
    "claim_slot",
    "finish_slot",
    "job_run",
    "last_finished",
    "last_runs",
    "release_slot",
    "see_worker",
    "worker_last_seen",
    "worker_seen",
]

job_run: Final = Table(
    "job_run",
    metadata,
    Column("job", Code, primary_key=True),
    Column("slot", Code, primary_key=True),  # the day or hour that the run is for, ISO 8601
    Column("worker", Code, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("outcome", sa.Text),  # what it did, or how it failed
    Column("failed", sa.Boolean, nullable=False),
)

worker_seen: Final = Table(
    "worker_seen",
    metadata,
    Column("worker", Code, primary_key=True),
    Column("seen_at", Instant, nullable=False),
)

STALE_AFTER: Final = dt.timedelta(hours=1)
"""A run that has not ended after this long is another worker's to take over: its worker is gone."""


@dataclass(frozen=True, slots=True)
class Daily:
    """Once a day at a time of the day in UTC."""

    hour: int
    minute: int

    def latest(self, now: dt.datetime) -> dt.datetime:
        """The latest time up to now."""
        today = now.astimezone(dt.UTC).replace(hour=self.hour, minute=self.minute, second=0, microsecond=0)
        return today if today <= now else today - dt.timedelta(days=1)

    def following(self, now: dt.datetime) -> dt.datetime:
        """The first time after now."""
        return self.latest(now) + dt.timedelta(days=1)

    def slot(self, now: dt.datetime) -> str:
        """The slot that the latest time stands for: its day."""
        return self.latest(now).date().isoformat()


TIMETABLE: Final[Mapping[str, Daily]] = {
    "trend": Daily(1, 10),
    "forgetting": Daily(2, 40),
    "reconcile": Daily(3, 0),
    "reminders": Daily(5, 0),
}
"""When each job runs, by its name: what the worker goes by, and the page of its runs tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """One run of a job, as the administrator's page shows it."""

    job: str
    slot: str
    worker: str
    started_at: dt.datetime
    finished_at: dt.datetime | None
    outcome: str | None
    failed: bool


def claim_slot(connection: Connection, *, job: str, slot: str, worker: str, at: dt.datetime) -> bool:
    """Take a slot; False where another worker has it or it is done."""
    insert = postgresql.insert(job_run) if is_postgresql(connection) else sqlite.insert(job_run)
    # What an insert says of its row count differs between drivers; a row that comes back was written.
    taken = connection.execute(
        insert.values(job=job, slot=slot, worker=worker, started_at=at, failed=False)
        .on_conflict_do_nothing()
        .returning(job_run.c.slot)
    )
    if taken.first() is not None:
        return True
    orphan = connection.execute(
        sa.update(job_run)
        .where(job_run.c.job == job, job_run.c.slot == slot, job_run.c.finished_at.is_(None))
        .where(job_run.c.started_at < at - STALE_AFTER)
        .values(worker=worker, started_at=at)
    )
    return orphan.rowcount == 1


def finish_slot(connection: Connection, *, job: str, slot: str, at: dt.datetime, outcome: str, failed: bool) -> None:
    """Write down how a run ended."""
    connection.execute(
        sa.update(job_run)
        .where(job_run.c.job == job, job_run.c.slot == slot)
        .values(finished_at=at, outcome=outcome, failed=failed)
    )


def release_slot(connection: Connection, *, job: str, slot: str, worker: str) -> None:
    """Give back a slot whose run was broken off, so that another worker, or the next start, takes it."""
    mine = (job_run.c.job == job, job_run.c.slot == slot, job_run.c.worker == worker)
    connection.execute(sa.delete(job_run).where(*mine, job_run.c.finished_at.is_(None)))


def last_runs(connection: Connection, *, limit: int = 100) -> list[JobRun]:
    """The latest runs, newest first. Queries: 1."""
    rows = connection.execute(sa.select(job_run).order_by(job_run.c.started_at.desc()).limit(limit)).mappings()
    return [JobRun(**dict(row)) for row in rows]


def last_finished(connection: Connection, *, job: str) -> JobRun | None:
    """The last run of a job that came to its end; None where none did. Queries: 1."""
    query = sa.select(job_run).where(job_run.c.job == job, job_run.c.finished_at.is_not(None))
    row = connection.execute(query.order_by(job_run.c.started_at.desc()).limit(1)).mappings().first()
    return None if row is None else JobRun(**dict(row))


def see_worker(connection: Connection, *, worker: str, at: dt.datetime) -> None:
    """Note that a worker is alive."""
    insert = postgresql.insert(worker_seen) if is_postgresql(connection) else sqlite.insert(worker_seen)
    connection.execute(
        insert.values(worker=worker, seen_at=at).on_conflict_do_update(index_elements=["worker"], set_={"seen_at": at})
    )


def worker_last_seen(connection: Connection) -> dt.datetime | None:
    """When any worker was last seen. Queries: 1."""
    return connection.execute(sa.select(sa.func.max(worker_seen.c.seen_at))).scalar()
