"""The table of jobs: a name, when, and the one call that does it.

Avoid one long transaction: on SQLite a writer shuts out every other one, so a job reads first, in a transaction that
cannot write, and then writes what it found in short ones.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Final, NamedTuple, Self

from sqlalchemy import Connection

from app import access, intake, ledger, notices, organisation, scoring
from app import cycle as cycles
from app.kit import outbox
from app.kit.database import Database
from app.kit.jobs import TIMETABLE, Daily
from app.plain.findings import n_
from app.rules.permissions import Deed

__all__ = ["JOBS", "Outcome", "Sentence", "WorkerJob"]

SHOWN_DIFFERENCES: Final = 20
DAYS_AT_ONCE: Final = 14
"""So many days of business figures are written in one transaction: on SQLite nobody else writes meanwhile."""

TOUCHES_KEPT: Final = dt.timedelta(days=2)


class Sentence(NamedTuple):
    """A message that the catalogues know, with what fills its places."""

    message: str
    parameters: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did, for whoever keeps the jobs.

    Attributes:
        text: in English, for the worker's own output; of an error what it says, in whatever language.
        failed: whether somebody has to look.
        said: the same in sentences that the catalogues know, as far as they are ours.
    """

    text: str
    failed: bool = False
    said: tuple[Sentence, ...] = ()

    @classmethod
    def of(cls, *said: Sentence, lines: Sequence[str] = (), failed: bool = False) -> Self:
        """In sentences of ours, and lines that something else wrote below them."""
        spoken = [one.message % dict(one.parameters) for one in said]
        return cls("\n".join((" ".join(spoken), *lines)), failed, said)

    @property
    def kept(self) -> str:
        """As a run's row keeps it: what can be said in any language apart from what cannot."""
        if not self.said:
            return self.text
        said = [{"message": one.message, "parameters": dict(one.parameters)} for one in self.said]
        return json.dumps([*said, *self.text.split("\n")[1:]])


@dataclass(frozen=True, slots=True)
class WorkerJob:
    """A job: its name, what the administrator reads of it, when, and what it calls."""

    name: str
    schedule: Daily
    run: Callable[[Database, dt.datetime], Outcome]


def take_trend(database: Database, now: dt.datetime) -> Outcome:
    """Take every node's scores as of the days that are missing or stale, in every cycle that has scorecards."""
    taken: dict[int, int] = {}
    with database.read() as connection:
        of_sheet = scoring.state(connection).sheet.cycles
    for cycle in of_sheet:
        with database.read() as connection:
            seen = scoring.newest(connection)
            today = organisation.directory(connection).day_of(now)
            days = scoring.stale_days(connection, cycle, today=today)
            for snapshot in scoring.snapshots(connection, cycle, days) if days else ():
                with database.write(Deed.RUN_JOB) as writing:
                    scoring.keep_snapshot(writing, snapshot, at=now)
        with database.write(Deed.RUN_JOB) as writing:
            scoring.keep_taken(writing, cycle, seen, at=now)
        if days:
            taken[cycle] = len(days)
    business = _take_business(database, now)
    if not taken and not business:
        return Outcome.of(Sentence(n_("Every day that is kept is still true.")))
    scores = n_("Cycle %(cycle)s, scores kept for the trend. Days: %(days)s.")
    figures = n_("Cycle %(cycle)s, business figures kept. Days: %(days)s.")
    return Outcome.of(
        *(Sentence(scores, {"cycle": cycle, "days": days}) for cycle, days in taken.items()),
        *(Sentence(figures, {"cycle": cycle, "days": days}) for cycle, days in business.items()),
    )


def _take_business(database: Database, now: dt.datetime) -> dict[int, int]:
    """Take every unit's business figures as of the days that are missing or stale, in every cycle whose days are kept."""
    taken: dict[int, int] = {}
    with database.read() as connection:
        with_days = scoring.business_cycles(connection)
    for cycle in with_days:
        with database.read() as connection:
            seen = scoring.newest_of_load(connection)
            today = organisation.directory(connection).day_of(now)
            days = scoring.stale_business_days(connection, cycle, today=today)
            by_day = scoring.business_days(connection, cycle, days) if days else iter(())
            while some := list(islice(by_day, DAYS_AT_ONCE)):
                with database.write(Deed.RUN_JOB) as writing:
                    scoring.keep_business_days(writing, some)
            has_entries = ledger.has_cycle(connection, cycle)
        with database.write(Deed.RUN_JOB) as writing:
            scoring.keep_business_taken(writing, cycle, seen, has_entries=has_entries, at=now)
        if days:
            taken[cycle] = len(days)
    return taken


