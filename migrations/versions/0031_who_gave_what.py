"""Of a password it is known whether an administrator handed it over, and of a key who made it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward. Who gave the passwords of before nobody knows any more: each may be one that was handed over."""
    op.add_column(
        "account",
        sa.Column(
            "password_handed",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="an administrator handed over the one that it began with, and its owner has set none by a link since",
        ),
    )
    op.execute(sa.text("UPDATE account SET password_handed = true WHERE password_hash <> ''"))
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    code = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    for column in (
        sa.Column("maker_account_id", big, nullable=True, comment="who made it by the page; null: a command"),
        sa.Column("maker_email", sa.Text(), nullable=True, comment="as that account was called then"),
        sa.Column("maker_employee", code, nullable=True, comment="and whose it was"),
    ):
        op.add_column("api_key", column)


def downgrade() -> None:
    """Take it back."""
    for name in ("maker_employee", "maker_email", "maker_account_id"):
        op.drop_column("api_key", name)
    op.drop_column("account", "password_handed")
