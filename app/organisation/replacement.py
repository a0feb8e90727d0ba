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
from app.kit.replacing import (
    FileRows,
    Row,
    RowChanges,
    Rows,
    StoredFile,
    compare,
    exact_text,
    exchange_files,
    remove,
    stored_files,
    stored_rows,
)
from app.organisation import tables
from app.organisation.directory import Discipline, Employee, Result, Status
from app.organisation.revision import Revision, current_revision, next_token
from app.rules.employment import EmploymentPeriod
from app.rules.placement import Placement, Posting, Tree, UnitPeriod, path_text

__all__ = [
    "ORGANISATION_FILES",
    "LoadedFile",
    "Needs",
    "Organisation",
    "organisation_rows",
    "raise_revision",
    "replace",
    "stored_organisation",
]

_EMPLOYEE: Final = ("number", "name", "email", "rank", "job", "monthly_base", "hired_on", "left_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """The rows of a folder's eight files of the organisation; rates as (month, currency, US dollars for one unit)."""

    units: Sequence[UnitPeriod] = ()
    employees: Sequence[Employee] = ()
    employment: Sequence[EmploymentPeriod] = ()
    postings: Sequence[Posting] = ()
    rates: Sequence[tuple[str, str, Decimal]] = ()
    statuses: Sequence[Status] = ()
    results: Sequence[Result] = ()
    disciplines: Sequence[Discipline] = ()


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


def _units(rows: Iterable[UnitPeriod]) -> Iterable[Row]:
    return (
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
    )


def _employees(rows: Iterable[Employee]) -> Iterable[Row]:
    return (
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
    )


def _employment(rows: Iterable[EmploymentPeriod]) -> Iterable[Row]:
    return (
        (
            one.employee,
            one.period.from_,
            one.period.to,
            None if one.job is None else str(one.job),
            one.rank,
            one.monthly_base,
        )
        for one in rows
    )


def _postings(rows: Iterable[Posting]) -> Iterable[Row]:
    return ((one.employee, one.period.from_, one.period.to, one.unit, str(one.role)) for one in rows)


def _statuses(rows: Iterable[Status]) -> Iterable[Row]:
    places: dict[tuple[str, int], int] = {}
    placed: list[Row] = []
    for one in rows:
        place = places[one.employee, one.cycle] = places.get((one.employee, one.cycle), 0) + 1
        placed.append((one.employee, one.cycle, place, str(one.kind), one.period.from_, one.period.to, one.note))
    return placed


def _results(rows: Iterable[Result]) -> Iterable[Row]:
    return ((one.employee, one.cycle, exact_text(one.final_score), one.grade) for one in rows)


def _disciplines(rows: Iterable[Discipline]) -> Iterable[Row]:
    return (
        (one.employee, one.decided_on, str(one.kind), "yes" if one.is_grave else None, one.lifted_on) for one in rows
    )


_STORED: Final[Mapping[str, StoredFile]] = {
    "units": StoredFile(
        tables.unit_period,
        (
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
        ),
        2,
    ),
    "employment": StoredFile(
        tables.employment, ("employee", "valid_from", "valid_to", "job", "rank", "monthly_base"), 2
    ),
    "postings": StoredFile(tables.posting, ("employee", "valid_from", "valid_to", "unit", "role"), 2),
    "rates": StoredFile(tables.rate, ("currency", "month", "usd"), 2),
    "status": StoredFile(tables.status, ("employee", "cycle", "place", "kind", "valid_from", "valid_to", "note"), 3),
    "results": StoredFile(tables.result, ("employee", "cycle", "final_score", "grade"), 2),
    "discipline": StoredFile(tables.discipline, ("employee", "decided_on", "kind", "grave", "lifted_on"), 2),
}
"""Where the rows of each file are, but for those of employees, which are changed in place."""

_PEOPLE: Final = StoredFile(tables.employee, _EMPLOYEE, 1)
_FILES: Final = {"employees": _PEOPLE, **_STORED}

ORGANISATION_FILES: Final = frozenset(_FILES)
"""The files of the agency folder that say who is where, by name without ``.csv``."""


def organisation_rows(organisation: Organisation) -> dict[str, FileRows]:
    """The rows of each of the eight files as the database keeps them."""
    rows: dict[str, Iterable[Row]] = {
        "units": _units(organisation.units),
        "employees": _employees(organisation.employees),
        "employment": _employment(organisation.employment),
        "postings": _postings(organisation.postings),
        "rates": ((currency, month, exact_text(usd)) for month, currency, usd in organisation.rates),
        "status": _statuses(organisation.statuses),
        "results": _results(organisation.results),
        "discipline": _disciplines(organisation.disciplines),
    }
    return {name: _FILES[name].of(some) for name, some in rows.items()}


def stored_organisation(connection: Connection) -> dict[str, FileRows]:
    """Of each of the eight files the rows that were last loaded. Queries: 8."""
    return stored_files(connection, _FILES)


def replace(
    connection: Connection,
    organisation: Organisation,
    *,
    wanted: Mapping[str, FileRows] | None = None,
    there: Mapping[str, FileRows] | None = None,
) -> tuple[dict[str, RowChanges], dict[str, Iterable[Row]]]:
    """Put the rows in place of those that are there, and number the paths that are new.

    Args:
        connection: a writing transaction.
        organisation: the rows, which must be right.
        wanted: the same as the database keeps them (:func:`organisation_rows`), where they were made already.
        there: what is there (:func:`stored_organisation`), where it was read in this transaction and no other load can have come since.

    Returns:
        How many rows of each file changed, and all rows of those files that did.

    Queries: without ``there`` 8 to compare; what is changed besides.
    """
    wanted = organisation_rows(organisation) if wanted is None else wanted
    people = wanted["employees"].rows
    known = stored_rows(connection, *_PEOPLE[:2], key=_PEOPLE.key) if there is None else there["employees"].rows
    of_people = compare(known, people)
    if of_people:
        # New people first, since postings refer to them; those who are left out go last.
        _keep_employees(connection, known, people)
    changes, contents = exchange_files(connection, _STORED, wanted, there)
    remove(connection, tables.employee, ["number"], [one for one in known if one not in people])
    if changes["units"] or changes["postings"]:
        _number_paths(connection, Placement(Tree(organisation.units), organisation.postings))
    changes["employees"] = of_people
    if of_people:
        contents["employees"] = people.values()
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
