"""The lines that a person rates in an opened cycle, one of them with its form, and for hr how far raters are apart (contract-cycle, 5).

Do not show a rater what others have given: whoever knows it gives the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, NamedTuple

from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app import cycle as cycles
from app import scoring
from app.cascade import GivenRating
from app.cycle import RatedLine, WantedRating
from app.kit.refusals import NotThere
from app.plain.findings import n_
from app.rules.deciding import REASON_LENGTH_MAX
from app.rules.measures import GRADE_POINTS
from app.rules.permissions import Deed
from app.rules.rating import farthest_first
from app.rules.terms import Node
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.cycles import rating
from app.web.decisions import decided
from app.web.wording.languages import page_language
from app.web.wording.naming import distinct_name, kpi_namer, person_named

pages: Final = Pages("ratings")

_Reason = Annotated[str, Field(min_length=10, max_length=REASON_LENGTH_MAX)]


class RatingForm(BaseModel):
    """A grade, why, and whether it is final; a draft may lack its grade."""

    model_config = ConfigDict(frozen=True)

    grade: Annotated[str, Field(max_length=2)] = ""
    text: Annotated[str, Field(max_length=4000)] = ""
    final: bool = False


class RatersForm(BaseModel):
    """Who is to rate the line, and why."""

    model_config = ConfigDict(frozen=True)

    raters: tuple[Annotated[str, Field(max_length=40)], ...] = ()
    reason: _Reason


class ReopeningForm(BaseModel):
    """Whose grade is to be a draft again, and why."""

    model_config = ConfigDict(frozen=True)

    rater: Annotated[str, Field(max_length=40)]
    reason: Annotated[str, Field(max_length=REASON_LENGTH_MAX)] = ""
    """As the decision's member is called; the page has two forms with one, and calls this one's by a name of its own."""
    reopen_reason: _Reason

    @model_validator(mode="before")
    @classmethod
    def _by_either_name(cls, typed: Any) -> Any:
        return {"reopen_reason": typed["reason"], **typed} if "reason" in typed else typed


class RatedShown(NamedTuple):
    """A line in the list of those that somebody rates."""

    line: RatedLine
    name: str
    kpi_name: str
    own: GivenRating | None
    """What they have said of it last."""
    is_due: bool


def _rater(context: RequestContext, rater: str) -> str:
    """A rater by name; hr is called so, and of the folder's the code is all that is known."""
    if rater == cycles.BY_HR:
        return str(gettext(n_("HR")))
    return person_named(context, rater)


def _shown(context: RequestContext, lines: Sequence[RatedLine]) -> list[RatedShown]:
    raters, kpi_name = cycles.raters_for(context.viewer), kpi_namer(context)

    def shown(line: RatedLine) -> RatedShown:
        own = [one for one in map(line.of, raters) if one is not None]
        is_due = any(line.is_due(one) for one in raters)
        name = distinct_name(context, line.node)
        return RatedShown(line, name, kpi_name(line.cycle, line.kpi), own[-1] if own else None, is_due)

    return [shown(one) for one in lines]


MISSING_MOST: Final = 100
"""So many lines that lack a grade are listed."""
RATERS_MOST: Final = 50
"""So many raters are listed, those first who are the farthest from others on the same lines."""


@pages.read("/cycles/<int:cycle>/ratings", may=Deed.SEE_RATINGS)
def ratings(context: RequestContext, cycle: int) -> Page:
    """The lines that one rates, those that are due first; for hr and auditors what is missing, and raters beside each other. Queries: constant.

    Raises:
        NotThere: nobody has opened the cycle, or one rates nothing in it and is not told of others' grades.
    """
    lines, sees_all = rating.own_lines(context, cycle), rating.sees_all(context)
    if not lines and not sees_all:
        raise NotThere
    shown = sorted(_shown(context, lines), key=lambda one: not one.is_due)
    missing = rating.missing(context, cycle) if sees_all else []
    return Page(
        "pages/ratings.html",
        cycle=cycle,
        lines=shown,
        due=sum(one.is_due for one in shown),
        sees_all=sees_all,
        missing=_shown(context, missing[:MISSING_MOST]),
        missing_in_all=len(missing),
        # Of a line of one's own nothing is told.
        is_own=rating.own_case(context, cycle),
        spreads=farthest_first(rating.spreads(context, cycle)) if sees_all else [],
        raters_most=RATERS_MOST,
        rater=lambda code: _rater(context, code),
    )


