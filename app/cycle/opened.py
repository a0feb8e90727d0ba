"""A cycle that somebody opened: its stage, its round and its calendar, and how it comes to another.

A cycle that nobody opened is as folder and events say, everywhere. Do not ask for one by a date: it is opened by HR, or by a command.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from app import decisions, ledger, organisation, scoring
from app.cycle import tables
from app.cycle.cutting import BeingCertified
from app.decisions import Decision
from app.kit.database import lock
from app.kit.refusals import Conflict, Invalid, at_field
from app.plain.findings import Finding, n_
from app.plain.texts import quoted
from app.rules.presence import cycle_of
from app.rules.stages import BEFORE_THE_CUT, CALENDAR, PAID_IN, TOLD_FROM, Stage, calendar_problems, read_calendar
from app.scoring import State

__all__ = [
    "CycleOpened",
    "NotNow",
    "NotOpened",
    "OpenedCycle",
    "StageBegun",
    "as_it_stands",
    "begin_decided",
    "begin_stage",
    "cycle_named",
    "figures_stand",
    "move_everybody",
    "open_cycle",
    "opened_cycle",
    "opened_cycles",
    "opened_or_refused",
    "set_calendar",
    "stages_begun",
    "year_named",
]

LOCK_CYCLES: Final = 7007
"""Held by whoever opens a cycle, or writes its calendar; taken after that of decisions."""

_STOOD_IN_THE_WAY: Final = n_(
    "Somebody has proposed to certify the cycle after it, in whose way this one would have stood: wait until that is agreed to or refused."
)

_DIGITS: Final = 4


class CycleOpened(Conflict):
    """Somebody has opened it before."""

    code = "exists"
    message = n_("The cycle %(cycle)s has been opened already: go on with it as it is.")


class NotNow(Conflict):
    """The cycle is at another stage than this takes."""

    code = "not_now"
    message = n_("At the cycle's stage this cannot be done: look at where it is.")


class NotOpened(Conflict):
    """Nobody has opened the cycle."""

    code = "not_opened"
    message = n_("Nobody has opened this cycle: open it first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedCycle:
    """A cycle that was opened.

    Attributes:
        cycle: the year that names it.
        stage: how far it is.
        round: 1, and one more each time that it is reopened.
        since: when it came to its stage.
        agreed_on_since: when its scorecards came to be agreed on; None in its draft.
        calendar: its dates, by their names, in their order.
        was_paid: whether it was paid, in this round or one before.
    """

    cycle: int
    stage: Stage
    round: int
    since: dt.datetime
    agreed_on_since: dt.datetime | None
    calendar: Mapping[str, dt.date]
    was_paid: bool

    @property
    def is_told(self) -> bool:
        """Whether everybody was told what they came to: in a later round that of the one before, until they are told anew."""
        return self.stage in TOLD_FROM or self.round > 1

    @property
    def was_locked(self) -> bool:
        """Whether it was locked, in this round or one before: before that nobody is paid by it."""
        return self.stage in PAID_IN or self.round > 1

    @property
    def calendar_json(self) -> dict[str, str | None]:
        """All dates by their names, as the contract writes them: null where there is none."""
        days = {name: self.calendar.get(name) for name in CALENDAR}
        return {name: None if day is None else day.isoformat() for name, day in days.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class StageBegun:
    """A stage that a cycle came to."""

    stage: Stage
    round: int
    at: dt.datetime
    decision: int | None
    account: str


def cycle_named(text: str | None, loaded: State, *, today: dt.date) -> int:
    """The cycle of a year that is written out: one that the folder names, the one under way, or the next.

    Raises:
        Invalid: it is none.
    """
    year = int(text) if text is not None and len(text) == _DIGITS and text.isascii() and text.isdecimal() else 0
    if year and (loaded.has_cycle(year, today=today) or year == cycle_of(today, loaded.frame.first_month) + 1):
        return year
    message = n_(
        "“%(value)s” is no cycle: write the year of one that the folder names, of the present one or the next."
    )
    raise Invalid(at_field("cycle", "unknown_cycle", message, value=quoted(str(text))))


def year_named(cycle: str | None) -> int:
    """The year that names the cycle of a decision; 0 where it names none, which nobody has opened."""
    is_year = cycle is not None and cycle.isascii() and cycle.isdecimal() and len(cycle) <= _DIGITS
    return int(cycle) if cycle is not None and is_year else 0


def opened_cycles(connection: Connection) -> list[OpenedCycle]:
    """All of them, the latest year first. Queries: 1."""
    return [_opened(row) for row in connection.execute(_OPENED.order_by(tables.opened_cycle.c.cycle.desc()))]


def figures_stand(connection: Connection, cycle: str | None) -> bool:
    """Whether the figures of a decision's cycle stand: from then on what decisions move is signed (contract-cycle, 2). Queries: 1, or none."""
    opened = None if cycle is None else opened_cycle(connection, int(cycle))
    return opened is not None and opened.stage not in BEFORE_THE_CUT


