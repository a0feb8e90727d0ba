"""Columns and indexes of an activity by what they hold: the last day of what takes effect on it, and its type and state as one number."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

COLUMNS = (("settled_on", "last_effect_on"), ("pile", "type_state"))
INDEXES = (
    ("ix_activity_settled", "ix_activity_last_effect", ["last_effect_on"]),
    ("ix_activity_pile", "ix_activity_type_state", ["type_state", "employee", "day"]),
)


def upgrade() -> None:
    """Bring the schema forward."""
    # Both engines rename a column in place and in its indexes; alembic would copy the whole table on SQLite.
    for before, after in COLUMNS:
        op.execute(f"ALTER TABLE activity RENAME COLUMN {before} TO {after}")
    for before, after, columns in INDEXES:
        _rename_index(before, after, columns)


def downgrade() -> None:
    """Take the schema back."""
    for before, after in COLUMNS:
        op.execute(f"ALTER TABLE activity RENAME COLUMN {after} TO {before}")
    names = {after: before for before, after in COLUMNS}
    for before, after, columns in INDEXES:
        _rename_index(after, before, [names.get(column, column) for column in columns])


def _rename_index(before: str, after: str, columns: list[str]) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER INDEX {before} RENAME TO {after}")
    else:
        op.drop_index(before, "activity")
        op.create_index(after, "activity", columns)