def reconcile(database: Database, _now: dt.datetime) -> Outcome:
    """Recompute every stored total from the ledger and compare."""
    with database.read() as connection:
        differences = scoring.reconcile(connection)
        shown = list(islice(differences, SHOWN_DIFFERENCES))
        more = sum(1 for _ in differences)
    if not shown:
        return Outcome.of(Sentence(n_("All totals agree with the ledger.")))
    count = Sentence(n_("Totals that differ from the ledger: %(count)s."), {"count": len(shown) + more})
    return Outcome.of(count, lines=(*shown, *(["…"] if more else [])), failed=True)


def remind(database: Database, now: dt.datetime) -> Outcome:
    """Tell heads what waits for their verdict, and hr which feeds are silent; settle what no longer holds."""

    def write(connection: Connection) -> tuple[notices.Reminded, int]:
        frame = scoring.state(connection).frame
        late = {one.file: one.since for one in intake.late_feeds(connection, now=now)}
        notices.tell_late_feeds(connection, late, at=now)
        return notices.remind_unverified(connection, frame, today=frame.directory.day_of(now), at=now), len(late)

    told, late = database.writing(Deed.RUN_JOB, write)
    mailed = _mail_reminders(database, now)
    of_feeds = [Sentence(n_("Feeds that are silent too long: %(count)s."), {"count": late})] if late else []
    return Outcome.of(
        Sentence(n_("Entries that wait for a verdict: %(entries)s."), {"entries": told.entries}),
        Sentence(
            n_("Reminders: %(open)s open, %(new)s of them new; %(settled)s settled."),
            {"open": told.open, "new": told.new, "settled": told.settled},
        ),
        *of_feeds,
        *(
            [Sentence(n_("People who are mailed what waits for them in a cycle: %(count)s."), {"count": mailed})]
            if mailed
            else []
        ),
    )


def _mail_reminders(database: Database, now: dt.datetime) -> int:
    """Mail people what waits for them in opened cycles: read first, then written at once."""
    with database.read() as connection:
        wanted = cycles.reminders_due(connection, scoring.state(connection), now=now)
    if wanted:
        database.writing(Deed.RUN_JOB, lambda connection: cycles.post_reminders(connection, wanted, at=now))
    return len(wanted)


def forget(database: Database, now: dt.datetime) -> Outcome:
    """Delete what nobody can ask for any more: marks of what moved, rejected events of long ago, ended sessions, old sign-in attempts, links, mails and kept answers."""
    with database.write(Deed.RUN_JOB) as connection:
        touches = ledger.forget_changes(connection, before=now - TOUCHES_KEPT)
        rejects = ledger.forget_rejected(connection, now=now)
        sessions, attempts = access.forget_sessions(connection, now=now)
        links = access.forget_links(connection, now=now)
        answers = access.forget_answers(connection, now=now)
        files = access.forget_made_files(connection, now=now)
        mails = outbox.forget_delivered(connection, now=now)
    return Outcome.of(
        Sentence(
            n_(
                "Cleared away. Notices to open pages that figures moved: %(marks)s; rejected events: %(rejects)s; ended sessions: %(sessions)s; attempts to sign in: %(attempts)s; links of mails: %(links)s; mails: %(mails)s; kept answers: %(answers)s."
            ),
            {
                "marks": touches,
                "rejects": rejects,
                "sessions": sessions,
                "attempts": attempts,
                "links": links,
                "mails": mails,
                "answers": answers,
            },
        ),
        *([Sentence(n_("Files made for people, deleted: %(count)s."), {"count": files})] if files else []),
    )


JOBS: Final = (
    WorkerJob("trend", TIMETABLE["trend"], take_trend),
    WorkerJob("reminders", TIMETABLE["reminders"], remind),
    WorkerJob("forgetting", TIMETABLE["forgetting"], forget),
    WorkerJob("reconcile", TIMETABLE["reconcile"], reconcile),
)
"""In the order in which missed slots are caught up."""
