"""What a cycle is judged by, for whoever is: the policies and KPIs as they were published, in the reader's language."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from app import cascade, scoring
from app.kit.refusals import NotThere
from app.rules.permissions import Deed
from app.rules.policies import policies_document
from app.rules.terms import Node, NodeKind
from app.web.definition_forms import ShownInput, shown_inputs
from app.web.definition_words import CHOICES
from app.web.languages import page_language
from app.web.rendering import Page
from app.web.request_context import RequestContext
from app.web.routing import Pages
from app.web.words import COUNTS_FROM, METHODS

pages: Final = Pages("criteria")

_OF_NO_JUDGEMENT: Final = ("feeds", "areas")
_NAMES: Final = "groups.names"
"""Policies that nobody is judged by: when a file waits for HR, and what things are called."""


@pages.read("/criteria/<int:cycle>", may=Deed.SEE_CRITERIA)
def criteria(context: RequestContext, cycle: int) -> Page:
    """The criteria of a published cycle. Queries: constant.

    Raises:
        NotThere: nothing is published for it.
    """
    editions = cascade.publications(context.connection, cycle)
    if not editions or editions[-1].ended_at is not None:
        raise NotThere
    loaded = scoring.state(context.connection)
    sheet = loaded.sheet.of_cycle(cycle)
    language = page_language()
    kpis = [
        (kpi, version, version.name.in_language(language), version.unit.in_language(language))
        for kpi in sheet.definitions.kpis.values()
        for version in (kpi.version(cycle),)
    ]
    me = None if context.viewer.employee is None else Node(NodeKind.EMPLOYEE, context.viewer.employee)
    own = () if me is None else loaded.plan(cycle).lines.get(me, ())
    inputs = shown_inputs(
        "policies", policies_document(sheet.definitions.policies, whole=True), context.typed, without=_OF_NO_JUDGEMENT
    )
    return Page(
        "pages/criteria.html",
        cycle=cycle,
        edition=editions[-1],
        earlier=tuple(reversed(editions[:-1])),
        inputs=[_without_names(one) for one in inputs],
        me=me,
        own={one.row.kpi for one in own},
        task=sheet.definitions.task,
        kpis=sorted(kpis, key=lambda one: one[2]),
        methods=METHODS,
        counts_from=COUNTS_FROM,
        better=CHOICES["direction"],
    )


def _without_names(one: ShownInput) -> ShownInput:
    """A policy without what things are called in it."""
    return replace(one, members=tuple(inner for inner in one.members if inner.name != _NAMES))
