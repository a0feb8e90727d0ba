"""Telling everybody what they came to: by hr and an approver, all at once, and again whoever's result has become another (contract-cycle, 7).

A newcomer's usual mistake: to let decisions show as they are agreed to. Between two tellings what they change is pending, and comes to all at the next one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from app import access, cascade, decisions, scoring
from app.cascade import Telling
from app.cycle.close.staging import accepting, refuse_in_the_way
from app.cycle.grading.grades import propose_employee_grades
from app.cycle.grading.told import pending_results
from app.cycle.opened import (
    NotNow,
    OpenedCycle,
    begin_decided,
    move_everybody,
    opened_cycle,
    opened_or_refused,
    year_named,
)
from app.cycle.year.line_deciding import LINE_KIND_CODES
from app.decisions import Decision, DecisionFilter, DecisionKind
from app.decisions.tables import decision as decision_table
from app.kit import outbox
from app.kit.database import next_number
from app.kit.refusals import Conflict
from app.plain.findings import n_
from app.rules.deciding import DecisionEffect, DecisionState
from app.rules.stages import Stage
from app.rules.tellings import ToldResult
from app.rules.terms import CycleFunction, Node, Role
from app.scoring import State

__all__ = [
    "NOTIFY",
    "PENDING_KINDS",
    "RESULT_TOLD",
    "TOLD_IN",
]

TOLD_IN: Final = frozenset({Stage.CERTIFIED, Stage.NOTIFIED})
"""The stages in which people are told."""

RESULT_TOLD: Final = "result_told"
"""The topic of the mails."""


class NothingPending(Conflict):
    """Everybody knows what they came to."""

    code = "nothing_pending"
    message = n_("Everybody has been told what stands now: look at what was decided since.")


# ------------------------------------------------------------------------------------------------------------- the decision


def _refuse(
    connection: Connection, loaded: State, opened: OpenedCycle, content: Mapping[str, Any], today: dt.date
) -> dict[Node, ToldResult]:
    """Go on only where people may be told now; what they are to be told.

    Raises:
        NotNow: the cycle is at another stage.
        NothingPending: everybody knows.
        Blocked: something is in the way.
    """
    if opened.stage not in TOLD_IN:
        raise NotNow
    results = pending_results(connection, loaded, opened.cycle, day=today)
    # A round in which nothing was changed in the end comes to its lock too.
    if not results and opened.stage is Stage.NOTIFIED:
        raise NothingPending
    refuse_in_the_way(connection, loaded, opened.cycle, Stage.NOTIFIED, content, day=today)
    return results


def _effects(
    connection: Connection, _content: Mapping[str, Any], cycle: str | None, today: dt.date
) -> Iterable[DecisionEffect]:
    """The grade of everybody who is told, and the scores that are another than those told before.

    Queries: those of :func:`app.cycle.propose_employee_grades`.
    """
    loaded, year = scoring.state(connection), int(str(cycle))
    before = loaded.plan(year).sheet.told_of(year).results
    for node, now in pending_results(connection, loaded, year, day=today).items():
        was = before.get(node)
        yield DecisionEffect(str(node), "grade", None if was is None else was.grade, now.grade)
        if was is not None and was.score != now.score:
            yield DecisionEffect(str(node), "final_score", _number(was), _number(now))


def _number(result: ToldResult) -> float | None:
    """A published score as JSON has it."""
    return None if result.score is None else float(result.score)


PENDING_KINDS: Final = LINE_KIND_CODES | {cascade.CALIBRATE, cascade.LET_LAPSE, scoring.CORRECT}
"""What moves a figure between two tellings."""


def _overtaken(connection: Connection, open_: Decision) -> Sequence[Mapping[str, Any]]:
    """What was decided about figures since: a score may be another though the grade is not, and the approver has not looked at it."""
    only = DecisionFilter(
        kinds=PENDING_KINDS, cycle=open_.cycle, state=DecisionState.APPROVED, ended_after=open_.maker.at
    )
    since = decisions.decisions_of(connection, only, visible=lambda _one: True, limit=_TOLD_MOST)
    return [{"decision": one.id} for one in since]


_TOLD_MOST: Final = 20


def _apply(connection: Connection, decision: Decision) -> None:
    hand = decision.done_by
    loaded = scoring.state(connection)
    day = loaded.frame.directory.day_of(hand.at)
    opened = opened_or_refused(connection, decision.cycle, loaded, today=day)
    results = _refuse(connection, loaded, opened, decision.content, day)
    cycle = opened.cycle
    telling = Telling(
        cycle=cycle,
        place=loaded.plan(cycle).sheet.told_of(cycle).place + 1,
        round=opened.round,
        decision=decision.id,
        # None of the cycle waits any more: whatever has a number by now is done or refused.
        before=next_number(connection, decision_table),
        at=hand.at,
    )
    accounts = access.mailed_employees(connection)
    mailed = {node: accounts[node.code] for node in results if node.code in accounts}
    cascade.keep_telling(connection, telling, results, by_mail=mailed)
    if opened.stage is Stage.CERTIFIED:
        begin_decided(connection, decision, Stage.NOTIFIED, round_=opened.round)
    contents = {email: {"account": number, "cycle": cycle, "place": telling.place} for number, email in mailed.values()}
    outbox.post_all(connection, topic=RESULT_TOLD, contents=contents, at=hand.at)
    move_everybody(connection, decision)


def _prepare(connection: Connection, cycle: str | None, today: dt.date) -> None:
    """Have the proposal at hand: what is asked again under the locks is then little."""
    year, loaded = year_named(cycle), scoring.state(connection)
    if opened_cycle(connection, year) is not None and year in loaded.certified:
        propose_employee_grades(connection, cycle=year, today=today, loaded=loaded)


NOTIFY: Final = DecisionKind(
    code=cascade.NOTIFY,
    makers=frozenset({Role.HR}),
    checkers=frozenset({CycleFunction.APPROVER}),
    seen_by=frozenset({Role.AUDITOR}),
    read=accepting(_refuse),
    effects=_effects,
    apply=_apply,
    prepare=_prepare,
    signed_effects=True,
    overtaken=_overtaken,
    hold=scoring.hold_to_decide,
    of_cycle=True,
)
"""Everybody is told what they came to: by hr, and an approver of the cycle. It is about everybody, and nobody's own case."""
