"""The table of jobs: a name, when, and the one call that does it.

A newcomer's usual mistake is one long transaction: on SQLite a writer shuts out every other one, so a job reads first, in a transaction that
cannot write, and then writes what it found in short ones.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlalchemy import Connection

from app import access, ledger, notices, scoring
from app.kit.database import Database
from app.rules.permissions import Deed

__all__ = ["JOBS", "Daily", "Job", "Outcome"]

SHOWN_DIFFERENCES: Final = 20
TOUCHES_KEPT: Final = dt.timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did, in words for whoever keeps the jobs; ``failed`` where somebody has to look."""

    text: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Daily:
    """Once a day at a time of the day in UTC."""

    hour: int
    minute: int

    def latest(self, now: dt.datetime) -> dt.datetime:
        """The latest time up to now."""
        today = now.astimezone(dt.UTC).replace(hour=self.hour, minute=self.minute, second=0, microsecond=0)
        return today if today <= now else today - dt.timedelta(days=1)

    def slot(self, now: dt.datetime) -> str:
        """The slot that the latest time stands for: its day."""
        return self.latest(now).date().isoformat()


@dataclass(frozen=True, slots=True)
class Job:
    """A job: its name, what the administrator reads of it, when, and what it calls."""

    name: str
    schedule: Daily
    run: Callable[[Database, dt.datetime], Outcome]


def take_trend(database: Database, now: dt.datetime) -> Outcome:
    """Take every node's scores as of the days that are missing or stale, in every cycle that has scorecards."""
    taken: dict[int, int] = {}
    with database.read() as connection:
        cycles = scoring.state(connection).sheet.cycles
    for cycle in cycles:
        with database.read() as connection:
            seen = scoring.newest(connection)
            days = scoring.stale_days(connection, cycle, today=now.date())
            for snapshot in scoring.snapshots(connection, cycle, days) if days else ():
                with database.write(Deed.RUN_JOB) as writing:
                    scoring.keep_snapshot(writing, snapshot, at=now)
        with database.write(Deed.RUN_JOB) as writing:
            scoring.keep_taken(writing, cycle, seen, at=now)
        if days:
            taken[cycle] = len(days)
    told = "; ".join(f"cycle {cycle}: {number} days taken" for cycle, number in taken.items())
    return Outcome(told or "every day that is kept is still true")


def reconcile(database: Database, _now: dt.datetime) -> Outcome:
    """Recompute every stored total from the ledger and compare."""
    with database.read() as connection:
        differences = scoring.reconcile(connection)
        found = list(islice(differences, SHOWN_DIFFERENCES))
        more = sum(1 for _ in differences)
    if not found:
        return Outcome("all totals agree with the ledger")
    told = "\n".join((f"{len(found) + more} differences", *found, *([f"… and {more} more"] if more else [])))
    return Outcome(told, failed=True)


def remind(database: Database, now: dt.datetime) -> Outcome:
    """Tell heads what waits for their verdict, and settle what no longer waits."""

    def write(connection: Connection) -> notices.Reminded:
        frame = scoring.state(connection).frame
        return notices.remind_unverified(connection, frame, today=now.date(), at=now)

    told = database.writing(Deed.RUN_JOB, write)
    return Outcome(
        f"entries that wait: {told.entries}; notices: {told.open} open, {told.new} of them new, {told.settled} settled"
    )


def forget(database: Database, now: dt.datetime) -> Outcome:
    """Delete what nobody can ask for any more: marks of what moved, rejected events of long ago, ended sessions, old sign-in attempts."""
    with database.write(Deed.RUN_JOB) as connection:
        touches = ledger.forget_changes(connection, before=now - TOUCHES_KEPT)
        rejects = ledger.forget_rejected(connection, now=now)
        sessions, attempts = access.forget_sessions(connection, now=now)
    return Outcome(
        f"forgotten: {touches} marks of what moved, {rejects} rejected events, {sessions} sessions, {attempts} sign-in attempts"
    )


JOBS: Final = (
    Job("trend", Daily(1, 10), take_trend),
    Job("reminders", Daily(5, 0), remind),
    Job("forgetting", Daily(2, 40), forget),
    Job("reconcile", Daily(3, 0), reconcile),
)
"""In the order in which missed slots are caught up."""
