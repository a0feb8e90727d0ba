"""Pay runs of a cycle as who asks may see them, their file for payroll, and what one person was paid."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from flask import render_template

from app import cascade, decisions, paying, scoring
from app import cycle as cycles
from app.cascade import LockedRound
from app.cycle import OpenedCycle
from app.decisions import Decision, DecisionFilter
from app.exports import as_pdf, pay_run_file
from app.kit.refusals import Conflict, NotThere
from app.paying import KeptRun
from app.plain.findings import n_
from app.rules.deciding import DecisionState
from app.rules.pay_derivation import PayDerivation, beside, derivation_of
from app.rules.pay_runs import PaidItem, PayRunMade
from app.rules.permissions import Deed, functions_open, may
from app.rules.stages import Stage
from app.rules.terms import CycleFunction, Node, NodeKind
from app.web.answer.downloads import refuse_without_reason
from app.web.answer.rendering import Download
from app.web.asked import cycling
from app.web.asked.grades_seen import grades_seen
from app.web.asked.request_context import RequestContext
from app.web.asked.zones import Clock
from app.web.decisions import decided
from app.web.wording.languages import page_language, writing
from app.web.wording.naming import node_named

__all__ = [
    "NotApproved",
    "OwnPay",
    "PayRunSeen",
    "RunOrigin",
    "StatedItem",
    "Statement",
    "StatementOrigin",
    "cycles_with_pay",
    "decided_between",
    "exported",
    "has_statement",
    "own_pay",
    "paid_days",
    "run_seen",
    "sees_runs",
    "statement_origin",
    "statement_paper",
    "statement_seen",
]

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class NotApproved(Conflict):
    """Nobody has agreed to the run yet."""

    code = "not_approved"
    message = n_("Nobody has agreed to this run yet: wait until an approver has.")


class PayRunSeen(NamedTuple):
    """A run, and how far it is.

    Attributes:
        state: `proposed`, `approved` or `exported`.
        kept: as two people agreed to it; None of one that is proposed.
    """

    state: Literal["proposed", "approved", "exported"]
    made: PayRunMade
    cycle_days: int
    sha256: str
    kept: KeptRun | None

    def as_json(self) -> dict[str, Any]:
        """As the contract writes it."""
        told = paying.run_told(self.made, cycle_days=self.cycle_days)
        return {"run": told.pop("run"), "state": self.state, **told, "sha256": self.sha256}


def sees_runs(context: RequestContext, cycle: int) -> bool:
    """Whether somebody sees everybody's pay in runs: hr, auditors, and approvers and payroll of the cycle."""
    return CycleFunction.PAYROLL in context.viewer.authorities(cycle) or grades_seen(context, cycle).pays


def cycles_with_pay(context: RequestContext, some: Iterable[OpenedCycle]) -> frozenset[int]:
    """Those of some cycles whose page of pay is there for who asks: as :func:`sees_runs`, of many without a query."""
    everywhere = may(context.viewer.roles, Deed.SEE_PAY, ())
    given = {
        one.cycle
        for one in context.viewer.functions
        if one.function is CycleFunction.PAYROLL or Deed.SEE_PAY in functions_open(one.function)
    }
    return frozenset(
        one.cycle for one in some if one.stage in cycles.INSTITUTION_IN and (everywhere or one.cycle in given)
    )


def run_seen(context: RequestContext, cycle: int, number: int) -> PayRunSeen:
    """A run of a cycle: as it was agreed to, or as it would be now where it waits for that.

    Raises:
        NotThere: there is no such run, or it is not for this person.
    """
    cycling.cycle_seen(context, cycle)
    if not sees_runs(context, cycle):
        raise NotThere
    kept = paying.run_numbered(context.connection, cycle, number)
    if kept is not None:
        is_exported = number in paying.exported_runs(context.connection, cycle)
        return PayRunSeen("exported" if is_exported else "approved", kept.made, kept.cycle_days, kept.sha256, kept)
    waits = cycles.open_run(context.connection, cycle)
    if waits is None or waits.content["run"] != number:
        raise NotThere
    run = cycles.run_as_proposed(context.connection, scoring.state(context.connection), cycle, today=context.today)
    return PayRunSeen("proposed", run.made, run.cycle_days, run.sha256, None)


