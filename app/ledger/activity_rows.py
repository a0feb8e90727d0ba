"""Events laid out in columns: an activity as the ledger's tables hold it, and what is derived of it.

Recording, re-deriving after a load and reconciling all derive through :func:`derive_row`, so they cannot disagree on what an event means.
``standing`` is what an activity's verdicts make of it, ``counts`` is what totals add up. They differ for what stands in groups of which one
counts: of a buyer's contacts the first, of the figures of a node, KPI and cycle the latest.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kit.bulk import among, among_named, named
from app.kit.database import is_postgresql
from app.kit.refusals import Refusal
from app.ledger import tables
from app.ledger.frame import Frame
from app.plain.findings import Finding, n_
from app.rules.activities import ACTIVITY_TYPES, Activity
from app.rules.counting import STATES, Counts, Effect, standing
from app.rules.figures import group_key
from app.rules.money import too_large, usd_cents
from app.rules.names import folded_terms
from app.rules.presence import cycle_of

__all__ = [
    "ACTIVITY_COLUMNS",
    "CREDIT_COLUMNS",
    "DERIVED_COLUMNS",
    "GROUPED",
    "JUDGED_COLUMNS",
    "ActivityRow",
    "Contact",
    "CreditRow",
    "VerdictRow",
    "WorthTooMuch",
    "bits",
    "contacts_of",
    "derive",
    "derive_row",
    "one_of_each",
    "read_rows",
    "read_some",
    "type_states",
    "verdicts_of",
]

ACTIVITY_COLUMNS: Final = tuple(column.name for column in tables.activity.columns)
CREDIT_COLUMNS: Final = ("seq", "employee", "share", "path", "cycle", "moved")
JUDGED_COLUMNS: Final = ("standing", "counts", "state", "last_effect_on", "type_state")
"""The columns of ``activity`` that a verdict may change."""
DERIVED_COLUMNS: Final = ("cycle", "usd_cents", "company_key", "buyer_key", "search", *JUDGED_COLUMNS)
"""Those that a load may change too."""
GROUPED: Final = ("new_buyer", "figure")
"""The types of which one of each group counts; the group's name stands where other activities have their buyer's key."""
_TYPE_STATES: Final = {
    (kind, state): 10 * at + step for at, kind in enumerate(ACTIVITY_TYPES) for step, state in enumerate(STATES)
}


def type_states(kinds: Iterable[str] = ACTIVITY_TYPES, states: Iterable[str] = STATES) -> list[int]:
    """Activities of some types in some states, as ``type_state`` writes them; without types or states, those of all.

    Type and state as one small number: an index of the words was a third of what recording an activity cost the database.
    """
    wanted = tuple(states)
    return [_TYPE_STATES[kind, state] for kind in kinds for state in wanted]


class VerdictRow(NamedTuple):
    """A verdict as the fold needs it (:class:`app.rules.counting.VerdictLike`), with what its activity is."""

    source: str
    id: str
    type: str
    day: dt.date
    instant: str
    by: str
    activity: int
    seq: int


class CreditRow(NamedTuple):
    """One employee's part: ids instead of numbers, the path of units that it counts for, and the last event about the activity."""

    employee: int
    share_1e4: int
    path: int | None
    cycle: int
    moved: int


