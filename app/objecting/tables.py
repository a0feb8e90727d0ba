"""Objections, the steps that were taken on them, and who was of the committee. All of them only grow."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from app.kit.schema import BigKey, Code, Instant, metadata

__all__ = ["APPEND_ONLY", "objection", "objection_member", "objection_step"]

objection: Final = sa.Table(
    "objection",
    metadata,
    sa.Column("id", BigKey, primary_key=True, autoincrement=False, comment="1, 2, 3 …"),
    sa.Column("cycle", sa.Integer, sa.ForeignKey("opened_cycle.cycle"), nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("employee", Code, nullable=False, comment="who objects"),
    sa.Column("about", Code, nullable=False),
    sa.Column("kpi", Code, nullable=True, comment="the line that it is about; null for none"),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("received_on", sa.Date, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("account", Code, nullable=False, comment="who wrote it down"),
    sa.Column("writer", Code, nullable=True, comment="their number"),
    sa.CheckConstraint("about IN ('figure', 'grade', 'data', 'imposed', 'pay')", name="about_known"),
    sa.Index("ix_objection_of_employee", "cycle", "employee"),
)
"""What people object to."""

objection_step: Final = sa.Table(
    "objection_step",
    metadata,
    sa.Column("objection", BigKey, sa.ForeignKey("objection.id"), primary_key=True, autoincrement=False),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False, comment="1, 2, 3 … of the objection's"),
    sa.Column("step", Code, nullable=False),
    sa.Column("grants", sa.Boolean, nullable=True, comment="of an answer or a vote"),
    sa.Column("text", sa.Text, nullable=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("account", Code, nullable=False, comment="who took it"),
    sa.Column("writer", Code, nullable=True, comment="their number"),
    sa.Column("acts_for", Code, nullable=True, comment="for whom they stood in"),
    sa.CheckConstraint("step IN ('answer', 'appeal', 'vote', 'withdraw')", name="step_known"),
    sa.CheckConstraint("(grants IS NULL) = (step IN ('appeal', 'withdraw'))", name="grants_where_judged"),
)
"""What was done about them, in order."""

objection_member: Final = sa.Table(
    "objection_member",
    metadata,
    sa.Column("objection", BigKey, sa.ForeignKey("objection.id"), primary_key=True, autoincrement=False),
    sa.Column("person", Code, primary_key=True, comment="the number, or by what the account is found"),
)
"""Who is of the committee of one, once it is fixed."""

APPEND_ONLY: Final = (objection, objection_step, objection_member)
"""Tables whose rows never change and never go."""
