"""What of the ledger hangs on what two revisions of the agency differ in, and no more of it.

Do not derive everything anew because something changed: one posting moves one person's activities, and whoever records meanwhile waits for as
long as that takes. What may hang on anything (other slices, other legal forms, another first month) is told as None, and derived as a whole.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among, bulk_update
from app.ledger import tables
from app.ledger.activity_rows import (
    DERIVED_COLUMNS,
    JUDGED_COLUMNS,
    ActivityRow,
    CreditRow,
    derive,
    read_rows,
    read_some,
)
from app.ledger.fold import fold_everything
from app.ledger.frame import BUYER, Frame
from app.ledger.totals import (
    EMPLOYEE,
    MEMBER_KEY,
    Changes,
    Figures,
    MemberKey,
    apply_changes,
    current_figures,
    empty_figures,
    layout_of,
)
from app.rules.terms import Node

__all__ = ["Moved", "bring_up_to_date", "figures_after", "moved_by", "write_moved"]


class _LookedAt(NamedTuple):
    """An activity as the later revision has it, and what the tables held of it when it was read."""

    row: ActivityRow
    derived: tuple[object, ...]
    credits: list[CreditRow]


@dataclass(slots=True)
class Moved:
    """What has to be written where one revision follows on another.

    Attributes:
        changes: of the totals.
        looked_at: the activities that may be others, by ``seq``.
    """

    changes: Changes = field(default_factory=Changes)
    looked_at: dict[int, _LookedAt] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many activities were looked at."""
        return len(self.looked_at)

    @property
    def activities(self) -> list[ActivityRow]:
        """Rows whose derived columns are others, as they are to be."""
        return [row for row, derived, _ in self.looked_at.values() if row.derived() != derived]

    @property
    def credits(self) -> list[tuple[int, CreditRow]]:
        """Those whose place is another, with their activity's ``seq``."""
        return [
            (row.seq, part)
            for row, _, parts in self.looked_at.values()
            for old, part in zip(parts, row.credits, strict=True)
            if old != part
        ]


def moved_by(connection: Connection, before: Frame, after: Frame) -> Moved | None:
    """What of the ledger is another under a later revision; None where all of it may be.

    Args:
        connection: a transaction in which nothing is recorded meanwhile, or one that only looks.
        before: the revision that everything stored was derived by.
        after: the one that follows.

    Raises:
        WorthTooMuch: by the later rates an activity would be worth more than any may be.

    Queries: none where nothing hangs on the difference; else 2 for those whose place, and 2 for those whose worth is another.
    """
    if (before.first_month, before.legal_forms) != (after.first_month, after.legal_forms):
        return None
    if [(one.id, one.of) for one in before.slices] != [(one.id, one.of) for one in after.slices]:
        return None
    moved = Moved()
    if before.directory is after.directory:
        return moved
    for condition in _conditions(connection, before, after):
        for seq, row in read_rows(connection, before, condition).items():
            if seq not in moved.looked_at:
                _move(moved, row, before, after)
    return moved


def bring_up_to_date(connection: Connection, moved: Moved, before: Frame, after: Frame) -> None:
    """Take in what has been recorded since it was worked out, so that whoever records waits for no more than that.

    Whatever the tables hold otherwise by now is taken back and worked out anew; nothing is concluded from which events came.

    Args:
        connection: a transaction in which nothing is recorded meanwhile.
        moved: of :func:`moved_by`, of the same two revisions; changed in place.
        before: the revision that everything stored was derived by.
        after: the one that follows.

    Raises:
        WorthTooMuch: as of :func:`moved_by`.

    Queries: 2 for those whose place, and 2 for those whose worth is another; 3 more where anything has come.
    """
    if before.directory is after.directory:
        return
    stale: set[int] = set()
    for condition in _conditions(connection, before, after):
        stale |= _judged_since(connection, moved, condition) | _mentioned_since(connection, moved, condition)
    for seq in stale & moved.looked_at.keys():
        _take_back(moved, moved.looked_at.pop(seq), before, after)
    for row in read_some(connection, before, sorted(stale)).values() if stale else ():
        _move(moved, row, before, after)


_BUCKET: Final = 256


