"""Certifying a cycle: a cut after which its figures stand (contract-cycle, 3 and 6).

The cut is of one moment while it is proposed, at which nobody records and nothing is loaded, and approving approves that cut: what comes between the two
neither undoes it nor counts. What people decide from then on goes over it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection

from app import decisions, ledger, organisation, scoring
from app.cycle.close.blocking import blockers_of
from app.cycle.close.reconciled import compare_totals
from app.cycle.close.recorded import records_sum
from app.cycle.close.staging import as_accepted, read_accepting, refuse_in_the_way
from app.cycle.cutting import refuse_being_certified
from app.cycle.grading.results import CycleResults, results_of
from app.cycle.opened import NotNow, OpenedCycle, begin_decided, opened_cycle, year_named
from app.decisions import Decision, DecisionKind, Read
from app.kit.database import one_moment
from app.kit.refusals import Busy
from app.plain.findings import n_
from app.rules.deciding import DecisionEffect
from app.rules.stages import Stage
from app.rules.terms import CycleFunction, Role
from app.scoring import Cut, DecisionsSum, ScoreQuery, State

__all__ = ["certify_kind", "decisions_sum"]


@contextmanager
def _moment(connection: Connection) -> Iterator[Connection]:
    """What is proposed is of one moment, at which nobody records or loads: recorders go on once it is seen, loads and whoever decides once it is written.

    Raises:
        Busy: a load came between the two.
    """
    with one_moment(connection, ledger.shut_out_recorders) as seen:
        # Not before: a load takes the ledger's lock and then this one.
        organisation.lock_revision(connection)
        if organisation.current_revision(connection) != organisation.current_revision(seen):
            raise Busy
        yield seen


def _read(connection: Connection, content: Mapping[str, Any], cycle: str | None, today: dt.date) -> Read:
    loaded, opened = read_accepting(connection, content, cycle, today)
    _refuse_early(loaded, opened, today)
    refuse_being_certified(connection, opened.cycle)
    refuse_in_the_way(connection, loaded, opened.cycle, Stage.CERTIFIED, content, day=today)
    return Read(as_accepted(content), round=opened.round)


_NOT_OVER: Final = n_("The cycle is not over, its last day is %(last)s: wait until %(day)s.")


def _refuse_early(loaded: State, opened: OpenedCycle, today: dt.date) -> None:
    """Go on only where the cycle runs, and its last day is over.

    Raises:
        NotNow: it does not, or it is not.
    """
    end = loaded.plan(opened.cycle).period.to
    if opened.stage is not Stage.RUNNING or end is None:
        raise NotNow
    if today < end:
        raise NotNow(message=_NOT_OVER, parameters={"last": end - dt.timedelta(days=1), "day": end})


def _effects(
    connection: Connection, _content: Mapping[str, Any], cycle: str | None, today: dt.date
) -> Iterable[DecisionEffect]:
    """The final score and the proposed grade of everybody who is listed, by the cut; by what is live while none is made yet.

    Queries: those of scoring the cycle, and where this machine has no database of the cut those of making it.
    """
    told = _read_effects(connection, cycle, today).told
    return (DecisionEffect(node, member, None, value) for (node, member), value in told.items())


def _read_effects(connection: Connection, cycle: str | None, today: dt.date) -> CycleResults:
    year = year_named(cycle)
    cut = scoring.open_cut(connection, year)
    loaded = scoring.state(connection) if cut is None else _at(connection, cut)
    return results_of(connection, loaded, ScoreQuery(year, today))


def _at(connection: Connection, cut: Cut) -> State:
    return scoring.state_at(connection, cut, organisation.current_revision(connection))


def decisions_sum(connection: Connection, cycle: int, *, before: int) -> DecisionsSum:
    """What is recorded of a cycle's decisions with smaller numbers. Queries: 3."""
    return DecisionsSum(
        decisions.approved_count(connection, cycle=str(cycle), before=before),
        decisions.recorded_sum(connection, cycle=str(cycle), before=before),
    )


def _apply(connection: Connection, decision: Decision) -> None:
    hand = decision.done_by
    organisation.lock_revision(connection)
    cut = scoring.cut_of(connection, decision.id)
    opened = opened_cycle(connection, decision.cycle_year)
    if opened is None or cut is None or opened.stage is not Stage.RUNNING:
        raise NotNow
    loaded = _at(connection, cut)
    results = results_of(connection, loaded, ScoreQuery(cut.cycle, loaded.frame.directory.day_of(hand.at)))
    begin_decided(connection, decision, Stage.CERTIFIED, round_=opened.round)
    scoring.keep_certified(connection, cut, round_=opened.round, at=hand.at, results_sha256=results.sha256)
    ledger.record_change(connection, at=hand.at, owners=ledger.owners_text(everyone=True))


def certify_kind(files_of: Callable[[Connection], Mapping[str, str]]) -> DecisionKind:
    """The kind `certify`: by hr, and a certifier of the cycle.

    Args:
        files_of: the sums of the folder's files as they stand.
    """

    def keep(connection: Connection, decision: Decision, seen: Connection) -> None:
        cycle = decision.cycle_year
        scoring.keep_cut(
            connection,
            decision=decision.id,
            cycle=cycle,
            at=decision.maker.at,
            last_event=ledger.last_event(seen),
            decisions=decisions_sum(connection, cycle, before=decision.id),
            records_sha256=records_sum(connection, cycle, before=decision.id),
            files=files_of(connection),
        )
        scoring.seal_soon(connection, decision.id)

    def prepare(connection: Connection, cycle: str | None, today: dt.date) -> None:
        """Have all of it at hand that is kept: what is asked again under the locks is then what has come since, and that is little."""
        opened = opened_cycle(connection, year_named(cycle))
        if opened is None:
            return
        results = _read_effects(connection, cycle, today)
        loaded = scoring.state(connection)
        if scoring.open_cut(connection, year_named(cycle)) is not None:
            # Kept for the approval, which lets others wait.
            _ = results.sha256
        else:
            files_of(connection)
            scoring.rows_at_hand(connection)
            if opened.stage is Stage.RUNNING:
                compare_totals(connection, loaded.frame)
            blockers_of(connection, loaded, year_named(cycle), Stage.CERTIFIED, day=today)

    return DecisionKind(
        code="certify",
        makers=frozenset({Role.HR}),
        checkers=frozenset({CycleFunction.CERTIFIER}),
        seen_by=frozenset({Role.AUDITOR, CycleFunction.APPROVER}),
        read=_read,
        effects=_effects,
        apply=_apply,
        proposed=keep,
        prepare=prepare,
        signed_effects=True,
        moment=_moment,
        of_cycle=True,
    )
