"""What was done about grades, as far as who asks may know it: the marks by which results, grades and calibration are narrowed.

Do not mark an objection for whoever opens the list of grades: it is known to whoever sees the objection itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from app import cascade
from app import cycle as cycles
from app.rules.grade_marks import (
    OBJECTIONS,
    Marks,
    marks_of_grades,
    marks_of_objections,
    marks_of_steps,
    united_marks,
)
from app.rules.grading import EmployeeProposal, UnitProposal
from app.rules.objections import ObjectionState
from app.rules.terms import Node, NodeKind
from app.web.asked.request_context import RequestContext
from app.web.decisions import objecting

__all__ = ["marks_beside", "marks_of_proposal", "objections_marked"]


def objections_marked(context: RequestContext, cycle: int) -> dict[Node, Marks]:
    """Whose objections who asks sees, by what became of them. Queries: 1, and those of :func:`app.web.decisions.objecting.cases_seen` once people were told."""
    opened = cycles.opened_cycle(context.connection, cycle)
    if opened is None or not opened.is_told:
        return {}
    states: dict[str, list[ObjectionState]] = {}
    for case in objecting.cases_seen(context, cycle):
        states.setdefault(case.objection.employee, []).append(case.state)
    return {Node(NodeKind.EMPLOYEE, number): marks_of_objections(some) for number, some in states.items()}


def marks_beside(context: RequestContext, cycle: int) -> dict[Node, Marks]:
    """What no grade says itself: objections, and lapsed moves that were let go, to whoever sees what is pending, which letting go is at first.

    Queries: 1, and those of :func:`objections_marked`.
    """
    objected = objections_marked(context, cycle)
    if not context.sees_pending(cycle):
        return objected
    steps = cascade.grade_steps(context.connection).get(cycle, ())
    return united_marks(objected, marks_of_steps(steps))


def marks_of_proposal(
    context: RequestContext, cycle: int, proposal: EmployeeProposal | UnitProposal, *, hidden: str | None = None
) -> Mapping[Node, Marks]:
    """The marks of all grades of a proposal that who asks sees.

    Args:
        context: the request's.
        cycle: of which cycle.
        proposal: with the moves that who asks sees.
        hidden: their own group, while nobody has told them of their own grade: what was done about those beside them may say what they came to.

    Queries: those of :func:`marks_beside`.
    """
    marks = united_marks(marks_of_grades(proposal.given, proposal.as_told), marks_beside(context, cycle))
    if hidden is None:
        return marks
    hides = {row.node for row in proposal.rows if row.group == hidden}
    return {node: some & OBJECTIONS if node in hides else some for node, some in marks.items()}
