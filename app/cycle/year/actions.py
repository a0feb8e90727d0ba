"""Actions on lines that do badly, followed to their close, and the comments that are owed where a line was below C at a milestone (contract-cycle, 5).

They stand on people's first pages and in notices, and in no figure. An action on a line is the comment that it owes: it says the cause.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app import scoring
from app.access import Viewer
from app.cycle import tables
from app.cycle.agreement.agreed_cards import signers_of, signs_for
from app.cycle.opened import OpenedCycle
from app.decisions import Hand, refusal_for
from app.kit.bulk import among
from app.kit.database import lock
from app.kit.refusals import Conflict, Invalid, NotThere, at_field, text_problems
from app.organisation import Directory
from app.plain.findings import Finding, n_
from app.plain.texts import quoted, trimmed
from app.rules.agreement import SignedAs
from app.rules.deciding import Obstacle
from app.rules.outlook import leading_band
from app.rules.permissions import Deed, may
from app.rules.stages import Stage
from app.rules.terms import Node
from app.scoring import RISK_BANDS, CyclePlan, ScoreQuery, State

__all__ = [
    "Action",
    "ActionWish",
    "OwedComment",
    "action",
    "actions_of",
    "close_action",
    "may_act",
    "open_action",
    "owed_comments",
]

LOCK_ACTIONS: Final = 7009
"""Held by whoever opens or closes an action, so that it is closed once, and no more are open than are followed."""

MILESTONES: Final = ("mid_year_by", "customs_final_on")
"""The dates of the calendar after which a line that was below C owes a comment, as it does after the cycle's last day, when figures are provisional."""

TEXT_LENGTH_MAX: Final = 2000

OPEN_MOST: Final = 20
"""So many actions of one line are followed at once: more is nobody's plan."""


class ClosedAlready(Conflict):
    """Somebody has closed it."""

    code = "closed"
    message = n_("Somebody has closed this action already: look at what came of it.")


class TooManyOpen(Conflict):
    """The line has as many as are followed."""

    code = "too_many_open"
    message = n_("As many actions of this line are open as are followed at once: close one first.")


class Action(NamedTuple):
    """What is done about a line, and what came of it."""

    id: int
    cycle: int
    node: Node
    kpi: str
    cause: str
    measure: str
    owner: str
    due_on: dt.date
    at: dt.datetime
    by: str
    result: str | None
    closed_at: dt.datetime | None
    closed_by: str | None

    @property
    def is_open(self) -> bool:
        """Whether it is still followed."""
        return self.closed_at is None

    def as_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {
            "id": self.id,
            "cycle": str(self.cycle),
            "node": str(self.node),
            "kpi": self.kpi,
            "cause": self.cause,
            "measure": self.measure,
            "owner": self.owner,
            "due_on": self.due_on.isoformat(),
            "state": "open" if self.is_open else "closed",
            "at": self.at.isoformat(),
            "by": self.by,
            "result": self.result,
            "closed_at": None if self.closed_at is None else self.closed_at.isoformat(),
            "closed_by": self.closed_by,
        }


class ActionWish(NamedTuple):
    """What somebody wants to be done about a line."""

    node: Node
    kpi: str
    cause: str
    measure: str
    owner: str
    due_on: dt.date


class OwedComment(NamedTuple):
    """A line that was below C at a milestone, of which nobody has said why since."""

    cycle: int
    node: Node
    kpi: str
    since: dt.date


# ----------------------------------------------------------------------------------------------------------------- reading


def actions_of(
    connection: Connection,
    *,
    cycle: int | None = None,
    nodes: Collection[Node] | None = None,
    owner: str | None = None,
    is_open: bool | None = None,
    before: int | None = None,
) -> list[Action]:
    """Actions, the newest first, with smaller numbers than `before`; what is None does not narrow, and of nodes and owner either suffices. Queries: 1."""
    of, end = tables.cycle_action, tables.cycle_action_end
    query = sa.select(of, end.c.result, end.c.at.label("end_at"), end.c.account.label("end_account"), end.c.ender)
    query = query.outerjoin(end, end.c.action == of.c.id).order_by(of.c.id.desc())
    if cycle is not None:
        query = query.where(of.c.cycle == cycle)
    if before is not None:
        query = query.where(of.c.id < before)
    if is_open is not None:
        query = query.where(end.c.action.is_(None) if is_open else end.c.action.is_not(None))
    whose: list[sa.ColumnElement[bool]] = (
        [] if nodes is None else [among(connection, of.c.node, sorted(map(str, nodes)))]
    )
    whose += [] if owner is None else [of.c.owner == owner]
    if whose:
        query = query.where(sa.or_(*whose))
    return [_action(row) for row in connection.execute(query)]


