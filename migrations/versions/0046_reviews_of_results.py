"""Reviews of results: when each was opened, what was signed, and what hr answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
ONLY_GROW = ("result_opening", "result_review", "review_answer")


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
    """Bring the schema forward. Nobody has reviewed a result yet."""
    op.create_table(
        "result_opening",
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("employee", CODE, nullable=False),
        sa.Column("person", CODE, nullable=False, comment="who reviews: the number, or the account's e-mail"),
        sa.Column("digest", CODE, nullable=False, comment="of the result"),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["opened_cycle.cycle"], name=op.f("fk_result_opening_cycle")),
        sa.PrimaryKeyConstraint("cycle", "employee", "person", "digest", name=op.f("pk_result_opening")),
    )
    op.create_table(
        "result_review",
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("employee", CODE, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False, comment="1, 2, 3 … of the employee's"),
        sa.Column("digest", CODE, nullable=False, comment="of the result that was read"),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=True, comment="null: signed without having been opened"),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("account", CODE, nullable=False, comment="who signed"),
        sa.Column("reviewer", CODE, nullable=True, comment="their number"),
        sa.Column("acts_for", CODE, nullable=True, comment="for whom they stood in"),
        sa.ForeignKeyConstraint(["cycle"], ["opened_cycle.cycle"], name=op.f("fk_result_review_cycle")),
        sa.PrimaryKeyConstraint("cycle", "employee", "place", name=op.f("pk_result_review")),
    )
    op.create_table(
        "review_answer",
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("employee", CODE, nullable=False),
        sa.Column("review", sa.Integer(), autoincrement=False, nullable=False, comment="the place of the review"),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False, comment="1, 2, 3 … of the review's"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("account", CODE, nullable=False, comment="who answered"),
        sa.Column("answerer", CODE, nullable=True, comment="their number"),
        sa.ForeignKeyConstraint(
            ["cycle", "employee", "review"],
            ["result_review.cycle", "result_review.employee", "result_review.place"],
            name=op.f("fk_review_answer_review"),
        ),
        sa.PrimaryKeyConstraint("cycle", "employee", "review", "place", name=op.f("pk_review_answer")),
    )
    for table in ONLY_GROW:
        _seal(table)


def downgrade() -> None:
    """Take the schema back, with all that was reviewed."""
    for table in reversed(ONLY_GROW):
        op.drop_table(table)
