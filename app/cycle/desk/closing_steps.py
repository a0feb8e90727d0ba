"""What is to be done next with an opened cycle, until it is paid, and by whom (contract-cycle, 3 and 8).

Do not tell here what waits for somebody's agreement: whoever agrees has the decision itself among what waits for them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from app import cascade, decisions, paying
from app.access import Viewer
from app.cycle.close.blocking import blockers_of
from app.cycle.close.lockable import before_locked
from app.cycle.close.pay_deciding import CLAWBACK, INSTITUTION, PAY_RUN, run_as_proposed
from app.cycle.close.payable import before_paid
from app.cycle.close.staging import STAGE
from app.cycle.desk.waiting_reads import OnesReads
from app.cycle.grading.told import last_day_of_window
from app.cycle.opened import OpenedCycle
from app.decisions import Decision, DecisionFilter, decisions_of
from app.paying import RunHead
from app.rules.deciding import DecisionState
from app.rules.permissions import Deed, may
from app.rules.stages import PAID_IN, Stage
from app.rules.terms import CycleFunction

__all__ = ["ClosingStep", "ClosingStepKind", "closing_steps"]

_WAITING_MOST = 20


class ClosingStepKind(StrEnum):
    """What is to be done."""

    NEXT = "next"
    CALIBRATE = "calibrate"
    LOCK = "lock"
    INSTITUTION = "institution"
    RUN = "run"
    EXPORT = "export"
    PAID = "paid"


class ClosingStep(NamedTuple):
    """One thing that is to be done, since when, and whether who looks does it; else somebody else has to. Of a run which one it is.

    Of a cycle of which nobody was told anything its stage, the next one, from which day on that may be, and how much is in its way.
    """

    kind: ClosingStepKind
    cycle: int
    since: dt.date | dt.datetime
    acts: bool
    run: int | None = None
    stage: Stage | None = None
    to: Stage | None = None
    from_day: dt.date | None = None
    in_the_way: int | None = None


def closing_steps(reads: OnesReads, *, viewer: Viewer) -> list[ClosingStep]:
    """What is to be done by hr, calibrators and payroll, and what executives are to see done, until the payment; before the telling by hr and calibrators alone.

    Queries: none for others; else 1, and for each cycle under way 4 at most, those of what stands in the way of its next stage, and those of a run
    once something it hangs on has become another.
    """
    keeps = may(viewer.roles, Deed.RUN_CYCLE, ())
    watches = not viewer.roles.isdisjoint(INSTITUTION.checkers)
    pays, calibrates = (
        {one.cycle for one in viewer.functions if one.function is function}
        for function in (CycleFunction.PAYROLL, CycleFunction.CALIBRATOR)
    )
    steps: list[ClosingStep] = []
    if keeps or watches or pays or calibrates:
        for opened in reads.opened:
            if keeps or watches:
                steps += _of_hr(reads, opened, acts=keeps)
            if opened.cycle in calibrates and opened.stage is Stage.CERTIFIED:
                steps.append(ClosingStep(ClosingStepKind.CALIBRATE, opened.cycle, opened.since, acts=True))
            if opened.cycle in pays:
                steps += _of_payroll(reads, opened)
    return sorted(steps, key=lambda one: (one.cycle, str(one.since)))


def _waiting(reads: OnesReads, opened: OpenedCycle) -> frozenset[str]:
    """The kinds of the cycle's decisions that wait to be agreed to. Queries: 2."""
    kinds = frozenset(one.code for one in (STAGE, INSTITUTION, PAY_RUN))
    only = DecisionFilter(kinds=kinds, cycle=str(opened.cycle), state=DecisionState.PROPOSED)
    some = decisions_of(reads.connection, only, visible=lambda _one: True, limit=_WAITING_MOST)
    return frozenset(one.kind for one in some)


def _of_hr(reads: OnesReads, opened: OpenedCycle, *, acts: bool) -> Iterator[ClosingStep]:
    """What hr proposes next; executives are told of the lock and of the ministry's result, which is theirs to agree to."""
    if opened.stage in _NEXT:
        if acts:
            yield _next_stage(reads, opened)
        return
    if opened.stage is Stage.NOTIFIED:
        since = _lockable_since(reads, opened)
        if since is not None:
            yield ClosingStep(ClosingStepKind.LOCK, opened.cycle, since, acts)
        return
    if opened.stage not in PAID_IN:
        return
    waiting = _waiting(reads, opened)
    result = _result_of(reads, opened)
    if result is None:
        if INSTITUTION.code not in waiting:
            yield ClosingStep(ClosingStepKind.INSTITUTION, opened.cycle, opened.since, acts)
    elif acts and PAY_RUN.code not in waiting:
        yield from _run_to_propose(reads, opened, result)


