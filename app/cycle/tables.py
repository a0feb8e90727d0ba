"""Cycles that were opened: since when, by whom, their calendar, and every stage that they came to."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from app.kit.schema import BigKey, Code, Instant, metadata

__all__ = ["APPEND_ONLY", "cycle_stage", "opened_cycle"]

opened_cycle: Final = sa.Table(
    "opened_cycle",
    metadata,
    sa.Column("cycle", sa.Integer, primary_key=True, autoincrement=False, comment="the year that names it"),
    sa.Column("calendar", sa.Text, nullable=False, comment="JSON: dates by their names; the trail keeps earlier ones"),
)

cycle_stage: Final = sa.Table(
    "cycle_stage",
    metadata,
    sa.Column("cycle", sa.Integer, sa.ForeignKey("opened_cycle.cycle"), primary_key=True, autoincrement=False),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False, comment="1, 2, 3 … of the cycle"),
    sa.Column("stage", Code, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("decision", BigKey, sa.ForeignKey("decision.id"), nullable=True, comment="null: it was opened"),
    sa.Column("account", Code, nullable=False, comment="who opened it, or agreed, as the trail writes it"),
    sa.CheckConstraint(
        "stage IN ('draft', 'agreement', 'running', 'certified', 'notified', 'locked', 'paid')", name="stage_known"
    ),
    sa.CheckConstraint("round >= 1", name="round_from_one"),
)
"""The stages of a cycle in the order in which it came to them; the last one is its own."""

APPEND_ONLY: Final = (cycle_stage,)
"""Tables whose rows never change and never go."""
