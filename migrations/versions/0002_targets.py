"""Targets that are set in the application: kept for ever beside the folder's, and part of what readers cache by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _seal(table: str) -> None:
    """Refuse to change or delete rows of a table."""
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
    """Bring the schema forward."""
    # Not by a batch: that would copy the table on SQLite, and lose its check.
    op.add_column("revision", sa.Column("decided", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "target_set",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("node", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("kpi", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("folder_target", sa.Text(), nullable=True),
        sa.Column("set_by", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("employee", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target_set")),
    )
    with op.batch_alter_table("target_set", schema=None) as batch_op:
        batch_op.create_index("ix_target_set_line", ["cycle", "node", "kpi", "id"], unique=False)

    _seal("target_set")


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("target_set", schema=None) as batch_op:
        batch_op.drop_index("ix_target_set_line")

    op.drop_table("target_set")
    op.drop_column("revision", "decided")
