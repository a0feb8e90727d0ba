"""What a cycle is judged by, for whoever is: the policies and KPIs as they were published, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from babel.dates import get_month_names
from flask_babel import gettext

from app import cascade, scoring
from app import cycle as cycles
from app.kit.refusals import NotThere
from app.plain.findings import n_
from app.rules.objections import PAY_DAYS
from app.rules.permissions import Deed
from app.rules.policies import policies_document
from app.rules.terms import Node, NodeKind
from app.web.answer.rendering import Page
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.changes.definition_forms import ShownInput, shown_inputs
from app.web.wording.definition_words import CHOICES
from app.web.wording.languages import page_language
from app.web.wording.words import CALENDAR_DATES, COUNTS_FROM, METHODS

pages: Final = Pages("criteria")

_OF_NO_JUDGEMENT: Final = ("feeds", "areas")
_NAMES: Final = "groups.names"
"""Policies that nobody is judged by: when a file waits for HR, and what things are called."""

_PERCENT: Final = n_("%(value)s %%")
_MONTHS: Final = n_("%(value)s months")
_POINTS: Final = n_("%(value)s points")
_DAYS: Final = n_("%(value)s days")
_TIMES: Final = n_("%(value)s times")
_ONE: Final = "1"
_OF_ONE: Final[Mapping[str, str]] = {
    _MONTHS: n_("%(value)s month"),
    _POINTS: n_("%(value)s point"),
    _DAYS: n_("%(value)s day"),
    _TIMES: n_("%(value)s time"),
}
"""The same of a figure that is one."""
_MEASURED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("unit", "own", "share", "rate", "performance_share"), _PERCENT),
    **dict.fromkeys(
        ("top_share_min", "lowest_two_share_min", "single_share_max", "lowest_rate_max", "institution_rates.value"),
        _PERCENT,
    ),
    **dict.fromkeys(("demotion", "suspension", "pay_cut", "reprimand", "grave"), _MONTHS),
    **dict.fromkeys(("career_per_year", "career_max", "bonus_max", "unique_weight_max"), _POINTS),
    "minimum_days": _DAYS,
    "pool": n_("%(value)s won"),
    "top_to_second_lowest_min": _TIMES,
}
"""What a policy's figure is measured in, by its member's name: a figure that is read by whoever is judged never stands bare."""
_FIRST_MONTH: Final = "first_month"


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
        inputs=[_in_words(_without_names(one)) for one in inputs],
        dates=_dates(context, cycle),
        policies=sheet.definitions.policies,
        pay_days=PAY_DAYS,
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


def _in_words(one: ShownInput) -> ShownInput:
    """A policy with what its figures are measured in, and the month by its name."""
    # A row's cells have their place in their names.
    parts = [part for part in one.name.split(".") if not part.isdecimal()]
    message = _MEASURED.get(".".join(parts[-2:])) or _MEASURED.get(parts[-1])
    value = one.value
    if value and parts[-1] == _FIRST_MONTH:
        value = get_month_names("wide", "stand-alone", locale=page_language())[int(value)]
    elif value and message is not None:
        said = _OF_ONE.get(message, message) if value == _ONE else message
        value = str(gettext(said, value=value))
    return replace(
        one,
        value=value,
        members=tuple(map(_in_words, one.members)),
        rows=tuple(tuple(map(_in_words, row)) for row in one.rows),
    )


def _dates(context: RequestContext, cycle: int) -> list[tuple[str, dt.date]]:
    """The dates of the cycle's calendar that are given, each with what it is for. Queries: 1."""
    opened = cycles.opened_cycle(context.connection, cycle)
    return [] if opened is None else [(CALENDAR_DATES[name], day) for name, day in opened.calendar.items()]
