"""Entries that wait for a second person, and the verdicts on them.

Whose turn it is follows from the day's postings: the nearest head above the entry who does not share in it; where no such head stands, hr's
(contract, "Who may what"). Do not send an entry to the head of its office: a head's own go one step higher.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app import access
from app.access import Viewer
from app.kit.bulk import among
from app.kit.refusals import NotThere
from app.ledger import tables
from app.ledger.activities import CreditShare, verdict_event
from app.ledger.activity_rows import type_states
from app.ledger.frame import Frame
from app.ledger.holding import hold_activities, shut_out_loads
from app.ledger.summary import ActivitySummary, summary_of
from app.organisation import Directory
from app.rules.event_types import DEALT_WITH
from app.rules.identity import may_be_recorded_twice
from app.rules.kpis import confirmed_types
from app.rules.moments import just_after
from app.rules.names import person_meant
from app.rules.own_events import AHEAD, pages_source
from app.rules.permissions import Deed, Relation, may, relations_that_allow
from app.rules.terms import CountsFrom

__all__ = [
    "AlreadyJudged",
    "Queue",
    "Verdicts",
    "Waiting",
    "may_verify",
    "types_to_verify",
    "unconfirmed_in",
    "unverified_in",
    "verdicts_on",
    "verification_queue",
    "verified_since",
    "verifiers",
    "waiting_counts",
    "whose_turn",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(ActivitySummary):
    """An entry that nobody has verified or rejected yet."""

    source: str
    id: str
    received_at: dt.datetime
    unit: str | None
    credits: tuple[CreditShare, ...]
    usd_cents: int | None
    hs_code: str
    duplicates: tuple[str, ...]
    """Keys of activities of the same type, company and buyer within days of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One page of what waits, the oldest first.

    Attributes:
        total: how many wait for this person.
        others: how many more they may judge, which wait for a head between.
    """

    rows: tuple[Waiting, ...]
    total: int
    others: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyJudged:
    """An entry that has been judged since the page was read."""

    key: str
    buyer: str
    state: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """The events to record, the activities that they judge, and what was judged by somebody else meanwhile."""

    keys: tuple[str, ...]
    events: tuple[dict[str, object], ...]
    already: tuple[AlreadyJudged, ...]


def types_to_verify(frame: Frame) -> tuple[str, ...]:
    """The types of activity that some KPI counts only when they are verified; all of them where no KPI does.

    Figures are among them wherever a KPI is given: one entry is the whole actual.
    """
    needed = {
        part.activity
        for kpi in frame.definitions.kpis.values()
        for version in kpi.versions
        if version.counts_from is not CountsFrom.ENTERED
        for part in version.measure.parts
    }
    dealings = tuple(code for code in DEALT_WITH if code in needed) or DEALT_WITH
    return (*dealings, "figure") if frame.given else dealings


def whose_turn(directory: Directory, *, unit: str | None, sharers: Collection[str], day: dt.date) -> tuple[str, ...]:
    """The heads that an entry waits for: those of the nearest unit up the line that no sharer heads; none where it is hr's."""
    return next(iter(access.judging_heads(directory, unit=unit, sharers=sharers, day=day)), ())


def may_verify(
    directory: Directory, *, viewer: Viewer, unit: str | None, sharers: Collection[str], day: dt.date
) -> bool:
    """Whether a person may verify or reject an entry: never their own, and only in their own name, or in that of whom they stand in for."""
    return bool(verifiers(directory, viewer=viewer, unit=unit, sharers=sharers, day=day))


