"""What is done about an objection: raised, answered, appealed, voted on, taken back; each once, by whom it is for (contract-cycle, 7).

Whoever acts holds the docket (:func:`hold`) before the case is read: of two at once the second one finds what the first has done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access import Viewer
from app.kit.database import lock, next_number
from app.kit.refusals import Conflict, Invalid, at_field, text_problems
from app.objecting import tables
from app.objecting.docket import ANSWER, APPEAL, VOTE, WITHDRAW, Case, Objection, names_of
from app.plain.findings import Finding, n_
from app.plain.texts import quoted, trimmed
from app.rules.deciding import Obstacle
from app.rules.objections import ObjectionAbout, ObjectionState
from app.rules.permissions import Deed, may

__all__ = [
    "BY_HR",
    "OPEN_MOST",
    "TEXT_LENGTH_MAX",
    "ObjectionRefused",
    "ObjectionWish",
    "Vote",
    "answer",
    "answer_part",
    "appeal",
    "hold",
    "is_objector",
    "keep_objection",
    "obstacle_to_answering",
    "speaks_for_objector",
    "vote",
    "waits_for",
    "withdraw",
]

LOCK_OBJECTIONS: Final = 7015
"""Held by whoever raises an objection or does something about one."""

TEXT_LENGTH_MAX: Final = 4000
OPEN_MOST: Final = 10
"""So many objections of one person may wait at once: more is nobody's case."""

BY_HR: Final = "hr"
_ANSWER: Final = "answer"
"""The function of a delegation by which somebody answers in the confirmer's place."""


class TooLate(Conflict):
    """The time for it is over."""

    code = "too_late"
    message = n_("The time for this ended on %(day)s: look at how far it is.")


class NotTold(Conflict):
    """Nobody has told them what they would object to."""

    code = "not_told"
    message = n_("Nobody has told this person their result yet: write down first when they were told.")


class NoPayYet(Conflict):
    """There is nothing paid to object to."""

    code = "not_now"
    message = n_("Nobody has approved a pay run of the cycle yet: wait until there is one.")


class TooManyObjections(Conflict):
    """As many wait as are heard."""

    code = "too_many_open"
    message = n_("As many objections of this person wait as are heard at once: wait until one is decided.")


class AnsweredAlready(Conflict):
    """Somebody has answered."""

    code = "answered"
    message = n_("The objection has been answered already: look at what was answered.")


class NotRefused(Conflict):
    """There is nothing to appeal against."""

    code = "not_refused"
    message = n_("The objection was not refused, so that there is nothing to appeal against: look at how far it is.")


class NotAppealed(Conflict):
    """It is not before a committee."""

    code = "not_appealed"
    message = n_("The objection is not before the committee: look at how far it is.")


class NoQuorum(Conflict):
    """Too few can hear it."""

    code = "no_quorum"
    message = n_("Only %(count)s of %(least)s who are needed can hear this objection: ask HR to appoint more.")


class VotedAlready(Conflict):
    """A member votes once."""

    code = "voted"
    message = n_("You have voted already, and a vote is not changed: look at what you said.")


class ObjectionEnded(Conflict):
    """It has come to its end."""

    code = "ended"
    message = n_("The objection has been decided or taken back: look at what became of it.")


class ObjectionRefused(Conflict):
    """Somebody does not do this with an objection: by the contract's codes."""

    def __init__(self, obstacle: Obstacle) -> None:
        """Say why."""
        self.code = obstacle.value
        super().__init__(message=_OBSTACLES[obstacle])


_OBSTACLES: Final[Mapping[Obstacle, str]] = {
    Obstacle.ROLE: n_("The objection waits for somebody else: leave it to them."),
    Obstacle.OWN_CASE: n_("The objection is your own: leave it to somebody else."),
    Obstacle.SAME_PERSON: n_("You have decided something about this person before: leave it to somebody else."),
}


def hold(connection: Connection) -> None:
    """Keep everybody else from doing something about objections, to the transaction's end."""
    lock(connection, LOCK_OBJECTIONS)


# ----------------------------------------------------------------------------------------------------------------- raising


class ObjectionWish(NamedTuple):
    """What somebody objects to, and since which day it is known."""

    employee: str
    about: ObjectionAbout
    kpi: str | None
    text: str
    received_on: dt.date


