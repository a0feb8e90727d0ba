"""Which pages a person is led to: one list, each entry with the deed that it takes.

Do not hide a link instead of declaring the route's deed. This list hides nothing: it only spares people links
that would lead them nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.access import Viewer
from app.plain.findings import n_
from app.rules.permissions import FUNCTION_DEEDS, SIGNED_IN_DEEDS, Deed, Relation, functions_open, relations_that_allow
from app.web.asked.request_context import RequestContext

__all__ = ["ITEMS", "LED_FROM", "Item", "entry_of", "items_for"]


@dataclass(frozen=True, slots=True)
class Item:
    """One link: the page's name, what it is called, and the deed and relation that make it worth following."""

    page: str
    label: str
    deed: Deed
    relation: Relation


ITEMS: Final = (
    # The beginning, then what few are led to: it is their role's work. What everybody has follows; a phone's bar has room for five.
    Item("home", n_("Home"), Deed.OPEN_HOME, Relation.ANY),
    Item("accounts", n_("Accounts"), Deed.KEEP_ACCOUNTS, Relation.ANY),
    Item("keys", n_("Keys and hooks"), Deed.KEEP_KEYS, Relation.ANY),
    Item("ledger", n_("Ledger"), Deed.SEE_LEDGER, Relation.ANY),
    Item("trail", n_("Trail"), Deed.SEE_TRAIL, Relation.ANY),
    Item("agency", n_("Agency"), Deed.SEE_AGENCY, Relation.ANY),
    Item("people", n_("People"), Deed.SEE_PEOPLE_SCORES, Relation.ANY),
    Item("grades", n_("Grades"), Deed.SEE_GRADE, Relation.ANY),
    Item("verification", n_("To verify"), Deed.VERIFY, Relation.UNHEADED),
    Item("targets", n_("Targets"), Deed.SET_TARGETS, Relation.UNHEADED),
    Item("goals", n_("Goals"), Deed.SEE_GOALS, Relation.ANY),
    Item("figures", n_("Figures to report"), Deed.REPORT_FIGURE, Relation.ANY),
    Item("targets", n_("Targets"), Deed.SEE_TARGETS, Relation.ANY),
    Item("organisation", n_("Organisation"), Deed.SEE_FILES, Relation.ANY),
    Item("decisions", n_("Decisions"), Deed.SEE_FILES, Relation.ANY),
    Item("kpis", n_("KPIs"), Deed.SEE_FILES, Relation.ANY),
    Item("scorecard_edit", n_("Weights"), Deed.RUN_CYCLE, Relation.ANY),
    Item("policies", n_("Policies"), Deed.SEE_FILES, Relation.ANY),
    Item("changes", n_("Change sets"), Deed.SEE_FILES, Relation.ANY),
    Item("cycles", n_("Evaluation cycles"), Deed.SEE_CYCLES, Relation.ANY),
    Item("folder_files", n_("Agency folder"), Deed.SEE_FILES, Relation.ANY),
    Item("rejected", n_("Rejected events"), Deed.SEE_REJECTED, Relation.ANY),
    Item("jobs", n_("Scheduled work"), Deed.SEE_JOBS, Relation.ANY),
    Item("deliveries", n_("Mails"), Deed.KEEP_DELIVERIES, Relation.ANY),
    Item("decisions", n_("Decisions"), Deed.KEEP_ACCOUNTS, Relation.ANY),
    Item("my_scorecard", n_("My scorecard"), Deed.SEE_SCORECARD, Relation.OWN),
    Item("log_activity", n_("Log an activity"), Deed.LOG_ACTIVITY, Relation.OWN),
    Item("office", n_("My office"), Deed.SEE_PEOPLE_SCORES, Relation.LINE),
    Item("verification", n_("To verify"), Deed.VERIFY, Relation.LINE),
    Item("activities", n_("My activities"), Deed.REVERSE_ACTIVITY, Relation.OWN),
    Item("targets", n_("Targets"), Deed.SET_TARGETS, Relation.LINE),
    Item("figures", n_("Figures to report"), Deed.REPORT_FIGURE, Relation.LINE),
    Item("goals", n_("Goals"), Deed.SEE_GOALS, Relation.ABOVE),
    Item("my_result", n_("My result"), Deed.SEE_OWN_RESULT, Relation.OWN),
    Item("cycles", n_("Evaluation cycles"), Deed.SEE_CYCLES, Relation.LINE),
)
"""In the order in which they are shown; a page that does not exist is left out."""


LED_FROM: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "after_close",
            "pay",
            "allocation",
            "board",
            "calibration",
            "criteria",
            "check_ins",
            "cycle_scorecard",
            "lab",
            "line_decision",
            "objections",
            "ratings",
            "told",
            "results",
            "unsigned",
        ),
        "cycles",
    ),
    **dict.fromkeys(("evaluation_groups", "organisation_units", "transfer"), "organisation"),
    "kpi_library": "kpis",
    "scorecard_lines": "scorecard_edit",
    "people_map": "people",
    "bonus": "grades",
    "promotion": "grades",
}
"""Pages without an entry of their own, by the one that leads to them: it says where one is."""


def entry_of(page: str) -> str:
    """The entry that a page belongs to: its own, or the one that it is reached from."""
    return LED_FROM.get(page, page)


def items_for(context: RequestContext) -> list[Item]:
    """The links of the person who asks.

    Queries: 1 where the account has the role head, or a function in some cycle (the organisation's revision).
    """
    viewer = context.person
    if viewer is None:
        return []
    shown: dict[str, Item] = {}
    # What a function in some cycle opens comes last for a head: their own entries and their office's do not give way to it on a phone's bar.
    by_function: dict[str, Item] = {} if viewer.functions and _heads_something(context) else shown
    for item in ITEMS:
        if item.page not in context.pages:
            continue
        if _leads(context, viewer, item):
            shown.setdefault(item.page, item)
        elif _opened_by_function(viewer, item):
            by_function.setdefault(item.page, item)
    items = [*shown.values(), *(item for page, item in by_function.items() if page not in shown)]
    # Home alone leads nowhere.
    return items if len(items) > 1 else []


def _leads(context: RequestContext, viewer: Viewer, item: Item) -> bool:
    """Whether the person's roles, or whom they stand in for, make the entry worth following."""
    if item.deed is Deed.VERIFY and viewer.stands_in_for("verify"):
        return bool(context.allowed(item.deed))
    if not _relates(viewer, item):
        return False
    if item.relation is Relation.LINE:
        return _heads_something(context)
    return item.relation not in {Relation.OWN, Relation.ABOVE} or viewer.employee is not None


def _relates(viewer: Viewer, item: Item) -> bool:
    """Whether the person's roles allow it by that relation; what everybody may do is for whoever has a role."""
    if item.deed in SIGNED_IN_DEEDS:
        return bool(viewer.roles)
    return item.relation in relations_that_allow(viewer.roles, item.deed)


def _opened_by_function(viewer: Viewer, item: Item) -> bool:
    """Whether the person has a function in some cycle that opens it there."""
    if item.deed in FUNCTION_DEEDS:
        return bool(viewer.functions)
    return item.relation is Relation.ANY and any(item.deed in functions_open(one.function) for one in viewer.functions)


def _heads_something(context: RequestContext) -> bool:
    viewer = context.viewer
    return viewer.employee is not None and bool(context.directory.units_headed_by(viewer.employee, context.today))
