"""Latest moves and waiting entries are found by narrow indexes: what a credit's activity was told last, and type and state as one number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# As they are in this version: app.ledger.activity_rows numbers them, the types by tens, the states within.
TYPES = ("export_consult", "export_deal", "new_buyer")
STATES = ("entered", "verified", "confirmed", "denied", "rejected", "reversed")


def _number(column: str, names: tuple[str, ...]) -> str:
    return f"CASE {column} " + " ".join(f"WHEN '{name}' THEN {number}" for number, name in enumerate(names)) + " END"


def _drop(*indexes: tuple[str, str]) -> None:
    for name, table in indexes:
        op.drop_index(name, table_name=table)


def upgrade() -> None:
    """Bring the schema forward."""
    _drop(
        ("ix_activity_state", "activity"),
        ("ix_activity_day", "activity"),
        ("ix_activity_settled", "activity"),
        ("ix_credit_employee", "credit"),
        ("ix_credit_path", "credit"),
        ("ix_verdict_waiting", "verdict"),
    )
    # Not by batches: those would copy the largest tables on SQLite.
    op.add_column("activity", sa.Column("pile", sa.SmallInteger(), server_default="0", nullable=False))
    op.execute(f"UPDATE activity SET pile = 10 * ({_number('type', TYPES)}) + {_number('state', STATES)}")  # noqa: S608 - no value from outside
    op.add_column("credit", sa.Column("cycle", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("credit", sa.Column("moved", sa.BigInteger(), server_default="0", nullable=False))
    op.execute(
        "UPDATE credit SET cycle = (SELECT activity.cycle FROM activity WHERE activity.seq = credit.seq), moved = "
        "(SELECT max(said.seq) FROM (SELECT credit.seq AS seq UNION ALL "
        "SELECT verdict.seq FROM verdict WHERE verdict.activity = credit.seq) AS said)"
    )
    op.drop_column("credit", "day")
    op.create_index("ix_activity_pile", "activity", ["pile", "employee", "day"])
    op.create_index("ix_activity_day", "activity", ["day"], postgresql_using="brin")
    op.create_index("ix_activity_settled", "activity", ["settled_on"], postgresql_using="brin")
    op.create_index("ix_credit_employee", "credit", ["employee", "cycle", "moved"])
    op.create_index("ix_credit_path", "credit", ["path", "cycle", "moved"])
    waiting = sa.text("activity IS NULL")
    op.create_index("ix_verdict_waiting", "verdict", ["target"], postgresql_where=waiting, sqlite_where=waiting)


def downgrade() -> None:
    """Take it back."""
    _drop(
        ("ix_activity_pile", "activity"),
        ("ix_activity_day", "activity"),
        ("ix_activity_settled", "activity"),
        ("ix_credit_employee", "credit"),
        ("ix_credit_path", "credit"),
        ("ix_verdict_waiting", "verdict"),
    )
    op.drop_column("activity", "pile")
    op.add_column("credit", sa.Column("day", sa.Date(), server_default="1970-01-01", nullable=False))
    op.execute("UPDATE credit SET day = (SELECT activity.day FROM activity WHERE activity.seq = credit.seq)")
    op.drop_column("credit", "moved")
    op.drop_column("credit", "cycle")
    op.create_index("ix_activity_state", "activity", ["state", "type", "employee", "day"])
    op.create_index("ix_activity_day", "activity", ["day"])
    op.create_index("ix_activity_settled", "activity", ["settled_on"])
    op.create_index("ix_credit_employee", "credit", ["employee", "day"])
    op.create_index("ix_credit_path", "credit", ["path", "day"])
    op.create_index("ix_verdict_waiting", "verdict", ["target"])
