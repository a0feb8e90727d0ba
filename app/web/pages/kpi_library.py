"""The library of KPIs that comes with the application: what an agency measures of it is taken into a change set, with the goals that it serves.

Do not load the library by itself: it is a proposal, and what is taken of it is looked at, submitted and agreed to as anything else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from app import intake
from app.intake import DefinitionsSeen, PutDocument
from app.kit.refusals import Invalid, at_field
from app.plain.findings import Level, n_
from app.rules.definitions import Definitions, Goal, Kpi
from app.rules.kpis import kpi_document
from app.rules.permissions import Deed
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.changes import changing
from app.web.changes.change_basket import (
    Basket,
    BasketForm,
    BasketLook,
    IntoSet,
    basket,
    into_basket,
    look,
    not_kept_here,
    typed_so_far,
)
from app.web.wording import words

pages: Final = Pages("kpi_library")

NONE_CHOSEN: Final = n_("No KPI is chosen: choose those that the agency measures.")


class LibraryQuery(BaseModel):
    """Into which set."""

    model_config = ConfigDict(frozen=True)

    into: IntoSet = None


class LibraryForm(BasketForm):
    """Which KPIs are taken."""

    kpi: tuple[Annotated[str, Field(max_length=60)], ...] = ()


@pages.read("/kpis/_library", may=Deed.SEE_FILES)
def library(context: RequestContext, query: LibraryQuery) -> Page:
    """What the library has and the definitions have not, by goal: all of it ticked."""
    changing.writer(context)
    chosen = basket(context, query.into)
    return _page(context, chosen, None)


@pages.act("/kpis/_library", may=Deed.KEEP_CHANGES, again="library", transaction=False)
def take(context: RequestContext, form: LibraryForm) -> Page | Redirect:
    """Put the chosen KPIs into a change set, once what they do was shown."""
    with context.read():
        changing.writer(context)
        chosen = basket(context, form.into)
        seen = intake.see_definitions(context.connection, chosen.changed)
        offered = _offered(context, seen)
        taken = [one for one in offered.kpis.values() if one.code in set(form.kpi)]
        if not taken:
            raise Invalid(at_field("kpi", "none", NONE_CHOSEN))
        goals = _with_goals(seen, offered, {version.goal for one in taken for version in one.versions})
        puts: list[PutDocument] = [seen.with_document("goals", {"goals": goals})]
        puts += [seen.with_kpi(kpi_document(one)) for one in taken]
        looked = look(context, chosen, puts)
        if form.seen != looked.mark:
            context.typed = typed_so_far(LibraryForm, "/kpis/_library")
            return _page(context, chosen, looked, ticked=form.kpi)
    return into_basket(context, form, puts, chosen)


def _page(
    context: RequestContext, chosen: Basket, looked: BasketLook | None, ticked: Collection[str] | None = None
) -> Page:
    seen = intake.see_definitions(context.connection, chosen.changed)
    offered = _offered(context, seen)
    return Page(
        "pages/kpi_library.html",
        basket=chosen,
        looked=looked,
        goals=_by_goal(offered),
        ticked=set(offered.kpis if ticked is None else ticked),
        elsewhere=not_kept_here(context, ["definitions"]),
        words=words,
    )


def _offered(context: RequestContext, seen: DefinitionsSeen) -> Definitions:
    """The library without the KPIs that are there already; nothing of one with errors."""
    definitions, findings = intake.read_definitions(context.settings.kpi_definitions)
    if any(one.level is Level.ERROR for one in findings):
        return Definitions()
    known = seen.definitions.kpis
    offered = {code: one for code, one in definitions.kpis.items() if code not in known}
    return Definitions(goals=definitions.goals, kpis=offered, policies=definitions.policies)


def _by_goal(offered: Definitions) -> list[tuple[Goal, list[Kpi]]]:
    """Each goal with those of the KPIs that serve it; goals without one are left out."""
    by_goal = []
    for goal in offered.goals:
        tasks = {task.code for task in goal.tasks}
        serving = [one for one in offered.kpis.values() if one.versions[-1].goal in tasks]
        if serving:
            by_goal.append((goal, serving))
    return by_goal


def _with_goals(seen: DefinitionsSeen, offered: Definitions, tasks: Collection[str]) -> list[dict[str, Any]]:
    """The goals that are there, and those of the library that the tasks are of, with these tasks alone."""
    goals = [dict(one) for one in seen.goals().get("goals", ())]
    there = {str(task.get("code")) for goal in goals for task in goal.get("tasks", ())}
    for goal in _goal_contents(offered):
        wanted = [task for task in goal["tasks"] if task["code"] in tasks and task["code"] not in there]
        if not wanted:
            continue
        same = next((one for one in goals if one.get("code") == goal["code"]), None)
        if same is None:
            goals.append({**goal, "tasks": wanted})
        else:
            same["tasks"] = [*same.get("tasks", ()), *wanted]
    return goals


def _goal_contents(offered: Definitions) -> list[Mapping[str, Any]]:
    document: Mapping[str, Any] = offered.to_documents()["goals"]
    return list(document["goals"])
