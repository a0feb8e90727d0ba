"""Building the demonstration agency in SQLite, as ``make run`` does: generated, loaded, every event checked, derived and counted.

The baseline writes the rows that come of it into the same empty tables, with nothing but the driver.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path

from app.cli.running import build_instance
from app.kit.schema import migrate
from tests.bench.agency import Agency
from tests.bench.measuring import in_turn, seconds, tell

PEOPLE = 300
SCALE = 0.3
RUNS = 3

Rows = dict[str, list[tuple[object, ...]]]


def measure(agency: Agency) -> None:
    """Tell how many times as long the building takes as the writing."""
    del agency  # It has one of its own: this is about an empty folder.
    folder = Path(tempfile.mkdtemp(prefix="kopes-bench-run-"))
    try:
        built = folder / "built"
        _build(built)
        rows = _rows(built / "demo.sqlite")
        empty = folder / "empty.sqlite"
        migrate(f"sqlite:///{empty}")
        figures = in_turn(
            lambda: seconds(lambda: _build(built)),
            lambda: seconds(lambda: _write(rows, empty, folder / "bare.sqlite")),
            runs=RUNS,
        )
        tell("demonstration_built_to_rows_written_bare", figures, "s")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _build(instance: Path) -> None:
    instance.mkdir(exist_ok=True)
    build_instance(instance, f"sqlite:///{instance / 'demo.sqlite'}", people=PEOPLE, scale=SCALE)


def _rows(file: Path) -> Rows:
    with sqlite3.connect(file) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'alembic_version'"
        ).fetchall()
        return {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in tables}


def _write(rows: Rows, empty: Path, file: Path) -> None:
    shutil.copyfile(empty, file)
    connection = sqlite3.connect(file)
    for name, listed in rows.items():
        if listed:
            marks = ", ".join("?" * len(listed[0]))
            connection.executemany(f'INSERT OR IGNORE INTO "{name}" VALUES ({marks})', listed)
    connection.commit()
    connection.close()
