"""One scorecard as a sheet: a row for each line, its figures and what it hangs on in the cells; lines come and go, and all of it goes into a change set.

Do not judge figures here: whether a target may stand beside a base value, the rules of a load say, of the very row and column.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Annotated, Any, Final, NamedTuple

from flask import request
from pydantic import BaseModel, ConfigDict, Field

from app import intake, scoring
from app.intake import Put
from app.kit.refusals import Invalid, NotThere, at_field
from app.plain.findings import Finding, Level, Place, n_
from app.plain.texts import trimmed
from app.rules.definitions import Definitions
from app.rules.permissions import Deed
from app.rules.terms import Link, Name, Node, NodeKind
from app.rules.weighting import WHOLE, hanging_of, missing_weight
from app.scoring import CyclePlan
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.forms import FormCycle
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
from app.web.decisions.asking import ScoreParameters, asked_of
from app.web.sentences.row_words import RowWords
from app.web.wording import words
from app.web.wording.languages import kpi_name, named
from app.web.wording.naming import distinct_name
from app.web.wording.typed_numbers import exact_figure, read_number

pages: Final = Pages("scorecard_lines")

FILE: Final = "scorecards.csv"
FIGURES: Final = ("weight", "base", "high", "low", "target", "coefficient")
COLUMNS: Final = (*FIGURES, "area", "link", "parent_node", "parent_kpi")
"""The cells of a line, in the order in which they stand, and in which a block is pasted."""

LINES_MOST: Final = 150
"""So many rows a sheet has at most."""
BLANK_ROWS: Final = 3
"""So many rows wait for lines that are new; a script makes more of them."""

NO_KPI: Final = n_("There is no KPI “%(typed)s” in this cycle: choose one from the list, by its name or code.")
NO_KPI_CHOSEN: Final = n_("This row has figures and no KPI: choose one, or empty the row.")
KPI_TWICE: Final = n_("The KPI stands on this scorecard already: change that line, or choose another.")
NO_WEIGHT: Final = n_("A weight is more than 0 and at most 100: write such a number, or remove the line.")
NO_NODE: Final = n_("There is no unit or employee “%(typed)s” in this cycle: choose one from the list.")
NO_LINK: Final = n_("This is no link: choose one from the list.")


class LinesQuery(BaseModel):
    """Whose scorecard, of which cycle, and into which set."""

    model_config = ConfigDict(frozen=True)

    node: Annotated[str, Field(max_length=60)] = ""
    cycle: FormCycle | None = None
    into: IntoSet = None


class LinesForm(BasketForm):
    """The sheet's form; its cells stand in fields of their own, named by :func:`cell`."""


def cell(column: str, row: int) -> str:
    """The name of a field: of which column, in which row of the sheet."""
    return f"{column}-{row}"


class SheetRow(NamedTuple):
    """A row as the sheet begins with it: the line's KPI and cells as the page writes them; without a KPI one that waits for a new line."""

    number: int
    kpi: str
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """A scorecard as a set has it.

    Attributes:
        lines: its rows of the file by KPI, in their order.
        definitions: of the KPIs that can be put on it: the set's own too.
        above: the unit above, and the KPIs that it has in the set.
    """

    node: Node
    name: Name | str
    plan: CyclePlan
    chosen: Basket
    lines: Mapping[str, Mapping[str, str]]
    definitions: Definitions
    above: tuple[Node | None, frozenset[str]]
    findings: list[Finding] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    """In which row of the sheet each KPI was sent."""


def _sheet(context: RequestContext, query: LinesQuery, chosen: Basket) -> _Sheet:
    loaded = scoring.state(context.connection)
    cycle = query.cycle if query.cycle is not None else asked_of(context, loaded, ScoreParameters()).cycle
    plan, node = loaded.plan(cycle), Node.parse(query.node)
    if node is None or node not in plan.nodes:
        raise NotThere
    above = scoring.parent_of_node(plan, node)
    lines: dict[str, Mapping[str, str]] = {}
    kpis_above: set[str] = set()
    for row in chosen.rows(FILE).values():
        if row["cycle"] != str(cycle):
            continue
        if row["node"] == str(node):
            lines[row["kpi"]] = row
        elif above is not None and row["node"] == str(above):
            kpis_above.add(row["kpi"])
    return _Sheet(
        node=node,
        name=distinct_name(context, node),
        plan=plan,
        chosen=chosen,
        lines=lines,
        definitions=intake.see_definitions(context.connection, chosen.changed).definitions,
        above=(above, frozenset(kpis_above)),
    )


