"""Reviews of results: each head reads each person's whole result before signing that they did; when it was opened and signed is kept (contract-cycle, 6).

A newcomer's usual mistake: to ask who is head. Whoever made a decision about somebody does not review them: then it is the next head above, and hr
where there is none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app import cascade, decisions
from app.access import Viewer
from app.cycle import tables
from app.cycle.agreement.agreed_cards import heads_up_the_line
from app.cycle.agreement.imposing import IMPOSE
from app.cycle.grading.grades import propose_employee_grades
from app.cycle.opened import NotNow, OpenedCycle, as_it_stands
from app.cycle.reopened import refuse_not_reopened
from app.decisions import DecisionMaker, own_nodes
from app.kit.database import lock
from app.kit.refusals import Conflict, Invalid, NotThere, at_field, text_problems
from app.organisation import Directory
from app.plain.findings import Finding, n_
from app.plain.texts import trimmed
from app.rules.deciding import Obstacle
from app.rules.grading import EmployeeGrade, EmployeeProposal, proposed_grade
from app.rules.moves import Given
from app.rules.permissions import Deed, may
from app.rules.reviewing import (
    ReviewAlert,
    SignedText,
    result_digest,
    review_alerts,
    reviewing_heads,
)
from app.rules.stages import Stage
from app.rules.tellings import RankThird, ToldResult, band_of
from app.rules.terms import Node, NodeKind
from app.scoring import CyclePlan, State

__all__ = [
    "REVIEWED_BY_HR",
    "REVIEWED_IN",
    "EmployeeResult",
    "EmployeeResults",
    "Review",
    "WantedReview",
    "alerts_of_reviews",
    "answer_review",
    "hold_reviews",
    "is_opening_kept",
    "keep_opening",
    "may_review",
    "results_as_they_stand",
    "sign_review",
]

REVIEWED_IN: Final = frozenset({Stage.CERTIFIED, Stage.NOTIFIED})
"""The stages in which results are reviewed: once people are told those that have become others, before the next telling."""

LOCK_REVIEWS: Final = 7012
"""Held by whoever opens, signs or answers, so that each review has its place."""

TEXT_LENGTH_MAX: Final = 4000
REVIEWED_BY_HR: Final = "hr"
_REVIEW: Final = "review"
"""The function of a delegation by which somebody reviews in the head's place."""
_NO_DECISIONS: Final = frozenset({IMPOSE.code, cascade.TARGET_DECISIONS})
"""What does not keep its maker from reviewing: a scorecard that was imposed (contract-cycle, 13), and targets, which its owner signs."""


class Review(NamedTuple):
    """That somebody has read a result, and what they say of it.

    Attributes:
        opened_at: when they first opened the result; None where they never did.
        person: who signed: the number, or the account's e-mail.
        answer: hr's, to one that does not agree; None without.
    """

    employee: str
    place: int
    digest: str
    agrees: bool
    text: str
    opened_at: dt.datetime | None
    at: dt.datetime
    person: str
    acts_for: str | None
    answer: str | None = None
    answered_by: str | None = None
    answered_at: dt.datetime | None = None

    @property
    def waits_for_answer(self) -> bool:
        """Whether it does not agree, and hr has not answered."""
        return not self.agrees and self.answer is None

    def as_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {
            "by": self.person,
            "for": self.acts_for,
            "opened_at": None if self.opened_at is None else self.opened_at.isoformat(),
            "signed_at": self.at.isoformat(),
            "agrees": self.agrees,
            "text": self.text,
            "answer": self.answer,
            "answered_by": self.answered_by,
            "answered_at": None if self.answered_at is None else self.answered_at.isoformat(),
        }


def reviews_signed(connection: Connection, cycle: int, employee: str | None = None) -> dict[str, list[Review]]:
    """What was ever signed in a cycle, by employee, the earliest first. Queries: 1."""
    of, answer = tables.result_review.c, tables.review_answer.c
    query = (
        sa.select(
            tables.result_review,
            answer.text.label("answer_text"),
            answer.at.label("answer_at"),
            answer.account.label("answer_account"),
            answer.answerer,
        )
        .outerjoin_from(
            tables.result_review,
            tables.review_answer,
            sa.and_(answer.cycle == of.cycle, answer.employee == of.employee, answer.review == of.place),
        )
        .where(of.cycle == cycle)
        .order_by(of.employee, of.place, answer.place)
    )
    if employee is not None:
        query = query.where(of.employee == employee)
    # Of several answers the last one overwrites those before it.
    by_place: dict[str, dict[int, Review]] = {}
    for row in connection.execute(query):
        by_place.setdefault(row.employee, {})[row.place] = _review(row)
    return {number: list(some.values()) for number, some in by_place.items()}


