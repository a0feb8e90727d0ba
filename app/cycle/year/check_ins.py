"""Check-ins of an employee and who leads them, and what the employee says of their own year: kept, and never in a figure (contract-cycle, 5).

A newcomer's usual mistake: to show them to whoever sees the scorecard. They are the employee's, the head's and hr's.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access import Viewer
from app.cycle import tables
from app.cycle.agreement.agreed_cards import signers_of
from app.cycle.opened import NotNow, OpenedCycle
from app.cycle.year.rating import FinalAlready
from app.decisions import Hand, own_nodes, refusal_for
from app.kit.database import lock
from app.kit.refusals import Invalid, at_field, text_problems
from app.organisation import Directory
from app.plain.findings import n_
from app.plain.texts import trimmed
from app.rules.agreement import SignedAs
from app.rules.deciding import Obstacle
from app.rules.permissions import Deed, may
from app.rules.stages import BEFORE_THE_CUT
from app.rules.terms import Node, NodeKind
from app.scoring import CyclePlan

__all__ = [
    "CheckIn",
    "SelfAssessment",
    "WantedCheckIn",
    "check_in_parts",
    "check_ins",
    "keep_check_ins",
    "keep_self_assessment",
    "sees_check_ins",
    "self_assessment",
]

LOCK_CHECK_INS: Final = 7008
"""Held by whoever writes a check-in or a self-assessment, so that each has its place."""

TEXT_LENGTH_MAX: Final = 4000
_REVIEW: Final = "review"
"""The function of a delegation by which somebody speaks with people in the head's place."""


class CheckIn(NamedTuple):
    """What one of both has kept of how the year is going."""

    employee: str
    part: SignedAs
    text: str
    on: dt.date
    at: dt.datetime
    person: str
    """Who wrote it: the number, or the account's e-mail."""
    acts_for: str | None

    def as_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {
            "as": self.part.value,
            "text": self.text,
            "on": self.on.isoformat(),
            "at": self.at.isoformat(),
            "person": self.person,
            "for": self.acts_for,
        }


class SelfAssessment(NamedTuple):
    """What an employee says of their own year; once final it stays."""

    text: str
    final: bool
    at: dt.datetime | None
    place: int = 0

    def as_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {"text": self.text, "final": self.final, "at": None if self.at is None else self.at.isoformat()}


# ----------------------------------------------------------------------------------------------------------- whose they are


def _heads(directory: Directory, plan: CyclePlan, employee: str, day: dt.date) -> tuple[str, ...]:
    return signers_of(directory, plan, Node(NodeKind.EMPLOYEE, employee), day)[SignedAs.HEAD].numbers


def check_in_parts(plan: CyclePlan, viewer: Viewer, employee: str, *, day: dt.date) -> dict[SignedAs, str | None]:
    """In which parts a person keeps check-ins of an employee, each with in whose place: as the employee, or as who leads them. No queries.

    Where there is no head it is hr who leads.
    """
    if viewer.employee == employee:
        return {SignedAs.OWNER: None}
    own = own_nodes(plan.frame.directory, email=viewer.email, employee=viewer.employee, day=day)
    if Node(NodeKind.EMPLOYEE, employee) in own:
        # An account without a number that has their e-mail is theirs: nobody leads themself.
        return {}
    heads = _heads(plan.frame.directory, plan, employee, day)
    if viewer.employee in heads or (not heads and may(viewer.roles, Deed.RUN_CYCLE, ())):
        return {SignedAs.HEAD: None}
    giver = next((one.giver for one in viewer.stands_in_for(_REVIEW) if one.giver in heads), None)
    return {} if giver is None else {SignedAs.HEAD: giver}


def sees_check_ins(plan: CyclePlan, viewer: Viewer, employee: str, *, day: dt.date) -> bool:
    """Whether a person reads the check-ins of an employee: the employee, who leads them, and hr. No queries."""
    return may(viewer.roles, Deed.RUN_CYCLE, ()) or bool(check_in_parts(plan, viewer, employee, day=day))


# ----------------------------------------------------------------------------------------------------------------- reading


def check_ins(connection: Connection, cycle: int, employees: Collection[str] | None = None) -> list[CheckIn]:
    """The check-ins of some employees in a cycle, or of all, the earliest first. Queries: 1, or none where nobody is asked of."""
    if employees is not None and not employees:
        return []
    of = tables.check_in.c
    query = sa.select(tables.check_in).where(of.cycle == cycle).order_by(of.employee, of.place)
    if employees is not None:
        query = query.where(of.employee.in_(sorted(employees)))
    return [
        CheckIn(
            row.employee,
            SignedAs(row.part),
            row.text,
            row.day,
            row.at,
            row.writer or row.account.removeprefix("account:"),
            row.acts_for,
        )
        for row in connection.execute(query)
    ]


