"""The organisation as other rows than those that are loaded would have it: nothing of it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from app.organisation.directory import Directory, directory_of
from app.organisation.replacement import Organisation
from app.organisation.revision import Revision
from app.rules.money import Rates
from app.rules.placement import Placement, Tree, path_text

__all__ = ["organisation_of", "previewed_directory"]

T = TypeVar("T")


def previewed_directory(before: Directory, organisation: Organisation, *, token: str) -> Directory:
    """The directory that a load of these rows would make; who and what is new has the numbers that the load would give.

    Args:
        before: what is loaded now.
        organisation: the rows, which must be right.
        token: what read models of it are kept by (:func:`app.organisation.previewed_token`).
    """
    employees = {one.number: one for one in sorted(organisation.employees, key=lambda one: one.number)}
    last_id = max(before.ids.values(), default=0)
    fresh = [number for number in employees if number not in before.ids]
    ids = {number: before.ids[number] for number in employees if number in before.ids}
    ids |= {number: last_id + place for place, number in enumerate(fresh, 1)}
    postings = sorted(organisation.postings, key=lambda one: (one.employee, str(one.period.from_ or "")))
    paths = dict(before.numbers_of_paths)
    last_path = max(paths, default=0)
    unknown = [path for path in Placement(Tree(organisation.units), postings).paths if path not in before.path_ids]
    paths |= {last_path + place: path for place, path in enumerate(sorted(unknown, key=path_text), 1)}
    employment = sorted(organisation.employment, key=lambda one: str(one.period.from_ or ""))
    return directory_of(
        Revision(before.revision, token, before.loaded_at),
        units=organisation.units,
        postings=postings,
        employees=employees,
        employment=_by_employee((one.employee, one) for one in employment),
        statuses=_by_employee((one.employee, one) for one in sorted(organisation.statuses, key=lambda one: one.cycle)),
        results=_by_employee((one.employee, one) for one in sorted(organisation.results, key=lambda one: one.cycle)),
        rates=Rates(organisation.rates),
        paths=paths,
        ids=ids,
    )


def organisation_of(directory: Directory) -> Organisation:
    """The rows that a directory was made of, but for the exchange rates: what a form makes other rows from."""
    return Organisation(
        units=[row for unit in directory.tree.units for row in directory.tree.rows(unit)],
        employees=list(directory.employees.values()),
        employment=[one for rows in directory.employment.values() for one in rows],
        postings=[one for number in directory.placement.employees for one in directory.placement.postings(number)],
        statuses=[one for rows in directory.statuses.values() for one in rows],
        results=[one for rows in directory.results.values() for one in rows],
    )


def _by_employee(some: Iterable[tuple[str, T]]) -> Mapping[str, tuple[T, ...]]:
    by_employee: dict[str, list[T]] = {}
    for employee, one in some:
        by_employee.setdefault(employee, []).append(one)
    return {employee: tuple(rows) for employee, rows in by_employee.items()}
