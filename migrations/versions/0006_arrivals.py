"""Of every accepted event it is kept how it came: by which door, from whom, in which request."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


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
    """Bring the schema forward. Of the events that are there already nothing is known."""
    op.create_table(
        "arrival",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("door", CODE, nullable=False),
        sa.Column("sender", CODE, nullable=False),
        sa.Column("request", CODE, nullable=True),
        sa.Column("rejected", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival")),
    )
    _seal("arrival")
    # Not by batches: those would copy the largest table on SQLite.
    op.add_column("event", sa.Column("arrival", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("event", "arrival")
    op.drop_table("arrival")
