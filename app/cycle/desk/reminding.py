"""What of opened cycles waits for one person, as a mail counts it (contract-cycle, 4, 5 and 9).

Nothing is kept of it: it is asked when a reminder is posted, and again when it is sent, so that what was done meanwhile is not asked for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from app import access
from app.access import Account, Viewer
from app.cycle.desk.waiting_for import (
    actions_to_do,
    check_ins_due,
    comments_owed,
    objections_to_act_on,
    to_answer,
    to_rate,
    to_review,
    to_sign,
)
from app.cycle.desk.waiting_reads import EverybodysReads, OnesReads
from app.kit import outbox
from app.organisation import Directory
from app.rules.permissions import roles_that_hold
from app.scoring import State

__all__ = ["REMINDED_AGAIN_AFTER", "REMINDER", "post_reminders", "reminders_due", "viewer_of", "waiting_of"]

REMINDER: Final = "cycle_reminder"
"""The topic of the mail that says what waits."""

REMINDED_AGAIN_AFTER: Final = dt.timedelta(days=7)
"""So long nobody is mailed again, whatever waits."""

_RATED_LAST: Final = dt.timedelta(days=30)
"""Of grades nobody is reminded before the last days of the cycle: they are of the whole of it."""


def waiting_of(
    connection: Connection, loaded: State, account: Account, *, day: dt.date, reads: OnesReads | None = None
) -> Mapping[str, int]:
    """How much waits for the owner of an account, by kind; what is nothing is left out.

    Args:
        connection: any transaction.
        loaded: what is loaded and decided.
        account: whose.
        day: today.
        reads: what is read already, where it is asked of many.

    Queries: none where no cycle was published, else those of Home for what is of cycles; with what is read for everybody none but the first time.
    """
    reads = reads or OnesReads(connection, loaded, day=day)
    viewer = viewer_of(loaded.frame.directory, account, day)
    if viewer is None:
        return {}
    rated = [
        one.number
        for one in to_rate(reads, viewer=viewer)
        if (end := loaded.plan(one.cycle).period.to) is not None and day >= end - _RATED_LAST
    ]
    waiting = {
        "signatures": len(to_sign(reads, viewer=viewer)),
        "grades": sum(rated),
        "check_ins": len(check_ins_due(reads, viewer=viewer)),
        "comments": len(comments_owed(reads, viewer=viewer)),
        "actions": len(actions_to_do(reads, viewer=viewer)),
        "reviews": len(to_review(reads, viewer=viewer)),
        "answers": len(to_answer(reads, viewer=viewer)),
        "objections": len(objections_to_act_on(reads, viewer=viewer)),
    }
    return {kind: number for kind, number in waiting.items() if number}


def viewer_of(directory: Directory, account: Account, day: dt.date) -> Viewer | None:
    """The owner of an account as they would be signed in, standing in for nobody; None out of service."""
    person = directory.employees.get(account.employee or "")
    if account.disabled_at is not None or (account.employee is not None and person is None):
        return None
    if person is not None and (day < person.hired_on or (person.left_on is not None and day >= person.left_on)):
        return None
    heads = person is not None and bool(directory.units_headed_by(person.number, day))
    roles = roles_that_hold(account.roles, of_employee=person is not None, heads=heads)
    return Viewer(account_id=account.id, email=account.email, roles=roles, employee=account.employee, today=day)


def reminders_due(connection: Connection, loaded: State, *, now: dt.datetime) -> list[Account]:
    """Everybody for whom something waits, and who had no such mail lately.

    Queries: none where no cycle was published; else 1 for every 200 accounts, and those of :class:`app.cycle.desk.waiting_reads.EverybodysReads`.
    """
    if not loaded.sheet.pinned:
        return []
    day = loaded.frame.directory.day_of(now)
    lately = outbox.recipients_since(connection, topic=REMINDER, since=now - REMINDED_AGAIN_AFTER)
    reads = EverybodysReads(connection, loaded, day=day)
    asked = (one for one in access.every_account(connection) if one.email not in lately)
    return [one for one in asked if waiting_of(connection, loaded, one, day=day, reads=reads)]


def post_reminders(connection: Connection, accounts: Sequence[Account], *, at: dt.datetime) -> None:
    """Post a mail to each. Queries: 1 for each."""
    for account in accounts:
        outbox.post(connection, topic=REMINDER, recipient=account.email, content={"account": account.id}, at=at)
