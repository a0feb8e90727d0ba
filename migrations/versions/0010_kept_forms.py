"""What somebody typed when their session had ended is kept for their account until they have signed in again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    code = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "kept_form",
        sa.Column(
            "account_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="whose page it was typed on",
        ),
        sa.Column("page", code, nullable=False, comment="the address that shows the form"),
        sa.Column("typed", sa.Text(), nullable=False, comment="JSON: each field with its values, never a password"),
        sa.Column("at", instant, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_kept_form_account_id")),
        sa.PrimaryKeyConstraint("account_id", "page", name=op.f("pk_kept_form")),
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("kept_form")
