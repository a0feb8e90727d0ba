"""Locked cycles: what everybody came to, and what later cycles go by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
TABLES = ("locked_round", "locked_result", "locked_actual")
OF_ROUND = ["cycle", "round"]


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
    """Bring the schema forward. No cycle is locked yet."""
    op.create_table(
        "locked_round",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("decision", KEY, nullable=False),
        sa.Column("before", KEY, nullable=False, comment="decisions with smaller numbers had come to their end"),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False, comment="by which rules the results were worked out"),
        sa.Column("results_sha256", CODE, nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_locked_round_decision")),
        sa.ForeignKeyConstraint(
            ["results_sha256"], ["kept_document.sha256"], name=op.f("fk_locked_round_results_sha256")
        ),
        sa.PrimaryKeyConstraint(*OF_ROUND, name=op.f("pk_locked_round")),
    )
    op.create_table(
        "locked_result",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("employee", CODE, nullable=False),
        sa.Column("final_score", sa.Text(), nullable=True, comment="with nine decimals"),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            OF_ROUND, ["locked_round.cycle", "locked_round.round"], name=op.f("fk_locked_result_cycle_round")
        ),
        sa.PrimaryKeyConstraint(*OF_ROUND, "employee", name=op.f("pk_locked_result")),
    )
    op.create_table(
        "locked_actual",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("node", CODE, nullable=False),
        sa.Column("kpi", CODE, nullable=False),
        sa.Column("actual", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            OF_ROUND, ["locked_round.cycle", "locked_round.round"], name=op.f("fk_locked_actual_cycle_round")
        ),
        sa.PrimaryKeyConstraint(*OF_ROUND, "node", "kpi", name=op.f("pk_locked_actual")),
    )
    for table in TABLES:
        _seal(table)


def downgrade() -> None:
    """Take the schema back, with all that was locked."""
    for table in reversed(TABLES):
        op.drop_table(table)
