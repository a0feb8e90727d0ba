"""A person may choose high contrast for all pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BEFORE = "theme IN ('system', 'light', 'dark')"
AFTER = "theme IN ('system', 'light', 'dark', 'contrast')"


def upgrade() -> None:
    """Bring the schema forward."""
    _themes(AFTER)


def downgrade() -> None:
    """Take it back; who had chosen high contrast sees what the system asks for."""
    op.execute("UPDATE account SET theme = 'system' WHERE theme = 'contrast'")
    _themes(BEFORE)


def _themes(known: str) -> None:
    name = op.f("ck_account_theme_known")
    with op.batch_alter_table("account") as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, sa.text(known))
