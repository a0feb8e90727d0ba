"""Who sees what somebody came to in a certified cycle, and what is done with the review of it: for the pages and the API alike (contract-cycle, 6 and 8a).

A newcomer's usual mistake: to show a person their own result. Nobody sees their own before they are told, by whatever role.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app import cascade, decisions, paying, scoring
from app import cycle as cycles
from app.cascade import TARGET_DECISIONS, ToldTo
from app.cycle import BoardState, EmployeeResult, EmployeeResults, Hearings, WantedReview
from app.decisions import Decision, DecisionFilter
from app.kit.refusals import NotThere
from app.objecting import Case
from app.rules.deciding import DecisionState
from app.rules.grades_narrowed import without_employee
from app.rules.grading import EmployeeProposal, members
from app.rules.permissions import Deed, may
from app.rules.reviewing import ReviewAlert
from app.rules.stages import BEFORE_THE_CUT
from app.rules.terms import CycleFunction, Node, NodeKind
from app.web.asked.grades_seen import GradesSeen, grades_seen
from app.web.asked.request_context import RequestContext
from app.web.decisions import decided, objecting
from app.web.decisions.decision_kinds import DECISION_KINDS
from app.web.results import telling
from app.web.results.grade_ways import GradeWay, grade_way

__all__ = [
    "ResultsSeen",
    "alerts_seen",
    "answered",
    "as_json",
    "decisions_about",
    "is_first_opening",
    "lists_results",
    "narrowed",
    "proposal_seen",
    "result_seen",
    "results_listed",
    "results_seen",
    "sees_alerts",
    "shows_result",
    "signed",
    "way_of",
    "write_opening",
]

_MOVES: Final = frozenset({cascade.CALIBRATE, cascade.LET_LAPSE})
"""What one reads of a move stands in the result itself."""
_DECISIONS_MOST: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsSeen:
    """What everybody came to, for who asks.

    Attributes:
        results: as they stand.
        as_told: as people were told last, for whom what is pending is not; None where they see that, or nothing is.
        seen: what they see of the cycle's grades.
        reads_all: whether they read everybody's whole result: hr, auditors and approvers.
        own: their own numbers, by whatever account.
        told: when and how a person was told, as the API writes it; None while nobody has told them.
        reviews: whether they review a person, themself or in somebody's place.
        cases: the objections of people, by number.
        hears: whether they answer or hear any of somebody's objections.
        paid: what people come to by the last pay run, by number, in won.
    """

    results: EmployeeResults
    as_told: EmployeeResults | None
    seen: GradesSeen
    reads_all: bool
    own: frozenset[Node]
    told: Callable[[str], dict[str, Any] | None]
    reviews: Callable[[str], bool]
    cases: Mapping[str, Sequence[Case]]
    hears: Callable[[str], bool]
    paid: Mapping[str, int]

    def results_for(self, employee: str) -> EmployeeResults:
        """The results that they read of a person: what is pending of somebody's is shown to whoever reviews that one (contract-cycle, 13).

        A rank that another's pending result moves is no result that has become another: nobody reviews it, and it is as it was told.

        Raises:
            NotThere: the cycle does not list the person.
        """
        if self.as_told is None:
            return self.results
        is_pending = self.results.of(employee).digest != self.as_told.of(employee).digest
        return self.results if is_pending and self.reviews(employee) else self.as_told

    def result_of(self, employee: str) -> EmployeeResult:
        """What a person came to, as they read it.

        Raises:
            NotThere: the cycle does not list the person.
        """
        return self.results_for(employee).of(employee)

    def state_of(self, result: EmployeeResult) -> BoardState:
        """Where somebody stands."""
        return cycles.state_of_result(self.results.opened, result, self.cases.get(result.row.employee, ()))

    def shows(self, employee: str) -> bool:
        """Whether they see what somebody came to."""
        node = Node(NodeKind.EMPLOYEE, employee)
        if node in self.own:
            return False
        return self.reads_whole(employee) or self.seen.everybody or self.seen.in_groups(node) or self.hears(employee)

    def reads_whole(self, employee: str) -> bool:
        """Whether they see the whole of it, with what was signed: calibrators see scores and grades alone."""
        node = Node(NodeKind.EMPLOYEE, employee)
        if node in self.own:
            return False
        # What is pending is shown, of heads, to those alone who are to review it.
        leads = not self.results.opened.is_told and self.seen.leads(node)
        return self.reads_all or leads or self.reviews(employee)


def results_seen(context: RequestContext, cycle: int, employee: str | None = None) -> ResultsSeen:
    """What everybody came to in a cycle that was certified, for who asks.

    Raises:
        NotThere: nobody has opened it, or it is not certified.

    Queries: 1, those of :func:`app.web.asked.grades_seen.grades_seen`, and those of :func:`app.cycle.results_as_they_stand`, twice where something is pending.
    """
    opened = cycles.opened_cycle(context.connection, cycle)
    if opened is None or opened.stage in BEFORE_THE_CUT:
        raise NotThere
    loaded, viewer = scoring.state_with_pending(context.connection), context.viewer
    results = cycles.results_as_they_stand(context.connection, loaded, opened, day=context.today, employee=employee)
    told = loaded if context.sees_pending(cycle) else scoring.state_as_told(context.connection)
    as_told = (
        None
        if told is loaded
        else cycles.results_as_they_stand(context.connection, told, opened, day=context.today, employee=employee)
    )
    approves = CycleFunction.APPROVER in viewer.authorities(cycle)
    cases, parts = _cases(context, results), objecting.parts_of(context, cycle)
    return ResultsSeen(
        results=results,
        as_told=as_told,
        seen=grades_seen(context, cycle),
        reads_all=may(viewer.roles, Deed.SEE_GRADE, ()) or approves,
        own=decisions.own_nodes(context.directory, email=viewer.email, employee=viewer.employee, day=context.today),
        told=_told(context, results, employee),
        reviews=lambda number: results.part_of(viewer, number) is not None,
        cases=cases,
        # To whoever judges an objection the result that it is about is shown (contract-cycle, 13).
        hears=lambda number: any(parts(one).confirms or parts(one).hears for one in cases.get(number, ())),
        paid=_paid(context, results),
    )


def _paid(context: RequestContext, results: EmployeeResults) -> Mapping[str, int]:
    """Queries: 2, and none before the cycle is locked."""
    opened = results.opened
    run = paying.latest_run(context.connection, opened.cycle) if opened.was_locked else None
    return {} if run is None else {one.employee: one.amount for one in run.made.items}


def _cases(context: RequestContext, results: EmployeeResults) -> Mapping[str, Sequence[Case]]:
    """The objections of people, by number, the oldest first. Queries: those of :meth:`app.cycle.Hearings.cases`, none before anybody was told."""
    if not results.opened.is_told:
        return {}
    cases: dict[str, list[Case]] = {}
    for one in reversed(Hearings(context.connection, results.loaded, results.opened, day=context.today).cases()):
        cases.setdefault(one.objection.employee, []).append(one)
    return cases


def _told(
    context: RequestContext, results: EmployeeResults, employee: str | None
) -> Callable[[str], dict[str, Any] | None]:
    """When and how people were told, asked once where anybody is. Queries: 1, or none before anybody was told."""
    opened, connection = results.opened, context.connection

    @functools.cache
    def everybody() -> Mapping[str, ToldTo]:
        return cascade.told_to(connection, opened.cycle, employee) if opened.is_told else {}

    def told(number: str) -> dict[str, Any] | None:
        to = everybody().get(number)
        return None if to is None else telling.told_json(to, results.loaded)

    return told


def result_seen(
    context: RequestContext, cycle: int, employee: str, *, with_others: bool = False
) -> tuple[ResultsSeen, EmployeeResult]:
    """What one person came to, for who asks; where it is wanted with what is left to review beside.

    Raises:
        NotThere: it is not there for them.
    """
    shown = results_seen(context, cycle, None if with_others else employee)
    # Who is not listed is not there; only then it is asked who reviews them.
    result = shown.result_of(employee)
    if not shown.shows(employee):
        raise NotThere
    return shown, result


def results_listed(context: RequestContext, cycle: int) -> tuple[ResultsSeen, list[EmployeeResult]]:
    """Those whom who asks has a list of, by number: everybody for hr, auditors and approvers, their own people for heads and whoever stands in for them.

    Raises:
        NotThere: there is nobody on it.
    """
    shown = results_seen(context, cycle)
    numbers = (row.employee for row in shown.results.proposal.rows)
    some = [shown.result_of(number) for number in numbers if shown.reads_whole(number)]
    if not some and not lists_results(context, cycle):
        raise NotThere
    return shown, some


def lists_results(context: RequestContext, cycle: int) -> bool:
    """Whether there is a list for who asks: for hr, auditors and approvers, and whoever may be asked to review. No queries."""
    viewer = context.viewer
    approves = CycleFunction.APPROVER in viewer.authorities(cycle)
    return approves or sees_alerts(context) or cycles.may_review(context.directory, viewer, context.today)


def shows_result(context: RequestContext, cycle: int) -> Callable[[str], bool]:
    """A test for many people: whether who asks finds what they came to. Queries: those of :func:`results_seen`; 1 before the cut."""
    try:
        return results_seen(context, cycle).shows
    except NotThere:
        return lambda _employee: False


def narrowed(
    shown: ResultsSeen, some: Iterable[EmployeeResult], *, state: BoardState | None, grade: str, group: str
) -> list[EmployeeResult]:
    """Those in a state, with a grade, of a group; where nothing is asked for, all."""
    return [
        one
        for one in some
        if state in {None, shown.state_of(one)} and grade in {"", one.row.grade} and group in {"", one.row.group}
    ]


def decisions_about(
    context: RequestContext, cycle: int, employees: Collection[str]
) -> Mapping[str, tuple[Decision, ...]]:
    """The decisions of a cycle about people that were agreed to, as far as who reads their results sees them, the first one first.

    Queries: 2 for each 200 decisions.
    """
    visible = decided.visible_to(context)
    nodes = {Node(NodeKind.EMPLOYEE, number) for number in employees}
    some = decisions.decisions_of(
        context.connection,
        DecisionFilter(
            kinds=frozenset(DECISION_KINDS) - {TARGET_DECISIONS},
            cycle=str(cycle),
            state=DecisionState.APPROVED,
            nodes=frozenset(nodes),
        ),
        # Whoever reads a whole result reads all that was decided about it, but for who judges.
        visible=lambda one: one.kind in _MOVES or not decided.kind_of(one).for_parts or visible(one),
        limit=_DECISIONS_MOST,
    )
    about: dict[str, list[Decision]] = {}
    for one in reversed(some):
        for node in one.about & nodes:
            about.setdefault(node.code, []).append(one)
    return {number: tuple(of) for number, of in about.items()}


def proposal_seen(shown: ResultsSeen, employee: str) -> EmployeeProposal:
    """The proposal by which somebody is told of; places and cut-offs of one's own group are told without oneself, as long as nobody has told one of it."""
    proposal, seen = shown.results_for(employee).proposal, shown.seen
    if seen.hides_own and seen.own is not None and seen.own in proposal.candidates:
        return without_employee(proposal, seen.own)
    return proposal


