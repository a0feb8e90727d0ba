"""Two more files of the agency folder: what there is to gain where units are, and disciplinary measures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    code = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "market_potential",
        sa.Column("unit", code, nullable=False),
        sa.Column("kpi", code, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("potential", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("unit", "kpi", "year", name=op.f("pk_market_potential")),
    )
    op.create_table(
        "discipline",
        sa.Column("employee", code, nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("grave", sa.Text(), nullable=True),
        sa.Column("lifted_on", sa.Date(), nullable=True),
        sa.CheckConstraint("lifted_on >= decided_on", name=op.f("ck_discipline_days")),
        sa.CheckConstraint("grave = 'yes'", name=op.f("ck_discipline_grave")),
        sa.ForeignKeyConstraint(["employee"], ["employee.number"], name=op.f("fk_discipline_employee")),
        sa.PrimaryKeyConstraint("employee", "decided_on", name=op.f("pk_discipline")),
    )


def downgrade() -> None:
    """Take it back, with what these files said."""
    op.drop_table("discipline")
    op.drop_table("market_potential")
