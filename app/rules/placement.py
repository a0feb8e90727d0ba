"""Who stood where on a day: the dated tree of units, and the postings of people in it.

A unit has a row for each period of its life; name, parent and group may differ from one to the next, and a day is judged by the
row that holds on it (contract, "The agency folder"). An activity belongs to the unit of its employee's posting on that day and
to every unit above it *on that day*: that chain, from the posted unit up to the root, is a *path*.
A newcomer's usual mistake is to ask for the parent of a unit without a day, or to walk through days: the tree is the same within
an *epoch*, the longest span in which no unit period begins or ends, and everything here works on epochs.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from app.plain.findings import Finding, Place, n_
from app.rules.terms import Job, Name, Period, UnitKind

__all__ = [
    "Located",
    "Path",
    "Placement",
    "Posting",
    "Tree",
    "UnitPeriod",
    "check_postings",
    "check_units",
    "ends_before_it_begins",
    "located",
    "overlap",
    "overlaps",
    "path_text",
    "united",
]

Path: TypeAlias = tuple[str, ...]
"""Unit codes from the posted unit up to the root."""

_EVER: Final = dt.date.max.toordinal() + 1
"""The ordinal that an open end stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPeriod:
    """One row of a unit's life: what holds from ``period.from_`` up to, not including, ``period.to``."""

    code: str
    name: Name
    kind: UnitKind
    parent: str | None
    country: str
    timezone: str
    evaluation_group: str | None
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """An employee's place in a unit for a period, and the role there."""

    employee: str
    unit: str
    role: Job
    period: Period


class Located(NamedTuple):
    """A finding about one of the rows that were checked, by its index among them."""

    row: int
    finding: Finding


class _Span(NamedTuple):
    """A half-open period as day ordinals, so that open ends compare like others."""

    start: int
    end: int


def path_text(path: Path) -> str:
    """The path as it is stored and sorted: unit codes joined by ``/``."""
    return "/".join(path)


def _span(period: Period) -> _Span:
    start = 0 if period.from_ is None else period.from_.toordinal()
    return _Span(start, _EVER if period.to is None else period.to.toordinal())


def _period(start: int, end: int) -> Period:
    return Period(
        dt.date.fromordinal(start) if start > 0 else None,
        dt.date.fromordinal(end) if end < _EVER else None,
    )


def _merged(spans: Iterable[_Span]) -> list[_Span]:
    """The same days as disjoint spans in order, those that touch made one."""
    merged: list[_Span] = []
    for span in sorted(span for span in spans if span.start < span.end):
        if merged and span.start <= merged[-1].end:
            merged[-1] = _Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def _gap(spans: Sequence[_Span], within: _Span) -> int | None:
    """The first day of ``within`` that no span (disjoint, in order) covers."""
    day = within.start
    for span in spans:
        if span.start <= day < span.end:
            day = span.end
    return day if day < within.end else None


def overlap(one: Period, other: Period) -> Period | None:
    """The days that two periods have in common, or None where there are none."""
    first, second = _span(one), _span(other)
    start, end = max(first.start, second.start), min(first.end, second.end)
    return _period(start, end) if start < end else None


def united(periods: Iterable[Period]) -> tuple[Period, ...]:
    """The days of all the periods, as disjoint periods in order."""
    return tuple(_period(*span) for span in _merged(map(_span, periods)))


