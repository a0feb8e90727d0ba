"""Whether what a cycle was locked with still is what it comes to by its cut and all that was decided before the lock (contract-cycle, 8)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal

from sqlalchemy import Connection

from app import cascade, decisions, organisation, scoring
from app.cascade import LockedRound
from app.cycle.close.locking import figures_to_lock
from app.cycle.close.verifying import UNREADABLE, Verified, read_lines, signature_lines, unreadable, verified_by
from app.cycle.grading.results import RULES_VERSION, result_differences, results_of
from app.rules.deciding import DecisionState
from app.scoring import Certified, CutAnew, EventNotTaken, ScoreQuery

__all__ = ["verify_locked"]


def verify_locked(connection: Connection, certified: Certified, locked: LockedRound, *, now: dt.datetime) -> Verified:
    """The certificate, then the lock: its signatures, the text of its results, and these worked out again.

    Args:
        connection: a reading transaction of the live database.
        certified: the cut that the round goes by.
        locked: the round.
        now: the present instant, which no figure hangs on.

    Queries: those of :func:`app.cycle.verify`, of scoring the cycle once more, and 8.
    """
    certified = certified.before(locked.before)
    with scoring.cut_anew(connection, certified.cut) as anew:
        differences = [*verified_by(connection, certified, anew, now=now).differences]
        differences += read_lines(locked.cycle, "decisions", lambda: _of_signatures(connection, locked))
        try:
            computed, more = _computed(connection, certified, locked, anew, now)
        except (EventNotTaken, *UNREADABLE) as error:
            return Verified("", (*differences, unreadable(locked.cycle, "locked results", error)))
    differences += more
    if not differences and computed != locked.results_sha256:
        differences.append(f"cycle:{locked.cycle} results: {locked.results_sha256} → {computed}")
    return Verified(computed, tuple(dict.fromkeys(differences)))


def _of_signatures(connection: Connection, locked: LockedRound) -> Iterator[str]:
    """That two people signed the lock, and that every decision about the cycle that was agreed to still is what was signed."""
    yield from signature_lines(connection, locked.decision)
    for one in decisions.decisions_before(connection, cycle=str(locked.cycle), before=locked.before):
        if one.state is DecisionState.APPROVED and one.checker is not None and one.id != locked.decision:
            yield from signature_lines(connection, one.id)


def _computed(
    connection: Connection, certified: Certified, locked: LockedRound, anew: CutAnew, now: dt.datetime
) -> tuple[str, list[str]]:
    """The sum over what the cycle comes to, and what differs of what was locked."""
    text = cascade.locked_text(connection, locked)
    if text is None:
        return "", [f"cycle:{locked.cycle} results: {locked.results_sha256} → missing"]
    if locked.rules_version != RULES_VERSION:
        return "", [f"cycle:{locked.cycle} rules_version: {locked.rules_version} → {RULES_VERSION}"]
    differences: list[str] = []
    stored_sum = cascade.text_sha256(text)
    if stored_sum != locked.results_sha256:
        differences.append(f"cycle:{locked.cycle} results: {locked.results_sha256} → {stored_sum}")
    cut, revision = certified.cut, organisation.current_revision(connection)
    loaded = scoring.state_of_source(connection, anew.with_added(), revision, cut=cut.decision, before=locked.before)
    results = results_of(connection, loaded, ScoreQuery(cut.cycle, loaded.frame.directory.day_of(now)))
    computed, figures = results.sha256, figures_to_lock(results, loaded.plan(cut.cycle))
    if results.text != text:
        differences += result_differences(json.loads(text), results.document)
    stored = cascade.read_locked(connection, before=locked.decision + 1).get(locked.cycle, cascade.NO_FIGURES)
    for number in sorted(stored.results.keys() | figures.results.keys()):
        if stored.results.get(number) != figures.results.get(number):
            differences.append(
                f"employee:{number} result for later cycles: {_row(stored, number)} → {_row(figures, number)}"
            )
    for node, kpi in sorted(stored.actuals.keys() | figures.actuals.keys(), key=str):
        one, other = stored.actuals.get((node, kpi)), figures.actuals.get((node, kpi))
        if one != other:
            differences.append(f"{node} {kpi} for later cycles: {_said(one)} → {_said(other)}")
    return computed, differences


def _row(figures: cascade.LockedFigures, number: str) -> str:
    one = figures.results.get(number)
    return "none" if one is None else f"{_said(one.final_score)} {one.grade or 'none'}"


def _said(value: Decimal | None) -> str:
    return "none" if value is None else f"{value:f}"
