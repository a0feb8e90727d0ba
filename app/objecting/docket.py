"""What stands on the docket: objections with all their steps, and each as a case, with how far it is and whom it waits for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.access import Viewer, email_key
from app.objecting import tables
from app.rules.objections import ENDED, ObjectionAbout, ObjectionState, Recusal

__all__ = [
    "ANSWER",
    "APPEAL",
    "VOTE",
    "WITHDRAW",
    "Case",
    "Committee",
    "Objection",
    "ObjectionStep",
    "names_of",
    "objections_of",
]

ANSWER: Final = "answer"
APPEAL: Final = "appeal"
VOTE: Final = "vote"
WITHDRAW: Final = "withdraw"


class ObjectionStep(NamedTuple):
    """Something that was done about an objection.

    Attributes:
        grants: of an answer or a vote.
        person: the number of who did it, or what their account is called.
    """

    step: str
    grants: bool | None
    text: str | None
    at: dt.datetime
    account: str
    person: str
    acts_for: str | None

    def is_of(self, viewer: Viewer) -> bool:
        """Whether somebody has done it."""
        return self.account == viewer.label or self.person in names_of(viewer)


def names_of(viewer: Viewer) -> frozenset[str]:
    """By what somebody is known: the number, and by what their account is found."""
    return frozenset({email_key(viewer.email), *([] if viewer.employee is None else [viewer.employee])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """What somebody objects to, and what was done about it.

    Attributes:
        kpi: the line that it is about; None for none.
        received_on: the day by which its deadlines go.
        account: who wrote it down, as the trail writes it.
        writer: their number.
        members: who is of the committee; none before it is fixed.
    """

    id: int
    cycle: int
    round: int
    employee: str
    about: ObjectionAbout
    kpi: str | None
    text: str
    received_on: dt.date
    at: dt.datetime
    account: str
    writer: str | None
    steps: tuple[ObjectionStep, ...] = ()
    members: tuple[str, ...] = ()

    @property
    def on_behalf(self) -> bool:
        """Whether hr wrote it down for the objector."""
        return self.writer != self.employee

    def last(self, step: str) -> ObjectionStep | None:
        """The last step of a sort."""
        return next((one for one in reversed(self.steps) if one.step == step), None)

    @property
    def answer(self) -> ObjectionStep | None:
        """What who confirms answered."""
        return self.last(ANSWER)

    @property
    def votes(self) -> tuple[ObjectionStep, ...]:
        """What the members said so far."""
        return tuple(one for one in self.steps if one.step == VOTE)


class Committee(NamedTuple):
    """Who hears an objection.

    Attributes:
        members: numbers, or by what accounts are found; fewer than it takes while there is no quorum.
        recused: who hears objections and not this one, each with why.
        least: how many it takes.
        since: from which day on it hears this one; None while there are too few.
    """

    members: tuple[str, ...]
    recused: Mapping[str, Recusal]
    least: int
    since: dt.date | None

    @property
    def has_quorum(self) -> bool:
        """Whether there are enough."""
        return self.since is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An objection as it stands on a day.

    Attributes:
        confirmers: who answers it: numbers, of whom any one suffices, or ``hr``.
        judged: who of hr does not answer it, where hr does: they decided something about the objector, or reviewed or rated them.
        answer_until: the last day to answer.
        appeal_until: the last day to appeal; None where it was not refused, or too few can hear it.
        committee: who hears it, or would.
        decisions: that name it, and are neither refused nor withdrawn.
    """

    objection: Objection
    state: ObjectionState
    confirmers: tuple[str, ...]
    judged: frozenset[str] = field(default_factory=frozenset)
    answer_until: dt.date
    appeal_until: dt.date | None
    committee: Committee
    decisions: tuple[int, ...] = ()

    @property
    def id(self) -> int:
        """The objection's number."""
        return self.objection.id

    @property
    def is_open(self) -> bool:
        """Whether the lock waits for it."""
        return self.state not in ENDED

    @property
    def due_on(self) -> dt.date | None:
        """Until when it waits for who is to act now; None where nothing is due by a day."""
        if self.state is ObjectionState.OPEN:
            return self.answer_until
        return self.appeal_until if self.state is ObjectionState.ANSWERED else None

    @property
    def to_vote(self) -> tuple[str, ...]:
        """The members who have still to vote."""
        voted = {one.person for one in self.objection.votes}
        return tuple(one for one in self.committee.members if one not in voted)

    @property
    def who(self) -> tuple[str, ...]:
        """Whom it waits for: numbers, e-mails of accounts, or ``hr``."""
        if self.state is ObjectionState.OPEN:
            return self.confirmers
        if self.state is ObjectionState.ANSWERED:
            return (self.objection.employee,)
        if self.state is ObjectionState.APPEALED:
            return self.to_vote if self.committee.has_quorum else ("hr",)
        return ("hr",) if self.state is ObjectionState.GRANTED else ()

    @property
    def since(self) -> dt.datetime | dt.date:
        """Since when it is in its state, or the day before which it was not."""
        steps = self.objection.steps
        if self.state is ObjectionState.APPEALED and self.objection.last(APPEAL) is None:
            return self.answer_until + dt.timedelta(days=1)
        return steps[-1].at if steps else self.objection.at

    def as_member(self, viewer: Viewer) -> str | None:
        """As whom somebody is of its committee; None where they are not."""
        return next((one for one in self.committee.members if one in names_of(viewer)), None)


def objections_of(connection: Connection, cycle: int, *, number: int | None = None) -> list[Objection]:
    """The objections of a cycle, or one of them, with all that was done about them, the newest first. Queries: 3, 1 where there is none."""
    of = tables.objection.c
    query = sa.select(tables.objection).where(of.cycle == cycle).order_by(of.id.desc())
    rows = connection.execute(query if number is None else query.where(of.id == number)).all()
    if not rows:
        return []
    theirs = sa.select(of.id).where(of.cycle == cycle)
    if number is not None:
        theirs = theirs.where(of.id == number)
    step, member = tables.objection_step.c, tables.objection_member.c
    steps: dict[int, list[ObjectionStep]] = {}
    query = sa.select(tables.objection_step).where(step.objection.in_(theirs)).order_by(step.objection, step.place)
    for row in connection.execute(query):
        steps.setdefault(row.objection, []).append(_step(row))
    members: dict[int, list[str]] = {}
    query = sa.select(tables.objection_member).where(member.objection.in_(theirs)).order_by(member.person)
    for row in connection.execute(query):
        members.setdefault(row.objection, []).append(row.person)
    return [_objection(row, steps.get(row.id, ()), members.get(row.id, ())) for row in rows]


def _step(row: sa.Row[Any]) -> ObjectionStep:
    person = row.writer or email_key(row.account.removeprefix("account:"))
    return ObjectionStep(row.step, row.grants, row.text, row.at, row.account, person, row.acts_for)


def _objection(row: sa.Row[Any], steps: Iterable[ObjectionStep], members: Iterable[str]) -> Objection:
    return Objection(
        id=row.id,
        cycle=row.cycle,
        round=row.round,
        employee=row.employee,
        about=ObjectionAbout(row.about),
        kpi=row.kpi,
        text=row.text,
        received_on=row.received_on,
        at=row.at,
        account=row.account,
        writer=row.writer,
        steps=tuple(steps),
        members=tuple(members),
    )