class Tree:
    """The units of every day. Built once from all unit periods; nothing about it changes afterwards.

    Where the periods break a rule (see :func:`check_units`) every answer still ends: of overlapping rows the one that began
    last holds, and a chain stops before it closes.
    """

    def __init__(self, periods: Iterable[UnitPeriod]) -> None:
        rows: dict[str, list[UnitPeriod]] = {}
        for row in periods:
            rows.setdefault(row.code, []).append(row)
        for life in rows.values():
            life.sort(key=lambda row: _span(row.period))
        self._rows: Final[Mapping[str, tuple[UnitPeriod, ...]]] = {code: tuple(rows[code]) for code in sorted(rows)}
        self._starts: Final = {code: [_span(row.period).start for row in life] for code, life in self._rows.items()}
        spans = [_span(row.period) for life in self._rows.values() for row in life]
        self._bounds: Final[list[int]] = sorted({0, *(edge for span in spans for edge in span)})
        self._chains: Final[dict[tuple[int, str], Path]] = {}
        self._below: Final[dict[int, Mapping[str, tuple[str, ...]]]] = {}

    @property
    def units(self) -> tuple[str, ...]:
        """The codes of all units that ever live, in order."""
        return tuple(self._rows)

    def rows(self, unit: str) -> tuple[UnitPeriod, ...]:
        """The rows of a unit's life in order; none for a code that is not there."""
        return self._rows.get(unit, ())

    def life(self, unit: str) -> tuple[Period, ...]:
        """The days on which the unit is alive, as disjoint periods in order."""
        return united(row.period for row in self.rows(unit))

    def unit_on(self, unit: str, day: dt.date) -> UnitPeriod | None:
        """The row that holds for the unit on that day, or None where it is not alive."""
        return self._row(unit, day.toordinal())

    def parent_on(self, unit: str, day: dt.date) -> str | None:
        """The unit directly above on that day; None for the root and for a unit that is not alive."""
        row = self.unit_on(unit, day)
        return row.parent if row else None

    def chain_on(self, unit: str, day: dt.date) -> Path:
        """The unit and every unit above it on that day, up to the root; empty where it is not alive."""
        return self._chain(unit, self._epoch(day.toordinal()))

    def unchanged_around(self, day: dt.date) -> tuple[int, int]:
        """The days around that day on which no unit begins, ends or moves: ordinals, the end not among them."""
        after = bisect_right(self._bounds, day.toordinal())
        return self._bounds[after - 1] if after else 0, self._bounds[after] if after < len(self._bounds) else _EVER

    def root_on(self, day: dt.date) -> str | None:
        """The unit at the top on that day; None where no unit is alive."""
        roots = self._children(self._epoch(day.toordinal())).get("", ())
        return roots[0] if roots else None

    def children_on(self, unit: str, day: dt.date) -> tuple[str, ...]:
        """The units directly below on that day, in order of their codes."""
        return self._children(self._epoch(day.toordinal())).get(unit, ())

    def below_on(self, unit: str, day: dt.date) -> tuple[str, ...]:
        """The unit and all below it on that day, each before those below it; empty where it is not alive."""
        if self.unit_on(unit, day) is None:
            return ()
        children = self._children(self._epoch(day.toordinal()))
        below: dict[str, None] = {}
        waiting = [unit]
        while waiting:
            code = waiting.pop()
            if code not in below:
                below[code] = None
                # Reversed, since the last one in is the first one out.
                waiting.extend(reversed(children.get(code, ())))
        return tuple(below)

    def group_on(self, unit: str, day: dt.date) -> str | None:
        """The evaluation group of the unit on that day, or of the nearest unit above it that has one."""
        for code in self.chain_on(unit, day):
            row = self.unit_on(code, day)
            if row and row.evaluation_group:
                return row.evaluation_group
        return None

    def chains(self, unit: str) -> tuple[tuple[Period, Path], ...]:
        """Every chain that the unit ever has, with the longest periods in which it has it, in order."""
        spans: list[tuple[_Span, Path]] = []
        ends = [*self._bounds[1:], _EVER]
        for epoch, (start, end) in enumerate(zip(self._bounds, ends, strict=True)):
            chain = self._chain(unit, epoch) if start < end else ()
            if not chain:
                continue
            if spans and spans[-1][1] == chain and spans[-1][0].end == start:
                spans[-1] = (_Span(spans[-1][0].start, end), chain)
            else:
                spans.append((_Span(start, end), chain))
        return tuple((_period(*span), chain) for span, chain in spans)

    def _epoch(self, ordinal: int) -> int:
        return bisect_right(self._bounds, ordinal) - 1

    def _row(self, unit: str, ordinal: int) -> UnitPeriod | None:
        at = bisect_right(self._starts.get(unit, []), ordinal) - 1
        if at < 0:
            return None
        row = self._rows[unit][at]
        return row if ordinal < _span(row.period).end else None

    def _chain(self, unit: str, epoch: int) -> Path:
        known = self._chains.get((epoch, unit))
        if known is not None:
            return known
        chain: dict[str, None] = {}
        row = self._row(unit, self._bounds[epoch])
        while row is not None and row.code not in chain:
            chain[row.code] = None
            row = self._row(row.parent, self._bounds[epoch]) if row.parent else None
        path = self._chains[epoch, unit] = tuple(chain)
        return path

    def _children(self, epoch: int) -> Mapping[str, tuple[str, ...]]:
        """The units below each unit in an epoch; those without a parent under the empty text."""
        known = self._below.get(epoch)
        if known is not None:
            return known
        below: dict[str, list[str]] = {}
        for code in self._rows:
            row = self._row(code, self._bounds[epoch])
            if row is not None:
                below.setdefault(row.parent or "", []).append(code)
        children_of = self._below[epoch] = {parent: tuple(children) for parent, children in below.items()}
        return children_of


