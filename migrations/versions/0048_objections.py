"""Objections, what was done about them and who heard them; decisions that answer one name it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ONLY_GROW = ("objection", "objection_step", "objection_member")


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
    """Bring the schema forward. Nobody has objected to anything yet."""
    op.create_table(
        "objection",
        sa.Column("id", BIG, autoincrement=False, nullable=False, comment="1, 2, 3 …"),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("employee", CODE, nullable=False, comment="who objects"),
        sa.Column("about", CODE, nullable=False),
        sa.Column("kpi", CODE, nullable=True, comment="the line that it is about; null for none"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("account", CODE, nullable=False, comment="who wrote it down"),
        sa.Column("writer", CODE, nullable=True, comment="their number"),
        sa.CheckConstraint(
            "about IN ('figure', 'grade', 'data', 'imposed', 'pay')", name=op.f("ck_objection_about_known")
        ),
        sa.ForeignKeyConstraint(["cycle"], ["opened_cycle.cycle"], name=op.f("fk_objection_cycle")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objection")),
    )
    op.create_index("ix_objection_of_employee", "objection", ["cycle", "employee"])
    op.create_table(
        "objection_step",
        sa.Column("objection", BIG, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False, comment="1, 2, 3 … of the objection's"),
        sa.Column("step", CODE, nullable=False),
        sa.Column("grants", sa.Boolean(), nullable=True, comment="of an answer or a vote"),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("account", CODE, nullable=False, comment="who took it"),
        sa.Column("writer", CODE, nullable=True, comment="their number"),
        sa.Column("acts_for", CODE, nullable=True, comment="for whom they stood in"),
        sa.CheckConstraint(
            "step IN ('answer', 'appeal', 'vote', 'withdraw')", name=op.f("ck_objection_step_step_known")
        ),
        sa.CheckConstraint(
            "(grants IS NULL) = (step IN ('appeal', 'withdraw'))", name=op.f("ck_objection_step_grants_where_judged")
        ),
        sa.ForeignKeyConstraint(["objection"], ["objection.id"], name=op.f("fk_objection_step_objection")),
        sa.PrimaryKeyConstraint("objection", "place", name=op.f("pk_objection_step")),
    )
    op.create_table(
        "objection_member",
        sa.Column("objection", BIG, autoincrement=False, nullable=False),
        sa.Column("person", CODE, nullable=False, comment="the number, or by what the account is found"),
        sa.ForeignKeyConstraint(["objection"], ["objection.id"], name=op.f("fk_objection_member_objection")),
        sa.PrimaryKeyConstraint("objection", "person", name=op.f("pk_objection_member")),
    )
    for table in ONLY_GROW:
        _seal(table)
    # No key: the table of decisions knows nothing of what is decided.
    op.add_column(
        "decision",
        sa.Column("objection", BIG, nullable=True, comment="the number of the objection that it answers"),
    )
    op.create_index("ix_decision_objection", "decision", ["objection"])


def downgrade() -> None:
    """Take the schema back, with all that was objected to."""
    op.drop_index("ix_decision_objection", table_name="decision")
    op.drop_column("decision", "objection")
    for table in reversed(ONLY_GROW):
        op.drop_table(table)
