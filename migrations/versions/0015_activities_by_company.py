"""Activities are found by their company, as a search for its name and its earlier dealings look for them."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_index("ix_activity_company", "activity", ["company_key"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_activity_company", table_name="activity")
