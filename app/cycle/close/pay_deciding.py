"""What people are paid by a locked cycle: the ministry's result, runs, and who has to give back what they got (contract-cycle, 8).

A run is worked out by the rules alone (:mod:`app.rules.pay_runs`) from what was locked, the run before and what was decided; nobody types an amount.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from app import decisions, organisation, paying, scoring
from app.cycle.grading.grades import propose_employee_grades
from app.cycle.grading.grades_paid import (
    CLAWBACK_KIND,
    INSTITUTION_KIND,
    clawed_back,
    institution_of,
    pay_policy,
    pay_terms,
)
from app.cycle.opened import NotNow, OpenedCycle, move_everybody, opened_cycle, opened_or_refused, year_named
from app.decisions import Decision, DecisionFilter, DecisionKind, Read
from app.kit.refusals import Conflict, Invalid, at_field, is_one_of, text_problems, unknown_members
from app.paying import KeptRun
from app.plain.findings import Finding, n_
from app.plain.texts import quoted
from app.rules.deciding import DecisionEffect, DecisionState
from app.rules.pay_runs import PayRunMade, PayTerms, next_run
from app.rules.presence import cycle_days
from app.rules.stages import PAID_IN, Stage
from app.rules.terms import CycleFunction, Node, NodeKind, Role
from app.scoring import State

__all__ = [
    "CLAWBACK",
    "INSTITUTION",
    "INSTITUTION_IN",
    "PAY_RUN",
    "RunAsProposed",
    "open_run",
    "run_as_proposed",
]

_PAY_RUN: Final = "pay_run"

_TEXT_MOST: Final = 200
_POOL_MOST: Final = 10**15

INSTITUTION_IN: Final = frozenset({Stage.CERTIFIED, Stage.NOTIFIED, Stage.LOCKED, Stage.PAID})


class NoInstitution(Conflict):
    """Nobody has said yet what the ministry's result is."""

    code = "no_institution"
    message = n_("The ministry's result of the agency is not there yet: ask HR to propose it, with the pool.")


class RunOpen(Conflict):
    """A run waits to be agreed to."""

    code = "run_open"
    message = n_("A pay run waits to be agreed to: wait until it is agreed to or refused.")


class OverPool(Conflict):
    """More would be paid than there is."""

    code = "over_pool"
    message = n_(
        "The run comes to %(over)s won more than the pool: ask HR for a result with a larger pool, or wait until as much is recovered."
    )


class ClawedBack(Conflict):
    """It was decided before."""

    code = "clawed_back"
    message = n_("The pay of this person is given back already: look at the next run.")


def _opened(
    connection: Connection, loaded: State, cycle: str | None, today: dt.date, stages: frozenset[Stage]
) -> OpenedCycle:
    """The cycle, at one of some stages.

    Raises:
        NotNow: it is at another.
    """
    opened = opened_or_refused(connection, cycle, loaded, today=today)
    if opened.stage not in stages:
        raise NotNow
    return opened


# ------------------------------------------------------------------------------------------------------------- institution


def _institution_problems(content: Mapping[str, Any], rates: Mapping[str, object]) -> Iterator[Finding]:
    yield from unknown_members(content, {"grade", "pool", "document"})
    if not is_one_of(content.get("grade"), rates):
        message = n_("The agency has no such grade: choose one of %(grades)s.")
        yield at_field("content/grade", "unknown_grade", message, grades=", ".join(rates))
    pool = content.get("pool")
    if pool is not None and not (type(pool) is int and 0 <= pool <= _POOL_MOST):
        message = n_("The pool is a whole number of won: write it in digits, or leave it out where nothing is capped.")
        yield at_field("content/pool", "no_pool", message)
    yield from _text_problems(content, "document")


def _text_problems(content: Mapping[str, Any], member: str) -> list[Finding]:
    text = content.get(member)
    return text_problems(f"content/{member}", text.strip() if isinstance(text, str) else "", most=_TEXT_MOST)