def way_of(context: RequestContext, shown: ResultsSeen, employee: str) -> GradeWay | None:
    """What would have brought somebody the next better grade, for who may read all that their score came from. Queries: those of :func:`app.web.results.grade_ways.grade_way`."""
    results = shown.results_for(employee)
    return grade_way(
        context,
        loaded=results.loaded,
        cycle=results.opened.cycle,
        node=Node(NodeKind.EMPLOYEE, employee),
        proposal=proposal_seen(shown, employee),
    )


def as_json(shown: ResultsSeen, result: EmployeeResult, about: Iterable[Decision]) -> dict[str, Any]:
    """A result as the contract writes it: what does not exist yet is null, what who asks may not see is absent (contract-cycle, 8a)."""
    row, opened = members(result.row), shown.results.opened
    told: dict[str, Any] = {
        "employee": result.row.employee,
        "cycle": str(opened.cycle),
        "round": opened.round,
        "state": shown.state_of(result).value,
        "final_score": row["final_score"],
        "notified_score": None if result.told is None or result.told.score is None else float(result.told.score),
        "group": row["group"],
        "group_size": row["group_size"],
        "rank": row["rank"],
        "band": None if result.band is None else result.band.value,
        "proposed_grade": result.proposed,
        "move": _move_json(result),
        "notified_grade": None if result.told is None else result.told.grade,
        "grade": row["grade"],
        "held": result.is_held,
        "reason": row["reason"],
        "days": row["days"],
        "pay": shown.paid.get(result.row.employee),
        "told": shown.told(result.row.employee),
        "review": None if result.review is None else result.review.as_json(),
        "decisions": [one.id for one in about],
        "objections": [one.id for one in shown.cases.get(result.row.employee, ())],
        "digest": result.digest,
    }
    return {name: one for name, one in told.items() if name not in _unseen(shown, result)}