def exported(
    context: RequestContext, cycle: int, number: int, *, format_: Literal["csv", "xlsx"], reason: str
) -> Download:
    """The file of a run, for payroll; that they have it is written down.

    Args:
        context: with a writing transaction.
        cycle: the year that names it.
        number: of the run.
        format_: of the file.
        reason: why it is taken out of the house.

    Raises:
        NotThere: there is no such run, or it is not for this person.
        Conflict: it is not payroll who asks, or nobody has agreed to the run.
        Invalid: there is no reason.
    """
    run = run_seen(context, cycle, number)
    cycling.refuse_without_function(context, cycle, CycleFunction.PAYROLL)
    refuse_without_reason(reason.strip())
    if run.kept is None:
        raise NotApproved
    content = pay_run_file(context.connection, cycle, run.kept, format_=format_)
    digest = hashlib.sha256(content)
    paying.keep_export(
        context.connection,
        cycle,
        number,
        at=context.now,
        account=context.viewer.label,
        format_=format_,
        reason=reason.strip(),
        sha256=digest.hexdigest(),
    )
    context.note(subject=f"cycle:{cycle}", after={"pay_run": number, "format": format_}, why=reason.strip())
    return Download(
        content=content,
        filename=f"pay-run-{cycle}-{number}.{format_}",
        media_type=_XLSX if format_ == "xlsx" else "text/csv; charset=utf-8",
        headers={"Repr-Digest": f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"},
    )


class OwnPay(NamedTuple):
    """What somebody comes to by the last run, in won; the round whose results it pays, and the grade by which it does, where there is one."""

    amount: int
    round: int
    grade: str | None


def own_pay(context: RequestContext, cycle: int) -> OwnPay | None:
    """What who asks comes to by the last run; None before two people agreed to one. Queries: 2, and that of the stage."""
    if cycling.hides_own_pay(context, cycle):
        return None
    runs = paying.kept_runs(context.connection, cycle, employee=context.viewer.employee or "")
    items = runs[-1].made.items if runs else ()
    if not items:
        return None
    terms = items[-1].terms
    return OwnPay(items[-1].amount, runs[-1].round, None if terms is None else terms.grade)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedItem:
    """What somebody came to by a run, and how."""

    run: KeptRun
    item: PaidItem
    how: PayDerivation


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What somebody was paid by a cycle, run by run."""

    cycle: int
    employee: str
    items: tuple[StatedItem, ...]

    @property
    def amount(self) -> int:
        """What they come to by the last run, in won."""
        return self.items[-1].item.amount

    def as_json(self) -> dict[str, Any]:
        """As the API writes it."""
        runs = [
            {"run": one.run.made.number, "approved_at": one.run.at.isoformat()} | one.item.as_json(one.run.cycle_days)
            for one in self.items
        ]
        return {"employee": self.employee, "cycle": str(self.cycle), "runs": runs, "amount": self.amount}


def statement_seen(context: RequestContext, cycle: int, employee: str) -> Statement:
    """What somebody was paid, run by run: one's own once a run was agreed to, anybody's for whoever sees everybody's pay. Queries: 4 at most.

    Raises:
        NotThere: there is nothing, or it is not for this person.
    """
    opened = cycles.opened_cycle(context.connection, cycle)
    if opened is None or not grades_seen(context, cycle).pay(Node(NodeKind.EMPLOYEE, employee)):
        raise NotThere
    items = tuple(_stated(paying.kept_runs(context.connection, cycle, employee=employee)))
    if not items:
        raise NotThere
    return Statement(cycle=cycle, employee=employee, items=items)


def _stated(runs: Iterable[KeptRun]) -> Iterator[StatedItem]:
    """The item of each run that has one, of one person's runs, with how it came about beside the run before."""
    last: PayRunMade | None = None
    for run in runs:
        of = beside(run.made, last)
        for item in run.made.items:
            yield StatedItem(run=run, item=item, how=derivation_of(item, of))
        last = run.made


def has_statement(context: RequestContext, cycle: int, employee: str) -> bool:
    """Whether there is a statement of somebody's pay that who asks may read. Queries: 2 at most."""
    if not grades_seen(context, cycle).pay(Node(NodeKind.EMPLOYEE, employee)):
        return False
    return paying.has_item(context.connection, cycle, employee)


class RunOrigin(NamedTuple):
    """What a run of a statement stands on.

    Attributes:
        paid_on: the day on which it was paid; None while nobody has agreed to one.
        lock: the round that was locked, whose results it pays.
        opens: the numbers of the decisions that who asks may open.
    """

    paid_on: dt.date | None
    lock: LockedRound | None
    opens: frozenset[int]


class StatementOrigin(NamedTuple):
    """Who pays, and what each run of a statement stands on, by the run's number."""

    agency: str
    runs: Mapping[int, RunOrigin]


_DECISIONS_MOST: Final = 1000


def _approved(context: RequestContext, cycle: int, kinds: frozenset[str]) -> list[Decision]:
    only = DecisionFilter(kinds=kinds, cycle=str(cycle), state=DecisionState.APPROVED)
    some = decisions.decisions_of(context.connection, only, visible=lambda _one: True, limit=_DECISIONS_MOST)
    return some[::-1]


def statement_origin(context: RequestContext, statement: Statement) -> StatementOrigin:
    """Who pays, and what the runs of a statement stand on. Queries: 3, and that of the organisation."""
    kinds = frozenset({cycles.STAGE.code, cycles.LOCK.code, cycles.PAY_RUN.code})
    some = _approved(context, statement.cycle, kinds)
    visible = decided.visible_to(context)
    opens = frozenset(one.id for one in some if visible(one))
    paid = _payments(some)
    locks = {one.round: one for one in cascade.locked_rounds(context.connection, statement.cycle)}
    root = context.directory.tree.root_on(context.today)
    return StatementOrigin(
        agency="" if root is None else node_named(context, Node(NodeKind.UNIT, root)),
        runs={
            one.run.made.number: RunOrigin(_paid_on(one.run, paid), locks.get(one.run.round), opens)
            for one in statement.items
        },
    )


def _paid_on(run: KeptRun, paid: Iterable[Decision]) -> dt.date | None:
    """The day of the first payment of its round that was agreed to after it."""
    days = (
        str(one.content["paid_on"])
        for one in paid
        if one.round == run.round and one.id > run.decision and "paid_on" in one.content
    )
    first = next(days, None)
    return None if first is None else dt.date.fromisoformat(first)


def paid_days(context: RequestContext, cycle: int, runs: Iterable[KeptRun]) -> Mapping[int, dt.date | None]:
    """The day on which each of some runs was paid, by its number; None while nobody has agreed to one. Queries: 1."""
    paid = _payments(_approved(context, cycle, frozenset({cycles.STAGE.code})))
    return {run.made.number: _paid_on(run, paid) for run in runs}


def _payments(some: Iterable[Decision]) -> list[Decision]:
    return [one for one in some if one.content.get("to") == Stage.PAID]


def decided_between(context: RequestContext, cycle: int, first: KeptRun, then: KeptRun) -> list[Decision]:
    """What was decided from one run to the next that makes its amounts others, as far as who asks may open it. Queries: 2."""
    kinds = frozenset({cycles.REOPEN.code, cycles.INSTITUTION.code, cycles.CLAWBACK.code})
    visible = decided.visible_to(context)
    some = _approved(context, cycle, kinds)
    return [one for one in some if first.decision < one.id < then.decision and visible(one)]


def statement_paper(
    context: RequestContext, statement: Statement, origin: StatementOrigin, *, name: str, clock: Clock
) -> Download:
    """A statement as a document, in the reader's language."""
    with writing(lambda: clock):
        markup = render_template(
            "papers/statement.html",
            statement=statement,
            origin=origin,
            name=name,
            language=page_language(),
            now=context.now,
        )
    return Download(
        content=as_pdf(markup),
        filename=f"statement-{statement.cycle}-{statement.employee}.pdf",
        media_type="application/pdf",
    )
