"""What each unit had brought about by each day is kept, so that a day stands beside the same one of last year."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

LEVELS = ("entered", "verified", "confirmed")
WHAT = ("deals", "consults", "new_buyers", "dollars", "micros")
SLICES = ("export_deal||", "export_consult||", "new_buyer||")


def upgrade() -> None:
    """Bring the schema forward, and number the slices of which totals are kept from now on; ``kopes migrate`` fills them."""
    code = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "business_day",
        sa.Column("cycle", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("node", code, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        *(sa.Column(f"{level}_{what}", sa.BigInteger, nullable=False) for level in LEVELS for what in WHAT),
    )
    op.create_index("ix_business_day_day", "business_day", ["cycle", "day"])
    op.create_table(
        "business_taken",
        sa.Column("cycle", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("token", code, nullable=False),
        sa.Column("event", sa.BigInteger, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("has_entries", sa.Boolean, nullable=False),
    )
    slices = sa.table("slice", sa.column("id", sa.Integer), sa.column("text", sa.Text))
    connection = op.get_bind()
    numbers = {text: number for number, text in connection.execute(sa.select(slices.c.id, slices.c.text))}
    missing = [text for text in SLICES if text not in numbers]
    first = max(numbers.values(), default=0) + 1
    if missing:
        connection.execute(
            sa.insert(slices), [{"id": number, "text": text} for number, text in enumerate(missing, first)]
        )


def downgrade() -> None:
    """Take it back; a slice keeps its number for good."""
    op.drop_table("business_taken")
    op.drop_table("business_day")
