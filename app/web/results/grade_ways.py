"""What would bring somebody the next better grade: the least score that has it, and line by line what would reach that score.

Do not show it to whoever is told a grade alone: it is made of the lines' actuals, and is for who may read the whole derivation.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from app import cycle as cycles
from app import scoring
from app.kit.refusals import NotThere
from app.rules.grade_reasons import BetterGrade, better_grade
from app.rules.grades_narrowed import without_employee
from app.rules.grading import EmployeeProposal
from app.rules.lifting import aim_at
from app.rules.permissions import Deed
from app.rules.terms import Node
from app.scoring import GradeLifting, Lift, ScoreQuery, State
from app.web.asked.grades_seen import grades_seen
from app.web.asked.request_context import RequestContext
from app.web.decisions.asking import ScoreParameters, asked_by

__all__ = ["GradeWay", "as_json", "grade_way", "may_read_ways", "way_seen"]


class GradeWay(NamedTuple):
    """What would bring somebody the next better grade, by the rank alone.

    Attributes:
        better: that grade, with the least published score that has it.
        score: the published one that was ranked.
        proposed: the grade that the rank brings.
        moved_to: the grade that calibrators set in its place; None where nobody did.
        lifting: by which lines; None where no line of the cycle makes the score that was ranked.
    """

    better: BetterGrade
    score: Decimal
    proposed: str
    moved_to: str | None
    lifting: GradeLifting | None


def may_read_ways(context: RequestContext, node: Node) -> bool:
    """Whether who asks may read all that somebody's score came from. No queries of its own."""
    return context.allowed(Deed.SEE_DERIVATION, node) and context.allowed(Deed.SEE_SCORECARD, node)


def grade_way(
    context: RequestContext, *, loaded: State, cycle: int, node: Node, proposal: EmployeeProposal
) -> GradeWay | None:
    """What would bring an employee the next better grade, for who may read all that their score came from.

    None for all others, and where no score would: there is no better grade, discipline brings the lowest, or the grade is kept as it was told.

    Args:
        loaded: what the grade goes by; of a cycle that was certified its cut.
        proposal: of everyone, as far as who asks sees it.

    Queries: those of :func:`app.scoring.lifting_to_grade`; none where there is nothing to tell.
    """
    standing = proposal.standings.by_code.get(node.code)
    if standing is None or node in proposal.as_told or not may_read_ways(context, node):
        return None
    better = better_grade(standing, proposal.standings.in_group[standing.group])
    if better is None:
        return None
    lifting = None
    if not proposal.candidates[node.code].standing_in(cycle):
        lifting = scoring.lifting_to_grade(
            context.connection,
            loaded=loaded,
            node=node,
            asked=ScoreQuery(cycle, context.today),
            aim=aim_at(better.grade, better.lowest),
            sees=lambda one: context.allowed(Deed.SEE_SCORECARD, one),
        )
    given = proposal.given.get(node)
    return GradeWay(
        better=better,
        score=standing.entrant.score,
        proposed=standing.grade,
        moved_to=given.grade if given is not None and given.is_moved else None,
        lifting=lifting,
    )


def way_seen(context: RequestContext, cycle: int, node: Node) -> GradeWay | None:
    """What would bring somebody the next better grade, as the page of their grade tells it.

    Raises:
        NotThere: who asks does not see that grade, or not what it comes from.

    Queries: those of a proposal, of :func:`app.web.asked.grades_seen.grades_seen` and of :func:`grade_way`.
    """
    loaded = scoring.state(context.connection)
    of = asked_by(context, loaded, ScoreParameters(cycle=cycle)).cycle
    seen = grades_seen(context, of)
    if not seen.grade(node) or not may_read_ways(context, node):
        raise NotThere
    proposal = cycles.propose_employee_grades(context.connection, cycle=of, today=context.today, loaded=loaded).proposal
    if node.code not in proposal.candidates:
        raise NotThere
    if seen.hides_own and seen.own is not None and seen.own in proposal.candidates:
        proposal = without_employee(proposal, seen.own)
    return grade_way(context, loaded=loaded, cycle=of, node=node, proposal=proposal)


def as_json(way: GradeWay | None) -> dict[str, Any] | None:
    """The same as the API tells it; scores as numbers, steps and actuals as decimal strings, as lines are told."""
    if way is None:
        return None
    return {
        "grade": way.better.grade,
        "score": float(way.better.lowest),
        "missing": float(way.better.missing),
        "proposed_grade": way.proposed,
        "moved_to": way.moved_to,
        "lines": [] if way.lifting is None else [_line_json(one) for one in way.lifting.lifts],
    }


def _line_json(lift: Lift) -> dict[str, Any]:
    return {
        "node": str(lift.node),
        "kpi": lift.kpi,
        "actual": f"{lift.actual:f}",
        "step": None if lift.step is None else f"{lift.step:f}",
        "reached": None if lift.step is None else f"{lift.reached:f}",
        "final_score": float(lift.final),
    }