def action(connection: Connection, number: int) -> Action | None:
    """One action. Queries: 1."""
    of, end = tables.cycle_action, tables.cycle_action_end
    query = sa.select(of, end.c.result, end.c.at.label("end_at"), end.c.account.label("end_account"), end.c.ender)
    row = connection.execute(query.outerjoin(end, end.c.action == of.c.id).where(of.c.id == number)).one_or_none()
    return None if row is None else _action(row)


def _action(row: sa.Row[Any]) -> Action:
    return Action(
        id=row.id,
        cycle=row.cycle,
        node=Node.known(row.node),
        kpi=row.kpi,
        cause=row.cause,
        measure=row.measure,
        owner=row.owner,
        due_on=row.due_on,
        at=row.at,
        by=row.maker or row.account.removeprefix("account:"),
        result=row.result,
        closed_at=row.end_at,
        closed_by=None if row.end_at is None else row.ender or row.end_account.removeprefix("account:"),
    )


def owed_comments(
    connection: Connection, loaded: State, opened: OpenedCycle, nodes: Collection[Node], *, day: dt.date
) -> list[OwedComment]:
    """The lines of some nodes that were below C at a milestone that is over, by the score that led then, without an action since.

    An action that was open at the milestone, or that was opened later, is the comment: what was closed before said nothing of it. Of a line that owes
    several one is told, that of the first milestone: one action says all.

    Queries: none before a milestone is over, else 1 and those of the scores as of each.
    """
    plan = loaded.plan(opened.cycle)
    over = _milestones_over(opened, plan, day)
    asked = [node for node in nodes if plan.lines.get(node)]
    if not over or not asked:
        return []
    directory = plan.frame.directory
    said: dict[tuple[Node, str], dt.date] = {}
    for one in actions_of(connection, cycle=opened.cycle, nodes=asked):
        until = dt.date.max if one.closed_at is None else directory.day_of(one.closed_at)
        said[one.node, one.kpi] = max(until, said.get((one.node, one.kpi), until))
    owed: dict[tuple[Node, str], OwedComment] = {}
    for by in over:
        outlook = plan.outlook(by)
        for card in scoring.scorecards(connection, ScoreQuery(opened.cycle, day, by), asked, loaded=loaded):
            for line in card.lines:
                band = leading_band(projected=line.ahead_score, so_far=line.score, outlook=outlook)
                if band in RISK_BANDS and said.get((card.node, line.kpi), dt.date.min) <= by:
                    owed.setdefault((card.node, line.kpi), OwedComment(opened.cycle, card.node, line.kpi, by))
    return list(owed.values())


def _milestones_over(opened: OpenedCycle, plan: CyclePlan, day: dt.date) -> list[dt.date]:
    """The milestones of a running cycle that have gone by, the first one first."""
    if opened.stage is not Stage.RUNNING:
        return []
    end = plan.period.to
    dates = {opened.calendar[name] for name in MILESTONES if name in opened.calendar}
    dates |= set() if end is None else {end - dt.timedelta(days=1)}
    return sorted(one for one in dates if one < day)


# ------------------------------------------------------------------------------------------------------------ what is done


def may_act(plan: CyclePlan, viewer: Viewer, node: Node, *, day: dt.date) -> bool:
    """Whether a person opens and closes actions of a node: its owner, its head, or hr. No queries."""
    if may(viewer.roles, Deed.RUN_CYCLE, ()):
        return True
    who = signers_of(plan.frame.directory, plan, node, day)
    return any(signs_for(viewer, who[part]) is not None for part in (SignedAs.OWNER, SignedAs.HEAD))


