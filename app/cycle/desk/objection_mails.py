"""Mails about objections, posted when one comes to wait for somebody else: what is due in days is not left to a reminder (contract-cycle, 7)."""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import Connection

from app import access, objecting
from app.access import Account
from app.cycle.close.hearing import Hearings
from app.cycle.desk.board_reminding import names_of_account
from app.cycle.desk.reminding import viewer_of
from app.cycle.opened import opened_cycle
from app.kit import outbox
from app.objecting import Case
from app.organisation import Directory
from app.rules.objections import ObjectionState
from app.scoring import State

__all__ = ["OBJECTION", "objection_of_mail", "post_objection_mails"]

OBJECTION: Final = "objection"
"""The topic of the mails."""

_JUDGED: Final = frozenset({ObjectionState.ANSWERED, ObjectionState.GRANTED, ObjectionState.REFUSED})
"""The states of which the objector is told."""


def post_objection_mails(
    connection: Connection, directory: Directory, case: Case, *, but: str, now: dt.datetime
) -> None:
    """Post a mail to everybody whom an objection waits for now, and to the objector where it was judged.

    Args:
        connection: a writing transaction.
        directory: who is in service.
        case: as it stands after what was done.
        but: who did it, as the trail writes them.
        now: when.

    Queries: 1 for every 200 accounts, and 1 for each mail.
    """
    objection = case.objection
    whom = {*case.who, *([objection.employee] if case.state in _JUDGED else [])}
    if not whom:
        return
    day = directory.day_of(now)
    content = {"cycle": objection.cycle, "objection": case.id, "state": case.state.value}
    for account in access.every_account(connection):
        is_asked = not whom.isdisjoint(names_of_account(account)) and viewer_of(directory, account, day) is not None
        if is_asked and f"account:{account.email}" != but:
            mail = content | {"account": account.id}
            outbox.post(connection, topic=OBJECTION, recipient=account.email, content=mail, at=now)


def objection_of_mail(
    connection: Connection, loaded: State, account: Account, *, cycle: int, number: int, state: str, day: dt.date
) -> tuple[Case, bool] | None:
    """The objection that a mail is about, and whether it waits for whom it goes to; None where it is neither theirs nor to be acted on by them any more.

    Queries: 1, and those of :meth:`app.cycle.Hearings.found`.
    """
    opened = opened_cycle(connection, cycle)
    case = None if opened is None else Hearings(connection, loaded, opened, day=day).found(number)
    viewer = viewer_of(loaded.frame.directory, account, day)
    if case is None or viewer is None or case.state != state:
        return None
    if objecting.is_objector(viewer, case.objection):
        return case, False
    return (case, True) if objecting.waits_for(case, viewer) else None