@pages.read("/cycles/<int:cycle>/ratings/<node:node>/<kpi>", may=Deed.SEE_RATINGS)
def line(context: RequestContext, cycle: int, node: Node, kpi: str) -> Page:
    """One line that is rated: the KPI beside the form of who rates it, or what who looks is told of its grades. Queries: constant.

    Raises:
        NotThere: there is no such line, or nothing is told of it.
    """
    told = rating.rating_told(context, cycle, node, kpi)
    opened, rated = rating.line_of(context, cycle, node, kpi)
    loaded = scoring.state(context.connection)
    plan = loaded.plan(cycle)
    version = plan.sheet.definitions.kpis[kpi].version(cycle)
    is_own = rating.is_own(context, cycle, node)
    theirs = [one for one in cycles.raters_for(context.viewer) if one in rated.raters and not is_own]
    own = [one for one in map(rated.of, theirs) if one is not None]
    return Page(
        "pages/rating.html",
        cycle=cycle,
        node=node,
        kpi=kpi,
        name=distinct_name(context, node),
        kpi_name=version.name.in_language(page_language()),
        unit=version.unit.in_language(page_language()),
        weight=next((one.row.weight for one in plan.lines[node] if one.row.kpi == kpi), None),
        points=GRADE_POINTS,
        outcome=told,
        mine=own[-1] if own else None,
        rates=bool(theirs) and opened.stage in cycles.RATED_IN,
        may_write=any(map(rated.is_due, theirs)),
        sees_all=rating.sees_all(context) and not is_own,
        may_propose=decided.may_propose(context, cycles.RATERS, cycle=str(cycle))
        and opened.stage in cycles.RATED_IN
        and not is_own,
        rated=rated,
        rater=lambda code: _rater(context, code),
        is_published=cycle in loaded.sheet.pinned,
    )


@pages.act("/cycles/<int:cycle>/ratings/<node:node>/<kpi>", may=Deed.RATE, again="line")
def rate(context: RequestContext, cycle: int, node: Node, kpi: str, form: RatingForm) -> Redirect:
    """Keep a draft, or give a grade for good."""
    rating.given(context, cycle, node, kpi, WantedRating(form.grade, form.text, form.final))
    if form.final:
        message = n_("The grade is given: it counts from now on.")
        return Redirect(message, then="ratings.ratings", values={"cycle": cycle})
    return Redirect(
        n_("The draft is kept: it counts nowhere until it is final."),
        then="ratings.line",
        values={"cycle": cycle, "node": node, "kpi": kpi},
    )


@pages.act("/cycles/<int:cycle>/ratings/<node:node>/<kpi>/raters", may=Deed.DECIDE, again="line")
def propose_raters(context: RequestContext, cycle: int, node: Node, kpi: str, form: RatersForm) -> Redirect:
    """Propose who rates the line."""
    rating.rating_told(context, cycle, node, kpi)
    content = {"node": str(node), "kpi": kpi, "raters": [one.strip() for one in form.raters if one.strip()]}
    made = decided.proposed_by_form(
        context, cycles.RATERS, content, form.reason, cycle=str(cycle), fields={"content/raters": "raters"}
    )
    return Redirect(
        n_("Proposed: an approver of the cycle has to agree."), then="decisions.one", values={"number": made.id}
    )


@pages.act("/cycles/<int:cycle>/ratings/<node:node>/<kpi>/reopening", may=Deed.DECIDE, again="line")
def propose_reopening(context: RequestContext, cycle: int, node: Node, kpi: str, form: ReopeningForm) -> Redirect:
    """Propose that a final grade is a draft again."""
    rating.rating_told(context, cycle, node, kpi)
    content = {"node": str(node), "kpi": kpi, "rater": form.rater}
    fields = {"content/rater": "rater", "reason": "reopen_reason"}
    made = decided.proposed_by_form(
        context, cycles.REOPEN_RATING, content, form.reopen_reason, cycle=str(cycle), fields=fields
    )
    return Redirect(
        n_("Proposed: an approver of the cycle has to agree."), then="decisions.one", values={"number": made.id}
    )
