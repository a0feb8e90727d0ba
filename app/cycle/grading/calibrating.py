"""Calibration: grades that are proposed are moved by a calibrator and another, each move with its reason (contract-cycle, 6).

Grades that were moved are never stored: steps are, each with the proposal on which it was taken, and what holds follows from them.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from sqlalchemy import Connection

from app import cascade, decisions, scoring
from app.access import Viewer
from app.cycle.grading.grades import propose_employee_grades, propose_unit_grades
from app.cycle.grading.grades_paid import priced_grades
from app.cycle.grading.moved import differing, grades_told
from app.cycle.opened import NotNow, OpenedCycle, cycle_named, move_everybody, opened_cycle, opened_or_refused
from app.cycle.reopened import NotReopened, reopened_for
from app.decisions import Decision, DecisionKind, Read, own_nodes
from app.kit.refusals import Conflict, Invalid, NotThere, at_field, unknown_members
from app.plain.findings import Finding, Place, n_
from app.plain.texts import quoted
from app.rules.deciding import REASON_LENGTH_MAX, REASON_LENGTH_MIN, DecisionEffect, DecisionState, Obstacle
from app.rules.grading import EmployeeProposal, UnitProposal, standing_grade
from app.rules.moves import CalibrationStep, Given, GradeMove, MoveFault, MoveProblem, WantedMove, problem_of
from app.rules.policies import Policies
from app.rules.stages import Stage
from app.rules.standings import Standing
from app.rules.terms import CycleFunction, Node, NodeKind, Role
from app.scoring import State

__all__ = [
    "CALIBRATE",
    "CALIBRATED_IN",
    "LET_LAPSE",
    "MOVES_MOST",
    "Calibration",
    "CalibrationRefused",
    "calibrates",
    "calibration_of",
    "is_own_group",
    "lapsed_moves",
    "read_moves_tried",
]

CALIBRATED_IN: Final = frozenset({Stage.CERTIFIED, Stage.NOTIFIED})
"""The stages in which grades are moved."""

MOVES_MOST: Final = 200
"""Moves of one decision: somebody reads each of them with its reason."""

Proposal: TypeAlias = EmployeeProposal | UnitProposal


# --------------------------------------------------------------------------------------------------------------- the moves


def read_moves(content: Mapping[str, Any], grades: Sequence[str]) -> list[WantedMove]:
    """The moves of a decision's content, in their order.

    Args:
        content: with ``moves``: a list of ``{"node", "from", "to", "reason"}``.
        grades: the policy's.

    Raises:
        Invalid: with a finding at each place that is none.
    """
    problems = [*unknown_members(content, {"moves"}), *_problems(content.get("moves"), grades, at="content/moves")]
    if problems:
        raise Invalid(*problems)
    return _read_moves(content["moves"])


def read_moves_tried(moves: object, grades: Sequence[str]) -> list[WantedMove]:
    """The same of moves that are tried: their reasons may wait, and they are of people or of units.

    Raises:
        Invalid: with a finding at each place that is none.
    """
    problems = list(_problems(moves, grades, at="moves", with_reasons=False))
    if problems:
        raise Invalid(*problems)
    wanted = _read_moves(moves)
    for place, one in enumerate(wanted):
        if one.node.kind is not wanted[0].node.kind:
            message = n_("%(value)s does not go with the moves before it: write those of people, or those of units.")
            raise Invalid(at_field(f"moves/{place}/node", "two_kinds", message, value=quoted(str(one.node))))
    return wanted


def _read_moves(moves: Any) -> list[WantedMove]:
    return [WantedMove(Node.known(one["node"]), one["from"], one["to"], one.get("reason", "").strip()) for one in moves]


def _problems(moves: object, grades: Sequence[str], *, at: str, with_reasons: bool = True) -> Iterator[Finding]:
    """What is wrong with moves before anybody is looked up, each at its place."""
    if not isinstance(moves, list) or not moves:
        yield at_field(at, "no_moves", n_("No grade is moved: write whose, from which to which, and why."))
        return
    if len(moves) > MOVES_MOST:
        message = n_("There are more than %(most)s moves: write several decisions.")
        yield at_field(at, "too_many_moves", message, most=MOVES_MOST)
        return
    nodes: set[str] = set()
    for place, one in enumerate(moves):
        here = f"{at}/{place}"
        if not isinstance(one, dict):
            yield at_field(here, "no_move", n_("This is no move: write node, from, to and reason."))
            continue
        yield from _move_problems(here, one, grades)
        if with_reasons or not isinstance(one.get("reason", ""), str):
            yield from _reason_problems(here, one.get("reason"))
        if str(one.get("node")) in nodes:
            message = n_("%(value)s is moved twice in one decision: write one move.")
            yield at_field(f"{here}/node", "twice", message, value=quoted(str(one.get("node"))))
        nodes.add(str(one.get("node")))


def _move_problems(at: str, one: Mapping[str, Any], grades: Sequence[str]) -> Iterator[Finding]:
    yield from unknown_members(one, {"node", "from", "to", "reason"}, field=at)
    text = one.get("node")
    if not isinstance(text, str) or Node.parse(text) is None:
        message = n_("There is no unit or employee “%(value)s”: write it as unit:CODE or employee:NUMBER.")
        yield at_field(f"{at}/node", "unknown_node", message, value=quoted(str(text)))
    for name in ("from", "to"):
        if not isinstance(one.get(name), str) or one[name] not in grades:
            message = n_("There is no grade “%(value)s”: choose one of %(grades)s.")
            value = quoted(str(one.get(name)))
            yield at_field(f"{at}/{name}", "unknown_grade", message, value=value, grades=", ".join(grades))
    if one.get("from") == one.get("to"):
        yield at_field(f"{at}/to", "no_move", n_("From and to are the same grade: choose another one to move to."))


def _reason_problems(at: str, reason: object) -> Iterator[Finding]:
    length = len(reason.strip()) if isinstance(reason, str) else 0
    if not REASON_LENGTH_MIN <= length <= REASON_LENGTH_MAX:
        message = n_("The reason has %(length)s characters: write %(least)s to %(most)s.")
        limits = {"least": REASON_LENGTH_MIN, "most": REASON_LENGTH_MAX, "length": length}
        yield at_field(f"{at}/reason", "reason_length", message, **limits)


# ------------------------------------------------------------------------------------------------------- what they are made on


class WeighedMoves(NamedTuple):
    """What some moves would do.

    Attributes:
        before: the proposal as it stands.
        after: and as it would be.
        moves: of the graded, as they would be kept but for the decision's number.
        problem: what is in their way; None where nothing is.
    """

    before: Proposal
    after: Proposal
    moves: tuple[GradeMove, ...]
    problem: MoveProblem | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The grades of people or of units as they stand, to be moved.

    Attributes:
        kind: of whom.
        policies: that the cycle goes by.
        proposal: everyone's, with the moves that there are.
    """

    cycle: int
    kind: NodeKind
    policies: Policies
    proposal: Proposal

    def node_of(self, place: Standing) -> Node:
        """Whose place it is."""
        return Node(self.kind, place.entrant.code)

    def standing(self, node: Node) -> Standing | None:
        """Somebody's place in the group; None for who is not graded."""
        return self.proposal.standings.by_code.get(node.code) if node.kind is self.kind else None

    def present(self, node: Node) -> str | None:
        """The grade that stands of somebody graded."""
        return standing_grade(self.proposal, node)

    def places_in(self, group: str) -> list[Standing]:
        """The places of a group, after small ones were merged, by rank."""
        places = (one for one in self.proposal.standings.by_code.values() if one.group == group)
        return sorted(places, key=lambda one: (one.rank, one.entrant.code))

    def weighed(self, wanted: Sequence[WantedMove]) -> WeighedMoves:
        """What it would be with moves of the graded, and what is in their way."""
        moves = tuple(
            GradeMove(0, one.node, one.from_, one.to, one.reason, place.grade)
            for one in wanted
            if (place := self.standing(one.node)) is not None
        )
        before = {node: given.move for node, given in self.proposal.given.items()}
        after = self.proposal.with_moves({**before, **{one.node: one for one in moves}})
        policy = self.policies.calibration
        problem = problem_of(
            wanted, self._step(wanted, after), max_steps=policy.max_steps, hold_seats=policy.hold_seats
        )
        return WeighedMoves(self.proposal, after, moves, problem)

    def _step(self, wanted: Sequence[WantedMove], after: Proposal) -> CalibrationStep:
        """What some moves are asked on."""
        places = {one.node: self.standing(one.node) for one in wanted}
        asks_rules = self.kind is NodeKind.EMPLOYEE
        return CalibrationStep(
            grades=[one.grade for one in self.policies.grades],
            group_of={node: place.group for node, place in places.items() if place is not None},
            proposed={node: None if place is None else place.grade for node, place in places.items()},
            present={node: self.present(node) for node in places},
            disciplined={node for node, place in places.items() if place is not None and place.entrant.disciplined},
            broken_before=[one.code for one in self.proposal.broken] if asks_rules else (),
            broken_after=[one.code for one in after.broken] if asks_rules else (),
        )


