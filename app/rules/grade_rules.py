"""What grades must satisfy: asked of the policy's own grades, and of the grades given.

The system refuses to lock grades that break a rule and names it (domain.md 5; B26). The name is the finding's code and the rule's
own key in ``policies.yaml``.
Do not ask the seats. Equals share the better grade and discipline brings the lowest one, so only the
people counted tell whether a rule holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from app.plain.findings import Finding, Place, n_
from app.rules.policies import GradePolicy, Policies

__all__ = ["RULES", "broken_by_counts", "broken_by_policy", "grade_counts"]

RULES: Final = (
    "min_grades",
    "top_share_min",
    "lowest_two_share_min",
    "single_share_max",
    "lowest_rate_max",
    "top_to_second_lowest_min",
)
"""What grades must satisfy, in the order that findings name them (B26)."""


def grade_counts(grades: Iterable[str | None], *, policies: Policies) -> dict[str, int]:
    """How many have each grade of the policy, the best first; those without one are not counted."""
    counted = Counter(grades)
    return {grade.grade: counted[grade.grade] for grade in policies.grades}


def broken_by_policy(policies: Policies) -> tuple[Finding, ...]:
    """The rules that the policy's own grades break, in the order of :data:`RULES` (contract.md, grades; B26)."""
    grades, rules = policies.grades, policies.rules
    findings: list[Finding] = []
    if len(grades) < rules.min_grades:
        message = n_("there are %(found)s grades, at least %(asked)s are asked for")
        findings.append(_broken("min_grades", message, len(grades), rules.min_grades))
    top, lowest_two = grades[0], grades[-2:]
    if top.share < rules.top_share_min:
        message = n_("the top grade %(grade)s has a share of %(found)s %%, at least %(asked)s %% are asked for")
        findings.append(_broken("top_share_min", message, top.share, rules.top_share_min, top.grade))
    together = sum((grade.share for grade in lowest_two), Decimal(0))
    if together < rules.lowest_two_share_min:
        message = n_(
            "the lowest two grades %(grade)s have a share of %(found)s %%, at least %(asked)s %% are asked for"
        )
        findings.append(
            _broken("lowest_two_share_min", message, together, rules.lowest_two_share_min, _names(lowest_two))
        )
    message = n_("the grade %(grade)s has a share of %(found)s %%, at most %(asked)s %% are allowed")
    findings += [
        _broken("single_share_max", message, grade.share, rules.single_share_max, grade.grade)
        for grade in grades
        if grade.share > rules.single_share_max
    ]
    if grades[-1].rate > rules.lowest_rate_max:
        message = n_("the lowest grade %(grade)s pays %(found)s %%, at most %(asked)s %% are allowed")
        findings.append(_broken("lowest_rate_max", message, grades[-1].rate, rules.lowest_rate_max, grades[-1].grade))
    if top.rate < rules.top_to_second_lowest_min * lowest_two[0].rate:
        message = n_("the top grade pays %(found)s %%, at least %(asked)s times the %(grade)s's are asked for")
        second = lowest_two[0].grade
        findings.append(_broken("top_to_second_lowest_min", message, top.rate, rules.top_to_second_lowest_min, second))
    return tuple(findings)


def broken_by_counts(counts: Mapping[str, int], *, policies: Policies) -> tuple[Finding, ...]:
    """The rules that the grades given break, counted over the whole agency, in the order of :data:`RULES`.

    The number of grades and their rates are the policy's own affair: see :func:`broken_by_policy`.
    """
    grades, rules = policies.grades, policies.rules
    total = sum(counts.values())
    findings: list[Finding] = []
    top, lowest_two = grades[0], grades[-2:]
    if counts[top.grade] * 100 < total * rules.top_share_min:
        message = n_("%(found)s of %(total)s have the top grade %(grade)s, at least %(asked)s %% are asked for")
        findings.append(
            _broken("top_share_min", message, counts[top.grade], rules.top_share_min, top.grade, total=total)
        )
    together = sum(counts[grade.grade] for grade in lowest_two)
    if together * 100 < total * rules.lowest_two_share_min:
        message = n_("%(found)s of %(total)s have the lowest two grades %(grade)s, at least %(asked)s %% are asked for")
        asked, names = rules.lowest_two_share_min, _names(lowest_two)
        findings.append(_broken("lowest_two_share_min", message, together, asked, names, total=total))
    message = n_("%(found)s of %(total)s have the grade %(grade)s, at most %(asked)s %% are allowed")
    findings += [
        _broken("single_share_max", message, counts[grade], rules.single_share_max, grade, total=total)
        for grade in (each.grade for each in grades)
        if counts[grade] * 100 > total * rules.single_share_max
    ]
    return tuple(findings)


def _names(grades: Sequence[GradePolicy]) -> str:
    return " + ".join(grade.grade for grade in grades)


def _broken(
    rule: str, message: str, counted: Decimal | int, asked: Decimal | int, grade: str = "", *, total: int | None = None
) -> Finding:
    """A broken rule as a finding; without a total it is the policy itself that breaks it."""
    parameters: dict[str, object] = {"found": counted, "asked": asked, "grade": grade}
    if total is not None:
        parameters["total"] = total
    place = Place(file="policies.yaml", field="grades") if total is None else Place(field=rule)
    return Finding(code=rule, message=message, parameters=parameters, place=place)
