"""What pages and API do with opened cycles: who sees one, and who keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from app import cascade, decisions, paying, scoring
from app import cycle as cycles
from app.access import Viewer, may_at_all
from app.cycle import AfterClose, CycleStanding, OpenedCycle
from app.kit.refusals import NotThere
from app.rules.deciding import Obstacle
from app.rules.permissions import Deed, may, relations_that_allow
from app.rules.terms import CycleFunction, Node
from app.scoring import ScoreQuery
from app.web.asked.request_context import RequestContext

__all__ = [
    "after_close_seen",
    "calendar_kept",
    "criteria_told",
    "cycle_seen",
    "cycles_seen",
    "hides_own_pay",
    "hides_own_result",
    "opened",
    "refuse_without_function",
    "refuse_without_role",
    "sees_every_cycle",
    "sees_everybody",
    "standing_seen",
]


def sees_every_cycle(context: RequestContext) -> bool:
    """Whether who asks sees whatever cycle there is, by role; others see those that they have a function in."""
    who = context.viewer
    if not relations_that_allow(who.roles, Deed.SEE_CYCLES):
        return False
    alone: Viewer = who if not who.functions else _without_functions(who)
    return may_at_all(lambda: context.directory, viewer=alone, deed=Deed.SEE_CYCLES, day=context.today)


def _without_functions(viewer: Viewer) -> Viewer:
    return replace(viewer, functions=())


def cycles_seen(context: RequestContext) -> list[OpenedCycle]:
    """The opened cycles that who asks sees, the latest first. Queries: 1."""
    some = cycles.opened_cycles(context.connection)
    if sees_every_cycle(context):
        return some
    own = {one.cycle for one in context.viewer.functions}
    return [one for one in some if one.cycle in own]


def cycle_seen(context: RequestContext, cycle: int) -> OpenedCycle:
    """One opened cycle. Queries: 1.

    Raises:
        NotThere: nobody has opened it, or it is not for this person.
    """
    one = cycles.opened_cycle(context.connection, cycle)
    if one is None or not (sees_every_cycle(context) or any(of.cycle == cycle for of in context.viewer.functions)):
        raise NotThere
    return one


def standing_seen(context: RequestContext, cycle: int) -> CycleStanding:
    """How an opened cycle stands; of what is in the way only those are named whom who asks may see.

    Raises:
        NotThere: nobody has opened it, or it is not for this person.
    """
    opened_ = cycle_seen(context, cycle)
    standing = cycles.standing_of(context.connection, scoring.state(context.connection), opened_, day=context.today)
    sees = context.sees(Deed.SEE_SCORECARD)

    def is_seen(text: str) -> bool:
        node = Node.parse(text)
        return node is None or sees(node)

    return standing.narrowed(is_seen)


_FUNCTIONS_SEE_ALL: Final = frozenset({CycleFunction.APPROVER, CycleFunction.CERTIFIER})


def hides_own_result(context: RequestContext, cycle: int) -> bool:
    """Whether who asks sees no grades but their own, and that not yet: of an opened cycle before it is notified. Queries: 1, or none."""
    if may(context.viewer.roles, Deed.SEE_GRADE, ()):
        return False
    one = _opened_of(context, cycle)
    return one is not None and not one.is_told


def hides_own_pay(context: RequestContext, cycle: int) -> bool:
    """Whether there is no pay yet for who asks to read of their own: of an opened cycle before two people have agreed to its first run.

    From that day on one may object to it, so from that day on it is read (contract-cycle, 7 and 8). Queries: 1, or none; of a locked cycle one more.
    """
    one = _opened_of(context, cycle)
    if one is None or one.was_paid:
        return False
    return not (one.was_locked and paying.has_runs(context.connection, cycle))


def _opened_of(context: RequestContext, cycle: int) -> OpenedCycle | None:
    if cycle not in context.opened_cycles:
        context.opened_cycles[cycle] = cycles.opened_cycle(context.connection, cycle)
    return context.opened_cycles[cycle]


def sees_everybody(context: RequestContext, cycle: int) -> bool:
    """Whether who asks sees everybody's scores in a cycle."""
    given = {one.function for one in context.viewer.functions if one.cycle == cycle}
    return context.allowed_of_everybody(Deed.SEE_PEOPLE_SCORES) or not _FUNCTIONS_SEE_ALL.isdisjoint(given)