def _wish_problems(plan: CyclePlan, directory: Directory, wish: ActionWish, day: dt.date) -> list[Finding]:
    texts = {"cause": wish.cause, "measure": wish.measure}
    problems = [one for field, text in texts.items() for one in text_problems(field, text, most=TEXT_LENGTH_MAX)]
    if wish.kpi not in {one.row.kpi for one in plan.lines.get(wish.node, ())}:
        message = n_("The scorecard has no line of KPI “%(value)s”: name one that it has.")
        problems.append(at_field("kpi", "unknown_kpi", message, value=quoted(wish.kpi)))
    if wish.owner not in directory.employees:
        message = n_("There is no employee “%(value)s”: write a number.")
        problems.append(at_field("owner", "unknown_employee", message, value=quoted(wish.owner)))
    if wish.due_on < day:
        message = n_("The day %(day)s has gone by: write one that is to come.")
        problems.append(at_field("due_on", "day_gone", message, day=wish.due_on.isoformat()))
    return problems


def open_action(connection: Connection, plan: CyclePlan, wish: ActionWish, *, by: Viewer, now: dt.datetime) -> Action:
    """Have something done about a line. Queries: 4.

    Raises:
        Conflict: it is not the person's to open, or so many of the line are open.
        Invalid: there is no such line or employee, a text is missing, or the day has gone by.
    """
    directory = plan.frame.directory
    day = directory.day_of(now)
    if not may_act(plan, by, wish.node, day=day):
        raise refusal_for(Obstacle.ROLE)
    wanted = wish._replace(cause=trimmed(wish.cause), measure=trimmed(wish.measure), owner=wish.owner.strip())
    problems = _wish_problems(plan, directory, wanted, day)
    if problems:
        raise Invalid(*problems)
    lock(connection, LOCK_ACTIONS)
    if _open_count(connection, plan.cycle, wanted) >= OPEN_MOST:
        raise TooManyOpen
    hand, of = Hand.of(by, now), tables.cycle_action
    row = {name: getattr(wanted, name) for name in ("kpi", "cause", "measure", "owner", "due_on")}
    row |= {"cycle": plan.cycle, "node": str(wanted.node), "at": now, "account": hand.account, "maker": hand.employee}
    number = connection.execute(sa.insert(of).values(**row).returning(of.c.id)).scalar_one()
    made = action(connection, number)
    if made is None:
        raise NotThere
    return made


def _open_count(connection: Connection, cycle: int, wish: ActionWish) -> int:
    of, end = tables.cycle_action, tables.cycle_action_end
    query = sa.select(sa.func.count()).select_from(of).outerjoin(end, end.c.action == of.c.id)
    of_line = query.where(of.c.cycle == cycle, of.c.node == str(wish.node), of.c.kpi == wish.kpi)
    return connection.scalar(of_line.where(end.c.action.is_(None))) or 0


def close_action(
    connection: Connection, plan: CyclePlan, number: int, *, result: str, by: Viewer, now: dt.datetime
) -> Action:
    """Say what came of an action: by its owner, or whoever opens one there. Queries: 4.

    Raises:
        NotThere: there is none of that number.
        Conflict: it is not the person's to close, or it is closed.
        Invalid: there is no text.
    """
    lock(connection, LOCK_ACTIONS)
    before = action(connection, number)
    if before is None:
        raise NotThere
    is_owner = by.employee is not None and by.employee == before.owner
    if not is_owner and not may_act(plan, by, before.node, day=plan.frame.directory.day_of(now)):
        raise refusal_for(Obstacle.ROLE)
    text = trimmed(result)
    problems = text_problems("result", text, most=TEXT_LENGTH_MAX)
    if problems:
        raise Invalid(*problems)
    if not before.is_open:
        raise ClosedAlready
    hand = Hand.of(by, now)
    values = {"action": number, "result": text, "at": now, "account": hand.account, "ender": hand.employee}
    connection.execute(sa.insert(tables.cycle_action_end).values(**values))
    after = action(connection, number)
    if after is None:
        raise NotThere
    return after