def calibration_of(connection: Connection, loaded: State, cycle: int, kind: NodeKind, *, today: dt.date) -> Calibration:
    """The grades of everyone, or of all units, as they stand. Queries: those of :func:`app.cycle.propose_employee_grades`."""
    propose = propose_employee_grades if kind is NodeKind.EMPLOYEE else propose_unit_grades
    return Calibration(
        cycle=cycle,
        kind=kind,
        policies=loaded.plan(cycle).sheet.definitions.policies,
        proposal=propose(connection, cycle=cycle, today=today, loaded=loaded).proposal,
    )


_MESSAGES: Final[Mapping[MoveFault, str]] = {
    MoveFault.GROUPS: n_("The moves are of several groups: write one decision for each group."),
    MoveFault.NOT_GRADED: n_("%(node)s has no grade in this cycle: leave the move out."),
    MoveFault.DISCIPLINED: n_("%(node)s has the lowest grade by discipline, which nobody moves: leave the move out."),
    MoveFault.FROM_GRADE: n_("%(node)s has %(grade)s now: look at the present grade, and move from it."),
    MoveFault.STEPS: n_(
        "%(node)s is proposed for %(grade)s, and may be moved no farther from it than the policy allows (grades: %(number)s): choose a nearer one."
    ),
    MoveFault.SEATS: n_(
        "The group would not have as many people with %(grade)s as before: choose moves that keep their number."
    ),
    MoveFault.RULES: n_(
        "The grades of the agency would break a rule of the policy that they keep now: choose other moves."
    ),
}


