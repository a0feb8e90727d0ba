"""Who stands in for whom: one's own, given and taken, and for hr everybody's; with the form for another."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Annotated, Final

from flask import url_for
from pydantic import BaseModel, ConfigDict, Field

from app import access
from app.access import Delegation
from app.kit.refusals import Invalid
from app.organisation import Directory
from app.plain.findings import Place, n_
from app.rules.deciding import REASON_LENGTH_MAX
from app.rules.permissions import Deed
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.forms import FormDay
from app.web.asked.request_context import RequestContext
from app.web.asked.sent_once import FormId, made_once
from app.web.changes.account_person import employee_meant
from app.web.cycles import delegating
from app.web.wording.languages import day_text
from app.web.wording.words import FUNCTIONS

pages: Final = Pages("delegations")

SHOWN: Final = 100


class DelegationsQuery(BaseModel):
    """Which page of the list."""

    model_config = ConfigDict(frozen=True)

    before: Annotated[int | None, Field(ge=1, lt=2**63)] = None


class StandInForm(BaseModel):
    """Who stands in for whom, in what, when, and why."""

    model_config = ConfigDict(frozen=True)

    giver: Annotated[str, Field(alias="from", max_length=200)] = ""
    taker: Annotated[str, Field(alias="to", max_length=200)]
    functions: tuple[str, ...] = ()
    from_day: FormDay
    to_day: FormDay
    reason: Annotated[str, Field(min_length=10, max_length=REASON_LENGTH_MAX)]
    form_id: FormId = ""


@pages.read("/delegations", may=Deed.SEE_DECISIONS)
def listed(context: RequestContext, query: DelegationsQuery) -> Page:
    """Whom one stands in for today, all that was said, and the form. Queries: constant."""
    some = delegating.listed(context, limit=SHOWN + 1, before=query.before)
    shown = some[:SHOWN]
    viewer = context.viewer
    return Page(
        "pages/delegations.html",
        delegations=shown,
        following=shown[-1].id if len(some) > SHOWN else None,
        query=query,
        people=context.directory.employees,
        functions=FUNCTIONS,
        for_all=delegating.says_for_all(context),
        may_say=delegating.says_for_all(context)
        or (viewer.employee is not None and delegating.is_theirs(context, viewer.employee)),
        state_of=lambda one: _state(one, context.today),
        offers=url_for("log_activity.colleagues") if context.allowed(Deed.LOG_ACTIVITY) else "",
    )


def _state(one: Delegation, today: dt.date) -> tuple[str, str]:
    """What a delegation is today, and how its badge looks."""
    if one.ended_on is not None:
        return n_("ended"), ""
    if today > one.to_day:
        return n_("over"), ""
    return (n_("to come"), "caution") if today < one.from_day else (n_("in force"), "good")


@pages.act("/delegations", may=Deed.DELEGATE, again="listed")
def delegate(context: RequestContext, form: StandInForm) -> Redirect:
    """Let somebody stand in: for oneself, or, said by hr, for anybody."""
    directory = context.directory
    giver = _meant(directory, form.giver, "from") if form.giver else context.viewer.employee or ""
    taker = _meant(directory, form.taker, "to")

    def make() -> int:
        return delegating.delegated(
            context,
            giver=giver,
            taker=taker,
            functions=form.functions,
            from_day=form.from_day,
            to_day=form.to_day,
            reason=form.reason,
        ).id

    def stands(number: int) -> bool:
        present = access.delegation(context.connection, number)
        return present is not None and present.ended_on is None

    made_once(context, form.form_id, form, make, stands=stands)
    people = directory.employees
    return Redirect(
        n_("%(taker)s stands in for %(giver)s from %(day)s on."),
        then="delegations",
        parameters={"taker": people[taker].name, "giver": people[giver].name, "day": day_text(form.from_day)},
    )


def _meant(directory: Directory, typed: str, field: str) -> str:
    """The number of the employee whom the text of a field means."""
    try:
        return employee_meant(directory, typed) or ""
    except Invalid as wrong:
        place = Place(field=field, pointer=f"/{field}")
        raise Invalid(*(replace(one, place=place) for one in wrong.findings)) from wrong


@pages.act("/delegations/<int:number>/end", may=Deed.DELEGATE, again="listed")
def end(context: RequestContext, number: int) -> Redirect:
    """End it from today on."""
    delegating.ended(context, number)
    return Redirect(n_("It holds no more."), then="delegations")
