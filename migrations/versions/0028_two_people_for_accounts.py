"""An account that an administrator closed still counts as one that agrees to others: whoever is left alone needs a second person all the same."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward. Which accounts were closed before nobody knows any more: they do not count."""
    op.add_column(
        "account",
        sa.Column(
            "agreement_taken_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when an administrator closed it, or took from it the role that agrees to accounts: it counts as one that can",
        ),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_column("account", "agreement_taken_at")