@pages.read("/scorecards/edit/lines", may=Deed.SEE_FILES)
def lines(context: RequestContext, query: LinesQuery) -> Page:
    """The lines of a scorecard, each cell a field. Queries: constant."""
    changing.writer(context)
    return _page(context, _sheet(context, query, basket(context, query.into)))


def _page(context: RequestContext, sheet: _Sheet, looked: BasketLook | None = None) -> Page:
    plan, said = sheet.plan, RowWords(context)
    present = asked_of(context, scoring.state(context.connection), ScoreParameters()).cycle
    card = {kpi: Decimal(row["weight"]) for kpi, row in sheet.lines.items() if row["weight"]}
    return Page(
        "pages/scorecard_lines.html",
        node=sheet.node,
        name=sheet.name,
        cycle=plan.cycle,
        ahead=plan.cycle > present,
        rows=_rows(sheet, _count(context.typed.values)),
        columns=[(one, said.column(one)) for one in COLUMNS],
        kpi_column=said.column("kpi"),
        figures=FIGURES,
        cell=cell,
        kpis=sorted(
            ((code, kpi_name(sheet.definitions.kpis, code, plan.cycle)) for code in sheet.definitions.kpis),
            key=lambda one: one[1],
        ),
        kpi_name=lambda code: kpi_name(sheet.definitions.kpis, code, plan.cycle),
        units=[(str(one), said.name(one)) for one in plan.nodes if one.kind is NodeKind.UNIT],
        areas=_areas(sheet),
        links=[(str(one), words.LINK_TERMS[one]) for one in Link],
        missing=missing_weight(card),
        whole=WHOLE,
        exact=exact_figure,
        lines_most=LINES_MOST,
        basket=sheet.chosen,
        looked=looked,
        elsewhere=not_kept_here(context, [FILE]),
    )


def _areas(sheet: _Sheet) -> list[str]:
    """The areas that there are: those that have a name, and those of lines."""
    named = sheet.definitions.policies.areas.names
    return sorted({*named, *(row["area"] for row in sheet.lines.values() if row["area"])})


def _rows(sheet: _Sheet, typed: int) -> list[SheetRow]:
    """The lines, then rows that wait for more: as many as were typed into, and some."""
    rows = [
        SheetRow(number, kpi, {column: _shown(column, row[column]) for column in COLUMNS})
        for number, (kpi, row) in enumerate(sheet.lines.items())
    ]
    last = min(LINES_MOST, max(len(rows) + BLANK_ROWS, typed))
    return [*rows, *(SheetRow(number, "", {}) for number in range(len(rows), last))]


def _shown(column: str, value: str) -> str:
    return exact_figure(value) if value and column in FIGURES else value


def _count(names: Iterable[str]) -> int:
    """How many rows a form has: one more than the greatest number of a row in its fields' names."""
    parts = (name.rpartition("-") for name in names)
    numbers = [int(row) for column, _, row in parts if column == "kpi" and row.isdecimal() and len(row) < len("1000")]
    return min(LINES_MOST, max(numbers, default=-1) + 1)


@pages.act("/scorecards/edit/lines", may=Deed.KEEP_CHANGES, again="lines", transaction=False)
def edit(context: RequestContext, query: LinesQuery, form: LinesForm) -> Page | Redirect:
    """Put the lines that are new, other or gone into a change set, once what they do was shown."""
    with context.read():
        changing.writer(context)
        refuse_another_begin(form)
        sheet = _sheet(context, query, basket(context, form.into))
        puts = [_typed(sheet)]
        if sheet.findings:
            raise Invalid(*sheet.findings)
        looked = look(context, sheet.chosen, puts)
        if form.seen != looked.mark:
            typed = typed_so_far(LinesForm, request.full_path.rstrip("?"))
            context.typed = replace(typed, findings=tuple(_at_cells(sheet, looked.findings)))
            return _page(context, sheet, looked)
    return into_basket(context, form, puts, sheet.chosen)


# --------------------------------------------------------------------------------------------------------- what was typed


def _typed(sheet: _Sheet) -> Put:
    """The rows of the lines that are others than they are, and the keys of those that are to go."""
    key = {"cycle": str(sheet.plan.cycle), "node": str(sheet.node)}
    set_: list[dict[str, str]] = []
    remove: list[dict[str, str]] = []
    for number in range(_count(request.form)):
        kpi = _kpi_of(sheet, number)
        if kpi is None:
            continue
        if kpi in sheet.numbers:
            sheet.findings.append(at_field(cell("kpi", number), "twice", KPI_TWICE))
            continue
        sheet.numbers[kpi] = number
        present = sheet.lines.get(kpi)
        if cell("gone", number) in request.form:
            remove += [key | {"kpi": kpi}] if present is not None else []
            continue
        row = key | {"kpi": kpi} | _cells(sheet, number, present or {})
        if present is None and not row["link"]:
            row |= _hanging(sheet, kpi, row["area"])
        if row != dict(present or {}):
            set_.append(row)
    return Put(FILE, set_=set_, remove=remove)


