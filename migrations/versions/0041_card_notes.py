"""What both sides write beside a scorecard that they agree on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
TABLE = "card_note"


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
    """Bring the schema forward. Nobody has written anything of the sort yet."""
    op.create_table(
        TABLE,
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("node", CODE, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False, comment="1, 2, 3 … of the scorecard's"),
        sa.Column("kpi", CODE, nullable=True, comment="the line that it is about; null for the scorecard"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("account", CODE, nullable=False, comment="who wrote it"),
        sa.Column("writer", CODE, nullable=True, comment="their number"),
        sa.ForeignKeyConstraint(["cycle"], ["opened_cycle.cycle"], name=op.f("fk_card_note_cycle")),
        sa.PrimaryKeyConstraint("cycle", "node", "place", name=op.f("pk_card_note")),
    )
    _seal(TABLE)


def downgrade() -> None:
    """Take the schema back, with all that was written."""
    op.drop_table(TABLE)
