"""Whatever hr keeps in the application is changed by sets of rows that are proposed, checked and approved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Bring the schema forward. Nobody had any yet."""
    op.create_table(
        "change_set",
        sa.Column("id", KEY, autoincrement=False, nullable=False, comment="1, 2, 3 … without a gap"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False, comment="the revision that its rows are held against"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reverts", KEY, nullable=True),
        sa.Column("decision", KEY, nullable=True, comment="the last that was proposed of it"),
        sa.Column("revision", sa.Integer(), nullable=True, comment="as which it was applied"),
        sa.Column("account_id", KEY, nullable=True, comment="the maker's; null: a program's"),
        sa.Column("account", CODE, nullable=False, comment="the maker's, as the trail writes it"),
        sa.Column("employee", CODE, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'submitted', 'applied', 'refused', 'discarded')", name=op.f("ck_change_set_state_known")
        ),
        sa.CheckConstraint(
            "(state = 'applied') = (revision IS NOT NULL)", name=op.f("ck_change_set_applied_as_revision")
        ),
        sa.ForeignKeyConstraint(["reverts"], ["change_set.id"], name=op.f("fk_change_set_reverts")),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_change_set_decision")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_set")),
    )
    op.create_table(
        "change_row",
        sa.Column("change", KEY, autoincrement=False, nullable=False),
        sa.Column("file", CODE, nullable=False, comment="units.csv, definitions, policies"),
        sa.Column(
            "key", CODE, nullable=False, comment="JSON: the values of the key, or the name of a file of definitions"
        ),
        sa.Column("place", sa.Integer(), nullable=False, comment="in the order in which they were written"),
        sa.Column("before", sa.Text(), nullable=True, comment="JSON: the row at the base; null: none"),
        sa.Column(
            "after",
            sa.Text(),
            nullable=True,
            comment="JSON: the row that is wanted, of definitions YAML; null: removed",
        ),
        sa.ForeignKeyConstraint(["change"], ["change_set.id"], name=op.f("fk_change_row_change")),
        sa.PrimaryKeyConstraint("change", "file", "key", name=op.f("pk_change_row")),
    )


def downgrade() -> None:
    """Take the schema back, with every set."""
    op.drop_table("change_row")
    op.drop_table("change_set")
