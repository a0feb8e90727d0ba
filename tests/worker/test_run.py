"""Scheduled work: a slot is run once however many workers there are, a missed one is caught up, and every run leaves its outcome."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.kit.database import Database
from app.kit.jobs import Daily, JobRun, job_run, last_runs, worker_last_seen
from app.kit.settings import Settings
from app.worker import Outcome, WorkerJob, run_now, run_slot, work
from tests.conftest import ROOT, Eventually, Kopes, NewDatabase

NIGHT = dt.datetime(2026, 6, 30, 3, tzinfo=dt.UTC)


def quiet(_line: str) -> None:
    """Say nothing."""


def at(instant: dt.datetime) -> Callable[[], dt.datetime]:
    """A clock that stands."""
    return lambda: instant


def runs(database: Database) -> list[JobRun]:
    """The runs there were, the earliest first."""
    with database.read() as connection:
        return sorted(last_runs(connection), key=lambda run: (run.started_at, run.job))


def counting(name: str = "counting") -> tuple[WorkerJob, list[dt.datetime]]:
    """A job that notes when it ran."""
    ran: list[dt.datetime] = []

    def run(_database: Database, now: dt.datetime) -> Outcome:
        ran.append(now)
        return Outcome(f"run {len(ran)}")

    return WorkerJob(name, Daily(2, 0), run), ran


@pytest.mark.own_database
def test_two_workers_at_once_run_each_slot_once(database_url: str) -> None:
    """Whoever writes the slot's row first has it; four schedulers on one job store fired 46 times for 12 slots."""
    job, ran = counting()
    workers = [Database(database_url) for _ in range(4)]
    start = threading.Barrier(len(workers), timeout=60)
    slots = [(NIGHT + dt.timedelta(days=day)).date().isoformat() for day in range(12)]

    def work(number: int) -> None:
        start.wait()
        for slot in slots:
            run_slot(workers[number], job, slot=slot, worker=f"w{number}", clock=at(NIGHT), say=quiet)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(workers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(ran) == len(slots)
    assert sorted(run.slot for run in runs(workers[0])) == slots
    assert all(run.finished_at is not None and run.outcome is not None for run in runs(workers[0]))
    for worker in workers:
        worker.close()


def run_latest(database: Database, job: WorkerJob, instant: dt.datetime, *, worker: str = "w1") -> None:
    """What a worker does once it looks at a job: the latest slot that has come, and none before it."""
    run_slot(database, job, slot=job.schedule.slot(instant), worker=worker, clock=at(instant), say=quiet)


def test_a_missed_slot_is_caught_up_once(database: Database) -> None:
    """A worker that comes at noon runs what was due at night; looked at again, there is nothing to do until the next night."""
    job, ran = counting()
    noon = NIGHT.replace(hour=12)
    for instant in (noon, noon + dt.timedelta(hours=1), noon + dt.timedelta(hours=13)):
        run_latest(database, job, instant)
    assert ran == [noon]

    run_latest(database, job, noon + dt.timedelta(days=3))

    assert [run.slot for run in runs(database)] == ["2026-06-30", "2026-07-03"]


@pytest.mark.parametrize(
    ("now", "slot"),
    [("2026-06-30T01:59", "2026-06-29"), ("2026-06-30T02:00", "2026-06-30"), ("2026-07-01T01:00", "2026-06-30")],
)
def test_a_slot_is_the_latest_time_that_has_come(now: str, slot: str) -> None:
    """The day of the latest time up to now, in UTC."""
    assert Daily(2, 0).slot(dt.datetime.fromisoformat(now).replace(tzinfo=dt.UTC)) == slot


def test_a_job_that_fails_leaves_its_reason_and_the_next_one_runs(database: Database) -> None:
    """A worker outlives its jobs."""

    def broken(_database: Database, _now: dt.datetime) -> Outcome:
        message = "nothing works"
        raise RuntimeError(message)

    job, ran = counting()
    for one in (WorkerJob("broken", Daily(1, 0), broken), job):
        run_latest(database, one, NIGHT)
    first = next(run for run in runs(database) if run.job == "broken")

    assert first.failed
    assert first.outcome == "RuntimeError: nothing works"
    assert len(ran) == 1


def test_a_slot_of_a_worker_that_died_is_taken_over(database: Database) -> None:
    """Not at once: it may only be slow. After an hour its worker is gone."""
    job, ran = counting()
    with database.write("test") as connection:
        connection.execute(
            job_run.insert().values(job="counting", slot="2026-06-30", worker="gone", started_at=NIGHT, failed=False)
        )
    for minutes in (30, 61):
        run_latest(database, job, NIGHT + dt.timedelta(minutes=minutes), worker="w2")

    assert ran == [NIGHT + dt.timedelta(minutes=61)]
    (run,) = runs(database)
    assert (run.worker, run.outcome) == ("w2", "run 1")


def test_a_run_that_is_broken_off_gives_its_slot_back(database: Database) -> None:
    """So that the next start runs it."""

    def interrupted(_database: Database, _now: dt.datetime) -> Outcome:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_slot(
            database, WorkerJob("long", Daily(1, 0), interrupted), slot="x", worker="w1", clock=at(NIGHT), say=quiet
        )

    assert runs(database) == []


def test_the_operator_may_run_a_job_again(database: Database) -> None:
    """By hand, whatever its slots; each time leaves a row."""
    job, ran = counting()
    for minute in range(2):
        run_now(database, [job], worker="w1", clock=at(NIGHT.replace(minute=minute)), say=quiet)

    assert len(ran) == 2
    assert [run.slot[:7] for run in runs(database)] == ["by hand", "by hand"]


def test_the_command_runs_all_jobs_once(kopes: Kopes, database_url: str) -> None:
    """On an empty database there is nothing to do, which is a success."""
    ran = kopes("worker", "--once", "all", database=database_url)

    assert [line.split()[0] for line in ran.out.splitlines()] == ["trend", "reminders", "forgetting", "reconcile"]
    assert "there is no job 'sweeping'" in kopes("worker", "--once", "sweeping", database=database_url, status=2).err


@pytest.mark.own_database
def test_a_worker_is_seen_catches_up_and_stops_when_told(
    database_url: str, tmp_path: Path, eventually: Eventually
) -> None:
    """SIGTERM ends it with status 0; its jobs were run, and readyz can say since when it has been seen."""
    log = tmp_path / "worker.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "worker"],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": database_url},  # noqa: TID251 - handed on to a child
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    database = Database(database_url)
    try:

        def done() -> bool:
            found = runs(database)
            return len(found) == 4 and all(run.finished_at is not None for run in found)

        eventually(done, seconds=60)
        with database.read() as connection:
            assert worker_last_seen(connection) is not None
        assert not any(run.failed for run in runs(database))
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        database.close()


