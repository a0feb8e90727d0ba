"""A load's rows of the organisation in place of those of the load before.

Only what differs is written, so that loading the same folder again changes nothing. An employee's row is changed in place: the
ledger and the postings refer to it. Whether the rows are right is settled before: :mod:`app.intake.folder`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import bulk_insert, bulk_update
from app.kit.replacing import FileRows, Row, RowChanges, Rows, compare, exact_text, exchange, remove, stored_rows
from app.organisation import tables
from app.organisation.directory import Employee, Result, Status
from app.organisation.revision import Revision, current_revision, next_token
from app.rules.employment import EmploymentPeriod
from app.rules.placement import Placement, Posting, Tree, UnitPeriod, path_text

__all__ = [
    "LoadedFile",
    "Needs",
    "Organisation",
    "organisation_rows",
    "raise_revision",
    "replace",
    "stored_organisation",
]

_UNIT: Final = (
    "code",
    "valid_from",
    "valid_to",
    "name",
    "name_ko",
    "name_es",
    "kind",
    "parent",
    "country",
    "timezone",
    "evaluation_group",
)
_EMPLOYEE: Final = ("number", "name", "email", "rank", "job", "monthly_base", "hired_on", "left_on")
_EMPLOYMENT: Final = ("employee", "valid_from", "valid_to", "job", "rank", "monthly_base")
_POSTING: Final = ("employee", "valid_from", "valid_to", "unit", "role")
_RATE: Final = ("currency", "month", "usd")
_STATUS: Final = ("employee", "cycle", "place", "kind", "valid_from", "valid_to", "note")
_RESULT: Final = ("employee", "cycle", "final_score", "grade")


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """The rows of a folder's seven files of the organisation; rates as (month, currency, US dollars for one unit)."""

    units: Sequence[UnitPeriod] = ()
    employees: Sequence[Employee] = ()
    employment: Sequence[EmploymentPeriod] = ()
    postings: Sequence[Posting] = ()
    rates: Sequence[tuple[str, str, Decimal]] = ()
    statuses: Sequence[Status] = ()
    results: Sequence[Result] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What recorded activities need of a folder, so that no load may leave it out (contract, "The agency folder").

    Attributes:
        employees: the numbers of all that activities and verdicts name.
        units: the codes of all units that credits belong to.
        currencies: of every currency the month of the earliest amount, as ``2026-03``.
    """

    employees: Collection[str] = frozenset()
    units: Collection[str] = frozenset()
    currencies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFile:
    """A file as it came, kept for ever, and what it changed."""

    name: str
    text: str
    row_count: int
    changes: RowChanges


def _keyed(rows: Iterable[Row], key: int) -> Rows:
    return {row[:key]: row for row in rows}


def _units(rows: Iterable[UnitPeriod]) -> Rows:
    return _keyed(
        (
            (
                one.code,
                one.period.from_,
                one.period.to,
                str(one.name),
                one.name.ko,
                one.name.es,
                str(one.kind),
                one.parent,
                one.country,
                one.timezone,
                one.evaluation_group,
            )
            for one in rows
        ),
        2,
    )


def _employees(rows: Iterable[Employee]) -> Rows:
    return _keyed(
        (
            (
                one.number,
                one.name,
                one.email,
                one.rank,
                str(one.job),
                one.monthly_base,
                one.hired_on,
                one.left_on,
            )
            for one in rows
        ),
        1,
    )


def _employment(rows: Iterable[EmploymentPeriod]) -> Rows:
    return _keyed(
        (
            (
                one.employee,
                one.period.from_,
                one.period.to,
                None if one.job is None else str(one.job),
                one.rank,
                one.monthly_base,
            )
            for one in rows
        ),
        2,
    )


def _postings(rows: Iterable[Posting]) -> Rows:
    return _keyed(((one.employee, one.period.from_, one.period.to, one.unit, str(one.role)) for one in rows), 2)


def _statuses(rows: Iterable[Status]) -> Rows:
    places: dict[tuple[str, int], int] = {}
    placed: list[Row] = []
    for one in rows:
        place = places[one.employee, one.cycle] = places.get((one.employee, one.cycle), 0) + 1
        placed.append((one.employee, one.cycle, place, str(one.kind), one.period.from_, one.period.to, one.note))
    return _keyed(placed, 3)


def _results(rows: Iterable[Result]) -> Rows:
    return _keyed(((one.employee, one.cycle, exact_text(one.final_score), one.grade) for one in rows), 2)


_STORED: Final[Mapping[str, tuple[sa.Table, tuple[str, ...], int]]] = {
    "units": (tables.unit_period, _UNIT, 2),
    "employees": (tables.employee, _EMPLOYEE, 1),
    "employment": (tables.employment, _EMPLOYMENT, 2),
    "postings": (tables.posting, _POSTING, 2),
    "rates": (tables.rate, _RATE, 2),
    "status": (tables.status, _STATUS, 3),
    "results": (tables.result, _RESULT, 2),
}
"""Where the rows of each file are: the table, its columns, and how many of them are the key."""


def organisation_rows(organisation: Organisation) -> dict[str, FileRows]:
    """The rows of each of the seven files as the database keeps them."""
    rates = ((currency, month, exact_text(usd)) for month, currency, usd in organisation.rates)
    rows: dict[str, Rows] = {
        "units": _units(organisation.units),
        "employees": _employees(organisation.employees),
        "employment": _employment(organisation.employment),
        "postings": _postings(organisation.postings),
        "rates": _keyed(rates, 2),
        "status": _statuses(organisation.statuses),
        "results": _results(organisation.results),
    }
    return {name: FileRows(columns, rows[name]) for name, (_, columns, _) in _STORED.items()}


def stored_organisation(connection: Connection) -> dict[str, FileRows]:
    """Of each of the seven files the rows that were last loaded. Queries: 7."""
    return {
        name: FileRows(columns, stored_rows(connection, table, columns, key=key))
        for name, (table, columns, key) in _STORED.items()
    }


def replace(
    connection: Connection, organisation: Organisation
) -> tuple[dict[str, RowChanges], dict[str, Iterable[Row]]]:
    """Put the rows in place of those that are there, and number the paths that are new.

    Args:
        connection: a writing transaction.
        organisation: the rows, which must be right.

    Returns:
        How many rows of each file changed, and all rows of those files that did.

    Queries: 7 to compare; what is changed besides.
    """
    wanted_rows = organisation_rows(organisation)
    changes: dict[str, RowChanges] = {}
    contents: dict[str, Iterable[Row]] = {}
    people = wanted_rows["employees"].rows
    known = stored_rows(connection, tables.employee, _EMPLOYEE, key=1)
    changes["employees"] = compare(known, people)
    if changes["employees"]:
        contents["employees"] = people.values()
        # New people first, since postings refer to them; those who are left out go last.
        _keep_employees(connection, known, people)
    for name, (table, columns, key) in _STORED.items():
        if table is tables.employee:
            continue
        wanted = wanted_rows[name].rows
        stored = stored_rows(connection, table, columns, key=key)
        changes[name] = compare(stored, wanted)
        if changes[name]:
            exchange(connection, table, columns, key=key, stored=stored, wanted=wanted)
            contents[name] = wanted.values()
    remove(connection, tables.employee, ["number"], [one for one in known if one not in people])
    if changes["units"] or changes["postings"]:
        _number_paths(connection, Placement(Tree(organisation.units), organisation.postings))
    return changes, contents


def _keep_employees(connection: Connection, known: Rows, people: Rows) -> None:
    """Add who is new under the next ids, in order of their numbers, and change rows in place."""
    last = connection.execute(sa.select(sa.func.max(tables.employee.c.id))).scalar() or 0
    fresh = sorted(key for key in people if key not in known)
    rows = [(last + place, *people[key]) for place, key in enumerate(fresh, 1)]
    bulk_insert(connection, tables.employee, ("id", *_EMPLOYEE), rows)
    altered = [row for key, row in people.items() if key in known and known[key] != row]
    bulk_update(connection, tables.employee, ("number",), _EMPLOYEE[1:], altered)


def _number_paths(connection: Connection, placement: Placement) -> None:
    """Give numbers to the paths that never occurred before, in the order of their texts; those of earlier trees stay."""
    columns = tables.path.c
    known = {chain: number for number, chain in connection.execute(sa.select(columns.id, columns.chain))}
    fresh = [text for text in map(path_text, placement.paths) if text not in known]
    last = max(known.values(), default=0)
    bulk_insert(
        connection, tables.path, ("id", "chain"), [(last + place, chain) for place, chain in enumerate(fresh, 1)]
    )


def raise_revision(
    connection: Connection,
    *,
    contents: Mapping[str, Iterable[Row]],
    files: Sequence[LoadedFile],
    at: dt.datetime,
    by: str,
) -> Revision:
    """Record a load that changed something: the next revision, and every file as it came.

    Args:
        connection: a writing transaction.
        contents: all rows of every file that changed, by its name.
        files: every file of the load, changed or not.
        at: now.
        by: who loads: an account's address, or the command line.
    """
    before = current_revision(connection)
    after = Revision(before.number + 1, next_token(before, contents.items()), at)
    values = {"number": after.number, "token": after.token, "loaded_at": at}
    if before.number:
        connection.execute(sa.update(tables.revision).values(values))
    else:
        connection.execute(sa.insert(tables.revision).values(id=1, **values))
    connection.execute(
        sa.insert(tables.load_run).values(revision=after.number, loaded_at=at, loaded_by=by, token=after.token)
    )
    hashes = {one.name: hashlib.sha256(one.text.encode()).hexdigest() for one in files}
    texts = {hashes[one.name]: one.text for one in files}
    kept = set(connection.execute(sa.select(tables.load_text.c.sha256)).scalars()) if texts else set()
    fresh = [(sha256, text) for sha256, text in sorted(texts.items()) if sha256 not in kept]
    bulk_insert(connection, tables.load_text, ("sha256", "content"), fresh)
    bulk_insert(
        connection,
        tables.load_file,
        ("revision", "name", "sha256", "row_count", "added", "changed", "removed"),
        [
            (after.number, one.name, hashes[one.name], one.row_count, *one.changes[:3])
            for one in sorted(files, key=lambda one: one.name)
        ],
    )
    return after
