"""The fold for many days at once: every node's figures as of each of them, from one reading of a cycle's activities.

:func:`app.ledger.fold.figures_as_of` asks the database anew for each day, which for a trend of eighty takes minutes. Here every activity is
laid out as the days on which what it counts for *changed*, and the figures of a day are those of the day before and the changes between.
A verdict dated before its activity changes nothing on its own day. It holds from the activity's first day on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among
from app.ledger import tables
from app.ledger.activity_rows import VerdictRow, bits, verdicts_of
from app.ledger.frame import Frame
from app.ledger.totals import EMPLOYEE, PATH, WIDTH, Figures, Layout, add_at, empty_figures, layout_of
from app.rules.counting import MICROS_A_DOLLAR, standing
from app.rules.terms import Node

__all__ = ["earliest_day_since", "figures_by_day", "newest_event"]

IntArray = npt.NDArray[np.int64]
_LEVELS: Final = 3


class _Turn(NamedTuple):
    """From a day on an activity counts on these levels (bits)."""

    day: int
    bits: int


@dataclass(frozen=True, slots=True)
class _Activities:
    """A cycle's activities, and those of other cycles that a new buyer's first contact hangs on, by place."""

    rows: Sequence[Any]
    place: Mapping[int, int]
    credits: Sequence[list[tuple[int, int, int | None]]]


def figures_by_day(
    connection: Connection, frame: Frame, *, cycle: int, nodes: Sequence[Node], days: Sequence[dt.date]
) -> Iterator[tuple[dt.date, Figures]]:
    """The nodes' figures as of each of some days, the earliest first.

    Queries: 4, and 1 where buyers were logged as new more than once, however many the days are.
    """
    figures = empty_figures(nodes, frame)
    if not frame.slices:
        for day in sorted(set(days)):
            yield day, figures
        return
    activities = _read(connection, cycle)
    changes = _changes(activities, _timelines(connection, frame, activities), cycle)
    sums = _Sums.of(activities, frame, layout_of(nodes, frame), figures)
    members = _Members.of(activities, frame, layout_of(nodes, frame), figures)
    done = 0
    for day in sorted(set(days)):
        until = int(np.searchsorted(changes.day, day.toordinal(), side="right"))
        sums.add(changes, slice(done, until))
        members.add(changes, slice(done, until))
        done = until
        yield (
            day,
            Figures(
                nodes=figures.nodes, slices=figures.slices, amounts=sums.figures(), distinct=members.distinct.copy()
            ),
        )


# -------------------------------------------------------------------------------------------------------------------- reading


def _read(connection: Connection, cycle: int) -> _Activities:
    activity, credit = tables.activity, tables.credit
    wanted = sa.or_(activity.c.cycle == cycle, activity.c.type == "new_buyer")
    rows = connection.execute(
        sa.select(
            activity.c.seq,
            activity.c.type,
            activity.c.day,
            activity.c.cycle,
            activity.c.employee,
            activity.c.buyer_country,
            activity.c.hs_code,
            activity.c.usd_cents,
            activity.c.buyer_key,
            activity.c.company_key,
            activity.c.standing,
            activity.c.last_effect_on,
        )
        .where(wanted)
        .order_by(activity.c.seq)
    ).all()
    place = {row.seq: at for at, row in enumerate(rows)}
    credits: list[list[tuple[int, int, int | None]]] = [[] for _ in rows]
    query = (
        sa.select(credit.c.seq, credit.c.employee, credit.c.share, credit.c.path)
        .join(activity, activity.c.seq == credit.c.seq)
        .where(wanted)
    )
    for seq, employee, share, path in connection.execute(query):
        at = place.get(seq)
        if at is not None:
            credits[at].append((employee, share, path))
    return _Activities(rows, place, credits)


# ----------------------------------------------------------------------------------------------------- when what counts changed


def _timelines(connection: Connection, frame: Frame, activities: _Activities) -> list[list[_Turn]]:
    """Of every activity the days on which what it counts for changed, the first of them its own."""
    activity, verdict = tables.activity, tables.verdict
    judged = sa.select(verdict.c.activity).join(activity, activity.c.seq == verdict.c.activity)
    verdicts = verdicts_of(connection, verdict.c.activity.in_(judged.where(activity.c.last_effect_on > activity.c.day)))
    timelines: list[list[_Turn]] = []
    for row, credits in zip(activities.rows, activities.credits, strict=True):
        first = row.day.toordinal()
        given = verdicts.get(row.seq)
        if not given:
            # Whatever verdicts it has are of its own day or before: they hold from its first day on.
            timelines.append([_Turn(first, row.standing)])
        else:
            own = frozenset(frame.numbers[one] for one in (row.employee, *(part[0] for part in credits)))
            timelines.append(_judged(first, given, own))
    _tell_first_contacts(connection, activities, timelines)
    return timelines


def _judged(first: int, verdicts: Sequence[VerdictRow], own: frozenset[str]) -> list[_Turn]:
    turns: list[_Turn] = []
    for day in sorted({first, *(max(first, one.day.toordinal()) for one in verdicts)}):
        counting = bits(standing(verdicts, employees_of_activity=own, as_of=dt.date.fromordinal(day)).counts)
        if not turns or turns[-1].bits != counting:
            turns.append(_Turn(day, counting))
    return turns


def _tell_first_contacts(connection: Connection, activities: _Activities, timelines: list[list[_Turn]]) -> None:
    """Of the contacts of one buyer only the first that counts does so, on each level and as of each day."""
    groups: dict[str, list[int]] = {}
    for at, row in enumerate(activities.rows):
        if row.type == "new_buyer":
            groups.setdefault(row.buyer_key, []).append(at)
    several = [group for group in groups.values() if len(group) > 1]
    if not several:
        return
    event = tables.event
    seqs = [activities.rows[at].seq for group in several for at in group]
    query = sa.select(event.c.seq, event.c.instant, event.c.source, event.c.id).where(
        among(connection, event.c.seq, seqs)
    )
    order = {seq: (instant, source, id_) for seq, instant, source, id_ in connection.execute(query)}
    for group in several:
        ranked = sorted(group, key=lambda at: order[activities.rows[at].seq])
        own = [timelines[at] for at in ranked]
        counted: list[list[_Turn]] = [[] for _ in ranked]
        for day in sorted({turn.day for turns in own for turn in turns}):
            taken = 0
            for place, turns in enumerate(own):
                standing_bits = next((turn.bits for turn in reversed(turns) if turn.day <= day), 0)
                counting = standing_bits & ~taken
                taken |= standing_bits
                if (counted[place][-1].bits if counted[place] else 0) != counting:
                    counted[place].append(_Turn(day, counting))
        for at, turns in zip(ranked, counted, strict=True):
            timelines[at] = turns


class _Changes(NamedTuple):
    """Every change of the cycle's activities in the order of days: which activity, and -1, 0 or 1 on each level."""

    day: IntArray
    activity: IntArray
    sign: IntArray


