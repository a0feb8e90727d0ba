"""Evaluation groups: how large each is by the people who are graded in it, one merged into another, and the coefficient of a group's offices.

Do not count a group by who is posted: seats hang on who is graded, and heads may be a group of their own.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final

from flask import url_for
from pydantic import BaseModel, ConfigDict, Field

from app import cycle, intake, scoring
from app.intake import Put, PutDocument
from app.kit.refusals import Invalid, at_field
from app.organisation import Directory
from app.plain.findings import Finding, n_
from app.rules.permissions import Deed
from app.rules.presence import cycle_of, cycle_period
from app.rules.reorganising import unit_changed
from app.rules.standings import Standings
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.forms import FormDay
from app.web.asked.request_context import RequestContext
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
    typed_so_far,
)
from app.web.changes.rearranging import Draft, draft, draft_or_loaded, missing, unit_name
from app.web.wording.group_names import group_namer
from app.web.wording.typed_numbers import read_number

pages: Final = Pages("evaluation_groups")

_LEAST, _MOST = Decimal("0.80"), Decimal("1.20")
_SPREAD: Final = frozenset({"deviation", "ratio"})
"""The methods whose base value a coefficient multiplies."""

SAME: Final = n_("A group is not merged into itself: choose another one.")
NO_UNITS: Final = n_("No unit is of this group on %(day)s: choose another group, or another day.")
OUTSIDE: Final = n_("A coefficient lies between %(least)s and %(most)s: write one of these, such as 1.05.")
NO_LINES: Final = n_("No line of this group in the cycle %(cycle)s takes a coefficient: choose another group or cycle.")


class GroupsDeed(StrEnum):
    """What is done to a group."""

    MERGE = "merge"
    COEFFICIENT = "coefficient"


DEEDS: Final[Mapping[GroupsDeed, str]] = {
    GroupsDeed.MERGE: n_("Merge a group into another"),
    GroupsDeed.COEFFICIENT: n_("Coefficient of a group"),
}


class GroupsQuery(BaseModel):
    """Of which day, and what is to be done."""

    model_config = ConfigDict(frozen=True)

    on: dt.date | None = None
    do: GroupsDeed = GroupsDeed.MERGE
    group: Annotated[str, Field(max_length=100)] = ""
    into: IntoSet = None


class GroupsForm(BasketForm):
    """Both forms; each deed reads its own."""

    group: Annotated[str, Field(max_length=100)] = ""
    other: Annotated[str, Field(max_length=100)] = ""
    day: FormDay | None = None
    cycle: Annotated[int | None, Field(ge=1900, le=2999)] = None
    coefficient: Annotated[str, Field(max_length=40)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """A group: its units that bear it themselves, how many are graded in it, what it is graded with, and the seats of that by grade."""

    code: str
    units: tuple[str, ...]
    graded: int
    with_: str
    size: int
    seats: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GroupsLook:
    """What a form would do, with the groups before and after."""

    look: BasketLook
    before: tuple[GroupRow, ...]
    after: tuple[GroupRow, ...]
    grades: tuple[str, ...]


@pages.read("/organisation/groups", may=Deed.SEE_FILES)
def groups(context: RequestContext, query: GroupsQuery) -> Page:
    """The groups of a day's cycle, with the forms for hr. Queries: constant."""
    return _page(context, query, None)


@pages.act("/organisation/groups", may=Deed.KEEP_CHANGES, again="groups", transaction=False)
def change(context: RequestContext, query: GroupsQuery, form: GroupsForm) -> Page | Redirect:
    """Show whom it moves and what becomes of the seats; put it into the set when that was seen."""
    with context.read():
        changing.writer(context)
        if query.do is GroupsDeed.COEFFICIENT:
            # Its reason is published with it: it is that of a set of its own.
            form = form.model_copy(update={"into": NEW})
        chosen = basket(context, form.into)
        begun = draft(context, chosen)
        puts: list[Put | PutDocument] = (
            [*_merged(begun, form)]
            if query.do is GroupsDeed.MERGE
            else [_with_coefficient(context, begun.directory, chosen, form)]
        )
        looked = look(context, chosen, puts)
        if form.seen != looked.mark:
            context.typed = typed_so_far(GroupsForm, url_for("evaluation_groups.groups", do=query.do.value))
            shown = _looked(context, chosen, puts, looked)
            return _page(context, query.model_copy(update={"into": form.into}), shown)
    return into_basket(context, form, puts, chosen)


