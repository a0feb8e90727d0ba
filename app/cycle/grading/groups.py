"""Proposed grades in groups: how many have each, and what they are paid together.

Do not take the sum for the pay run: it is of those rows that were asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from app.rules.grading import EmployeeGrade, UnitGrade

__all__ = ["GradeGroup", "GradeGroups", "grade_groups"]


class GradeGroup(NamedTuple):
    """Those of a group or a grade, which is the key; it is empty for those who are not graded."""

    key: str
    rows: int
    """People, or units."""
    pay_krw: int
    """0 for units, which are not paid."""


class GradeGroups(NamedTuple):
    """Rows of a proposal in groups, in the order of their keys; each row stands in one."""

    groups: tuple[GradeGroup, ...]

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(group.rows for group in self.groups)

    @property
    def pay_krw(self) -> int:
        """What all of them are paid together."""
        return sum(group.pay_krw for group in self.groups)


def grade_groups(rows: Iterable[EmployeeGrade | UnitGrade], *, by: Literal["group", "grade"]) -> GradeGroups:
    """The rows of a proposal by evaluation group or by grade.

    Args:
        rows: narrowed already.
        by: what tells the groups apart.
    """
    parts: dict[str, list[EmployeeGrade | UnitGrade]] = {}
    for row in rows:
        parts.setdefault((row.group if by == "group" else row.grade) or "", []).append(row)
    return GradeGroups(
        tuple(GradeGroup(key, len(some), sum(_pay_krw(row) for row in some)) for key, some in sorted(parts.items()))
    )


def _pay_krw(row: EmployeeGrade | UnitGrade) -> int:
    return row.pay or 0 if isinstance(row, EmployeeGrade) else 0
