"""A parent's target shared among those below it: weights, stretch and step, what each gets, and what it has reached in five years beside it.

Do not share here: the API and whoever applies it are told the same (app/cycle/allocating.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final, NamedTuple

from flask import request
from pydantic import BaseModel, ConfigDict, Field

from app import cycle as cycles
from app import scoring
from app.cycle import Allocation, AllocationWish, OpenedCycle, Override
from app.kit.refusals import Invalid, NotThere, at_field
from app.plain.findings import Finding, n_
from app.rules.measures import exact_decimal
from app.rules.permissions import Deed
from app.rules.targets import figure_of
from app.rules.terms import Node
from app.scoring import node_name
from app.web import allocating, cycling
from app.web.languages import kpi_name, named
from app.web.rendering import Page, Redirect
from app.web.request_context import RequestContext
from app.web.routing import Pages
from app.web.typed_numbers import read_number

pages: Final = Pages("allocation")

YEARS: Final = 5
CHILDREN_MOST: Final = 2_000
_HUNDRED: Final = Decimal(100)

_NOT_ABOVE_0: Final = n_("“%(typed)s” is not above 0: write how much it is.")
_TOO_LOW: Final = n_("“%(typed)s” takes all of it away: write more than -100.")
_NO_FIGURE: Final = n_("“%(typed)s” has too many digits: write it shorter.")
_NO_REASON: Final = n_("Why it gets another target is missing: write it.")

_Weight = Annotated[int, Field(ge=0, le=100)]
_Number = Annotated[str, Field(max_length=40)]


class AllocationQuery(BaseModel):
    """Whose target is shared, and how; targets that are given whatever the share come by fields of their own."""

    model_config = ConfigDict(frozen=True)

    parent: Annotated[str, Field(max_length=80)] = ""
    kpi: Annotated[str, Field(max_length=80)] = ""
    history: _Weight = 50
    market: _Weight = 30
    headcount: _Weight = 20
    stretch: _Number = ""
    step: _Number = ""


class SharingForm(AllocationQuery):
    """The same, to be written into drafts."""


class ChildShown(NamedTuple):
    """A row: whose it is, what is known of it, what it gets, and what it was given."""

    node: Node
    name: str
    years: tuple[Decimal | None, ...]
    market: Decimal
    headcount: Decimal
    percent: Decimal
    before: Decimal | None
    target: Decimal | None


def _numbers(typed: Mapping[str, str]) -> tuple[Decimal, Decimal, list[Finding]]:
    """The stretch as a share, the step, and what is wrong with them."""
    stretch, step, problems = Decimal(0), Decimal(1), []
    if text := typed.get("stretch", "").strip():
        number = _read(text, "stretch")
        if isinstance(number, Finding):
            problems.append(number)
        elif number <= -_HUNDRED:
            problems.append(at_field("stretch", "too_low", _TOO_LOW, typed=text))
        else:
            stretch = number / _HUNDRED
    if text := typed.get("step", "").strip():
        number = _read(text, "step")
        if isinstance(number, Finding):
            problems.append(number)
        elif number <= 0:
            problems.append(at_field("step", "not_above_0", _NOT_ABOVE_0, typed=text))
        else:
            step = number
    return stretch, step, problems


def _read(text: str, field: str) -> Decimal | Finding:
    number = read_number(text, field=field)
    if isinstance(number, Decimal) and figure_of(f"{number:f}") is None:
        return at_field(field, "too_long", _NO_FIGURE, typed=text)
    return number


def _overrides(typed: Mapping[str, str]) -> tuple[list[Override], list[Finding]]:
    """The targets that were given, each with its reason, and what is wrong with them."""
    overrides, problems = [], []
    for name, text in typed.items():
        node = Node.parse(name.removeprefix("target-")) if name.startswith("target-") and text.strip() else None
        if node is None:
            continue
        number, reason = _read(text.strip(), name), typed.get(f"reason-{node}", "").strip()
        if isinstance(number, Finding):
            problems.append(number)
        elif number <= 0:
            problems.append(at_field(name, "not_above_0", _NOT_ABOVE_0, typed=text))
        elif not reason:
            problems.append(at_field(f"reason-{node}", "no_reason", _NO_REASON))
        else:
            overrides.append(Override(node=node, target=number, reason=reason[:2000]))
    return overrides, problems


def _wish(query: AllocationQuery, parent: Node, typed: Mapping[str, str]) -> tuple[AllocationWish, list[Finding]]:
    """How it is to be shared, without what is wrong."""
    stretch, step, problems = _numbers(typed)
    overrides, more = _overrides(typed)
    weights = {name: Decimal(getattr(query, name)) for name in ("history", "market", "headcount")}
    wish = AllocationWish(
        parent=parent, kpi=query.kpi, weights=weights, stretch=stretch, step=step, overrides=tuple(overrides)
    )
    return wish, [*problems, *more]


def _shared(
    context: RequestContext, opened: OpenedCycle, wish: AllocationWish
) -> tuple[Allocation | None, list[Finding]]:
    """What comes of it, or why nothing does."""
    try:
        return allocating.shared(context, opened, wish), []
    except Invalid as refusal:
        return None, list(refusal.findings)


@pages.read("/cycles/<int:cycle>/allocation", may=Deed.SEE_CYCLES)
def allocation(context: RequestContext, cycle: int, query: AllocationQuery) -> Page:
    """What everybody below gets, as one moves the weights; without a parent the lines that can be shared. Queries: constant."""
    cycling.cycle_seen(context, cycle)
    parent = Node.parse(query.parent)
    if parent is None or not query.kpi:
        return Page("pages/allocations.html", cycle=cycle, lines=_lines(context, cycle))
    opened = allocating.opened_for(context, cycle, parent)
    typed = request.form if request.method == "POST" else request.args
    wish, problems = _wish(query, parent, typed)
    shared_out, more = _shared(context, opened, wish)
    plan = scoring.state(context.connection).plan(cycle)
    if query.kpi not in plan.sheet.definitions.kpis:
        raise NotThere
    return Page(
        "pages/allocation.html",
        cycle=cycle,
        query=query,
        parent=parent,
        parent_name=_name(context, parent),
        kpi_name=kpi_name(plan.sheet.definitions.kpis, query.kpi, cycle),
        years=[cycle - YEARS + at for at in range(YEARS)],
        sums=None if shared_out is None else shared_out.as_json(),
        rows=[] if shared_out is None else _rows(context, cycle, shared_out),
        problems=[*problems, *more],
        given={name: text for name, text in typed.items() if name.startswith(("target-", "reason-"))},
        may_apply=allocating.may_apply(context, opened, parent),
    )


def _name(context: RequestContext, node: Node) -> str:
    return str(named(node_name(context.directory, node, context.today)))


def _rows(context: RequestContext, cycle: int, shared_out: Allocation) -> list[ChildShown]:
    sheet = scoring.state(context.connection).sheet
    rows = []
    for one in shared_out.items:
        node, figures = one.shared.node, one.figures.figures
        past = sheet.years(node, one.kpi)
        rows.append(
            ChildShown(
                node=node,
                name=_name(context, node),
                years=tuple(past.get(cycle - YEARS + at) for at in range(YEARS)),
                market=exact_decimal(figures["market"]),
                headcount=exact_decimal(figures["headcount"]),
                percent=exact_decimal(100 * one.shared.share),
                before=None if one.before is None else Decimal(one.before),
                target=exact_decimal(one.shared.target),
            )
        )
    return rows


class LineShown(NamedTuple):
    """A line whose target can be shared."""

    node: Node
    name: str
    kpi: str
    kpi_name: str
    target: Decimal
    children: int


def _lines(context: RequestContext, cycle: int) -> list[LineShown]:
    """The lines of units that others hang on as identical and that have a target, as far as one sees all of them. No queries."""
    plan = scoring.state(context.connection).plan(cycle)
    sees = context.sees(Deed.SEE_PEOPLE_SCORES)
    shown = []
    for node in plan.nodes:
        for line in plan.lines.get(node, ()):
            row = line.row
            below = cycles.identical_below(plan, row)
            if row.target is not None and below and sees(node) and all(map(sees, below)):
                name = kpi_name(plan.sheet.definitions.kpis, row.kpi, cycle)
                shown.append(LineShown(node, _name(context, node), row.kpi, name, row.target, len(below)))
    return shown


@pages.act("/cycles/<int:cycle>/allocation", may=Deed.SIGN_SCORECARD, again="allocation", fields_max=3 * CHILDREN_MOST)
def apply(context: RequestContext, cycle: int, form: SharingForm) -> Redirect:
    """Write what comes of it into the drafts of those below."""
    cycling.cycle_seen(context, cycle)
    parent = Node.parse(form.parent)
    if parent is None:
        raise NotThere
    opened = allocating.opened_for(context, cycle, parent)
    wish, problems = _wish(form, parent, request.form)
    if problems:
        raise Invalid(*problems)
    allocating.applied(context, opened, wish)
    return Redirect(
        n_("The targets stand in the drafts of those below: they hold once both sides have signed."),
        then="allocation.allocation",
        values={"cycle": cycle, "parent": form.parent, "kpi": form.kpi},
    )
