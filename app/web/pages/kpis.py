"""Goals, tasks and KPIs as hr keeps them: one table and one map of who has what with which weight, and the forms that change them by a change set.

Do not look for figures here: how KPIs stand is on the page of goals. This one says what they are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from app import intake, scoring
from app.exports import holders_export
from app.intake import DefinitionsSeen, PutDocument
from app.kit.refusals import Invalid, NotThere, at_field
from app.plain.findings import Finding, n_
from app.rules.definitions import Definitions, Goal, Kpi, KpiVersion
from app.rules.documents import dotted
from app.rules.examples import WorkedExample, worked_examples
from app.rules.kpi_editing import VersionContent, edited_kpi, versions_in
from app.rules.permissions import Deed
from app.rules.schema_forms import FormDocument
from app.rules.terms import Node, NodeKind
from app.scoring import HOLDER_SORTS, HolderFilter, KpiBridge, ScoreQuery, State
from app.web.answer.downloads import ReasonedExport, reasoned_file
from app.web.answer.rendering import Download, Json, Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.limits import Lane
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
    refuse_another_begin,
    typed_so_far,
)
from app.web.changes.definition_forms import ShownInput, at_fields, shown_inputs, typed_document
from app.web.decisions.asking import ScoreParameters, asked_of
from app.web.wording import words
from app.web.wording.definition_words import CHOICES
from app.web.wording.file_words import file_words
from app.web.wording.languages import finding_text, kpi_name, page_language
from app.web.wording.typed_numbers import exact_figure

pages: Final = Pages("kpis")

PAGE_ROWS: Final = 100
HOLDERS_SHOWN: Final = 20
BRIDGED_SHOWN: Final = 50
NEW: Final = "new"
FIRST: Final = "first"

Code = Annotated[str, Field(max_length=40)]

TAKEN: Final = n_(
    "There is a version from this cycle on already: change that one, or begin this one with another cycle."
)
NO_CYCLE: Final = n_("This is no cycle: write the year that it begins in, such as %(example)s.")
DOES_NOT_HOLD: Final = n_(
    "By this definition the score is %(score)s: write that, or mend the definition or the figures."
)
NO_SCORE: Final = n_("By this definition there is no score: give the past years or the target that it needs.")


class KpisQuery(BaseModel):
    """What narrows and sorts the table, and how much of it is a row."""

    model_config = ConfigDict(frozen=True)

    cycle: int | None = None
    perspective: Literal["", "financial", "customer", "process", "learning"] = ""
    goal: Code = ""
    kpi: Code = ""
    unit: Code = ""
    level: Literal["", "unit", "employee", "agency", "division", "regional_hq", "office", "team"] = ""
    text: Annotated[str, Field(max_length=100)] = ""
    by: Literal["kpi", "line", "map"] = "kpi"
    sort: Literal["goal", "kpi", "node", "weight", "count"] = "goal"
    order: Literal["up", "down"] = "up"
    page: Annotated[int, Field(ge=1, le=100_000)] = 1

    def only(self) -> HolderFilter:
        """What is looked at."""
        return HolderFilter(
            perspective=self.perspective,
            goal=self.goal,
            kpi=self.kpi,
            unit=self.unit,
            level=self.level,
            text=self.text,
            sort=self.sort,
            descending=self.order == "down",
        )


class KpiQuery(BaseModel):
    """Which version is edited, and in which set."""

    model_config = ConfigDict(frozen=True)

    into: IntoSet = None
    version: Annotated[str, Field(pattern=r"^(new|first|[0-9]{1,4})$")] = NEW


class KpiForm(BasketForm):
    """The form of a KPI beside the fields that its schema makes."""

    version: Annotated[str, Field(pattern=r"^(new|first|[0-9]{1,4})$")] = NEW
    first: Annotated[str, Field(max_length=20)] = ""
    """The cycle that a new version begins with."""
    gone: Literal["", "yes"] = ""
    of: Code = ""
    """The KPI that is edited, where only what was typed is tried."""


class GoalForm(BasketForm):
    """The form of a goal beside the fields that its schema makes."""

    gone: Literal["", "yes"] = ""


# ------------------------------------------------------------------------------------------------------ the table, the map


@pages.read("/kpis", may=Deed.SEE_FILES)
def listed(context: RequestContext, query: KpisQuery) -> Page:
    """Perspectives, goals, tasks and KPIs with those who have them: a row for each KPI, or for each line; or the map. Queries: constant."""
    loaded, asked = _asked(context, query)
    plan, day = loaded.plan(asked.cycle), loaded.plan(asked.cycle).day_within(context.today)
    definitions = loaded.sheet.definitions
    parameters = {**query.model_dump(exclude_defaults=True, exclude={"page"}), "cycle": asked.cycle}
    kpis = scoring.kpi_rows(plan, only=query.only(), language=page_language())
    lines = (
        scoring.holder_rows(plan, only=query.only(), language=page_language(), day=day) if query.by == "line" else []
    )
    rows: Sequence[Any] = lines if query.by == "line" else kpis
    last = max(1, -(-len(rows) // PAGE_ROWS))
    page = min(query.page, last)
    return Page(
        "pages/kpis.html",
        rows=rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS],
        total=len(rows),
        page=page,
        last=last,
        query=query,
        parameters=parameters,
        map=scoring.strategy_map(kpis) if query.by == "map" else None,
        sorts=HOLDER_SORTS,
        cycle=asked.cycle,
        cycles=sorted({*loaded.sheet.cycles, asked.cycle}),
        goals=definitions.goals,
        units=[
            (code, scoring.node_name(context.directory, Node(NodeKind.UNIT, code), day)) for code in _units(loaded, day)
        ],
        kpi_name=_namer(definitions, asked.cycle),
        below={row.code: _below(kpis, row.code) for row in kpis} if query.by == "map" else {},
        words=words,
        may_edit=changing.keeps(context),
        in_sets=_in_sets(context) if changing.keeps(context) else [],
        exports=context.allowed(Deed.EXPORT_GOALS),
    )


def _below(rows: Sequence[Any], code: str | None) -> list[tuple[str, int]]:
    """The KPIs of which lines hang on one of this, with how many do."""
    return [(row.code, row.above[code]) for row in rows if code is not None and row.above.get(code)]


def _units(loaded: State, day: dt.date) -> tuple[str, ...]:
    tree = loaded.frame.directory.tree
    root = tree.root_on(day)
    return () if root is None else tree.below_on(root, day)


def _namer(definitions: Definitions, cycle: int) -> Callable[[str], str]:
    return lambda code: kpi_name(definitions.kpis, code, cycle)


def _in_sets(context: RequestContext) -> list[tuple[Any, str, str | None]]:
    """Definitions that one's open sets change: the set, the file, and the KPI where it is the file of one."""
    chosen = basket(context)
    if chosen.chosen is None:
        return []
    seen = intake.see_definitions(context.connection, chosen.changed)
    kpis = {name: stored.removeprefix("kpi:") for stored, name in seen.files.items() if stored.startswith("kpi:")}
    return [(chosen.chosen, one.name, kpis.get(one.name)) for one in chosen.changed.documents]


