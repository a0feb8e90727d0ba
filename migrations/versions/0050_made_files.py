"""Files that are made in the background for whoever asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Bring the schema forward. Nobody has asked for one yet."""
    op.create_table(
        "made_file",
        sa.Column("id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=False, comment="whose, and nobody else's"),
        sa.Column("kind", CODE, nullable=False, comment="what it is"),
        sa.Column("parameters", CODE, nullable=False, comment="JSON in one canonical form: of what"),
        sa.Column("language", CODE, nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False, server_default="0", comment="steps that are done"),
        sa.Column("steps", sa.Integer(), nullable=False, server_default="0", comment="of so many; 0: not begun"),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False, comment="when it is to be taken; of one that is taken, again"),
        sa.Column("taken_by", CODE, nullable=True, comment="who makes it"),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("kept_until", INSTANT, nullable=True, comment="when it is deleted"),
        sa.Column("filename", sa.Text(), nullable=True),
        sa.Column("media_type", CODE, nullable=True),
        sa.Column("size", sa.Integer(), nullable=True, comment="bytes"),
        sa.Column("sha256", CODE, nullable=True, comment="of the bytes, as 64 hexadecimal digits"),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("error", CODE, nullable=True, comment="why there is none"),
        sa.CheckConstraint("state IN ('waiting', 'made', 'failed')", name=op.f("ck_made_file_state_known")),
        sa.CheckConstraint(
            "(state = 'made') = (content IS NOT NULL AND size IS NOT NULL AND sha256 IS NOT NULL AND filename IS NOT NULL)",
            name=op.f("ck_made_file_whole_or_none"),
        ),
        sa.CheckConstraint("(state = 'failed') = (error IS NOT NULL)", name=op.f("ck_made_file_error_told")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_made_file_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_made_file")),
    )
    waits = sa.text("state = 'waiting'")
    op.create_index(
        "uq_made_file_waiting",
        "made_file",
        ["account_id", "kind", "parameters", "language"],
        unique=True,
        sqlite_where=waits,
        postgresql_where=waits,
    )
    op.create_index("ix_made_file_account", "made_file", ["account_id"])


def downgrade() -> None:
    """Take the schema back, with all that was made."""
    op.drop_table("made_file")
