"""The fold: figures from the ledger itself, as of a day or as of now.

The fold is what the contract defines; stored totals are the same figures kept ready. :func:`figures_as_of` answers for a past day,
:func:`fold_everything` derives all anew, for a load and for reconciling.
As of a day a verdict that came later has not been given, even on an activity that was there already.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among
from app.ledger import tables
from app.ledger.activity_rows import ActivityRow, CreditRow, bits, derive, first_of_each, read_rows, verdicts_of
from app.ledger.frame import BUYER, COMPANY, Frame, SliceInUse
from app.ledger.totals import EMPLOYEE, PATH, WIDTH, Changes, Figures, Layout, empty_figures, layout_of
from app.rules.counting import MICROS_A_DOLLAR, standing
from app.rules.terms import Node

__all__ = ["Folded", "figures_as_of", "fold_everything", "in_slice", "is_large", "judged_as_of"]

_FEW_PATHS: Final = 2

STRETCH: Final = 20_000
"""How many events are held at once while everything is folded."""


def figures_as_of(
    connection: Connection, frame: Frame, *, cycle: int, nodes: Sequence[Node], as_of: dt.date
) -> Figures:
    """The nodes' figures from events of days up to ``as_of``.

    What had settled by then is summed by the database; an activity with later events is folded by the rule. Of a few nodes only their own
    activities are looked at, and the other contacts of their new buyers: a person's page costs as much as the person has done.

    Queries: 7 at most, of a few nodes 9.
    """
    figures = empty_figures(nodes, frame)
    if not frame.slices:
        return figures
    layout = layout_of(nodes, frame)
    own = None if is_large(frame, nodes) else _own_activities(connection, layout, cycle)
    open_rows, open_buyers = _unsettled(connection, frame, as_of, own)
    summed = _Summed(frame, layout)
    _sum_settled(connection, summed, _settled_condition(connection, cycle, as_of, open_buyers), own)
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
            summed.see((line,), (figures.slices[slice_id], of), key, levels)
    summed.fill(figures)
    return figures


def is_large(frame: Frame, nodes: Sequence[Node]) -> bool:
    """Whether nodes are so large a part of the agency that going through everything is quicker than picking their own."""
    layout = layout_of(nodes, frame)
    return layout.everyone or 8 * len(layout.paths) > len(frame.directory.path_ids) + 8 * _FEW_PATHS


def _own_activities(connection: Connection, layout: Layout, cycle: int) -> list[int]:
    """The activities of a cycle that the nodes have a credit of. Queries: 1."""
    credit = tables.credit.c
    query = sa.select(credit.seq).where(credit.cycle == cycle, layout.credited(connection)).distinct()
    return list(connection.scalars(query))


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
        self._seen: Final[dict[tuple[int, int, int], tuple[set[str], set[str], set[str]]]] = {}

    def add(self, owner_kind: int, owner: int, column: int, numbers: Sequence[int]) -> None:
        """Add twelve numbers to an owner's total of a slice."""
        self._owners.append((owner_kind, owner))
        self._columns.append(column)
        self._numbers.append(numbers)

    def see(self, lines: Sequence[int], what: tuple[int, int], key: str, levels: Sequence[int]) -> None:
        """Note that a buyer or company counts at rows of figures, on the levels whose number is above zero."""
        column, of = what
        for line in lines:
            sets = self._seen.setdefault((line, column, of), (set(), set(), set()))
            for level, counting in enumerate(levels):
                if counting > 0:
                    sets[level].add(key)

    def fill(self, figures: Figures) -> None:
        """Write everything into the figures."""
        count = len(self._numbers)
        self.layout.scatter(
            figures,
            np.array(self._owners, dtype=np.int64).reshape(count, 2),
            np.array(self._columns, dtype=np.int64),
            np.array(self._numbers, dtype=np.int64).reshape(count, WIDTH),
        )
        for (line, column, of), sets in self._seen.items():
            figures.distinct[line, column, 0 if of == BUYER else 1] = [len(keys) for keys in sets]


def _unsettled(
    connection: Connection, frame: Frame, as_of: dt.date, own: Sequence[int] | None
) -> tuple[dict[int, ActivityRow], set[str]]:
    """Activities of days up to ``as_of`` that have later events, and all contacts of a buyer of which one has.

    Args:
        connection: an open transaction.
        frame: the agency.
        as_of: the day.
        own: only these activities are asked for, and the contacts of their new buyers; None for all.
    """
    activity = tables.activity
    late, begun, is_contact = activity.c.last_effect_on > as_of, activity.c.day <= as_of, activity.c.type == "new_buyer"
    wanted = sa.and_(begun, late, activity.c.type != "new_buyer")
    buyers = sa.select(activity.c.buyer_key).where(is_contact, late).distinct()
    if own is not None:
        wanted = sa.and_(wanted, among(connection, activity.c.seq, own))
        mine = sa.select(activity.c.buyer_key).where(is_contact, among(connection, activity.c.seq, own))
        keys = list(connection.scalars(mine.distinct()))
        buyers = buyers.where(among(connection, activity.c.buyer_key, keys))
    open_buyers = set(connection.scalars(buyers))
    # Asked for apart: of both conditions together an engine finds no index.
    rows = read_rows(connection, frame, wanted)
    if open_buyers:
        contacts = sa.and_(begun, is_contact, among(connection, activity.c.buyer_key, open_buyers))
        rows |= read_rows(connection, frame, contacts)
    return rows, open_buyers


