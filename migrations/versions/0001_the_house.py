"""The house: organisation, cascade, ledger with its totals, access, trend and jobs.

Rows of the append-only tables cannot be changed or deleted by anyone who does not drop the triggers first, which no command does.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


APPEND_ONLY: Final = ("event", "load_file", "load_run", "load_text", "reading_log", "trail")


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


def _refusal() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the table % only grows', TG_TABLE_NAME; END $$"
        )


def upgrade() -> None:
    """Bring the schema forward."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.schema.CreateSequence(sa.Sequence("event_sequence")))
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False, comment="as it was written"),
        sa.Column(
            "email_key",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
            comment="case-folded: who signs in is found by it",
        ),
        sa.Column("password_hash", sa.Text(), nullable=False, comment="argon2id, with its own parameters and salt"),
        sa.Column("roles", sa.Text(), nullable=False, comment="names in code point order, joined by commas"),
        sa.Column(
            "employee",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=True,
            comment="the number; no foreign key, since a load replaces rows",
        ),
        sa.Column("first_password", sa.Boolean(), nullable=False, comment="still the one that the command printed"),
        sa.Column("language", sa.Text(), nullable=True, comment="null: as the browser asks"),
        sa.Column("theme", sa.Text(), server_default="system", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("theme IN ('system', 'light', 'dark')", name=op.f("ck_account_theme_known")),
        sa.CheckConstraint("length(email) BETWEEN 3 AND 254", name=op.f("ck_account_email_length")),
        sa.CheckConstraint("length(roles) > 0", name=op.f("ck_account_roles_some")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email_key", name=op.f("uq_account_email_key")),
        sa.UniqueConstraint("employee", name=op.f("uq_account_employee")),
    )
    op.create_table(
        "activity",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("type", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("employee", sa.Integer(), nullable=False),
        sa.Column("company_name", sa.Text(), nullable=True),
        sa.Column("company_registration", sa.Text(), nullable=True),
        sa.Column("buyer_name", sa.Text(), nullable=False),
        sa.Column("buyer_country", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("buyer_registration", sa.Text(), nullable=True),
        sa.Column("amount", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("hs_code", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("usd_cents", sa.BigInteger(), nullable=True),
        sa.Column("company_key", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("buyer_key", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("standing", sa.SmallInteger(), nullable=False),
        sa.Column("counts", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_activity")),
    )
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.create_index("ix_activity_buyer", ["buyer_key", "type"], unique=False)
        batch_op.create_index("ix_activity_day", ["day"], unique=False)
        batch_op.create_index("ix_activity_state", ["state", "type", "employee", "day"], unique=False)
        batch_op.create_index("ix_activity_settled", ["settled_on"], unique=False)

    op.create_table(
        "api_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column(
            "key_hash",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
            comment="SHA-256 of the key, in hexadecimal",
        ),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("scope IN ('ingest', 'read')", name=op.f("ck_api_key_scope_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_key_key_hash")),
    )
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.create_index(
            "uq_api_key_name_live",
            ["name"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )

    op.create_table(
        "credit",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("employee", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("share", sa.SmallInteger(), nullable=False),
        sa.Column("path", sa.Integer(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("seq", "employee", name=op.f("pk_credit")),
    )
    with op.batch_alter_table("credit", schema=None) as batch_op:
        batch_op.create_index("ix_credit_employee", ["employee", "day"], unique=False)
        batch_op.create_index("ix_credit_path", ["path", "day"], unique=False)

    op.create_table(
        "definition_document",
        sa.Column("name", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_definition_document")),
    )
    op.create_table(
        "distinct_count",
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner_kind", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("slice", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("of", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("bucket", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("entered", sa.Integer(), nullable=False),
        sa.Column("verified", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "cycle", "owner_kind", "owner", "slice", "of", "bucket", name=op.f("pk_distinct_count")
        ),
    )
    op.create_table(
        "employee",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("rank", sa.Text(), nullable=True),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("monthly_base", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hired_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.CheckConstraint("left_on > hired_on", name=op.f("ck_employee_service")),
        sa.CheckConstraint("monthly_base >= 0", name=op.f("ck_employee_monthly_base")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employee")),
        sa.UniqueConstraint("number", name=op.f("uq_employee_number")),
    )
    op.create_table(
        "event",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("source", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("type", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("time", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("instant", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("hash", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event")),
        sa.UniqueConstraint("key", name=op.f("uq_event_key")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index("ix_event_day", ["day"], unique=False)

    op.create_table(
        "exclusion",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("node", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("kpi", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("cycle", "node", "kpi", name=op.f("pk_exclusion")),
    )
    op.create_table(
        "history",
        sa.Column("node", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("kpi", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("actual", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("node", "kpi", "year", name=op.f("pk_history")),
    )
    op.create_table(
        "hook",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column(
            "secret", sa.Text(), nullable=False, comment="whsec_…: both sides sign with it, so it is kept as it is"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook")),
    )
    with op.batch_alter_table("hook", schema=None) as batch_op:
        batch_op.create_index(
            "uq_hook_name_live",
            ["name"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )

    op.create_table(
        "hook_message",
        sa.Column(
            "hook",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
            comment="the hook's name",
        ),
        sa.Column(
            "message",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
            comment="SHA-256 of the message's id, which may be of any length",
        ),
        sa.Column(
            "body_hash",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
            comment="SHA-256 of the body that came first under this id",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hook", "message", name=op.f("pk_hook_message")),
    )
    op.create_table(
        "job_run",
        sa.Column("job", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("slot", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("worker", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("job", "slot", name=op.f("pk_job_run")),
    )
    op.create_table(
        "load_run",
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("loaded_by", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_load_run")),
    )
    op.create_table(
        "load_text",
        sa.Column("sha256", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_load_text")),
    )
    op.create_table(
        "member",
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner_kind", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("slice", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("of", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("entered", sa.Integer(), nullable=False),
        sa.Column("verified", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("cycle", "owner_kind", "owner", "slice", "of", "key", name=op.f("pk_member")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recipient", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("kind", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("repeated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(
            "uq_notice_open",
            ["recipient", "kind"],
            unique=True,
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        )

    op.create_table(
        "path",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chain", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_path")),
        sa.UniqueConstraint("chain", name=op.f("uq_path_chain")),
    )
    op.create_table(
        "plan_share",
        sa.Column("kpi", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("node", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("share", sa.Text(), nullable=False),
        sa.CheckConstraint("month BETWEEN 1 AND 12", name=op.f("ck_plan_share_month")),
        sa.PrimaryKeyConstraint("kpi", "node", "month", name=op.f("pk_plan_share")),
    )
    op.create_table(
        "rate",
        sa.Column("currency", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("month", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("usd", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("currency", "month", name=op.f("pk_rate")),
    )
    op.create_table(
        "rating",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("node", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("kpi", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("rater", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("cycle", "node", "kpi", "rater", name=op.f("pk_rating")),
    )
    op.create_table(
        "rejected_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("door", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("sender", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("source", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("event_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("errors", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejected_event")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("rejected_event", schema=None) as batch_op:
        batch_op.create_index("ix_rejected_event_received_at", ["received_at"], unique=False)

    op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_revision_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
    )
    op.create_table(
        "scorecard_line",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("node", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("kpi", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("parent_node", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("parent_kpi", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("high", sa.Text(), nullable=True),
        sa.Column("low", sa.Text(), nullable=True),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("coefficient", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("cycle", "node", "kpi", name=op.f("pk_scorecard_line")),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "email_key",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
            comment="also of accounts that are not there",
        ),
        sa.Column("address", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "succeeded", sa.Boolean(), nullable=False, comment="false from the start: an attempt under way counts"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    with op.batch_alter_table("sign_in_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_attempt_address", ["address", "at"], unique=False)
        batch_op.create_index("ix_sign_in_attempt_email", ["email_key", "at"], unique=False)

    op.create_table(
        "slice",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slice")),
        sa.UniqueConstraint("text", name=op.f("uq_slice_text")),
    )
    op.create_table(
        "total",
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner_kind", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("slice", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entered_shares", sa.BigInteger(), nullable=False),
        sa.Column("entered_valued_shares", sa.BigInteger(), nullable=False),
        sa.Column("entered_dollars", sa.BigInteger(), nullable=False),
        sa.Column("entered_micros", sa.BigInteger(), nullable=False),
        sa.Column("verified_shares", sa.BigInteger(), nullable=False),
        sa.Column("verified_valued_shares", sa.BigInteger(), nullable=False),
        sa.Column("verified_dollars", sa.BigInteger(), nullable=False),
        sa.Column("verified_micros", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_shares", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_valued_shares", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_dollars", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("cycle", "owner_kind", "owner", "slice", name=op.f("pk_total")),
    )
    op.create_table(
        "touched",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("transaction", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owners", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_touched")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("touched", schema=None) as batch_op:
        batch_op.create_index("ix_touched_at", ["at"], unique=False)
        batch_op.create_index("ix_touched_transaction", ["transaction"], unique=False)

    op.create_table(
        "trail",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "who",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
            comment="account:EMAIL, key:NAME, hook:NAME, command, job:NAME or nobody",
        ),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column(
            "subject",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=True,
            comment="what it was about: a node, an account, an event",
        ),
        sa.Column("before", sa.Text(), nullable=True, comment="JSON"),
        sa.Column("after", sa.Text(), nullable=True, comment="JSON"),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trail")),
    )
    with op.batch_alter_table("trail", schema=None) as batch_op:
        batch_op.create_index("ix_trail_subject", ["subject", "id"], unique=False)
        batch_op.create_index("ix_trail_who", ["who", "id"], unique=False)

    op.create_table(
        "trend",
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("node", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("own_score", sa.Float(precision=53), nullable=True),
        sa.Column("final_score", sa.Float(precision=53), nullable=True),
        sa.Column("provisional_score", sa.Float(precision=53), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("cycle", "node", "day", name=op.f("pk_trend")),
    )
    with op.batch_alter_table("trend", schema=None) as batch_op:
        batch_op.create_index("ix_trend_day", ["cycle", "day"], unique=False)

    op.create_table(
        "trend_taken",
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("cycle", name=op.f("pk_trend_taken")),
    )
    op.create_table(
        "unit_period",
        sa.Column("code", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("evaluation_group", sa.Text(), nullable=True),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_unit_period_period")),
        sa.PrimaryKeyConstraint("code", "valid_from", name=op.f("pk_unit_period")),
    )
    op.create_table(
        "verdict",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("type", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("target", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("activity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("by", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("additionality", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_verdict")),
    )
    with op.batch_alter_table("verdict", schema=None) as batch_op:
        batch_op.create_index("ix_verdict_activity", ["activity"], unique=False)
        batch_op.create_index("ix_verdict_waiting", ["target"], unique=False)

    op.create_table(
        "worker_seen",
        sa.Column("worker", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_worker_seen")),
    )
    op.create_table(
        "load_file",
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("sha256", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["revision"], ["load_run.revision"], name=op.f("fk_load_file_revision")),
        sa.ForeignKeyConstraint(["sha256"], ["load_text.sha256"], name=op.f("fk_load_file_sha256")),
        sa.PrimaryKeyConstraint("revision", "name", name=op.f("pk_load_file")),
    )
    op.create_table(
        "posting",
        sa.Column("employee", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("unit", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_posting_period")),
        sa.ForeignKeyConstraint(["employee"], ["employee.number"], name=op.f("fk_posting_employee")),
        sa.PrimaryKeyConstraint("employee", "valid_from", name=op.f("pk_posting")),
    )
    op.create_table(
        "reading_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("what", sa.Text(), nullable=False, comment="the export's name"),
        sa.Column("asked", sa.Text(), nullable=False, comment="JSON: cycle, day, basis, form"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_reading_log_reason_given")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_reading_log_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_log")),
    )
    with op.batch_alter_table("reading_log", schema=None) as batch_op:
        batch_op.create_index("ix_reading_log_account", ["account_id", "id"], unique=False)

    op.create_table(
        "result",
        sa.Column("employee", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("final_score", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["employee"], ["employee.number"], name=op.f("fk_result_employee")),
        sa.PrimaryKeyConstraint("employee", "cycle", name=op.f("pk_result")),
    )
    op.create_table(
        "status",
        sa.Column("employee", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["employee"], ["employee.number"], name=op.f("fk_status_employee")),
        sa.PrimaryKeyConstraint("employee", "cycle", "place", name=op.f("pk_status")),
    )
    op.create_table(
        "web_session",
        sa.Column(
            "token_hash",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
            comment="SHA-256 of the cookie's token, in hexadecimal",
        ),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_acted_at", sa.DateTime(timezone=True), nullable=False, comment="coarse; reading moves nothing"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(token_hash) = 64", name=op.f("ck_web_session_token_hash_length")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_web_session_account_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_session")),
    )
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.create_index("ix_web_session_account", ["account_id"], unique=False)

    _refusal()
    for table in APPEND_ONLY:
        _seal(table)


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.drop_index("ix_web_session_account")

    op.drop_table("web_session")
    op.drop_table("status")
    op.drop_table("result")
    with op.batch_alter_table("reading_log", schema=None) as batch_op:
        batch_op.drop_index("ix_reading_log_account")

    op.drop_table("reading_log")
    op.drop_table("posting")
    op.drop_table("load_file")
    op.drop_table("worker_seen")
    with op.batch_alter_table("verdict", schema=None) as batch_op:
        batch_op.drop_index("ix_verdict_waiting")
        batch_op.drop_index("ix_verdict_activity")

    op.drop_table("verdict")
    op.drop_table("unit_period")
    op.drop_table("trend_taken")
    with op.batch_alter_table("trend", schema=None) as batch_op:
        batch_op.drop_index("ix_trend_day")

    op.drop_table("trend")
    with op.batch_alter_table("trail", schema=None) as batch_op:
        batch_op.drop_index("ix_trail_who")
        batch_op.drop_index("ix_trail_subject")

    op.drop_table("trail")
    with op.batch_alter_table("touched", schema=None) as batch_op:
        batch_op.drop_index("ix_touched_transaction")
        batch_op.drop_index("ix_touched_at")

    op.drop_table("touched")
    op.drop_table("total")
    op.drop_table("slice")
    with op.batch_alter_table("sign_in_attempt", schema=None) as batch_op:
        batch_op.drop_index("ix_sign_in_attempt_email")
        batch_op.drop_index("ix_sign_in_attempt_address")

    op.drop_table("sign_in_attempt")
    op.drop_table("scorecard_line")
    op.drop_table("revision")
    with op.batch_alter_table("rejected_event", schema=None) as batch_op:
        batch_op.drop_index("ix_rejected_event_received_at")

    op.drop_table("rejected_event")
    op.drop_table("rating")
    op.drop_table("rate")
    op.drop_table("plan_share")
    op.drop_table("path")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_notice_open", sqlite_where=sa.text("settled_at IS NULL"), postgresql_where=sa.text("settled_at IS NULL")
        )

    op.drop_table("notice")
    op.drop_table("member")
    op.drop_table("load_text")
    op.drop_table("load_run")
    op.drop_table("job_run")
    op.drop_table("hook_message")
    with op.batch_alter_table("hook", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_hook_name_live",
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )

    op.drop_table("hook")
    op.drop_table("history")
    op.drop_table("exclusion")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index("ix_event_day")

    op.drop_table("event")
    op.drop_table("employee")
    op.drop_table("distinct_count")
    op.drop_table("definition_document")
    with op.batch_alter_table("credit", schema=None) as batch_op:
        batch_op.drop_index("ix_credit_path")
        batch_op.drop_index("ix_credit_employee")

    op.drop_table("credit")
    with op.batch_alter_table("api_key", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_api_key_name_live",
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )

    op.drop_table("api_key")
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.drop_index("ix_activity_settled")
        batch_op.drop_index("ix_activity_state")
        batch_op.drop_index("ix_activity_day")
        batch_op.drop_index("ix_activity_buyer")

    op.drop_table("activity")
    op.drop_table("account")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")
        op.execute(sa.schema.DropSequence(sa.Sequence("event_sequence")))
