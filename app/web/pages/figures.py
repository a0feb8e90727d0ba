"""Figures that are given: what is due of one's line, what is entered, and the form to enter one.

Do not write a figure in place of another: the later one goes before it, and both stay in the ledger.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from app import intake, ledger, scoring
from app.intake import LoggedActivity
from app.kit.refusals import Invalid, NotThere, at_field
from app.plain.findings import Finding, n_
from app.rules.activities import TYPE_PREFIX, EventKey
from app.rules.own_events import pages_source
from app.rules.permissions import Deed
from app.rules.rhythm import ReportState
from app.rules.terms import Node
from app.scoring import ToReport
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.changes import changing
from app.web.decisions.asking import ScoreParameters, asked_of
from app.web.entry.entry_form import FORM_ID, at_the_form, is_to_come, local_today, page_of, time_of_day
from app.web.lists.list_order import Order, by_words, in_order, page_shown
from app.web.wording import words
from app.web.wording.languages import named, page_language
from app.web.wording.typed_numbers import read_number, unconfirmed

pages: Final = Pages("figures")

ROWS: Final = 100

REPORTED: Final = n_("Saved. The figure stands in the ledger and waits for a second person to verify it.")
TO_COME: Final = n_("This day is still to come: choose the day that the figure is of.")
REPORTED_BEFORE: Final = n_("This form was saved already; nothing was recorded twice.")


class FiguresQuery(ScoreParameters):
    """Which cycle, which page of rows, and which figure is entered."""

    page: int = Field(default=1, ge=1, le=10_000)
    sort: Literal["", "kpi", "name", "state", "due", "value", "day", "by"] = ""
    """Without a word what waits for the reader first, then what is owed longest."""
    order: Order = "up"
    node: str = Field(default="", max_length=60)
    kpi: str = Field(default="", max_length=60)


class FigureForm(BaseModel):
    """A figure as it is typed."""

    model_config = ConfigDict(frozen=True)

    form_id: str = Field(pattern=rf"^{FORM_ID}$")
    node: str = Field(max_length=60)
    kpi: str = Field(max_length=60)
    cycle: int
    value: str = Field(max_length=60)
    value_read: str = Field(default="", max_length=60)
    without_script: str = ""
    day: dt.date
    note: str = Field(default="", max_length=500)


@pages.read("/figures", may=Deed.REPORT_FIGURE)
def figures(context: RequestContext, query: FiguresQuery) -> Page:
    """What is due, entered, waiting and stale, what is owed longest first; and the form of one of them."""
    loaded = scoring.state(context.connection)
    context.use(loaded.frame.directory)
    cycle = asked_of(context, loaded, query).cycle
    rows = scoring.figures_to_report(
        context.connection,
        loaded,
        cycle=cycle,
        day=context.today,
        reports=scoring.reports_of(context.directory, viewer=context.viewer, day=context.today),
    )
    me = context.viewer.employee
    # Whatever Home says waits for this person stands first.
    rows = tuple(sorted(rows, key=lambda row: not row.is_owed_by(me)))
    shown = page_shown(in_order(rows, _columns(context).get(query.sort), order=query.order), query.page, size=ROWS)
    node, kpi = str(context.typed.value("node", query.node)), str(context.typed.value("kpi", query.kpi))
    return Page(
        "pages/figures.html",
        rows=shown.rows,
        shown=shown,
        parameters={"cycle": cycle, **query.model_dump(exclude_defaults=True, include={"sort", "order"})},
        total=len(rows),
        counts={state: sum(row.state is state for row in rows) for state in ReportState},
        entering=next((row for row in rows if (str(row.node), row.kpi) == (node, kpi)), None),
        cycle=cycle,
        cycles=sorted(loaded.sheet.cycles, reverse=True),
        query=query,
        today=local_today(context, context.viewer.employee),
        form_id=str(context.typed.value("form_id", "") or uuid4()),
        people=context.directory.employees,
        words=words,
        sees_files=context.allowed(Deed.SEE_FILES),
        keeps=changing.keeps(context),
    )


def _columns(context: RequestContext) -> Mapping[str, Callable[[ToReport], Any]]:
    """What the list is sorted by; who has no figure yet, or no day, stands last."""
    people, language = context.directory.employees, page_language()
    return {
        "kpi": by_words(lambda row: row.kpi_name.in_language(language)),
        "name": by_words(lambda row: named(row.name)),
        "state": lambda row: list(ReportState).index(row.state),
        "due": lambda row: row.due,
        "value": lambda row: row.latest and row.latest.value,
        "day": lambda row: row.latest and row.latest.day,
        "by": by_words(lambda row: people[row.latest.employee].name if row.latest else ""),
    }


@pages.act("/figures", may=Deed.REPORT_FIGURE, again="figures")
def report(context: RequestContext, form: FigureForm) -> Redirect:
    """Record it in one's own name; whether it is one's to report the ledger's door decides."""
    loaded = intake.state_to_record_in(context.connection)
    context.use(loaded.frame.directory)
    me, node = context.viewer.employee, Node.parse(form.node)
    if (
        me is None
        or node is None
        or not scoring.reports_of(context.directory, viewer=context.viewer, day=context.today)(node)
        or form.kpi not in loaded.frame.given
    ):
        raise NotThere
    value = read_number(form.value, field="value")
    if isinstance(value, Finding):
        raise Invalid(value)
    question = unconfirmed(
        form.value, value, field="value", confirmed=form.value_read, has_script=not form.without_script
    )
    if question is not None:
        raise Invalid(question)
    if is_to_come(context, form.day, employee=me):
        raise Invalid(at_field("day", "to_come", TO_COME))

    def event(time: str | None) -> dict[str, object]:
        data = {"employee": me, "node": form.node, "kpi": form.kpi, "cycle": f"{form.cycle:04}", "value": f"{value:f}"}
        return {
            "specversion": "1.0",
            "type": f"{TYPE_PREFIX}figure",
            "source": pages_source(me),
            "id": form.form_id,
            "time": time_of_day(context, me, form.day, before=time),
            "data": data | ({"note": form.note.strip()} if form.note.strip() else {}),
        }

    with at_the_form():
        logged: LoggedActivity = intake.log_own(
            context.connection, loaded.frame, employee=me, event=event, page=page_of(context, form.form_id)
        )
    then = {"cycle": form.cycle}
    if logged.is_repeat:
        context.did_nothing = True
        return Redirect(REPORTED_BEFORE, then="figures", values=then)
    key = ledger.event_key(EventKey(pages_source(me), form.form_id))
    context.note(subject=f"activity:{key}", after=logged.event)
    return Redirect(REPORTED, then="figures", values=then)
