"""The trail of a million deeds: what an auditor asks for most is found by an index."""

from __future__ import annotations

import datetime as dt

from app import access
from app.access import TrailFilter
from app.kit.database import Database
from app.kit.schema import migrate
from tests.conftest import CountQueries, NewDatabase

FILTERS = (TrailFilter(deeds=["feed"]), TrailFilter(who="nobody"))


def test_by_deed_and_by_who_nobody_looks_through_all_deeds(
    new_database: NewDatabase, count_queries: CountQueries, now: dt.datetime
) -> None:
    """SQLite says how it would go about each; PostgreSQL has the same indexes, and asks them once there are many rows."""
    url = new_database("sqlite")
    migrate(url)
    database = Database(url)
    with database.write("test") as connection:
        access.record_deed(connection, who="nobody", deed="feed", at=now, subject="file:rates.csv")
    for only in FILTERS:
        with database.read() as connection, count_queries() as sent:
            assert len(access.trail_rows(connection, limit=5, only=only)) == 1
        (query,) = (one for one in sent if "FROM trail" in one)
        with database.read() as connection:
            explained = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", ("[]",) * query.count("?")).all()
        assert any("ix_trail_" in row.detail for row in explained), (query, explained)
        assert not any(row.detail.startswith("SCAN trail") for row in explained), (query, explained)
    database.close()
