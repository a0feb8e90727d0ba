"""The log of readings knows whose scores were read one at a time: once a day for each reader, resource and node."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward. Rows that stand already were many readings at once, and have no subject."""
    code = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    subject = sa.Column("subject", code, nullable=True, comment="the node that was read by itself; null: many at once")
    op.add_column("reading_log", subject)
    op.add_column("reading_log", sa.Column("day", sa.Date(), nullable=True, comment="in UTC, of a node's row"))
    op.create_index("uq_reading_log_of_day", "reading_log", ["who", "day", "what", "subject"], unique=True)


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index("uq_reading_log_of_day", "reading_log")
    op.drop_column("reading_log", "day")
    op.drop_column("reading_log", "subject")
