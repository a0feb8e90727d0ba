"""Proposed grades of employees and of units, under the names that ``kopes grade`` prints."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from app.exports.table import Column, Export
from app.rules.grading import EmployeeGrade, Score, UnitGrade, published

__all__ = ["EMPLOYEES", "UNITS"]


def _score(value: Score | None) -> Decimal | None:
    return None if value is None else published(value)


EMPLOYEES: Final = Export[EmployeeGrade](
    "grades",
    (
        Column("employee", lambda row: row.employee),
        Column("group", lambda row: row.group, 20),
        Column("own_score", lambda row: _score(row.own_score)),
        Column("unit_score", lambda row: _score(row.unit_score)),
        Column("final_score", lambda row: _score(row.final_score)),
        Column("rank", lambda row: row.rank),
        Column("group_size", lambda row: row.group_size),
        Column("grade", lambda row: row.grade),
        Column("reason", lambda row: row.reason, 20),
        Column("rate", lambda row: row.rate),
        Column("days", lambda row: row.days),
        Column("pay", lambda row: row.pay),
        Column("promotion_points", lambda row: row.promotion_points),
    ),
)

UNITS: Final = Export[UnitGrade](
    "grades-of-units",
    (
        Column("unit", lambda row: row.unit),
        Column("group", lambda row: row.group, 20),
        Column("own_score", lambda row: _score(row.own_score)),
        Column("rank", lambda row: row.rank),
        Column("group_size", lambda row: row.group_size),
        Column("grade", lambda row: row.grade),
        Column("reason", lambda row: row.reason, 20),
    ),
)