def _asked(context: RequestContext, query: KpisQuery) -> tuple[State, ScoreQuery]:
    loaded = scoring.state(context.connection)
    return loaded, asked_of(context, loaded, ScoreParameters(cycle=query.cycle))


@pages.act("/kpis", may=Deed.EXPORT_GOALS, again="listed", transaction=False, lane=Lane.FILE)
def export(context: RequestContext, query: KpisQuery, form: ReasonedExport) -> Download:
    """Every line that is looked at as a file: all of them, not a page."""
    with context.read() as connection:
        loaded = scoring.state(connection)
        asked = asked_of(context, loaded, ScoreParameters(cycle=query.cycle))
        plan = loaded.plan(asked.cycle)
        day = plan.day_within(context.today)
        rows = scoring.holder_rows(plan, only=query.only(), language=page_language(), day=day)
    narrowed = {**query.model_dump(mode="json", exclude_defaults=True, exclude={"page", "by"}), "cycle": asked.cycle}
    return reasoned_file(
        context,
        form,
        sheet=holders_export(file_words()).sheet(rows),
        name=f"kpis-{asked.cycle}",
        what="kpis",
        asked={**narrowed, "format": form.format},
        rows=len(rows),
    )


# ------------------------------------------------------------------------------------------------------------------ a KPI


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedKpi:
    """A KPI as it was typed: the document that it makes, and what is wrong with it.

    Attributes:
        version: that was typed, where it can be read; and the one that it takes the place of.
    """

    content: Mapping[str, Any]
    findings: list[Finding]
    worked: list[tuple[str, WorkedExample]]
    version: KpiVersion | None = None
    before: KpiVersion | None = None


