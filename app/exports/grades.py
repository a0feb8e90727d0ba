"""Proposed grades of employees and of units: the columns that ``kopes grade`` prints, and behind them what people know their codes by."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from app.exports.table import Column, Export
from app.rules.grading import EmployeeGrade, Score, UnitGrade, published

__all__ = ["EMPLOYEES", "UNITS", "NamedEmployeeGrade", "NamedUnitGrade"]

CURRENCY: Final = "KRW"
"""Of pay (contract, "Grades and pay, exactly")."""


class NamedEmployeeGrade(NamedTuple):
    """A row, with names in the reader's language; the unit is the one that they were posted to last in the cycle."""

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


EMPLOYEES: Final = Export[NamedEmployeeGrade](
    "grades",
    (
        Column("employee", lambda row: row.grade.employee),
        Column("group", lambda row: row.grade.group, 20),
        Column("own_score", lambda row: _score(row.grade.own_score)),
        Column("unit_score", lambda row: _score(row.grade.unit_score)),
        Column("final_score", lambda row: _score(row.grade.final_score)),
        Column("rank", lambda row: row.grade.rank),
        Column("group_size", lambda row: row.grade.group_size),
        Column("grade", lambda row: row.grade.grade),
        Column("reason", lambda row: row.grade.reason, 20),
        Column("rate", lambda row: row.grade.rate),
        Column("days", lambda row: row.grade.days),
        Column("pay", lambda row: row.grade.pay),
        Column("promotion_points", lambda row: row.grade.promotion_points),
        Column("name", lambda row: row.name, 26),
        Column("unit", lambda row: row.unit),
        Column("unit_name", lambda row: row.unit_name, 26),
        Column("group_name", lambda row: row.group_name, 26),
        Column("currency", lambda row: None if row.grade.pay is None else CURRENCY),
    ),
)

UNITS: Final = Export[NamedUnitGrade](
    "grades-of-units",
    (
        Column("unit", lambda row: row.grade.unit),
        Column("group", lambda row: row.grade.group, 20),
        Column("own_score", lambda row: _score(row.grade.own_score)),
        Column("rank", lambda row: row.grade.rank),
        Column("group_size", lambda row: row.grade.group_size),
        Column("grade", lambda row: row.grade.grade),
        Column("reason", lambda row: row.grade.reason, 20),
        Column("name", lambda row: row.name, 26),
        Column("group_name", lambda row: row.group_name, 26),
    ),
)
