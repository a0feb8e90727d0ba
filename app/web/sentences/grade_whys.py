"""Why the grades stand that a decision tells or locks: moved by calibrators, or kept as they were told (contract-cycle, 6 and 7).

Do not say of such a grade that it goes by the place within the group: whoever agrees would look for the cause among the scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask_babel import gettext

from app import cascade, scoring
from app import cycle as cycles
from app.cycle import CALIBRATE, LOCK, NOTIFY
from app.decisions import Decision
from app.plain.findings import n_
from app.rules.deciding import DecisionState
from app.rules.terms import Node, NodeKind
from app.web.asked.request_context import RequestContext

__all__ = ["grade_whys"]

_OF_ALL: Final = frozenset({NOTIFY.code, LOCK.code})


def grade_whys(context: RequestContext, decision: Decision) -> Mapping[str, str]:
    """By node why people, and not the places, make its grade, in words; nothing where a decision says the reasons itself.

    Queries: none but for a telling and a lock; of these 1, and those of :func:`app.cycle.propose_employee_grades` while it waits.
    """
    if decision.kind == CALIBRATE.code:
        return {one["node"]: "" for one in decision.content["moves"]}
    if decision.kind not in _OF_ALL:
        return {}
    grades = {one.node: one.after for one in decision.effects if one.member == "grade"}
    moves = scoring.state(context.connection).plan(decision.cycle_year).sheet.moves_of(decision.cycle_year)
    whys = {}
    for node, move in moves.items():
        # What was moved once more since is not what made the grade then.
        if str(node) in grades and move.decision < decision.id and move.to == grades[str(node)]:
            whys[str(node)] = _moved(move.decision, move.reason)
    kept = str(gettext(n_("kept as told")))
    return whys | dict.fromkeys(_held(context, decision) & grades.keys(), kept)


def _moved(number: int, reason: str) -> str:
    return str(gettext(n_("moved by calibrators, decision %(number)s: %(reason)s"), number=number, reason=reason))


def _held(context: RequestContext, decision: Decision) -> frozenset[str]:
    """Those who keep the grade that they were told: as it stands while the decision waits, then as they were told."""
    cycle = decision.cycle_year
    if decision.state is DecisionState.PROPOSED:
        proposal = cycles.propose_employee_grades(context.connection, cycle=cycle, today=context.today).proposal
        return frozenset(str(node) for node in proposal.as_told)
    return frozenset(
        str(Node(NodeKind.EMPLOYEE, number))
        for number, to in cascade.told_to(context.connection, cycle).items()
        if to.result.is_held
        and (to.telling.decision == decision.id if decision.kind == NOTIFY.code else to.telling.decision < decision.id)
    )
