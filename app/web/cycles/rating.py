"""What pages and API do with lines that people rate: who gives a grade, and who is told what of the grades of others (contract-cycle, 5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app import cycle as cycles
from app import scoring
from app.cascade import Sheet
from app.cycle import OpenedCycle, RatedLine, WantedRating
from app.kit.refusals import NotThere
from app.rules.permissions import Deed
from app.rules.rating import GivenGrade, RaterSpread, RatingsTold, RatingSummary, rater_spreads
from app.rules.terms import Node
from app.web.asked.request_context import RequestContext

__all__ = [
    "given",
    "is_own",
    "is_told",
    "line_of",
    "missing",
    "own_case",
    "own_json",
    "own_lines",
    "rating_told",
    "ratings_told",
    "sees_all",
    "spreads",
    "spreads_of",
]


def sees_all(context: RequestContext) -> bool:
    """Whether who asks is told every grade, and whose it is: hr and auditors."""
    return context.allowed_of_everybody(Deed.SEE_GRADE)


def _opened(context: RequestContext, cycle: int) -> OpenedCycle:
    opened = cycles.opened_cycle(context.connection, cycle)
    if opened is None:
        raise NotThere
    return opened


def _line(context: RequestContext, opened: OpenedCycle, node: Node, kpi: str) -> RatedLine:
    loaded = scoring.state(context.connection)
    return cycles.rated_line(context.connection, loaded, opened, node, kpi, day=context.today)


def line_of(context: RequestContext, cycle: int, node: Node, kpi: str) -> tuple[OpenedCycle, RatedLine]:
    """A line that is rated, for whoever is told of it. Queries: 3."""
    opened = _opened(context, cycle)
    return opened, _line(context, opened, node, kpi)


def own_case(context: RequestContext, cycle: int) -> Callable[[Node], bool]:
    """A test for many nodes: whether who asks is rated there, or of the rated unit. Queries: those of :func:`app.scoring.state`, once."""
    plan = scoring.state(context.connection).plan(cycle)
    return lambda node: cycles.is_own_case(plan, context.viewer, node, day=context.today)


def is_own(context: RequestContext, cycle: int, node: Node) -> bool:
    """Whether who asks is rated there, or of the rated unit."""
    return own_case(context, cycle)(node)


def given(context: RequestContext, cycle: int, node: Node, kpi: str, wanted: WantedRating) -> dict[str, Any]:
    """Give a grade, or keep a draft of it, and tell the trail.

    Raises:
        NotThere: nobody has opened the cycle, there is no such line, or who asks neither rates it nor sees the scorecard.
        Invalid: there is no such grade.
        Conflict: by its codes.
    """
    opened = _opened(context, cycle)
    before = _line(context, opened, node, kpi)
    theirs = cycles.raters_for(context.viewer)
    if theirs.keys().isdisjoint(before.raters) and not context.sees(Deed.SEE_SCORECARD)(node):
        raise NotThere
    after = cycles.rate(context.connection, opened, node, kpi, wanted, by=context.viewer, now=context.now)
    if after.given == before.given:
        context.did_nothing = True
    else:
        told = {"cycle": cycle, "kpi": kpi, "grade": wanted.grade, "final": wanted.final}
        context.note(subject=str(node), after=told)
    return own_json(context, after)


def rating_told(context: RequestContext, cycle: int, node: Node, kpi: str) -> dict[str, Any]:
    """What who asks is told of the grades of a line: hr and auditors all, raters their own, the rated what they come to once they are notified.

    Raises:
        NotThere: nothing.
    """
    opened = _opened(context, cycle)
    line = _line(context, opened, node, kpi)
    if is_own(context, cycle, node):
        if not opened.is_told:
            raise NotThere
        return _of(line) | _summary_json(line.summary)
    if sees_all(context):
        asked = {"raters": list(line.raters), "appointed": line.is_appointed}
        return _of(line) | asked | {"ratings": [one.as_json() for one in line.given]} | _summary_json(line.summary)
    if not _mine(context, line):
        raise NotThere
    return own_json(context, line)


def _of(line: RatedLine) -> dict[str, Any]:
    return {"cycle": str(line.cycle), "node": str(line.node), "kpi": line.kpi}


def _mine(context: RequestContext, line: RatedLine) -> list[str]:
    """As which raters of a line who asks gives grades, or has given some."""
    return [one for one in cycles.raters_for(context.viewer) if one in line.raters or line.of(one) is not None]


def own_json(context: RequestContext, line: RatedLine) -> dict[str, Any]:
    """A line as its rater is told of it: their own grades alone."""
    mine = _mine(context, line)
    own = [one.as_json() for one in line.given if one.rater in mine]
    due = any(map(line.is_due, mine))
    return _of(line) | {"raters": mine, "appointed": line.is_appointed, "due": due, "ratings": own}


def _summary_json(summary: RatingSummary | None) -> dict[str, Any]:
    """How many grades, their mean in points, and from which to which: never whose."""
    if summary is None:
        return {"n": 0, "mean": None, "range": None}
    return {"n": summary.n, "mean": float(summary.mean), "range": [summary.lowest, summary.highest]}


def own_lines(context: RequestContext, cycle: int) -> list[RatedLine]:
    """The lines that who asks rates in a cycle, or in the place of somebody, without their own case. Queries: 3."""
    opened, loaded = _opened(context, cycle), scoring.state(context.connection)
    plan, raters = loaded.plan(cycle), cycles.raters_for(context.viewer)
    lines = cycles.rated_lines(context.connection, loaded, opened, raters=raters, day=context.today)
    return [one for one in lines if not cycles.is_own_case(plan, context.viewer, one.node, day=context.today)]


def missing(context: RequestContext, cycle: int) -> list[RatedLine]:
    """The lines of a cycle of which a final grade is missing, for hr and auditors. Queries: 3."""
    opened, loaded = _opened(context, cycle), scoring.state(context.connection)
    return cycles.unrated_lines(context.connection, loaded, opened, day=context.today)


def spreads(context: RequestContext, cycle: int) -> list[RaterSpread]:
    """Every rater of a cycle beside the others on the same lines, by the grades that it goes by. Queries: 1.

    Raises:
        NotThere: nobody has opened the cycle, or it is not for this person.
    """
    _opened(context, cycle)
    if not sees_all(context):
        raise NotThere
    return spreads_of(scoring.state(context.connection).plan(cycle).sheet, cycle)


def spreads_of(sheet: Sheet, cycle: int) -> list[RaterSpread]:
    """The same, of what a cycle goes by. No queries."""
    return rater_spreads(GivenGrade((one.node, one.kpi), one.rater, one.grade) for one in sheet.ratings_of(cycle))


def ratings_told(context: RequestContext, opened: OpenedCycle | None) -> RatingsTold:
    """How much a derivation says to who asks of the grades that it rests on; in a cycle that nobody opened all. No queries."""
    if opened is None:
        return RatingsTold.GRADES
    return RatingsTold.SUMMARY if opened.is_told or sees_all(context) else RatingsTold.NOTHING


def is_told(context: RequestContext, cycle: int, node: Node, kpi: str) -> bool:
    """Whether who asks is told anything of a line's grades. Queries: 3."""
    if context.person is None:
        return False
    try:
        rating_told(context, cycle, node, kpi)
    except NotThere:
        return False
    return True