def _page(context: RequestContext, query: GroupsQuery, shown: GroupsLook | None) -> Page:
    loaded = scoring.state(context.connection)
    keeps = changing.keeps(context)
    chosen = basket(context, NEW if not keeps or query.do is GroupsDeed.COEFFICIENT else query.into)
    begun, is_wrong = draft_or_loaded(context, chosen)
    day = query.on or context.today
    year = cycle_of(day, loaded.frame.first_month)
    proposed = cycle.propose_employee_grades(context.connection, cycle=year, today=context.today).proposal
    policies = loaded.sheet.definitions.policies
    rows = _rows(context.directory, day, proposed.standings)
    return Page(
        "pages/evaluation_groups.html",
        rows=rows,
        grades=proposed.standings.plan.grades,
        day=day,
        cycle=year,
        minimum=policies.groups.minimum,
        heads_apart=policies.groups.heads_apart,
        group_name=group_namer(policies),
        groups=sorted(_units_of_groups(begun.directory, day)),
        cycles=(year, year + 1),
        do=query.do,
        deeds=DEEDS,
        query=query,
        keeps=keeps,
        basket=chosen,
        is_wrong=is_wrong,
        elsewhere=not_kept_here(context, ["units.csv" if query.do is GroupsDeed.MERGE else "scorecards.csv"])
        if keeps
        else [],
        looked=None if shown is None else shown.look,
        shown=shown,
    )


def _units_of_groups(directory: Directory, day: dt.date) -> dict[str, list[str]]:
    """The units of a day whose own row names a group, by group."""
    units: dict[str, list[str]] = {}
    for code in directory.tree.units:
        row = directory.unit_on(code, day)
        if row is not None and row.evaluation_group:
            units.setdefault(row.evaluation_group, []).append(code)
    return units


def _rows(directory: Directory, day: dt.date, standings: Standings) -> tuple[GroupRow, ...]:
    units = _units_of_groups(directory, day)
    graded = Counter(one.entrant.group for one in standings.by_code.values())
    return tuple(
        GroupRow(
            code=code,
            units=tuple(unit_name(directory, one, day) for one in units.get(code, ())),
            graded=graded[code],
            with_=standings.became.get(code, code),
            size=standings.sizes.get(standings.became.get(code, code), 0),
            seats=tuple(standings.plan.seats.get(standings.became.get(code, code), ())),
        )
        for code in sorted(units.keys() | graded.keys())
    )


def _looked(
    context: RequestContext, chosen: Basket, puts: Sequence[Put | PutDocument], looked: BasketLook
) -> GroupsLook | None:
    """The groups before and after, in the cycle that is looked at first; without them where the set would have errors."""
    whole, _ = intake.proposed(context.connection, chosen.changed, puts)
    judged = intake.check_change(context.connection, whole)
    if judged.judged is None or not judged.is_right:
        return GroupsLook(looked, (), (), ())
    one, other = intake.standings_of_change(
        context.connection, judged.judged, of_cycle=looked.cycles[0], today=context.today
    )
    first_month = scoring.state(context.connection).frame.first_month
    last = (cycle_period(looked.cycles[0], first_month).to or context.today) - dt.timedelta(days=1)
    after = intake.directory_with(context.connection, judged)
    return GroupsLook(looked, _rows(context.directory, last, one), _rows(after, last, other), tuple(other.plan.grades))


# ------------------------------------------------------------------------------------------------------------- what is made


def _right(*findings: Finding) -> None:
    if findings:
        raise Invalid(*findings)


def _merged(begun: Draft, form: GroupsForm) -> list[Put]:
    _right(*missing(group=form.group, other=form.other, day=form.day))
    if form.group == form.other:
        _right(at_field("other", "same", SAME))
    day = form.day or dt.date.min
    codes = _units_of_groups(begun.directory, day).get(form.group, [])
    if not codes:
        _right(at_field("group", "no_units", NO_UNITS, day=day.isoformat()))
    layout = begun.layout
    for code in codes:
        rows = begun.directory.tree.rows(code)
        layout = layout.with_units(code, unit_changed(rows, from_=day, evaluation_group=form.other))
    return begun.puts(begun.laid_out(layout))


def _with_coefficient(context: RequestContext, directory: Directory, chosen: Basket, form: GroupsForm) -> Put:
    _right(*missing(group=form.group, cycle=form.cycle, coefficient=form.coefficient))
    number = read_number(form.coefficient, field="coefficient")
    if isinstance(number, Finding):
        raise Invalid(number)
    if not _LEAST <= number <= _MOST:
        raise Invalid(at_field("coefficient", "outside", OUTSIDE, least=str(_LEAST), most=str(_MOST)))
    year = form.cycle or 0
    loaded = scoring.state(context.connection)
    kpis = loaded.sheet.definitions.kpis
    first = cycle_period(year, loaded.frame.first_month).from_ or context.today
    lines = [
        {**row, "coefficient": f"{number.normalize():f}"}
        for row in chosen.rows("scorecards.csv").values()
        if row["cycle"] == str(year)
        and row["node"].startswith("unit:")
        and directory.evaluation_group(row["node"].removeprefix("unit:"), first) == form.group
        and row["kpi"] in kpis
        and kpis[row["kpi"]].version(year).method.name in _SPREAD
    ]
    if not lines:
        _right(at_field("group", "no_lines", NO_LINES, cycle=year))
    return Put("scorecards.csv", lines)
