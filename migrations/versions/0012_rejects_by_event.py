"""Rejected events are found by the event that they were meant to be, as the page of an activity looks for them."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_index("ix_rejected_event_of", "rejected_event", ["source", "event_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_rejected_event_of", table_name="rejected_event")
