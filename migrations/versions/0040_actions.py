"""Actions on lines that do badly, and what came of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
ONLY_GROW = ("cycle_action", "cycle_action_end")


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
    """Bring the schema forward. Nobody has opened an action yet."""
    op.create_table(
        "cycle_action",
        sa.Column("id", KEY, nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("node", CODE, nullable=False),
        sa.Column("kpi", CODE, nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("owner", CODE, nullable=False, comment="the employee who does it"),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("account", CODE, nullable=False, comment="who opened it"),
        sa.Column("maker", CODE, nullable=True, comment="their number"),
        sa.ForeignKeyConstraint(["cycle"], ["opened_cycle.cycle"], name=op.f("fk_cycle_action_cycle")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cycle_action")),
    )
    op.create_index("ix_cycle_action_of_node", "cycle_action", ["cycle", "node"])
    op.create_index("ix_cycle_action_of_owner", "cycle_action", ["owner"])
    op.create_table(
        "cycle_action_end",
        sa.Column("action", KEY, autoincrement=False, nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("account", CODE, nullable=False, comment="who closed it"),
        sa.Column("ender", CODE, nullable=True, comment="their number"),
        sa.ForeignKeyConstraint(["action"], ["cycle_action.id"], name=op.f("fk_cycle_action_end_action")),
        sa.PrimaryKeyConstraint("action", name=op.f("pk_cycle_action_end")),
    )
    for table in ONLY_GROW:
        _seal(table)


def downgrade() -> None:
    """Take the schema back, with all actions."""
    for table in reversed(ONLY_GROW):
        op.drop_table(table)
