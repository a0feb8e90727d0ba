"""Steps of calibration, each with the proposal on which it was taken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "grade_step"


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
    """Bring the schema forward. Nobody has moved a grade yet."""
    op.create_table(
        TABLE,
        sa.Column("id", KEY, autoincrement=False, nullable=False, comment="the order in which they were agreed to"),
        sa.Column("decision", KEY, nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("node", CODE, nullable=False),
        sa.Column("from_grade", sa.Text(), nullable=True, comment="the one that stood; null: none"),
        sa.Column("to_grade", sa.Text(), nullable=True, comment="null: a lapsed move was let go"),
        sa.Column("proposed", sa.Text(), nullable=True, comment="the grade that was proposed then; null: none"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_grade_step_decision")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grade_step")),
        sa.UniqueConstraint("decision", "node", name=op.f("uq_grade_step_decision_node")),
    )
    _seal(TABLE)


def downgrade() -> None:
    """Take the schema back, with all that was moved."""
    op.drop_table(TABLE)
