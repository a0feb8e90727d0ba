"""Totals beside the ledger: what changes with an event, and what a node's figures are.

One event changes as many rows as it has credits, times the slices it lies in, times two (the employee's and the path's), and for
distinct counts one more for each unit of the path: the depth of the organisation, never its history.
Do not read a unit's figures from one row: they are the sum over the paths that the unit is part of.
"""

from __future__ import annotations

import functools
import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among, among_named, bulk_insert, bulk_upsert_add, named
from app.kit.database import is_postgresql
from app.ledger import tables
from app.ledger.activity_rows import ActivityRow
from app.ledger.frame import BUYER, COMPANY, Frame, SliceInUse
from app.ledger.given import Given, add_given, given_keys, given_query, read_given
from app.rules.counting import MICROS_A_DOLLAR
from app.rules.terms import Node, NodeKind

__all__ = [
    "EMPLOYEE",
    "PATH",
    "UNIT",
    "Changes",
    "Figures",
    "Layout",
    "Owners",
    "add_at",
    "apply_changes",
    "counts_of",
    "current_figures",
    "empty_figures",
    "has_cycle",
    "layout_of",
    "write_all",
]

EMPLOYEE: Final = 1
PATH: Final = 2
UNIT: Final = 3
_GIVEN: Final = 4

TotalKey = tuple[int, int, int, int]
"""cycle, owner kind, owner, slice."""
MemberKey = tuple[int, int, str, int, int, str]
"""cycle, owner kind, owner, slice, of, key."""

CountKey = tuple[int, int, str, int, int, int]
"""cycle, owner kind, owner, slice, of, bucket."""

BUCKETS: Final = 16
_CYCLES_KEPT: Final = 4
COUNT_KEY: Final = ("cycle", "owner_kind", "owner", "slice", "of", "bucket")
WIDTH: Final = len(tables.LEVELS) * len(tables.AMOUNTS)
TOTAL_KEY: Final = ("cycle", "owner_kind", "owner", "slice")
MEMBER_KEY: Final = ("cycle", "owner_kind", "owner", "slice", "of", "key")


@dataclass(slots=True)
class _Gathered:
    """What one employee's activities on one path, in the same slices, add up to."""

    slices: tuple[SliceInUse, ...]
    counted: bool
    """Whether something is counted distinct in one of them."""
    shares: int
    valued: int
    dollars: int
    micros: int


_GatheredKey = tuple[int, int, int | None, int, int, int]
"""cycle, employee, path, slices, levels before, levels after."""


def _signs(before: int, after: int) -> tuple[int, ...]:
    """What a change from one set of levels (bits) to another does to each: add, take away, or nothing."""
    return tuple((after >> level & 1) - (before >> level & 1) for level in range(3))


