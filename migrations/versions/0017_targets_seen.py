"""An account knows when changes of its owner's targets were looked at, so that the first page tells only the later ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward: nobody is told of what was changed before the account was made."""
    seen = "when changes of the own targets were looked at"
    op.add_column("account", sa.Column("targets_seen_at", sa.DateTime(timezone=True), nullable=True, comment=seen))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("account") as batch:
        batch.drop_column("targets_seen_at")