def _read_institution(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
    loaded = scoring.state(connection)
    opened = _opened(connection, loaded, cycle, today, INSTITUTION_IN)
    problems = list(_institution_problems(content, pay_policy(loaded, opened.cycle).institution_rates))
    if problems:
        raise Invalid(*problems)
    kept = {"grade": content["grade"], "pool": content.get("pool"), "document": content["document"].strip()}
    return Read(kept, round=opened.round)


INSTITUTION: Final = DecisionKind(
    code=INSTITUTION_KIND,
    makers=frozenset({Role.HR}),
    checkers=frozenset({Role.EXECUTIVE}),
    seen_by=frozenset({Role.AUDITOR, CycleFunction.APPROVER, CycleFunction.PAYROLL}),
    read=_read_institution,
    effects=lambda *_: (),
    apply=move_everybody,
    signed_effects=True,
    hold=scoring.hold_to_decide,
    of_cycle=True,
)
"""The ministry's result of the agency: by hr, and an executive. It is about everybody, and nobody's own case."""


# ---------------------------------------------------------------------------------------------------------------- clawback


def _read_clawback(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
    loaded = scoring.state(connection)
    opened = _opened(connection, loaded, cycle, today, PAID_IN)
    problems = unknown_members(content, {"employee", "ground"})
    problems += _text_problems(content, "ground")
    employee = content.get("employee")
    last = paying.latest_run(connection, opened.cycle)
    known = {one.employee for one in last.made.items} if last else set()
    known |= _terms(connection, loaded, opened.cycle, today).keys()
    if not is_one_of(employee, known):
        message = n_("“%(value)s” is nobody who is paid by this cycle: write the number of somebody who is.")
        problems.append(at_field("content/employee", "unknown_employee", message, value=quoted(str(employee))))
    if problems:
        raise Invalid(*problems)
    if employee in clawed_back(connection, opened.cycle):
        raise ClawedBack
    node = Node(NodeKind.EMPLOYEE, str(employee))
    return Read({"employee": employee, "ground": content["ground"].strip()}, frozenset({node}), opened.round)


def _clawback_effects(
    connection: Connection, content: Mapping[str, Any], cycle: str | None, _today: dt.date
) -> Iterable[DecisionEffect]:
    """What they were paid last comes to nothing."""
    last = paying.latest_run(connection, year_named(cycle))
    amounts = {one.employee: one.amount for one in last.made.items} if last else {}
    employee = str(content["employee"])
    yield DecisionEffect(str(Node(NodeKind.EMPLOYEE, employee)), "pay", amounts.get(employee), 0)


def _clawback_overtaken(connection: Connection, open_: Decision) -> Sequence[Mapping[str, Any]]:
    """It was decided by another meanwhile, or the cycle is open again."""
    opened = opened_cycle(connection, open_.cycle_year)
    if opened is None or opened.stage not in PAID_IN:
        raise NotNow
    if open_.content["employee"] in clawed_back(connection, opened.cycle):
        return [{"node": str(node), "member": "pay", "signed": None, "now": 0} for node in open_.about]
    return ()


CLAWBACK: Final = DecisionKind(
    code=CLAWBACK_KIND,
    makers=frozenset({Role.HR}),
    checkers=frozenset({Role.EXECUTIVE}),
    seen_by=frozenset({Role.AUDITOR, CycleFunction.APPROVER, CycleFunction.PAYROLL}),
    read=_read_clawback,
    effects=_clawback_effects,
    apply=move_everybody,
    signed_effects=True,
    overtaken=_clawback_overtaken,
    hold=scoring.hold_to_decide,
    of_cycle=True,
)
"""Somebody's pay of a cycle is to be given back: by hr, and an executive. It is so from the next run on, and nobody gets what is freed."""


# ----------------------------------------------------------------------------------------------------------------- pay run


class RunAsProposed(NamedTuple):
    """A run that nobody has agreed to yet, as it would be now."""

    made: PayRunMade
    cycle_days: int

    @property
    def sha256(self) -> str:
        """The sum over what it says."""
        return paying.run_sha256(self.made, cycle_days=self.cycle_days)


def _terms(connection: Connection, loaded: State, cycle: int, today: dt.date) -> dict[str, PayTerms]:
    """What the pay of everyone who is graded hangs on. Queries: those of :func:`app.cycle.propose_employee_grades`."""
    return pay_terms(propose_employee_grades(connection, cycle=cycle, today=today, loaded=loaded).proposal)


def run_as_proposed(connection: Connection, loaded: State, cycle: int, *, today: dt.date) -> RunAsProposed:
    """The run that follows, as it would be now.

    Raises:
        NoInstitution: the ministry's result is not there.

    Queries: 7, and those of :func:`app.cycle.propose_employee_grades`.
    """
    institution = institution_of(connection, loaded, cycle)
    if institution is None:
        raise NoInstitution
    last = paying.latest_run(connection, cycle)
    days = cycle_days(loaded.plan(cycle).period)
    made = next_run(
        _terms(connection, loaded, cycle, today),
        last.made if last else None,
        institution,
        cycle_days=days,
        clawed_back=clawed_back(connection, cycle),
    )
    return RunAsProposed(made, days)


def open_run(connection: Connection, cycle: int) -> Decision | None:
    """The run that waits to be agreed to; None where none does. Queries: 2."""
    only = DecisionFilter(kinds=frozenset({_PAY_RUN}), cycle=str(cycle), state=DecisionState.PROPOSED)
    some = decisions.decisions_of(connection, only, visible=lambda _one: True, limit=1)
    return some[0] if some else None


def _checked(
    connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date
) -> tuple[OpenedCycle, RunAsProposed]:
    """The run that a content names, which has to be the next one.

    Raises:
        Invalid: it names another.
        NotNow: the cycle is at another stage.
        NoInstitution: the ministry's result is not there.
        OverPool: it comes to more than there is.
    """
    loaded = scoring.state(connection)
    opened = _opened(connection, loaded, cycle, today, PAID_IN)
    run = run_as_proposed(connection, loaded, opened.cycle, today=today)
    if run.made.number == 1 and opened.stage is not Stage.LOCKED:
        raise NotNow
    if type(content.get("run")) is not int or content["run"] != run.made.number:
        message = n_("The run that follows is %(number)s: write that number.")
        raise Invalid(at_field("content/run", "not_next", message, number=run.made.number))
    if run.made.over_pool:
        raise OverPool(parameters={"over": run.made.over_pool})
    return opened, run


def _read_run(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
    problems = unknown_members(content, {"run"})
    if problems:
        raise Invalid(*problems)
    opened, run = _checked(connection, content, cycle, today)
    if open_run(connection, opened.cycle) is not None:
        raise RunOpen
    return Read({"run": run.made.number}, round=opened.round)


def _run_effects(
    connection: Connection, _content: Mapping[str, Any], cycle: str | None, today: dt.date
) -> Iterable[DecisionEffect]:
    """What everybody is paid with it, and was before. Queries: those of :func:`run_as_proposed`."""
    made = run_as_proposed(connection, scoring.state(connection), year_named(cycle), today=today).made
    for one in made.items:
        before = None if made.number == 1 else one.before
        yield DecisionEffect(str(Node(NodeKind.EMPLOYEE, one.employee)), "pay", before, one.amount)


def _run_overtaken(connection: Connection, open_: Decision) -> Sequence[Mapping[str, Any]]:
    """Another run was agreed to since, or the cycle is open again."""
    opened = opened_cycle(connection, open_.cycle_year)
    if opened is None or opened.stage not in PAID_IN or opened.round != open_.round:
        raise NotNow
    last = paying.latest_run(connection, opened.cycle)
    is_next = open_.content["run"] == (last.made.number if last else 0) + 1
    return () if is_next else [{"decision": last.decision if last else open_.id}]


def _apply_run(connection: Connection, decision: Decision) -> None:
    hand = decision.done_by
    day = organisation.directory(connection).day_of(hand.at)
    opened, run = _checked(connection, decision.content, decision.cycle, day)
    kept = KeptRun(
        made=run.made,
        decision=decision.id,
        round=opened.round,
        at=hand.at,
        cycle_days=run.cycle_days,
        sha256=run.sha256,
    )
    paying.keep_run(connection, opened.cycle, kept)
    move_everybody(connection, decision)


PAY_RUN: Final = DecisionKind(
    code=_PAY_RUN,
    makers=frozenset({Role.HR}),
    checkers=frozenset({CycleFunction.APPROVER}),
    seen_by=frozenset({Role.AUDITOR, CycleFunction.PAYROLL}),
    read=_read_run,
    effects=_run_effects,
    apply=_apply_run,
    signed_effects=True,
    overtaken=_run_overtaken,
    hold=scoring.hold_to_decide,
    of_cycle=True,
)
"""Everybody is paid, or what differs from the run before: by hr, and an approver of the cycle. It is nobody's own case."""
