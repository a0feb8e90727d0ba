"""The weights of many scorecards in one grid: a template for units of a kind or people of a job, deviations from it, and the last cycle's copied.

Do not write into what is loaded: the rows go into a change set, and the grid begins with what that set says already.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Final, Literal

from flask import request
from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field

from app import cycle as cycles
from app import decisions, intake, scoring
from app.intake import Put
from app.kit.refusals import Invalid, at_field
from app.plain.findings import Finding, n_
from app.plain.texts import trimmed
from app.rules.definitions import Definitions
from app.rules.permissions import Deed
from app.rules.stages import Stage
from app.rules.terms import Job, Name, Node, NodeKind, UnitKind
from app.rules.weighting import (
    WHOLE,
    ApplyMode,
    Card,
    Deviation,
    WeightStep,
    WeightStepKind,
    applied,
    hanging_of,
    missing_weight,
)
from app.scoring import CardRow, CyclePlan, State, WeightGrid, WhoseCards
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.forms import FormCycle
from app.web.asked.request_context import RequestContext
from app.web.asked.sent_once import FormId
from app.web.changes import changing
from app.web.changes.change_basket import (
    NEW,
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
from app.web.cycles.as_if import AsIf, as_if_now
from app.web.decisions.asking import ScoreParameters, asked_of
from app.web.wording import words
from app.web.wording.group_names import group_families, group_namer
from app.web.wording.languages import kpi_name
from app.web.wording.typed_numbers import exact_figure, read_number

pages: Final = Pages("scorecard_edit")

FILE: Final = "scorecards.csv"
ROWS_MOST: Final = 200
"""So many scorecards have cells on one page; a template is applied to all that are meant."""

FIELDS: Final = 20_000

NO_WEIGHT: Final = n_("A weight is more than 0 and at most 100: write such a number, or leave it empty for no line.")
NOTHING_TO_COPY: Final = n_("Nobody's scorecard is missing in that change set: choose another set, or another cycle.")
OWN_AMONG: Final = n_(
    "Your own scorecard, or that of a unit that you are posted to, is among them, and nobody decides about that alone: choose everybody's."
)
NO_SHIFT: Final = n_("This is no weight: write one such as 20, or how much more or less such as -5.")

Code = Annotated[str, Field(max_length=60)]


class EditQuery(BaseModel):
    """Which cycle, whose scorecards, and into which set."""

    model_config = ConfigDict(frozen=True)

    cycle: FormCycle | None = None
    whose: Annotated[str, Field(pattern=r"^(kind|job):[a-z_]{1,20}$")] = f"kind:{UnitKind.OFFICE}"
    group: Annotated[list[Code], Field(max_length=100)] = []
    """Of these evaluation groups alone; of all where none is named."""
    more: Annotated[list[Code], Field(max_length=20)] = []
    """KPIs that are to have a column though nobody has them."""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1
    into: IntoSet = None

    def meant(self) -> WhoseCards:
        """Whose scorecards are meant."""
        what, _, code = self.whose.partition(":")
        kind = UnitKind(code) if what == "kind" and code in set(UnitKind) else None
        job = Job(code) if what == "job" and code in set(Job) else None
        return WhoseCards(kind, job, frozenset(filter(None, self.group)))


class WeightsForm(BasketForm):
    """The grid's form; weights stand in fields of their own, named by :func:`_cell` and :func:`_template`."""

    apply: ApplyMode = ApplyMode.NOT
    as_if: Literal["", "yes"] = ""
    """Whether it is asked what the same weights would move in the cycle under way; nothing is kept then."""


class CopyForm(BaseModel):
    """The last cycle's scorecards, as they are, into a change set."""

    model_config = ConfigDict(frozen=True)

    copy_into: Annotated[str, Field(pattern=r"^(new|[0-9]{1,18})$")] = NEW
    copy_whose: Literal["everybody", "shown"] = "everybody"
    """Of everybody who has one, or of those alone whom the grid shows."""
    form_id: FormId = ""


def _cell(kpi: str, node: Node) -> str:
    return f"weight-{kpi}-{node}"


