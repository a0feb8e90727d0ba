"""A row of a scorecard, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from app.rules.targets import SetTarget
from app.rules.terms import Link, Node

__all__ = ["Line"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of a scorecard: a KPI, its weight, how it hangs on a line above, and the figures that were given for it."""

    cycle: int
    node: Node
    kpi: str
    weight: Decimal
    link: Link
    area: str | None = None
    parent_node: Node | None = None
    parent_kpi: str | None = None
    base: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    target: Decimal | None = None
    coefficient: Decimal | None = None
    set_target: SetTarget | None = None
    """Where ``target`` is not the folder's: it was set in the application."""