def _typed_kpi(context: RequestContext, seen: DefinitionsSeen, code: str, form: KpiForm) -> TypedKpi:
    """What the request's form makes of a KPI; ``code`` is empty for a new one."""
    typed = typed_document("kpi", without=("versions", *(("code",) if code else ())))
    present = seen.kpi(code) if code else {}
    if present is None:
        raise NotThere
    findings = list(typed.findings)
    typed.names |= {"from": "first", "code": "code" if not code else ""}
    from_cycle = _from_cycle(form, present, findings) if code else None
    members = {name: value for name, value in typed.content.items() if name not in {"code", "since", "examples"}}
    content = edited_kpi(
        present,
        code=code or str(typed.content.get("code", "")),
        version=VersionContent(from_cycle, members),
        since=typed.content.get("since"),
        examples=typed.content.get("examples", ()),
    )
    judged = seen.judged_kpi(content, instead_of=code or None)
    later = content.get("versions", [])
    at = next((place for place, one in enumerate(later) if one["from"] == from_cycle), None)
    findings += at_fields(typed, judged.findings, before="" if at is None else dotted(("versions", at)) + ".")
    kpi = judged.definitions.kpis.get(str(content["code"])) if not findings else None
    worked = _worked(kpi, typed) if kpi is not None else []
    findings += [_does_not_hold(name, one) for name, one in worked if not one.holds]
    cycle = from_cycle or dt.date.max.year
    loaded = scoring.state(context.connection).sheet.definitions.kpis.get(code)
    return TypedKpi(
        content=content,
        findings=findings,
        worked=worked,
        version=None if kpi is None else kpi.version(from_cycle) if from_cycle else kpi.versions[0],
        before=None if loaded is None else loaded.version(cycle) if form.version == NEW else _of(loaded, from_cycle),
    )


def _of(kpi: Kpi, from_cycle: int | None) -> KpiVersion:
    return next((one for one in kpi.versions if one.from_cycle == from_cycle), kpi.versions[-1])