def _review(row: sa.Row[Any]) -> Review:
    is_answered = row.answer_account is not None
    return Review(
        employee=row.employee,
        place=row.place,
        digest=row.digest,
        agrees=row.agrees,
        text=row.text,
        opened_at=row.opened_at,
        at=row.at,
        person=row.reviewer or row.account.removeprefix("account:"),
        acts_for=row.acts_for,
        answer=row.answer_text,
        answered_by=(row.answerer or row.answer_account.removeprefix("account:")) if is_answered else None,
        answered_at=row.answer_at,
    )


# ----------------------------------------------------------------------------------------------------------- what is reviewed


@dataclass(frozen=True, slots=True, kw_only=True)
class EmployeeResult:
    """What somebody came to, and whether it was reviewed.

    Attributes:
        given: where somebody moved the grade: the move, and whether it has lapsed.
        proposed: the grade that is proposed; None for none.
        review: the one that is in force; None without.
        reviewers: who reviews it: numbers, of whom any one suffices, or :data:`REVIEWED_BY_HR`.
        told: what they were told last; None before they were told anything.
        is_held: whether the grade is the one that they were told, beyond the seats.
    """

    cycle: int
    row: EmployeeGrade
    given: Given | None
    proposed: str | None
    review: Review | None
    reviewers: tuple[str, ...]
    told: ToldResult | None
    is_held: bool

    @property
    def digest(self) -> str:
        """Of what is reviewed."""
        return result_digest(self.cycle, self.row, self.given)

    @property
    def is_graded(self) -> bool:
        """Whether there is anything to review: of the graded alone."""
        return self.row.grade is not None

    @property
    def band(self) -> RankThird | None:
        """The third of the group; None for who has no rank."""
        if self.row.rank is None or self.row.group_size is None:
            return None
        return band_of(self.row.rank, self.row.group_size)