def after_close_seen(context: RequestContext, cycle: int, *, after: int, limit: int) -> AfterClose:
    """What came after a cycle's cut, for whoever sees everybody's scores in it.

    Raises:
        NotThere: nobody has certified the cycle, or it is not for this person.
    """
    cycle_seen(context, cycle)
    loaded = scoring.state(context.connection)
    certified = scoring.certified_cuts(context.connection).get(cycle)
    if certified is None or not sees_everybody(context, cycle):
        raise NotThere
    asked = ScoreQuery(cycle, context.today)
    return cycles.after_close(
        context.connection, loaded, certified, asked=asked, after=after, limit=limit, now=context.now
    )


def refuse_without_function(context: RequestContext, cycle: int, function: CycleFunction) -> None:
    """Go on only where who asks was given a function of the cycle.

    Raises:
        Conflict: they were not.
    """
    if function not in context.viewer.authorities(cycle):
        raise decisions.refusal_for(Obstacle.ROLE)


def refuse_without_role(context: RequestContext) -> None:
    """Go on only where who asks runs cycles.

    Raises:
        Conflict: it is not what their role does.
    """
    if not context.allowed(Deed.RUN_CYCLE):
        raise decisions.refusal_for(Obstacle.ROLE)


def opened(context: RequestContext, cycle: str, calendar: Mapping[str, Any]) -> OpenedCycle:
    """Open a cycle, and tell the trail.

    Raises:
        Conflict: it is not what their role does; or somebody has opened it before.
        Invalid: there is no such cycle, or a date is none.
    """
    refuse_without_role(context)
    year = cycles.cycle_named(cycle, scoring.state(context.connection), today=context.today)
    made = cycles.open_cycle(context.connection, year, calendar=calendar, by=context.label, now=context.now)
    context.note(subject=f"cycle:{year}", after={"stage": made.stage.value, "calendar": made.calendar_json})
    return made


def calendar_kept(context: RequestContext, cycle: int, calendar: Mapping[str, Any]) -> OpenedCycle:
    """Give an opened cycle other dates, and tell the trail.

    Raises:
        NotThere: nobody has opened it, or it is not for this person.
        Conflict: it is not what their role does.
        Invalid: a date is none.
    """
    before = cycle_seen(context, cycle)
    refuse_without_role(context)
    after = cycles.set_calendar(context.connection, cycle, calendar)
    if after.calendar == before.calendar:
        context.did_nothing = True
    else:
        context.note(subject=f"cycle:{cycle}", before=before.calendar_json, after=after.calendar_json)
    return after


def criteria_told(context: RequestContext, cycle: int) -> dict[str, Any] | None:
    """What a cycle is judged by as it was published, with all editions, the latest first; None where nothing is. Queries: 2 or 3."""
    editions = cascade.publications(context.connection, cycle)
    if not editions or editions[-1].ended_at is not None:
        return None
    latest = editions[-1]
    documents = {
        name: json.loads(text) for name, text in cascade.published_documents(context.connection, latest).items()
    }
    kpis = scoring.state(context.connection).sheet.definitions_of(cycle).kpis
    return {
        "cycle": str(cycle),
        "edition": latest.edition,
        "published_at": latest.at.isoformat(),
        "sha256": latest.sha256,
        "policies": documents["policies"],
        "kpis": [
            {"code": code, "from": kpi.version(cycle).from_cycle, **document}
            for code, kpi in kpis.items()
            if (document := documents.get(f"kpi:{code}")) is not None
        ],
        "editions": [{"edition": one.edition, "sha256": one.sha256, **one.as_pin()} for one in reversed(editions)],
    }
