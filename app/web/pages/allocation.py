"""A parent's target shared among those below it: weights, stretch and step, what each gets, and what it has reached in five years beside it.

Do not share here: the API and whoever applies it are told the same (app/cycle/agreement/allocating.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Final, NamedTuple

from flask import request
from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.datastructures import MultiDict

from app import cycle as cycles
from app import scoring
from app.cycle import Allocation, AllocationWish, OpenedCycle, Override
from app.kit.refusals import Invalid, NotThere, at_field
from app.plain.findings import Finding, Place, n_
from app.rules.allocation import FACTORS
from app.rules.deciding import REASON_LENGTH_MAX
from app.rules.measures import exact_decimal
from app.rules.permissions import Deed
from app.rules.targets import figure_of
from app.rules.terms import Node
from app.scoring import node_name
from app.web.answer.rendering import Page, Redirect, say
from app.web.answer.routing import Pages
from app.web.asked import cycling
from app.web.asked.request_context import RequestContext
from app.web.cycles import allocating
from app.web.wording.languages import kpi_name, named, page_language
from app.web.wording.typed_numbers import read_number

pages: Final = Pages("allocation")

YEARS: Final = 5
CHILDREN_MOST: Final = 2_000
_FIELDS_MOST: Final = 3 * CHILDREN_MOST
_ADDRESS_MOST: Final = 6_000
"""Of bytes that an address may have for what was typed, each letter taken for nine."""
_HUNDRED: Final = Decimal(100)
_STRETCH: Final = Decimal(0)
_STEP: Final = Decimal(1)
"""What is meant where nothing is typed."""

_TARGET: Final = "target-"
_REASON: Final = "reason-"
"""The fields of a target that is given and of its reason are these and whose it is."""
_REPEATED: Final = ("node", "target", "reason")
"""The same as fields that are called as the API's members are and repeated, each as often as the others."""

_WRITTEN: Final = n_("The targets stand in the drafts of those below: they hold once both sides have signed.")
_NO_FIGURE: Final = n_("“%(typed)s” has too many digits: write it shorter.")

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
    percent: _Number = ""
    stretch: _Number = ""
    """Beyond the target as the API takes it, 0.05 for what stands as 5 in the field of percents, which goes before it."""
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


def _fields(typed: MultiDict[str, str]) -> dict[str, str]:
    """What was typed by its fields; targets that came by repeated ones stand in those of the page."""
    fields = dict(typed.items())
    for of, target, reason in zip(*(typed.getlist(name) for name in _REPEATED), strict=False):
        fields |= {f"{_TARGET}{of}": target, f"{_REASON}{of}": reason}
    return fields


class _Typing:
    """Reads the form's fields into a wish; what cannot be read is found at its field, and left out."""

    def __init__(self, typed: Mapping[str, str]) -> None:
        """Begin with nothing wrong."""
        self.typed: Final = typed
        self.findings: Final[list[Finding]] = []

    def figure(self, name: str) -> Decimal | None:
        """What is typed into a field; None where nothing is, or no number."""
        text = self.typed.get(name, "").strip()
        number = read_number(text, field=name) if text else None
        if isinstance(number, Decimal) and figure_of(f"{number:f}") is None:
            number = at_field(name, "too_long", _NO_FIGURE, typed=text)
        if isinstance(number, Finding):
            self.findings.append(number)
            return None
        return number

    def overrides(self) -> Iterator[Override]:
        """The targets that were given, each with its reason."""
        for name in self.typed:
            node = Node.parse(name.removeprefix(_TARGET)) if name.startswith(_TARGET) else None
            target = None if node is None else self.figure(name)
            if node is not None and target is not None:
                reason = self.typed.get(f"{_REASON}{node}", "").strip()[:REASON_LENGTH_MAX]
                yield Override(node=node, target=target, reason=reason)


def _wish(query: AllocationQuery, parent: Node, typed: Mapping[str, str]) -> tuple[AllocationWish, list[Finding]]:
    """How it is to be shared, without what is wrong; and what is, at its field."""
    typing = _Typing(typed)
    percent, stretch, step = (typing.figure(name) for name in ("percent", "stretch", "step"))
    if percent is not None:
        stretch = percent / _HUNDRED
    wish = AllocationWish(
        parent=parent,
        kpi=query.kpi,
        weights={name: Decimal(getattr(query, name)) for name in FACTORS},
        stretch=_STRETCH if stretch is None else stretch,
        step=_STEP if step is None else step,
        overrides=tuple(typing.overrides()),
    )
    problems = cycles.wish_problems(wish)
    wrong = {_member(one)[0] for one in problems}
    sound = replace(
        wish,
        stretch=_STRETCH if "stretch" in wrong else wish.stretch,
        step=_STEP if "step" in wrong else wish.step,
        overrides=tuple(one for place, one in enumerate(wish.overrides) if f"overrides/{place}" not in wrong),
    )
    return sound, [*typing.findings, *(_at_its_field(one, wish) for one in problems)]