def _move_json(result: EmployeeResult) -> dict[str, Any] | None:
    if result.given is None:
        return None
    move = result.given.move
    return {
        "decision": move.decision,
        "from": move.from_,
        "to": move.to,
        "reason": move.reason,
        "lapsed": result.given.lapsed,
    }


def _unseen(shown: ResultsSeen, result: EmployeeResult) -> Iterator[str]:
    if not shown.seen.pays:
        yield "pay"
    if not shown.reads_whole(result.row.employee):
        yield from ("review", "decisions", "objections", "digest")


def is_first_opening(context: RequestContext, shown: ResultsSeen, result: EmployeeResult) -> bool:
    """Whether who asks is to review a result, and opens it as it stands for the first time. Queries: 1, or none."""
    results = shown.results
    if not results.signs(context.viewer, result):
        return False
    return not cycles.is_opening_kept(context.connection, results.opened.cycle, result, by=context.viewer)


def signed(context: RequestContext, cycle: int, employee: str, wanted: WantedReview) -> None:
    """Sign that one has read a result, and tell the trail.

    Raises:
        NotThere: it is not there for them.
        Invalid: the text is too short.
        Conflict: by its codes.
    """
    shown, _ = result_seen(context, cycle, employee)
    results = shown.results
    if cycles.sign_review(context.connection, results, employee, wanted, by=context.viewer, now=context.now):
        told = {"cycle": cycle, "review": "agrees" if wanted.agrees else "disagrees"}
        context.note(subject=f"employee:{employee}", after=told)
    else:
        context.did_nothing = True