def _at_cells(sheet: _Sheet, told: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """What a load finds wrong in lines of this scorecard, each at the cell that it is about."""
    for one in told:
        cycle, node, kpi = one["of"] if one["file"] == FILE and one["of"] else ("", "", "")
        is_here = (cycle, node) == (str(sheet.plan.cycle), str(sheet.node)) and kpi in sheet.numbers
        if is_here and one["level"] == Level.ERROR and one["field"] in COLUMNS:
            yield replace(one["finding"], place=Place(field=cell(one["field"], sheet.numbers[kpi])))


def _text(column: str, number: int) -> str:
    return trimmed(request.form.get(cell(column, number), ""))


def _kpi_of(sheet: _Sheet, number: int) -> str | None:
    """The KPI of a row; None where it is empty, or names none."""
    typed = _text("kpi", number)
    if not typed:
        if any(_text(column, number) for column in COLUMNS):
            sheet.findings.append(at_field(cell("kpi", number), "missing", NO_KPI_CHOSEN))
        return None
    kpi = _kpi_called(sheet, typed)
    if kpi is None:
        sheet.findings.append(at_field(cell("kpi", number), "no_kpi", NO_KPI, typed=typed))
    return kpi


def _kpi_called(sheet: _Sheet, typed: str) -> str | None:
    """A KPI by its code, else by its name in the page's language."""
    kpis = sheet.definitions.kpis
    if typed in kpis:
        return typed
    return _only(kpis, lambda code: kpi_name(kpis, code, sheet.plan.cycle), typed)


def _node_called(sheet: _Sheet, typed: str) -> str | None:
    """A node as files write it, else by its code, or a unit by its name in the page's language."""
    nodes = frozenset(sheet.plan.nodes)
    for text in (typed, f"{NodeKind.UNIT}:{typed}", f"{NodeKind.EMPLOYEE}:{typed}"):
        if Node.parse(text) in nodes:
            return text
    directory, day = sheet.plan.frame.directory, sheet.plan.day_within(dt.date.max)
    units = [str(one) for one in sheet.plan.nodes if one.kind is NodeKind.UNIT]
    return _only(units, lambda one: str(named(scoring.node_name(directory, Node.known(one), day))), typed)


def _only(codes: Iterable[str], named: Callable[[str], str], typed: str) -> str | None:
    """The one code that is called so, whatever the case; None where none is, or several."""
    some = [code for code in codes if named(code).casefold() == typed.casefold()]
    return some[0] if len(some) == 1 else None


def _cells(sheet: _Sheet, number: int, present: Mapping[str, str]) -> dict[str, str]:
    """The cells of a row, as the file writes them; what is wrong with one is kept with its field."""
    row = {column: _figure(sheet, column, number, present.get(column, "")) for column in FIGURES}
    row["area"] = _text("area", number)
    row["link"] = link = _text("link", number)
    if link and link not in set(Link):
        sheet.findings.append(at_field(cell("link", number), "no_link", NO_LINK))
    node, kpi = _text("parent_node", number), _text("parent_kpi", number)
    row["parent_node"] = (_node_called(sheet, node) or "") if node else ""
    row["parent_kpi"] = (_kpi_called(sheet, kpi) or "") if kpi else ""
    if node and not row["parent_node"]:
        sheet.findings.append(at_field(cell("parent_node", number), "no_node", NO_NODE, typed=node))
    if kpi and not row["parent_kpi"]:
        sheet.findings.append(at_field(cell("parent_kpi", number), "no_kpi", NO_KPI, typed=kpi))
    return row


def _figure(sheet: _Sheet, column: str, number: int, present: str) -> str:
    """A figure as the file writes it; as it stands there where it is the same number."""
    name, text = cell(column, number), _text(column, number)
    if not text and column != "weight":
        return ""
    value = read_number(text, field=name)
    if isinstance(value, Finding):
        sheet.findings.append(value)
        return ""
    if column == "weight" and not 0 < value <= WHOLE:
        sheet.findings.append(at_field(name, "no_weight", NO_WEIGHT))
    return present if present and Decimal(present) == value else format(value, "f")


def _hanging(sheet: _Sheet, kpi: str, area: str) -> dict[str, str]:
    """How a new line hangs of which nothing is said: on the same KPI of the unit above, where that has it."""
    node, kpis = sheet.above
    return hanging_of(kpi, None, parent=node, parent_kpis=kpis).as_row() | {"area": area}
