"""Locking a cycle: what everybody came to is written down, and everything that it can be computed from again (contract-cycle, 8).

Nothing is worked out here that was not told: everybody knows their grade, and nobody may object any more. From now on later cycles go by what is
written (:mod:`app.cascade.locked`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection

from app import cascade, objecting, scoring
from app.cascade import NO_FIGURES, LockedFigures, LockedResult, LockedRound
from app.cycle.close.reviewing import hold_reviews
from app.cycle.close.staging import accepting, refuse_in_the_way
from app.cycle.grading.grades import propose_employee_grades
from app.cycle.grading.results import RULES_VERSION, CycleResults, results_of
from app.cycle.opened import (
    NotNow,
    OpenedCycle,
    begin_decided,
    move_everybody,
    opened_cycle,
    opened_or_refused,
    year_named,
)
from app.decisions import Decision, DecisionKind
from app.decisions.tables import decision as decision_table
from app.kit.database import next_number
from app.rules.deciding import DecisionEffect
from app.rules.presence import cycle_days
from app.rules.stages import DECIDED_BY, Stage
from app.rules.terms import CycleFunction, Node, NodeKind, Role
from app.scoring import CyclePlan, ScoreQuery, State

__all__ = ["LOCK", "figures_to_lock"]


def _refuse(
    connection: Connection, loaded: State, opened: OpenedCycle, content: Mapping[str, Any], today: dt.date
) -> None:
    """Go on only where everybody was told, and nothing is in the way.

    Raises:
        NotNow: the cycle is at another stage.
        Blocked: something is.
    """
    if opened.stage is not Stage.NOTIFIED:
        raise NotNow
    refuse_in_the_way(connection, loaded, opened.cycle, Stage.LOCKED, content, day=today)


def _effects(
    connection: Connection, _content: Mapping[str, Any], cycle: str | None, today: dt.date
) -> Iterable[DecisionEffect]:
    """The grade of everybody who is listed, and the one that was locked before, in an earlier round.

    Queries: 1, and those of :func:`app.cycle.propose_employee_grades`.
    """
    loaded, year = scoring.state(connection), year_named(cycle)
    before = cascade.read_locked(connection).get(year, NO_FIGURES).results
    for row in propose_employee_grades(connection, cycle=year, today=today, loaded=loaded).proposal.rows:
        was = before.get(row.employee)
        yield DecisionEffect(str(row.node), "grade", None if was is None else was.grade, row.grade)


def _results(connection: Connection, loaded: State, cycle: int, day: dt.date) -> CycleResults:
    return results_of(connection, loaded, ScoreQuery(cycle, day))


def figures_to_lock(results: CycleResults, plan: CyclePlan) -> LockedFigures:
    """What later cycles go by: everybody's score and grade, and the actuals of units and of those who were there all year (contract-cycle, 8).

    A line that shows another's has no actual of its own.
    """
    days = cycle_days(plan.period)
    people = results.document["employees"]
    whole = {f"employee:{one['employee']}" for one in people if one["days"] == days}
    own = {
        (str(one.node), one.row.kpi) for one in plan.worked if one.node.kind is NodeKind.UNIT or str(one.node) in whole
    }
    return LockedFigures(
        results={
            one["employee"]: LockedResult(
                None if one["final_score"] is None else Decimal(one["final_score"]), one["grade"]
            )
            for one in people
        },
        actuals={
            (Node.known(card["node"]), line["kpi"]): Decimal(line["actual"])
            for card in results.document["scorecards"]
            for line in card["lines"]
            if (card["node"], line["kpi"]) in own and line["actual"] is not None
        },
    )


def _apply(connection: Connection, decision: Decision) -> None:
    hand = decision.done_by
    loaded = scoring.state(connection)
    day = loaded.frame.directory.day_of(hand.at)
    opened = opened_or_refused(connection, decision.cycle, loaded, today=day)
    _refuse(connection, loaded, opened, decision.content, day)
    results = _results(connection, loaded, opened.cycle, day)
    kept = LockedRound(
        cycle=opened.cycle,
        round=opened.round,
        decision=decision.id,
        # None of the cycle waits any more: whatever has a number by now is done or refused.
        before=next_number(connection, decision_table),
        at=hand.at,
        rules_version=RULES_VERSION,
        results_sha256=results.sha256,
    )
    cascade.keep_locked(connection, kept, results.text, figures_to_lock(results, loaded.plan(opened.cycle)))
    begin_decided(connection, decision, Stage.LOCKED, round_=opened.round)
    move_everybody(connection, decision)


def _prepare(connection: Connection, cycle: str | None, today: dt.date) -> None:
    """Have what is written at hand: what is asked again under the locks is then little."""
    year, loaded = year_named(cycle), scoring.state(connection)
    opened = opened_cycle(connection, year)
    if opened is not None and opened.stage is Stage.NOTIFIED and year in loaded.certified:
        propose_employee_grades(connection, cycle=year, today=today, loaded=loaded)
        _ = _results(connection, loaded, year, today).text


def _hold(connection: Connection) -> None:
    """Shut out others who decide, and whoever objects or reviews: what comes while somebody agrees to the lock would be nobody's to hear."""
    scoring.hold_to_decide(connection)
    objecting.hold(connection)
    hold_reviews(connection)


LOCK: Final = DecisionKind(
    code=DECIDED_BY[Stage.LOCKED],
    makers=frozenset({Role.HR}),
    checkers=frozenset({CycleFunction.APPROVER}),
    seen_by=frozenset({Role.AUDITOR}),
    read=accepting(_refuse),
    effects=_effects,
    apply=_apply,
    prepare=_prepare,
    signed_effects=True,
    hold=_hold,
    of_cycle=True,
)
"""A cycle comes to its end: by hr, and an approver of the cycle. It is about everybody, and nobody's own case."""
