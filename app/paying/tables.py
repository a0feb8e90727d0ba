"""Runs in which people are paid by a cycle, what each is paid in them, and who took the file of one out of the house."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from app.kit.schema import BigKey, Code, Exact, Instant, metadata

__all__ = ["APPEND_ONLY", "pay_export", "pay_item", "pay_run"]

pay_run: Final = Table(
    "pay_run",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("number", Integer, nullable=False, comment="1, 2, 3 … of the cycle's"),
    Column("round", Integer, nullable=False),
    Column("decision", BigKey, ForeignKey("decision.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("institution_grade", Text, nullable=False, comment="the agency's own grade"),
    Column("institution_rate", Exact, nullable=False, comment="what that pays, in percent"),
    Column("pool", BigKey, comment="in won; null: not capped"),
    Column("factor", Text, comment="a fraction, 4/5; null: the pool does not bind"),
    Column("cycle_days", Integer, nullable=False),
    Column("sha256", Code, nullable=False, comment="of the run as it is told"),
    PrimaryKeyConstraint("cycle", "number"),
)
"""Runs that two people agreed to."""

pay_item: Final = Table(
    "pay_item",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("number", Integer, nullable=False, comment="the run's"),
    Column("employee", Code, nullable=False),
    Column("grade", Text, comment="null: paid before, and not graded now"),
    Column("monthly_base", Exact),
    Column("grade_rate", Exact, comment="in percent"),
    Column("days", Integer),
    Column("exact", Text, nullable=False, comment="a fraction of won"),
    Column("amount", BigKey, nullable=False, comment="with all that was paid before, in won"),
    Column("before", BigKey, nullable=False),
    Column("kind", Code, nullable=False),
    PrimaryKeyConstraint("cycle", "number", "employee"),
    ForeignKeyConstraint(["cycle", "number"], ["pay_run.cycle", "pay_run.number"]),
    CheckConstraint("kind IN ('pay', 'supplement', 'recover', 'none')", name="kind_known"),
    CheckConstraint("amount >= 0", name="amount"),
)
"""What each is paid in a run: everyone who is graded, and whoever was paid before."""

pay_export: Final = Table(
    "pay_export",
    metadata,
    Column("cycle", Integer, nullable=False),
    Column("number", Integer, nullable=False, comment="the run's"),
    Column("place", Integer, nullable=False, comment="1, 2, 3 … of the run's"),
    Column("at", Instant, nullable=False),
    Column("account", Code, nullable=False),
    Column("format", Code, nullable=False),
    Column("reason", Text, nullable=False),
    Column("sha256", Code, nullable=False, comment="of the file"),
    PrimaryKeyConstraint("cycle", "number", "place"),
    ForeignKeyConstraint(["cycle", "number"], ["pay_run.cycle", "pay_run.number"]),
)
"""Files of runs that were handed to payroll."""

APPEND_ONLY: Final = (pay_run, pay_item, pay_export)
"""Tables whose rows never change and never go."""
