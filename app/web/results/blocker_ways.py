"""Where whoever reads what stands in the way of a stage goes on from it: to the people, entries and pages that it means (contract-cycle, 3).

Only ways that are open to who reads are told: what is in the way is the same for all, what one may look at is not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from flask import url_for
from flask_babel import gettext

from app import scoring
from app.plain.findings import n_
from app.rules.measures import Aggregate
from app.rules.permissions import Deed
from app.rules.stages import ITEMS_SHOWN, Blocker
from app.rules.terms import CycleFunction, Node
from app.scoring import CyclePlan, node_name
from app.web.asked.grades_seen import grades_seen
from app.web.asked.request_context import RequestContext
from app.web.cycles import rating
from app.web.results import paying, reviewing
from app.web.wording.languages import named

__all__ = ["BlockerWays", "Way", "ways_of"]


class Way(NamedTuple):
    """Where something is, and what it is called; an empty address is none that one may see."""

    name: str
    href: str = ""


class BlockerWays(NamedTuple):
    """The first of those that a blocker is about, how many there are more, and where all of it is."""

    items: tuple[Way, ...]
    others: int
    all_of_it: Way | None


_Item = Callable[[RequestContext, CyclePlan, Node], str]


def ways_of(context: RequestContext, cycle: int, blocker: Blocker, *, titles: Mapping[int, str]) -> BlockerWays:
    """Where the people and things are that a blocker means.

    Args:
        context: of who reads.
        cycle: whose stage it is in the way of.
        blocker: what is in the way, as far as who reads may see it.
        titles: of decisions that wait, as far as who reads may see them, by number.

    Queries: none.
    """
    plan = scoring.state(context.connection).plan(cycle)
    named_of_it = blocker.items[:ITEMS_SHOWN]
    items = tuple(_item(context, plan, blocker.code, text, titles) for text in named_of_it)
    others = blocker.count - len(items) if items else 0
    return BlockerWays(items, others, _all_of_it(context, cycle, blocker.code))


def _item(context: RequestContext, plan: CyclePlan, code: str, text: str, titles: Mapping[int, str]) -> Way:
    kind, _, number = text.partition(":")
    if kind == "decision" and number.isdecimal():
        title = titles.get(int(number)) or gettext(n_("Decision %(name)s"), name=number)
        # One that is none of theirs is counted and leads nowhere.
        return Way(title, url_for("decisions.one", number=int(number)) if int(number) in titles else "")
    if kind == "objection" and number.isdecimal():
        called = gettext(n_("Objection %(number)s"), number=number)
        return Way(
            called,
            url_for("objections.one", cycle=plan.cycle, number=int(number))
            if _sees_docket(context, plan.cycle)
            else "",
        )
    node = Node.parse(text)
    if node is None:
        return Way(text)
    name = named(node_name(context.directory, node, context.today))
    return Way(name, _ITEMS.get(code, _scorecard)(context, plan, node))


def _sees_docket(context: RequestContext, cycle: int) -> bool:
    """Whether all objections of a cycle are for who reads."""
    approves = CycleFunction.APPROVER in context.viewer.authorities(cycle)
    return approves or context.allowed_of_everybody(Deed.SEE_GRADE)


def _scorecard(_context: RequestContext, plan: CyclePlan, node: Node) -> str:
    return url_for("scorecard.scorecard", node=node, cycle=plan.cycle)


def _agreement(_context: RequestContext, plan: CyclePlan, node: Node) -> str:
    return url_for("cycle_scorecard.scorecard", cycle=plan.cycle, node=node)


def _result(context: RequestContext, plan: CyclePlan, node: Node) -> str:
    """What somebody came to, for whoever finds it there."""
    seen = grades_seen(context, plan.cycle)
    if seen.is_own(node) or not (seen.everybody or seen.leads(node)):
        return _scorecard(context, plan, node)
    return url_for("results.one", cycle=plan.cycle, employee=node.code)


def _entries_in(state: str) -> _Item:
    def entries(context: RequestContext, plan: CyclePlan, node: Node) -> str:
        """Somebody's entries of the cycle that are in a state."""
        if not context.allowed(Deed.SEE_ACTIVITIES, node):
            return _scorecard(context, plan, node)
        first, end = plan.period.from_, plan.period.to
        days: dict[str, Any] = {
            "from": None if first is None else first.isoformat(),
            "to": None if end is None else (end - dt.timedelta(days=1)).isoformat(),
        }
        return url_for("activities.activities", node=node, state=state, **days)

    return entries


