"""What two scorings of a cycle differ by: scores, grades and pay of everyone, as effects of whatever lies between the two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app import scoring
from app.cycle.grades import employee_proposal, unit_proposal
from app.rules.deciding import DecisionEffect
from app.rules.grading import EmployeeProposal, UnitGrade, UnitProposal
from app.scoring import Scores

__all__ = ["differing", "grades_told", "moved_figures"]


def moved_figures(one: Scores, other: Scores) -> Iterator[DecisionEffect]:
    """Every score, grade and pay that is another, before and after. No queries."""
    yield from differing(_scores(one), _scores(other))
    yield from differing(_grades(one), _grades(other))


def differing(
    before: Mapping[tuple[str, str], object], after: Mapping[tuple[str, str], object]
) -> Iterator[DecisionEffect]:
    """Members of nodes that are another before than after."""
    for node, member in sorted(before.keys() | after.keys()):
        was, will = before.get((node, member)), after.get((node, member))
        if was != will:
            yield DecisionEffect(node, member, was, will)


def _scores(scored: Scores) -> dict[tuple[str, str], object]:
    told: dict[tuple[str, str], object] = {}
    for at, node in enumerate(scored.selection.nodes[: scored.selection.asked]):
        own, _, final, _ = scored.at(at)
        told[str(node), "own_score"] = own
        told[str(node), "final_score"] = final
    told |= {(str(node), f"score:{kpi}"): score for (node, kpi), score in scoring.score_of_lines(scored).items()}
    return told


def _grades(scored: Scores) -> dict[tuple[str, str], object]:
    return grades_told(employee_proposal(scored)) | grades_told(unit_proposal(scored))


def grades_told(proposal: EmployeeProposal | UnitProposal) -> dict[tuple[str, str], object]:
    """The grades of a proposal, and what people are paid, by node and member."""
    told: dict[tuple[str, str], object] = {}
    for row in proposal.rows:
        if isinstance(row, UnitGrade):
            told[str(row.node), "grade"] = row.grade
        elif row.grade is not None:
            told[str(row.node), "grade"] = row.grade
            told[str(row.node), "pay"] = row.pay
    return told