def _next_stage(reads: OnesReads, opened: OpenedCycle) -> ClosingStep:
    """How far a cycle is of which nobody was told anything, and what comes next.

    What is in the way of a certificate is not counted here: all totals would be compared whenever hr opens its first page.
    """
    to, plan = _NEXT[opened.stage], reads.loaded.plan(opened.cycle)
    certifies = to is Stage.CERTIFIED
    blockers = () if certifies else blockers_of(reads.connection, reads.loaded, opened.cycle, to, day=reads.day)
    return ClosingStep(
        ClosingStepKind.NEXT,
        opened.cycle,
        opened.since,
        acts=True,
        stage=opened.stage,
        to=to,
        from_day=plan.period.to if certifies else None,
        in_the_way=None if certifies else len(blockers),
    )


_NEXT: Final = {
    Stage.DRAFT: Stage.AGREEMENT,
    Stage.AGREEMENT: Stage.RUNNING,
    Stage.RUNNING: Stage.CERTIFIED,
    Stage.CERTIFIED: Stage.NOTIFIED,
}


def _lockable_since(reads: OnesReads, opened: OpenedCycle) -> dt.date | None:
    """The first day on which nobody may object any more, where nothing else is in the way; None where something is."""
    windows = [
        last_day_of_window(one, reads.loaded) for one in cascade.told_to(reads.connection, opened.cycle).values()
    ]
    days = [one for one in windows if one is not None and one < reads.day]
    # What is in the way is worked out once all windows are over: until then these alone are.
    if len(days) < len(windows) or not days:
        return None
    plan = reads.loaded.plan(opened.cycle)
    if next(iter(before_locked(reads.connection, reads.loaded, plan, reads.day)), None) is not None:
        return None
    return max(days) + dt.timedelta(days=1)


def _result_of(reads: OnesReads, opened: OpenedCycle) -> Decision | None:
    """The decision by which the ministry's result holds. Queries: 2."""
    some = [
        one for one in decisions.latest_approved(reads.connection, INSTITUTION.code) if one.cycle_year == opened.cycle
    ]
    return some[-1] if some else None


def _run_to_propose(reads: OnesReads, opened: OpenedCycle, result: Decision) -> Iterator[ClosingStep]:
    """The run that follows: the first one, or one once something that the last one hangs on has become another."""
    last, begun = paying.last_run_head(reads.connection, opened.cycle), opened.since
    if last is None:
        if opened.stage is Stage.LOCKED:
            yield ClosingStep(ClosingStepKind.RUN, opened.cycle, max(begun, result.done_by.at), acts=True, run=1)
        return
    since = max(_changes(reads, opened, last), default=None)
    if since is None:
        return
    made = run_as_proposed(reads.connection, reads.loaded, opened.cycle, today=reads.day).made
    if any(one.difference for one in made.items) and not made.over_pool:
        yield ClosingStep(ClosingStepKind.RUN, opened.cycle, since, acts=True, run=made.number)


def _changes(reads: OnesReads, opened: OpenedCycle, last: RunHead) -> Iterator[dt.datetime]:
    """When what a run hangs on has become another since the last one. Queries: 2."""
    if opened.round > last.round:
        yield opened.since
    only = DecisionFilter(
        kinds=frozenset({INSTITUTION.code, CLAWBACK.code}),
        cycle=str(opened.cycle),
        state=DecisionState.APPROVED,
        ended_after=last.at,
    )
    for one in decisions_of(reads.connection, only, visible=lambda _one: True, limit=_WAITING_MOST):
        yield one.done_by.at


def _of_payroll(reads: OnesReads, opened: OpenedCycle) -> Iterator[ClosingStep]:
    """The last run's file, and then the day on which it was paid."""
    last = paying.last_run_head(reads.connection, opened.cycle) if opened.stage in PAID_IN else None
    if last is None:
        return
    taken = paying.exported_runs(reads.connection, opened.cycle).get(last.number)
    if taken is None:
        yield ClosingStep(ClosingStepKind.EXPORT, opened.cycle, last.at, acts=True, run=last.number)
    elif opened.stage is Stage.LOCKED and STAGE.code not in _waiting(reads, opened):
        plan = reads.loaded.plan(opened.cycle)
        if not any(True for _ in before_paid(reads.connection, reads.loaded, plan, reads.day)):
            yield ClosingStep(ClosingStepKind.PAID, opened.cycle, taken, acts=True)