def _template(kpi: str) -> str:
    return f"template-{kpi}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The cycle's scorecards as a set has them.

    Attributes:
        present: the cycle under way.
        rows: of the file by node, as they are shown.
        grid: those that are meant.
        cards: as the form would make those that are meant.
        template: as the form has it.
        definitions: of the KPIs that can be put on them: the set's own too.
    """

    loaded: State
    plan: CyclePlan
    present: int
    chosen: Basket
    every: Sequence[Mapping[str, str]]
    rows: Mapping[Node, list[Mapping[str, str]]]
    grid: WeightGrid
    definitions: Definitions
    cards: dict[Node, Card] = field(default_factory=dict)
    template: dict[str, Decimal] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def _edited(context: RequestContext, query: EditQuery, chosen: Basket) -> Edited:
    loaded = scoring.state(context.connection)
    present = asked_of(context, loaded, ScoreParameters()).cycle
    plan = loaded.plan(query.cycle if query.cycle is not None else present)
    every = list(chosen.rows(FILE).values())
    rows: dict[Node, list[Mapping[str, str]]] = {}
    for row in every:
        node = Node.parse(row["node"]) if row["cycle"] == str(plan.cycle) else None
        if node is not None:
            rows.setdefault(node, []).append(row)
    definitions = intake.see_definitions(context.connection, chosen.changed).definitions
    known = [code for code in query.more if code in definitions.kpis]
    grid = scoring.weight_grid(plan, scoring.nodes_meant(plan, query.meant()), rows, more=known)
    return Edited(
        loaded=loaded,
        plan=plan,
        present=present,
        chosen=chosen,
        every=every,
        rows=rows,
        grid=grid,
        definitions=definitions,
    )


@pages.read("/scorecards/edit", may=Deed.SEE_FILES)
def grid(context: RequestContext, query: EditQuery) -> Page:
    """The grid of those that are meant. Queries: constant."""
    changing.writer(context)
    return _page(context, query, _edited(context, query, basket(context, query.into)))


def _page(
    context: RequestContext,
    query: EditQuery,
    edited: Edited,
    looked: BasketLook | None = None,
    as_if: AsIf | None = None,
) -> Page:
    plan, shown = edited.plan, edited.grid
    last = max(1, -(-len(shown.rows) // ROWS_MOST))
    page = min(query.page, last)
    definitions = edited.definitions
    opened = cycles.opened_cycle(context.connection, plan.cycle)
    copied = {row["node"] for row in scoring.copied_rows(plan, edited.every, last=plan.cycle - 1)}
    name_of = group_namer(definitions.policies)
    groups = {code: str(name_of(code)) for code in _groups_of(plan)}
    return Page(
        "pages/scorecard_edit.html",
        query=query,
        at_place={
            **query.model_dump(exclude_defaults=True, exclude={"into", "page"}),
            "cycle": plan.cycle,
        },
        grid=shown,
        rows=shown.rows[(page - 1) * ROWS_MOST : page * ROWS_MOST],
        cards=edited.cards,
        scored=plan.lines,
        for_all=edited.template or shown.template,
        page=page,
        last=last,
        cycle=plan.cycle,
        present=edited.present,
        is_agreed_on=opened is not None and opened.stage is not Stage.DRAFT,
        cycles=sorted({*edited.loaded.sheet.cycles, edited.present, edited.present + 1, plan.cycle}),
        copied=len(copied),
        copied_shown=sum(str(row.node) in copied for row in shown.rows),
        whose_choices=[
            *((f"kind:{one}", words.KINDS[one]) for one in UnitKind),
            *((f"job:{one}", words.JOBS[one]) for one in Job),
        ],
        groups=sorted(groups.items(), key=lambda one: one[1]),
        families=group_families(groups),
        kpis=[(code, kpi.version(plan.cycle).name) for code, kpi in definitions.kpis.items() if code not in shown.kpis],
        kpi_name=lambda code: kpi_name(definitions.kpis, code, plan.cycle),
        deviating=_alike(shown.rows),
        own=[
            row.name
            for row in _own_among(context, plan, shown.rows)
            if edited.cards.get(row.node, row.card) != row.card
        ],
        missing=missing_weight,
        whole=WHOLE,
        exact=exact_figure,
        cell=_cell,
        template_cell=_template,
        basket=edited.chosen,
        looked=looked,
        as_if=as_if,
        elsewhere=not_kept_here(context, [FILE]),
    )


def _alike(rows: Sequence[CardRow]) -> list[tuple[tuple[Deviation, ...], list[Name | str]]]:
    """What deviates, each way of it once, with the names of all who have it; the most frequent first."""
    some: dict[tuple[Deviation, ...], list[Name | str]] = {}
    for row in rows:
        if row.deviations:
            some.setdefault(row.deviations, []).append(row.name)
    return sorted(some.items(), key=lambda one: -len(one[1]))


def _own_among(context: RequestContext, plan: CyclePlan, rows: Sequence[CardRow]) -> list[CardRow]:
    """Those scorecards that are the own case of who asks, so that somebody else has to submit them."""
    own = decisions.party_of(context.directory, context.viewer, periods=(plan.period,), day=context.today).own
    tree = plan.frame.directory.tree
    return [
        row
        for row in rows
        if row.node in own
        and (row.node.kind is NodeKind.EMPLOYEE or all(one.parent is not None for one in tree.rows(row.node.code)))
    ]


def _groups_of(plan: CyclePlan) -> set[str]:
    directory = plan.frame.directory
    day = plan.day_within(dt.date.max)
    rows = (directory.unit_near(node.code, day) for node in plan.nodes if node.kind is NodeKind.UNIT)
    return {row.evaluation_group for row in rows if row is not None and row.evaluation_group}


@pages.act("/scorecards/edit", may=Deed.KEEP_CHANGES, again="grid", transaction=False, fields_max=FIELDS)
def edit(context: RequestContext, query: EditQuery, form: WeightsForm) -> Page | Redirect:
    """Put the weights that were typed, and what the template makes of the others, into a change set, once what they do was shown."""
    with context.read():
        changing.writer(context)
        refuse_another_begin(form)
        edited = _edited(context, query, basket(context, form.into))
        puts = [_typed(edited, form)]
        if edited.findings:
            raise Invalid(*edited.findings)
        looked = look(context, edited.chosen, puts)
        if form.as_if or form.seen != looked.mark:
            context.typed = typed_so_far(WeightsForm, request.full_path.rstrip("?"))
            as_if = _as_if(context, edited, puts) if form.as_if and looked.effects is not None else None
            return _page(context, query, edited, looked, as_if)
    return into_basket(context, form, puts, edited.chosen)


def _as_if(context: RequestContext, edited: Edited, puts: Sequence[Put]) -> AsIf:
    """What the cycle's weights, with all that the set holds, would move in the cycle under way."""
    whole, _ = intake.proposed(context.connection, edited.chosen.changed, puts)
    return as_if_now(context, whole, coming=edited.plan.cycle, present=edited.present)


