"""Units and postings from a day on otherwise: moved, closed, merged, split; people transferred, joined, left. Rows in, rows out.

What holds on a day is cut where the new begins and goes on where it ends, so that no day is without a row that had one and none has two
(:func:`laid_over`). A newcomer's usual mistake is to end the present row and forget those that begin later: somebody who is to return in July
returns in July, wherever they are sent in January.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, Self, TypeVar, cast

from app.rules.employment import EmploymentPeriod
from app.rules.placement import Posting, Tree, UnitPeriod, overlap
from app.rules.presence import cycle_of, cycle_period
from app.rules.terms import Job, Period

__all__ = [
    "Arrangement",
    "closed",
    "cycles_of",
    "departed",
    "employed",
    "laid_over",
    "opened",
    "transferred",
    "unit_changed",
]


class Dated(Protocol):
    """A row that holds on the days of a period."""

    @property
    def period(self) -> Period:
        """Its days."""


Row = TypeVar("Row", bound=Dated)
_FIRST: Final = dt.date.min


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """Units and who is posted to them: the rows of both files."""

    units: tuple[UnitPeriod, ...]
    postings: tuple[Posting, ...]

    def with_units(self, unit: str, rows: Iterable[UnitPeriod]) -> Self:
        """The same with other rows of a unit, all others as they are and where they are."""
        return replace(self, units=_exchanged(self.units, lambda one: one.code == unit, rows))

    def with_postings(self, employee: str, rows: Iterable[Posting]) -> Self:
        """The same with other postings of an employee, all others as they are and where they are."""
        return replace(self, postings=_exchanged(self.postings, lambda one: one.employee == employee, rows))


def _exchanged(rows: Sequence[Row], is_theirs: Callable[[Row], bool], wanted: Iterable[Row]) -> tuple[Row, ...]:
    at = next((place for place, one in enumerate(rows) if is_theirs(one)), len(rows))
    others = [one for one in rows if not is_theirs(one)]
    before = sum(not is_theirs(one) for one in rows[:at])
    return (*others[:before], *wanted, *others[before:])


def _on(row: Row, period: Period) -> Row:
    """The row on other days."""
    if row.period == period:
        return row
    changed: Any = cast("Any", row)
    return cast("Row", replace(changed, period=period))


def laid_over(rows: Iterable[Row], row: Row | None, within: Period) -> tuple[Row, ...]:
    """Rows of one owner, on some days replaced by another row, or by none: what they say of other days they go on saying.

    Args:
        rows: that do not overlap, in any order.
        row: what holds on these days; None for nothing.
        within: which days.

    Returns:
        The rows in order of their days; one that is not touched is the same.
    """
    laid = [] if row is None else [_on(row, within)]
    for one in rows:
        if overlap(one.period, within) is None:
            laid.append(one)
            continue
        if within.from_ is not None and (one.period.from_ is None or one.period.from_ < within.from_):
            laid.append(_on(one, Period(one.period.from_, within.from_)))
        if within.to is not None and (one.period.to is None or within.to < one.period.to):
            laid.append(_on(one, Period(within.to, one.period.to)))
    return tuple(sorted(laid, key=lambda one: one.period.from_ or _FIRST))


def _next_beginning(rows: Iterable[Dated], day: dt.date) -> dt.date | None:
    """The day on which the next row begins after a day; None where none does."""
    return min((one.period.from_ for one in rows if one.period.from_ and one.period.from_ > day), default=None)


# ------------------------------------------------------------------------------------------------------------------ people


def transferred(
    postings: Sequence[Posting],
    *,
    employee: str,
    unit: str,
    role: Job,
    from_: dt.date,
    to: dt.date | None = None,
) -> tuple[Posting, ...]:
    """An employee's postings with another place from a day on.

    Args:
        postings: the employee's.
        employee: the number.
        unit: where to.
        role: as what.
        from_: the first day there.
        to: the day after the last one, from which on holds what would have held; None for as long as nothing else is known: up to the next
            posting that begins later.
    """
    within = Period(from_, to or _next_beginning(postings, from_))
    return laid_over(postings, Posting(employee=employee, unit=unit, role=role, period=within), within)


def departed(rows: Sequence[Row], left_on: dt.date) -> tuple[Row, ...]:
    """The rows without the days from one on: of whoever leaves, or of a unit that closes.

    Args:
        rows: postings or terms of an employee, or the rows of a unit.
        left_on: the day after the last one.
    """
    return laid_over(rows, None, Period(left_on, None))


def employed(
    rows: Sequence[EmploymentPeriod],
    *,
    employee: str,
    from_: dt.date,
    job: Job | None = None,
    rank: str | None = None,
    monthly_base: int | None = None,
) -> tuple[EmploymentPeriod, ...]:
    """An employee's terms with other ones from a day on; what is not given stays, in rows that begin later too.

    Args:
        rows: the employee's.
        employee: the number.
        from_: the first day.
        job: the new one; None where it stays. So with the others.
        rank: the new one.
        monthly_base: the new one, in won a month.
    """
    wanted = {"job": job, "rank": rank, "monthly_base": monthly_base}
    given = {name: value for name, value in wanted.items() if value is not None}
    present = next((one for one in rows if from_ in one.period), None)
    within = Period(from_, _next_beginning(rows, from_) if present is None else present.period.to)
    now = present or EmploymentPeriod(employee=employee, period=within)
    changed = laid_over(rows, replace(now, period=within, **cast("Any", given)), within)
    return _carried(changed, now, given, from_)


# ------------------------------------------------------------------------------------------------------------------- units


def unit_changed(rows: Sequence[UnitPeriod], *, from_: dt.date, **given: object) -> tuple[UnitPeriod, ...]:
    """A unit's rows with other columns from a day on: renamed, moved under another, or of another group or country.

    A row that begins later and merely repeats what held gets the new value too; one that says something of its own keeps it.

    Args:
        rows: the unit's; one of them holds on the day.
        from_: the first day.
        given: the new columns.
    """
    present = next(one for one in rows if from_ in one.period)
    within = Period(from_, present.period.to)
    changed = laid_over(rows, replace(present, period=within, **cast("Any", given)), within)
    return _carried(changed, present, given, from_)


def _carried(rows: Sequence[Row], before: Row, given: Mapping[str, object], from_: dt.date) -> tuple[Row, ...]:
    """Rows that begin after a day with the columns that are new, as far as they said what held before; up to the first that says otherwise."""
    carried: list[Row] = []
    open_ones = dict(given)
    for one in rows:
        if one.period.from_ is None or one.period.from_ <= from_:
            carried.append(one)
            continue
        open_ones = {name: value for name, value in open_ones.items() if getattr(one, name) == getattr(before, name)}
        later: Any = cast("Any", one)
        carried.append(cast("Row", replace(later, **open_ones)) if open_ones else one)
    return tuple(carried)


def opened(layout: Arrangement, row: UnitPeriod) -> Arrangement:
    """With a unit that begins, or begins anew, on the days of its row."""
    rows = [one for one in layout.units if one.code == row.code]
    return layout.with_units(row.code, laid_over(rows, row, row.period))


def closed(
    layout: Arrangement,
    unit: str,
    *,
    from_: dt.date,
    people_to: str,
    units_to: str,
    heads_as: Job = Job.HEAD,
) -> Arrangement:
    """Without a unit from a day on: who is posted to it is posted to another, and the units below hang below another.

    Args:
        layout: what holds.
        unit: which closes; to merge it into another is to give that one all of it.
        from_: the first day without it.
        people_to: the unit of its people from then on.
        units_to: the unit above the units below it from then on.
        heads_as: what its heads are there.
    """
    gone = Period(from_, None)
    below = dict.fromkeys(one.code for one in layout.units if one.parent == unit and overlap(one.period, gone))
    after = layout.with_units(unit, departed([one for one in layout.units if one.code == unit], from_))
    for code in below:
        after = after.with_units(code, _hung_elsewhere(after.units, code, unit, units_to, from_))
    posted = dict.fromkeys(one.employee for one in layout.postings if one.unit == unit and overlap(one.period, gone))
    for employee in posted:
        rows = tuple(one for one in after.postings if one.employee == employee)
        for one in [one for one in rows if one.unit == unit]:
            within = overlap(one.period, gone)
            if within is not None:
                role = heads_as if one.role is Job.HEAD else one.role
                rows = laid_over(rows, replace(one, unit=people_to, role=role), within)
        after = after.with_postings(employee, rows)
    return after


def _hung_elsewhere(
    units: Iterable[UnitPeriod], code: str, above: str, to: str, from_: dt.date
) -> tuple[UnitPeriod, ...]:
    """A unit's rows with another unit above it on all days from one on on which a certain one is."""
    rows: tuple[UnitPeriod, ...] = tuple(one for one in units if one.code == code)
    for one in rows:
        within = overlap(one.period, Period(from_, None)) if one.parent == above else None
        if within is not None:
            rows = laid_over(rows, replace(one, parent=to), within)
    return rows


def may_stand_below(layout: Arrangement, unit: str, *, from_: dt.date) -> Collection[str]:
    """The units that a unit can be moved under on a day: all that live then, but itself and what is below it."""
    tree = Tree(layout.units)
    below = set(tree.below_on(unit, from_))
    return [code for code in tree.units if code not in below and tree.unit_on(code, from_) is not None]


# ------------------------------------------------------------------------------------------------------------------ cycles


def cycles_of(period: Period, *, first_month: int) -> tuple[tuple[int, Period], ...]:
    """The cycles that days lie in, each with those of its days; of days without an end the cycle in which they begin.

    Args:
        period: with a first day.
        first_month: in which cycles begin.
    """
    if period.from_ is None:
        message = "days that are entered begin on one"
        raise ValueError(message)
    first = cycle_of(period.from_, first_month)
    last = first if period.to is None else cycle_of(period.to - dt.timedelta(days=1), first_month)
    parts: list[tuple[int, Period]] = []
    for year in range(first, last + 1):
        whole = cycle_period(year, first_month)
        shared = overlap(period, whole)
        if shared is not None:
            ends_with_cycle = period.to is None
            parts.append((year, Period(shared.from_, None if ends_with_cycle else shared.to)))
    return tuple(parts)
