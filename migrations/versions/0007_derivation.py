"""What version of the rules the stored rows were derived by, so that `kopes migrate` derives them again where the rules have changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward: what is there was derived by the first version."""
    op.create_table(
        "derivation", sa.Column("version", sa.Integer(), nullable=False, autoincrement=False, primary_key=True)
    )
    op.bulk_insert(sa.table("derivation", sa.column("version")), [{"version": 1}])


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("derivation")
