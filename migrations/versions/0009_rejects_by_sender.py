"""Rejected events are found by who sent them, so that only so many of one sender are kept."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_index("ix_rejected_event_sender", "rejected_event", ["door", "sender", "id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_rejected_event_sender", table_name="rejected_event")