def _from_cycle(form: KpiForm, present: Mapping[str, Any], findings: list[Finding]) -> int | None:
    """The first cycle of the version that was typed; None for the first text."""
    if form.version != NEW:
        return None if form.version == FIRST else int(form.version)
    if not form.first.isdecimal() or not 1 <= int(form.first) <= dt.date.max.year:
        findings.append(at_field("first", "no_cycle", NO_CYCLE, example=dt.date.max.year // 5 + 28))
        return dt.date.max.year
    if any(one.from_cycle == int(form.first) for one in versions_in(present)):
        findings.append(at_field("first", "taken", TAKEN))
    return int(form.first)


def _worked(kpi: Kpi, typed: FormDocument) -> list[tuple[str, WorkedExample]]:
    """The examples with the names of the fields of their scores."""
    names = (typed.names.get(dotted(("examples", place, "score")), "") for place in range(len(kpi.examples)))
    return list(zip(names, worked_examples(kpi), strict=True))


def _does_not_hold(name: str, one: WorkedExample) -> Finding:
    if one.score is None:
        return at_field(name, "no_score", NO_SCORE)
    return at_field(name, "does_not_hold", DOES_NOT_HOLD, score=exact_figure(one.score.normalize()))


@pages.read("/kpis/_new", may=Deed.SEE_FILES)
def new(context: RequestContext, query: KpiQuery) -> Page:
    """The form of a KPI that is not there yet."""
    changing.writer(context)
    chosen = basket(context, query.into)
    return _new_page(context, chosen)


def _new_page(context: RequestContext, chosen: Basket, looked: BasketLook | None = None) -> Page:
    seen = intake.see_definitions(context.connection, chosen.changed)
    return Page(
        "pages/kpi_new.html",
        basket=chosen,
        looked=looked,
        inputs=_inputs(context, seen, {}, code=""),
        elsewhere=not_kept_here(context, ["definitions"]),
    )


@pages.act("/kpis/_new", may=Deed.KEEP_CHANGES, again="new", transaction=False)
def make(context: RequestContext, form: KpiForm) -> Page | Redirect:
    """Put a new KPI into a change set, once what it does was shown."""
    with context.read():
        changing.writer(context)
        refuse_another_begin(form)
        chosen = basket(context, form.into)
        seen = intake.see_definitions(context.connection, chosen.changed)
        typed = _typed_kpi(context, seen, "", form)
        if typed.findings:
            raise Invalid(*typed.findings)
        puts = [seen.with_kpi(typed.content)]
        looked = look(context, chosen, puts)
        if form.seen != looked.mark:
            context.typed = typed_so_far(KpiForm, "/kpis/_new")
            return _new_page(context, chosen, looked)
    return into_basket(context, form, puts, chosen)


def _inputs(
    context: RequestContext, seen: DefinitionsSeen, content: Mapping[str, Any], *, code: str
) -> list[ShownInput]:
    goals = seen.definitions.goals
    tasks = [
        (task.code, f"{goal.name.in_language(page_language())}: {task.name.in_language(page_language())}")
        for goal in goals
        for task in goal.tasks
    ]
    without = ("versions", "code") if code else ("versions",)
    return shown_inputs("kpi", content, context.typed, without=without, choices={"goal": tasks})


@pages.read("/kpis/<code>", may=Deed.SEE_FILES)
def one(context: RequestContext, code: str, query: KpiQuery) -> Page:
    """A KPI: what it is, who has it, its definition to be taken home, and the form of a new or mended version."""
    chosen = basket(context, query.into)
    return _kpi_page(context, code, chosen, version=query.version)


def _kpi_page(
    context: RequestContext,
    code: str,
    chosen: Basket,
    *,
    version: str,
    looked: BasketLook | None = None,
    bridge: KpiBridge | None = None,
    bridge_from: int = 0,
) -> Page:
    seen = intake.see_definitions(context.connection, chosen.changed)
    content = seen.kpi(code)
    loaded = scoring.state(context.connection)
    if content is None and code not in loaded.sheet.definitions.kpis:
        raise NotThere
    cycle = asked_of(context, loaded, ScoreParameters()).cycle
    plan = loaded.plan(cycle)
    kpi = seen.definitions.kpis.get(code)
    every = scoring.kpi_rows(plan, only=HolderFilter(), language=page_language())
    day = plan.day_within(context.today)
    holders = scoring.holder_rows(plan, only=HolderFilter(kpi=code), language=page_language(), day=day)
    return Page(
        "pages/kpi.html",
        code=code,
        kpi=kpi,
        is_gone=content is None,
        goal=seen.definitions.goal_of(kpi.versions[-1].goal) if kpi else None,
        task=seen.definitions.task(kpi.versions[-1].goal) if kpi else None,
        name=_name(kpi, content, code),
        row=next((row for row in every if row.code == code), None),
        below=_below(every, code),
        holders=holders[:HOLDERS_SHOWN],
        holder_count=len(holders),
        kpi_name=_namer(seen.definitions, cycle),
        yaml=None if content is None else seen.yaml(code),
        worked=[] if kpi is None else list(worked_examples(kpi)),
        in_set=f"kpi:{code}" in seen.files,
        cycle=cycle,
        version=version,
        first=cycle + 1,
        choices=CHOICES,
        words=words,
        basket=chosen,
        looked=looked,
        bridge=bridge,
        bridge_from=bridge_from,
        bridged_shown=BRIDGED_SHOWN,
        inputs=_inputs(context, seen, _begins_with(content, version), code=code)
        if content is not None and changing.keeps(context)
        else [],
        elsewhere=not_kept_here(context, ["definitions"]),
    )


def _name(kpi: Kpi | None, content: Mapping[str, Any] | None, code: str) -> str:
    if kpi is not None:
        return kpi.versions[-1].name.in_language(page_language())
    name = (content or {}).get("name")
    return str(name.get("en", code)) if isinstance(name, Mapping) else code


def _begins_with(content: Mapping[str, Any], version: str) -> dict[str, Any]:
    """What the form begins with: the version that is mended, or the latest for a new one."""
    versions = versions_in(content)
    wanted = None if version in {NEW, FIRST} else int(version)
    chosen = (
        versions[-1] if version == NEW else next((one for one in versions if one.from_cycle == wanted), versions[-1])
    )
    return dict(chosen.members) | {name: content[name] for name in ("since", "examples") if name in content}


@pages.act("/kpis/<code>", may=Deed.KEEP_CHANGES, again="one", transaction=False)
def edit(context: RequestContext, code: str, query: KpiQuery, form: KpiForm) -> Page | Redirect:
    """Put a new or mended version into a change set, or have it take the definition away, once what it does was shown."""
    del query
    with context.read():
        changing.writer(context)
        refuse_another_begin(form)
        chosen = basket(context, form.into)
        seen = intake.see_definitions(context.connection, chosen.changed)
        puts, bridge = _kpi_puts(context, seen, code, form)
        looked = look(context, chosen, puts)
        if form.seen != looked.mark:
            context.typed = typed_so_far(KpiForm, f"/kpis/{code}")
            first = form.first if form.version == NEW else form.version
            return _kpi_page(
                context,
                code,
                chosen,
                version=form.version,
                looked=looked,
                bridge=bridge,
                bridge_from=int(first) if first.isdecimal() else 0,
            )
    return into_basket(context, form, puts, chosen)


def _kpi_puts(
    context: RequestContext, seen: DefinitionsSeen, code: str, form: KpiForm
) -> tuple[list[PutDocument], KpiBridge | None]:
    if form.gone:
        return [seen.without_kpi(code)], None
    typed = _typed_kpi(context, seen, code, form)
    if typed.findings:
        raise Invalid(*typed.findings)
    bridge = None
    if not form.seen and typed.version is not None and typed.before is not None:
        bridge = _bridge(context, code, typed.before, typed.version)
    return [seen.with_kpi(typed.content)], bridge


def _bridge(context: RequestContext, code: str, before: KpiVersion, after: KpiVersion) -> KpiBridge | None:
    """The comparison; None where only texts differ, so that no score can."""
    worded = replace(after, name=before.name, unit=before.unit, goal=before.goal, from_cycle=None, rhythm=before.rhythm)
    if worded == replace(before, from_cycle=None):
        return None
    loaded = scoring.state(context.connection)
    last = asked_of(context, loaded, ScoreParameters()).cycle
    return scoring.kpi_bridge(
        context.connection, loaded, code=code, versions=(before, after), today=context.today, last=last
    )


@pages.act("/kpis/_try", may=Deed.KEEP_CHANGES, transaction=False, lane=Lane.READ)
def tried(context: RequestContext, form: KpiForm) -> Json:
    """What is wrong with what was typed so far, and what becomes of its examples: for the page's script. Nothing is recorded."""
    with context.read():
        changing.writer(context)
        seen = intake.see_definitions(context.connection, basket(context, form.into).changed)
        typed = _typed_kpi(context, seen, form.of, form)
    return Json(
        {
            "errors": [{"name": one.place.field, "text": finding_text(one)} for one in typed.findings],
            "outputs": [
                {"name": name, "text": "–" if one.score is None else exact_figure(one.score.normalize())}
                for name, one in typed.worked
            ],
        }
    )


@pages.read("/kpis/<code>/yaml", may=Deed.SEE_FILES)
def yaml(context: RequestContext, code: str, query: KpiQuery) -> Download:
    """The definition as a file, as it is loaded or as an open set has it."""
    changed = basket(context, query.into).changed if query.into else intake.Changed()
    text = intake.see_definitions(context.connection, changed).yaml(code)
    return Download(content=text.encode(), filename=f"{code}.yaml", media_type="application/yaml; charset=utf-8")


# ---------------------------------------------------------------------------------------------------------------- a goal


@pages.read("/kpis/_goals/<goal>", may=Deed.SEE_FILES)
def goal(context: RequestContext, goal: str, query: KpiQuery) -> Page:
    """A strategic goal and its tasks; ``_new`` is one that is not there yet."""
    return _goal_page(context, goal, basket(context, query.into))


def _goal_page(context: RequestContext, code: str, chosen: Basket, looked: BasketLook | None = None) -> Page:
    seen = intake.see_definitions(context.connection, chosen.changed)
    content, _ = _goal_in(seen, code)
    without = () if code == "_new" else ("code",)
    return Page(
        "pages/goal_edit.html",
        code=code,
        goal=_named_goal(seen.definitions, code),
        kpis=_kpis_of(seen.definitions, code),
        basket=chosen,
        looked=looked,
        inputs=shown_inputs("goals", content, context.typed, without=without) if changing.keeps(context) else [],
        elsewhere=not_kept_here(context, ["definitions"]),
        words=words,
    )


def _named_goal(definitions: Definitions, code: str) -> Goal | None:
    return next((one for one in definitions.goals if one.code == code), None)


def _kpis_of(definitions: Definitions, code: str) -> dict[str, list[tuple[str, str]]]:
    """By task the KPIs that serve it: code and name."""
    by_task: dict[str, list[tuple[str, str]]] = {}
    for kpi in definitions.kpis.values():
        latest = kpi.versions[-1]
        by_task.setdefault(latest.goal, []).append((kpi.code, latest.name.in_language(page_language())))
    shown = _named_goal(definitions, code)
    return {task.code: by_task.get(task.code, []) for task in shown.tasks} if shown else {}


def _goal_in(seen: DefinitionsSeen, code: str) -> tuple[Mapping[str, Any], int]:
    """A goal of the document, and its place there; a new one is its last.

    Raises:
        NotThere: there is none of that code.
    """
    goals = list(seen.goals().get("goals", ()))
    if code == "_new":
        return {}, len(goals)
    place = next((at for at, one in enumerate(goals) if str(one.get("code")) == code), None)
    if place is None:
        raise NotThere
    return goals[place], place


@pages.act("/kpis/_goals/<goal>", may=Deed.KEEP_CHANGES, again="goal", transaction=False)
def edit_goal(context: RequestContext, goal: str, query: KpiQuery, form: GoalForm) -> Page | Redirect:
    """Put a goal with its tasks into a change set, or have it take one away, once what it does was shown."""
    del query
    with context.read():
        changing.writer(context)
        refuse_another_begin(form)
        chosen = basket(context, form.into)
        seen = intake.see_definitions(context.connection, chosen.changed)
        puts = [seen.with_document("goals", {"goals": _goals_typed(seen, goal, form)})]
        looked = look(context, chosen, puts)
        if form.seen != looked.mark:
            context.typed = typed_so_far(GoalForm, f"/kpis/_goals/{goal}")
            return _goal_page(context, goal, chosen, looked)
    return into_basket(context, form, puts, chosen)


def _goals_typed(seen: DefinitionsSeen, code: str, form: GoalForm) -> list[Any]:
    """All goals with this one as it was typed, or without it.

    Raises:
        Invalid: what was typed can be no goal.
    """
    _, place = _goal_in(seen, code)
    goals = list(seen.goals().get("goals", ()))
    if form.gone:
        return [one for at, one in enumerate(goals) if at != place]
    typed = typed_document("goals", without=() if code == "_new" else ("code",))
    content = ({} if code == "_new" else {"code": code}) | typed.content | {"tasks": typed.content.get("tasks", [])}
    goals[place : place + 1] = [content]
    judged = seen.judged("goals", {"goals": goals})
    before = dotted(("goals", place))
    findings = [*typed.findings, *at_fields(typed, judged.findings, before=f"{before}.")]
    if findings:
        raise Invalid(*findings)
    return goals