def verifiers(
    directory: Directory, *, viewer: Viewer, unit: str | None, sharers: Collection[str], day: dt.date
) -> tuple[str, ...]:
    """In whose place a person may verify an entry: themself first, then those whom they stand in for; nobody's where they share in it.

    Neither does one stand in for somebody who shares in it: what is denied to whom one stands in for is denied to oneself (contract-desk, 1).
    """
    me = viewer.employee
    if me is None or me in sharers:
        return ()
    own = access.verify_relations(directory, viewer=viewer, unit=unit, sharers=sharers, day=day)
    allowed = [me] if own and may(viewer.roles, Deed.VERIFY, own) else []
    for giver in access.stood_in_for(viewer, Deed.VERIFY):
        standing = access.verify_relations(directory, viewer=giver, unit=unit, sharers=sharers, day=day)
        if standing and giver.employee and may(giver.roles, Deed.VERIFY, standing):
            allowed.append(giver.employee)
    return tuple(allowed)


class _Turns:
    """Whose turn many entries are, and whether the viewer may judge them.

    Both hang on the unit and on which of the heads above share in the entry, of which there are few, so that each case is worked out once.
    """

    def __init__(self, directory: Directory, viewer: Viewer, day: dt.date) -> None:
        self._directory: Final = directory
        self._viewer: Final = viewer
        self._day: Final = day
        self._givers: Final = frozenset(one.giver for one in viewer.stands_in_for("verify"))
        self._heads: Final[dict[str | None, frozenset[str]]] = {None: frozenset()}
        self._known: Final[dict[tuple[str | None, frozenset[str]], tuple[tuple[str, ...], tuple[str, ...]]]] = {}

    def of(self, unit: str | None, sharers: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """In whose place the viewer may judge the entry, and the heads that it waits for."""
        if self._viewer.employee in sharers:
            return (), ()
        heads = self._heads.get(unit)
        if heads is None and unit is not None:
            chain = self._directory.tree.chain_on(unit, self._day)
            heads = frozenset(head for above in chain for head in self._directory.heads_of(above, self._day))
            self._heads[unit] = heads
        sharing = frozenset(sharers) & ((heads or frozenset()) | self._givers)
        turn = self._known.get((unit, sharing))
        if turn is None:
            directory, day = self._directory, self._day
            turn = (
                verifiers(directory, viewer=self._viewer, unit=unit, sharers=sharing, day=day),
                whose_turn(directory, unit=unit, sharers=sharing, day=day),
            )
            self._known[unit, sharing] = turn
        return turn


def _people_of_line(directory: Directory, viewer: Viewer, day: dt.date) -> list[str]:
    """Everyone who was ever posted to a unit of the viewer's line, or of whom they stand in for: whose entries may belong there."""
    heads = [viewer.employee or "", *(one.giver for one in viewer.stands_in_for("verify"))]
    headed = [unit for head in heads for unit in directory.units_headed_by(head, day)]
    line = {unit for top in headed for unit in directory.units_below(top, day)}
    if not line:
        return []
    return [
        number
        for number in directory.employees
        if any(posting.unit in line for posting in directory.placement.postings(number))
    ]


def verification_queue(
    connection: Connection,
    frame: Frame,
    *,
    viewer: Viewer,
    day: dt.date,
    limit: int,
    offset: int = 0,
    types: Sequence[str] = (),
    everything: bool = False,
    person: str = "",
) -> Queue:
    """What waits for a person, the oldest first.

    Args:
        connection: an open transaction.
        frame: the agency.
        viewer: whose queue.
        day: today, whose postings decide.
        limit: rows at most.
        offset: rows left out before.
        types: of which types; empty for those that have to be verified.
        everything: those too that wait for a head between, whom the person stands above.
        person: a part of a name or a number: only entries of such people; empty for all.

    Queries: 4 (what waits, who shares, the page's rows, possible duplicates).
    """
    activity = tables.activity
    roles = viewer.roles.union(*(one.roles for one in viewer.stands_in_for("verify")))
    allowed = relations_that_allow(roles, Deed.VERIFY)
    query = (
        sa.select(activity.c.seq, activity.c.day, activity.c.employee)
        .where(
            activity.c.type_state.in_(type_states(types or types_to_verify(frame), ("entered",))), ~_recorded_by(viewer)
        )
        .order_by(activity.c.day, activity.c.seq)
    )
    if Relation.UNHEADED not in allowed:
        people = _people_of_line(frame.directory, viewer, day)
        query = query.where(among(connection, activity.c.employee, [frame.ids[one] for one in people]))
    candidates = connection.execute(query).all()
    credits = _credits(connection, frame, [row.seq for row in candidates])
    turns = _Turns(frame.directory, viewer, day)
    names = frame.directory.employees
    mine: list[int] = []
    others: list[int] = []
    for seq, entered_on, employee in candidates:
        number = frame.numbers[employee]
        sharers = {number, *(part.employee for part in credits.get(seq, ()))}
        allowed_to, turn = turns.of(frame.directory.unit_of(number, entered_on), sharers)
        if allowed_to and (not person or person_meant(person, name=names[number].name, number=number)):
            (mine if not turn or not {*turn}.isdisjoint(allowed_to) else others).append(seq)
    shown = (
        sorted({*mine, *others}, key={row.seq: at for at, row in enumerate(candidates)}.__getitem__)
        if everything
        else mine
    )
    page = shown[offset : offset + limit]
    return Queue(
        rows=_waiting(connection, frame, page, credits),
        total=len(shown),
        others=len(others),
        offset=offset,
    )


def _recorded_by(viewer: Viewer) -> sa.ColumnElement[bool]:
    """Whether a person recorded an activity with their own hand: in another's place too, which nobody verifies who did it."""
    event = tables.event
    source = pages_source(viewer.employee or "")
    return sa.exists().where(event.c.seq == tables.activity.c.seq, event.c.source == source).correlate(tables.activity)


def _credits(connection: Connection, frame: Frame, seqs: Iterable[int]) -> dict[int, tuple[CreditShare, ...]]:
    credit = tables.credit
    query = (
        sa.select(credit.c.seq, credit.c.employee, credit.c.share, credit.c.path)
        .where(among(connection, credit.c.seq, seqs))
        .order_by(credit.c.seq, credit.c.share.desc(), credit.c.employee)
    )
    credits: dict[int, list[CreditShare]] = {}
    for seq, employee, share, path in connection.execute(query):
        unit = None if path is None else frame.directory.units_of_path(path)[0]
        credits.setdefault(seq, []).append(CreditShare(employee=frame.numbers[employee], share_1e4=share, unit=unit))
    return {seq: tuple(parts) for seq, parts in credits.items()}


def _waiting(
    connection: Connection, frame: Frame, seqs: Sequence[int], credits: Mapping[int, tuple[CreditShare, ...]]
) -> tuple[Waiting, ...]:
    activity, event = tables.activity, tables.event
    query = (
        sa.select(activity, event.c.key, event.c.source, event.c.id, event.c.received_at)
        .join(event, event.c.seq == activity.c.seq)
        .where(among(connection, activity.c.seq, seqs))
    )
    rows: dict[int, Any] = {row.seq: row for row in connection.execute(query)}
    duplicates = _duplicates(connection, rows)
    return tuple(
        Waiting(
            **summary_of(frame, row),
            source=row.source,
            id=row.id,
            received_at=row.received_at,
            unit=frame.directory.unit_of(frame.numbers[row.employee], row.day),
            credits=credits.get(seq, ()),
            usd_cents=row.usd_cents,
            hs_code=row.hs_code or "",
            duplicates=duplicates.get(seq, ()),
        )
        for seq in seqs
        for row in (rows[seq],)
    )


def _duplicates(connection: Connection, rows: Mapping[int, Any]) -> dict[int, tuple[str, ...]]:
    """For each row the other activities of its type, company and buyer that may be the same one; of a new buyer those of any day and company."""
    activity, event = tables.activity, tables.event
    query = (
        sa.select(
            activity.c.seq,
            activity.c.type,
            activity.c.day,
            activity.c.buyer_key,
            activity.c.company_key,
            activity.c.usd_cents,
            event.c.key,
        )
        .join(event, event.c.seq == activity.c.seq)
        .where(
            among(connection, activity.c.buyer_key, {row.buyer_key for row in rows.values()}),
            activity.c.state.not_in(("reversed", "rejected")),
        )
        .order_by(activity.c.seq)
    )
    by_buyer: dict[tuple[str, str], list[Any]] = {}
    for other in connection.execute(query):
        by_buyer.setdefault((other.type, other.buyer_key), []).append(other)
    return {
        seq: tuple(
            other.key
            for other in by_buyer.get((row.type, row.buyer_key), ())
            if other.seq != seq
            and (
                row.type == "new_buyer"
                or (
                    other.company_key == row.company_key
                    and may_be_recorded_twice(
                        row.type,
                        days_apart=(other.day - row.day).days,
                        usd_cents=row.usd_cents,
                        other_cents=other.usd_cents,
                    )
                )
            )
        )
        for seq, row in rows.items()
    }


def waiting_counts(connection: Connection, frame: Frame, *, employees: Collection[str]) -> dict[str, int]:
    """How many entries of each employee wait to be verified. Queries: 1."""
    activity = tables.activity
    query = (
        sa.select(activity.c.employee, sa.func.count())
        .where(
            among(connection, activity.c.employee, [frame.ids[one] for one in employees]),
            activity.c.type_state.in_(type_states(types_to_verify(frame), ("entered",))),
        )
        .group_by(activity.c.employee)
    )
    return {frame.numbers[employee]: number for employee, number in connection.execute(query)}


def unverified_in(connection: Connection, frame: Frame, *, cycle: int) -> dict[str, int]:
    """How many entries of a cycle wait to be verified, by whose they are. Queries: 1."""
    return _in_state(connection, frame, cycle, type_states(types_to_verify(frame), ("entered",)))


def unconfirmed_in(connection: Connection, frame: Frame, *, cycle: int) -> dict[str, int]:
    """How many entries of a cycle are verified and wait for their confirmation, where a KPI counts no others. Queries: 1, or none."""
    needed = confirmed_types(frame.definitions.kpis.values(), cycle)
    return _in_state(connection, frame, cycle, type_states(sorted(needed), ("verified",))) if needed else {}


def _in_state(connection: Connection, frame: Frame, cycle: int, states: Sequence[int]) -> dict[str, int]:
    activity = tables.activity.c
    query = (
        sa.select(activity.employee, sa.func.count())
        .where(activity.type_state.in_(states), activity.cycle == cycle)
        .group_by(activity.employee)
    )
    counts = {frame.numbers[employee]: number for employee, number in connection.execute(query)}
    return dict(sorted(counts.items()))


def verified_since(connection: Connection, frame: Frame, *, employee: str, since: dt.datetime) -> int:
    """How many of an employee's own entries have been verified since then, and stand so. Queries: 1."""
    activity, event, verdict = tables.activity, tables.event, tables.verdict
    query = (
        sa.select(sa.func.count(activity.c.seq.distinct()))
        .select_from(
            activity.join(verdict, verdict.c.activity == activity.c.seq).join(event, event.c.seq == verdict.c.seq)
        )
        .where(
            activity.c.employee == frame.ids[employee],
            activity.c.type_state.in_(type_states(states=("verified", "confirmed", "denied"))),
            verdict.c.type == "verified",
            event.c.received_at >= since,
        )
    )
    return connection.scalar(query) or 0


def verdicts_on(
    connection: Connection,
    frame: Frame,
    *,
    viewer: Viewer,
    keys: Sequence[str],
    verdict: str,
    reason: str,
    now: dt.datetime,
    form: str,
    seen: str = "entered",
) -> Verdicts:
    """The events by which a person verifies or rejects some activities.

    What stands otherwise than the person saw it is left out and named; the same form again finds its own verdict and leaves it out silently.

    Args:
        connection: the writing transaction in which they will be recorded.
        frame: the agency.
        viewer: who judges, in whose number they are recorded.
        keys: the activities.
        verdict: ``verified`` or ``rejected``.
        reason: why.
        now: when.
        form: the form's own id, which makes the events' ids.
        seen: the state that the activities had on the page.

    Raises:
        NotThere: one of them is not there, or not this person's to judge.

    Queries: 3; on PostgreSQL 3 or 4 more, which hold the ledger, the buyers and the activities.
    """
    rows = _to_judge(connection, keys)
    if viewer.employee is None or len(rows) != len(set(keys)):
        raise NotThere
    credits = _credits(connection, frame, [row.seq for row in rows])
    judges = _judges(connection, [row.seq for row in rows])
    me, source = viewer.employee, pages_source(viewer.employee)
    judged: list[str] = []
    events: list[dict[str, object]] = []
    already: list[AlreadyJudged] = []
    for row in rows:
        number = frame.numbers[row.employee]
        sharers = {number, *(part.employee for part in credits.get(row.seq, ()))}
        unit = frame.directory.unit_of(number, row.day)
        places = verifiers(frame.directory, viewer=viewer, unit=unit, sharers=sharers, day=frame.directory.day_of(now))
        if not places or row.source == source:
            raise NotThere
        id_, before = f"{form}-{row.key}", judges.get(row.seq, {})
        if (source, id_) in before:
            continue
        latest = list(before.values())[-1] if before else None
        if row.state != seen:
            latest_by = latest.by if latest else ""
            already.append(AlreadyJudged(key=row.key, buyer=row.buyer_name, state=row.state, by=latest_by))
            continue
        judged.append(row.key)
        events.append(
            verdict_event(
                verdict,
                source=source,
                id=id_,
                time=_after(latest, now).isoformat(),
                activity=(row.source, row.id),
                by=me,
                acts_for=places[0] if places[0] != me else None,
                reason=reason,
            )
        )
    return Verdicts(keys=tuple(judged), events=tuple(events), already=tuple(already))


class _Given(NamedTuple):
    """A verdict, by whom and of which :attr:`Moment.instant`."""

    by: str
    instant: str


def _after(latest: _Given | None, now: dt.datetime) -> dt.datetime:
    """When a verdict is given that comes after all that its giver saw: of two the later one holds.

    Another one may be dated in the same instant, or, by a program, in one to come; a person's is at most a day ahead.
    """
    follows = just_after(latest.instant) if latest else None
    return now if follows is None else max(now, min(follows, now + AHEAD))


def _to_judge(connection: Connection, keys: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """The activities, held to the transaction's end, so that two heads' verdicts do not pass each other."""
    activity, event = tables.activity, tables.event
    # Before any row: a load that has the ledger would wait for the row, and we for the ledger to record in.
    shut_out_loads(connection)
    named = sa.select(event.c.seq).where(among(connection, event.c.key, keys))
    hold_activities(connection, activity.c.seq.in_(named))
    query = (
        sa.select(activity.c.seq, activity.c.day, activity.c.employee, activity.c.state, activity.c.buyer_name)
        .add_columns(event.c.key, event.c.source, event.c.id)
        .join(event, event.c.seq == activity.c.seq)
        .where(among(connection, event.c.key, keys))
        .order_by(activity.c.day, activity.c.seq)
    )
    return connection.execute(query).all()


def _judges(connection: Connection, seqs: Sequence[int]) -> dict[int, dict[tuple[str, str], _Given]]:
    """Who gave which verdict on some activities, in the order of the verdicts."""
    verdict, event = tables.verdict, tables.event
    query = (
        sa.select(verdict.c.activity, event.c.source, event.c.id, verdict.c.by, event.c.instant)
        .join(event, event.c.seq == verdict.c.seq)
        .where(among(connection, verdict.c.activity, seqs))
        .order_by(event.c.instant, event.c.source, event.c.id)
    )
    judges: dict[int, dict[tuple[str, str], _Given]] = {}
    for seq, source, id_, by, instant in connection.execute(query):
        judges.setdefault(seq, {})[source, id_] = _Given(by or "", instant)
    return judges