@pages.act("/scorecards/edit/copy", may=Deed.KEEP_CHANGES, again="grid", transaction=False)
def copy(context: RequestContext, query: EditQuery, form: CopyForm) -> Redirect:
    """Put the last cycle's scorecards of those who have none yet into a change set; the grid builds upon it from then on."""
    with context.read():
        changing.writer(context)
        edited = _edited(context, query, basket(context, form.copy_into))
        cycle = edited.plan.cycle
        nodes = [row.node for row in edited.grid.rows] if form.copy_whose == "shown" else None
        rows = scoring.copied_rows(edited.plan, edited.every, last=cycle - 1, nodes=nodes)
        if nodes is not None and _own_among(context, edited.plan, edited.grid.rows):
            raise Invalid(at_field("copy_whose", "own_among", OWN_AMONG))
        if not rows:
            raise Invalid(at_field("copy_into", "nothing_to_copy", NOTHING_TO_COPY))
    # The weights are changed after this: what the machine says has to stay true of them.
    title = gettext(n_("Scorecards of %(cycle)s"), cycle=cycle)
    reason = gettext(n_("The scorecards of %(cycle)s begin with those of %(last)s."), cycle=cycle, last=cycle - 1)
    into = BasketForm(into=form.copy_into, title=str(title), reason=str(reason), form_id=form.form_id)
    number = into_basket(context, into, [Put(FILE, set_=rows)], edited.chosen).values["number"]
    return Redirect(
        n_(
            "Copied into change set %(number)s (scorecards: %(count)s). The grid builds upon it: change what is to be another, then submit the set."
        ),
        then="scorecard_edit.grid",
        values=query.model_dump(exclude_defaults=True, exclude={"into", "page"}) | {"cycle": cycle, "into": number},
        parameters={"number": number, "count": len({row["node"] for row in rows})},
    )