class EmployeeResults:
    """What everybody came to in a cycle as it stands, with what was signed of it."""

    def __init__(
        self,
        loaded: State,
        opened: OpenedCycle,
        proposal: EmployeeProposal,
        *,
        signed: Mapping[str, Sequence[Review]],
        makers: Mapping[str, Collection[DecisionMaker]],
        day: dt.date,
    ) -> None:
        """Take what was read.

        Args:
            loaded: what is loaded and decided.
            opened: the cycle.
            proposal: everyone's grades, with the moves that there are.
            signed: what was ever signed, by employee.
            makers: who made decisions about whom.
            day: today, whose heads review.
        """
        self.loaded, self.opened, self.proposal, self.day = loaded, opened, proposal, day
        self._signed, self._makers = signed, makers
        self._reviewers: dict[str, tuple[str, ...]] = {}

    @property
    def plan(self) -> CyclePlan:
        """The cycle's."""
        return self.loaded.plan(self.opened.cycle)

    @cached_property
    def _rows(self) -> Mapping[str, EmployeeGrade]:
        return {row.employee: row for row in self.proposal.rows}

    def all(self) -> list[EmployeeResult]:
        """Everyone who is listed, by number. No queries."""
        return [self._of(row) for row in self.proposal.rows]

    def of(self, employee: str) -> EmployeeResult:
        """One of them. No queries.

        Raises:
            NotThere: the cycle does not list them.
        """
        row = self._rows.get(employee)
        if row is None:
            raise NotThere
        return self._of(row)

    def _of(self, row: EmployeeGrade) -> EmployeeResult:
        given = self.proposal.given.get(row.node)
        signed = self.signed(row.employee)
        digest = result_digest(self.opened.cycle, row, given) if signed else ""
        return EmployeeResult(
            cycle=self.opened.cycle,
            row=row,
            given=given,
            proposed=proposed_grade(self.proposal, row),
            review=next((one for one in reversed(signed) if one.digest == digest), None),
            reviewers=self.reviewers(row.employee),
            told=self.plan.sheet.told_of(self.opened.cycle).results.get(row.node),
            is_held=row.node in self.proposal.as_told,
        )

    def signed(self, employee: str) -> Sequence[Review]:
        """What was ever signed of somebody, the earliest first."""
        return self._signed.get(employee, ())

    def reviewers(self, employee: str) -> tuple[str, ...]:
        """Who reviews somebody: numbers, of whom any one suffices, or :data:`REVIEWED_BY_HR`."""
        if employee not in self._reviewers:
            plan = self.plan
            made = {one.employee for one in self._makers.get(employee, ()) if one.employee is not None}
            heads = heads_up_the_line(plan.frame.directory, plan, employee, self.day)
            self._reviewers[employee] = reviewing_heads(heads, made) or (REVIEWED_BY_HR,)
        return self._reviewers[employee]

    def part_of(self, viewer: Viewer, employee: str) -> str | None:
        """As whom somebody reviews a person: the number of whom they stand in for, "" for themself; None where it is not theirs. No queries."""
        reviewers = self.reviewers(employee)
        if reviewers == (REVIEWED_BY_HR,):
            return "" if may(viewer.roles, Deed.RUN_CYCLE, ()) else None
        if viewer.employee in reviewers:
            return ""
        return next((one.giver for one in viewer.stands_in_for(_REVIEW) if one.giver in reviewers), None)

    def obstacle(self, viewer: Viewer, employee: str) -> Obstacle | None:
        """Why somebody does not review a person; None where they do. No queries."""
        if self._is_own(viewer, employee):
            return Obstacle.OWN_CASE
        if any(one.is_person(viewer) for one in self._makers.get(employee, ())):
            return Obstacle.SAME_PERSON
        return Obstacle.ROLE if self.part_of(viewer, employee) is None else None

    def _is_own(self, viewer: Viewer, employee: str) -> bool:
        """Whether a result is somebody's own, by whatever account."""
        directory = self.plan.frame.directory
        own = own_nodes(directory, email=viewer.email, employee=viewer.employee, day=self.day)
        return Node(NodeKind.EMPLOYEE, employee) in own

    @cached_property
    def _due(self) -> Mapping[str, Sequence[EmployeeResult]]:
        """The results that nobody has reviewed, by whom they wait for: a night's mails ask for those of everybody in turn."""
        due: dict[str, list[EmployeeResult]] = {}
        for one in self.all():
            if one.is_graded and one.review is None:
                for who in one.reviewers:
                    due.setdefault(who, []).append(one)
        return due

    def to_review(self, viewer: Viewer) -> list[EmployeeResult]:
        """Whose results somebody has still to review, by number. No queries."""
        if self.opened.stage not in REVIEWED_IN or not may_review(self.plan.frame.directory, viewer, self.day):
            return []
        names = [viewer.employee, *(one.giver for one in viewer.stands_in_for(_REVIEW))]
        if may(viewer.roles, Deed.RUN_CYCLE, ()):
            names.append(REVIEWED_BY_HR)
        some = {one.row.employee: one for name in names if name for one in self._due.get(name, ())}
        return [some[number] for number in sorted(some) if self.obstacle(viewer, number) is None]

    def to_answer(self, viewer: Viewer) -> list[EmployeeResult]:
        """The reviews that do not agree, and wait for an answer of somebody's. No queries."""
        if self.opened.stage not in REVIEWED_IN or not may(viewer.roles, Deed.RUN_CYCLE, ()):
            return []
        rows = (self._rows[number] for number in self._signed if number in self._rows)
        some = (self._of(row) for row in rows if row.grade is not None)
        return [one for one in some if self.answer_obstacle(viewer, one) is None and _waits(one.review)]

    def answer_obstacle(self, viewer: Viewer, result: EmployeeResult) -> Obstacle | None:
        """Why somebody does not answer a review."""
        if not may(viewer.roles, Deed.RUN_CYCLE, ()):
            return Obstacle.ROLE
        review = result.review
        if self._is_own(viewer, result.row.employee):
            return Obstacle.OWN_CASE
        own = {viewer.email, viewer.employee}
        return Obstacle.SAME_PERSON if review is not None and review.person in own else None

    def signs(self, viewer: Viewer, result: EmployeeResult) -> bool:
        """Whether somebody reviews a result now. No queries."""
        is_open = self.opened.stage in REVIEWED_IN and result.is_graded
        return is_open and self.obstacle(viewer, result.row.employee) is None

    def may_answer(self, viewer: Viewer, result: EmployeeResult) -> bool:
        """Whether somebody answers the review of a result."""
        is_open = self.opened.stage in REVIEWED_IN and result.review is not None and not result.review.agrees
        return is_open and self.answer_obstacle(viewer, result) is None


