"""With a cut the sum over the cycle's signatures, versions, drafts, publications and stages is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Bring the schema forward. Of a cut of before nothing was kept, and nothing is compared."""
    op.add_column(
        "cut",
        sa.Column(
            "records_sha256",
            CODE,
            nullable=True,
            comment="of the cycle's drafts, signatures, versions, publications and stages; null: of a cut before it was kept",
        ),
    )


def downgrade() -> None:
    """Take the schema back, with the sums."""
    op.drop_column("cut", "records_sha256")