class CalibrationRefused(Conflict):
    """Some moves cannot be made, by the contract's code for what is in their way."""

    def __init__(self, problem: MoveProblem, *, called: Callable[[Node], str] = str) -> None:
        """Say what is in the way, and of whom: by code, or as people call them."""
        self.code = f"rules:{problem.rule}" if problem.fault is MoveFault.RULES else problem.fault.value
        parameters = {
            "node": "" if problem.node is None else called(problem.node),
            "grade": problem.grade,
            "number": problem.number,
        }
        message = _MESSAGES[problem.fault]
        place = Place(field="content/moves", pointer="/content/moves")
        finding = Finding(code=self.code, message=message, parameters=parameters, place=place)
        super().__init__(finding, message=message, parameters=parameters)


# --------------------------------------------------------------------------------------------------------------------- who


def calibrates(viewer: Viewer, cycle: int, standings: Iterable[Standing]) -> bool:
    """Whether somebody is a calibrator of all of some places: of all groups, or of theirs as they are or as they were before they were merged."""
    given = [one for one in viewer.functions if one.cycle == cycle and one.function is CycleFunction.CALIBRATOR]
    return bool(given) and all(any(place.is_of(one.groups) for one in given) for place in standings)


def is_own_group(calibration: Calibration, viewer: Viewer, loaded: State, group: str, *, day: dt.date) -> bool:
    """Whether somebody is in a group themself, or is posted to a unit of it in the cycle. No queries."""
    plan = loaded.plan(calibration.cycle)
    own = own_nodes(plan.frame.directory, email=viewer.email, employee=viewer.employee, periods=(plan.period,), day=day)
    return any(place is not None and place.group == group for place in (calibration.standing(node) for node in own))