@dataclass(slots=True)
class ActivityRow:
    """An activity's row, with its credits; ``counts_before`` is what the totals hold of it now."""

    seq: int
    source: str
    id: str
    type: str
    day: dt.date
    instant: str
    employee: int
    company_name: str
    company_registration: str
    buyer_name: str
    buyer_country: str
    buyer_registration: str
    amount: Decimal | None
    currency: str
    hs_code: str
    employee_numbers: frozenset[str]
    cycle: int = 0
    usd_cents: int | None = None
    company_key: str = ""
    buyer_key: str = ""
    search: str = ""
    standing: int = 1
    counts: int = 1
    state: str = "entered"
    last_effect_on: dt.date = dt.date.min
    type_state: int = 0
    counts_before: int = 0
    credits: list[CreditRow] = field(default_factory=list)

    def effect(self, verdicts: Sequence[VerdictRow], *, as_of: dt.date | None = None) -> Effect:
        """What some verdicts on it come to; with ``as_of`` those of days up to it."""
        return standing(
            verdicts,
            employees_of_activity=self.employee_numbers,
            as_of=as_of,
            confirmable=self.type != "figure",
        )

    def judge(self, verdicts: Sequence[VerdictRow]) -> None:
        """Set ``standing``, ``state`` and ``last_effect_on`` by all its verdicts; ``counts`` too, unless it is one of a group."""
        effect = self.effect(verdicts)
        self.standing = bits(effect.counts)
        self.state = effect.state
        self.type_state = _TYPE_STATES[self.type, self.state]
        self.last_effect_on = max((self.day, *(verdict.day for verdict in verdicts)))
        moved = max((self.seq, *(verdict.seq for verdict in verdicts)))
        self.credits = [part._replace(moved=moved) for part in self.credits]
        if self.type not in GROUPED:
            self.counts = self.standing

    def row(self) -> tuple[object, ...]:
        """The values of :data:`ACTIVITY_COLUMNS`."""
        return (
            self.seq,
            self.type,
            self.day,
            self.cycle,
            self.employee,
            self.company_name or None,
            self.company_registration or None,
            self.buyer_name,
            self.buyer_country,
            self.buyer_registration or None,
            None if self.amount is None else format(self.amount, "f"),
            self.currency or None,
            self.hs_code or None,
            self.usd_cents,
            self.company_key,
            self.buyer_key,
            self.search,
            self.standing,
            self.counts,
            self.state,
            self.last_effect_on,
            self.type_state,
        )

    def judged(self) -> tuple[object, ...]:
        """The values of :data:`JUDGED_COLUMNS`."""
        return self.standing, self.counts, self.state, self.last_effect_on, self.type_state

    def derived(self) -> tuple[object, ...]:
        """The values of :data:`DERIVED_COLUMNS`."""
        return self.cycle, self.usd_cents, self.company_key, self.buyer_key, self.search, *self.judged()


def bits(counts: Counts) -> int:
    """Levels as the bits 1, 2 and 4."""
    return counts.entered | counts.verified << 1 | counts.confirmed << 2


def derive_row(activity: Activity, seq: int, frame: Frame) -> ActivityRow:
    """An activity that has just come in, without verdicts yet."""
    # By position, and each attribute once: a batch of a thousand comes through here in a few milliseconds.
    (source, id_, type_, _time, day, instant, employee, company, company_registration) = activity[:9]
    (buyer, country, buyer_registration, amount, currency, hs_code) = activity[9:15]
    figure = activity.figure
    if figure is not None:
        company, buyer, amount = figure.kpi, str(figure.node), figure.value
    row = ActivityRow(
        seq,
        source,
        id_,
        type_,
        day,
        instant,
        frame.ids[employee],
        company,
        company_registration,
        buyer,
        country,
        buyer_registration,
        amount,
        currency,
        hs_code,
        activity.employees,
        last_effect_on=day,
        type_state=_TYPE_STATES[type_, "entered"],
    )
    if figure is not None:
        row.cycle = figure.cycle
    _derive_worth(row, frame)
    cycle, ids = row.cycle, frame.ids
    for who, share in activity.credits:
        number = ids[who]
        row.credits.append(CreditRow(number, share, frame.path(number, day), cycle, seq))
    return row


class WorthTooMuch(Refusal):
    """By the rates that are loaded a recorded activity would be worth more than any may be."""

    code = "worth_too_much"

    def __init__(self, row: ActivityRow) -> None:
        """Say which activity it is."""
        message = n_(
            "by these rates the recorded activity %(id)s of %(source)s, %(amount)s %(currency)s of %(day)s, is worth more than 10,000,000,000 US dollars"
        )
        parameters = {name: getattr(row, name) for name in ("id", "source", "amount", "currency", "day")}
        super().__init__(Finding(code=self.code, message=message, parameters=parameters))


