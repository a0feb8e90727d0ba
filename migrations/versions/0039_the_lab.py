"""What somebody tries on a cycle can be kept, and sent to others as a link."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Bring the schema forward. Nobody has tried anything yet."""
    op.create_table(
        "lab_draft",
        sa.Column("cycle", sa.Integer(), nullable=False, comment="the year that names it"),
        sa.Column("key", CODE, nullable=False, comment="the beginning of its content's SHA-256"),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON: what is to be another"),
        sa.Column("title", sa.Text(), nullable=True, comment="null: it was tried and not kept"),
        sa.Column("account", CODE, nullable=False, comment="who tried it first, or kept it, as the trail writes it"),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("cycle", "key", name=op.f("pk_lab_draft")),
    )


def downgrade() -> None:
    """Take the schema back, with all that was tried."""
    op.drop_table("lab_draft")