@dataclass(slots=True)
class Changes:
    """What is to be added to totals, gathered over many activities before any row is written."""

    members: dict[MemberKey, list[int]] = field(default_factory=dict)
    _totals: dict[TotalKey, list[int]] = field(default_factory=dict)
    _gathered: dict[_GatheredKey, _Gathered] = field(default_factory=dict)

    @property
    def totals(self) -> dict[TotalKey, list[int]]:
        """What is to be added to each total, level by level."""
        totals = self._totals
        for (cycle, employee, path, _, before, after), gathered in self._gathered.items():
            amounts = (gathered.shares, gathered.valued, gathered.dollars, gathered.micros)
            added = [
                (level * len(amounts) + place, sign * amount)
                for level, sign in enumerate(_signs(before, after))
                if sign
                for place, amount in enumerate(amounts)
                if amount
            ]
            owners = ((EMPLOYEE, employee),) if path is None else ((EMPLOYEE, employee), (PATH, path))
            for kind, owner in owners:
                for one in gathered.slices:
                    key = (cycle, kind, owner, one.id)
                    numbers = totals.get(key)
                    if numbers is None:
                        numbers = totals[key] = [0] * WIDTH
                    for place, amount in added:
                        numbers[place] += amount
        self._gathered.clear()
        return totals

    def add(self, row: ActivityRow, frame: Frame, *, before: int, after: int) -> None:
        """Add what an activity's change from one set of levels (bits) to another makes of the totals."""
        if before == after:
            return
        slices = frame.matching(row.type, row.buyer_country, row.hs_code)
        if not slices:
            return
        gathered, cents, cycle = self._gathered, row.usd_cents, row.cycle
        # Gathered by the slices that belong together first: most activities of an owner lie in the same ones.
        together = id(slices)
        for employee, share, path, _, _ in row.credits:
            valued, dollars, micros = 0, 0, 0
            if cents is not None:
                # Ten-thousandths times cents are millionths of a dollar: exact.
                valued, (dollars, micros) = share, divmod(share * cents, MICROS_A_DOLLAR)
            key = (cycle, employee, path, together, before, after)
            sums = gathered.get(key)
            if sums is None:
                counted = any(one.of for one in slices)
                sums = gathered[key] = _Gathered(slices, counted, share, valued, dollars, micros)
            else:
                sums.shares += share
                sums.valued += valued
                sums.dollars += dollars
                sums.micros += micros
            if sums.counted:
                signs = _signs(before, after)
                for one in slices:
                    for of in one.of:
                        who = row.buyer_key if of == BUYER else row.company_key
                        self.add_members(frame, (cycle, employee, path), (one.id, of, who), signs)

    def add_summed(
        self,
        whose: tuple[int, int, int | None],
        slices: tuple[SliceInUse, ...],
        counts: int,
        amounts: Sequence[int],
    ) -> None:
        """Add what an employee's activities on one path, in the same slices and on the same levels, come to together.

        Args:
            whose: cycle, employee and path.
            slices: which they lie in; of what is counted distinct there nothing is added.
            counts: the levels, as bits.
            amounts: shares, valued shares, dollars and micros.
        """
        shares, valued, dollars, micros = map(int, amounts)
        self._gathered[*whose, id(slices), 0, counts] = _Gathered(slices, False, shares, valued, dollars, micros)

    def add_members(
        self, frame: Frame, whose: tuple[int, int, int | None], what: tuple[int, int, str], added: Sequence[int]
    ) -> None:
        """Add to how many activities a buyer or company has with an employee and with each unit of a path.

        Args:
            frame: knows the path's units.
            whose: cycle, employee and path.
            what: slice, buyer or company, and the key of it.
            added: to each level.
        """
        cycle, employee, path = whose
        owners = [(EMPLOYEE, str(employee))]
        if path is not None:
            owners += [(UNIT, unit) for unit in frame.directory.units_of_path(path)]
        for kind, owner in owners:
            numbers = self.members.setdefault((cycle, kind, owner, *what), [0, 0, 0])
            for level, number in enumerate(added):
                numbers[level] += number


class Owners(NamedTuple):
    """Whose totals change, and of which cycles."""

    employees: set[int]
    paths: set[int]
    cycles: set[int]


def apply_changes(connection: Connection, changes: Changes) -> Owners:
    """Add the changes to the stored totals, and tell whose they are. Queries: 1, or 3 where something is counted distinct."""
    moved = [(*key, *numbers) for key, numbers in changes.totals.items() if any(numbers)]
    bulk_upsert_add(connection, tables.total, TOTAL_KEY, tables.amount_columns(), moved)
    _apply_members(connection, changes)
    owners = {row[:3] for row in moved}
    return Owners(
        employees={owner for _, kind, owner in owners if kind == EMPLOYEE},
        paths={owner for _, kind, owner in owners if kind == PATH},
        cycles={cycle for cycle, _, _ in owners},
    )


