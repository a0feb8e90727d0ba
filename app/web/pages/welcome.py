"""The first visit in five steps, on one's own pages and figures; it can be taken again at any time.

Do not lead anybody through a page of its own: each step is the page that is used afterwards, with one line above it (``first_visit``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from app import access, scoring
from app.kit.refusals import NotThere
from app.rules.permissions import Deed
from app.rules.terms import Node, NodeKind
from app.scoring import Progress, ScoreQuery, State
from app.web.answer.first_visit import COOKIE, VisitStep, Whose, cookie_of, steps_for
from app.web.answer.navigation import items_for
from app.web.answer.rendering import Page
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.decisions.asking import ScoreParameters, asked_by, chosen_unit

pages: Final = Pages("welcome")


@dataclass(frozen=True, slots=True)
class _Visit:
    """A person's steps, and whose figures they show; None where there is no scorecard to show."""

    steps: tuple[VisitStep, ...]
    node: Node | None
    asked: ScoreQuery | None


@pages.read("/welcome", may=Deed.OPEN_HOME)
def welcome(context: RequestContext) -> Page:
    """The five steps, each with where it leads and, of scores, with the person's own figures."""
    loaded = scoring.state(context.connection)
    visit = _visit(context, loaded)
    progress = _progress(context, loaded, visit)
    return Page("pages/welcome.html", steps=visit.steps, progress=progress, people=len(context.directory.employees))


@pages.read("/welcome/<int:number>", may=Deed.OPEN_HOME)
def step(context: RequestContext, number: int) -> Response:
    """Lead to a step's page, and remember the step.

    Raises:
        NotThere: there is no such step.
    """
    loaded = scoring.state(context.connection)
    visit = _visit(context, loaded)
    if not 1 <= number <= len(visit.steps):
        raise NotThere
    response = redirect(_address(context, loaded, visit, visit.steps[number - 1]), 303)
    mark = cookie_of(context.viewer.account_id, number)
    response.set_cookie(COOKIE, mark, httponly=True, samesite="Lax", secure=request.is_secure)
    return response


@pages.act("/welcome/end", may=Deed.OPEN_HOME, again="welcome")
def end(context: RequestContext) -> Response:
    """The visit was made, or declined: the first page offers it no more."""
    access.note_first_visit(context.connection, account_id=context.viewer.account_id, at=context.now)
    response = redirect(url_for(context.pages["home"]), 303)
    response.delete_cookie(COOKIE)
    return response


def _visit(context: RequestContext, loaded: State) -> _Visit:
    way = steps_for({item.page for item in items_for(context)})
    if way is None:
        raise NotThere
    whose, steps = way
    try:
        asked = asked_by(context, loaded, ScoreParameters())
        node = _node(context, whose)
    except NotThere:
        return _Visit(steps, None, None)
    shown = node is not None and bool(loaded.plan(asked.cycle).lines.get(node))
    return _Visit(steps, node if shown and context.allowed(Deed.SEE_SCORECARD, node) else None, asked)


def _node(context: RequestContext, whose: Whose) -> Node | None:
    if whose == "own":
        return Node(NodeKind.EMPLOYEE, context.viewer.employee) if context.viewer.employee is not None else None
    if whose == "unit":
        return chosen_unit(context, "", may=Deed.SEE_SCORECARD)
    root = context.directory.tree.root_on(context.today)
    return Node(NodeKind.UNIT, root) if root is not None else None


def _progress(context: RequestContext, loaded: State, visit: _Visit) -> Progress | None:
    if visit.node is None or visit.asked is None:
        return None
    return scoring.progress(context.connection, loaded=loaded, node=visit.node, asked=visit.asked, since=None)


def _address(context: RequestContext, loaded: State, visit: _Visit, chosen: VisitStep) -> str:
    """A step's page; of a scorecard that there is not yet the way's first page."""
    if chosen.page in {"derivation", "lifting"}:
        if visit.node is None or visit.asked is None:
            return url_for(context.pages[visit.steps[0].page])
        if chosen.page == "lifting":
            return url_for("lifting.lifting", node=visit.node)
        line = loaded.plan(visit.asked.cycle).lines[visit.node][0]
        return url_for("derivation.derivation", node=visit.node, kpi=line.row.kpi)
    return url_for(context.pages[chosen.page])
