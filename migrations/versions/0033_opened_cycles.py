"""Cycles are opened, go through stages and by what they were published with; people have functions in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
ONLY_GROW = ("kept_document", "publication", "publication_document", "publication_end", "cycle_stage")


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
    """Bring the schema forward. Nobody has opened a cycle yet: every one stays as folder and events say."""
    _functions()
    _published()
    _opened()
    for table in ONLY_GROW:
        _seal(table)


def _functions() -> None:
    op.create_table(
        "function_given",
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("function", CODE, nullable=False),
        sa.Column(
            "person",
            CODE,
            nullable=False,
            comment="the employee's number, or what an account without one is found by",
        ),
        sa.Column("employee", CODE, nullable=True),
        sa.Column("email_key", CODE, nullable=True),
        sa.Column("groups", sa.Text(), nullable=True, comment="JSON: a calibrator's evaluation groups; null: all"),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False, comment="the day after the last"),
        sa.Column("decision", KEY, nullable=False, comment="which gave it"),
        sa.CheckConstraint(
            "function IN ('approver', 'certifier', 'calibrator', 'objections', 'payroll')",
            name=op.f("ck_function_given_function_known"),
        ),
        sa.CheckConstraint("to_day > from_day", name=op.f("ck_function_given_period")),
        sa.CheckConstraint("(employee IS NULL) <> (email_key IS NULL)", name=op.f("ck_function_given_one_person")),
        sa.PrimaryKeyConstraint("cycle", "function", "person", name=op.f("pk_function_given")),
    )
    for column in ("employee", "email_key"):
        op.create_index(f"ix_function_given_{column}", "function_given", [column])


def _published() -> None:
    op.create_table(
        "kept_document",
        sa.Column("sha256", CODE, nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON: a document of the definitions"),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_kept_document_sha256_length")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_kept_document")),
    )
    op.create_table(
        "publication",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False, comment="1, 2, 3 … of the cycle"),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("decision", KEY, nullable=False),
        sa.Column("policies_sha256", CODE, nullable=False),
        sa.Column("definitions_sha256", CODE, nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_publication_decision")),
        sa.PrimaryKeyConstraint("cycle", "edition", name=op.f("pk_publication")),
    )
    op.create_table(
        "publication_document",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("name", CODE, nullable=False),
        sa.Column("sha256", CODE, nullable=False),
        sa.ForeignKeyConstraint(
            ["cycle", "edition"],
            ["publication.cycle", "publication.edition"],
            name=op.f("fk_publication_document_cycle"),
        ),
        sa.ForeignKeyConstraint(["sha256"], ["kept_document.sha256"], name=op.f("fk_publication_document_sha256")),
        sa.PrimaryKeyConstraint("cycle", "edition", "name", name=op.f("pk_publication_document")),
    )
    op.create_table(
        "publication_end",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("decision", KEY, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["cycle", "edition"], ["publication.cycle", "publication.edition"], name=op.f("fk_publication_end_cycle")
        ),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_publication_end_decision")),
        sa.PrimaryKeyConstraint("cycle", "edition", name=op.f("pk_publication_end")),
    )


def _opened() -> None:
    op.create_table(
        "opened_cycle",
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False, comment="the year that names it"),
        sa.Column(
            "calendar",
            sa.Text(),
            nullable=False,
            comment="JSON: dates by their names; the trail keeps earlier ones",
        ),
        sa.PrimaryKeyConstraint("cycle", name=op.f("pk_opened_cycle")),
    )
    op.create_table(
        "cycle_stage",
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False, comment="1, 2, 3 … of the cycle"),
        sa.Column("stage", CODE, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("decision", KEY, nullable=True, comment="null: it was opened"),
        sa.Column("account", CODE, nullable=False, comment="who opened it, or agreed, as the trail writes it"),
        sa.CheckConstraint(
            "stage IN ('draft', 'agreement', 'running', 'certified', 'notified', 'locked', 'paid')",
            name=op.f("ck_cycle_stage_stage_known"),
        ),
        sa.CheckConstraint("round >= 1", name=op.f("ck_cycle_stage_round_from_one")),
        sa.ForeignKeyConstraint(["cycle"], ["opened_cycle.cycle"], name=op.f("fk_cycle_stage_cycle")),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_cycle_stage_decision")),
        sa.PrimaryKeyConstraint("cycle", "place", name=op.f("pk_cycle_stage")),
    )


def downgrade() -> None:
    """Take the schema back, with every cycle that was opened."""
    for table in (
        "cycle_stage",
        "opened_cycle",
        "publication_end",
        "publication_document",
        "publication",
        "kept_document",
        "function_given",
    ):
        op.drop_table(table)
