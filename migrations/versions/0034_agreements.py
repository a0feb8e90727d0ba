"""Scorecards of opened cycles are drafted, signed and agreed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
ONLY_GROW = ("agreement_draft", "agreement_signature", "agreement_version")


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
    """Bring the schema forward. Nobody has signed anything yet."""
    op.create_table(
        "agreement_draft",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("node", CODE, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="1, 2, 3 … of the scorecard"),
        sa.Column("lines", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("over", CODE, nullable=False, comment="the sum of what folder and targets said when it was written"),
        sa.Column("with_hr", sa.Boolean(), nullable=False, comment="whether hr signs it too"),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("account", CODE, nullable=False),
        sa.Column("employee", CODE, nullable=True),
        sa.PrimaryKeyConstraint("cycle", "node", "place", name=op.f("pk_agreement_draft")),
    )
    op.create_table(
        "agreement_signature",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("node", CODE, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="the draft's"),
        sa.Column("digest", CODE, nullable=False, comment="of what was signed"),
        sa.Column("signed_as", CODE, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("account_id", KEY, nullable=True),
        sa.Column("account", CODE, nullable=False),
        sa.Column("employee", CODE, nullable=True),
        sa.Column("acts_for", CODE, nullable=True, comment="in whose place"),
        sa.CheckConstraint("signed_as IN ('owner', 'head', 'hr')", name=op.f("ck_agreement_signature_signed_as_known")),
        sa.PrimaryKeyConstraint("cycle", "node", "place", "digest", "signed_as", name=op.f("pk_agreement_signature")),
    )
    op.create_table(
        "agreement_version",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("node", CODE, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="the draft's"),
        sa.Column("lines", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("digest", CODE, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("decision", KEY, nullable=True, comment="which imposed it"),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_agreement_version_decision")),
        sa.PrimaryKeyConstraint("cycle", "node", "version", name=op.f("pk_agreement_version")),
    )
    for table in ONLY_GROW:
        _seal(table)


def downgrade() -> None:
    """Take the schema back, with all that was agreed."""
    for table in reversed(ONLY_GROW):
        op.drop_table(table)
