"""Corrections of cuts: events and files that two people add to what a certified cycle goes by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
TABLES = ("correction", "correction_event", "correction_part")


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
    """Bring the schema forward. No cut has been corrected yet."""
    op.create_table(
        "correction",
        sa.Column("decision", KEY, autoincrement=False, nullable=False),
        sa.Column("cut", KEY, nullable=False, comment="the decision whose cut it corrects"),
        sa.Column("place", sa.Integer(), nullable=False, comment="1, 2, 3 … of the cut's, as they were agreed to"),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column(
            "files", sa.Text(), nullable=False, comment="JSON: of each file that was taken the revision and the sum"
        ),
        sa.Column("events", sa.BigInteger(), nullable=False, comment="how many events there are with it"),
        sa.Column("events_sha256", CODE, nullable=False),
        sa.Column(
            "results_sha256",
            CODE,
            nullable=False,
            comment="of what the cycle comes to by it, without what was decided since the cut",
        ),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_correction_decision")),
        sa.ForeignKeyConstraint(["cut"], ["cut.decision"], name=op.f("fk_correction_cut")),
        sa.PrimaryKeyConstraint("decision", name=op.f("pk_correction")),
        sa.UniqueConstraint("cut", "place", name=op.f("uq_correction_cut_place")),
    )
    op.create_table(
        "correction_event",
        sa.Column("decision", KEY, autoincrement=False, nullable=False),
        sa.Column("seq", KEY, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["correction.decision"], name=op.f("fk_correction_event_decision")),
        sa.ForeignKeyConstraint(["seq"], ["event.seq"], name=op.f("fk_correction_event_seq")),
        sa.PrimaryKeyConstraint("decision", "seq", name=op.f("pk_correction_event")),
    )
    op.create_table(
        "correction_part",
        sa.Column("decision", KEY, autoincrement=False, nullable=False),
        sa.Column("name", CODE, nullable=False, comment="the table whose rows it is"),
        sa.Column("sha256", CODE, nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["correction.decision"], name=op.f("fk_correction_part_decision")),
        sa.ForeignKeyConstraint(["sha256"], ["kept_document.sha256"], name=op.f("fk_correction_part_sha256")),
        sa.PrimaryKeyConstraint("decision", "name", name=op.f("pk_correction_part")),
    )
    for table in TABLES:
        _seal(table)


def downgrade() -> None:
    """Take the schema back, with all that was corrected."""
    for table in reversed(TABLES):
        op.drop_table(table)