def _waits(review: Review | None) -> bool:
    return review is not None and review.waits_for_answer


def may_review(directory: Directory, viewer: Viewer, day: dt.date) -> bool:
    """Whether somebody may be asked to review anybody at all: most people are not."""
    if may(viewer.roles, Deed.RUN_CYCLE, ()) or viewer.stands_in_for(_REVIEW):
        return True
    number = viewer.employee
    return number is not None and bool(directory.units_headed_by(number, day))


def results_as_they_stand(
    connection: Connection, loaded: State, opened: OpenedCycle, *, day: dt.date, employee: str | None = None
) -> EmployeeResults:
    """What everybody came to, with what was signed of it.

    Args:
        connection: any transaction.
        loaded: what is loaded and decided.
        opened: the cycle.
        day: today.
        employee: where only this one is asked of.

    Queries: 2, and those of :func:`app.cycle.propose_employee_grades`.
    """
    return EmployeeResults(
        loaded,
        opened,
        propose_employee_grades(connection, cycle=opened.cycle, today=day, loaded=loaded).proposal,
        signed=reviews_signed(connection, opened.cycle, employee),
        makers=decisions.makers_about(connection, cycle=str(opened.cycle), but=_NO_DECISIONS, employee=employee),
        day=day,
    )


def alerts_of_reviews(connection: Connection, cycle: int) -> list[ReviewAlert]:
    """The reviews of a cycle that somebody should look at. Queries: 1."""
    signed = reviews_signed(connection, cycle)
    return review_alerts(
        SignedText(one.employee, one.person, one.text, one.opened_at, one.at)
        for some in signed.values()
        for one in some
    )


# --------------------------------------------------------------------------------------------------------------- refusals


class ReviewRefused(Conflict):
    """Somebody does not review, or answer, a result: by the contract's codes."""

    def __init__(self, obstacle: Obstacle) -> None:
        """Say why."""
        self.code = obstacle.value
        super().__init__(message=_OBSTACLES[obstacle])


_OBSTACLES: Final[Mapping[Obstacle, str]] = {
    Obstacle.ROLE: n_("This result is reviewed by its head, and answered by HR: leave it to them."),
    Obstacle.OWN_CASE: n_("The result is your own: leave it to somebody else."),
    Obstacle.SAME_PERSON: n_(
        "You have decided something about this person, or signed the review yourself: leave it to somebody else."
    ),
}


class NotGraded(Conflict):
    """There is nothing to review."""

    code = "not_graded"
    message = n_("This person has no grade in the cycle, so that there is nothing to review: leave it out.")


class ResultMoved(Conflict):
    """What was read is not what stands."""

    code = "overtaken"
    message = n_("The result has changed since you opened it: load it again, and read it before you sign.")


class NothingToAnswer(Conflict):
    """No review disagrees."""

    code = "nothing_to_answer"
    message = n_("No review of this result disagrees: look at it as it is now.")


# ---------------------------------------------------------------------------------------------------------------- writing


def hold_reviews(connection: Connection) -> None:
    """Keep everybody else from signing or answering a review, to the transaction's end."""
    lock(connection, LOCK_REVIEWS)


def _refuse_later(connection: Connection, opened: OpenedCycle) -> None:
    """Go on only where the cycle was not locked while somebody waited for that. Queries: 1.

    Raises:
        NotNow: it was.
    """
    if as_it_stands(connection, opened).stage not in REVIEWED_IN:
        raise NotNow


def _person(viewer: Viewer) -> str:
    return viewer.employee or viewer.email


def is_opening_kept(connection: Connection, cycle: int, result: EmployeeResult, *, by: Viewer) -> bool:
    """Whether it is written down that somebody has opened a result as it stands. Queries: 1."""
    return _opened_at(connection, cycle, result, by=by) is not None


def _opened_at(connection: Connection, cycle: int, result: EmployeeResult, *, by: Viewer) -> dt.datetime | None:
    of = tables.result_opening.c
    query = sa.select(of.at).where(of.cycle == cycle, of.employee == result.row.employee)
    return connection.scalar(query.where(of.person == _person(by), of.digest == result.digest))


