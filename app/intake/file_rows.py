"""One file of the agency folder row by row: as it is, as it was at a revision, and what became of each row, with who, who agreed, and why.

Do not read a row's past off the rows that are there. Every load is kept whole, whichever door it came by: a row's past is what its file said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app import decisions
from app.intake import tables
from app.intake.changing import folder_at
from app.intake.folder import DEFINITIONS, FILES, POLICIES
from app.intake.stored_folder import KEYS, NoRevision, plain_cell
from app.kit.files import Row, read_csv_text
from app.kit.refusals import NotThere
from app.organisation import current_revision
from app.organisation.tables import load_file, load_run, load_text
from app.rules.terms import FIGURE_PATTERN, Node

__all__ = ["RowVersion", "file_rows", "row_history"]

_SPANS: Final[Mapping[str, tuple[str, str]]] = {
    "units": ("valid_from", "valid_to"),
    "employees": ("hired_on", "left_on"),
    "postings": ("from", "to"),
    "employment": ("from", "to"),
    "status": ("from", "to"),
    "discipline": ("decided_on", "lifted_on"),
}
"""The columns between which a row holds; other files' rows hold on no day alone."""


def file_rows(
    connection: Connection,
    file: str,
    *,
    on: dt.date | None = None,
    node: Node | None = None,
    revision: int | None = None,
) -> list[dict[str, str]]:
    """The rows of a file in canonical order, by column, as CSV has them.

    Args:
        connection: any transaction.
        file: with ``.csv``.
        on: only rows that hold on this day, of files whose rows hold for some days.
        node: only rows about this unit or employee.
        revision: of this revision; None for the present one.

    Raises:
        NotThere: there is no such file.
        NoRevision: there is no such revision.

    Queries: those of :func:`app.intake.changing.folder_at`.
    """
    name = file.removesuffix(".csv")
    if f"{name}.csv" != file or name not in FILES:
        raise NotThere
    present = current_revision(connection).number
    if revision is not None and not 1 <= revision <= present:
        raise NoRevision(parameters={"revision": revision, "latest": present})
    folder = folder_at(connection, present if revision is None else revision)
    rows = folder.rows(name) if name != "status" else [dict(row) for row in folder.by_key(name).values()]
    return [row for row in rows if _holds(name, row, on) and _is_about(name, row, node)]


def _holds(name: str, row: Mapping[str, str], on: dt.date | None) -> bool:
    if on is None or name not in _SPANS:
        return True
    first, last = (row[column] for column in _SPANS[name])
    day = on.isoformat()
    return (not first or first <= day) and (not last or day < last)


def _is_about(name: str, row: Mapping[str, str], node: Node | None) -> bool:
    if node is None:
        return True
    about = {row.get("node", ""), f"employee:{row.get('employee', '')}"}
    about |= {f"unit:{row['code']}"} if name == "units" else set()
    about |= {f"employee:{row['number']}"} if name == "employees" else set()
    about |= {f"unit:{row['unit']}"} if name in {"postings", "market"} else set()
    return str(node) in about