class Placement:
    """Where every employee stood on every day: postings laid over the tree.

    Args:
        tree: the units.
        postings: of all employees, in any order.
    """

    def __init__(self, tree: Tree, postings: Iterable[Posting]) -> None:
        self.tree: Final = tree
        by_employee: dict[str, list[Posting]] = {}
        for posting in postings:
            by_employee.setdefault(posting.employee, []).append(posting)
        for of_employee in by_employee.values():
            of_employee.sort(key=lambda posting: (_span(posting.period), posting.unit))
        self._postings: Final[Mapping[str, tuple[Posting, ...]]] = {
            number: tuple(by_employee[number]) for number in sorted(by_employee)
        }
        self._starts: Final = {
            number: [_span(posting.period).start for posting in of_employee]
            for number, of_employee in self._postings.items()
        }
        self.paths: Final[tuple[Path, ...]] = self._every_path()

    def _every_path(self) -> tuple[Path, ...]:
        """Every distinct chain that a posting can bring a credit to, in the order of its text."""
        spans: dict[str, list[_Span]] = {}
        for postings in self._postings.values():
            for posting in postings:
                spans.setdefault(posting.unit, []).append(_span(posting.period))
        paths: set[Path] = set()
        for unit, occupied in spans.items():
            days = _merged(occupied)
            for period, chain in self.tree.chains(unit):
                start, end = _span(period)
                if any(span.start < end and start < span.end for span in days):
                    paths.add(chain)
        return tuple(sorted(paths, key=path_text))

    def postings(self, employee: str) -> tuple[Posting, ...]:
        """The employee's postings in order of their days."""
        return self._postings.get(employee, ())

    def posting_on(self, employee: str, day: dt.date) -> Posting | None:
        """The posting that holds on that day."""
        ordinal = day.toordinal()
        at = bisect_right(self._starts.get(employee, []), ordinal) - 1
        if at < 0:
            return None
        posting = self._postings[employee][at]
        return posting if posting.period.to is None or day < posting.period.to else None

    def path_on(self, employee: str, day: dt.date) -> Path | None:
        """The units that a credit of that employee and day belongs to; None without a posting: it counts for the employee alone."""
        posting = self.posting_on(employee, day)
        return (self.tree.chain_on(posting.unit, day) or None) if posting else None

    def path_span(self, employee: str, day: dt.date) -> tuple[Path | None, int, int]:
        """The path of :meth:`path_on`, and the days around that day on which it is the same for sure: ordinals, the end not among them."""
        starts = self._starts.get(employee, [])
        at = bisect_right(starts, day.toordinal())
        following = starts[at] if at < len(starts) else _EVER
        posting = self.posting_on(employee, day)
        if posting is None:
            return None, _span(self._postings[employee][at - 1].period).end if at else 0, following
        start, end = _span(posting.period)
        since, until = self.tree.unchanged_around(day)
        return self.tree.chain_on(posting.unit, day) or None, max(start, since), min(end, following, until)

    @property
    def employees(self) -> tuple[str, ...]:
        """The numbers of all who were ever posted, in order."""
        return tuple(self._postings)

    def paths_over_time(self, employee: str) -> tuple[tuple[int, int, Path], ...]:
        """The paths of an employee one after the other, each with its days as ordinals, the end not among them: equal for equal places.

        Two that follow on each other and are the same path are one.
        """
        spans: list[tuple[int, int, Path]] = []
        for posting in self.postings(employee):
            for period, chain in self.tree.chains(posting.unit):
                shared = overlap(posting.period, period)
                if shared is None:
                    continue
                start, end = _span(shared)
                if spans and spans[-1][1] == start and spans[-1][2] == chain:
                    spans[-1] = (spans[-1][0], end, chain)
                else:
                    spans.append((start, end, chain))
        return tuple(spans)

    def last_posting(self, employee: str, within: Period) -> tuple[Posting, dt.date] | None:
        """The last posting within a bounded period, and its last day there; None without one.

        The evaluation group of a person goes by it (contract, "Grades and pay, exactly").
        """
        for posting in reversed(self.postings(employee)):
            shared = overlap(posting.period, within)
            if shared and shared.to:
                return posting, shared.to - dt.timedelta(days=1)
        return None

    def posting_near(self, employee: str, day: dt.date) -> tuple[Posting, dt.date] | None:
        """The posting that holds on a day, else the last one before it, else the first one, and the day nearest on which it holds; None without any."""
        postings = self.postings(employee)
        begun = [one for one in postings if one.period.from_ is None or one.period.from_ <= day]
        if begun:
            last, until = begun[-1], begun[-1].period.to
            return last, day if until is None or day < until else until - dt.timedelta(days=1)
        return next(((one, one.period.from_) for one in postings if one.period.from_ is not None), None)


