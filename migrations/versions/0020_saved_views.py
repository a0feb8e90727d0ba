"""People keep views of lists under a name: which list, and what its address asks for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    code = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "saved_view",
        sa.Column("id", big, nullable=False),
        sa.Column("account_id", big, nullable=False, comment="whose"),
        sa.Column("list", code, nullable=False, comment="the list's page"),
        sa.Column("name", sa.Text(), nullable=False, comment="what its owner calls it"),
        sa.Column("filters", sa.Text(), nullable=False, comment="the parameters of the list's address"),
        sa.Column("is_default", sa.Boolean(), nullable=False, comment="whether the list opens so"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_saved_view_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 80", name=op.f("ck_saved_view_name_length")),
        sa.CheckConstraint("length(filters) <= 2000", name=op.f("ck_saved_view_filters_length")),
    )
    op.create_index("ix_saved_view_account", "saved_view", ["account_id", "list"])


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("saved_view")