def _obstacle(
    connection: Connection, viewer: Viewer, cycle: str | None, nodes: Collection[Node], day: dt.date
) -> Obstacle | None:
    """Why a calibrator may not move the grades of some people or units: they are not of a group of theirs, or of one that they are in."""
    loaded = scoring.state(connection)
    year = cycle_named(cycle, loaded, today=day)
    obstacle = None
    for kind in sorted({one.kind for one in nodes}):
        calibration = calibration_of(connection, loaded, year, kind, today=day)
        places = [place for one in nodes if (place := calibration.standing(one)) is not None]
        if not calibrates(viewer, year, places):
            return Obstacle.ROLE
        if any(
            is_own_group(calibration, viewer, loaded, group, day=day) for group in {place.group for place in places}
        ):
            obstacle = Obstacle.OWN_GROUP
    return obstacle


_SEE_ALL: Final = frozenset({Role.HR, Role.AUDITOR})


def _seen_of(
    connection: Connection, viewer: Viewer, cycle: str | None, day: dt.date
) -> Callable[[Collection[Node]], bool]:
    """Of whom decisions of calibration are seen: by hr and auditors of all, by approvers of all but their own groups, by calibrators of theirs."""
    if not _SEE_ALL.isdisjoint(viewer.roles):
        return lambda _nodes: True
    year = int(str(cycle))
    approves = CycleFunction.APPROVER in viewer.authorities(cycle)
    loaded = scoring.state(connection)

    @functools.cache
    def of_kind(kind: NodeKind) -> Calibration:
        return calibration_of(connection, loaded, year, kind, today=day)

    def seen(nodes: Collection[Node]) -> bool:
        calibration = of_kind(next(iter(nodes)).kind)
        places = [place for one in nodes if (place := calibration.standing(one)) is not None]
        if any(is_own_group(calibration, viewer, loaded, place.group, day=day) for place in places):
            return False
        return approves or calibrates(viewer, year, places)

    return seen


def _checker_obstacle(connection: Connection, viewer: Viewer, open_: Decision, day: dt.date) -> Obstacle | None:
    return _obstacle(connection, viewer, open_.cycle, open_.about, day)


# --------------------------------------------------------------------------------------------------------------- calibrate


def _opened(connection: Connection, loaded: State, cycle: str | None, today: dt.date) -> OpenedCycle:
    """The cycle, at a stage in which grades are moved.

    Raises:
        Invalid: it names none.
        NotNow: it is at another stage.
    """
    opened = opened_or_refused(connection, cycle, loaded, today=today)
    if opened.stage not in CALIBRATED_IN:
        raise NotNow
    return opened


def _checked(
    connection: Connection, loaded: State, cycle: int, content: Mapping[str, Any], today: dt.date
) -> WeighedMoves:
    """What the moves of a content would do.

    Raises:
        Invalid: something that is no move.
        NotThere: somebody who is not of the cycle.
        CalibrationRefused: they cannot be made.
    """
    plan = loaded.plan(cycle)
    wanted = read_moves(content, [one.grade for one in plan.sheet.definitions.policies.grades])
    if any(one.node not in plan.nodes for one in wanted):
        raise NotThere
    kinds = {one.node.kind for one in wanted}
    if len(kinds) > 1:
        raise CalibrationRefused(MoveProblem(MoveFault.GROUPS))
    weighed = calibration_of(connection, loaded, cycle, kinds.pop(), today=today).weighed(wanted)
    if weighed.problem is not None:
        raise CalibrationRefused(weighed.problem)
    return weighed


