"""What a page of figures is asked for in its address: the cycle, the day and the basis.

Do not take any year that is typed: a cycle is one that the folder names, or the one under way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from app import access, decisions, scoring
from app import cycle as cycles
from app.cycle import OpenedCycle
from app.decisions import DecisionFilter
from app.kit.refusals import Invalid, NotThere, at_field
from app.plain.findings import n_
from app.rules.deciding import DecisionState
from app.rules.moments import first_day
from app.rules.permissions import Deed
from app.rules.presence import cycle_of
from app.rules.stages import Stage
from app.rules.terms import Basis, Node, NodeKind
from app.scoring import ScoreQuery, State
from app.web.asked.request_context import RequestContext
from app.web.decisions import decided
from app.web.wording.words import STAGES

__all__ = [
    "CycleShown",
    "DecidedSince",
    "ScoreParameters",
    "asked_by",
    "asked_of",
    "chosen_unit",
    "cycle_seen",
    "cycle_shown",
    "first_days",
    "opened_shown",
    "present_cycle",
    "state_asked",
    "state_of",
    "with_decided_since",
]

_CERTIFIED: Final = frozenset({Stage.CERTIFIED, Stage.NOTIFIED, Stage.LOCKED, Stage.PAID})
_GIVEN: Final = _CERTIFIED - {Stage.CERTIFIED}
_SINCE_MOST: Final = 50

TO_COME: Final = n_("“As of” is a day that is still to come: choose one up to today, or leave it empty for now.")


class ScoreParameters(BaseModel):
    """The parameters of a page of figures; all may be absent."""

    model_config = ConfigDict(frozen=True)

    cycle: int | None = None
    as_of: dt.date | None = None
    basis: Basis = Basis.FINAL
    live: bool = False
    """Of a cycle that was certified: what would be if it had not been."""
    part: bool = False
    """Only what changes: for the script that follows the live stream."""

    @property
    def kept(self) -> dict[str, Any]:
        """What was asked for beyond the present: links to other nodes' figures keep it."""
        asked = {name: getattr(self, name) for name in ("cycle", "as_of", "basis", "live")}
        return {name: value for name, value in asked.items() if value != ScoreParameters.model_fields[name].default}


def present_cycle(loaded: State, day: dt.date) -> int:
    """The cycle of a day; where it has no scorecards, the latest before it that has, else the first after it."""
    present = cycle_of(day, loaded.frame.first_month)
    cycles = loaded.sheet.cycles
    if present in cycles or not cycles:
        return present
    return max((one for one in cycles if one < present), default=min(cycles))


def state_asked(connection: Connection, query: ScoreParameters) -> State:
    """By what the figures are: what stands, or of a certified cycle what is live. Queries: those of :func:`app.scoring.state`."""
    loaded = scoring.state(connection)
    return loaded.live if query.live else loaded


class DecidedSince(NamedTuple):
    """What was decided since a cut and moves what goes by it.

    Attributes:
        is_any: whether anything was.
        seen: the numbers of those decisions that who asks may see, the first one first.
    """

    is_any: bool = False
    seen: tuple[int, ...] = ()


NOTHING_SINCE: Final = DecidedSince()


class CycleShown(NamedTuple):
    """How far an opened cycle is whose figures a page shows; where it was certified, by which cut, and whether that is looked at."""

    stage: str
    """In words."""
    since: dt.datetime
    cut_at: dt.datetime | None = None
    decision: int | None = None
    is_live: bool = False
    at: Stage | None = None
    since_cut: DecidedSince = NOTHING_SINCE

    @property
    def is_given(self) -> bool:
        """Whether people have been told what is looked at."""
        return self.at in _GIVEN and not self.is_live


def cycle_shown(connection: Connection, cycle: int, *, live: bool) -> CycleShown | None:
    """What a page says of an opened cycle whose figures it shows; nothing of another. Queries: 1; 1 more where it was certified."""
    return opened_shown(connection, cycles.opened_cycle(connection, cycle), live=live)


def opened_shown(connection: Connection, opened: OpenedCycle | None, *, live: bool) -> CycleShown | None:
    """The same of one that was looked up. Queries: 1 where it was certified."""
    if opened is None:
        return None
    stage = STAGES[opened.stage]
    certified = scoring.certified_cuts(connection).get(opened.cycle) if opened.stage in _CERTIFIED else None
    if certified is None:
        return CycleShown(stage, opened.since)
    return CycleShown(stage, certified.at, certified.cut.at, certified.cut.decision, live, opened.stage)


def cycle_seen(context: RequestContext, cycle: int, *, live: bool) -> CycleShown | None:
    """The same of :func:`cycle_shown`, with what was decided since the cut. Queries: 1; 3 more where it was certified."""
    return with_decided_since(context, cycle, cycle_shown(context.connection, cycle, live=live))


