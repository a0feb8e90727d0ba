"""How and when people were told what they came to, and until when they may object (contract-cycle, 7)."""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import Connection

from app import cascade, decisions, organisation
from app.cascade import ToldTo
from app.cycle.grading.grades import propose_employee_grades
from app.cycle.opened import NotNow, OpenedCycle
from app.kit.database import lock
from app.kit.refusals import Conflict, Invalid, NotThere, at_field, text_problems
from app.plain.findings import n_
from app.rules.results_told import results_to_tell, to_be_told
from app.rules.stages import TOLD_FROM
from app.rules.tellings import ToldResult, last_day_to_object
from app.rules.terms import Node
from app.scoring import State

__all__ = ["HOW_LENGTH_MAX", "last_day_of_window", "pending_results", "tell_by_hand", "told_on"]

HOW_LENGTH_MAX: Final = 200


class ToldAlready(Conflict):
    """Somebody has been told, by mail or by hand."""

    code = "told_already"
    message = n_("This person has been told already: look at when and how.")


def pending_results(connection: Connection, loaded: State, cycle: int, *, day: dt.date) -> dict[Node, ToldResult]:
    """Whom a telling made now would tell, and what. Queries: those of :func:`app.cycle.propose_employee_grades`."""
    sheet = loaded.plan(cycle).sheet
    proposal = propose_employee_grades(connection, cycle=cycle, today=day, loaded=loaded).proposal
    return to_be_told(results_to_tell(proposal, sheet.definitions.policies.groups), sheet.told_of(cycle))


def told_on(to: ToldTo, loaded: State) -> dt.date | None:
    """The day on which somebody was told: by mail on that of the telling, by the clock of the root unit; None while nobody has told them by hand."""
    # By the units as they were certified: what is loaded later moves no window.
    return loaded.plan(to.telling.cycle).frame.directory.day_of(to.telling.at) if to.by_mail else to.day


def last_day_of_window(to: ToldTo, loaded: State) -> dt.date | None:
    """The last day on which somebody may object; None while they are still to be told by hand."""
    day = told_on(to, loaded)
    policies = loaded.plan(to.telling.cycle).sheet.definitions.policies
    return None if day is None else last_day_to_object(day, days=policies.objections.days)


def tell_by_hand(
    connection: Connection, opened: OpenedCycle, employee: str, *, on: dt.date, how: str, by: str, now: dt.datetime
) -> ToldTo:
    """Write down that somebody who has no account was told by hand: their window runs from that day.

    Args:
        connection: a writing transaction.
        opened: the cycle.
        employee: whose number.
        on: the day.
        how: such as by letter.
        by: who writes it down, as the trail writes it.
        now: when.

    Raises:
        NotNow: nobody has been told anything yet.
        NotThere: the cycle does not list them.
        ToldAlready: they were told by mail, or it was written down before.
        Invalid: a day before the telling or to come; no way, or one that is too long.
    """
    if opened.stage not in TOLD_FROM:
        raise NotNow
    lock(connection, decisions.LOCK_DECISIONS)
    to = cascade.told_to(connection, opened.cycle, employee).get(employee)
    if to is None:
        raise NotThere
    if to.by_mail or to.day is not None:
        raise ToldAlready
    directory = organisation.directory(connection)
    problems = text_problems("how", how, most=HOW_LENGTH_MAX)
    if not directory.day_of(to.telling.at) <= on <= directory.day_of(now):
        message = n_("Nobody can have been told on that day: write one from the day of the telling to today.")
        problems.append(at_field("on", "no_such_day", message))
    if problems:
        raise Invalid(*problems)
    cascade.keep_told_by_hand(connection, to, day=on, how=how, at=now, account=by)
    return to._replace(day=on, how=how)
