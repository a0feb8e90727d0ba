"""The fold for any day: every node's figures as of each, looked up in a daybook that is laid out once of a cycle's activities.

:func:`app.ledger.fold.figures_as_of` asks the database anew for each day. Here every activity is laid out as the days on which what it counts for
*changed*, and the changes are added up, each owner's for itself: the figures of a day stand where the day would stand among them.
A verdict dated before its activity changes nothing on its own day. It holds from the activity's first day on.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among, day_number, whole_numbers
from app.ledger import tables
from app.ledger.activity_rows import VerdictRow, bits
from app.ledger.fold import MASK, in_slice, lying_in
from app.ledger.frame import BUYER, Frame
from app.ledger.given import GivenByDay, given_by_day
from app.ledger.tally import EventSet, stored_tally
from app.ledger.totals import EMPLOYEE, PATH, WIDTH, Figures, Layout, empty_figures, layout_of
from app.rules.counting import MICROS_A_DOLLAR, standing
from app.rules.terms import Node

__all__ = ["Daybook", "earliest_day_since", "figures_by_day", "newest_event", "open_daybook"]

IntArray = npt.NDArray[np.int64]
AnyIntArray = npt.NDArray[np.signedinteger[Any]]
Rows = npt.NDArray[np.void]

_LEVELS: Final = len(tables.LEVELS)
_OWN, _OTHER = "own", "other"
_DAYS_AFRESH: Final = 90
"""So many days with other events than before, and all is read again."""

_CREDIT: Final = np.dtype(
    [
        ("seq", "i8"),
        ("cents", "i8"),  # -1: without an amount
        ("employee", "i4"),
        ("path", "i4"),  # -1: no posting on that day
        ("share", "i4"),
        ("kind", "i4"),  # which slices it lies in
        ("buyer", "i4"),
        ("company", "i4"),
    ]
)
_TURN: Final = np.dtype([("seq", "i8"), ("day", "i4"), ("before", "i1"), ("after", "i1")])


def figures_by_day(
    connection: Connection, frame: Frame, *, cycle: int, nodes: Sequence[Node], days: Sequence[dt.date]
) -> Iterator[tuple[dt.date, Figures]]:
    """The nodes' figures as of each of some days, the earliest first.

    Queries: those of :func:`open_daybook`, however many the days are.
    """
    daybook = open_daybook(connection, frame, cycle=cycle)
    for day in sorted(set(days)):
        yield day, daybook.figures(frame, nodes, day)


# -------------------------------------------------------------------------------------------------------------------- reading


class _Names:
    """Small numbers for texts, and for the slices that activities lie in."""

    def __init__(self) -> None:
        self.members: Final[dict[str, int]] = {}
        self.kinds: Final[dict[tuple[int, ...], int]] = {}

    def member(self, text: str) -> int:
        """The number of a buyer's or company's key."""
        return self.members.setdefault(text, len(self.members))

    def kind(self, columns: tuple[int, ...]) -> int:
        """The number of a set of slices, by their columns."""
        return self.kinds.setdefault(columns, len(self.kinds))


def _of_cycle(connection: Connection, cycle: int, seqs: Sequence[int] | None) -> sa.ColumnElement[bool]:
    """A cycle's activities: all, or those of some numbers."""
    activity = tables.activity
    if seqs is None:
        return activity.c.cycle == cycle
    return sa.and_(activity.c.cycle == cycle, among(connection, activity.c.seq, seqs))