def keep_objection(
    connection: Connection,
    wish: ObjectionWish,
    *,
    cycle: int,
    round_: int,
    until: dt.date | None,
    waiting: int,
    kpis: Collection[str],
    by: Viewer,
    now: dt.datetime,
) -> int:
    """Put an objection on the docket; its number.

    Args:
        connection: a writing transaction that holds the docket.
        wish: what of, by whom.
        cycle: of which cycle.
        round_: and round.
        until: the last day to object to it; None while the time has not begun.
        waiting: how many of the person's wait.
        kpis: the lines of their scorecard.
        by: who writes it down.
        now: when.

    Raises:
        Invalid: no text, or one that is too long; a line that they do not have.
        NotTold: nobody has told them yet.
        NoPayYet: there is no pay to object to.
        TooLate: the window is over.
        TooManyObjections: more are not heard.

    Queries: 2.
    """
    text = trimmed(wish.text)
    problems: list[Finding] = text_problems("text", text, most=TEXT_LENGTH_MAX)
    if wish.kpi is not None and wish.kpi not in kpis:
        message = n_("The scorecard has no line of KPI “%(value)s”: name one that it has.")
        problems.append(at_field("kpi", "unknown_kpi", message, value=quoted(wish.kpi)))
    if problems:
        raise Invalid(*problems)
    if until is None:
        raise NoPayYet if wish.about is ObjectionAbout.PAY else NotTold
    if wish.received_on > until:
        raise TooLate(parameters={"day": until.isoformat()})
    if waiting >= OPEN_MOST:
        raise TooManyObjections
    number = next_number(connection, tables.objection)
    connection.execute(
        sa.insert(tables.objection).values(
            id=number,
            cycle=cycle,
            round=round_,
            employee=wish.employee,
            about=wish.about.value,
            kpi=wish.kpi,
            text=text,
            received_on=wish.received_on,
            at=now,
            account=by.label,
            writer=by.employee,
        )
    )
    return number


# -------------------------------------------------------------------------------------------------------------- who may what


def _runs(viewer: Viewer) -> bool:
    return may(viewer.roles, Deed.RUN_CYCLE, ())


def is_objector(viewer: Viewer, one: Objection) -> bool:
    """Whether an objection is somebody's own."""
    return viewer.employee is not None and viewer.employee == one.employee


def answer_part(case: Case, viewer: Viewer) -> str | None:
    """As whom somebody answers: the number of whom they stand in for, "" for themself; None where it is not theirs."""
    if case.confirmers == (BY_HR,):
        return "" if _runs(viewer) else None
    if viewer.employee in case.confirmers:
        return ""
    return next((one.giver for one in viewer.stands_in_for(_ANSWER) if one.giver in case.confirmers), None)


def obstacle_to_answering(case: Case, viewer: Viewer) -> Obstacle | None:
    """Why somebody does not answer an objection; None where they do."""
    if is_objector(viewer, case.objection):
        return Obstacle.OWN_CASE
    part = answer_part(case, viewer)
    if part is None:
        return Obstacle.ROLE
    return None if case.judged.isdisjoint(names_of(viewer)) else Obstacle.SAME_PERSON


def speaks_for_objector(case: Case, viewer: Viewer) -> bool:
    """Whether somebody appeals or takes back: the objector; hr for whom hr wrote it down."""
    return is_objector(viewer, case.objection) or (case.objection.on_behalf and _runs(viewer))


def waits_for(case: Case, viewer: Viewer) -> bool:
    """Whether somebody is to do something about an objection now: answer, vote, appeal, appoint more members, or give effect to it."""
    is_own = is_objector(viewer, case.objection)
    if case.state is ObjectionState.OPEN:
        return obstacle_to_answering(case, viewer) is None
    if case.state is ObjectionState.ANSWERED:
        return speaks_for_objector(case, viewer)
    if case.state is ObjectionState.APPEALED and case.committee.has_quorum:
        return case.as_member(viewer) in case.to_vote
    return case.is_open and _runs(viewer) and not is_own


# ------------------------------------------------------------------------------------------------------------------- steps


def _checked(text: str) -> str:
    kept = trimmed(text)
    problems = text_problems("text", kept, most=TEXT_LENGTH_MAX)
    if problems:
        raise Invalid(*problems)
    return kept


