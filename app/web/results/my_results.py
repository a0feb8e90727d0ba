"""What somebody was told of their own result, with all that it came from: for their own page alone (contract-cycle, 7 and 11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from app import cascade, decisions, scoring
from app import cycle as cycles
from app.cascade import ToldBefore, ToldTo
from app.cycle import Hearings, OpenedCycle
from app.decisions import Decision, DecisionFilter
from app.kit.refusals import NotThere
from app.objecting import Case
from app.rules.deciding import DecisionState
from app.rules.moves import GradeMove, Moves
from app.rules.policies import ObjectionPolicy
from app.rules.stages import Stage
from app.rules.standings import Score
from app.rules.tellings import ToldOf
from app.rules.terms import Node, NodeKind
from app.scoring import ScoreQuery, State
from app.web.asked.request_context import RequestContext
from app.web.results.grade_ways import GradeWay, grade_way
from app.web.wording.group_names import group_namer

__all__ = ["DecisionAbout", "MyResult", "my_result", "told_move"]

_ABOUT_ONE: Final = cycles.PENDING_KINDS | {"impose", "bonus"}
"""The kinds of decisions about a person that move what they come to."""

_SHOWN_MOST: Final = 100


class DecisionAbout(NamedTuple):
    """A decision about somebody, when two people had agreed on it, and why; of a move from which grade to which."""

    decision: Decision
    at: dt.datetime
    reason: str
    from_: str | None
    to: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MyResult:
    """What somebody was told, and what it came from.

    Attributes:
        cycle: of which cycle.
        cycles: all of which they were told something, the latest first.
        to: what they were told last, and how.
        told_on: on which day; None where nobody has told them by hand yet.
        until: the last day on which they may object; None while they are not told.
        own_score: what is theirs of the final score.
        unit_score: and what is their unit's.
        is_away: whether leave and secondment took more than half of the cycle, so that earlier results were ranked in place of both.
        has_scorecard: whether they have lines of their own in the cycle.
        group: what the group is called.
        decisions: about them, the earliest first.
        move: what their grade was moved by, where that holds.
        way: what would have brought them the next better grade; None where no score would.
        equals: why others of the same published score and group have another grade.
        before: what they were told before the last time; None for nothing.
        cases: their own objections, the newest first.
        windows: how long there is, or was, to object, to answer and to appeal.
        pay_until: the last day on which they may object to what they are paid; None while nobody has agreed to a run.
        is_paid: whether the cycle was paid, in this round or one before.
        objects: whether they may object now, be it to their pay alone.
    """

    cycle: int
    cycles: tuple[int, ...]
    to: ToldTo
    told_on: dt.date | None
    until: dt.date | None
    own_score: Score | None
    unit_score: Score | None
    is_away: bool
    has_scorecard: bool
    group: str | None
    decisions: tuple[DecisionAbout, ...]
    move: GradeMove | None
    way: GradeWay | None
    equals: tuple[GradeMove, ...]
    before: ToldBefore | None
    cases: tuple[Case, ...]
    windows: ObjectionPolicy
    pay_until: dt.date | None
    is_paid: bool
    objects: bool

    def is_over(self, day: dt.date) -> bool:
        """Whether the time to object is over on a day."""
        return self.until is not None and day > self.until


def my_result(context: RequestContext, cycle: int | None) -> MyResult | None:
    """What who asks was told of a cycle, of the latest without one; None where they were told nothing yet.

    Raises:
        NotThere: who asks is no employee, or was told nothing of that cycle.

    Queries: 6, of a locked cycle 8, and twice those of the scores of one, those of a proposal and of :meth:`app.cycle.Hearings.cases`; 1 where nobody was told anything.
    """
    number = context.viewer.employee
    if number is None:
        raise NotThere
    loaded = scoring.state_as_told(context.connection)
    node = Node(NodeKind.EMPLOYEE, number)
    told = loaded.sheet.tellings
    mine = tuple(sorted((of for of, one in told.items() if node in one.results), reverse=True))
    if not mine:
        if cycle is not None:
            raise NotThere
        return None
    of = mine[0] if cycle is None else cycle
    if of not in mine:
        raise NotThere
    to = cascade.told_to(context.connection, of, number)[number]
    own, unit, *_ = _scored(context, loaded, of, node)
    plan = loaded.plan(of)
    proposal = cycles.propose_employee_grades(context.connection, cycle=of, today=context.today, loaded=loaded).proposal
    results, moves = told[of], plan.sheet.moves_of(of)
    until, opened = cycles.last_day_of_window(to, loaded), cycles.opened_cycle(context.connection, of)
    cases = () if opened is None else Hearings(context.connection, loaded, opened, day=context.today).cases()
    pay_until = None if opened is None else _pay_until(context, loaded, opened)
    may_now = opened is not None and opened.stage is Stage.NOTIFIED and until is not None and context.today <= until
    return MyResult(
        cycle=of,
        cycles=mine,
        to=to,
        told_on=cycles.told_on(to, loaded),
        until=until,
        own_score=own,
        unit_score=unit,
        is_away=plan.people[number].presence.away,
        has_scorecard=bool(plan.lines.get(node)),
        group=None if to.result.group is None else group_namer(plan.sheet.definitions.policies)(to.result.group),
        decisions=tuple(_about(context, of, node, before=results.before)),
        move=told_move(results, moves, node),
        way=grade_way(context, loaded=loaded, cycle=of, node=node, proposal=proposal),
        equals=tuple(_of_equals(moves, results, node)),
        before=cascade.told_before(context.connection, to),
        cases=tuple(one for one in cases if one.objection.employee == number),
        windows=plan.sheet.definitions.policies.objections,
        pay_until=pay_until,
        is_paid=opened is not None and opened.was_paid,
        objects=may_now or (pay_until is not None and context.today <= pay_until),
    )


def _pay_until(context: RequestContext, loaded: State, opened: OpenedCycle) -> dt.date | None:
    """The last day to object to what one is paid. Queries: 2, and none before a cycle was locked."""
    return cycles.last_day_to_object_to_pay(context.connection, loaded, opened) if opened.was_locked else None


def _scored(
    context: RequestContext, loaded: State, cycle: int, node: Node
) -> tuple[Score | None, Score | None, Score | None, object]:
    asked = ScoreQuery(cycle, context.today)
    return scoring.scores(context.connection, asked, [node], loaded=loaded).at(0)


def _about(context: RequestContext, cycle: int, node: Node, *, before: int) -> Iterator[DecisionAbout]:
    """What was decided about somebody by the time that people were told last: what came since is told with the next telling. Queries: 2."""
    only = DecisionFilter(kinds=_ABOUT_ONE, cycle=str(cycle), state=DecisionState.APPROVED, nodes=frozenset({node}))
    some = decisions.decisions_of(context.connection, only, visible=lambda _one: True, limit=_SHOWN_MOST, before=before)
    for one in reversed(some):
        move = next((move for move in one.content.get("moves", ()) if move["node"] == str(node)), None)
        yield DecisionAbout(
            one,
            one.done_by.at,
            one.reason if move is None else move["reason"],
            None if move is None else move["from"],
            None if move is None else move["to"],
        )


def told_move(results: ToldOf, moves: Moves, node: Node) -> GradeMove | None:
    """The move that makes the grade that somebody was told."""
    result, move = results.results[node], moves.get(node)
    is_told = move is not None and not results.is_since(move.decision) and move.to == result.grade
    return move if is_told and not result.is_held else None


def _of_equals(moves: Moves, results: ToldOf, node: Node) -> Iterator[GradeMove]:
    """The moves of others whose published score and group are the same: equals may be parted, and see why (contract-cycle, 6)."""
    mine = results.results[node]
    for other, move in moves.items():
        one = results.results.get(other)
        is_equal = one is not None and (one.score, one.group) == (mine.score, mine.group) and one.grade is not None
        if other != node and is_equal and told_move(results, moves, other) is not None:
            yield move
