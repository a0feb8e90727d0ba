"""Units have names in other languages, and what somebody is employed as has days."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    code = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    with op.batch_alter_table("unit_period") as batch:
        batch.add_column(sa.Column("name_ko", sa.Text(), nullable=True))
        batch.add_column(sa.Column("name_es", sa.Text(), nullable=True))
    op.create_table(
        "employment",
        sa.Column("employee", code, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("job", sa.Text(), nullable=True),
        sa.Column("rank", sa.Text(), nullable=True),
        sa.Column("monthly_base", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_employment_period")),
        sa.CheckConstraint("monthly_base >= 0", name=op.f("ck_employment_monthly_base")),
        sa.ForeignKeyConstraint(["employee"], ["employee.number"], name=op.f("fk_employment_employee")),
        sa.PrimaryKeyConstraint("employee", "valid_from", name=op.f("pk_employment")),
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("employment")
    with op.batch_alter_table("unit_period") as batch:
        batch.drop_column("name_es")
        batch.drop_column("name_ko")
