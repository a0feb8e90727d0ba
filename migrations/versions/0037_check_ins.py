"""Check-ins, and what employees say of their own year."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
ONLY_GROW = ("check_in", "self_assessment")


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
    """Bring the schema forward. Nobody has kept anything of the sort yet."""
    op.create_table(
        "check_in",
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("employee", CODE, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False, comment="1, 2, 3 … of the employee's"),
        sa.Column("part", CODE, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="of the talk"),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("account", CODE, nullable=False, comment="who wrote it"),
        sa.Column("writer", CODE, nullable=True, comment="their number"),
        sa.Column("acts_for", CODE, nullable=True, comment="in whose place"),
        sa.CheckConstraint("part IN ('owner', 'head')", name=op.f("ck_check_in_part_known")),
        sa.ForeignKeyConstraint(["cycle"], ["opened_cycle.cycle"], name=op.f("fk_check_in_cycle")),
        sa.PrimaryKeyConstraint("cycle", "employee", "place", name=op.f("pk_check_in")),
    )
    op.create_table(
        "self_assessment",
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("employee", CODE, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False, comment="1, 2, 3 … of the employee's"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("account", CODE, nullable=False, comment="who wrote it"),
        sa.ForeignKeyConstraint(["cycle"], ["opened_cycle.cycle"], name=op.f("fk_self_assessment_cycle")),
        sa.PrimaryKeyConstraint("cycle", "employee", "place", name=op.f("pk_self_assessment")),
    )
    for table in ONLY_GROW:
        _seal(table)


def downgrade() -> None:
    """Take the schema back, with all that was kept."""
    for table in reversed(ONLY_GROW):
        op.drop_table(table)
