"""The results and the board of a cycle as tables: the rows that page and API show, with names and words in the reader's language."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from flask_babel import gettext

from app import scoring
from app.cycle import BoardRow, EmployeeResult, Review
from app.decisions import Decision
from app.exports import (
    ExportSheet,
    NamedMove,
    NamedResult,
    NamedReview,
    NamedStanding,
    board_export,
    results_export,
)
from app.rules.standings import published
from app.rules.terms import Node, NodeKind
from app.web.asked.request_context import RequestContext
from app.web.files.file_rules import with_rules
from app.web.results import reviewing
from app.web.results.reviewing import ResultsSeen
from app.web.wording import words
from app.web.wording.file_words import file_words
from app.web.wording.group_names import group_namer
from app.web.wording.naming import node_named, who_named

__all__ = ["board_sheet", "results_sheet"]


def results_sheet(
    context: RequestContext, shown: ResultsSeen, some: Sequence[EmployeeResult], *, unit_of: Callable[[str], str]
) -> ExportSheet:
    """What people came to as a table, with the rules that it came about by.

    Args:
        context: the request's, in a transaction.
        shown: what who asks sees of the cycle.
        some: the results; of whoever is left out there is no row.
        unit_of: what the unit that somebody is posted to is called.

    Queries: those of :func:`app.web.results.reviewing.decisions_about` and of :func:`app.web.files.file_rules.with_rules`.
    """
    plan, cycle = shown.results.plan, shown.results.opened.cycle
    about = reviewing.decisions_about(context, cycle, [one.row.employee for one in some])
    group_name = functools.cache(group_namer(plan.sheet.definitions.policies))
    row_of = _result_namer(context, shown, group_name, plan.frame.directory.day_of)
    rows = [row_of(one, about.get(one.row.employee, ()), unit_of(one.row.employee)) for one in some]
    return with_rules(context, results_export(file_words(), with_pay=shown.seen.pays).sheet(rows), plan)


def _result_namer(
    context: RequestContext,
    shown: ResultsSeen,
    group_name: Callable[[str], str],
    day_of: Callable[[dt.datetime], dt.date],
) -> Callable[[EmployeeResult, Iterable[Decision], str], NamedResult]:
    """What writes a result as a row: from what the API tells of it, so that nothing stands in a file that one may not see."""
    said = file_words()

    def named(one: EmployeeResult, about: Iterable[Decision], unit: str) -> NamedResult:
        told, row = reviewing.as_json(shown, one, about), one.row
        window = told["told"] or {}
        return NamedResult(
            employee=row.employee,
            name=node_named(context, row.node),
            unit=unit,
            state=gettext(words.BOARD_STATES[shown.state_of(one)]),
            final_score=None if row.final_score is None else published(row.final_score),
            told_score=None if one.told is None else one.told.score,
            told_grade=told["notified_grade"],
            proposed_grade=told["proposed_grade"],
            move=_move(told["move"]),
            grade=told["grade"],
            is_held=told["held"],
            reason=said.term("grade_reason", told["reason"]),
            group=group_name(row.group) if row.group else None,
            rank=told["rank"],
            group_size=told["group_size"],
            band=None if one.band is None else gettext(words.RANK_THIRDS[one.band]),
            days=told["days"],
            pay=told.get("pay"),
            told_on=_day(window.get("at"), day_of),
            window_until=_day(window.get("window_until"), day_of),
            review=_review(context, one.review, day_of) if "review" in told else None,
            decisions=tuple(told.get("decisions", ())),
            objections=tuple(told.get("objections", ())),
        )

    return named


def _move(move: dict[str, Any] | None) -> NamedMove | None:
    return None if move is None else NamedMove(move["from"], move["to"], move["lapsed"], move["reason"])


def _review(
    context: RequestContext, review: Review | None, day_of: Callable[[dt.datetime], dt.date]
) -> NamedReview | None:
    if review is None:
        return None
    return NamedReview(who_named(context, review.person), day_of(review.at), review.agrees, review.text, review.answer)


def _day(written: str | None, day_of: Callable[[dt.datetime], dt.date]) -> dt.date | None:
    """The day of what the API writes as a day or an instant, by the clock of the root unit."""
    if written is None:
        return None
    return dt.date.fromisoformat(written) if "T" not in written else day_of(dt.datetime.fromisoformat(written))


def board_sheet(context: RequestContext, cycle: int, rows: Iterable[BoardRow]) -> ExportSheet:
    """Where people stand as a table, with the rules of the cycle; an instant is the day that it is by the clock of the root unit.

    Queries: those of :func:`app.web.files.file_rules.with_rules`.
    """
    plan = scoring.state(context.connection).plan(cycle)

    def unit(employee: str) -> str:
        posted = plan.posting_of(employee, context.today)
        return "" if posted is None else node_named(context, Node(NodeKind.UNIT, posted[0].unit))

    named = [
        NamedStanding(
            employee=row.employee,
            name=node_named(context, Node(NodeKind.EMPLOYEE, row.employee)),
            unit=unit(row.employee),
            state=gettext(words.BOARD_STATES[row.state]),
            who=tuple(who_named(context, one) for one in row.who),
            who_numbers=row.who,
            since=plan.frame.directory.day_of(row.since) if isinstance(row.since, dt.datetime) else row.since,
            due_on=row.due_on,
        )
        for row in rows
    ]
    return with_rules(context, board_export(file_words()).sheet(named), plan)
