"""Whose result in the demonstration agency's former cycle is put right, so that there is something to see: somebody else's grade is held, or a move lapses.

Nobody's score is made up. Who rises by a line that was reported too low is worked out by the rules that the decision goes by, and the best that the
line's KPI knows takes the place of what was reported.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from sqlalchemy import Connection

from app import cascade, scoring
from app import cycle as cycles
from app.rules.grading import EmployeeProposal
from app.rules.line_decisions import DecidedLine, LineDecisionKind
from app.rules.moves import GradeMove, WantedMove
from app.rules.terms import Job, Link, Node, NodeKind
from app.scoring import LineScore, ScoreQuery, Scores, State

__all__ = ["LineRaised", "Raised", "lapsing_swap", "raised", "raisings"]

_AT_ONCE: Final = 50
"""So many scorecards are worked out together: one of the first ones is mostly what is wanted."""
_BEST: Final = 100.0
_HUNDRED: Final = 100.0


class LineRaised(NamedTuple):
    """A line of somebody's, and the actual that it might come to."""

    node: Node
    kpi: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """What would become of everybody if somebody's line came to something better.

    Attributes:
        line: whose, which and what it would come to.
        before: everybody's grades as they stand.
        after: and as they would.
    """

    line: LineRaised
    before: EmployeeProposal
    after: EmployeeProposal

    @property
    def rises(self) -> bool:
        """Whether the one who is put right has a better grade by it, and no rule of the grades is broken that was not."""
        grades = [*self.before.counts]
        before, after = (_grade_of(one, self.line.node) for one in (self.before, self.after))
        is_better = before is not None and after is not None and grades.index(after) < grades.index(before)
        return is_better and {one.code for one in self.after.broken} <= {one.code for one in self.before.broken}

    @property
    def holds(self) -> Collection[Node]:
        """Who would keep a grade that they were told, and do not keep one now."""
        return self.after.as_told.keys() - self.before.as_told.keys()

    @property
    def lapses(self) -> Collection[Node]:
        """Whose move would lapse."""
        return {node for node, one in self.after.given.items() if one.lapsed and not self.before.given[node].lapsed}

    def with_moves(self, wanted: Iterable[WantedMove]) -> Raised:
        """The same, had people moved proposed grades before, and no others."""
        moves = {one.node: GradeMove(0, one.node, one.from_, one.to, one.reason, one.from_) for one in wanted}
        return replace(self, before=self.before.with_moves(moves), after=self.after.with_moves(moves))


def lapsing_swap(
    tried: Iterable[Raised], swaps: Callable[[Node], Iterable[Sequence[WantedMove]]]
) -> Sequence[WantedMove] | None:
    """The first swap of which a move lapses once a line is put right, and by which whoever has the line still rises; None for none.

    Args:
        tried: what would become of everybody by one line or another, before anybody was moved; no more of them are asked for than it takes.
        swaps: the moves that might be made, each a swap, where this one's line is put right.
    """
    for one in tried:
        for moves in swaps(one.line.node):
            moved = one.with_moves(moves)
            if moved.lapses and moved.rises:
                return moves
    return None


def _grade_of(proposal: EmployeeProposal, node: Node) -> str | None:
    return next((row.grade for row in proposal.rows if row.employee == node.code), None)


def raised(tried: Iterable[Raised], rank: Callable[[Raised], int | None]) -> LineRaised | None:
    """A line by which what is wanted comes about; None where there is none.

    Args:
        tried: what would become of everybody by one line or another (:func:`raisings`).
        rank: how far what becomes of it is from what is wanted, 0 for what is; None for what is not to be. The first one is taken of those that come nearest.
    """
    best: tuple[int, LineRaised] | None = None
    for one in tried:
        away = rank(one)
        if away is not None and (best is None or away < best[0]):
            best = away, one.line
        if away == 0:
            break
    return None if best is None else best[1]


def raisings(
    connection: Connection,
    loaded: State,
    cycle: int,
    *,
    day: dt.date,
    first: Sequence[str] = (),
    but: Collection[str] = (),
) -> Iterator[Raised]:
    """The lines of staff by which somebody has a better grade, each when it is asked for.

    Args:
        connection: any transaction.
        loaded: what is loaded and decided, pending decisions with it.
        cycle: the year that names it.
        day: today.
        first: the numbers of those who are tried before the others.
        but: of those who are not.
    """
    asked = ScoreQuery(cycle, day)
    scored = scoring.scores(connection, asked, loaded=loaded)
    plan = scored.selection.plan
    before = cycles.employee_proposal(scored)
    place_of = {node: place for place, node in enumerate(plan.nodes)}
    staff = [
        row.employee
        for row in before.rows
        if row.grade is not None and row.employee not in but and plan.people[row.employee].job is Job.STAFF
    ]
    staff.sort(key=lambda number: (number not in first, number))
    nodes = [Node(NodeKind.EMPLOYEE, number) for number in staff]
    own_share = float(plan.sheet.definitions.policies.blend[Job.STAFF].own) / _HUNDRED
    for start in range(0, len(nodes), _AT_ONCE):
        some = nodes[start : start + _AT_ONCE]
        cards = {one.node: one for one in scoring.scorecards(connection, asked, some, loaded=loaded)}
        for node in some:
            for line, most in _raisable(cards[node].lines):
                own, final = scored.own.copy(), scored.final.copy()
                own[place_of[node]] += most
                final[place_of[node]] += most * own_share
                tried = LineRaised(node, line.kpi, str(line.high))
                # Everybody's scores are worked out anew for those alone who could rise.
                after = cycles.employee_proposal(replace(scored, own=own, final=final))
                if not Raised(line=tried, before=before, after=after).rises:
                    continue
                after = cycles.employee_proposal(_put_right(scored, loaded, tried))
                again = Raised(line=tried, before=before, after=after)
                if again.rises:
                    yield again


def _put_right(scored: Scores, loaded: State, line: LineRaised) -> Scores:
    """Everybody's scores as they would be once a line was put right."""
    cycle = scored.asked.cycle
    content = {"node": str(line.node), "kpi": line.kpi, "member": "actual", "value": line.value, "cause": "tried"}
    sheet = loaded.plan(cycle).sheet
    decided = DecidedLine((cascade.line_decision(LineDecisionKind.OVERRIDE, content),))
    lines = cascade.decided_with(sheet.decided.get(cycle, {}), line.node, line.kpi, decided)
    token = f"{sheet.token} {line}"
    changed = replace(sheet, token=token, decided={**sheet.decided, cycle: lines})
    return scoring.score_again(scored, loaded.with_sheet(changed))


def _raisable(lines: Sequence[LineScore]) -> Iterator[tuple[LineScore, float]]:
    """The lines whose actual may be put right, and by how much the own score would rise at the most; nobody has decided anything about them."""
    measured = sum(float(one.weight) for one in lines if one.score is not None)
    for one in lines:
        if one.link != Link.SHARED and one.high is not None and one.score is not None and not one.decisions:
            yield one, float(one.weight) / measured * (_BEST - one.score)