def _read_credits(
    connection: Connection, frame: Frame, cycle: int, names: _Names, seqs: Sequence[int] | None
) -> tuple[Rows, IntArray]:
    """The credits of activities that lie in slices; of each activity number, first day, standing, whether it is judged later. Queries: 1."""
    activity, credit = tables.activity, tables.credit
    masks = lying_in(frame.slices)
    query = (
        sa.select(
            activity.c.seq,
            day_number(connection, activity.c.day),
            activity.c.standing,
            sa.case((activity.c.last_effect_on > activity.c.day, 1), else_=0),
            sa.func.coalesce(activity.c.usd_cents, -1),
            credit.c.employee,
            sa.func.coalesce(credit.c.path, -1),
            credit.c.share,
            *(mask.label(f"mask_{place}") for place, mask in enumerate(masks)),
        )
        .join(credit, credit.c.seq == activity.c.seq)
        .where(
            _of_cycle(connection, cycle, seqs),
            activity.c.type.in_(sorted({one.slice.activity for one in frame.slices})),
        )
        .order_by(activity.c.seq)
    )
    credited = whole_numbers(connection, query)
    # Looked up by number from here on; an engine need not keep the order of a query that another one reads from.
    credited = credited[np.argsort(credited[:, 0], kind="stable")]
    lies, kind = np.unique(credited[:, -len(masks) :], axis=0, return_inverse=True)
    columns = [
        tuple(at for at in range(len(frame.slices)) if mask[at // MASK] >> at % MASK & 1) for mask in lies.tolist()
    ]
    # What lies in no slice is of the kind of no columns.
    kinds = np.array([names.kind(one) for one in columns], dtype=np.int64)[kind.reshape(-1)]
    rows = np.empty(len(credited), dtype=_CREDIT)
    for name, values in zip(("seq", "cents", "employee", "path", "share"), credited[:, (0, 4, 5, 6, 7)].T, strict=True):
        rows[name] = values
    rows["kind"], rows["buyer"], rows["company"] = kinds, -1, -1
    _name_members(connection, frame, cycle, names, seqs, rows)
    _, first = np.unique(credited[:, 0], return_index=True)
    return rows, credited[first, :4]


def _name_members(
    connection: Connection, frame: Frame, cycle: int, names: _Names, seqs: Sequence[int] | None, rows: Rows
) -> None:
    """Put in who buyer and company are, where any are counted apart. Queries: 1, or none."""
    counting = [in_slice(one) for one in frame.slices if one.of]
    if not counting:
        return
    activity = tables.activity.c
    query = sa.select(activity.seq, activity.buyer_key, activity.company_key)
    members = [
        (seq, names.member(buyer), names.member(f"/{company}"))
        for seq, buyer, company in connection.execute(
            query.where(_of_cycle(connection, cycle, seqs), sa.or_(*counting)).order_by(activity.seq)
        )
    ]
    table = np.array(members, dtype=np.int64).reshape(len(members), 3)
    at = np.searchsorted(table[:, 0], rows["seq"])
    known = np.flatnonzero(at < len(table))
    known = known[table[at[known], 0] == rows["seq"][known]]
    rows["buyer"][known], rows["company"][known] = table[at[known], 1], table[at[known], 2]


def _of_days(connection: Connection, days: Iterable[dt.date]) -> list[int]:
    """The activities that events of some days are about, and all contacts of their new buyers. Queries: 2."""
    activity, event, verdict = tables.activity, tables.event, tables.verdict
    on_days = sa.select(event.c.seq).where(event.c.day.in_(sorted(days)))
    named = sa.union(
        sa.select(activity.c.seq).where(activity.c.seq.in_(on_days)),
        sa.select(verdict.c.activity).where(verdict.c.seq.in_(on_days), verdict.c.activity.is_not(None)),
    )
    rows = connection.execute(
        sa.select(activity.c.seq, activity.c.type, activity.c.buyer_key).where(activity.c.seq.in_(named))
    ).all()
    buyers = {row.buyer_key for row in rows if row.type == "new_buyer"}
    contacts = sa.select(activity.c.seq).where(
        among(connection, activity.c.buyer_key, buyers), activity.c.type == "new_buyer"
    )
    return sorted({row.seq for row in rows} | (set(connection.scalars(contacts)) if buyers else set()))


# ----------------------------------------------------------------------------------------------------- when what counts changed


class _Turn(NamedTuple):
    """From a day on an activity counts on these levels (bits)."""

    day: int
    bits: int


def _turns(connection: Connection, frame: Frame, cycle: int, activities: IntArray, seqs: Sequence[int] | None) -> Rows:
    """The days on which what the activities count for changed, the first of them their own. Queries: 3."""
    timelines = _judged_later(connection, frame, cycle, seqs)
    _tell_first_contacts(connection, timelines, seqs)
    special = np.fromiter(timelines, dtype=np.int64, count=len(timelines))
    # Whatever verdicts the others have are of their own day or before: they hold from the first day on.
    plain = activities[~np.isin(activities[:, 0], special) & (activities[:, 2] != 0)]
    turns = np.zeros(len(plain), dtype=_TURN)
    turns["seq"], turns["day"], turns["after"] = plain[:, 0], plain[:, 1], plain[:, 2]
    several: list[tuple[int, int, int, int]] = []
    for seq in activities[np.isin(activities[:, 0], special), 0].tolist():
        before = 0
        for turn in timelines[seq]:
            if turn.bits != before:
                several.append((seq, turn.day, before, turn.bits))
                before = turn.bits
    return np.concatenate((turns, np.array(several, dtype=_TURN)))


def _judged_later(
    connection: Connection, frame: Frame, cycle: int, seqs: Sequence[int] | None
) -> dict[int, list[_Turn]]:
    """The timelines of activities that have verdicts of days after their own, those of all new buyers among them. Queries: 2."""
    activity, credit, verdict, event = tables.activity, tables.credit, tables.verdict, tables.event
    late = sa.and_(
        sa.or_(activity.c.cycle == cycle, activity.c.type == "new_buyer"),
        activity.c.last_effect_on > activity.c.day,
        sa.true() if seqs is None else among(connection, activity.c.seq, seqs),
    )
    query = sa.select(
        activity.c.seq, day_number(connection, activity.c.day), activity.c.employee, credit.c.employee.label("credited")
    )
    first: dict[int, int] = {}
    own: dict[int, set[str]] = {}
    for seq, day, *people in whole_numbers(
        connection, query.join(credit, credit.c.seq == activity.c.seq).where(late)
    ).tolist():
        first[seq] = day
        own.setdefault(seq, set()).update(frame.numbers[one] for one in people)
    said: dict[int, list[tuple[int, str, bool]]] = {seq: [] for seq in first}
    verdicts = (
        sa.select(verdict.c.activity, day_number(connection, verdict.c.day), verdict.c.type, verdict.c.by)
        .join(event, event.c.seq == verdict.c.seq)
        .where(verdict.c.activity.in_(sa.select(activity.c.seq).where(late)))
        .order_by(event.c.instant, event.c.source, event.c.id)
    )
    for seq, day, kind, by in connection.execute(verdicts).all() if first else ():
        said[seq].append((max(first[seq], day), kind, by in own[seq]))
    return {seq: _judged(day, said[seq]) for seq, day in first.items()}


def _judged(first: int, said: Sequence[tuple[int, str, bool]]) -> list[_Turn]:
    """The turns of an activity of a day, by its verdicts in their order: from which day on each holds, its type, and whether it is its own employee's."""
    turns: list[_Turn] = []
    for day in sorted({first, *(one[0] for one in said)}):
        counting = _bits_after(tuple(one[1:] for one in said if one[0] <= day))
        if not turns or turns[-1].bits != counting:
            turns.append(_Turn(day, counting))
    return turns


@functools.lru_cache(4096)
def _bits_after(said: tuple[tuple[str, bool], ...]) -> int:
    """The levels on which an activity counts after verdicts in this order: of each the type, and whether one of its own employees gives it.

    Of a hundred thousand activities nearly all have been told one of a dozen things.
    """
    verdicts = [
        VerdictRow("", str(place), kind, dt.date.min, f"{place:09}", _OWN if own else _OTHER, 0, 0)
        for place, (kind, own) in enumerate(said)
    ]
    return bits(standing(verdicts, employees_of_activity={_OWN}).counts)


def _tell_first_contacts(connection: Connection, timelines: dict[int, list[_Turn]], seqs: Sequence[int] | None) -> None:
    """Of the contacts of one buyer only the first that counts does so, on each level and as of each day. Queries: 1."""
    activity, event = tables.activity, tables.event
    contact = activity.c.type == "new_buyer"
    several = sa.select(activity.c.buyer_key).where(contact).group_by(activity.c.buyer_key)
    query = (
        sa.select(activity.c.seq, activity.c.buyer_key, activity.c.day, activity.c.standing)
        .join(event, event.c.seq == activity.c.seq)
        .where(contact, activity.c.buyer_key.in_(several.having(sa.func.count() > 1)))
        .order_by(event.c.instant, event.c.source, event.c.id)
    )
    groups: dict[str, list[Any]] = {}
    for row in connection.execute(query if seqs is None else query.where(among(connection, activity.c.seq, seqs))):
        groups.setdefault(row.buyer_key, []).append(row)
    for group in groups.values():
        own = [timelines.get(row.seq) or [_Turn(row.day.toordinal(), row.standing)] for row in group]
        counted: list[list[_Turn]] = [[] for _ in group]
        for day in sorted({turn.day for turns in own for turn in turns}):
            taken = 0
            for place, turns in enumerate(own):
                standing_bits = next((turn.bits for turn in reversed(turns) if turn.day <= day), 0)
                counting = standing_bits & ~taken
                taken |= standing_bits
                if (counted[place][-1].bits if counted[place] else 0) != counting:
                    counted[place].append(_Turn(day, counting))
        timelines |= {row.seq: turns for row, turns in zip(group, counted, strict=True)}


def _columns(connection: Connection, frame: Frame, cycle: int, names: _Names, seqs: Sequence[int] | None) -> _Columns:
    """All, or the activities of some numbers, whole groups of contacts among them."""
    credits, activities = _read_credits(connection, frame, cycle, names, seqs)
    return _Columns(credits, _turns(connection, frame, cycle, activities, seqs))


class _Columns(NamedTuple):
    """All that the figures of a cycle's days are made of: credits in the order of ``seq``, and turns."""

    credits: Rows
    turns: Rows

    def replaced(self, seqs: Sequence[int], more: _Columns) -> _Columns:
        """The columns with those of some activities in place of what was known of them."""
        credits = np.concatenate((self.credits[~np.isin(self.credits["seq"], seqs)], more.credits))
        turns = np.concatenate((self.turns[~np.isin(self.turns["seq"], seqs)], more.turns))
        return _Columns(credits[np.argsort(credits["seq"], kind="stable")], turns)

    def joined(self) -> tuple[IntArray, IntArray]:
        """Every turn with each credit of its activity: places in both."""
        first = np.searchsorted(self.credits["seq"], self.turns["seq"], side="left")
        count = np.searchsorted(self.credits["seq"], self.turns["seq"], side="right") - first
        turn = np.repeat(np.arange(len(self.turns)), count)
        return turn, np.arange(len(turn)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)


# --------------------------------------------------------------------------------------------------------------- running sums


@dataclass(frozen=True, slots=True)
class _Running:
    """Numbers that change by the day, each added up from its first change on.

    Attributes:
        keys: a place and a day in one number, in order: one for each change.
        sums: changes + 1 × width: what all changes before each come to.
        places: the places that have changes, in order.
        begins: where the changes of each place begin.
        first: the earliest day.
        span: how many days a place has room for.
    """

    keys: IntArray
    sums: IntArray
    places: IntArray
    begins: IntArray
    first: int
    span: int

    @classmethod
    def of(cls, place: IntArray, day: IntArray, changes: Iterable[AnyIntArray]) -> _Running:
        """Add the changes up, those of one place and day together.

        Args:
            place: of each change.
            day: of each change.
            changes: column by column, so that they need not all be there at once.
        """
        first = int(day.min()) if len(day) else 0
        span = int(day.max()) - first + 2 if len(day) else 1
        keys, order, begins = _in_order(place * span + (day - first))
        columns = []
        for change in changes:
            sums_of_column = np.zeros(len(keys) + 1, dtype=np.int64)
            np.cumsum(_added(change[order], begins), out=sums_of_column[1:])
            columns.append(sums_of_column)
        sums = np.column_stack(columns)
        places, begins = np.unique(keys // span, return_index=True)
        return cls(keys, sums, places, begins.astype(np.int64), first, span)

    @property
    def nbytes(self) -> int:
        """What it weighs."""
        return self.keys.nbytes + self.sums.nbytes + self.places.nbytes + self.begins.nbytes

    def on(self, day: int, which: npt.NDArray[np.bool_] | slice = slice(None)) -> IntArray:
        """What some of the places come to at the end of a day."""
        within = min(max(day - self.first, -1), self.span - 2)
        at = np.searchsorted(self.keys, self.places[which] * self.span + within, side="right")
        since_first: IntArray = self.sums[at] - self.sums[self.begins[which]]
        return since_first


def _in_order(keys: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """The keys in order, each once; the order of them all, and where each begins in it."""
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    begins = np.flatnonzero(np.concatenate((np.ones(min(1, len(keys)), dtype=np.bool_), keys[1:] != keys[:-1])))
    return keys[begins], order, begins


def _added(numbers: AnyIntArray, begins: IntArray) -> IntArray:
    """The sums of stretches of numbers."""
    if not len(begins):
        return numbers.astype(np.int64)
    added: IntArray = np.add.reduceat(numbers, begins, axis=0, dtype=np.int64)
    return added


# ---------------------------------------------------------------------------------------------------------------- the daybook


class _Groups(NamedTuple):
    """Credits that are always added up together, by where they belong: in the order of path, slices, employee."""

    path: IntArray
    kind: IntArray
    employee: IntArray


class _Kinds(NamedTuple):
    """The columns of the slices that activities of each kind lie in, one kind after the other."""

    begin: IntArray
    number: IntArray
    columns: IntArray

    @classmethod
    def of(cls, names: _Names) -> _Kinds:
        """Lay them out."""
        number = np.array([len(kind) for kind in names.kinds], dtype=np.int64)
        return cls(np.cumsum(number) - number, number, np.array([*chain.from_iterable(names.kinds)], dtype=np.int64))

    def expand(self, kind: IntArray) -> tuple[IntArray, IntArray]:
        """For some kinds: which of them, and a column, a pair for each column."""
        return _expanded(self.begin[kind], self.number[kind], self.columns)


def _expanded(begin: IntArray, number: IntArray, values: IntArray) -> tuple[IntArray, IntArray]:
    """Stretches of values one after the other: which stretch, and the value."""
    at = np.repeat(np.arange(len(number)), number)
    return at, values[np.arange(len(at)) - np.repeat(np.cumsum(number) - number, number) + begin[at]]


@dataclass(frozen=True, slots=True)
class Daybook:
    """A cycle's activities by the days on which what they count for changed, for one load and one set of events.

    Its figures never change. The numbers of texts are shared with all that follow it, and only grow.

    Attributes:
        cycle: the year that names it.
        token: of the load that it was laid out under.
    """

    cycle: int
    token: str
    _tally: Mapping[dt.date, EventSet]
    _days: IntArray
    _until: IntArray
    _names: _Names
    _columns: _Columns
    _kinds: _Kinds
    _groups: _Groups
    _amounts: _Running
    _units: Mapping[str, int]
    _distinct: _Running
    _given: GivenByDay

    @property
    def nbytes(self) -> int:
        """What it weighs, nearly."""
        columns = sum(part.nbytes for part in (*self._columns, *self._groups))
        return columns + self._amounts.nbytes + self._distinct.nbytes + 100 * len(self._names.members)

    def holds(self, frame: Frame, day: dt.date, events: EventSet) -> bool:
        """Whether it knows these events of days up to one, and no others, under the frame's load."""
        until = self._until[np.searchsorted(self._days, day.toordinal(), side="right")]
        return frame.directory.token == self.token and events == tuple(until.tolist())

    def figures(self, frame: Frame, nodes: Sequence[Node], day: dt.date) -> Figures:
        """The nodes' figures from events of days up to one. No queries."""
        figures = empty_figures(nodes, frame)
        figures.given.update(self._given.on(nodes, day))
        layout = layout_of(nodes, frame)
        if len(self._groups.path):
            self._add_amounts(figures, layout, day.toordinal())
            self._add_distinct(figures, layout, day.toordinal())
        return figures

    def _add_amounts(self, figures: Figures, layout: Layout, day: int) -> None:
        groups, running = self._groups, self._amounts
        own, theirs = _chosen(groups.employee, layout.employees), _chosen(groups.path, layout.paths)
        which = (own | theirs)[running.places // _LEVELS]
        sums = np.zeros((len(own) * _LEVELS, WIDTH // _LEVELS), dtype=np.int64)
        sums[running.places[which]] = running.on(day, which)
        numbers = sums.reshape(len(own), WIDTH)
        mine, its = np.flatnonzero(own), np.flatnonzero(theirs)
        # A path's groups of one kind lie side by side.
        together, order, begins = _in_order(groups.path[its] * len(self._kinds.begin) + groups.kind[its])
        by_path = _added(numbers[its[order]], begins)
        path, kind = np.divmod(together, len(self._kinds.begin))
        for owner_kind, owner, kinds, amounts in (
            (EMPLOYEE, groups.employee[mine], groups.kind[mine], numbers[mine]),
            (PATH, path, kind, by_path),
        ):
            at, columns = self._kinds.expand(kinds)
            owners = np.column_stack((np.full(len(at), owner_kind, dtype=np.int64), owner[at]))
            layout.scatter(figures, owners, columns, amounts[at])

    def _add_distinct(self, figures: Figures, layout: Layout, day: int) -> None:
        running = self._distinct
        if not len(running.places):
            return
        size = int(np.prod(figures.distinct.shape[1:]))
        node, within = np.divmod(running.places, size)
        row_of = np.full(1 + max(int(node.max()), 2 * max(layout.employees, default=0)), -1, dtype=np.int64)
        for employee, row in layout.employees.items():
            row_of[2 * employee] = row
        for unit, row in layout.units.items():
            number = 2 * self._units.get(unit, len(row_of)) + 1
            if number < len(row_of):
                row_of[number] = row
        rows = row_of[node]
        which = rows >= 0
        figures.distinct.reshape(-1)[rows[which] * size + within[which]] = running.on(day, which)[:, 0]

    def brought_up_to_date(self, connection: Connection, frame: Frame) -> Daybook | None:
        """A daybook of the events that there are now, of which only what other days' events are about is read.

        None where the transaction sees fewer than this one has: it began before some of them came, and what it cannot see cannot be taken out.

        Queries: 8 at most, and 3 where KPIs are given.
        """
        now = stored_tally(connection)
        if any(day not in now or now[day].events < known.events for day, known in self._tally.items()):
            return None
        days = [day for day in now.keys() | self._tally.keys() if now.get(day) != self._tally.get(day)]
        if self.token != frame.directory.token or len(days) > _DAYS_AFRESH:
            return open_daybook(connection, frame, cycle=self.cycle)
        seqs = _of_days(connection, days)
        more = _columns(connection, frame, self.cycle, self._names, seqs)
        given = given_by_day(connection, frame, cycle=self.cycle)
        return _laid_out(frame, self.cycle, now, self._names, self._columns.replaced(seqs, more), given)


def open_daybook(connection: Connection, frame: Frame, *, cycle: int) -> Daybook:
    """Lay a cycle out.

    Queries: 6, and 3 where KPIs are given.
    """
    tally, names = stored_tally(connection), _Names()
    given = given_by_day(connection, frame, cycle=cycle)
    return _laid_out(frame, cycle, tally, names, _columns(connection, frame, cycle, names, None), given)


def _laid_out(
    frame: Frame,
    cycle: int,
    tally: Mapping[dt.date, EventSet],
    names: _Names,
    columns: _Columns,
    given: GivenByDay,
) -> Daybook:
    days = sorted(tally)
    until = np.zeros((len(days) + 1, len(EventSet._fields)), dtype=np.int64)
    until[1:] = np.array([tally[day] for day in days], dtype=np.int64).reshape(len(days), until.shape[1]).cumsum(axis=0)
    turn, credit = columns.joined()
    groups, amounts = _amounts_by_day(columns, turn, credit)
    units, distinct = _distinct_by_day(frame, names, columns, turn, credit)
    return Daybook(
        cycle=cycle,
        token=frame.directory.token,
        _tally=tally,
        _days=np.array([day.toordinal() for day in days], dtype=np.int64),
        _until=until,
        _names=names,
        _columns=columns,
        _kinds=_Kinds.of(names),
        _groups=groups,
        _amounts=amounts,
        _units=units,
        _distinct=distinct,
        _given=given,
    )


def _signs(turns: Rows) -> AnyIntArray:
    """What each turn does to each level: add, take away, or nothing."""
    levels = np.arange(_LEVELS, dtype=np.int8)
    signs: AnyIntArray = (turns["after"][:, None] >> levels & 1) - (turns["before"][:, None] >> levels & 1)
    return signs


def _amounts_by_day(columns: _Columns, turn: IntArray, credit: IntArray) -> tuple[_Groups, _Running]:
    """What credits of one employee, path and kind add up to, level by level."""
    credits, turns = columns
    kinds, people = (1 + int(credits[name].max(initial=0)) for name in ("kind", "employee"))
    key = ((credits["path"].astype(np.int64) + 1) * kinds + credits["kind"]) * people + credits["employee"]
    known, group = np.unique(key, return_inverse=True)
    groups = _Groups(known // people // kinds - 1, known // people % kinds, known % people)
    share, cents = credits["share"].astype(np.int64), credits["cents"]
    dollars, micros = np.divmod(share * np.maximum(cents, 0), MICROS_A_DOLLAR)
    signs = _signs(turns)[turn]
    at, level = np.nonzero(signs)
    sign, of = signs[at, level], credit[at]
    place = group.reshape(-1)[of] * _LEVELS + level
    day = turns["day"][turn[at]].astype(np.int64)
    worth = (share, np.where(cents >= 0, share, 0), dollars, micros)
    return groups, _Running.of(place, day, (sign * amounts[of] for amounts in worth))


def _distinct_by_day(
    frame: Frame, names: _Names, columns: _Columns, turn: IntArray, credit: IntArray
) -> tuple[dict[str, int], _Running]:
    """How many buyers or companies each employee and unit has, level by level: those with at least one activity.

    An employee has the number of twice its own, a unit an odd one.
    """
    credits, turns = columns
    paths = {path: frame.directory.units_of_path(path) for path in np.unique(credits["path"]).tolist() if path >= 0}
    units = {unit: place for place, unit in enumerate(sorted({unit for path in paths.values() for unit in path}))}
    number = np.zeros(2 + max(paths, default=0), dtype=np.int64)
    begin = np.zeros_like(number)
    listed: list[int] = []
    for path, above in paths.items():
        begin[path], number[path] = len(listed), len(above)
        listed += [2 * units[unit] + 1 for unit in above]
    above_path = np.array(listed, dtype=np.int64)
    parts: list[tuple[IntArray, IntArray, IntArray]] = []
    signs = _signs(turns)
    for column, one in enumerate(frame.slices):
        for of in one.of:
            lies = np.array([column in kind for kind in names.kinds], dtype=np.bool_)
            chosen = np.flatnonzero(lies[credits["kind"][credit]]) if len(lies) else np.zeros(0, dtype=np.int64)
            mine = credits[credit[chosen]]
            at, unit = _expanded(begin[mine["path"]], number[mine["path"]], above_path)
            entry = np.concatenate((np.arange(len(mine)), at))
            node = np.concatenate((2 * mine["employee"].astype(np.int64), unit))
            member = mine["buyer" if of == BUYER else "company"][entry].astype(np.int64)
            day = turns["day"][turn[chosen]][entry].astype(np.int64)
            where = (node * len(frame.slices) + column) * 2 + of - 1
            parts.append(_members(where, member, day, signs[turn[chosen]][entry]))
    if not parts:
        parts.append(tuple(np.zeros(0, dtype=np.int64) for _ in range(3)))  # type: ignore[arg-type]  # three of them
    place, day, step = (np.concatenate(part) for part in zip(*parts, strict=True))
    return units, _Running.of(place, day, [step])


def _members(
    where: IntArray, member: IntArray, day: IntArray, signs: AnyIntArray
) -> tuple[IntArray, IntArray, IntArray]:
    """The days on which a member begins or ceases to have any activity: place (level by level), day, and 1 or -1."""
    if not len(where):
        return where, day, day
    first, span = int(day.min()), int(day.max() - day.min()) + 1
    members = int(member.max()) + 1
    keys, order, starts = _in_order((where * members + member) * span + (day - first))
    changes = _added(signs[order], starts)
    pair = keys // span
    begins = np.concatenate(([True], pair[1:] != pair[:-1]))
    sums = np.cumsum(changes, axis=0)
    base = (sums - changes)[np.flatnonzero(begins)][np.cumsum(begins) - 1]
    after = sums - base
    steps = (after > 0).astype(np.int64) - (after - changes > 0)
    at, level = np.nonzero(steps)
    return pair[at] // members * _LEVELS + level, keys[at] % span + first, steps[at, level]


def _chosen(column: IntArray, wanted: Iterable[int]) -> npt.NDArray[np.bool_]:
    """Which of a column's numbers are wanted; -1 never is."""
    listed = np.fromiter(wanted, dtype=np.int64)
    table = np.zeros(2 + max(int(column.max(initial=0)), int(listed.max(initial=0))), dtype=np.bool_)
    table[listed] = True
    chosen: npt.NDArray[np.bool_] = table[column]
    return chosen


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
