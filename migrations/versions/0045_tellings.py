"""Tellings: what everyone was told of their result, and when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
TABLES = ("telling", "told_result", "told_by_hand", "result_seen")
OF_RESULT = ["cycle", "place", "employee"]


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


def _of_result(table: str, *columns: sa.Column[object]) -> None:
    """A table of what became of what somebody was told."""
    op.create_table(
        table,
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="the telling's"),
        sa.Column("employee", CODE, nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            OF_RESULT, [f"told_result.{name}" for name in OF_RESULT], name=op.f(f"fk_{table}_cycle_place_employee")
        ),
        sa.PrimaryKeyConstraint(*OF_RESULT, name=op.f(f"pk_{table}")),
    )


def upgrade() -> None:
    """Bring the schema forward. Nobody has been told anything yet."""
    op.create_table(
        "telling",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="1, 2, 3 … of the cycle's"),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("decision", KEY, nullable=False),
        sa.Column("before", KEY, nullable=False, comment="decisions with smaller numbers had come to their end"),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_telling_decision")),
        sa.PrimaryKeyConstraint("cycle", "place", name=op.f("pk_telling")),
    )
    op.create_table(
        "told_result",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="the telling's"),
        sa.Column("employee", CODE, nullable=False),
        sa.Column("score", sa.Integer(), nullable=True, comment="the final score as published, in hundredths"),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("is_held", sa.Boolean(), nullable=False, comment="the grade told before, though a lower one is due"),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("group_name", sa.Text(), nullable=True, comment="the evaluation group after small ones were merged"),
        sa.Column("group_size", sa.Integer(), nullable=True),
        sa.Column("reason", CODE, nullable=True, comment="why there is no grade"),
        sa.Column("days", sa.Integer(), nullable=False, comment="that the pay hangs on"),
        sa.Column("own_group", sa.Text(), nullable=False, comment="the evaluation group before small ones were merged"),
        sa.Column("job", CODE, nullable=False),
        sa.Column("disciplined", sa.Boolean(), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False, comment="whether there was an account to write to"),
        sa.ForeignKeyConstraint(
            ["cycle", "place"], ["telling.cycle", "telling.place"], name=op.f("fk_told_result_cycle_place")
        ),
        sa.PrimaryKeyConstraint(*OF_RESULT, name=op.f("pk_told_result")),
    )
    _of_result(
        "told_by_hand",
        sa.Column("day", sa.Date(), nullable=False, comment="on which they were told"),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False, comment="when it was written down"),
        sa.Column("account", CODE, nullable=False, comment="by whom"),
    )
    _of_result("result_seen", sa.Column("at", INSTANT, nullable=False))
    for table in TABLES:
        _seal(table)


def downgrade() -> None:
    """Take the schema back, with all that was told."""
    for table in reversed(TABLES):
        op.drop_table(table)