def _apply_members(connection: Connection, changes: Changes) -> None:
    members = {key: numbers for key, numbers in changes.members.items() if any(numbers)}
    now = bulk_upsert_add(
        connection,
        tables.member,
        MEMBER_KEY,
        tables.LEVELS,
        [(*key, *numbers) for key, numbers in members.items()],
        returning=True,
    )
    counts: dict[CountKey, list[int]] = {}
    for row in now:
        key: MemberKey = tuple(row[:6])
        steps = [int(new > 0) - int(new - change > 0) for new, change in zip(row[6:], members[key], strict=True)]
        if any(steps):
            numbers = counts.setdefault(_count_key(key), [0, 0, 0])
            for level, step in enumerate(steps):
                numbers[level] += step
    bulk_upsert_add(
        connection,
        tables.distinct_count,
        COUNT_KEY,
        tables.LEVELS,
        [(*count_key, *numbers) for count_key, numbers in counts.items() if any(numbers)],
    )


def _count_key(key: MemberKey) -> CountKey:
    cycle, kind, owner, slice_id, of, text = key
    return cycle, kind, owner, slice_id, of, zlib.crc32(text.encode()) % BUCKETS if kind == UNIT else 0


def counts_of(members: Mapping[MemberKey, Sequence[int]]) -> dict[CountKey, list[int]]:
    """How many of the members are above zero, as ``distinct_count`` holds it."""
    counts: dict[CountKey, list[int]] = {}
    for key, numbers in members.items():
        count = counts.setdefault(_count_key(key), [0, 0, 0])
        for level, number in enumerate(numbers):
            count[level] += number > 0
    return counts