def located(index: int, field: str, code: str, message: str, **parameters: object) -> Located:
    """An error at a field of the row with that index."""
    return Located(index, Finding(code=code, message=message, parameters=parameters, place=Place(field=field)))


def ends_before_it_begins(index: int, period: Period, field: str) -> Located | None:
    """What is wrong with a period that has no days; None where it has some."""
    span = _span(period)
    if span.start < span.end:
        return None
    return located(
        index,
        field,
        "empty_period",
        n_("%(to)s is not after %(from)s: a period ends on the day after its last one"),
        to=period.to,
        **{"from": period.from_},
    )


def check_units(rows: Sequence[UnitPeriod]) -> list[Located]:
    """Whether the rows make a tree on every day: what is wrong, by row and in order (contract, "The agency folder").

    Periods of one unit do not overlap; on every day that has units one of them is the root, every other one's parent is alive,
    and no chain of parents closes. A row that breaks a rule on several days is named once, with the first of them.
    """
    faults: list[Located] = []
    for index, row in enumerate(rows):
        empty = ends_before_it_begins(index, row.period, "valid_to")
        if empty:
            faults.append(empty)
    faults += overlaps([(row.code, row.period) for row in rows], "valid_from")
    known = {row.code for row in rows}
    strangers: set[int] = set()
    for index, row in enumerate(rows):
        if row.parent is not None and row.parent not in known:
            strangers.add(index)
            message = n_("there is no unit %(parent)s")
            faults.append(located(index, "parent", "unknown_unit", message, parent=row.parent))
    faults += _untreelike(rows, strangers)
    return sorted(faults, key=lambda located: (located.row, located.finding.code))


def overlaps(rows: Sequence[tuple[str, Period]], field: str) -> list[Located]:
    """Rows of one owner that begin before an earlier one of them has ended."""
    faults: list[Located] = []
    order = sorted(range(len(rows)), key=lambda index: (rows[index][0], _span(rows[index][1]), index))
    owner, until, other = None, 0, 0
    for index in order:
        code, period = rows[index]
        span = _span(period)
        if span.start >= span.end:
            continue
        if code == owner and span.start < until:
            # The row further down is the one to mend, as with every duplicate.
            later, earlier = max(index, other), min(index, other)
            message = n_("%(owner)s has another row for these days, from %(from)s to %(to)s")
            reach = rows[earlier][1]
            faults.append(
                located(
                    later,
                    field,
                    "overlap",
                    message,
                    owner=code,
                    to=reach.to or "…",
                    **{"from": reach.from_ or "…"},
                )
            )
        if code != owner or span.end > until:
            owner, until, other = code, span.end, index
    return faults