@dataclass(frozen=True, slots=True, kw_only=True)
class RowVersion:
    """A row as one revision left it.

    Attributes:
        revision: which.
        at: when it was loaded.
        by: who loaded it: an account, the command, ``change:ID`` for a change set.
        row: the row, or a definition's text; None where it is there no more.
        maker: of a change set who wrote it.
        approved_by: of a change set who agreed; None where one person sufficed, and outside of one.
        why: of a change set its reason.
    """

    revision: int
    at: dt.datetime
    by: str
    row: Mapping[str, str] | str | None
    maker: str | None = None
    approved_by: str | None = None
    why: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As the API tells it."""
        return {
            "revision": self.revision,
            "at": self.at.isoformat(),
            "by": self.by,
            "row": dict(self.row) if isinstance(self.row, Mapping) else self.row,
            "maker": self.maker,
            "approved_by": self.approved_by,
            "why": self.why,
        }


def row_history(connection: Connection, file: str, key: str) -> list[RowVersion]:
    """Every revision that left a row another than before, the newest first.

    Args:
        connection: any transaction.
        file: with ``.csv``; or ``definitions``, ``policies``.
        key: its values joined by blanks; of definitions ``goals`` or ``kpi:CODE``.

    Raises:
        NotThere: no revision has had it.

    Queries: 4.
    """
    name = file.removesuffix(".csv")
    is_document = file in {DEFINITIONS, POLICIES}
    if not is_document and (f"{name}.csv" != file or name not in FILES):
        raise NotThere
    loaded = f"{DEFINITIONS}/{POLICIES if file == POLICIES else key}" if is_document else file
    versions: list[tuple[int, Mapping[str, str] | str | None]] = []
    for revision, row in _rows_of(connection, loaded, lambda text: text if is_document else _row_in(name, text, key)):
        if row != (versions[-1][1] if versions else None):
            versions.append((revision, row))
    if not versions:
        raise NotThere
    runs = _runs(connection, [revision for revision, _ in versions])
    return [RowVersion(revision=revision, row=row, **runs[revision]) for revision, row in reversed(versions)]


def _rows_of(
    connection: Connection, loaded: str, row_in: Callable[[str], Mapping[str, str] | str | None]
) -> Iterator[tuple[int, Mapping[str, str] | str | None]]:
    """What each revision's file says of a row, where the file is another than before; None where there is none. Queries: 2.

    Of the files one at a time is in memory: each change of a row has kept the whole again.
    """
    of = load_file.c
    query = sa.select(of.revision, of.sha256).where(of.name == loaded).order_by(of.revision)
    by_revision = {row.revision: row.sha256 for row in connection.execute(query)}
    texts = sa.select(load_text.c.sha256, load_text.c.content).where(
        load_text.c.sha256.in_(sa.select(of.sha256).where(of.name == loaded))
    )
    rows = {one.sha256: row_in(one.content) for one in connection.execute(texts, execution_options={"yield_per": 1})}
    before: str | None = None
    for revision in range(1, current_revision(connection).number + 1):
        now = by_revision.get(revision)
        if now != before:
            yield revision, None if now is None else rows[now]
        before = now


def _row_in(name: str, text: str, key: str) -> dict[str, str] | None:
    """The row of a key in a file as it came, its figures in one spelling."""
    places: dict[tuple[str, str], int] = {}
    columns = FILES[name].all
    for item in read_csv_text(_lines_of(text, key), columns=FILES[name], name=f"{name}.csv"):
        if not isinstance(item, Row):
            continue
        row = {column: plain_cell(item.values.get(column, "")) for column in columns}
        if name == "status":
            owner = row["employee"], row["cycle"]
            places[owner] = places.get(owner, 0) + 1
            row["place"] = str(places[owner])
        if " ".join(row[column] for column in KEYS[name]) == key:
            return row
    return None


def _lines_of(text: str, key: str) -> str:
    """A file's first line and those that a key's row may stand in, by the key's longest value: others need not be read as CSV.

    It is the whole file where a value may be spelled otherwise in it (a figure with a point, a quotation mark), where a cell may go on in the next
    line, and where the first line may not be the heading.
    """
    values = [
        part for part in key.split(" ") if '"' not in part and not ("." in part and FIGURE_PATTERN.fullmatch(part))
    ]
    lines = text.split("\n")
    if not values or not lines[0].strip() or any(line.count('"') % 2 for line in lines):
        return text
    longest = max(values, key=len)
    return "\n".join([lines[0], *(line for line in lines[1:] if longest in line)])


def _runs(connection: Connection, revisions: Sequence[int]) -> dict[int, dict[str, Any]]:
    """When and by whom revisions were loaded; of change sets who wrote them, who agreed, and why. Queries: 3 at most, and those of their decisions."""
    run, change = load_run.c, tables.change_set.c
    query = sa.select(run.revision, run.loaded_at, run.loaded_by).where(run.revision.in_(revisions))
    told: dict[int, dict[str, Any]] = {
        row.revision: {"at": row.loaded_at, "by": row.loaded_by} for row in connection.execute(query)
    }
    sets = sa.select(change.revision, change.account, change.reason, change.decision).where(
        change.revision.in_(revisions)
    )
    rows = connection.execute(sets).all()
    ended = decisions.ended_by(connection, [row.decision for row in rows if row.decision is not None])
    for row in rows:
        told[row.revision] |= {
            "maker": row.account.removeprefix("account:"),
            "approved_by": ended.get(row.decision),
            "why": row.reason,
        }
    return told