def _member(finding: Finding) -> tuple[str, str]:
    """Of which part of a wish a finding tells, and which member of it: ``overrides/0`` and ``target``, else its field and nothing."""
    field = finding.place.field or ""
    part, _, member = field.rpartition("/")
    return (part, member) if part.startswith("overrides/") else (field, "")


def _at_its_field(finding: Finding, wish: AllocationWish) -> Finding:
    """What is wrong with a wish, at the field that it was typed into."""
    part, member = _member(finding)
    if not member:
        return finding
    node = wish.overrides[int(part.removeprefix("overrides/"))].node
    return replace(finding, place=Place(field=f"{_REASON if member == 'reason' else _TARGET}{node}"))


def _shared(
    context: RequestContext, opened: OpenedCycle, wish: AllocationWish
) -> tuple[Allocation | None, list[Finding]]:
    """What comes of it, or why nothing does."""
    try:
        return allocating.shared(context, opened, wish), []
    except Invalid as refusal:
        return None, [_at_its_field(one, wish) for one in refusal.findings]


@pages.read("/cycles/<int:cycle>/allocation", may=Deed.SEE_CYCLES)
def allocation(context: RequestContext, cycle: int, query: AllocationQuery) -> Page:
    """What everybody below gets, as one moves the weights; without a parent the lines that can be shared. Queries: constant."""
    cycling.cycle_seen(context, cycle)
    parent = Node.parse(query.parent)
    if parent is None or not query.kpi:
        return Page("pages/allocations.html", cycle=cycle, lines=_lines(context, cycle))
    opened = allocating.opened_for(context, cycle, parent)
    typed = _fields(request.form if request.method == "POST" else request.args)
    wish, problems = _wish(query, parent, typed)
    shared_out, more = _shared(context, opened, wish)
    plan = scoring.state(context.connection).plan(cycle)
    if query.kpi not in plan.sheet.definitions.kpis:
        raise NotThere
    return Page(
        "pages/allocation.html",
        cycle=cycle,
        query=query,
        percent=query.percent or _percent(query.stretch),
        parent=parent,
        parent_name=_name(context, parent),
        kpi_name=kpi_name(plan.sheet.definitions.kpis, query.kpi, cycle),
        unit=plan.sheet.definitions.kpis[query.kpi].version(cycle).unit.in_language(page_language()),
        years=[cycle - YEARS + at for at in range(YEARS)],
        sums=None if shared_out is None else shared_out.as_json(),
        rows=[] if shared_out is None else _rows(context, cycle, shared_out),
        problems=[*problems, *more],
        given={name: text for name, text in typed.items() if name.startswith((_TARGET, _REASON))},
        may_apply=allocating.may_apply(context, opened, parent),
    )


def _percent(stretch: str) -> str:
    """What stands in the field of percents of a stretch that came as the API takes it; nothing of what is no number."""
    figure = figure_of(stretch.strip())
    return "" if figure is None else f"{(figure * _HUNDRED).normalize():f}"


def _name(context: RequestContext, node: Node) -> str:
    return str(named(node_name(context.directory, node, context.today)))


def _rows(context: RequestContext, cycle: int, shared_out: Allocation) -> list[ChildShown]:
    sheet = scoring.state(context.connection).plan(cycle).sheet
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


@pages.act(
    "/cycles/<int:cycle>/allocation/worked-out", may=Deed.KEEP_CYCLES, again="allocation", fields_max=_FIELDS_MOST
)
def work_out(context: RequestContext, cycle: int, form: SharingForm) -> Page:
    """The same as one looks at it, with more targets given than an address holds; nothing is written."""
    context.did_nothing = True
    return allocation(context, cycle, form)


@pages.act("/cycles/<int:cycle>/allocation", may=Deed.SIGN_SCORECARD, again="allocation", fields_max=_FIELDS_MOST)
def apply(context: RequestContext, cycle: int, form: SharingForm) -> Redirect | Page:
    """Write what comes of it into the drafts of those below."""
    cycling.cycle_seen(context, cycle)
    parent = Node.parse(form.parent)
    if parent is None:
        raise NotThere
    opened = allocating.opened_for(context, cycle, parent)
    typed = _fields(request.form)
    wish, problems = _wish(form, parent, typed)
    if problems:
        raise Invalid(*problems)
    try:
        allocating.applied(context, opened, wish)
    except Invalid as refusal:
        raise Invalid(*(_at_its_field(one, wish) for one in refusal.findings)) from None
    values = _looked_at(form, typed)
    if values is None:
        say(gettext(_WRITTEN))
        return allocation(context, cycle, form)
    return Redirect(_WRITTEN, then="allocation.allocation", values={"cycle": cycle} | values)


def _looked_at(form: SharingForm, typed: Mapping[str, str]) -> dict[str, object] | None:
    """How it was shared, so that the page shows what was written: whoever presses once more writes the same; None of so much that no address holds it."""
    given = {name: text for name, text in typed.items() if text and name.startswith((_TARGET, _REASON))}
    if sum(len(name) + 9 * len(text) for name, text in given.items()) > _ADDRESS_MOST:
        return None
    return {name: value for name, value in form.model_dump().items() if value != ""} | given