def answered(context: RequestContext, cycle: int, employee: str, text: str) -> None:
    """Answer a review that does not agree, and tell the trail.

    Raises:
        NotThere: it is not there for them.
        Invalid: there is no text.
        Conflict: by its codes.
    """
    shown, _ = result_seen(context, cycle, employee)
    results = shown.results
    if cycles.answer_review(context.connection, results, employee, text, by=context.viewer, now=context.now):
        context.note(subject=f"employee:{employee}", after={"cycle": cycle, "review": "answered"})
    else:
        context.did_nothing = True


def write_opening(context: RequestContext, cycle: int, result: EmployeeResult) -> None:
    """Write down that who asks has opened a result as it stands, in a transaction of its own."""
    with context.database.write(Deed.SEE_RESULTS) as connection:
        cycles.keep_opening(connection, cycle, result, by=context.viewer, now=context.now)


def sees_alerts(context: RequestContext) -> bool:
    """Whether who asks is told which reviews somebody should look at: hr and auditors."""
    return may(context.viewer.roles, Deed.SEE_GRADE, ())


def alerts_seen(context: RequestContext, cycle: int) -> list[ReviewAlert]:
    """The reviews that somebody should look at, for hr and auditors. Queries: 1, or none."""
    if not sees_alerts(context):
        return []
    return cycles.alerts_of_reviews(context.connection, cycle)
