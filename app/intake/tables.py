"""Tables of change sets: what somebody of hr fills over days, and what becomes of it.

A set that is open may be written over; from its submission on nothing of it changes but its state.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from app.kit.schema import BigKey, Code, Instant, metadata

__all__ = ["change_row", "change_set"]

change_set: Final = sa.Table(
    "change_set",
    metadata,
    sa.Column("id", BigKey, primary_key=True, autoincrement=False, comment="1, 2, 3 … without a gap"),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("base", sa.Integer, nullable=False, comment="the revision that its rows are held against"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reverts", BigKey, sa.ForeignKey("change_set.id"), nullable=True),
    sa.Column(
        "decision", BigKey, sa.ForeignKey("decision.id"), nullable=True, comment="the last that was proposed of it"
    ),
    sa.Column("revision", sa.Integer, nullable=True, comment="as which it was applied"),
    sa.Column("account_id", BigKey, nullable=True, comment="the maker's; null: a program's"),
    sa.Column("account", Code, nullable=False, comment="the maker's, as the trail writes it"),
    sa.Column("employee", Code, nullable=True),
    sa.Column("at", Instant, nullable=False),
    sa.CheckConstraint("state IN ('open', 'submitted', 'applied', 'refused', 'discarded')", name="state_known"),
    sa.CheckConstraint("(state = 'applied') = (revision IS NOT NULL)", name="applied_as_revision"),
)

change_row: Final = sa.Table(
    "change_row",
    metadata,
    sa.Column("change", BigKey, sa.ForeignKey("change_set.id"), primary_key=True, autoincrement=False),
    sa.Column("file", Code, primary_key=True, comment="units.csv, definitions, policies"),
    sa.Column(
        "key", Code, primary_key=True, comment="JSON: the values of the key, or the name of a file of definitions"
    ),
    sa.Column("place", sa.Integer, nullable=False, comment="in the order in which they were written"),
    sa.Column("before", sa.Text, nullable=True, comment="JSON: the row at the base; null: none"),
    sa.Column(
        "after", sa.Text, nullable=True, comment="JSON: the row that is wanted, of definitions YAML; null: removed"
    ),
)