def _take(
    connection: Connection,
    one: Objection,
    step: str,
    *,
    by: Viewer,
    now: dt.datetime,
    grants: bool | None = None,
    text: str | None = None,
    acts_for: str | None = None,
) -> None:
    """Write a step. Queries: 2."""
    of = tables.objection_step.c
    place = connection.scalar(sa.select(sa.func.max(of.place)).where(of.objection == one.id))
    connection.execute(
        sa.insert(tables.objection_step).values(
            objection=one.id,
            place=(place or 0) + 1,
            step=step,
            grants=grants,
            text=text,
            at=now,
            account=by.label,
            writer=by.employee,
            acts_for=acts_for or None,
        )
    )


def answer(connection: Connection, case: Case, *, granted: bool, text: str, by: Viewer, now: dt.datetime) -> None:
    """Answer an objection, as who confirms. Queries: 2.

    Raises:
        Invalid: no text, or one that is too long.
        Conflict: it is not theirs; it was answered or taken back; or it is the committee's by now.
    """
    obstacle = obstacle_to_answering(case, by)
    if obstacle is not None:
        raise ObjectionRefused(obstacle)
    kept = _checked(text)
    if case.objection.answer is not None:
        raise AnsweredAlready
    if case.state is ObjectionState.WITHDRAWN:
        raise ObjectionEnded
    if case.state is not ObjectionState.OPEN:
        raise TooLate(parameters={"day": case.answer_until.isoformat()})
    part = answer_part(case, by)
    _take(connection, case.objection, ANSWER, by=by, now=now, grants=granted, text=kept, acts_for=part)


def appeal(connection: Connection, case: Case, *, text: str, by: Viewer, now: dt.datetime) -> None:
    """Appeal to the committee, which is fixed by it. Queries: 3.

    Raises:
        Invalid: no text, or one that is too long.
        Conflict: it is not theirs; it was not refused; the time is over; or too few can hear it.
    """
    if not speaks_for_objector(case, by):
        raise ObjectionRefused(Obstacle.ROLE)
    kept = _checked(text)
    if case.state is ObjectionState.REFUSED and case.objection.last(APPEAL) is None and case.appeal_until is not None:
        raise TooLate(parameters={"day": case.appeal_until.isoformat()})
    if case.state is not ObjectionState.ANSWERED:
        raise NotRefused
    _refuse_without_quorum(case)
    _take(connection, case.objection, APPEAL, by=by, now=now, text=kept)
    _fix(connection, case)


def _refuse_without_quorum(case: Case) -> None:
    committee = case.committee
    if not committee.has_quorum:
        raise NoQuorum(parameters={"count": len(committee.members), "least": committee.least})


def _fix(connection: Connection, case: Case) -> None:
    """Write down who is of the committee. Queries: 1."""
    rows = [{"objection": case.id, "person": one} for one in case.committee.members]
    connection.execute(sa.insert(tables.objection_member), rows)


class Vote(NamedTuple):
    """What a member says."""

    grant: bool
    text: str


def vote(connection: Connection, case: Case, wanted: Vote, *, by: Viewer, now: dt.datetime) -> None:
    """Vote, as a member of the committee; the first vote fixes the committee of what nobody answered in time. Queries: 2 or 3.

    Raises:
        Invalid: no text, or one that is too long.
        Conflict: they are not of the committee; they have voted; it is decided; or too few can hear it.
    """
    member = case.as_member(by)
    if case.state is ObjectionState.APPEALED:
        _refuse_without_quorum(case)
    if member is None:
        raise ObjectionRefused(Obstacle.OWN_CASE if is_objector(by, case.objection) else Obstacle.ROLE)
    kept = _checked(wanted.text)
    if member not in case.to_vote:
        raise VotedAlready
    if case.state is not ObjectionState.APPEALED:
        raise NotAppealed if case.is_open and not case.objection.members else ObjectionEnded
    if not case.objection.members:
        _fix(connection, case)
    _take(connection, case.objection, VOTE, by=by, now=now, grants=wanted.grant, text=kept)


def withdraw(connection: Connection, case: Case, *, by: Viewer, now: dt.datetime) -> None:
    """Take an objection back before it is decided. Queries: 2.

    Raises:
        Conflict: it is not theirs, or it is decided.
    """
    if not speaks_for_objector(case, by):
        raise ObjectionRefused(Obstacle.ROLE)
    if case.state not in _WITHDRAWN_FROM:
        raise ObjectionEnded
    _take(connection, case.objection, WITHDRAW, by=by, now=now)


_WITHDRAWN_FROM: Final = frozenset({ObjectionState.OPEN, ObjectionState.ANSWERED, ObjectionState.APPEALED})
