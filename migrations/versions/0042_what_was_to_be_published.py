"""What was loaded when it was proposed to publish it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "publication_proposed"


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
    """Bring the schema forward. Of what waits to be agreed to nothing is known: it is published as it is loaded by then, as before."""
    op.create_table(
        TABLE,
        sa.Column("decision", KEY, autoincrement=False, nullable=False),
        sa.Column("policies_sha256", CODE, nullable=False),
        sa.Column("definitions_sha256", CODE, nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_publication_proposed_decision")),
        sa.PrimaryKeyConstraint("decision", name=op.f("pk_publication_proposed")),
    )
    _seal(TABLE)


def downgrade() -> None:
    """Take the schema back, with all that was written down."""
    op.drop_table(TABLE)