def _changes(activities: _Activities, timelines: Sequence[Sequence[_Turn]], cycle: int) -> _Changes:
    flat: list[tuple[int, int, int, int]] = []
    for at, turns in enumerate(timelines):
        if activities.rows[at].cycle == cycle:
            before = 0
            for turn in turns:
                if turn.bits != before:
                    flat.append((turn.day, at, before, turn.bits))
                    before = turn.bits
    columns = np.array(flat, dtype=np.int64).reshape(len(flat), 4)
    columns = columns[np.argsort(columns[:, 0], kind="stable")]
    levels = np.arange(_LEVELS, dtype=np.int64)
    sign = (columns[:, 3:4] >> levels & 1) - (columns[:, 2:3] >> levels & 1)
    return _Changes(columns[:, 0].copy(), columns[:, 1].copy(), sign)


class _ByActivity(NamedTuple):
    """Where each activity's entries begin and how many there are; entries lie in the order of activities."""

    start: IntArray
    number: IntArray

    @classmethod
    def of(cls, activity: IntArray, size: int) -> _ByActivity:
        count = np.bincount(activity, minlength=size).astype(np.int64)
        return cls(np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(count)))[:-1], count)

    def expand(self, activity: IntArray) -> tuple[IntArray, IntArray]:
        """For some changes' activities: which change, and which entry, a pair for each entry."""
        count = self.number[activity]
        change = np.repeat(np.arange(len(activity), dtype=np.int64), count)
        within = np.arange(len(change), dtype=np.int64) - np.repeat(np.cumsum(count) - count, count)
        return change, self.start[activity][change] + within


# ------------------------------------------------------------------------------------------------------------ shares and dollars


