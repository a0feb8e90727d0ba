"""The worker: APScheduler says when, a primary key says who, and the main thread does it.

What is posted is delivered in a thread of its own (:mod:`app.worker.delivering`): a mail does not wait for a long job.
The scheduler's own threads do nothing but put a job's name into a queue and say that the worker is alive. Jobs run one after another in the main
thread, where SIGTERM can end them: the transaction is rolled back, the slot given back, and another worker, or the next start, takes it.
Do not trust a scheduler for "once": four of them fired 46 times for 12 slots. Here a slot is a row.
"""

from __future__ import annotations

import datetime as dt
import os
import queue
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import FrameType
from typing import Final, Never

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import DBAPIError

from app.kit.database import Database
from app.kit.jobs import claim_slot, finish_slot, release_slot, see_worker
from app.kit.refusals import Busy
from app.kit.settings import Settings
from app.rules.permissions import Deed
from app.worker.delivering import Clock, Say, keep_delivering, why
from app.worker.jobs import JOBS, Outcome, WorkerJob

__all__ = ["run_now", "run_slot", "work", "worker_name"]

HEARTBEAT_S: Final = 30
CATCH_UP_S: Final = 600
"""How often slots are looked at that nobody ran: those of a worker that died are taken over so."""

_LAST_MAIL_S: Final = 3
"""So long the end waits for a mail that is just being handed over."""


_NOTHING: Final[Mapping[str, Callable[[threading.Event], object]]] = {}


class _StoppedError(BaseException):
    """SIGTERM or SIGINT: whatever is under way ends here. No ``except Exception`` catches it."""


def worker_name() -> str:
    """A name for this process among the workers."""
    return f"{socket.gethostname()}:{os.getpid()}"


def run_slot(
    database: Database, job: WorkerJob, *, slot: str, worker: str, clock: Clock, say: Say = print
) -> Outcome | None:
    """Run a slot of a job, unless another worker has it or it is done.

    Returns:
        What it did; None where it was not this worker's to run.
    """
    at = clock()
    taken = database.writing(
        Deed.RUN_JOB, lambda connection: claim_slot(connection, job=job.name, slot=slot, worker=worker, at=at)
    )
    if not taken:
        return None
    try:
        outcome = job.run(database, at)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in a job is its outcome, and the worker goes on
        outcome = Outcome(f"{type(error).__name__}: {error}", failed=True)
    except BaseException:
        database.writing(
            Deed.RUN_JOB, lambda connection: release_slot(connection, job=job.name, slot=slot, worker=worker)
        )
        raise
    database.writing(
        Deed.RUN_JOB,
        lambda connection: finish_slot(
            connection, job=job.name, slot=slot, at=clock(), outcome=outcome.kept, failed=outcome.failed
        ),
    )
    say(f"{job.name} {slot}: {'failed: ' if outcome.failed else ''}{outcome.text}")
    return outcome


def run_now(
    database: Database, jobs: Iterable[WorkerJob], *, worker: str, clock: Clock, say: Say = print
) -> dict[str, Outcome]:
    """Run jobs at once, whatever their slots: for the operator."""
    done = {}
    for job in jobs:
        slot = f"by hand {clock().isoformat()}"
        outcome = run_slot(database, job, slot=slot, worker=worker, clock=clock, say=say)
        if outcome is not None:
            done[job.name] = outcome
    return done


def work(
    database: Database,
    *,
    settings: Settings,
    clock: Clock,
    jobs: Sequence[WorkerJob] = JOBS,
    say: Say = print,
    beside: Mapping[str, Callable[[threading.Event], object]] = _NOTHING,
) -> None:
    """Run jobs as they come due, and deliver what is posted, until SIGTERM or SIGINT. Call it from the main thread.

    Args:
        database: where jobs and mails are.
        settings: the process's.
        clock: who says what time it is.
        jobs: which.
        say: where it is told what was done.
        beside: what else goes on in threads of its own, by their names: each is given what is set when the process ends.
    """
    worker = worker_name()
    ending = threading.Event()
    post = threading.Thread(
        target=keep_delivering,
        name="delivering",
        args=(database, ending),
        kwargs={"settings": settings, "worker": worker, "clock": clock, "say": say},
        # What is just being sent when the process has to end is sent again by another.
        daemon=True,
    )
    others = [
        threading.Thread(target=keep, name=called, args=(ending,), daemon=True) for called, keep in beside.items()
    ]
    due: queue.SimpleQueue[WorkerJob] = queue.SimpleQueue()
    queued = _Queued(due)
    scheduler = BackgroundScheduler(timezone=dt.UTC, job_defaults={"coalesce": True, "misfire_grace_time": None})
    for job in jobs:
        trigger = CronTrigger(hour=job.schedule.hour, minute=job.schedule.minute, timezone=dt.UTC)
        scheduler.add_job(queued.put, trigger, args=(job,), id=job.name)
    again = IntervalTrigger(seconds=CATCH_UP_S, timezone=dt.UTC)
    scheduler.add_job(queued.put_all, again, args=(jobs,), id="catch_up")
    alive = IntervalTrigger(seconds=HEARTBEAT_S, timezone=dt.UTC)
    scheduler.add_job(_seen, alive, args=(database, worker, clock, say), id="heartbeat")
    previous = {number: signal.signal(number, _stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        _seen(database, worker, clock, say)
        scheduler.start()
        post.start()
        for other in others:
            other.start()
        say(f"worker {worker}: {', '.join(job.name for job in jobs)}")
        queued.put_all(jobs)
        while True:
            job = queued.take()
            try:
                run_slot(database, job, slot=job.schedule.slot(clock()), worker=worker, clock=clock, say=say)
            except (DBAPIError, Busy) as error:
                # The database is away, or taken: the slot stays open, and is looked at again when slots are caught up.
                say(f"{job.name}: {why(error)}")
    except _StoppedError:
        say(f"worker {worker}: stopped")
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        ending.set()
        if scheduler.running:
            scheduler.shutdown(wait=False)
        if post.is_alive():
            post.join(_LAST_MAIL_S)
        database.close()


class _Queued:
    """Jobs that wait to be looked at, each at most once."""

    def __init__(self, due: queue.SimpleQueue[WorkerJob]) -> None:
        self._due: Final = due
        self._waiting: Final[set[str]] = set()
        self._lock: Final = threading.Lock()

    def put(self, job: WorkerJob) -> None:
        with self._lock:
            if job.name in self._waiting:
                return
            self._waiting.add(job.name)
        self._due.put(job)

    def put_all(self, jobs: Iterable[WorkerJob]) -> None:
        for job in jobs:
            self.put(job)

    def take(self) -> WorkerJob:
        while True:
            try:
                # A wait without an end would keep the main thread from its signals on some systems.
                job = self._due.get(timeout=1)
            except queue.Empty:
                continue
            with self._lock:
                self._waiting.discard(job.name)
            return job


def _stop(_signal: int, _frame: FrameType | None) -> Never:
    raise _StoppedError


def _seen(database: Database, worker: str, clock: Clock, say: Say) -> None:
    try:
        with database.write(Deed.RUN_JOB) as connection:
            see_worker(connection, worker=worker, at=clock())
    except (DBAPIError, Busy) as error:
        say(f"worker {worker}: {why(error)}")
