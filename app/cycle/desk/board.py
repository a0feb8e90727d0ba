"""Where everybody stands in a cycle: each in exactly one state, with whom it waits for (contract-cycle, 9).

Of several states that hold the first in the contract's order is told. Do not ask person by person: all of it comes out of a few queries, however
many people there are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from app import cascade
from app.access import functions_given
from app.cascade import ToldTo
from app.cycle.agreement.agreed_cards import AGREED_IN, AgreedCard, agreed_cards, due_of, is_asked, signers_of
from app.cycle.close.hearing import Hearings
from app.cycle.close.reviewing import REVIEWED_BY_HR, REVIEWED_IN, EmployeeResult, results_as_they_stand
from app.cycle.grading.told import last_day_of_window, told_on
from app.cycle.opened import OpenedCycle
from app.cycle.year.check_ins import check_ins
from app.cycle.year.rating import RatedLine, unrated_lines
from app.objecting import Case
from app.rules.agreement import AgreementState, SignedAs
from app.rules.grading import EmployeeGrade
from app.rules.objections import ObjectionState
from app.rules.stages import BEFORE_THE_CUT, TOLD_FROM, Stage
from app.rules.terms import CycleFunction, Node, NodeKind
from app.scoring import CyclePlan, State

__all__ = ["BoardRow", "BoardState", "cycle_board", "signature_rows", "state_of_result", "unsigned_among"]


class BoardState(StrEnum):
    """How far somebody is in a cycle, in the order in which the first that holds is told."""

    PAID = "paid"
    LOCKED = "locked"
    OBJECTION_OPEN = "objection_open"
    OBJECTION_APPEALED = "objection_appealed"
    OBJECTION_GRANTED = "objection_granted"
    NOTIFIED = "notified"
    REVIEW_DISAGREES = "review_disagrees"
    TO_REVIEW = "to_review"
    LAPSED_MOVE = "lapsed_move"
    PROPOSED = "proposed"
    NOT_GRADED = "not_graded"
    RATING_DUE = "rating_due"
    TO_SIGN_OWNER = "to_sign_owner"
    TO_SIGN_HEAD = "to_sign_head"
    TO_SIGN_HR = "to_sign_hr"
    CHECK_IN_DUE = "check_in_due"
    AGREED = "agreed"
    NO_SCORECARD = "no_scorecard"
    OUTSIDE = "outside"


_AT_THE_END: Final = {Stage.LOCKED: BoardState.LOCKED, Stage.PAID: BoardState.PAID}
"""Where everybody stands once nobody has anything to do."""

_TO_SIGN: Final = {
    SignedAs.OWNER: BoardState.TO_SIGN_OWNER,
    SignedAs.HEAD: BoardState.TO_SIGN_HEAD,
    SignedAs.HR: BoardState.TO_SIGN_HR,
}


_OBJECTED: Final = {
    ObjectionState.OPEN: BoardState.OBJECTION_OPEN,
    ObjectionState.APPEALED: BoardState.OBJECTION_APPEALED,
    ObjectionState.GRANTED: BoardState.OBJECTION_GRANTED,
}
"""What the objections that wait for somebody else than the objector are on the board."""


class BoardRow(NamedTuple):
    """Where an employee stands."""

    employee: str
    state: BoardState
    who: tuple[str, ...] = ()
    """Whom it waits for: numbers, e-mails of accounts without one, or ``hr``; any one of them suffices, of raters each."""
    since: dt.datetime | dt.date | None = None
    due_on: dt.date | None = None

    def as_json(self) -> dict[str, Any]:
        """As the contract writes it."""
        return {
            "employee": self.employee,
            "state": self.state.value,
            "who": list(self.who),
            "since": None if self.since is None else self.since.isoformat(),
            "due_on": None if self.due_on is None else self.due_on.isoformat(),
        }


def cycle_board(
    connection: Connection,
    loaded: State,
    opened: OpenedCycle,
    *,
    day: dt.date,
    among: Collection[str] | None = None,
) -> list[BoardRow]:
    """Everybody whom a cycle lists, by number, each in one state.

    Args:
        connection: any transaction.
        loaded: what is loaded and decided.
        opened: the cycle.
        day: today.
        among: only these employees, where it is given; before the cut.

    Queries: 6 at most before the cut; after it those of :func:`app.cycle.results_as_they_stand`, and 1 where a move
    has lapsed.
    """
    plan = loaded.plan(opened.cycle)
    nodes = [node for node in plan.nodes if node.kind is NodeKind.EMPLOYEE and (among is None or node.code in among)]
    if opened.stage not in BEFORE_THE_CUT:
        return _after_the_cut(connection, loaded, opened, day)
    cards = agreed_cards(connection, loaded, opened.cycle, nodes)
    of = frozenset(nodes)
    rated = {}
    if opened.stage is Stage.RUNNING:
        rated = _by_employee(unrated_lines(connection, loaded, opened, day=day, among=of))
    checked = _check_ins_due(connection, plan, opened, nodes, day=day)
    return [_row(loaded, plan, opened, cards[node], rated, checked, day=day) for node in nodes]


def signature_rows(loaded: State, opened: OpenedCycle, cards: Iterable[AgreedCard], *, day: dt.date) -> list[BoardRow]:
    """The signatures that scorecards lack, each as a row: the node as text in place of an employee, whatever else waits there. No queries."""
    by = opened.calendar.get("agree_by")
    return [
        BoardRow(str(card.node), _TO_SIGN[due.signed_as], due.persons, due.since, by)
        for card in cards
        for due in due_of(loaded, opened, card, day=day)
    ]


def unsigned_among(
    connection: Connection, loaded: State, opened: OpenedCycle, nodes: Sequence[Node], *, day: dt.date
) -> frozenset[Node]:
    """Those of some scorecards that lack a signature, whatever else waits there. Queries: 3, none after the cut."""
    if opened.stage not in AGREED_IN:
        return frozenset()
    cards = agreed_cards(connection, loaded, opened.cycle, nodes)
    return frozenset(node for node, card in cards.items() if due_of(loaded, opened, card, day=day))


def _told(connection: Connection, loaded: State, opened: OpenedCycle, day: dt.date) -> list[BoardRow]:
    """Everybody who was told, with what they object to, else the last day to object; whom nobody has told by hand yet waits for hr.

    Queries: 1, and those of :meth:`app.cycle.Hearings.cases`.
    """
    cases: dict[str, list[Case]] = {}
    for one in Hearings(connection, loaded, opened, day=day).cases() if opened.stage is Stage.NOTIFIED else ():
        cases.setdefault(one.objection.employee, []).append(one)

    def row_of(to: ToldTo) -> BoardRow:
        if opened.stage in _AT_THE_END:
            return BoardRow(to.employee, _AT_THE_END[opened.stage], since=opened.since)
        first = _first_objected(cases.get(to.employee, ()))
        if first is not None:
            return BoardRow(to.employee, _OBJECTED[first.state], first.who, first.since, first.due_on)
        until = last_day_of_window(to, loaded)
        return BoardRow(
            to.employee, BoardState.NOTIFIED, () if until else ("hr",), told_on(to, loaded) or to.telling.at, until
        )

    return [row_of(to) for to in cascade.told_to(connection, opened.cycle).values()]


def _first_objected(cases: Iterable[Case]) -> Case | None:
    """The objection that tells where somebody stands: of several the state that comes first, and of one state the oldest."""
    order = list(_OBJECTED)
    some = (one for one in cases if one.state in _OBJECTED)
    return min(some, key=lambda one: (order.index(one.state), one.id), default=None)


def _after_the_cut(connection: Connection, loaded: State, opened: OpenedCycle, day: dt.date) -> list[BoardRow]:
    if opened.stage in TOLD_FROM:
        return _told(connection, loaded, opened, day)
    results = results_as_they_stand(connection, loaded, opened, day=day)
    lapsed = {node.code for node, given in results.proposal.given.items() if given.lapsed}
    calibrators = functions_given(connection, opened.cycle) if lapsed else []
    places = results.proposal.standings.by_code

    def calibrating(employee: str) -> tuple[str, ...]:
        """The calibrators of somebody's group."""
        place = places.get(employee)
        return tuple(
            one.person
            for one in calibrators
            if one.function is CycleFunction.CALIBRATOR
            and one.from_day <= day < one.to_day
            and (one.groups is None if place is None else place.is_of(one.groups))
        )

    def row_of(result: EmployeeResult) -> BoardRow:
        number, state = result.row.employee, state_of_result(opened, result)
        by = opened.calendar.get("notify_by")
        if state is BoardState.TO_REVIEW:
            return BoardRow(number, state, result.reviewers, opened.since, by)
        if state is BoardState.REVIEW_DISAGREES:
            return BoardRow(number, state, (REVIEWED_BY_HR,), result.review.at if result.review else None, by)
        who = calibrating(number) if state is BoardState.LAPSED_MOVE else ()
        return BoardRow(number, state, who, opened.since)

    return [row_of(result) for result in results.all()]