def _settled_condition(
    connection: Connection, cycle: int, as_of: dt.date, open_buyers: set[str]
) -> sa.ColumnElement[bool]:
    activity = tables.activity
    settled = sa.and_(activity.c.cycle == cycle, activity.c.last_effect_on <= as_of, activity.c.counts != 0)
    if open_buyers:
        settled = sa.and_(
            settled,
            sa.or_(activity.c.type != "new_buyer", sa.not_(among(connection, activity.c.buyer_key, open_buyers))),
        )
    return settled


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


def _amount_sums() -> list[sa.ColumnElement[Any]]:
    """Twelve sums over credits, in the order of :func:`app.ledger.tables.amount_columns`."""
    activity, credit = tables.activity, tables.credit
    share = sa.cast(credit.c.share, sa.BigInteger)
    value = share * activity.c.usd_cents
    valued = sa.case((activity.c.usd_cents.is_not(None), share), else_=0)
    parts = (
        share,
        valued,
        sa.func.coalesce(_whole(value), 0),
        sa.func.coalesce(value % MICROS_A_DOLLAR, 0),
    )
    return [
        sa.func.sum(sa.case((activity.c.counts.bitwise_and(bit) != 0, part), else_=0))
        for bit in (1, 2, 4)
        for part in parts
    ]


def _whole(value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Whole dollars of millionths: the value is never negative, so that taking off the rest divides evenly."""
    return sa.cast((value - value % MICROS_A_DOLLAR) // MICROS_A_DOLLAR, sa.BigInteger)


def _sum_settled(
    connection: Connection, summed: _Summed, settled: sa.ColumnElement[bool], own: Sequence[int] | None
) -> None:
    """Sum the settled activities, of each type grouped by as much as its slices tell apart. Queries: 1."""
    activity, credit = tables.activity, tables.credit
    slices = summed.frame.slices

    def where_told_apart(column: sa.ColumnElement[Any], kinds: Iterable[str]) -> sa.ColumnElement[Any]:
        types = sorted(set(kinds))
        return sa.case((activity.c.type.in_(types), column), else_=None) if types else sa.null()

    # Plus zero: else SQLite reads the credits in the order of an index by employee, and every activity at random.
    groups = (
        activity.c.type,
        credit.c.employee + 0,
        credit.c.path + 0,
        where_told_apart(activity.c.buyer_country, (one.slice.activity for one in slices if one.slice.where.countries)),
        where_told_apart(activity.c.hs_code, (one.slice.activity for one in slices if one.slice.where.hs_prefixes)),
        where_told_apart(activity.c.buyer_key, (one.slice.activity for one in slices if BUYER in one.of)),
        where_told_apart(activity.c.company_key, (one.slice.activity for one in slices if COMPANY in one.of)),
    )
    labelled = [group.label(f"group_{place}") for place, group in enumerate(groups)]
    kinds = sorted({one.slice.activity for one in slices})
    query = (
        sa.select(*labelled, *_amount_sums())
        .join(activity, activity.c.seq == credit.c.seq)
        .where(settled, activity.c.type.in_(kinds))
        .group_by(*(group for group in groups if not isinstance(group, sa.Null)))
    )
    if own is not None:
        # Of one table alone: asked of both, PostgreSQL compares the two lists once it plans for any lists.
        query = query.where(among(connection, credit.c.seq, own))
    layout = summed.layout
    for kind, employee, path, country, hs_code, buyer, company, *sums in connection.execute(query):
        numbers = [int(number) for number in sums]
        levels = numbers[0::4]
        for one in summed.frame.matching(kind, country or "", hs_code or ""):
            column = summed.column[one.id]
            summed.add(EMPLOYEE, employee, column, numbers)
            if path is not None:
                summed.add(PATH, path, column, numbers)
            for what in one.of:
                key = buyer if what == BUYER else company
                lines = (*layout.rows_of(EMPLOYEE, employee), *(layout.rows_of(PATH, path) if path is not None else ()))
                summed.see(lines, (column, what), key, levels)


def judged_as_of(
    connection: Connection, rows: dict[int, ActivityRow], as_of: dt.date
) -> Iterator[tuple[ActivityRow, int]]:
    """Each row with the bits on which it counted on that day."""
    if not rows:
        return
    verdicts = verdicts_of(connection, among(connection, tables.verdict.c.activity, rows), as_of=as_of)
    standings = {
        seq: bits(standing(verdicts.get(seq, ()), employees_of_activity=row.employee_numbers, as_of=as_of).counts)
        for seq, row in rows.items()
    }
    first = first_of_each((row for row in rows.values() if row.type == "new_buyer"), standings)
    for seq, row in rows.items():
        yield row, first.get(seq, standings[seq])


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
    contacts: dict[int, ActivityRow] = {}
    last = connection.scalar(sa.select(sa.func.max(tables.activity.c.seq))) or 0
    activity, verdict = tables.activity, tables.verdict
    for start in range(0, last + 1, STRETCH):
        rows = read_rows(connection, frame, activity.c.seq.between(start, start + STRETCH - 1))
        verdicts = verdicts_of(connection, verdict.c.activity.between(start, start + STRETCH - 1))
        for seq, row in rows.items():
            stored = (row.derived(), row.credits)
            derive(row, frame)
            row.judge(verdicts.get(seq, ()))
            if row.type == "new_buyer":
                row.counts = row.counts_before
                contacts[seq] = row
            _compare(folded, row, *stored)
            folded.count += 1
            if row.type != "new_buyer":
                folded.changes.add(row, frame, before=0, after=row.counts)
    for seq, counting in first_of_each(contacts.values()).items():
        row = contacts[seq]
        if counting != row.counts_before:
            row.counts = counting
            folded.activities[seq] = row
            folded.differences.append(
                f"activity {row.source} {row.id}: counts {row.counts_before}, should be {counting}"
            )
        folded.changes.add(row, frame, before=0, after=counting)
    return folded


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
