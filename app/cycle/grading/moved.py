"""What two scorings of a cycle differ by: scores, grades and pay of everyone, as effects of whatever lies between the two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from math import isnan

import numpy as np

from app import scoring
from app.cycle.grading.grades import cohort_of, employee_proposal, unit_proposal
from app.cycle.grading.grades_paid import PricedGrades
from app.rules.deciding import DecisionEffect
from app.rules.grading import EmployeeProposal, UnitGrade, UnitProposal
from app.rules.measures import FloatArray
from app.rules.terms import NodeKind
from app.scoring import CyclePlan, Scores

__all__ = ["differing", "grades_told", "moved_figures"]


def _as_the_policy(proposal: EmployeeProposal) -> EmployeeProposal:
    return proposal


def moved_figures(one: Scores, other: Scores, *, priced: PricedGrades = _as_the_policy) -> Iterator[DecisionEffect]:
    """Every score, grade and pay that is another, before and after. No queries.

    Args:
        one: what stands.
        other: what would.
        priced: what pays the grades of both; without it the policies do.
    """
    yield from sorted(_moved_scores(one, other), key=lambda effect: effect[:2])
    yield from _moved_grades(one, other, priced)


def differing(
    before: Mapping[tuple[str, str], object], after: Mapping[tuple[str, str], object]
) -> Iterator[DecisionEffect]:
    """Members of nodes that are another before than after."""
    for node, member in sorted(before.keys() | after.keys()):
        was, will = before.get((node, member)), after.get((node, member))
        if was != will:
            yield DecisionEffect(node, member, was, will)


def _moved_scores(one: Scores, other: Scores) -> Iterable[DecisionEffect]:
    """Own and final scores of nodes, and those of their lines."""
    before, after = one.selection, other.selection
    if before.nodes != after.nodes or before.asked != after.asked:
        return differing(_scores(one), _scores(other))
    return chain(_moved_of_nodes(one, other), _moved_of_lines(one, other))


def _moved_of_nodes(one: Scores, other: Scores) -> Iterator[DecisionEffect]:
    nodes = one.selection.nodes[: one.selection.asked]
    for member, was, will in (("own_score", one.own, other.own), ("final_score", one.final, other.final)):
        for at in _places_that_differ(was[: len(nodes)], will[: len(nodes)]):
            yield DecisionEffect(str(nodes[at]), member, _shown(was[at]), _shown(will[at]))


def _moved_of_lines(one: Scores, other: Scores) -> Iterator[DecisionEffect]:
    """Those of the lines that stand at one place in both, where they all do."""
    before, after = one.selection, other.selection
    if not scoring.has_same_shown_lines(before, after):
        yield from differing(_line_scores(one), _line_scores(other))
        return
    was, will = one.score.take(before.shown_worked), other.score.take(after.shown_worked)
    differ = {int(at) for at in _places_that_differ(was, will)}
    if not differ:
        return
    for at, node, line in scoring.shown_lines(other):
        if at in differ:
            yield DecisionEffect(str(node), f"score:{line.row.kpi}", _shown(was[at]), _shown(will[at]))


def _places_that_differ(before: FloatArray, after: FloatArray) -> list[int]:
    """Where one of two columns has another score, or none where the other has one."""
    are_same = (before == after) | (np.isnan(before) & np.isnan(after))
    places: list[int] = np.flatnonzero(~are_same).tolist()
    return places


def _shown(value: float) -> float | None:
    number = float(value)
    return None if isnan(number) else number


def _scores(scored: Scores) -> dict[tuple[str, str], object]:
    told: dict[tuple[str, str], object] = {}
    nodes = scored.selection.nodes[: scored.selection.asked]
    for node, own, final in zip(map(str, nodes), scored.own.tolist(), scored.final.tolist(), strict=False):
        told[node, "own_score"] = _shown(own)
        told[node, "final_score"] = _shown(final)
    return told | _line_scores(scored)


def _line_scores(scored: Scores) -> dict[tuple[str, str], object]:
    return {(str(node), f"score:{kpi}"): score for (node, kpi), score in scoring.score_of_lines(scored).items()}


def _moved_grades(one: Scores, other: Scores, priced: PricedGrades) -> Iterator[DecisionEffect]:
    """Grades and pay of people, then grades of units; of people nobody's is looked at where nothing that any hangs on is another."""
    are_alike = _is_graded_alike(one.selection.plan, other.selection.plan)
    told_before: dict[tuple[str, str], object] = {}
    told_after: dict[tuple[str, str], object] = {}
    if not (are_alike and _has_same_scores(one, other, NodeKind.EMPLOYEE)):
        told_before |= grades_told(priced(employee_proposal(one)))
        told_after |= grades_told(priced(employee_proposal(other)))
    if not (are_alike and _has_same_scores(one, other, NodeKind.UNIT)):
        told_before |= grades_told(unit_proposal(one))
        told_after |= grades_told(unit_proposal(other))
    yield from differing(told_before, told_after)


def _is_graded_alike(before: CyclePlan, after: CyclePlan) -> bool:
    """Whether the same people and units, with the same days, groups, careers and moves, are graded by the same policies."""
    return (
        before.of_people is after.of_people
        and before.sheet.moves_of(before.cycle) == after.sheet.moves_of(after.cycle)
        and cohort_of(before)[0] is cohort_of(after)[0]
    )


def _has_same_scores(one: Scores, other: Scores, kind: NodeKind) -> bool:
    """Whether everybody of a kind has the scores that grades go by."""
    of_kind = one.selection.is_employee if kind is NodeKind.EMPLOYEE else ~one.selection.is_employee
    return not any(
        _places_that_differ(was[of_kind], will[of_kind])
        for was, will in ((one.own, other.own), (one.unit, other.unit), (one.final, other.final))
    )


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