def _rating(context: RequestContext, plan: CyclePlan, node: Node) -> str:
    """The first of a node's lines that has no grade yet."""
    waits = [
        worked.row.kpi
        for line in plan.lines.get(node, ())
        if (worked := plan.worked[line.worked]).version.measure.aggregate == Aggregate.RATING and worked.entered is None
    ]
    if not waits or not rating.sees_all(context):
        return _scorecard(context, plan, node)
    return url_for("ratings.line", cycle=plan.cycle, node=node, kpi=waits[0])


def _figures(context: RequestContext, plan: CyclePlan, node: Node) -> str:
    """Where what is given of a node is reported."""
    if not context.allowed(Deed.REPORT_FIGURE, node):
        return _scorecard(context, plan, node)
    return url_for("figures.figures", cycle=plan.cycle, node=node)


def _exclusion(_context: RequestContext, plan: CyclePlan, node: Node) -> str:
    """The decision that leaves a year out of a node's line."""
    decided = plan.sheet.decided.get(plan.cycle, {})
    some = [one.excluded.id for (of, _), one in decided.items() if of == node and one.excluded is not None]
    return url_for("decisions.one", number=some[-1]) if some else ""


_ITEMS: Final[Mapping[str, _Item]] = {
    "unsigned": _agreement,
    "review_missing": _result,
    "untold": _result,
    "window_open": _result,
    "review_disagrees": _result,
    "lapsed_move": _result,
    "unverified": _entries_in("entered"),
    "unconfirmed": _entries_in("verified"),
    "rating_missing": _rating,
    "stale_given": _figures,
    "exclusion_void": _exclusion,
}
"""Where whoever a blocker names is looked at; by other codes on their scorecard."""


def _all_of_it(context: RequestContext, cycle: int, code: str) -> Way | None:
    """The page of all that a blocker means."""
    if code == "unsigned":
        return Way(gettext(n_("Missing signatures, part by part")), url_for("unsigned.unsigned", cycle=cycle))
    if code == "no_approver":
        return Way(gettext(n_("Functions of this cycle")), "#functions")
    if code == "cycle_before":
        return Way(gettext(n_("Cycle %(cycle)s"), cycle=cycle - 1), url_for("cycles.one", cycle=cycle - 1))
    if code == "rating_missing" and rating.sees_all(context):
        return Way(gettext(n_("Ratings")), url_for("ratings.ratings", cycle=cycle))
    if code == "objection_open" and _sees_docket(context, cycle):
        return Way(gettext(n_("Objections")), url_for("objections.listed", cycle=cycle))
    if code in {"not_exported", "run_open"} and paying.sees_runs(context, cycle):
        return Way(gettext(n_("Pay")), url_for("pay.listed", cycle=cycle))
    if code == "window_open" and context.allowed(Deed.RUN_CYCLE):
        return Way(gettext(n_("Told by hand")), url_for("told.listed", cycle=cycle))
    if code in _REVIEWS and reviewing.lists_results(context, cycle):
        return Way(gettext(n_("Results")), url_for("results.listed", cycle=cycle, state=_REVIEWS[code]))
    if code == "lapsed_move" and grades_seen(context, cycle).lists:
        return Way(gettext(n_("Calibration")), url_for("calibration.calibration", cycle=cycle))
    deed, name, endpoint = _PAGES.get(code.partition(":")[0], (None, "", ""))
    return Way(gettext(name), url_for(endpoint)) if deed is not None and context.allowed(deed) else None


_REVIEWS: Final[Mapping[str, str]] = {"review_missing": "to_review", "review_disagrees": "review_disagrees"}
"""In which state those are whom a blocker is about."""

_PAGES: Final[Mapping[str, tuple[Deed, str, str]]] = {
    "rejected_events": (Deed.SEE_REJECTED, n_("Rejected events"), "rejected.rejected"),
    "reconcile": (Deed.SEE_JOBS, n_("Scheduled work"), "jobs.jobs"),
    "stale_given": (Deed.REPORT_FIGURE, n_("Figures to report"), "figures.figures"),
    "unverified": (Deed.VERIFY, n_("Verify"), "verification.verification"),
    "open_decision": (Deed.SEE_DECISIONS, n_("Decisions"), "decisions.listed"),
    "rules": (Deed.SEE_FILES, n_("Policies"), "policies.policies"),
}
"""By code, without what follows a colon: who may see the page, what it is called, and its endpoint."""