def opened_cycle(connection: Connection, cycle: int) -> OpenedCycle | None:
    """One of them; None where nobody has opened it. Queries: 1, or none."""
    if not 0 < cycle < 10**_DIGITS:
        return None
    row = connection.execute(_ONE, {"year": cycle}).one_or_none()
    return None if row is None else _opened(row)


def as_it_stands(connection: Connection, opened: OpenedCycle) -> OpenedCycle:
    """The same cycle as it is now, for whoever has waited for others to decide: it may have come to another stage meanwhile. Queries: 1."""
    return _present(connection, opened.cycle)


def _query() -> sa.Select[Any]:
    of, stage = tables.opened_cycle, tables.cycle_stage
    last = sa.select(sa.func.max(stage.c.place)).where(stage.c.cycle == of.c.cycle).correlate(of).scalar_subquery()
    drafted, agreed = stage.alias(), stage.alias()
    # Gone back to from `running`, agreement goes on: it began when the cycle last came out of its draft.
    draft = sa.select(sa.func.max(drafted.c.place)).where(
        drafted.c.cycle == of.c.cycle, drafted.c.stage == Stage.DRAFT.value
    )
    begun = sa.select(sa.func.min(agreed.c.at)).where(
        agreed.c.cycle == of.c.cycle,
        agreed.c.stage == Stage.AGREEMENT.value,
        agreed.c.place > draft.correlate(of).scalar_subquery(),
    )
    agreed_on = begun.correlate(of).scalar_subquery().label("agreed_on_since")
    paid = stage.alias()
    was_paid = sa.exists().where(paid.c.cycle == of.c.cycle, paid.c.stage == Stage.PAID.value).correlate(of)
    return sa.select(of, stage.c.stage, stage.c.round, stage.c.at, agreed_on, was_paid.label("was_paid")).join(
        stage, sa.and_(stage.c.cycle == of.c.cycle, stage.c.place == last)
    )


# Every request about a cycle asks for it, several times: to put the statement together takes longer than to answer it.
_OPENED: Final = _query()
_ONE: Final = _OPENED.where(tables.opened_cycle.c.cycle == sa.bindparam("year"))


def _opened(row: sa.Row[Any]) -> OpenedCycle:
    return OpenedCycle(
        cycle=row.cycle,
        stage=Stage(row.stage),
        round=row.round,
        since=row.at,
        agreed_on_since=row.agreed_on_since,
        calendar=read_calendar(json.loads(row.calendar)),
        was_paid=bool(row.was_paid),
    )


def opened_or_refused(connection: Connection, cycle: str | None, loaded: State, *, today: dt.date) -> OpenedCycle:
    """The opened cycle that a decision is about.

    Raises:
        Invalid: it names none.
        NotOpened: nobody has opened it.
    """
    opened = opened_cycle(connection, cycle_named(cycle, loaded, today=today))
    if opened is None:
        raise NotOpened
    return opened


