"""Runs migrations on either engine, in one transaction a run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

from app.access import tables as _access  # noqa: F401
from app.cascade import tables as _cascade  # noqa: F401
from app.intake import tables as _intake  # noqa: F401
from app.kit import jobs as _jobs  # noqa: F401
from app.kit.schema import metadata
from app.ledger import tables as _ledger  # noqa: F401
from app.notices import tables as _notices  # noqa: F401
from app.organisation import tables as _organisation  # noqa: F401
from app.scoring import tables as _scoring  # noqa: F401


def run() -> None:
    """Open the database that the caller named and run what is asked for."""
    url = context.config.attributes.get("url") or context.config.get_main_option("sqlalchemy.url", "")
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            # A migration that cannot get its lock at once must not stop the whole agency behind it.
            connection.execute(sa.text("SET lock_timeout = '5s'"))
            connection.commit()
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
