"""What the forms of units and people work on: the organisation as it would be with the chosen change set, and how what is typed means its people and units."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from app import intake, organisation
from app.intake import FindingsInTheWay, Put
from app.kit.refusals import Invalid, at_field
from app.organisation import Directory, Organisation
from app.plain.findings import Finding, n_
from app.rules.reorganising import Arrangement
from app.web.asked.request_context import RequestContext
from app.web.changes.account_person import employee_meant
from app.web.changes.change_basket import Basket
from app.web.wording.languages import named

__all__ = [
    "Draft",
    "before_day",
    "draft",
    "draft_or_loaded",
    "employees_typed",
    "has_units",
    "missing",
    "unit_choices",
    "unit_name",
]

EMPTY: Final = n_("This is empty: fill it in.")
_SEVERAL_MOST: Final = 500
_TOO_MANY: Final = n_("These are more than %(most)s people: name fewer of them at once.")


@dataclass(frozen=True, slots=True)
class Draft:
    """The organisation with a set in it, and its rows."""

    directory: Directory
    rows: Organisation

    @property
    def layout(self) -> Arrangement:
        """Units and postings."""
        return Arrangement(units=tuple(self.rows.units), postings=tuple(self.rows.postings))

    def laid_out(self, layout: Arrangement, **more: Any) -> Organisation:
        """The rows with units and postings of a layout, and what else is another."""
        return replace(self.rows, units=layout.units, postings=layout.postings, **more)

    def puts(self, after: Organisation) -> list[Put]:
        """What a set has to say for the rows to become others."""
        return intake.puts_between(self.rows, after)


def draft(context: RequestContext, chosen: Basket) -> Draft:
    """What a form works on. Queries: none for a set that is empty; else those of :func:`app.intake.check_change`.

    Raises:
        FindingsInTheWay: the set has errors, so that nothing can be built upon it.
    """
    directory = context.directory
    if chosen.changed:
        judged = intake.check_change(context.connection, chosen.changed)
        directory = intake.directory_with(context.connection, judged)
    return Draft(directory, organisation.organisation_of(directory))


def draft_or_loaded(context: RequestContext, chosen: Basket) -> tuple[Draft, bool]:
    """The same for a page that is looked at: what is loaded where the set has errors, and whether it has."""
    try:
        return draft(context, chosen), False
    except FindingsInTheWay:
        return Draft(context.directory, organisation.organisation_of(context.directory)), True


def unit_name(directory: Directory, code: str, day: dt.date) -> str:
    """A unit's name as on a day or near it, with its code."""
    row = directory.unit_near(code, day)
    name = code if row is None else named(row.name)
    return code if name == code else f"{name} ({code})"


def has_units(directory: Directory) -> bool:
    """Whether there is an agency on any day: without one, the first unit that is made is the agency itself."""
    return bool(directory.tree.units)


def unit_choices(directory: Directory, day: dt.date, *, without: Iterable[str] = ()) -> list[tuple[str, str]]:
    """The units of a day from the agency down, each set in by how deep it stands; of an agency that is yet to begin those of its first day.

    Args:
        directory: whose units.
        day: which day.
        without: those that cannot be chosen.
    """
    if directory.tree.root_on(day) is None:
        day = _first_day(directory, after=day)
    root = directory.tree.root_on(day)
    left_out = set(without)
    below = () if root is None else directory.units_below(root, day)
    deep = {code: len(directory.chain_on(code, day)) - 1 for code in below}
    return [(code, f"{'  ' * deep[code]}{unit_name(directory, code, day)}") for code in below if code not in left_out]


def _first_day(directory: Directory, *, after: dt.date) -> dt.date:
    tops = (row for code in directory.tree.units for row in directory.tree.rows(code) if row.parent is None)
    days = [row.period.from_ for row in tops if row.period.from_ is not None and row.period.from_ > after]
    return min(days, default=after)


def employees_typed(directory: Directory, text: str, *, field: str) -> list[str]:
    """The numbers of the employees whom lines mean, each once: by number or by name.

    Raises:
        Invalid: a line means nobody, or several.
    """
    lines = [one.strip() for one in re.split(r"[\n;]", text) if one.strip()]
    if len(lines) > _SEVERAL_MOST:
        raise Invalid(at_field(field, "too_many", _TOO_MANY, most=_SEVERAL_MOST))
    meant: dict[str, None] = {}
    findings: list[Finding] = []
    for line in lines:
        try:
            number = employee_meant(directory, line)
        except Invalid as refusal:
            findings += [at_field(field, one.code, one.message, **one.parameters) for one in refusal.findings]
        else:
            meant[number or line] = None
    if findings:
        raise Invalid(*findings)
    return list(meant)


def missing(**given: object) -> list[Finding]:
    """What is said at each field that is empty and must not be."""
    return [at_field(name, "missing", EMPTY) for name, value in given.items() if value is None or value == ""]


def before_day(day: dt.date) -> dt.date:
    """The day before: the last one on which something holds that ends on a day."""
    return day - dt.timedelta(days=1)