def _typed(edited: Edited, form: WeightsForm) -> Put:
    """The rows of every scorecard whose weights are others than they are."""
    steps = _steps(edited)
    edited.template.update(applied(edited.grid.template, steps, edited.grid.template, ApplyMode.CHANGED))
    set_: list[dict[str, str]] = []
    remove: list[dict[str, str]] = []
    for row in edited.grid.rows:
        card = applied(edited.grid.template, steps, row.card, form.apply)
        card = _with_cells(edited, row.node, row.card, card)
        edited.cards[row.node] = card
        if card == row.card:
            continue
        own = {one["kpi"]: one for one in edited.rows.get(row.node, ())}
        key = {"cycle": str(edited.plan.cycle), "node": str(row.node)}
        remove += [key | {"kpi": kpi} for kpi in row.card if kpi not in card]
        for kpi, weight in card.items():
            if kpi in own:
                if weight != row.card.get(kpi):
                    set_.append(dict(own[kpi]) | {"weight": format(weight, "f")})
            else:
                set_.append(key | {"kpi": kpi, "weight": format(weight, "f")} | _hanging(edited, row.node, kpi))
    return Put(FILE, set_=set_, remove=remove)


def _hanging(edited: Edited, node: Node, kpi: str) -> dict[str, str]:
    parent = scoring.parent_of_node(edited.plan, node)
    above = [one["kpi"] for one in edited.rows.get(parent, ())] if parent else []
    return hanging_of(kpi, edited.grid.hangings.get(kpi), parent=parent, parent_kpis=above).as_row()


def _steps(edited: Edited) -> dict[str, WeightStep]:
    """What was changed in the template."""
    steps: dict[str, WeightStep] = {}
    for kpi in edited.grid.kpis:
        name = _template(kpi)
        if name not in request.form:
            continue
        text = trimmed(request.form[name])
        present = edited.grid.template.get(kpi)
        if not text:
            steps |= {kpi: WeightStep(WeightStepKind.REMOVE)} if present is not None else {}
            continue
        number = read_number(text, field=name)
        if isinstance(number, Finding):
            edited.findings.append(at_field(name, "no_weight", NO_SHIFT))
        elif text[0] in "+-−":
            steps[kpi] = WeightStep(WeightStepKind.SHIFT, number)
        elif not 0 < number <= WHOLE:
            edited.findings.append(at_field(name, "no_weight", NO_WEIGHT))
        elif number != present:
            steps[kpi] = WeightStep(WeightStepKind.SET, number)
    return steps


def _with_cells(edited: Edited, node: Node, present: Card, made: dict[str, Decimal]) -> dict[str, Decimal]:
    """A card with what was typed into its own cells: that goes before what the template makes of it."""
    for kpi in edited.grid.kpis:
        name = _cell(kpi, node)
        text = trimmed(request.form.get(name, "")) if name in request.form else None
        if text is None:
            continue
        number = read_number(text, field=name) if text else None
        if isinstance(number, Finding):
            edited.findings.append(number)
        elif number is not None and not 0 < number <= WHOLE:
            edited.findings.append(at_field(name, "no_weight", NO_WEIGHT))
        elif number != present.get(kpi):
            made.pop(kpi, None)
            made |= {} if number is None else {kpi: number}
    return made