def test_a_worker_outlives_a_database_that_is_taken(new_database: NewDatabase) -> None:
    """While a load holds SQLite the worker says so and goes on: the slot stays open until it is looked at again."""
    url = new_database("sqlite")
    job, ran = counting()
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if line.startswith(job.name):
            signal.raise_signal(signal.SIGTERM)

    loading = Database(url)
    try:
        with loading.write("load"):
            work(Database(url, patience_s=0.05), settings=Settings(), clock=at(NIGHT), jobs=[job], say=say)
        assert [line for line in said if line.startswith("counting")] == ["counting: the database is taken by others"]
        assert said[-1].endswith("stopped")
        assert (ran, runs(loading)) == ([], [])
    finally:
        loading.close()


def test_what_goes_on_beside_the_jobs_is_told_that_the_worker_ends(new_database: NewDatabase) -> None:
    """Such as the making of files: in a thread of its own, which ends with the process."""
    ended = threading.Event()

    def keep(ending: threading.Event) -> None:
        signal.raise_signal(signal.SIGTERM)
        ending.wait()
        ended.set()

    database = Database(new_database("sqlite"))
    work(database, settings=Settings(), clock=at(NIGHT), jobs=[], say=lambda line: None, beside={"keeping": keep})
    assert ended.wait(10)
