"""What stands in the way of certifying a cycle: first what nobody may accept, then what HR may, with a reason (contract-cycle, 3)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection

from app import ledger, scoring
from app.cycle.agreement.agreed_cards import agreed_cards, unsigned_nodes
from app.cycle.close.notifiable import of_open_decisions
from app.cycle.close.reconciled import totals_agree
from app.cycle.grading.grades import propose_employee_grades
from app.cycle.opened import opened_cycle
from app.cycle.year.line_deciding import void_exclusions
from app.plain.findings import n_
from app.rules.measures import Aggregate
from app.rules.stages import Blocker, Stage
from app.rules.terms import Node, NodeKind
from app.scoring import CyclePlan, ScoredLine, State

__all__ = ["before_certified"]

_OVER: Final = frozenset({Stage.LOCKED, Stage.PAID})


def before_certified(connection: Connection, loaded: State, plan: CyclePlan, day: dt.date) -> Iterable[Blocker]:
    """Of `certified`. Queries: 17 at most, and those of the proposal of grades where somebody has not signed."""
    yield from _of_the_ledger(connection, loaded)
    yield from _of_scorecards(connection, loaded, plan, day)
    yield from of_open_decisions(connection, plan.cycle)
    void = void_exclusions(plan)
    if void:
        message = n_(
            "Years are left out that are no outliers any more (%(count)s): ask for those decisions to be lifted."
        )
        items = tuple(map(str, void))
        yield Blocker(code="exclusion_void", message=message, parameters={"count": len(items)}, items=items)
    before = opened_cycle(connection, plan.cycle - 1)
    if before is not None and before.stage not in _OVER:
        message = n_("The cycle before, %(cycle)s, is not locked yet: take it to its end first.")
        yield Blocker(code="cycle_before", message=message, parameters={"cycle": before.cycle})
    yield from _of_entries(connection, loaded, plan, day)


def _of_the_ledger(connection: Connection, loaded: State) -> Iterable[Blocker]:
    """Totals that are not what the events come to."""
    if not totals_agree(connection, loaded.frame):
        message = n_("Stored totals differ from the ledger: ask an administrator to look at them.")
        yield Blocker(code="reconcile", message=message)


def _of_scorecards(connection: Connection, loaded: State, plan: CyclePlan, day: dt.date) -> Iterable[Blocker]:
    """Scorecards of people who are graded, and of units, that are neither agreed nor imposed."""
    unsigned = unsigned_nodes(plan, agreed_cards(connection, loaded, plan.cycle), day=day)
    if not unsigned:
        return
    proposed = propose_employee_grades(connection, cycle=plan.cycle, today=day, loaded=loaded).proposal
    graded = {row.employee for row in proposed.rows if row.reason is None}
    items = tuple(str(node) for node in unsigned if node.kind is NodeKind.UNIT or node.code in graded)
    if items:
        message = n_(
            "Scorecards are neither agreed nor imposed (%(count)s): ask for the signatures that are missing, or impose the lines."
        )
        yield Blocker(code="unsigned", message=message, parameters={"count": len(items)}, items=items)


def _of_entries(connection: Connection, loaded: State, plan: CyclePlan, day: dt.date) -> Iterable[Blocker]:
    """What has come in and does not count as it might, or has not come."""
    yield from _soft(
        "unverified",
        n_("Entries wait to be verified (%(count)s): ask for that, or accept for a reason that they do not count."),
        ledger.unverified_in(connection, plan.frame, cycle=plan.cycle),
    )
    missing = tuple(
        str(one.node)
        for one in plan.worked
        if one.version.measure.aggregate == Aggregate.RATING
        and one.entered is None
        and one.row.node == one.node
        and not _needs_no_grade(one)
    )
    if missing:
        message = n_("Lines are not rated yet (%(count)s): ask for the grades, or accept it for a reason.")
        parameters = {"count": len(missing)}
        yield Blocker(code="rating_missing", message=message, parameters=parameters, items=missing, hard=False)
    rejected = ledger.rejects_to_mend(connection)
    if rejected is not None:
        message = n_(
            "Events were rejected and nobody has mended them (%(count)s): send them again, or accept it for a reason."
        )
        parameters = {"count": rejected.number}
        yield Blocker(code="rejected_events", message=message, parameters=parameters, hard=False, of=rejected.number)
    alerts = Counter(one.employee for one in ledger.open_alerts(connection, plan.frame, cycle=plan.cycle))
    yield from _soft(
        "open_alert",
        n_(
            "Entries count that somebody should look at (%(count)s): look at them, or accept for a reason that they stand."
        ),
        dict(sorted(alerts.items())),
    )
    yield from _soft(
        "unconfirmed",
        n_("Entries wait to be confirmed (%(count)s): ask for that, or accept for a reason that they do not count."),
        ledger.unconfirmed_in(connection, plan.frame, cycle=plan.cycle),
    )
    stale = {
        str(one.node): 1
        for one in scoring.figures_to_report(connection, loaded, cycle=plan.cycle, day=day, reports=lambda _node: True)
        if one.is_owed
    }
    if stale:
        message = n_(
            "Figures were not reported as often as they are due (%(count)s): ask for them, or accept it for a reason."
        )
        parameters = {"count": len(stale)}
        yield Blocker(
            code="stale_given", message=message, parameters=parameters, items=tuple(sorted(stale)), hard=False
        )


def _needs_no_grade(line: ScoredLine) -> bool:
    """Whether it was decided that a line is not measured, what its grade is, or that it scores 0 whatever it is graded."""
    decided = line.decided
    return decided is not None and bool(decided.zero or decided.drop or decided.override("actual"))


def _soft(code: str, message: str, entries: Mapping[str, int]) -> Iterable[Blocker]:
    """Of entries by whose they are: the people are named, the entries counted."""
    if entries:
        count = sum(entries.values())
        items = tuple(str(Node(NodeKind.EMPLOYEE, number)) for number in entries)
        yield Blocker(code=code, message=message, parameters={"count": count}, items=items, hard=False, of=count)