def stages_begun(connection: Connection, cycle: int) -> list[StageBegun]:
    """Every stage that a cycle came to, the first one first. Queries: 1."""
    of = tables.cycle_stage.c
    query = sa.select(tables.cycle_stage).where(of.cycle == cycle).order_by(of.place)
    return [
        StageBegun(stage=Stage(row.stage), round=row.round, at=row.at, decision=row.decision, account=row.account)
        for row in connection.execute(query)
    ]


def open_cycle(
    connection: Connection, cycle: int, *, calendar: Mapping[str, object], by: str, now: dt.datetime
) -> OpenedCycle:
    """Open a cycle: it begins with its draft, in which everything is live as before.

    Args:
        connection: a writing transaction.
        cycle: the year that names it.
        calendar: its dates as they are written out; all may be absent.
        by: who, as the trail writes it.
        now: when.

    Raises:
        Invalid: a date that is none.
        CycleOpened: somebody has opened it.
        BeingCertified: the cycle after it is proposed to be certified: then this one would have stood in the way.
    """
    _check(calendar)
    # Whoever proposes to certify has the first of them too: neither sees the other too late.
    lock(connection, decisions.LOCK_DECISIONS)
    lock(connection, LOCK_CYCLES)
    if scoring.open_cut(connection, cycle + 1) is not None:
        raise BeingCertified(message=_STOOD_IN_THE_WAY)
    if opened_cycle(connection, cycle) is not None:
        message = n_("Somebody has opened this cycle before: go on with it as it is.")
        told = {"items": [], "count": 1, "hard": True}
        raise CycleOpened(Finding(code="exists", message=message, told=told), parameters={"cycle": cycle})
    connection.execute(sa.insert(tables.opened_cycle).values(cycle=cycle, calendar=_written(calendar)))
    begin_stage(connection, cycle, Stage.DRAFT, round_=1, by=by, at=now)
    return _present(connection, cycle)


def set_calendar(connection: Connection, cycle: int, calendar: Mapping[str, object]) -> OpenedCycle:
    """Give an opened cycle other dates, all of them at once.

    Raises:
        Invalid: a date that is none.
    """
    _check(calendar, field="")
    lock(connection, LOCK_CYCLES)
    of = tables.opened_cycle
    connection.execute(sa.update(of).where(of.c.cycle == cycle).values(calendar=_written(calendar)))
    return _present(connection, cycle)


def begin_stage(
    connection: Connection,
    cycle: int,
    stage: Stage,
    *,
    round_: int,
    by: str,
    at: dt.datetime,
    decision: int | None = None,
) -> None:
    """Write that a cycle has come to a stage. Queries: 2."""
    of = tables.cycle_stage
    place = connection.scalar(sa.select(sa.func.max(of.c.place)).where(of.c.cycle == cycle)) or 0
    connection.execute(
        sa.insert(of).values(
            cycle=cycle, place=place + 1, stage=stage.value, round=round_, at=at, decision=decision, account=by
        )
    )


def begin_decided(connection: Connection, decision: Decision, stage: Stage, *, round_: int) -> None:
    """Write that a cycle has come to a stage by a decision that takes effect now. Queries: 2."""
    hand = decision.done_by
    begin_stage(
        connection, decision.cycle_year, stage, round_=round_, by=hand.account, at=hand.at, decision=decision.id
    )


def move_everybody(connection: Connection, decision: Decision) -> None:
    """Have every process read anew what a decision that takes effect now may move, anybody's figures included."""
    at = decision.done_by.at
    organisation.raise_decided(connection, [(decision.kind, decision.cycle, decision.id, at.isoformat())])
    ledger.record_change(connection, at=at, owners=ledger.owners_text(everyone=True))


def _check(calendar: Mapping[str, object], *, field: str = "calendar") -> None:
    problems = calendar_problems(calendar, field_=field)
    if problems:
        raise Invalid(*problems)


def _written(calendar: Mapping[str, object]) -> str:
    return json.dumps({name: day.isoformat() for name, day in read_calendar(calendar).items()})


def _present(connection: Connection, cycle: int) -> OpenedCycle:
    present = opened_cycle(connection, cycle)
    if present is None:
        message = f"cycle {cycle} was never opened"
        raise LookupError(message)
    return present