def write_all(connection: Connection, changes: Changes) -> None:
    """Replace all stored totals by these."""
    connection.execute(sa.delete(tables.total))
    connection.execute(sa.delete(tables.member))
    connection.execute(sa.delete(tables.distinct_count))
    bulk_insert(
        connection,
        tables.total,
        (*TOTAL_KEY, *tables.amount_columns()),
        ((*key, *numbers) for key, numbers in changes.totals.items() if any(numbers)),
    )
    bulk_insert(
        connection,
        tables.member,
        (*MEMBER_KEY, *tables.LEVELS),
        ((*key, *numbers) for key, numbers in changes.members.items() if any(numbers)),
    )
    bulk_insert(
        connection,
        tables.distinct_count,
        (*COUNT_KEY, *tables.LEVELS),
        ((*count_key, *numbers) for count_key, numbers in counts_of(changes.members).items() if any(numbers)),
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """What nodes have done in a cycle, slice by slice: arrays over nodes × slices.

    Attributes:
        nodes: the rows, in order.
        slices: slice number -> column.
        amounts: int64, nodes × slices × 12 (level by level: shares, valued shares, dollars, micros).
        distinct: int64, nodes × slices × 2 (buyer, company) × 3 levels.
        given: the actuals that figures give, by node and KPI, level by level; what has none is not in it.
    """

    nodes: tuple[Node, ...]
    slices: Mapping[int, int]
    amounts: npt.NDArray[np.int64]
    distinct: npt.NDArray[np.int64]
    given: dict[Node, dict[str, Given]] = field(default_factory=dict)

    def of(self, rows: Sequence[int]) -> Figures:
        """The figures of some of the nodes, by their rows."""
        nodes = tuple(self.nodes[row] for row in rows)
        given = {node: self.given[node] for node in nodes if node in self.given} if self.given else {}
        amounts, distinct = self.amounts[rows], self.distinct[rows]
        return Figures(nodes=nodes, slices=self.slices, amounts=amounts, distinct=distinct, given=given)

    @property
    def fingerprint(self) -> bytes:
        """A hash of every figure: equal for equal figures of the same nodes."""
        digest = hashlib.blake2b(self.amounts.tobytes(), digest_size=16)
        digest.update(self.distinct.tobytes())
        if self.given:
            digest.update(repr(sorted((node, sorted(kpis.items())) for node, kpis in self.given.items())).encode())
        return digest.digest()


def empty_figures(nodes: Sequence[Node], frame: Frame) -> Figures:
    """Figures of zero: no rows means 0, not missing."""
    size = (len(nodes), len(frame.slices))
    return Figures(
        nodes=tuple(nodes),
        slices={one.id: place for place, one in enumerate(frame.slices)},
        amounts=np.zeros((*size, WIDTH), dtype=np.int64),
        distinct=np.zeros((*size, 2, 3), dtype=np.int64),
    )


class Layout:
    """Which rows of figures an owner's total belongs to: an employee's to one, a path's to each of its units' that is asked for."""

    def __init__(self, nodes: Sequence[Node], frame: Frame) -> None:
        """Index the nodes' rows by the owners of their totals."""
        self.size: Final = len(nodes)
        self.everyone: bool = len(nodes) >= len(frame.numbers) // 2
        """So many that it is quicker to read all totals than to pick."""
        self.employees: dict[int, int] = {}
        self.units: dict[str, int] = {}
        self.nodes: Final[dict[str, Node]] = {str(node): node for node in nodes}
        self._groups: Final[dict[int, list[str]]] = {}
        for row, node in enumerate(nodes):
            if node.kind is NodeKind.EMPLOYEE:
                self.employees[frame.ids[node.code]] = row
            else:
                self.units[node.code] = row
        self.paths: dict[int, tuple[int, ...]] = {}
        for unit, row in self.units.items():
            for path in frame.directory.paths_under(unit):
                self.paths[path] = (*self.paths.get(path, ()), row)
        self._rows: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]] | None = None

    def groups(self, frame: Frame, cycle: int) -> list[str]:
        """The names of the groups of figures that may be reported of the nodes in a cycle; kept for a few cycles."""
        groups = self._groups.get(cycle)
        if groups is None:
            groups = given_keys(frame, cycle, self.nodes.values())
            if len(self._groups) >= _CYCLES_KEPT:
                self._groups.clear()
            self._groups[cycle] = groups
        return groups

    def rows_of(self, kind: int, owner: int) -> tuple[int, ...]:
        """The rows of figures that a total of this owner adds to."""
        if kind == EMPLOYEE:
            row = self.employees.get(owner)
            return () if row is None else (row,)
        return self.paths.get(owner, ())

    def rows_of_credit(self, employee: int, path: int | None) -> tuple[int, ...]:
        """The rows of figures that a credit adds to."""
        row = self.employees.get(employee)
        lines = () if path is None else self.paths.get(path, ())
        return lines if row is None else (row, *lines)

    def owned(
        self, connection: Connection, kind: sa.ColumnElement[Any], owner: sa.ColumnElement[Any]
    ) -> sa.ColumnElement[bool]:
        """The condition that picks these owners' totals."""
        return sa.or_(
            sa.and_(kind == EMPLOYEE, among(connection, owner, self.employees)),
            sa.and_(kind == PATH, among(connection, owner, self.paths)),
        )

    def credited(self, connection: Connection) -> sa.ColumnElement[bool]:
        """The condition that picks the credits of these owners."""
        credit = tables.credit.c
        return sa.or_(
            among(connection, credit.employee, self.employees) if self.employees else sa.false(),
            among(connection, credit.path, self.paths) if self.paths else sa.false(),
        )

    def scatter(
        self,
        figures: Figures,
        owners: npt.NDArray[np.int64],
        columns: npt.NDArray[np.int64],
        numbers: npt.NDArray[np.int64],
    ) -> None:
        """Add totals to the rows they belong to.

        Args:
            figures: what is added to.
            owners: totals × 2 (owner kind, owner).
            columns: each total's slice column.
            numbers: totals × 12.
        """
        count, first, rows = self._places(owners)
        at = np.repeat(np.arange(len(owners)), count)
        # Of the rows that belong to one total, one after the other.
        line = rows[np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)]
        add_at(figures.amounts, (line, columns[at]), numbers[at])

    def _places(
        self, owners: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """For each total how many rows it belongs to, where they begin, and all rows one after the other."""
        if self._rows is None:
            owned: list[tuple[int, int, tuple[int, ...]]] = [
                *((EMPLOYEE, owner, (row,)) for owner, row in self.employees.items()),
                *((PATH, path, rows) for path, rows in self.paths.items()),
            ]
            size = 1 + max((owner for _, owner, _ in owned), default=0)
            count, first = np.zeros((3, size), dtype=np.int64), np.zeros((3, size), dtype=np.int64)
            listed: list[int] = []
            for kind, owner, rows in owned:
                count[kind, owner], first[kind, owner] = len(rows), len(listed)
                listed += rows
            self._rows = count, first, np.array(listed, dtype=np.int64)
        count, first, every = self._rows
        kinds, numbers = owners[:, 0], owners[:, 1]
        known = numbers < count.shape[1]
        numbers = np.where(known, numbers, 0)
        return np.where(known, count[kinds, numbers], 0), first[kinds, numbers], every


def add_at(
    figures: npt.NDArray[np.int64], place: tuple[npt.NDArray[np.int64], ...], numbers: npt.NDArray[np.int64]
) -> None:
    """Add numbers at places, some of which may be the same: exact, and several times as quick as ``np.add.at``."""
    if not len(numbers):
        return
    flat = np.ravel_multi_index(place, figures.shape[: len(place)])
    order = np.argsort(flat, kind="stable")
    placed = flat[order]
    begins = np.flatnonzero(np.concatenate(([True], placed[1:] != placed[:-1])))
    target = figures.reshape(-1, *figures.shape[len(place) :])
    target[placed[begins]] += np.add.reduceat(numbers[order], begins, axis=0)


def layout_of(nodes: Sequence[Node], frame: Frame) -> Layout:
    """The layout of some nodes of a frame, worked out once."""
    key = tuple(nodes)
    layout: Layout = frame.layouts.get_or_make(key, lambda: Layout(key, frame))
    return layout


def has_cycle(connection: Connection, cycle: int) -> bool:
    """Whether anything that is counted has ever come in of a cycle. Queries: 1."""
    return bool(connection.scalar(sa.select(sa.exists().where(tables.total.c.cycle == cycle))))


def current_figures(connection: Connection, frame: Frame, *, cycle: int, nodes: Sequence[Node]) -> Figures:
    """The nodes' figures of now, from the stored totals.

    Queries: 1; of a large part of the agency 1 more where something is counted distinct, and 1 where KPIs are given.
    """
    figures = empty_figures(nodes, frame)
    layout = layout_of(nodes, frame)
    counted = any(one.of for one in frame.slices)
    if not layout.everyone:
        _read_narrowed(connection, frame, figures, layout, cycle, counted=counted)
        return figures
    if frame.given:
        add_given(figures.given, read_given(connection, cycle), layout.nodes)
    if not frame.slices:
        return figures
    totals = connection.execute(_totals_query(), {"cycle": cycle}).all()
    _add_totals(figures, layout, _numbers(totals, 3 + WIDTH))
    if counted:
        _add_counts(figures, layout, connection.execute(_distinct_query(), {"cycle": cycle}).all())
    return figures


def _read_narrowed(
    connection: Connection, frame: Frame, figures: Figures, layout: Layout, cycle: int, *, counted: bool
) -> None:
    """Read the totals of a few owners, what is counted distinct of them and what is given, by one question."""
    parameters: dict[str, Any] = {
        "cycle": cycle,
        "employees": named(connection, layout.employees),
        "paths": named(connection, layout.paths),
    }
    if counted:
        parameters |= {
            "owners": named(connection, map(str, layout.employees)),
            "units": named(connection, layout.units),
        }
    if frame.given:
        parameters["groups"] = named(connection, layout.groups(frame, cycle))
    query = _narrowed_query(postgresql=is_postgresql(connection), counted=counted, given=bool(frame.given))
    totals, counts, given = [], [], []
    for text, of, kind, owner, *rest in connection.execute(query, parameters):
        if kind == _GIVEN:
            node, kpi, value = text.split()
            given.append((node, kpi, of, Decimal(value)))
        elif text is None:
            totals.append((kind, owner, *rest))
        else:
            counts.append((kind, text, rest[0], of, *rest[1:4]))
    add_given(figures.given, given, layout.nodes)
    _add_totals(figures, layout, _numbers(totals, 3 + WIDTH))
    _add_counts(figures, layout, counts)


def _add_totals(figures: Figures, layout: Layout, rows: npt.NDArray[np.int64]) -> None:
    if not figures.slices:
        return
    columns = _columns(figures, rows[:, 2])
    rows, columns = rows[columns >= 0], columns[columns >= 0]
    layout.scatter(figures, rows[:, :2], columns, rows[:, 3:])


def _add_counts(figures: Figures, layout: Layout, rows: Iterable[Sequence[Any]]) -> None:
    if not figures.slices:
        return
    places: dict[int, Mapping[str, int]] = {
        EMPLOYEE: {str(owner): row for owner, row in layout.employees.items()},
        UNIT: layout.units,
    }
    counted = [(row, *numbers) for kind, owner, *numbers in rows if (row := places[kind].get(owner)) is not None]
    counts = _numbers(counted, 3 + len(tables.LEVELS))
    columns = _columns(figures, counts[:, 1])
    counts, columns = counts[columns >= 0], columns[columns >= 0]
    add_at(figures.distinct, (counts[:, 0], columns, (counts[:, 2] != BUYER).astype(np.int64)), counts[:, 3:])


def _numbers(rows: Sequence[Sequence[int]], width: int) -> npt.NDArray[np.int64]:
    """Rows of whole numbers as an array."""
    return np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=len(rows) * width).reshape(len(rows), width)