def state_of_result(opened: OpenedCycle, result: EmployeeResult, cases: Iterable[Case] = ()) -> BoardState:
    """Where somebody stands after the cut, with the objections that are theirs. No queries."""
    if opened.stage in _AT_THE_END:
        return _AT_THE_END[opened.stage]
    if opened.stage in TOLD_FROM:
        first = _first_objected(cases)
        return BoardState.NOTIFIED if first is None else _OBJECTED[first.state]
    if opened.stage in REVIEWED_IN and result.is_graded:
        if result.review is None:
            return BoardState.TO_REVIEW
        if result.review.waits_for_answer:
            return BoardState.REVIEW_DISAGREES
    if result.given is not None and result.given.lapsed:
        return BoardState.LAPSED_MOVE
    return _proposed(result.row)


def _proposed(row: EmployeeGrade) -> BoardState:
    """Whoever is of a rank that is not graded here is told so, and not as one who misses a grade."""
    if row.reason == "outside":
        return BoardState.OUTSIDE
    return BoardState.PROPOSED if row.grade is not None else BoardState.NOT_GRADED


def _row(
    loaded: State,
    plan: CyclePlan,
    opened: OpenedCycle,
    card: AgreedCard,
    rated: Mapping[str, tuple[str, ...]],
    checked: Mapping[str, tuple[str, ...]],
    *,
    day: dt.date,
) -> BoardRow:
    number, calendar = card.node.code, opened.calendar
    if number in rated:
        return BoardRow(number, BoardState.RATING_DUE, rated[number], opened.since, calendar.get("certify_by"))
    if card.state is AgreementState.NONE:
        outside = plan.sheet.definitions.policies.groups.outside_ranks
        is_outside = plan.people[number].terms.rank in outside
        return BoardRow(number, BoardState.OUTSIDE if is_outside else BoardState.NO_SCORECARD)
    if card.missing:
        due = next(iter(due_of(loaded, opened, card, day=day)), None)
        if due is not None:
            return BoardRow(number, _TO_SIGN[due.signed_as], due.persons, due.since, calendar.get("agree_by"))
        if opened.stage is Stage.DRAFT and is_asked(plan, card.node, day):
            return BoardRow(number, _TO_SIGN[card.missing[0]], due_on=calendar.get("agree_by"))
    if number in checked:
        begins, ends = calendar.get("mid_year_from"), calendar.get("mid_year_by")
        return BoardRow(number, BoardState.CHECK_IN_DUE, checked[number], begins, ends)
    return BoardRow(number, BoardState.AGREED, since=card.versions[-1].at if card.versions else None)


