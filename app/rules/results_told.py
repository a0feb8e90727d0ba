"""A proposal as what each person is to be told of it, and who of them was told something else before (contract-cycle, 7)."""

from __future__ import annotations

from collections.abc import Mapping

from app.rules.grading import EmployeeProposal, evaluation_group
from app.rules.policies import GroupPolicy
from app.rules.standings import published
from app.rules.tellings import ToldOf, ToldResult, is_another
from app.rules.terms import Node

__all__ = ["results_to_tell", "to_be_told"]


def results_to_tell(proposal: EmployeeProposal, groups: GroupPolicy) -> dict[Node, ToldResult]:
    """What everybody who is listed would be told now, by number."""
    results = {}
    for row in proposal.rows:
        candidate = proposal.candidates[row.employee]
        place = proposal.standings.by_code.get(row.employee)
        results[row.node] = ToldResult(
            score=None if row.final_score is None else published(row.final_score),
            grade=row.grade,
            is_held=row.node in proposal.as_told,
            rank=row.rank,
            group=row.group,
            group_size=row.group_size,
            reason=row.reason,
            days=row.days,
            own_group=evaluation_group(candidate, groups),
            job=candidate.job.value,
            disciplined=place is not None and place.entrant.disciplined,
        )
    return results


def to_be_told(results: Mapping[Node, ToldResult], told: ToldOf) -> dict[Node, ToldResult]:
    """Those of some results that are another than what the person was told last, or whose person was never told."""
    return {node: one for node, one in results.items() if is_another(one, told.results.get(node))}
