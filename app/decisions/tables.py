"""Tables of what two people agreed on. All of them only grow; triggers of the migration keep them so.

What becomes of a decision is a row of its own, so that a decision that was made can never be changed, only followed. People stand here by
account, e-mail and number as they were: no keys of other tables, since all three may go to somebody else later.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from app.kit.schema import BigKey, Code, Instant, metadata

__all__ = [
    "APPEND_ONLY",
    "decision",
    "decision_about",
    "decision_end",
    "decision_seen",
]

decision: Final = sa.Table(
    "decision",
    metadata,
    sa.Column(
        "id", BigKey, primary_key=True, autoincrement=False, comment="1, 2, 3 … without a gap, as they were committed"
    ),
    sa.Column("kind", Code, nullable=False),
    sa.Column("cycle", Code, nullable=True),
    sa.Column("round", sa.Integer, nullable=True),
    sa.Column("content", sa.Text, nullable=False, comment="JSON"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("account_id", BigKey, nullable=True, comment="the maker's; null: a program's"),
    sa.Column("account", Code, nullable=False, comment="the maker's, as the trail writes it"),
    sa.Column("employee", Code, nullable=True),
    sa.Column("acts_for", Code, nullable=True, comment="for whom the maker stood in"),
    sa.Column("at", Instant, nullable=False),
    sa.Column("digest", Code, nullable=False),
    sa.Column("effects", sa.Text, nullable=False, comment="JSON: as they were when it was proposed"),
    sa.Column("signed_effects", sa.Boolean, nullable=False),
    sa.Column("objection", BigKey, nullable=True, comment="the number of the objection that it answers"),
    sa.CheckConstraint("length(digest) = 64", name="digest_length"),
    sa.CheckConstraint("length(reason) > 0 OR kind = 'target'", name="reason_given"),
    sa.Index("ix_decision_kind", "kind", "id"),
    sa.Index("ix_decision_objection", "objection"),
)

decision_about: Final = sa.Table(
    "decision_about",
    metadata,
    sa.Column("node", Code, primary_key=True, comment="a unit or an employee that it is about"),
    sa.Column("decision", BigKey, sa.ForeignKey("decision.id"), primary_key=True, autoincrement=False),
)

decision_end: Final = sa.Table(
    "decision_end",
    metadata,
    sa.Column(
        "id", BigKey, primary_key=True, autoincrement=False, comment="in the order in which decisions came to their end"
    ),
    sa.Column("decision", BigKey, sa.ForeignKey("decision.id"), nullable=False, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("account_id", BigKey, nullable=True),
    sa.Column("account", Code, nullable=False),
    sa.Column("employee", Code, nullable=True),
    sa.Column("acts_for", Code, nullable=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("reason", sa.Text, nullable=True, comment="why it was refused"),
    sa.Column("moved", sa.Text, nullable=True, comment="JSON: of a void one what moved under it"),
    sa.CheckConstraint("state IN ('approved', 'refused', 'withdrawn', 'void')", name="state_known"),
)

decision_seen: Final = sa.Table(
    "decision_seen",
    metadata,
    sa.Column("decision", BigKey, sa.ForeignKey("decision.id"), primary_key=True, autoincrement=False),
    sa.Column("person", Code, primary_key=True, comment="employee:NUMBER, or account:ID of who has none"),
    sa.Column("at", Instant, nullable=False),
)
"""Who has opened a decision's effects."""

APPEND_ONLY: Final = (decision, decision_about, decision_end, decision_seen)
"""Tables whose rows never change and never go."""