def _columns(figures: Figures, slices: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The column of each slice's number; -1 where the present definitions do not ask for it."""
    known = np.full(1 + max(figures.slices), -1, dtype=np.int64)
    for number, column in figures.slices.items():
        known[number] = column
    return np.where(slices < len(known), known[np.minimum(slices, len(known) - 1)], -1)


_Query: TypeAlias = sa.Executable
_CYCLE: Final = sa.bindparam("cycle", type_=sa.Integer)


@functools.cache
def _totals_query() -> _Query:
    total = tables.total.c
    columns = (total.owner_kind, total.owner, total.slice, *(total[name] for name in tables.amount_columns()))
    return sa.select(*columns).where(total.cycle == _CYCLE)


@functools.cache
def _distinct_query() -> _Query:
    count = tables.distinct_count.c
    columns = (count.owner_kind, count.owner, count.slice, count.of, *(count[level] for level in tables.LEVELS))
    return sa.select(*columns).where(count.cycle == _CYCLE)


@functools.cache
def _narrowed_query(*, postgresql: bool, counted: bool, given: bool) -> _Query:
    """The totals of some owners and, where asked for, their distinct counts and what is given, in the same columns, built once.

    A part for each kind of owner, since SQLite reads the whole cycle where one condition names both kinds.
    """
    total, count = tables.total, tables.distinct_count
    no_text, zero = sa.cast(sa.null(), sa.Text()), sa.literal(0, sa.BigInteger())
    amounts = [total.c[name] for name in tables.amount_columns()]
    levels = [sa.cast(count.c[level], sa.BigInteger) for level in tables.LEVELS]
    of_total = sa.select(no_text, zero, total.c.owner_kind, total.c.owner, total.c.slice, *amounts)
    of_count = sa.select(
        count.c.owner, count.c.of, count.c.owner_kind, zero, count.c.slice, *levels, *[zero] * (WIDTH - len(levels))
    )
    parts = [(of_total, total, EMPLOYEE, "employees"), (of_total, total, PATH, "paths")]
    if counted:
        parts += [(of_count, count, EMPLOYEE, "owners"), (of_count, count, UNIT, "units")]
    queries = [
        query.where(
            table.c.cycle == _CYCLE,
            table.c.owner_kind == kind,
            among_named(table.c.owner, name, postgresql=postgresql),
        )
        for query, table, kind, name in parts
    ]
    if given:
        of_given = given_query(postgresql=postgresql)
        node, kpi, levels_of_it, value = of_given.selected_columns
        text = node + " " + kpi + " " + sa.type_coerce(value, sa.Text)
        columns = (text, sa.cast(levels_of_it, sa.BigInteger), sa.literal(_GIVEN, sa.BigInteger()))
        queries.append(of_given.with_only_columns(*columns, *[zero] * (2 + WIDTH)))
    return sa.union_all(*queries)


assert (BUYER, COMPANY) == (1, 2), "columns of Figures.distinct"
