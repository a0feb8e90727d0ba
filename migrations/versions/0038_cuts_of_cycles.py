"""Cycles are certified: what was the case at the cut is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
ONLY_GROW = ("cut", "cut_part", "cut_sum", "certified_cut")


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
    """Bring the schema forward. Nothing was certified yet."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("kept_document", "content", comment="a document of the definitions, or rows of a cut")
    op.create_table(
        "cut",
        sa.Column("decision", KEY, nullable=False, autoincrement=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("last_event", KEY, nullable=False, comment="the number of the last event that counts"),
        sa.Column("revision", sa.Integer(), nullable=False, comment="of the load that was the last one"),
        sa.Column("decisions", sa.Integer(), nullable=False, comment="how many of the cycle had been approved"),
        sa.Column(
            "decisions_sha256", CODE, nullable=False, comment="of all that was recorded of the cycle's decisions"
        ),
        sa.Column("files", sa.Text(), nullable=False, comment="JSON: the sums of the folder's files by name"),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_cut_decision")),
        sa.PrimaryKeyConstraint("decision", name=op.f("pk_cut")),
    )
    op.create_index(op.f("ix_cut_cycle"), "cut", ["cycle"])
    op.create_table(
        "cut_part",
        sa.Column("decision", KEY, nullable=False, autoincrement=False),
        sa.Column("name", CODE, nullable=False, comment="the table whose rows it is"),
        sa.Column("sha256", CODE, nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["cut.decision"], name=op.f("fk_cut_part_decision")),
        sa.ForeignKeyConstraint(["sha256"], ["kept_document.sha256"], name=op.f("fk_cut_part_sha256")),
        sa.PrimaryKeyConstraint("decision", "name", name=op.f("pk_cut_part")),
    )
    op.create_table(
        "cut_sum",
        sa.Column("decision", KEY, nullable=False, autoincrement=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("events_sha256", CODE, nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["cut.decision"], name=op.f("fk_cut_sum_decision")),
        sa.PrimaryKeyConstraint("decision", name=op.f("pk_cut_sum")),
    )
    op.create_table(
        "certified_cut",
        sa.Column("decision", KEY, nullable=False, autoincrement=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("results_sha256", CODE, nullable=False, comment="of what the cycle came to by it"),
        sa.ForeignKeyConstraint(["decision"], ["cut.decision"], name=op.f("fk_certified_cut_decision")),
        sa.PrimaryKeyConstraint("decision", name=op.f("pk_certified_cut")),
        sa.UniqueConstraint("cycle", "round", name=op.f("uq_certified_cut_cycle_round")),
    )
    for table in ONLY_GROW:
        _seal(table)


def downgrade() -> None:
    """Take the schema back, with all that was certified."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("kept_document", "content", comment="JSON: a document of the definitions")
    for table in reversed(ONLY_GROW):
        op.drop_table(table)
