"""A key may be for a feed: it brings the files that it names, and nothing else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

BEFORE = "scope IN ('ingest', 'read')"
AFTER = "scope IN ('ingest', 'read') OR scope LIKE 'feed:_%'"


def upgrade() -> None:
    """Bring the schema forward: keys that there are keep their scope."""
    _scopes(AFTER)


def downgrade() -> None:
    """Take it back, with the keys of feeds: no other scope is theirs."""
    op.execute("DELETE FROM api_key WHERE scope LIKE 'feed:_%'")
    _scopes(BEFORE)


def _scopes(known: str) -> None:
    name = op.f("ck_api_key_scope_known")
    with op.batch_alter_table("api_key") as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, sa.text(known))
