"""What two people must agree on is kept as decisions, with who stands in for whom; an account knows when somebody gave it its rights."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
ONLY_GROW = ("decision", "decision_about", "decision_end", "decision_seen", "delegation", "delegation_end")


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
    """Bring the schema forward. Nothing was decided yet; of accounts that are there nobody knows more than that they were given their rights when they were made."""
    op.create_table(
        "decision",
        sa.Column(
            "id", KEY, autoincrement=False, nullable=False, comment="1, 2, 3 … without a gap, as they were committed"
        ),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("cycle", CODE, nullable=True),
        sa.Column("round", sa.Integer(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", KEY, nullable=True, comment="the maker's; null: a program's"),
        sa.Column("account", CODE, nullable=False, comment="the maker's, as the trail writes it"),
        sa.Column("employee", CODE, nullable=True),
        sa.Column("acts_for", CODE, nullable=True, comment="for whom the maker stood in"),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("digest", CODE, nullable=False),
        sa.Column("effects", sa.Text(), nullable=False, comment="JSON: as they were when it was proposed"),
        sa.Column("signed_effects", sa.Boolean(), nullable=False),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_decision_digest_length")),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_decision_reason_given")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index("ix_decision_kind", "decision", ["kind", "id"])
    op.create_table(
        "decision_about",
        sa.Column("node", CODE, nullable=False, comment="a unit or an employee that it is about"),
        sa.Column("decision", KEY, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_decision_about_decision")),
        sa.PrimaryKeyConstraint("node", "decision", name=op.f("pk_decision_about")),
    )
    op.create_table(
        "decision_end",
        sa.Column(
            "id", KEY, autoincrement=False, nullable=False, comment="in the order in which decisions came to their end"
        ),
        sa.Column("decision", KEY, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("account_id", KEY, nullable=True),
        sa.Column("account", CODE, nullable=False),
        sa.Column("employee", CODE, nullable=True),
        sa.Column("acts_for", CODE, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it was refused"),
        sa.Column("moved", sa.Text(), nullable=True, comment="JSON: of a void one what moved under it"),
        sa.CheckConstraint(
            "state IN ('approved', 'refused', 'withdrawn', 'void')", name=op.f("ck_decision_end_state_known")
        ),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_decision_end_decision")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_end")),
        sa.UniqueConstraint("decision", name=op.f("uq_decision_end_decision")),
    )
    op.create_table(
        "decision_seen",
        sa.Column("decision", KEY, autoincrement=False, nullable=False),
        sa.Column("person", CODE, nullable=False, comment="employee:NUMBER, or account:ID of who has none"),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_decision_seen_decision")),
        sa.PrimaryKeyConstraint("decision", "person", name=op.f("pk_decision_seen")),
    )
    op.create_table(
        "delegation",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("giver", CODE, nullable=False, comment="the employee's number"),
        sa.Column("taker", CODE, nullable=False),
        sa.Column("functions", sa.Text(), nullable=False, comment="in the contract's order, joined by commas"),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=False, comment="the last one"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account", CODE, nullable=False, comment="who entered it, as the trail writes it"),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("to_day >= from_day", name=op.f("ck_delegation_period")),
        sa.CheckConstraint("giver <> taker", name=op.f("ck_delegation_two_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index("ix_delegation_giver", "delegation", ["giver", "to_day"])
    op.create_index("ix_delegation_taker", "delegation", ["taker", "to_day"])
    op.create_table(
        "delegation_end",
        sa.Column("delegation", KEY, autoincrement=False, nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False, comment="from when on it holds no more"),
        sa.Column("account", CODE, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["delegation"], ["delegation.id"], name=op.f("fk_delegation_end_delegation")),
        sa.PrimaryKeyConstraint("delegation", name=op.f("pk_delegation_end")),
    )
    for table in ONLY_GROW:
        _seal(table)
    op.add_column(
        "account",
        sa.Column(
            "rights_given_at", INSTANT, nullable=True, comment="when somebody last gave it password, roles or employee"
        ),
    )
    account = sa.table("account", sa.column("created_at"), sa.column("rights_given_at"))
    op.execute(sa.update(account).values(rights_given_at=account.c.created_at))


def downgrade() -> None:
    """Take the schema back, with all that was decided."""
    op.drop_column("account", "rights_given_at")
    for table in reversed(ONLY_GROW):
        op.drop_table(table)