def _refuse_other_groups(
    connection: Connection, loaded: State, opened: OpenedCycle, nodes: Collection[Node], today: dt.date
) -> None:
    """Go on only where in a later round somebody of each one's group is whom the cycle is open for (contract-cycle, 13).

    Raises:
        NotReopened: nobody of one's is.

    Queries: those of :func:`app.cycle.reopened.reopened_for` and of the proposal.
    """
    some = reopened_for(connection, opened)
    if some is None:
        return
    (kind,) = {one.kind for one in nodes}
    calibration = calibration_of(connection, loaded, opened.cycle, kind, today=today)

    def groups(of: Iterable[Node]) -> set[str]:
        places = (calibration.standing(one) for one in of if one.kind is kind)
        return {place.group for place in places if place is not None}

    if not groups(some).issuperset(groups(nodes)):
        raise NotReopened


def _early_obstacle(
    connection: Connection, viewer: Viewer, content: Mapping[str, Any], cycle: str | None, day: dt.date
) -> Obstacle | None:
    moves = content.get("moves")
    texts = [one.get("node") for one in moves if isinstance(one, dict)] if isinstance(moves, list) else []
    nodes = {node for text in texts if isinstance(text, str) and (node := Node.parse(text)) is not None}
    return _obstacle(connection, viewer, cycle, nodes, day)


