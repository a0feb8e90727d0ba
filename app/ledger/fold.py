"""The fold: figures from the ledger itself, as of a day or as of now.

The fold is what the contract defines; stored totals are the same figures kept ready. :func:`figures_as_of` answers for a past day,
:func:`fold_everything` derives all anew, for a load and for reconciling.
As of a day a verdict that came later has not been given, even on an activity that was there already.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among
from app.ledger import tables
from app.ledger.activity_rows import (
    GROUPED,
    ActivityRow,
    CreditRow,
    VerdictRow,
    bits,
    derive,
    one_of_each,
    read_rows,
    type_states,
    verdicts_of,
)
from app.ledger.frame import BUYER, Frame, SliceInUse
from app.ledger.given import given_by_day
from app.ledger.totals import EMPLOYEE, PATH, WIDTH, Changes, Figures, Layout, empty_figures, layout_of
from app.rules.counting import MICROS_A_DOLLAR
from app.rules.terms import Node

__all__ = [
    "MASK",
    "Folded",
    "figures_as_of",
    "fold_everything",
    "fold_since",
    "in_slice",
    "is_large",
    "judged_as_of",
    "lying_in",
    "summed_parts",
]

_FEW_PATHS: Final = 2

STRETCH: Final = 20_000
"""How many events are held at once while everything is folded."""


def figures_as_of(
    connection: Connection, frame: Frame, *, cycle: int, nodes: Sequence[Node], as_of: dt.date
) -> Figures:
    """The nodes' figures from events of days up to ``as_of``.

    What had settled by then is summed, of many nodes by the database; an activity with later events is folded by the rule. Of a few nodes only
    their own activities are read, once, and the other contacts of their new buyers: a person's page costs as much as the person has done.

    Queries: 6 at most, and 3 where KPIs are given.
    """
    figures = empty_figures(nodes, frame)
    figures.given.update(given_by_day(connection, frame, cycle=cycle, nodes=nodes).on(nodes, as_of))
    if not frame.slices:
        return figures
    summed = _Summed(frame, layout_of(nodes, frame))
    if is_large(frame, nodes):
        open_rows = read_rows(connection, frame, tables.activity.c.seq.in_(_unsettled(as_of)))
        contacts = [seq for seq, row in open_rows.items() if row.type == "new_buyer" and row.last_effect_on <= as_of]
        settled = _settled_condition(connection, cycle, as_of, contacts)
        _sum_settled(connection, summed, settled)
        _see_settled(connection, summed, settled)
    else:
        unsettled = _add_own(connection, summed, cycle, as_of)
        open_rows = read_rows(connection, frame, among(connection, tables.activity.c.seq, unsettled))
    layout = summed.layout
    changes = Changes()
    for row, counts in judged_as_of(connection, open_rows, as_of):
        if row.cycle == cycle:
            changes.add(row, frame, before=0, after=counts)
    for (_, owner_kind, owner, slice_id), numbers in changes.totals.items():
        summed.add(owner_kind, owner, figures.slices[slice_id], numbers)
    employees = {str(owner): row for owner, row in layout.employees.items()}
    for (_, owner_kind, text, slice_id, of, key), levels in changes.members.items():
        line = employees.get(text) if owner_kind == EMPLOYEE else layout.units.get(text)
        if line is not None:
            summed.see(line, (figures.slices[slice_id], of), key, sum(1 << at for at, n in enumerate(levels) if n > 0))
    summed.fill(figures)
    return figures


def is_large(frame: Frame, nodes: Sequence[Node]) -> bool:
    """Whether nodes are so large a part of the agency that going through everything is quicker than picking their own."""
    layout = layout_of(nodes, frame)
    return layout.everyone or 8 * len(layout.paths) > len(frame.directory.path_ids) + 8 * _FEW_PATHS


class _Summed:
    """Sums and distinct keys as they are gathered, before they are written into figures."""

    def __init__(self, frame: Frame, layout: Layout) -> None:
        """Begin with nothing."""
        self.frame: Final = frame
        self.layout: Final = layout
        self.column: Final = {one.id: column for column, one in enumerate(frame.slices)}
        self._owners: Final[list[tuple[int, int]]] = []
        self._columns: Final[list[int]] = []
        self._numbers: Final[list[Sequence[int]]] = []
        self._keys: Final[dict[tuple[int, str], int]] = {}
        self._seen: Final[list[tuple[int, int, int, int, int]]] = []

    def add(self, owner_kind: int, owner: int, column: int, numbers: Sequence[int]) -> None:
        """Add twelve numbers to an owner's total of a slice."""
        self._owners.append((owner_kind, owner))
        self._columns.append(column)
        self._numbers.append(numbers)

    def add_credits(
        self, employee: int, path: int | None, columns: Iterable[int], counts: int, sums: Sequence[int]
    ) -> None:
        """Add four sums over credits of an employee and a path, on the levels of these bits, to their totals of some slices."""
        numbers = [int(amount) * (counts >> level & 1) for level in range(len(tables.LEVELS)) for amount in sums]
        for column in columns:
            self.add(EMPLOYEE, employee, column, numbers)
            if path is not None:
                self.add(PATH, path, column, numbers)

    def see(self, line: int, what: tuple[int, int], key: str, counts: int) -> None:
        """Note that a buyer or company counts at a row of figures, on the levels of these bits."""
        column, of = what
        self._seen.append((line, column, of, self._keys.setdefault((of, key), len(self._keys)), counts))

    def fill(self, figures: Figures) -> None:
        """Write everything into the figures."""
        count = len(self._numbers)
        self.layout.scatter(
            figures,
            np.array(self._owners, dtype=np.int64).reshape(count, 2),
            np.array(self._columns, dtype=np.int64),
            np.array(self._numbers, dtype=np.int64).reshape(count, WIDTH),
        )
        line, column, of, key, counts = np.array(self._seen, dtype=np.int64).reshape(len(self._seen), 5).T
        place = (line * len(self.column) + column) * 2 + (of != BUYER)
        for level in range(len(tables.LEVELS)):
            seen = np.unique((place * len(self._keys) + key)[counts >> level & 1 == 1])
            numbers = np.bincount(seen // max(1, len(self._keys)), minlength=figures.distinct[..., level].size)
            figures.distinct[..., level] = numbers.reshape(figures.distinct.shape[:-1])


def _unsettled(as_of: dt.date) -> sa.CompoundSelect[Any]:
    """Activities of days up to ``as_of`` that have later events, and all contacts of a buyer of which one has."""
    activity, other = tables.activity, tables.activity.alias("other")
    begun = activity.c.day <= as_of
    late = sa.and_(begun, activity.c.last_effect_on > as_of, activity.c.type != "new_buyer")
    buyers = sa.select(other.c.buyer_key).where(
        other.c.type_state.in_(type_states(["new_buyer"])), other.c.last_effect_on > as_of
    )
    contacts = sa.and_(begun, activity.c.type == "new_buyer", activity.c.buyer_key.in_(buyers))
    # Asked for apart: of both conditions together an engine finds no index.
    return sa.union(*(sa.select(activity.c.seq).where(condition) for condition in (late, contacts)))


def _open_contacts(connection: Connection, as_of: dt.date, buyers: Iterable[str]) -> set[int]:
    """All contacts of days up to ``as_of`` of those of some buyers of which one has later events. Queries: 1."""
    activity, other = tables.activity.c, tables.activity.alias("other")
    late = sa.exists().where(
        other.c.buyer_key == activity.buyer_key, other.c.type == "new_buyer", other.c.last_effect_on > as_of
    )
    query = sa.select(activity.seq).where(
        among(connection, activity.buyer_key, buyers), activity.type == "new_buyer", activity.day <= as_of, late
    )
    return set(connection.scalars(query))


def _add_own(connection: Connection, summed: _Summed, cycle: int, as_of: dt.date) -> list[int]:
    """Add a few nodes' settled credits, read one by one; returns the activities that are to be judged. Queries: 1 or 2."""
    activity, credit, layout = tables.activity.c, tables.credit.c, summed.layout
    query = (
        sa.select(
            credit.seq,
            credit.employee,
            credit.path,
            credit.share,
            activity.type,
            activity.buyer_country,
            sa.func.coalesce(activity.hs_code, ""),
            activity.buyer_key,
            activity.company_key,
            activity.counts,
            activity.usd_cents,
            activity.last_effect_on > as_of,
        )
        .join(tables.activity, activity.seq == credit.seq)
        .where(credit.cycle == cycle, activity.day <= as_of, layout.credited(connection))
    )
    rows = connection.execute(query).all()
    buyers = {row[7] for row in rows if row[4] == "new_buyer"}
    contacts = _open_contacts(connection, as_of, buyers) if buyers else set()
    judged = set(contacts)
    sums: dict[tuple[Any, ...], list[int]] = {}
    for seq, employee, path, share, *what, buyer, company, counts, cents, is_late in rows:
        if is_late or seq in contacts:
            judged.add(seq)
            continue
        slices = summed.frame.matching(*what)
        amounts = sums.setdefault((employee, path, slices, counts), [0, 0, 0, 0])
        amounts[0] += share
        if cents is not None:
            dollars, micros = divmod(share * cents, MICROS_A_DOLLAR)
            amounts[1] += share
            amounts[2] += dollars
            amounts[3] += micros
        for one in slices:
            for of in one.of:
                key = buyer if of == BUYER else company
                for line in layout.rows_of_credit(employee, path):
                    summed.see(line, (summed.column[one.id], of), key, counts)
    for (employee, path, slices, counts), amounts in sums.items():
        summed.add_credits(employee, path, [summed.column[one.id] for one in slices], counts, amounts)
    return sorted(judged)


def _settled_condition(
    connection: Connection, cycle: int, as_of: dt.date, contacts: Sequence[int]
) -> sa.ColumnElement[bool]:
    """What is settled as of a day, without the contacts that are judged apart."""
    activity = tables.activity
    settled = sa.and_(activity.c.cycle == cycle, activity.c.last_effect_on <= as_of, activity.c.counts != 0)
    return sa.and_(settled, sa.not_(among(connection, activity.c.seq, contacts))) if contacts else settled


def in_slice(one: SliceInUse) -> sa.ColumnElement[bool]:
    """The twin of :meth:`app.rules.definitions.Slice.matches`."""
    activity = tables.activity
    condition = activity.c.type == one.slice.activity
    if one.slice.where.countries:
        condition = sa.and_(condition, activity.c.buyer_country.in_(one.slice.where.countries))
    if one.slice.where.hs_prefixes:
        begins = [activity.c.hs_code.startswith(prefix, autoescape=True) for prefix in one.slice.where.hs_prefixes]
        condition = sa.and_(condition, sa.or_(*begins))
    return condition


MASK: Final = 30
"""So many slices are told apart by one integer: both databases count in 32 bits without being asked for more."""


def lying_in(slices: Sequence[SliceInUse]) -> list[sa.ColumnElement[int]]:
    """Which of the slices an activity lies in, as bits: a number for each :data:`MASK` of them."""
    return [
        sum(
            (sa.case((in_slice(one), 1 << at), else_=0) for at, one in enumerate(slices[first : first + MASK])),
            start=sa.literal(0),
        )
        for first in range(0, len(slices), MASK)
    ]


def _whole(value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Whole dollars of millionths: the value is never negative, so that taking off the rest divides evenly."""
    return sa.cast((value - value % MICROS_A_DOLLAR) // MICROS_A_DOLLAR, sa.BigInteger)


def summed_parts() -> list[sa.ColumnElement[Any]]:
    """The four amounts of :data:`app.ledger.tables.AMOUNTS`, of credits joined with their activities: the twin of :meth:`app.ledger.totals.Changes.add`."""
    share = sa.cast(tables.credit.c.share, sa.BigInteger)
    cents = tables.activity.c.usd_cents
    value = share * cents
    parts = (
        share,
        sa.case((cents.is_not(None), share), else_=0),
        sa.func.coalesce(_whole(value), 0),
        sa.func.coalesce(value % MICROS_A_DOLLAR, 0),
    )
    return [sa.func.sum(part) for part in parts]


def _sum_settled(connection: Connection, summed: _Summed, settled: sa.ColumnElement[bool]) -> None:
    """Sum the settled activities by owner, by the slices that they lie in and by the levels that they count on. Queries: 1."""
    activity, credit = tables.activity, tables.credit
    slices = summed.frame.slices
    lies_in = lying_in(slices)
    # Plus zero: else SQLite reads the credits in the order of an index by employee, and every activity at random.
    groups = (credit.c.employee + 0, credit.c.path + 0, activity.c.counts, *lies_in)
    labelled = [group.label(f"group_{place}") for place, group in enumerate(groups)]
    query = (
        sa.select(*labelled, *summed_parts())
        .join(activity, activity.c.seq == credit.c.seq)
        .where(settled, activity.c.type.in_(sorted({one.slice.activity for one in slices})))
        .group_by(*labelled)
    )
    for row in connection.execute(query):
        (employee, path, counts, *masks), sums = row[: len(groups)], row[len(groups) :]
        columns = [at for at in range(len(slices)) if masks[at // MASK] >> at % MASK & 1]
        summed.add_credits(employee, path, columns, counts, sums)


def _see_settled(connection: Connection, summed: _Summed, settled: sa.ColumnElement[bool]) -> None:
    """Note which buyers and companies the settled activities count for, of slices in which they are counted apart. Queries: 1, or none."""
    activity, credit, layout = tables.activity, tables.credit, summed.layout
    parts: list[sa.Select[*tuple[Any, ...]]] = []
    for one in summed.frame.slices:
        for what in one.of:
            who = activity.c.buyer_key if what == BUYER else activity.c.company_key
            place = [sa.literal(summed.column[one.id]).label("column"), sa.literal(what).label("of")]
            parts.append(
                sa.select(*place, credit.c.employee, credit.c.path, who.label("who"), activity.c.counts)
                .join(activity, activity.c.seq == credit.c.seq)
                .where(settled, in_slice(one))
                .distinct()
            )
    if not parts:
        return
    for column, of, employee, path, key, counts in connection.execute(sa.union_all(*parts)):
        for line in layout.rows_of_credit(employee, path):
            summed.see(line, (column, of), key, counts)


def judged_as_of(
    connection: Connection, rows: dict[int, ActivityRow], as_of: dt.date
) -> Iterator[tuple[ActivityRow, int]]:
    """Each row with the bits on which it counted on that day."""
    if not rows:
        return
    verdicts = verdicts_of(connection, among(connection, tables.verdict.c.activity, rows), as_of=as_of)
    standings = {seq: bits(row.effect(verdicts.get(seq, ()), as_of=as_of).counts) for seq, row in rows.items()}
    one = one_of_each((row for row in rows.values() if row.type in GROUPED), standings)
    for seq, row in rows.items():
        yield row, one.get(seq, standings[seq])


@dataclass(slots=True)
class Folded:
    """Everything derived anew: the totals, and what the tables hold otherwise.

    Attributes:
        changes: the totals, from zero.
        activities: rows whose derived columns differ, as they should be, by ``seq``.
        credits: credits of which something but the share differs, as they should be, with their activity's ``seq``.
        differences: what differs, in words for an operator.
        count: how many activities there are.
    """

    changes: Changes = field(default_factory=Changes)
    activities: dict[int, ActivityRow] = field(default_factory=dict)
    credits: list[tuple[int, CreditRow]] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    count: int = 0


def fold_everything(connection: Connection, frame: Frame) -> Folded:
    """Derive every activity and every total from the events again, beside what is stored.

    Queries: 3 for each stretch of 20,000 events.
    """
    folded = Folded()
    grouped: dict[int, ActivityRow] = {}
    last = connection.scalar(sa.select(sa.func.max(tables.activity.c.seq))) or 0
    activity, verdict = tables.activity, tables.verdict
    for start in range(0, last + 1, STRETCH):
        rows = read_rows(connection, frame, activity.c.seq.between(start, start + STRETCH - 1))
        verdicts = verdicts_of(connection, verdict.c.activity.between(start, start + STRETCH - 1))
        _fold_rows(folded, grouped, rows, verdicts, frame)
    _fold_groups(folded, grouped, frame)
    return folded


def fold_since(connection: Connection, frame: Frame, *, after: int) -> Folded:
    """Derive again, beside what is stored, the activities that came after an event or that a later one may have moved: by a verdict, or as one of its group.

    Its totals are those activities' alone.

    Queries: 3, and 2 where one of them is of a group.
    """
    folded = Folded()
    activity, verdict = tables.activity, tables.verdict
    judged = sa.select(verdict.c.activity).where(verdict.c.seq > after, verdict.c.activity.is_not(None))
    rows = read_rows(connection, frame, sa.or_(activity.c.seq > after, activity.c.seq.in_(judged)))
    groups = {row.buyer_key for row in rows.values() if row.type in GROUPED}
    if groups:
        of_groups = sa.and_(activity.c.type.in_(GROUPED), among(connection, activity.c.buyer_key, groups))
        rows |= read_rows(connection, frame, of_groups)
    verdicts = verdicts_of(connection, among(connection, verdict.c.activity, rows))
    grouped: dict[int, ActivityRow] = {}
    _fold_rows(folded, grouped, rows, verdicts, frame)
    _fold_groups(folded, grouped, frame)
    return folded


def _fold_rows(
    folded: Folded,
    grouped: dict[int, ActivityRow],
    rows: Mapping[int, ActivityRow],
    verdicts: Mapping[int, Sequence[VerdictRow]],
    frame: Frame,
) -> None:
    """Derive activities; those of which one of a group counts are gathered, since which one it is hangs on all."""
    for seq, row in rows.items():
        stored = (row.derived(), row.credits)
        derive(row, frame)
        row.judge(verdicts.get(seq, ()))
        if row.type in GROUPED:
            row.counts = row.counts_before
            grouped[seq] = row
        _compare(folded, row, *stored)
        folded.count += 1
        if row.type not in GROUPED:
            folded.changes.add(row, frame, before=0, after=row.counts)


def _fold_groups(folded: Folded, grouped: Mapping[int, ActivityRow], frame: Frame) -> None:
    """Of whole groups tell which one counts."""
    for seq, counting in one_of_each(grouped.values()).items():
        row = grouped[seq]
        if counting != row.counts_before:
            row.counts = counting
            folded.activities[seq] = row
            folded.differences.append(
                f"activity {row.source} {row.id}: counts {row.counts_before}, should be {counting}"
            )
        folded.changes.add(row, frame, before=0, after=counting)


def _compare(folded: Folded, row: ActivityRow, columns: tuple[object, ...], credits: Sequence[CreditRow]) -> None:
    derived = row.derived()
    if columns != derived:
        folded.activities[row.seq] = row
        folded.differences.append(f"activity {row.source} {row.id}: stored {columns}, should be {derived}")
    for stored, part in zip(credits, row.credits, strict=True):
        if stored != part:
            folded.credits.append((row.seq, part))
            folded.differences.append(
                f"credit {row.source} {row.id} {part.employee}: stored {stored}, should be {part}"
            )
