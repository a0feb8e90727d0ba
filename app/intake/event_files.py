"""Files of events by their format: JSON lines, and tables whose rows stand for events.

Do not leave out a column that nobody knows. ``Credit`` beside ``credits`` would give a deal to one person alone: so
the file is stopped, unless its writer says that the column is for somebody else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from app.kit.files import Columns, LineContent, Remark, Row, Trouble, read_csv, read_ndjson, read_xlsx
from app.plain.findings import Finding, Place, n_
from app.plain.json_text import decode_sent
from app.rules.activity_rows import COLUMNS, activity_event_from_row

__all__ = ["EVENT_COLUMNS", "read_events"]

EVENT_COLUMNS: Final = Columns(
    optional=COLUMNS,
    ignored=frozenset({"errors"}),
    ignored_prefix="x_",
    texts=frozenset({"source", "id", "company_registration", "buyer_registration", "activity_source", "activity_id"}),
    paired=frozenset({"hs_code"}),
)
"""What a table of events may hold (contract, "Activities are CloudEvents 1.0")."""

_UNKNOWN_FORMAT: Final = n_("A file of events ends in .ndjson, .csv or .xlsx.")
_TABLES: Final[Mapping[str, Callable[..., Iterator[Row | Trouble | Remark]]]] = {".csv": read_csv, ".xlsx": read_xlsx}


def read_events(
    path: Path,
    *,
    name: str | None = None,
    ignored_columns: Collection[str] = (),
    value_of: Callable[[str], object] = decode_sent,
) -> Iterator[LineContent | Trouble | Remark]:
    """The events of a file, whatever its format; each goes to :func:`app.rules.activities.read`.

    Args:
        path: ``.ndjson``, ``.csv`` or ``.xlsx``.
        name: what findings call the file; its path otherwise.
        ignored_columns: names of columns of a table that are not read.
        value_of: reads a line of JSON.
    """
    ending = path.suffix.lower()
    if ending == ".ndjson":
        yield from read_ndjson(path, name=name, value_of=value_of)
    elif ending in _TABLES:
        ignored = {one.strip().casefold() for one in ignored_columns}
        columns = replace(EVENT_COLUMNS, ignored=EVENT_COLUMNS.ignored | ignored)
        for row in _TABLES[ending](path, columns=columns, name=name):
            yield _event(row) if isinstance(row, Row) else row
    else:
        place = Place(file=name or str(path))
        finding = Finding(code="unknown_format", message=_UNKNOWN_FORMAT, place=place)
        yield Trouble(name or str(path), None, (finding,), whole_file=True)


def _event(row: Row) -> LineContent:
    letters = sum(map(len, row.values.values()))
    return LineContent(row.file, row.line, activity_event_from_row(row.values), letters=letters)
