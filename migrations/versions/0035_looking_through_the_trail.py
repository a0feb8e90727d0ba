"""A trail of a million deeds is looked through by what was done, and when."""

from __future__ import annotations

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_index("ix_trail_deed", "trail", ["deed", "id"])
    op.create_index("ix_trail_at", "trail", ["at"], postgresql_using="brin")


def downgrade() -> None:
    """Take it back."""
    for name in ("ix_trail_at", "ix_trail_deed"):
        op.drop_index(name, "trail")