def with_decided_since(context: RequestContext, cycle: int, shown: CycleShown | None) -> CycleShown | None:
    """What a page says of a cycle, with what was decided since its cut, as far as people were told of it. Queries: 2 where it was certified."""
    if shown is None or shown.cut_at is None or shown.is_live:
        return shown
    connection = context.connection
    only = DecisionFilter(
        kinds=cycles.REACHING, cycle=str(cycle), state=DecisionState.APPROVED, ended_after=shown.since
    )
    told = scoring.state(connection).sheet.told_of(cycle)
    is_limited = scoring.is_limited_to_told(connection, cycle)
    since = decisions.decisions_of(
        connection,
        only,
        visible=lambda one: not (is_limited and told.is_since(one.id)),
        limit=_SINCE_MOST,
    )
    seen = sorted(one.id for one in filter(decided.visible_to(context), since))
    return shown._replace(since_cut=DecidedSince(bool(since), tuple(seen)))


def state_of(
    context: RequestContext, connection: Connection, node: Node, query: ScoreParameters
) -> tuple[State, ScoreQuery]:
    """By what a node's figures are, and what is asked of them.

    Somebody who came by a later load than the cut of a certified cycle has no part in it: without a choice they are shown the present cycle.

    Raises:
        Invalid: a day that has begun nowhere yet.
        NotThere: the cycle is none of this node's, or none at all.
    """
    loaded = state_asked(connection, query)
    asked = asked_by(context, loaded, query)
    if _knows(loaded, asked.cycle, node):
        return loaded, asked
    present = cycle_of(context.today, loaded.frame.first_month)
    if query.cycle is not None or not _knows(loaded, present, node):
        raise NotThere
    return loaded, asked._replace(cycle=present)


def _knows(loaded: State, cycle: int, node: Node) -> bool:
    """Whether the agency that a cycle goes by has such a unit or employee: of a cycle that was certified that of its cut."""
    return cycle not in loaded.certified or access.exists(loaded.plan(cycle).frame.directory, node)


def asked_of(context: RequestContext, loaded: State, query: ScoreParameters) -> ScoreQuery:
    """What is asked of the scores.

    A day to come has no figures to be looked at; the API and the commands count what is dated up to it (contract).

    Raises:
        Invalid: a day that has begun nowhere yet.
        NotThere: a cycle that is neither under way nor named by the folder.
    """
    today = context.today
    if query.as_of is not None and query.as_of > context.latest_day:
        raise Invalid(at_field("as_of", "to_come", TO_COME))
    cycle = query.cycle
    if cycle is None:
        cycle = present_cycle(loaded, query.as_of or today)
    elif not loaded.has_cycle(cycle, today=today):
        raise NotThere
    return ScoreQuery(cycle, today, query.as_of, query.basis)


def asked_by(context: RequestContext, loaded: State, query: ScoreParameters) -> ScoreQuery:
    """What the person who asks is shown: of whoever has left the agency's service only the cycles served in, the last of them without a choice.

    Raises:
        Invalid: a day that has begun nowhere yet.
        NotThere: a cycle that is not one of theirs, or none at all.
    """
    person = context.person
    if person is None or person.left_on is None or person.employee is None:
        return asked_of(context, loaded, query)
    node = Node(NodeKind.EMPLOYEE, person.employee)
    last = cycle_of(person.left_on - dt.timedelta(days=1), loaded.frame.first_month)
    served = (
        one for one in sorted(loaded.sheet.cycles, reverse=True) if one <= last and node in loaded.plan(one).nodes
    )
    chosen = query.cycle if query.cycle is not None else next(served, None)
    if chosen is None or chosen not in loaded.sheet.cycles or node not in loaded.plan(chosen).nodes:
        raise NotThere
    return asked_of(context, loaded, query.model_copy(update={"cycle": chosen}))


def first_days(loaded: State) -> Callable[[int], dt.date]:
    """What tells the first day of a cycle, so that a page says of a day before it that the cycle had not begun."""
    return lambda cycle: first_day(cycle, loaded.frame.first_month)


def chosen_unit(context: RequestContext, typed: str, *, may: Deed) -> Node:
    """The unit of the address, else the one that the person heads today, else the agency.

    Raises:
        NotThere: there is no such unit, or the deed is not this person's to do to it.
    """
    me = context.viewer.employee
    headed = context.directory.units_headed_by(me, context.today) if me else ()
    code = typed or (headed[0] if headed else context.directory.tree.root_on(context.today))
    node = Node.parse(f"unit:{code or ''}")
    if node is None:
        raise NotThere
    context.require(may, node)
    if not access.exists(context.directory, node):
        raise NotThere
    return node
