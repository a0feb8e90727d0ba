"""Bonus points on the promotion list that people granted in opened cycles (contract-cycle, 5): the decisions are the rows."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, TypeAlias

from sqlalchemy import Connection

from app import decisions

__all__ = ["BONUS_DECISIONS", "Bonuses", "read_bonuses"]

BONUS_DECISIONS: Final = "bonus"
"""The kind of decision that grants points."""

Bonuses: TypeAlias = Mapping[tuple[int, str], Decimal]
"""What was granted together, by cycle and employee."""


def read_bonuses(connection: Connection) -> dict[tuple[int, str], Decimal]:
    """All that was granted. Queries: 1."""
    granted: dict[tuple[int, str], Decimal] = {}
    for one in decisions.settled_decisions(connection, BONUS_DECISIONS):
        whose = one.cycle_year, str(one.content["employee"])
        granted[whose] = granted.get(whose, Decimal(0)) + Decimal(one.content["points"])
    return granted
