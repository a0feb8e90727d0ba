"""An account knows by whose clock its person reads instants; until they choose, by their office's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    whose = "by whose clock instants are read; null: the office's"
    op.add_column("account", sa.Column("timezone", sa.Text(), nullable=True, comment=whose))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("account") as batch:
        batch.drop_column("timezone")
