"""Whose account it is: the employee whom an administrator means, and what to look at before trusting that it is the right one.

A newcomer's usual mistake is to take a number as it is typed: one wrong digit makes somebody else the head. So a name does too, and the person
is shown with unit and posting.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from app.kit.refusals import Invalid, at_field
from app.organisation import Directory
from app.plain.findings import n_
from app.rules.permissions import Deed, Relation, relations_that_allow
from app.rules.terms import Role

__all__ = ["AccountPerson", "employee_meant", "person_of"]

_NUMBER_AT_END: Final = re.compile(r".*\(([^()]+)\)\s*", re.DOTALL)
_LISTED_MOST: Final = 5


@dataclass(frozen=True, slots=True)
class AccountPerson:
    """An account's employee, as the administrator recognises them."""

    number: str
    name: str
    unit: str | None
    heads: str | None
    """The name of the unit that they are posted to as head today."""
    heads_nothing: bool
    """The account has the role head, which gives nothing without such a posting."""


def employee_meant(directory: Directory, typed: str | None, *, field: str = "employee") -> str | None:
    """The number of the employee whom a text means: a number in any case, a name in any order, or a name with its number.

    Raises:
        Invalid: it means nobody, or several; then they are named; at the field of the form.
    """
    if typed is None:
        return None
    numbered = _NUMBER_AT_END.fullmatch(typed)
    meant = directory.employees_meant(numbered[1] if numbered else typed)
    if len(meant) == 1:
        return meant[0]
    if not meant:
        message = n_("There is no employee “%(employee)s”: write the name or the number of one who is loaded.")
        raise Invalid(at_field(field, "unknown", message, employee=typed))
    names = ", ".join(f"{directory.employees[one].name} ({one})" for one in meant[:_LISTED_MOST])
    message = n_("This means several employees (%(names)s): write the number of the right one.")
    if len(meant) > _LISTED_MOST:
        message = n_("This means many employees (such as %(names)s): write more of the name, or the number.")
    raise Invalid(at_field(field, "several", message, names=names))


def person_of(
    directory: Directory, employee: str | None, *, roles: Collection[Role], day: dt.date
) -> AccountPerson | None:
    """The person of an account on a day; None where it is no employee's, or the folder no longer names them."""
    known = directory.employees.get(employee) if employee is not None else None
    if known is None:
        return None
    unit = directory.unit_of(known.number, day)
    headed = next(iter(directory.units_headed_by(known.number, day)), None)
    return AccountPerson(
        number=known.number,
        name=known.name,
        unit=_name(directory, unit, day),
        heads=_name(directory, headed, day),
        heads_nothing=Relation.LINE in relations_that_allow(roles, Deed.VERIFY) and headed is None,
    )


def _name(directory: Directory, unit: str | None, day: dt.date) -> str | None:
    row = directory.unit_near(unit, day) if unit is not None else None
    return row.name if row is not None else unit
