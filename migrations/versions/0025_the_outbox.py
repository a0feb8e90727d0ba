"""What must follow a change is posted with it, and an account's password can be set by a link that is mailed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
OPEN = sa.text("state IN ('waiting', 'held')")


def upgrade() -> None:
    """Bring the schema forward: nothing was posted yet, and no link sent."""
    op.create_table(
        "outbox",
        sa.Column("id", KEY, nullable=False),
        sa.Column("topic", CODE, nullable=False, comment="what is to follow: which mail"),
        sa.Column("recipient", CODE, nullable=False, comment="to whom, as an administrator reads it"),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON: what it is made from; never a secret"),
        sa.Column("state", CODE, nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", INSTANT, nullable=False, comment="when it is to be taken; of one that is taken, again"),
        sa.Column("taken_by", CODE, nullable=True, comment="the worker that has it"),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("error", sa.Text(), nullable=True, comment="how the last try failed"),
        sa.CheckConstraint("state IN ('waiting', 'held', 'sent', 'failed')", name=op.f("ck_outbox_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_due", "outbox", ["due_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "password_link",
        sa.Column("id", KEY, nullable=False),
        sa.Column("delivery", sa.BigInteger(), nullable=False, comment="the mail that it is sent by"),
        sa.Column("account_id", KEY, nullable=False, comment="whose password it sets"),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("seed", sa.Text(), nullable=False, comment="makes the token, with a key that stands nowhere here"),
        sa.Column("token_hash", CODE, nullable=True, comment="SHA-256; null: not sent yet"),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True, comment="null: not sent yet"),
        sa.Column("spent_at", INSTANT, nullable=True),
        sa.CheckConstraint("kind IN ('invitation', 'forgotten')", name=op.f("ck_password_link_kind_known")),
        sa.CheckConstraint("length(token_hash) = 64", name=op.f("ck_password_link_token_hash_length")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_password_link_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_link")),
        sa.UniqueConstraint("delivery", name=op.f("uq_password_link_delivery")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_link_token_hash")),
    )
    op.create_index("ix_password_link_account", "password_link", ["account_id", "made_at"])


def downgrade() -> None:
    """Take it back: what was posted is lost, and so is every link."""
    op.drop_table("password_link")
    op.drop_table("outbox")
