"""What a program asks for under an Idempotency-Key is done once: its answer is kept with what it did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Bring the schema forward. No answer was kept yet."""
    op.create_table(
        "kept_answer",
        sa.Column("scope", CODE, nullable=False, comment="the account or the key that asked"),
        sa.Column("key", CODE, nullable=False, comment="the Idempotency-Key"),
        sa.Column("fingerprint", CODE, nullable=False, comment="SHA-256 of what was asked for"),
        sa.Column("by_right", sa.Boolean(), nullable=False, comment="whether it was theirs to do"),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="compressed (zlib)"),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("length(fingerprint) = 64", name=op.f("ck_kept_answer_fingerprint_length")),
        sa.CheckConstraint("status BETWEEN 200 AND 499", name=op.f("ck_kept_answer_status_final")),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_kept_answer")),
    )
    op.create_index("ix_kept_answer_at", "kept_answer", ["at"])


def downgrade() -> None:
    """Take the schema back, with every answer: what is sent again is done again."""
    op.drop_table("kept_answer")
