"""Grades of raters, given in the application."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
ONLY_GROW = ("given_rating",)


def _seal(table: str) -> None:
    """Refuse to change or delete rows of a table, as the first migration does."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for deed in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{deed.lower()} BEFORE {deed} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'the table {table} only grows'); END"
        )


def upgrade() -> None:
    """Bring the schema forward. Nobody has rated anything in the application yet."""
    op.create_table(
        "given_rating",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("node", CODE, nullable=False),
        sa.Column("kpi", CODE, nullable=False),
        sa.Column("rater", CODE, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="1, 2, 3 … of the rater's of the line"),
        sa.Column("grade", CODE, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False, comment="whether it counts"),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("account", CODE, nullable=False, comment="who wrote it"),
        sa.Column("employee", CODE, nullable=True),
        sa.Column("acts_for", CODE, nullable=True, comment="in whose place"),
        sa.Column("decision", KEY, nullable=True, comment="which reopened it"),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_given_rating_decision")),
        sa.PrimaryKeyConstraint("cycle", "node", "kpi", "rater", "place", name=op.f("pk_given_rating")),
    )
    for table in ONLY_GROW:
        _seal(table)


def downgrade() -> None:
    """Take the schema back, with all grades that were given."""
    for table in reversed(ONLY_GROW):
        op.drop_table(table)