def _by_employee(lines: Iterable[RatedLine]) -> dict[str, tuple[str, ...]]:
    """Of each employee with lines that wait for a grade, who is to give it."""
    raters: dict[str, dict[str, None]] = {}
    for line in lines:
        if line.node.kind is NodeKind.EMPLOYEE:
            raters.setdefault(line.node.code, {}).update(dict.fromkeys(filter(line.is_due, line.raters)))
    return {employee: tuple(some) for employee, some in raters.items()}


def _check_ins_due(
    connection: Connection, plan: CyclePlan, opened: OpenedCycle, nodes: Iterable[Node], *, day: dt.date
) -> dict[str, tuple[str, ...]]:
    """Of each employee whose mid-year check-in is due, who has still to keep one. Queries: 1, or none where none is due."""
    begins = opened.calendar.get("mid_year_from")
    if opened.stage is not Stage.RUNNING or begins is None or day < begins:
        return {}
    asked = [node for node in nodes if plan.lines.get(node) and is_asked(plan, node, day)]
    done = {
        (one.employee, one.part)
        for one in check_ins(connection, opened.cycle, [node.code for node in asked])
        if one.on >= begins
    }
    due = {node.code: tuple(_keepers(plan, node, done, day)) for node in asked}
    return {number: who for number, who in due.items() if who}


def _keepers(plan: CyclePlan, node: Node, done: set[tuple[str, SignedAs]], day: dt.date) -> Iterator[str]:
    who = signers_of(plan.frame.directory, plan, node, day)
    for part in (SignedAs.OWNER, SignedAs.HEAD):
        if (node.code, part) not in done:
            yield from who[part].persons