def derive(row: ActivityRow, frame: Frame) -> None:
    """Set what hangs on the agency folder: cycle, dollars, who buyer and company are, and where each credit belongs."""
    _derive_worth(row, frame)
    row.credits = [part._replace(path=frame.path(part.employee, row.day), cycle=row.cycle) for part in row.credits]


def _derive_worth(row: ActivityRow, frame: Frame) -> None:
    row.usd_cents = None
    if row.type == "figure":
        # A figure says itself for which cycle it is, and is no money.
        row.company_key, row.buyer_key = "", group_key(node=row.buyer_name, kpi=row.company_name, cycle=row.cycle)
        row.search = folded_terms(row.company_name, row.buyer_name)
        return
    row.cycle = cycle_of(row.day, frame.first_month)
    if row.amount is not None:
        rate = frame.known.rates.rate(row.currency, row.day)
        if rate is None:
            message = f"no rate for {row.currency} on {row.day}: a load must not leave it out"
            raise LookupError(message)
        if too_large(row.amount, rate):
            raise WorthTooMuch(row)
        row.usd_cents = usd_cents(row.amount, rate)
    row.company_key, of_company = frame.party("", row.company_name, row.company_registration)
    row.buyer_key, of_buyer = frame.party(row.buyer_country, row.buyer_name, row.buyer_registration)
    row.search = f"{of_company}\n{of_buyer}"


def read_rows(connection: Connection, frame: Frame, condition: sa.ColumnElement[bool] | None) -> dict[int, ActivityRow]:
    """Activities with their credits, by ``seq``, as the tables hold them.

    Args:
        connection: an open transaction.
        frame: gives employees their numbers.
        condition: on ``activity``; None for all.

    Queries: 2.
    """
    query, credits_query = _rows_query(), _credits_query()
    if condition is not None:
        query = query.where(condition)
    rows = {row.seq: _from_row(row) for row in connection.execute(query)}
    if condition is not None:
        credits_query = credits_query.where(among(connection, tables.credit.c.seq, rows))
    return _with_credits(rows, connection.execute(credits_query), frame)


def read_some(connection: Connection, frame: Frame, seqs: Iterable[int]) -> dict[int, ActivityRow]:
    """As :func:`read_rows` those of some numbers, by statements that are built once: every batch asks so. Queries: 2."""
    of_rows, of_credits = _some_queries(postgresql=is_postgresql(connection))
    wanted = {"seqs": named(connection, seqs)}
    rows = {row.seq: _from_row(row) for row in connection.execute(of_rows, wanted)}
    return _with_credits(rows, connection.execute(of_credits, wanted), frame)


def _rows_query() -> sa.Select[Any]:
    activity, event = tables.activity, tables.event
    return (
        sa.select(activity, event.c.source, event.c.id, event.c.instant)
        .join(event, event.c.seq == activity.c.seq)
        .order_by(activity.c.seq)
    )


def _credits_query() -> sa.Select[Any]:
    credit = tables.credit.c
    return sa.select(*(credit[name] for name in CREDIT_COLUMNS)).order_by(credit.seq, credit.employee)


@functools.cache
def _some_queries(*, postgresql: bool) -> tuple[sa.Select[Any], sa.Select[Any]]:
    seq, of_credit = tables.activity.c.seq, tables.credit.c.seq
    return (
        _rows_query().where(among_named(seq, "seqs", postgresql=postgresql)),
        _credits_query().where(among_named(of_credit, "seqs", postgresql=postgresql)),
    )


def _with_credits(rows: dict[int, ActivityRow], credits: Iterable[Any], frame: Frame) -> dict[int, ActivityRow]:
    """The rows with their credits, and by these whose they are."""
    for seq, *part in credits:
        rows[seq].credits.append(CreditRow(*part))
    for row in rows.values():
        row.employee_numbers = frozenset(
            frame.numbers[one] for one in (row.employee, *(part.employee for part in row.credits))
        )
    return rows


