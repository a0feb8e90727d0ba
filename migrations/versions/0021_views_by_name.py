"""The database itself holds that a name stands once in a person's list of views, and that a list opens with one of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward. Both held before, by a lock alone."""
    with op.batch_alter_table("saved_view") as batch:
        batch.create_unique_constraint(op.f("uq_saved_view_account_id_list_name"), ["account_id", "list", "name"])
        batch.drop_index("ix_saved_view_account")
    default = sa.text("is_default")
    op.create_index(
        "uq_saved_view_default",
        "saved_view",
        ["account_id", "list"],
        unique=True,
        sqlite_where=default,
        postgresql_where=default,
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index("uq_saved_view_default", "saved_view")
    with op.batch_alter_table("saved_view") as batch:
        batch.drop_constraint(op.f("uq_saved_view_account_id_list_name"), type_="unique")
        batch.create_index("ix_saved_view_account", ["account_id", "list"])