def _untreelike(rows: Sequence[UnitPeriod], strangers: Collection[int]) -> list[Located]:
    """Rows that break the tree in some epoch: several roots, a parent that is not alive, a circle."""
    begins: dict[int, list[int]] = {}
    ends: dict[int, list[int]] = {}
    for index, row in enumerate(rows):
        span = _span(row.period)
        if span.start < span.end:
            begins.setdefault(span.start, []).append(index)
            ends.setdefault(span.end, []).append(index)
    named: dict[tuple[int, str], Located] = {}
    alive: dict[str, int] = {}
    for edge in sorted({*begins, *ends}):
        for index in ends.get(edge, ()):
            if alive.get(rows[index].code) == index:
                del alive[rows[index].code]
        for index in begins.get(edge, ()):
            alive[rows[index].code] = index
        if edge == _EVER:
            break
        day = dt.date.fromordinal(edge) if edge else dt.date.min
        for located in _faults_of_a_day(rows, alive, day):
            if located.row not in strangers:
                named.setdefault((located.row, located.finding.code), located)
    return list(named.values())


def _faults_of_a_day(rows: Sequence[UnitPeriod], alive: Mapping[str, int], day: dt.date) -> list[Located]:
    faults: list[Located] = []
    roots: list[int] = []
    for index in alive.values():
        parent = rows[index].parent
        if parent is None:
            roots.append(index)
        elif parent not in alive:
            message = n_("its parent %(parent)s is not alive on %(day)s")
            faults.append(located(index, "parent", "parent_not_alive", message, parent=parent, day=day))
    # The agency is the root that is meant; of several rows of that kind the first one.
    roots.sort(key=lambda index: (rows[index].kind is not UnitKind.AGENCY, index))
    for index in roots[1:]:
        message = n_("on %(day)s there is another unit without a parent, %(root)s: a tree has one root")
        faults.append(located(index, "parent", "two_roots", message, root=rows[roots[0]].code, day=day))
    settled: set[str] = set()
    for start in alive:
        walked: dict[str, None] = {}
        code: str | None = start
        while code is not None and code in alive and code not in settled and code not in walked:
            walked[code] = None
            code = rows[alive[code]].parent
        if code is not None and code in walked:
            names = list(walked)
            ring = names[names.index(code) :]
            for member in ring:
                message = n_("on %(day)s its parents lead back to it: %(ring)s")
                shown = " → ".join((*ring, code))
                faults.append(located(alive[member], "parent", "circle", message, ring=shown, day=day))
        settled.update(walked)
    return faults


def check_postings(
    rows: Sequence[Posting], *, lives: Mapping[str, Sequence[Period]], services: Mapping[str, Period]
) -> list[Located]:
    """Whether postings fit units, people and each other: what is wrong, by row and in order.

    Args:
        rows: all postings.
        lives: the days of every unit's life, disjoint and in order (:meth:`Tree.life`).
        services: from every employee's first day to the day after the last.
    """
    faults: list[Located] = []
    for index, row in enumerate(rows):
        empty = ends_before_it_begins(index, row.period, "to")
        if row.unit not in lives:
            faults.append(located(index, "unit", "unknown_unit", n_("there is no unit %(unit)s"), unit=row.unit))
        if row.employee not in services:
            message = n_("there is no employee %(employee)s")
            faults.append(located(index, "employee", "unknown_employee", message, employee=row.employee))
        if empty:
            faults.append(empty)
            continue
        span = _span(row.period)
        if row.unit in lives:
            gap = _gap([_span(period) for period in lives[row.unit]], span)
            if gap is not None:
                message = n_("the unit %(unit)s is not alive on %(day)s")
                field = "from" if gap == span.start else "to"
                faults.append(
                    located(index, field, "outside_unit", message, unit=row.unit, day=_period(gap, _EVER).from_)
                )
        if row.employee in services:
            gap = _gap([_span(services[row.employee])], span)
            if gap is not None:
                message = n_("%(employee)s is not in service on %(day)s")
                field = "from" if gap == span.start else "to"
                day = _period(gap, _EVER).from_
                faults.append(located(index, field, "outside_service", message, employee=row.employee, day=day))
    faults += overlaps([(row.employee, row.period) for row in rows], "from")
    return sorted(faults, key=lambda located: (located.row, located.finding.code))
