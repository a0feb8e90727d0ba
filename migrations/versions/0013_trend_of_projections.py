"""The trend keeps where the year led as of each day too, so that what moved is told by the projection."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward; what is kept is taken anew by the next night's job, since it lacks the projections."""
    for name in ("projected_score", "provisional_projected_score"):
        op.add_column("trend", sa.Column(name, sa.Float(53)))
    op.execute("DELETE FROM trend_taken")


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("trend") as batch:
        for name in ("provisional_projected_score", "projected_score"):
            batch.drop_column(name)