def _from_row(row: Any) -> ActivityRow:
    return ActivityRow(
        seq=row.seq,
        source=row.source,
        id=row.id,
        type=row.type,
        day=row.day,
        instant=row.instant,
        employee=row.employee,
        company_name=row.company_name or "",
        company_registration=row.company_registration or "",
        buyer_name=row.buyer_name,
        buyer_country=row.buyer_country,
        buyer_registration=row.buyer_registration or "",
        amount=row.amount,
        currency=row.currency or "",
        hs_code=row.hs_code or "",
        employee_numbers=frozenset(),
        cycle=row.cycle,
        usd_cents=row.usd_cents,
        company_key=row.company_key,
        buyer_key=row.buyer_key,
        search=row.search,
        standing=row.standing,
        counts=row.counts,
        state=row.state,
        last_effect_on=row.last_effect_on,
        type_state=row.type_state,
        counts_before=row.counts,
    )


def verdicts_of(
    connection: Connection, condition: sa.ColumnElement[bool] | None, *, as_of: dt.date | None = None
) -> dict[int, list[VerdictRow]]:
    """The verdicts on activities, by the activity's ``seq``. Queries: 1."""
    verdict, event = tables.verdict, tables.event
    query = (
        sa.select(
            event.c.source,
            event.c.id,
            verdict.c.type,
            verdict.c.day,
            event.c.instant,
            verdict.c.by,
            verdict.c.activity,
            verdict.c.seq,
        )
        .join(event, event.c.seq == verdict.c.seq)
        .where(verdict.c.activity.is_not(None))
    )
    if condition is not None:
        query = query.where(condition)
    if as_of is not None:
        query = query.where(verdict.c.day <= as_of)
    verdicts: dict[int, list[VerdictRow]] = {}
    for source, id_, kind, day, instant, by, activity, seq in connection.execute(query):
        verdicts.setdefault(activity, []).append(VerdictRow(source, id_, kind, day, instant, by or "", activity, seq))
    return verdicts


class Contact(NamedTuple):
    """As much of an activity as tells which one of its group counts."""

    seq: int
    type: str
    buyer_key: str
    instant: str
    source: str
    id: str
    standing: int
    counts: int


def contacts_of(connection: Connection, groups: Iterable[str], *, counting: bool) -> list[Contact]:
    """The activities of some groups; only those that count now, where ``counting``. Queries: 1."""
    query = _contacts_query(counting=counting, postgresql=is_postgresql(connection))
    return [Contact(*row) for row in connection.execute(query, {"groups": named(connection, groups)})]


@functools.cache
def _contacts_query(*, counting: bool, postgresql: bool) -> sa.Select[Any]:
    activity, event = tables.activity.c, tables.event.c
    query: sa.Select[Any] = (
        sa.select(
            activity.seq,
            activity.type,
            activity.buyer_key,
            event.instant,
            event.source,
            event.id,
            activity.standing,
            activity.counts,
        )
        .join_from(tables.activity, tables.event, event.seq == activity.seq)
        .where(activity.type.in_(GROUPED), among_named(activity.buyer_key, "groups", postgresql=postgresql))
    )
    return query.where(activity.counts != 0) if counting else query


def one_of_each(rows: Iterable[ActivityRow | Contact], standings: Mapping[int, int] | None = None) -> dict[int, int]:
    """For rows of whole groups: the bits on which each one is the one that counts: a buyer's first contact, a KPI's latest figure.

    Args:
        rows: every activity of the groups in question, or those of them that may be the one.
        standings: the bits to go by instead of each row's own (as of a day).
    """
    best: dict[tuple[str, int], tuple[tuple[str, str, str], int]] = {}
    counting: dict[int, int] = {}
    for row in rows:
        stands = row.standing if standings is None else standings[row.seq]
        counting[row.seq] = 0
        order = (row.instant, row.source, row.id)
        for bit in (1, 2, 4):
            if stands & bit:
                first = best.get((row.buyer_key, bit))
                if first is None or (order > first[0] if row.type == "figure" else order < first[0]):
                    best[row.buyer_key, bit] = (order, row.seq)
    for (_, bit), (_, seq) in best.items():
        counting[seq] |= bit
    return counting
