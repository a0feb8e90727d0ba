"""Proposed grades of employees and of units, for people to read: names, words and headings in the reader's language, pay as money.

Programs that compare codes have ``kopes grade``; do not give its columns other names there.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from app.exports.table import WON, Column, Export, FileWords
from app.plain.findings import n_
from app.rules.grading import EmployeeGrade, UnitGrade
from app.rules.standings import Score, published

__all__ = ["NamedEmployeeGrade", "NamedUnitGrade", "employee_grades_export", "unit_grades_export"]


class NamedEmployeeGrade(NamedTuple):
    """A row, with names as the agency has them; the unit is the one that they were posted to last in the cycle."""

    grade: EmployeeGrade
    name: str
    unit: str | None
    unit_name: str | None
    group_name: str | None


class NamedUnitGrade(NamedTuple):
    """The same of a unit."""

    grade: UnitGrade
    name: str
    group_name: str | None


def _score(value: Score | None) -> Decimal | None:
    return None if value is None else published(value)


def employee_grades_export(words: FileWords) -> Export[NamedEmployeeGrade]:
    """The file of employees' grades."""
    say = words.say
    return Export[NamedEmployeeGrade](
        say(n_("Grades")),
        (
            Column(say(n_("Employee number")), lambda row: row.grade.employee),
            Column(say(n_("Name")), lambda row: words.named(row.name), 26),
            Column(say(n_("Unit code")), lambda row: row.unit),
            Column(say(n_("Unit")), lambda row: words.named(row.unit_name), 26),
            Column(say(n_("Group")), lambda row: row.group_name, 26),
            Column(say(n_("Own score")), lambda row: _score(row.grade.own_score)),
            Column(say(n_("Unit part")), lambda row: _score(row.grade.unit_score)),
            Column(say(n_("Score that was ranked")), lambda row: _score(row.grade.final_score), 18),
            Column(say(n_("Rank")), lambda row: row.grade.rank),
            Column(say(n_("People in the group")), lambda row: row.grade.group_size, 18),
            Column(say(n_("Grade")), lambda row: row.grade.grade),
            Column(say(n_("Why there is no grade")), lambda row: words.term("grade_reason", row.grade.reason), 26),
            Column(say(n_("Rate of pay (percent)")), lambda row: row.grade.rate),
            Column(say(n_("Days worked by the cycle's end")), lambda row: row.grade.days),
            Column(say(n_("Pay (KRW)")), lambda row: row.grade.pay, 18, WON),
            Column(say(n_("Promotion points")), lambda row: row.grade.promotion_points, 18),
        ),
        words.closing,
    )


def unit_grades_export(words: FileWords) -> Export[NamedUnitGrade]:
    """The file of units' grades."""
    say = words.say
    return Export[NamedUnitGrade](
        say(n_("Grades")),
        (
            Column(say(n_("Unit code")), lambda row: row.grade.unit),
            Column(say(n_("Unit")), lambda row: words.named(row.name), 26),
            Column(say(n_("Group")), lambda row: row.group_name, 26),
            Column(say(n_("Score")), lambda row: _score(row.grade.own_score)),
            Column(say(n_("Rank")), lambda row: row.grade.rank),
            Column(say(n_("Units in the group")), lambda row: row.grade.group_size, 18),
            Column(say(n_("Grade")), lambda row: row.grade.grade),
            Column(say(n_("Why there is no grade")), lambda row: words.term("grade_reason", row.grade.reason), 26),
        ),
        words.closing,
    )