@dataclass(slots=True)
class _Sums:
    """Totals by owner (an employee, or a path), kept up to the last change added."""

    owner: IntArray
    column: IntArray
    amounts: IntArray
    entries: _ByActivity
    totals: IntArray
    to_row: IntArray
    from_owner: IntArray
    rows: int

    @classmethod
    def of(cls, activities: _Activities, frame: Frame, layout: Layout, figures: Figures) -> _Sums:
        owners: dict[tuple[int, int], int] = {}
        entries: list[tuple[int, int, int, int, int, int, int]] = []
        for at, row in enumerate(activities.rows):
            columns = [figures.slices[one.id] for one in _matching(frame, row)]
            if not columns:
                continue
            for employee, share, path in activities.credits[at]:
                if row.usd_cents is None:
                    amounts = (share, 0, 0, 0)
                else:
                    amounts = (share, share, *divmod(share * row.usd_cents, MICROS_A_DOLLAR))
                credited = [(EMPLOYEE, employee)] if employee in layout.employees else []
                if path is not None and path in layout.paths:
                    credited.append((PATH, path))
                for owner in credited:
                    number = owners.setdefault(owner, len(owners))
                    entries += [(at, number, column, *amounts) for column in columns]
        table = np.array(entries, dtype=np.int64).reshape(len(entries), 7)
        to_rows = [(row, number) for (kind, owner), number in owners.items() for row in layout.rows_of(kind, owner)]
        pairs = np.array(to_rows, dtype=np.int64).reshape(len(to_rows), 2)
        return cls(
            owner=table[:, 1].copy(),
            column=table[:, 2].copy(),
            amounts=table[:, 3:].copy(),
            entries=_ByActivity.of(table[:, 0], len(activities.rows)),
            totals=np.zeros((len(owners), len(figures.slices), WIDTH), dtype=np.int64),
            to_row=pairs[:, 0].copy(),
            from_owner=pairs[:, 1].copy(),
            rows=len(figures.nodes),
        )

    def add(self, changes: _Changes, span: slice) -> None:
        """Add some changes."""
        change, entry = self.entries.expand(changes.activity[span])
        if not len(change):
            return
        sign = changes.sign[span][change]
        amounts = (sign[:, :, None] * self.amounts[entry][:, None, :]).reshape(len(entry), WIDTH)
        add_at(self.totals, (self.owner[entry], self.column[entry]), amounts)

    def figures(self) -> IntArray:
        """The amounts of the nodes, each owner's total added to every node that it belongs to."""
        amounts = np.zeros((self.rows, *self.totals.shape[1:]), dtype=np.int64)
        add_at(amounts, (self.to_row,), self.totals[self.from_owner])
        return amounts


def _matching(frame: Frame, row: Any) -> tuple[Any, ...]:
    return frame.matching(row.type, row.buyer_country, row.hs_code or "")


# ------------------------------------------------------------------------------------------------------------ distinct counts


@dataclass(slots=True)
class _Members:
    """How many activities each buyer or company has with a node, kept up to the last change added, and how many of them have any."""

    pair: IntArray
    entries: _ByActivity
    place: IntArray
    counts: IntArray
    distinct: IntArray

    @classmethod
    def of(cls, activities: _Activities, frame: Frame, layout: Layout, figures: Figures) -> _Members:
        keys: dict[str, int] = {}
        entries: list[tuple[int, int, int]] = []
        for at, row in enumerate(activities.rows):
            counted = [(figures.slices[one.id], of) for one in _matching(frame, row) for of in one.of]
            if not counted:
                continue
            members = [
                (column * 2 + of - 1, keys.setdefault(row.buyer_key if of == 1 else f"/{row.company_key}", len(keys)))
                for column, of in counted
            ]
            for employee, _, path in activities.credits[at]:
                nodes = [*layout.rows_of(EMPLOYEE, employee), *(() if path is None else layout.rows_of(PATH, path))]
                width = figures.distinct.shape[1] * 2
                entries += [(at, node * width + where, key) for node in nodes for where, key in members]
        table = np.array(entries, dtype=np.int64).reshape(len(entries), 3)
        known, pair = np.unique(table[:, 1] * max(len(keys), 1) + table[:, 2], return_inverse=True)
        return cls(
            pair=pair.astype(np.int64),
            entries=_ByActivity.of(table[:, 0], len(activities.rows)),
            place=known // max(len(keys), 1),
            counts=np.zeros((len(known), _LEVELS), dtype=np.int64),
            distinct=np.zeros_like(figures.distinct),
        )

    def add(self, changes: _Changes, span: slice) -> None:
        """Add some changes."""
        change, entry = self.entries.expand(changes.activity[span])
        if not len(change):
            return
        pair = self.pair[entry]
        moved = np.unique(pair)
        before = self.counts[moved] > 0
        np.add.at(self.counts, pair, changes.sign[span][change])
        after = self.counts[moved] > 0
        flat = self.distinct.reshape(-1, _LEVELS)
        np.add.at(flat, self.place[moved], after.astype(np.int64) - before)


# ------------------------------------------------------------------------------------------------------------- what came since


def newest_event(connection: Connection) -> int:
    """The number of the newest event; 0 without any. Queries: 1."""
    return connection.scalar(sa.select(sa.func.max(tables.event.c.seq))) or 0


def earliest_day_since(connection: Connection, *, event: int, received: dt.datetime) -> dt.date | None:
    """The earliest day of the events that came after a number and an instant; None where none came. Queries: 1."""
    row = tables.event.c
    earliest: dt.date | None = connection.scalar(
        sa.select(sa.func.min(row.day)).where(row.seq > event, row.received_at >= received)
    )
    return earliest