def self_assessment(connection: Connection, cycle: int, employee: str) -> SelfAssessment:
    """What an employee has said of their own year, last; empty where they have said nothing. Queries: 1."""
    of = tables.self_assessment.c
    query = sa.select(tables.self_assessment).where(of.cycle == cycle, of.employee == employee)
    row = connection.execute(query.order_by(of.place.desc()).limit(1)).one_or_none()
    if row is None:
        return SelfAssessment("", final=False, at=None)
    return SelfAssessment(row.text, row.final, row.at, row.place)


# ----------------------------------------------------------------------------------------------------------------- writing


class WantedCheckIn(NamedTuple):
    """What somebody keeps of a talk: with whom, in what part, of which day; who and when."""

    employee: str
    part: SignedAs
    text: str
    on: dt.date
    by: Viewer
    at: dt.datetime


def keep_check_ins(
    connection: Connection, plan: CyclePlan, opened: OpenedCycle, wanted: Sequence[WantedCheckIn]
) -> None:
    """Keep check-ins, after those that there are, all of them or none.

    Args:
        connection: a writing transaction.
        plan: the cycle's.
        opened: the cycle.
        wanted: the earliest first; several of one employee among them.

    Raises:
        Conflict: one is not the person's part; or the cycle is past the cut.
        Invalid: there is no text, or its day is to come or not in the cycle.

    Queries: 3, however many they are.
    """
    hands = [_kept_by(plan, one) for one in wanted]
    if opened.stage not in BEFORE_THE_CUT:
        raise NotNow
    lock(connection, LOCK_CHECK_INS)
    of = tables.check_in.c
    last = (
        sa.select(of.employee, sa.func.max(of.place).label("place"))
        .where(of.cycle == opened.cycle)
        .group_by(of.employee)
    )
    employees = sorted({one.employee for one in wanted})
    places = Counter({row.employee: row.place for row in connection.execute(last.where(of.employee.in_(employees)))})
    rows = []
    for one, hand in zip(wanted, hands, strict=True):
        places[one.employee] += 1
        rows.append(
            {
                "cycle": opened.cycle,
                "employee": one.employee,
                "place": places[one.employee],
                "part": one.part.value,
                "text": trimmed(one.text),
                "day": one.on,
                "at": one.at,
                "account": hand.account,
                "writer": hand.employee,
                "acts_for": hand.acts_for,
            }
        )
    if rows:
        connection.execute(sa.insert(tables.check_in), rows)


def _kept_by(plan: CyclePlan, wanted: WantedCheckIn) -> Hand:
    """Whose hand keeps a check-in.

    Raises:
        Conflict: it is not the person's part.
        Invalid: there is no text, or its day is to come or not in the cycle.
    """
    today = plan.frame.directory.day_of(wanted.at)
    parts = check_in_parts(plan, wanted.by, wanted.employee, day=today)
    if wanted.part not in parts:
        raise refusal_for(Obstacle.ROLE)
    problems = text_problems("text", trimmed(wanted.text), most=TEXT_LENGTH_MAX)
    if wanted.on > today:
        message = n_("The day %(day)s is still to come: write the day of the talk.")
        problems.append(at_field("on", "day_to_come", message, day=wanted.on.isoformat()))
    elif wanted.on not in plan.period:
        message = n_("The day %(day)s is not in the cycle %(cycle)s: write the day of a talk within it.")
        problems.append(at_field("on", "day_outside", message, day=wanted.on.isoformat(), cycle=plan.cycle))
    if problems:
        raise Invalid(*problems)
    return replace(Hand.of(wanted.by, wanted.at), acts_for=parts[wanted.part])


def keep_self_assessment(
    connection: Connection,
    plan: CyclePlan,
    opened: OpenedCycle,
    employee: str,
    *,
    text: str,
    final: bool,
    by: Viewer,
    now: dt.datetime,
) -> bool:
    """Keep what an employee says of their own year; whether that is anything else than before.

    Raises:
        Conflict: it is another's; it is final already; or the cycle is past the cut.
        Invalid: there is no text.
    """
    if by.employee != employee:
        raise refusal_for(Obstacle.ROLE)
    kept = trimmed(text)
    problems = text_problems("text", kept, most=TEXT_LENGTH_MAX, is_needed=final)
    if problems:
        raise Invalid(*problems)
    if opened.stage not in BEFORE_THE_CUT:
        raise NotNow
    lock(connection, LOCK_CHECK_INS)
    before = self_assessment(connection, opened.cycle, employee)
    if (before.text, before.final) == (kept, final):
        return False
    if before.final:
        raise FinalAlready(message=n_("What you said of your year is final, and nobody changes it: ask your head."))
    connection.execute(
        sa.insert(tables.self_assessment).values(
            cycle=plan.cycle,
            employee=employee,
            place=before.place + 1,
            text=kept,
            final=final,
            at=now,
            account=by.label,
        )
    )
    return True