def keep_opening(connection: Connection, cycle: int, result: EmployeeResult, *, by: Viewer, now: dt.datetime) -> None:
    """Write down, once, that who reviews a result has opened it as it stands. Queries: 2, and 1 the first time."""
    lock(connection, LOCK_REVIEWS)
    if not is_opening_kept(connection, cycle, result, by=by):
        connection.execute(
            sa.insert(tables.result_opening).values(
                cycle=cycle, employee=result.row.employee, person=_person(by), digest=result.digest, at=now
            )
        )


class WantedReview(NamedTuple):
    """What somebody signs: of which result, whether they agree, and what they say of it."""

    digest: str
    agrees: bool
    text: str


def sign_review(
    connection: Connection,
    results: EmployeeResults,
    employee: str,
    wanted: WantedReview,
    *,
    by: Viewer,
    now: dt.datetime,
) -> bool:
    """Sign that one has read a result; whether that is anything else than before.

    Args:
        connection: a writing transaction.
        results: as they stand in it.
        employee: whose.
        wanted: what is signed.
        by: who.
        now: when.

    Raises:
        Conflict: it is not theirs to review; there is no grade; the result is another than they read; or the cycle is at another stage.
        Invalid: the text is too short, or too long.

    Queries: 4.
    """
    opened = results.opened
    if opened.stage not in REVIEWED_IN:
        raise NotNow
    obstacle = results.obstacle(by, employee)
    if obstacle is not None:
        raise ReviewRefused(obstacle)
    hold_reviews(connection)
    _refuse_later(connection, opened)
    result = results.of(employee)
    if not result.is_graded:
        raise NotGraded
    text = trimmed(wanted.text)
    problems = _text_problems(text, least=results.plan.sheet.definitions.policies.review.minimum_text)
    if problems:
        raise Invalid(*problems)
    if wanted.digest != result.digest:
        raise ResultMoved
    last = result.review
    if last is not None:
        # What became another in this round was moved by it; any other result was reviewed before it was locked.
        refuse_not_reopened(connection, opened, [result.row.node])
    if last is not None and (last.person, last.agrees, last.text) == (_person(by), wanted.agrees, text):
        return False
    of = tables.result_review.c
    place = connection.scalar(sa.select(sa.func.max(of.place)).where(of.cycle == opened.cycle, of.employee == employee))
    connection.execute(
        sa.insert(tables.result_review).values(
            cycle=opened.cycle,
            employee=employee,
            place=(place or 0) + 1,
            digest=result.digest,
            agrees=wanted.agrees,
            text=text,
            opened_at=_opened_at(connection, opened.cycle, result, by=by),
            at=now,
            account=by.label,
            reviewer=by.employee,
            acts_for=results.part_of(by, employee) or None,
        )
    )
    return True


def _text_problems(text: str, *, least: int) -> list[Finding]:
    if text and len(text) < least:
        message = n_("The text has %(length)s characters: write %(least)s at least.")
        return [at_field("text", "too_short", message, length=len(text), least=least)]
    return text_problems("text", text, most=TEXT_LENGTH_MAX, is_needed=least > 0)


def answer_review(
    connection: Connection, results: EmployeeResults, employee: str, text: str, *, by: Viewer, now: dt.datetime
) -> bool:
    """Answer a review that does not agree; whether that is anything else than before.

    Raises:
        Conflict: it is not theirs to answer; there is no such review; or the cycle is at another stage.
        Invalid: there is no text, or it is too long.

    Queries: 4.
    """
    opened = results.opened
    result = results.of(employee)
    obstacle = results.answer_obstacle(by, result)
    if obstacle is not None:
        raise ReviewRefused(obstacle)
    if opened.stage not in REVIEWED_IN:
        raise NotNow
    review = result.review
    if review is None or review.agrees:
        raise NothingToAnswer
    kept = trimmed(text)
    problems = text_problems("text", kept, most=TEXT_LENGTH_MAX)
    if problems:
        raise Invalid(*problems)
    if review.answer == kept:
        return False
    hold_reviews(connection)
    _refuse_later(connection, opened)
    of = tables.review_answer.c
    query = sa.select(sa.func.max(of.place)).where(of.cycle == opened.cycle, of.employee == employee)
    place = connection.scalar(query.where(of.review == review.place))
    connection.execute(
        sa.insert(tables.review_answer).values(
            cycle=opened.cycle,
            employee=employee,
            review=review.place,
            place=(place or 0) + 1,
            text=kept,
            at=now,
            account=by.label,
            answerer=by.employee,
        )
    )
    return True
