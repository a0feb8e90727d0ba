"""Sessions know where they were begun, first passwords when they end, tries their browser; programs are on the log of readings too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


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


def _comment(table: str, column: str, comment: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(table, column, comment=comment)


def _remade(who: sa.Column[object], *more: sa.schema.SchemaItem, rows: str, reason_may_be_absent: bool) -> None:
    """Make the log of readings anew, with its rows: a sealed table's rows cannot be changed where they are."""
    op.execute(f"CREATE TEMPORARY TABLE reading_before AS {rows}")
    op.drop_table("reading_log")
    op.create_table(
        "reading_log",
        sa.Column("id", BIG, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        who,
        sa.Column("what", sa.Text(), nullable=False, comment="the export's or the resource's name"),
        sa.Column("asked", sa.Text(), nullable=False, comment="JSON: cycle, day, basis, form"),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=reason_may_be_absent,
            comment="null: read over the API, which asks for none",
        ),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_reading_log_reason_given")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_log")),
        *more,
    )
    names = f"id, at, {who.name}, what, asked, reason, rows"
    op.execute(f"INSERT INTO reading_log ({names}) SELECT {names} FROM reading_before ORDER BY id")  # noqa: S608 - no value from outside
    op.execute("DROP TABLE reading_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "SELECT setval(pg_get_serial_sequence('reading_log', 'id'), greatest(max(id), 1), max(id) IS NOT NULL) FROM reading_log"
        )
    _seal("reading_log")


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column(
        "account",
        sa.Column(
            "first_password_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="until when it works, for nothing but its change; null: as any password",
        ),
    )
    for name, comment in (
        ("address", "where it was begun from"),
        ("device", "what the browser said of itself then"),
    ):
        op.add_column("web_session", sa.Column(name, sa.Text(), server_default="", nullable=False, comment=comment))
    op.add_column(
        "sign_in_attempt",
        sa.Column(
            "browser",
            CODE,
            nullable=True,
            comment="of one that the account was signed in with before; null: unknown",
        ),
    )
    _comment("account", "first_password", "still one that somebody else chose")
    _comment("web_session", "last_acted_at", "when it was last used, by the minute")
    _remade(
        sa.Column("who", CODE, nullable=False, comment="account:EMAIL or key:NAME"),
        rows="SELECT log.id, log.at, 'account:' || account.email AS who, log.what, log.asked, log.reason, log.rows "
        "FROM reading_log AS log JOIN account ON account.id = log.account_id",
        reason_may_be_absent=True,
    )
    op.create_index("ix_reading_log_who", "reading_log", ["who", "id"])


def downgrade() -> None:
    """Take it back; what programs have read has no place there."""
    op.drop_index("ix_reading_log_who", table_name="reading_log")
    _remade(
        sa.Column("account_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_reading_log_account_id")),
        rows="SELECT log.id, log.at, account.id AS account_id, log.what, log.asked, coalesce(log.reason, 'API') AS reason, log.rows "
        "FROM reading_log AS log JOIN account ON 'account:' || account.email = log.who",
        reason_may_be_absent=False,
    )
    op.create_index("ix_reading_log_account", "reading_log", ["account_id", "id"])
    op.drop_column("sign_in_attempt", "browser")
    op.drop_column("web_session", "device")
    op.drop_column("web_session", "address")
    op.drop_column("account", "first_password_until")
