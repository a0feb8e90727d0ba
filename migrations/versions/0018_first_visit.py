"""An account knows when its first visit in five steps was made or declined; whoever has been here before is offered none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    made = "when the first visit was made or declined"
    op.add_column("account", sa.Column("first_visit_at", sa.DateTime(timezone=True), nullable=True, comment=made))
    op.execute(
        "UPDATE account SET first_visit_at = "
        "(SELECT min(web_session.created_at) FROM web_session WHERE web_session.account_id = account.id)"
    )


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("account") as batch:
        batch.drop_column("first_visit_at")
