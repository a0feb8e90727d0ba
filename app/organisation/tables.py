"""The organisation as it was last loaded, the record of every load, and the revision that readers cache by.

A unit has a row for each period of its life, so a unit's code is no key; and ``path`` only ever
grows, since credits of earlier trees may still refer to a chain that no longer occurs.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, PrimaryKeyConstraint, Table, Text

from app.kit.schema import BigKey, Code, Exact, Instant, metadata

__all__ = [
    "FOLDER",
    "discipline",
    "employee",
    "employment",
    "load_file",
    "load_run",
    "load_text",
    "path",
    "posting",
    "rate",
    "result",
    "revision",
    "status",
    "unit_period",
]

unit_period: Final = Table(
    "unit_period",
    metadata,
    Column("code", Code, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("name", Text, nullable=False),
    Column("name_ko", Text),
    Column("name_es", Text),
    Column("kind", Text, nullable=False),
    Column("parent", Code),
    Column("country", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("evaluation_group", Text),
    PrimaryKeyConstraint("code", "valid_from"),
    CheckConstraint("valid_to > valid_from", name="period"),
)

employee: Final = Table(
    "employee",
    metadata,
    # The ledger refers to people by this number of ours: it stays when a load changes the row.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Code, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("rank", Text),
    Column("job", Text, nullable=False),
    Column("monthly_base", BigKey, nullable=False),
    Column("hired_on", Date, nullable=False),
    Column("left_on", Date),
    CheckConstraint("left_on > hired_on", name="service"),
    CheckConstraint("monthly_base >= 0", name="monthly_base"),
)

employment: Final = Table(
    "employment",
    metadata,
    Column("employee", Code, ForeignKey("employee.number"), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    # What is absent is as the employee's own row says.
    Column("job", Text),
    Column("rank", Text),
    Column("monthly_base", BigKey),
    PrimaryKeyConstraint("employee", "valid_from"),
    CheckConstraint("valid_to > valid_from", name="period"),
    CheckConstraint("monthly_base >= 0", name="monthly_base"),
)

posting: Final = Table(
    "posting",
    metadata,
    Column("employee", Code, ForeignKey("employee.number"), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("unit", Code, nullable=False),
    Column("role", Text, nullable=False),
    PrimaryKeyConstraint("employee", "valid_from"),
    CheckConstraint("valid_to > valid_from", name="period"),
)

rate: Final = Table(
    "rate",
    metadata,
    Column("currency", Code, nullable=False),
    Column("month", Code, nullable=False),
    Column("usd", Exact, nullable=False),
    PrimaryKeyConstraint("currency", "month"),
)

status: Final = Table(
    "status",
    metadata,
    Column("employee", Code, ForeignKey("employee.number"), nullable=False),
    Column("cycle", Integer, nullable=False),
    # Nothing else tells two rows of one employee and cycle apart: they may be alike.
    Column("place", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("note", Text),
    PrimaryKeyConstraint("employee", "cycle", "place"),
)

result: Final = Table(
    "result",
    metadata,
    Column("employee", Code, ForeignKey("employee.number"), nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("final_score", Exact, nullable=False),
    Column("grade", Text),
    PrimaryKeyConstraint("employee", "cycle"),
)

discipline: Final = Table(
    "discipline",
    metadata,
    Column("employee", Code, ForeignKey("employee.number"), nullable=False),
    Column("decided_on", Date, nullable=False),
    Column("kind", Text, nullable=False),
    # As the file says it: "yes", or nothing.
    Column("grave", Text),
    Column("lifted_on", Date),
    PrimaryKeyConstraint("employee", "decided_on"),
    CheckConstraint("lifted_on >= decided_on", name="days"),
    CheckConstraint("grave = 'yes'", name="grave"),
)

path: Final = Table(
    "path",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("chain", Code, nullable=False, unique=True),
)

revision: Final = Table(
    "revision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    # A hash over the revision before and all that was loaded since: two databases with one token hold the same rows.
    Column("token", Text, nullable=False),
    Column("loaded_at", Instant, nullable=False),
    # A hash over all that was decided in the application and goes before what a folder says; empty before the first decision.
    Column("decided", Text, nullable=False, server_default=""),
    CheckConstraint("id = 1", name="single"),
)

load_run: Final = Table(
    "load_run",
    metadata,
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("loaded_at", Instant, nullable=False),
    Column("loaded_by", Text, nullable=False),
    Column("token", Text, nullable=False),
)

load_text: Final = Table(
    "load_text",
    metadata,
    # Kept by what it says: a file that comes again is stored once.
    Column("sha256", Code, primary_key=True),
    Column("content", Text, nullable=False),
)

load_file: Final = Table(
    "load_file",
    metadata,
    Column("revision", Integer, ForeignKey("load_run.revision"), nullable=False),
    Column("name", Code, nullable=False),
    Column("sha256", Code, ForeignKey("load_text.sha256"), nullable=False),
    Column("row_count", Integer, nullable=False),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("removed", Integer, nullable=False),
    sa.PrimaryKeyConstraint("revision", "name"),
)

FOLDER: Final = (unit_period, employee, employment, posting, rate, status, result, discipline, path, revision)
"""What a folder's rows are written into, as far as it is the organisation's, each after what it refers to; with the paths and the revision."""