def _read(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
    loaded = scoring.state(connection)
    opened = _opened(connection, loaded, cycle, today)
    moves = _checked(connection, loaded, opened.cycle, content, today).moves
    _refuse_other_groups(connection, loaded, opened, [one.node for one in moves], today)
    kept = [{"node": str(one.node), "from": one.from_, "to": one.to, "reason": one.reason} for one in moves]
    return Read({"moves": kept}, frozenset(one.node for one in moves), opened.round)


def _effects(
    connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date
) -> Iterable[DecisionEffect]:
    """Whose grade and pay would be another: with a pool that binds everybody's pay is."""
    loaded = scoring.state(connection)
    opened = _opened(connection, loaded, cycle, today)
    weighed = _checked(connection, loaded, opened.cycle, content, today)
    priced = priced_grades(connection, loaded, opened.cycle)
    before, after = (
        grades_told(priced(one) if isinstance(one, EmployeeProposal) else one)
        for one in (weighed.before, weighed.after)
    )
    return differing(before, after)


def _apply(connection: Connection, decision: Decision) -> None:
    loaded = scoring.state(connection)
    hand = decision.done_by
    day = loaded.frame.directory.day_of(hand.at)
    moves = _checked(connection, loaded, decision.cycle_year, decision.content, day).moves
    _keep(connection, decision, [one._replace(decision=decision.id) for one in moves])


def _keep(connection: Connection, decision: Decision, moves: Sequence[GradeMove]) -> None:
    """Write steps, and let read models and whoever follows a grade know. Queries: 5."""
    cascade.keep_moves(connection, decision.cycle_year, moves)
    move_everybody(connection, decision)


CALIBRATE: Final = DecisionKind(
    code=cascade.CALIBRATE,
    makers=frozenset({CycleFunction.CALIBRATOR}),
    checkers=frozenset({CycleFunction.CALIBRATOR}),
    seen_by=frozenset({Role.HR, Role.AUDITOR, CycleFunction.APPROVER}),
    read=_read,
    effects=_effects,
    apply=_apply,
    signed_effects=True,
    hold=scoring.hold_to_decide,
    early_obstacle=_early_obstacle,
    of_cycle=True,
    for_parts=True,
    seen_of=_seen_of,
    checker_obstacle=_checker_obstacle,
)
"""Proposed grades are moved: by a calibrator of the group, and another one, of whom neither is in it."""


# --------------------------------------------------------------------------------------------------------------- let lapse


class NotLapsed(Conflict):
    """No move of the decision has lapsed."""

    code = "not_lapsed"
    message = n_("None of its moves has lapsed: look at the grades as they are now.")


def lapsed_moves(connection: Connection, loaded: State, cycle: int, *, today: dt.date) -> list[tuple[Node, Given]]:
    """Whose last move does not hold any more and waits for an answer, people before units.

    Queries: those of both proposals, none where nobody was ever moved.
    """
    if not loaded.plan(cycle).sheet.moves_of(cycle):
        return []
    return [
        (node, given)
        for kind in (NodeKind.EMPLOYEE, NodeKind.UNIT)
        for node, given in sorted(calibration_of(connection, loaded, cycle, kind, today=today).proposal.given.items())
        if given.lapsed
    ]


def _let_go(connection: Connection, loaded: State, cycle: int, number: int, today: dt.date) -> list[GradeMove]:
    """The lapsed moves of a decision, as they are let go.

    Raises:
        NotLapsed: there is none.
    """
    of = [
        GradeMove(number, node, given.grade, None, given.move.reason, given.proposed)
        for node, given in lapsed_moves(connection, loaded, cycle, today=today)
        if given.move.decision == number
    ]
    if not of:
        raise NotLapsed
    return of


def _move_named(connection: Connection, content: Mapping[str, Any], cycle: str | None) -> Decision:
    """The decision whose moves are let go.

    Raises:
        NotThere: there is none that was agreed to in the cycle.
    """
    number = content.get("move")
    one = decisions.decision(connection, number) if type(number) is int else None
    if one is None or one.kind != cascade.CALIBRATE or one.cycle != cycle or one.state is not DecisionState.APPROVED:
        raise NotThere
    return one


def _read_lapse(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
    problems = unknown_members(content, {"move"})
    number = content.get("move")
    if type(number) is not int:
        message = n_("No decision is named: write the number of the one that moved the grade.")
        problems.append(at_field("content/move", "no_decision", message))
    if problems:
        raise Invalid(*problems)
    loaded = scoring.state(connection)
    opened = _opened(connection, loaded, cycle, today)
    moves = _let_go(connection, loaded, opened.cycle, _move_named(connection, content, cycle).id, today)
    return Read({"move": number}, frozenset(one.node for one in moves), opened.round)


def _early_obstacle_to_lapse(
    connection: Connection, viewer: Viewer, content: Mapping[str, Any], cycle: str | None, day: dt.date
) -> Obstacle | None:
    number = content.get("move")
    one = decisions.decision(connection, number) if type(number) is int else None
    nodes = frozenset() if one is None or one.kind != cascade.CALIBRATE else one.about
    return _obstacle(connection, viewer, cycle, nodes, day)


def _lapse_overtaken(connection: Connection, open_: Decision) -> Sequence[Mapping[str, Any]]:
    """Whoever's move holds again, or was answered by another, is not let go any more."""
    opened = opened_cycle(connection, open_.cycle_year)
    if opened is None or opened.stage not in CALIBRATED_IN:
        raise NotNow
    loaded = scoring.state(connection)
    today = loaded.frame.directory.day_of(open_.maker.at)
    now = {
        node
        for node, given in lapsed_moves(connection, loaded, opened.cycle, today=today)
        if given.move.decision == open_.content["move"]
    }
    gone = sorted(open_.about - now, key=str)
    return [{"node": str(node), "member": "grade", "signed": None, "now": None} for node in gone]


def _apply_lapse(connection: Connection, decision: Decision) -> None:
    loaded = scoring.state(connection)
    hand = decision.done_by
    day = loaded.frame.directory.day_of(hand.at)
    moves = _let_go(connection, loaded, decision.cycle_year, int(decision.content["move"]), day)
    _keep(connection, decision, [one._replace(decision=decision.id, reason=decision.reason) for one in moves])


LET_LAPSE: Final = DecisionKind(
    code=cascade.LET_LAPSE,
    makers=CALIBRATE.makers,
    checkers=CALIBRATE.checkers,
    seen_by=CALIBRATE.seen_by,
    read=_read_lapse,
    effects=lambda _connection, _content, _cycle, _today: (),
    apply=_apply_lapse,
    overtaken=_lapse_overtaken,
    hold=scoring.hold_to_decide,
    early_obstacle=_early_obstacle_to_lapse,
    of_cycle=True,
    for_parts=True,
    seen_of=_seen_of,
    checker_obstacle=_checker_obstacle,
)
"""Moves that have lapsed are let go, so that the proposals stand: by a calibrator, and another one."""