def _judged_since(connection: Connection, moved: Moved, condition: sa.ColumnElement[bool]) -> set[int]:
    """Those that came since they were looked at, or stand otherwise by now, though nothing may have been said of them. Queries: 1."""
    activity = tables.activity.c
    query = sa.select(activity.seq, *(activity[name] for name in JUDGED_COLUMNS))
    stale = set()
    for seq, *judged in connection.execute(query.where(condition)):
        one = moved.looked_at.get(seq)
        if one is None or one.derived[-len(judged) :] != tuple(judged):
            stale.add(seq)
    return stale


def _mentioned_since(connection: Connection, moved: Moved, condition: sa.ColumnElement[bool]) -> set[int]:
    """Those of which the last event is another by now, however they stand.

    Its number only grows: so the sum over many is another wherever one is, and only these are read one by one.

    Queries: 1, and 1 where anything has come.
    """
    activity, credit = tables.activity.c, tables.credit.c
    known: dict[int, int] = {}
    for seq, one in moved.looked_at.items():
        known[seq // _BUCKET] = known.get(seq // _BUCKET, 0) + sum(part.moved for part in one.credits)
    bucket = credit.seq.op("/")(sa.literal_column(str(_BUCKET)))
    of_all = sa.select(bucket, sa.func.sum(credit.moved)).join(tables.activity, activity.seq == credit.seq)
    sums = connection.execute(of_all.where(condition).group_by(bucket))
    others = [int(at) for at, total in sums if known.get(int(at)) != int(total)]
    if not others:
        return set()
    query = sa.select(credit.seq, credit.employee, credit.moved).join(tables.activity, activity.seq == credit.seq)
    stale = set()
    for seq, employee, last in connection.execute(query.where(condition, among(connection, bucket, others))):
        looked_at = moved.looked_at.get(seq)
        if looked_at is None or (employee, last) not in {(part.employee, part.moved) for part in looked_at.credits}:
            stale.add(seq)
    return stale


def _take_back(moved: Moved, known: _LookedAt, before: Frame, after: Frame) -> None:
    """As if the activity had not been looked at."""
    row = known.row
    moved.changes.add(row, after, before=row.counts, after=0)
    for name, value in zip(DERIVED_COLUMNS, known.derived, strict=True):
        setattr(row, name, value)
    row.credits = known.credits
    moved.changes.add(row, before, before=0, after=row.counts)


def _conditions(connection: Connection, before: Frame, after: Frame) -> Iterator[sa.ColumnElement[bool]]:
    """Which activities may be others: those of people who stood elsewhere, and those in currencies whose rates are others."""
    activity, credit = tables.activity.c, tables.credit.c
    placed = _placed_elsewhere(before, after)
    if placed:
        first = dt.date.fromordinal(max(1, min(placed.values())))
        credited = sa.select(credit.seq).where(among(connection, credit.employee, placed))
        yield sa.and_(activity.seq.in_(credited), activity.day >= first)
    worth = _worth_otherwise(before, after)
    if worth:
        yield sa.and_(
            activity.amount.is_not(None),
            sa.or_(*(sa.and_(activity.currency == one, activity.day >= day) for one, day in worth)),
        )


def _placed_elsewhere(before: Frame, after: Frame) -> dict[int, int]:
    """Of everyone who stood elsewhere on some day the first such day, as an ordinal, by the ledger's numbers."""
    one, other = before.directory.placement, after.directory.placement
    placed: dict[int, int] = {}
    for number in {*one.employees, *other.employees} & before.ids.keys():
        first = _first_difference(one.paths_over_time(number), other.paths_over_time(number))
        if first is not None:
            placed[before.ids[number]] = first
    return placed


def _first_difference(
    one: tuple[tuple[int, int, tuple[str, ...]], ...], other: tuple[tuple[int, int, tuple[str, ...]], ...]
) -> int | None:
    """The first day on which two courses of paths differ, as an ordinal; None where they are the same."""
    for first, second in zip(one, other, strict=False):
        if first != second:
            if first[0] == second[0] and first[2] == second[2]:
                return min(first[1], second[1])
            return min(first[0], second[0])
    rest = one[len(other) :] or other[len(one) :]
    return rest[0][0] if rest else None


def _worth_otherwise(before: Frame, after: Frame) -> list[tuple[str, dt.date]]:
    """The currencies whose rates are others, each with the first day on which it has another."""
    one, other = before.directory.rates, after.directory.rates
    differ = ((code, one.first_difference(other, code)) for code in sorted({*one.currencies, *other.currencies}))
    return [(code, day) for code, day in differ if day is not None]


def _move(moved: Moved, row: ActivityRow, before: Frame, after: Frame) -> None:
    moved.looked_at[row.seq] = _LookedAt(row, row.derived(), row.credits)
    moved.changes.add(row, before, before=row.counts, after=0)
    derive(row, after)
    moved.changes.add(row, after, before=0, after=row.counts)


def figures_after(
    connection: Connection,
    frame: Frame,
    moved: Moved | None,
    *,
    cycle: int,
    nodes: Sequence[Node],
    before: Figures | None = None,
) -> Figures:
    """The nodes' figures under a revision that is not there yet: what is stored, and what would move.

    Args:
        connection: an open transaction.
        frame: the later revision.
        moved: what would (:func:`moved_by`); None where everything may, so that everything is derived, in memory.
        cycle: the year that names it.
        nodes: whose.
        before: the same nodes' figures under the present revision, read in this transaction, where they are there.

    Queries: those of :func:`app.ledger.current_figures`, without ``before``, and 1 where anything moves; where everything may move those of
    :func:`app.ledger.fold_everything`.
    """
    if moved is None:
        figures, changes = empty_figures(nodes, frame), fold_everything(connection, frame).changes
        figures.given.update(current_figures(connection, replace(frame, slices=()), cycle=cycle, nodes=nodes).given)
        steps = {key: [int(number > 0) for number in numbers] for key, numbers in changes.members.items()}
    else:
        changes = moved.changes
        if before is not None and not changes.totals and not changes.members:
            return before
        figures = (
            _copied(before) if before is not None else current_figures(connection, frame, cycle=cycle, nodes=nodes)
        )
        steps = _steps(connection, changes, cycle)
    layout = layout_of(nodes, frame)
    totals = [(key, numbers) for key, numbers in changes.totals.items() if key[0] == cycle and key[3] in figures.slices]
    if totals:
        layout.scatter(
            figures,
            np.array([key[1:3] for key, _ in totals], dtype=np.int64),
            np.array([figures.slices[key[3]] for key, _ in totals], dtype=np.int64),
            np.array([numbers for _, numbers in totals], dtype=np.int64),
        )
    employees = {str(owner): row for owner, row in layout.employees.items()}
    for (of_cycle, kind, owner, slice_id, of, _), step in steps.items():
        row = employees.get(owner) if kind == EMPLOYEE else layout.units.get(owner)
        if of_cycle == cycle and row is not None and slice_id in figures.slices:
            figures.distinct[row, figures.slices[slice_id], int(of != BUYER)] += np.array(step, dtype=np.int64)
    return figures


def _copied(figures: Figures) -> Figures:
    """The same to be changed in place."""
    return replace(figures, amounts=figures.amounts.copy(), distinct=figures.distinct.copy())


def _steps(connection: Connection, changes: Changes, cycle: int) -> dict[MemberKey, list[int]]:
    """What the changes do to how many of the members count, on each level. Queries: 1, or none."""
    members = {key: numbers for key, numbers in changes.members.items() if key[0] == cycle and any(numbers)}
    if not members:
        return {}
    of = tables.member.c
    query = sa.select(*(of[name] for name in MEMBER_KEY), *(of[level] for level in tables.LEVELS)).where(
        of.cycle == cycle, among(connection, of.key, {key[5] for key in members})
    )
    stored = {tuple(row[: len(MEMBER_KEY)]): row[len(MEMBER_KEY) :] for row in connection.execute(query)}
    return {
        key: [
            int(now + change > 0) - int(now > 0)
            for now, change in zip(stored.get(key, (0,) * len(numbers)), numbers, strict=True)
        ]
        for key, numbers in members.items()
    }


def write_moved(connection: Connection, moved: Moved) -> None:
    """Write it. The caller holds the ledger's lock alone. Queries: at most 5, whatever moved."""
    bulk_update(
        connection,
        tables.activity,
        ("seq",),
        DERIVED_COLUMNS,
        [(row.seq, *row.derived()) for row in moved.activities],
    )
    bulk_update(
        connection,
        tables.credit,
        ("seq", "employee"),
        ("path", "cycle", "moved"),
        [(seq, part.employee, part.path, part.cycle, part.moved) for seq, part in moved.credits],
    )
    apply_changes(connection, moved.changes)
