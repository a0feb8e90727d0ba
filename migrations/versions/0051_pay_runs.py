"""Pay runs, what each is paid in them, and whose files were handed out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EXACT = sa.Text()
TABLES = ("pay_run", "pay_item", "pay_export")


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
    """Bring the schema forward. Nobody has been paid by a run yet."""
    op.create_table(
        "pay_run",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="1, 2, 3 … of the cycle's"),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("decision", BIG, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("institution_grade", sa.Text(), nullable=False, comment="the agency's own grade"),
        sa.Column("institution_rate", EXACT, nullable=False, comment="what that pays, in percent"),
        sa.Column("pool", BIG, nullable=True, comment="in won; null: not capped"),
        sa.Column("factor", sa.Text(), nullable=True, comment="a fraction, 4/5; null: the pool does not bind"),
        sa.Column("cycle_days", sa.Integer(), nullable=False),
        sa.Column("sha256", CODE, nullable=False, comment="of the run as it is told"),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_pay_run_decision")),
        sa.PrimaryKeyConstraint("cycle", "number", name=op.f("pk_pay_run")),
    )
    op.create_table(
        "pay_item",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="the run's"),
        sa.Column("employee", CODE, nullable=False),
        sa.Column("grade", sa.Text(), nullable=True, comment="null: paid before, and not graded now"),
        sa.Column("monthly_base", EXACT, nullable=True),
        sa.Column("grade_rate", EXACT, nullable=True, comment="in percent"),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("exact", sa.Text(), nullable=False, comment="a fraction of won"),
        sa.Column("amount", BIG, nullable=False, comment="with all that was paid before, in won"),
        sa.Column("before", BIG, nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.CheckConstraint("kind IN ('pay', 'supplement', 'recover', 'none')", name=op.f("ck_pay_item_kind_known")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_pay_item_amount")),
        sa.ForeignKeyConstraint(
            ["cycle", "number"], ["pay_run.cycle", "pay_run.number"], name=op.f("fk_pay_item_cycle")
        ),
        sa.PrimaryKeyConstraint("cycle", "number", "employee", name=op.f("pk_pay_item")),
    )
    op.create_table(
        "pay_export",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="the run's"),
        sa.Column("place", sa.Integer(), nullable=False, comment="1, 2, 3 … of the run's"),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("account", CODE, nullable=False),
        sa.Column("format", CODE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sha256", CODE, nullable=False, comment="of the file"),
        sa.ForeignKeyConstraint(
            ["cycle", "number"], ["pay_run.cycle", "pay_run.number"], name=op.f("fk_pay_export_cycle")
        ),
        sa.PrimaryKeyConstraint("cycle", "number", "place", name=op.f("pk_pay_export")),
    )
    for table in TABLES:
        _seal(table)


def downgrade() -> None:
    """Take the schema back, with all that was paid."""
    for table in reversed(TABLES):
        op.drop_table(table)
