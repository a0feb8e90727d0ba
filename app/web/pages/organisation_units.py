"""A unit from a day on otherwise: renamed, moved under another, closed, split, merged into another; and a unit that is new.

What the form says becomes rows of units and postings by the rules of :mod:`app.rules.reorganising`, with the children of a unit that closes and
the people of it. Nothing is kept before it was shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, NamedTuple

from flask import url_for
from pydantic import BaseModel, ConfigDict, Field

from app.intake import Put, PutDocument
from app.kit.refusals import Invalid, NotThere, at_field
from app.organisation import Directory, Organisation
from app.plain.findings import Finding, n_
from app.rules.permissions import Deed
from app.rules.placement import Posting, UnitPeriod
from app.rules.reorganising import closed, may_stand_below, opened, transferred, unit_changed
from app.rules.terms import Job, Name, Node, NodeKind, Period, UnitKind
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.forms import FormDay
from app.web.asked.request_context import RequestContext
from app.web.asked.zones import ZONES
from app.web.changes import changing
from app.web.changes.change_basket import (
    BasketForm,
    BasketLook,
    IntoSet,
    basket,
    into_basket,
    look,
    not_kept_here,
    typed_so_far,
)
from app.web.changes.goals_rehung import Rehanging, rehung
from app.web.changes.rearranging import (
    Draft,
    before_day,
    draft,
    draft_or_loaded,
    employees_typed,
    has_units,
    missing,
    unit_choices,
    unit_name,
)
from app.web.entry.entry_form import country_names
from app.web.wording import words
from app.web.wording.languages import page_language

pages: Final = Pages("organisation_units")

NOT_ALIVE: Final = n_("%(unit)s does not exist on %(day)s: choose a day on which it does.")
ALREADY: Final = n_("There is a unit %(unit)s already on that day: choose another code.")
NO_UNIT: Final = n_("There is no unit %(unit)s on %(day)s: choose another unit, or another day.")
BELOW_ITSELF: Final = n_("%(unit)s is the unit itself, or below it: choose a unit elsewhere.")
NOT_THERE: Final = n_("%(name)s is not posted to this unit on that day: leave them out, or choose another day.")
THE_ROOT: Final = n_("The agency itself is neither moved nor closed: choose a unit below it.")

_CODE: Final = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$"


class UnitDeed(StrEnum):
    """What is done to a unit."""

    CHANGE = "change"
    MOVE = "move"
    CLOSE = "close"
    MERGE = "merge"
    SPLIT = "split"


DEEDS: Final[Mapping[UnitDeed, str]] = {
    UnitDeed.CHANGE: n_("Rename or correct"),
    UnitDeed.MOVE: n_("Move under another"),
    UnitDeed.CLOSE: n_("Close it"),
    UnitDeed.MERGE: n_("Merge into another"),
    UnitDeed.SPLIT: n_("Split"),
}


class UnitQuery(BaseModel):
    """What is to be done, filled in as far as an address says: the unit above that it was dragged onto, the day, and the set."""

    model_config = ConfigDict(frozen=True)

    do: UnitDeed = UnitDeed.CHANGE
    parent: Annotated[str, Field(max_length=40)] = ""
    day: FormDay | None = None
    into: IntoSet = None


class UnitForm(BasketForm):
    """All that the forms of a unit ask; each deed reads its own."""

    day: FormDay
    code: Annotated[str, Field(max_length=40)] = ""
    name: Annotated[str, Field(max_length=200)] = ""
    name_ko: Annotated[str, Field(max_length=200)] = ""
    name_es: Annotated[str, Field(max_length=200)] = ""
    kind: UnitKind | None = None
    parent: Annotated[str, Field(max_length=40)] = ""
    country: Annotated[str, Field(max_length=2)] = ""
    timezone: Annotated[str, Field(max_length=60)] = ""
    evaluation_group: Annotated[str, Field(max_length=100)] = ""
    people_to: Annotated[str, Field(max_length=40)] = ""
    units_to: Annotated[str, Field(max_length=40)] = ""
    heads_as: Job = Job.MANAGER
    employees: Annotated[str, Field(max_length=20_000)] = ""
    rehang: Annotated[str, Field(max_length=3)] = ""


class UnitLook(NamedTuple):
    """What the template finds beside the form."""

    look: BasketLook | None = None
    goals: tuple[str, ...] = ()
    begins_group: str = ""
    """An evaluation group that no unit was in before."""


@pages.read("/organisation/units", may=Deed.SEE_FILES)
def new(context: RequestContext, query: UnitQuery) -> Page:
    """The form for a unit that is new."""
    changing.writer(context)
    return _page(context, None, query, UnitLook())


@pages.read("/organisation/units/<code>", may=Deed.SEE_FILES)
def unit(context: RequestContext, code: str, query: UnitQuery) -> Page:
    """A unit: what holds, what has held, and the forms that change it for whoever keeps units."""
    return _page(context, code, query, UnitLook())


@pages.act("/organisation/units", may=Deed.KEEP_CHANGES, again="new", transaction=False)
def begin(context: RequestContext, query: UnitQuery, form: UnitForm) -> Page | Redirect:
    """Show what a new unit does; put it into the set when that was seen."""
    return _done(context, None, query, form)


@pages.act("/organisation/units/<code>", may=Deed.KEEP_CHANGES, again="unit", transaction=False)
def change(context: RequestContext, code: str, query: UnitQuery, form: UnitForm) -> Page | Redirect:
    """Show what the change does; put it into the set when that was seen."""
    return _done(context, code, query, form)


def _done(context: RequestContext, code: str | None, query: UnitQuery, form: UnitForm) -> Page | Redirect:
    with context.read():
        changing.writer(context)
        chosen = basket(context, form.into)
        begun = draft(context, chosen)
        if code is not None and not begun.directory.tree.rows(code):
            raise NotThere
        after = _new_unit(begun, form) if code is None else _MAKES[query.do](begun, code, form)
        puts: list[Put | PutDocument] = [*begun.puts(after)]
        goals: tuple[str, ...] = ()
        lines = None if code is None else _rehanging(begun, code, query.do, form)
        if lines is not None:
            puts, goals = rehung(context, chosen, puts, lines, day=form.day)
        looked = look(context, chosen, puts)
        if form.seen != looked.mark:
            context.typed = typed_so_far(UnitForm, _address(code, query))
            shown = UnitLook(looked, goals, _begins_group(begun, form))
            return _page(context, code, query.model_copy(update={"into": form.into}), shown)
    return into_basket(context, form, puts, chosen)


def _begins_group(begun: Draft, form: UnitForm) -> str:
    """The group that is typed where no unit is in it: one that is misspelt would be a group of its own, with seats of its own."""
    return "" if form.evaluation_group in _groups_of(begun.directory) else form.evaluation_group


def _groups_of(directory: Directory) -> set[str]:
    rows = (row for one in directory.tree.units for row in directory.tree.rows(one))
    return {"", *(row.evaluation_group for row in rows if row.evaluation_group)}


def _address(code: str | None, query: UnitQuery) -> str:
    if code is None:
        return url_for("organisation_units.new")
    return url_for("organisation_units.unit", code=code, do=query.do.value)


def _page(context: RequestContext, code: str | None, query: UnitQuery, shown: UnitLook) -> Page:
    chosen = basket(context, query.into)
    begun, is_wrong = draft_or_loaded(context, chosen)
    directory, day = begun.directory, query.day or context.today
    rows = () if code is None else directory.tree.rows(code)
    if code is not None and not rows:
        raise NotThere
    present = None if code is None else directory.unit_on(code, day) or directory.unit_near(code, day)
    below = () if code is None else directory.units_below(code, day)
    posted = [] if code is None else _posted(directory, code, day)
    return Page(
        "pages/organisation_units.html",
        code=code,
        name=None if code is None else unit_name(directory, code, day),
        present=present,
        rows=[
            (row, None if row.parent is None else unit_name(directory, row.parent, row.period.from_ or day))
            for row in rows
        ],
        do=query.do,
        deeds=DEEDS,
        query=query,
        day=day,
        below=[unit_name(directory, one, day) for one in (() if code is None else directory.children(code, day))],
        people=[directory.employees[one] for one in (() if code is None else directory.people_of(code, day))],
        heads=() if code is None else directory.heads_of(code, day),
        units=unit_choices(directory, day, without=below),
        all_units=unit_choices(directory, day),
        is_first=not has_units(directory),
        groups=sorted(_groups_of(directory) - {""}),
        begins_group=shown.begins_group,
        posted=posted,
        may_edit=changing.keeps(context),
        countries=country_names(page_language()),
        basket=chosen,
        is_wrong=is_wrong,
        elsewhere=not_kept_here(context, ["units.csv", "postings.csv"]),
        looked=shown.look,
        goals=shown.goals,
        last_day=before_day,
        node=None if code is None else Node(NodeKind.UNIT, code),
        zones=ZONES,
        words=words,
    )


def _posted(directory: Directory, code: str, day: dt.date) -> list[tuple[str, Posting]]:
    """Whoever is posted to a unit on a day or later, by name, in the order in which they come."""
    postings = [
        one
        for number in directory.placement.employees
        for one in directory.placement.postings(number)
        if one.unit == code and (one.period.to is None or one.period.to > day)
    ]
    postings.sort(key=lambda one: (one.period.from_ or dt.date.min, one.role is not Job.HEAD, one.employee))
    return [(directory.employees[one.employee].name, one) for one in postings]


# ---------------------------------------------------------------------------------------------------------- what is made


def _day(day: dt.date) -> str:
    return day.isoformat()


def _alive(begun: Draft, code: str, form: UnitForm) -> UnitPeriod:
    row = begun.directory.unit_on(code, form.day)
    if row is None:
        raise Invalid(at_field("day", "not_alive", NOT_ALIVE, unit=code, day=_day(form.day)))
    return row


def _there(begun: Draft, form: UnitForm, field: str) -> list[Finding]:
    """What is wrong with a unit that a field names: empty, or none of the day."""
    code = getattr(form, field)
    if not code:
        return missing(**{field: ""})
    if begun.directory.unit_on(code, form.day) is None:
        return [at_field(field, "unknown", NO_UNIT, unit=code, day=_day(form.day))]
    return []


def _elsewhere(begun: Draft, code: str, form: UnitForm, field: str) -> list[Finding]:
    """The same of a unit that must be neither the unit itself nor below it."""
    wrong = _there(begun, form, field)
    if not wrong and getattr(form, field) not in may_stand_below(begun.layout, code, from_=form.day):
        wrong = [at_field(field, "below_itself", BELOW_ITSELF, unit=getattr(form, field))]
    return wrong


def _right(*findings: Finding) -> None:
    if findings:
        raise Invalid(*findings)


def _columns(form: UnitForm) -> dict[str, Any]:
    return {
        "name": Name(form.name, ko=form.name_ko or None, es=form.name_es or None),
        "country": form.country,
        "timezone": form.timezone,
        "evaluation_group": form.evaluation_group or None,
    }


def _new_unit(begun: Draft, form: UnitForm) -> Organisation:
    is_first = not has_units(begun.directory)
    wrong = missing(code=form.code, name=form.name, country=form.country, timezone=form.timezone)
    if not is_first:
        wrong += [*missing(kind=form.kind), *_there(begun, form, "parent")]
    if form.code and begun.directory.unit_on(form.code, form.day) is not None:
        wrong.append(at_field("code", "already", ALREADY, unit=form.code))
    _right(*wrong)
    row = (
        _new_row(form, kind=UnitKind.AGENCY, parent=None)
        if is_first
        else _new_row(form, kind=form.kind or UnitKind.OFFICE, parent=form.parent)
    )
    return begun.laid_out(opened(begun.layout, row))


def _new_row(form: UnitForm, *, kind: UnitKind, parent: str | None) -> UnitPeriod:
    return UnitPeriod(code=form.code, kind=kind, parent=parent, period=Period(form.day, None), **_columns(form))


def _changed(begun: Draft, code: str, form: UnitForm) -> Organisation:
    row = _alive(begun, code, form)
    _right(*missing(name=form.name, country=form.country, timezone=form.timezone))
    given = _columns(form) | ({"kind": form.kind} if form.kind is not None and row.parent is not None else {})
    # A name is compared with all its languages.
    given = {name: value for name, value in given.items() if _cells(getattr(row, name)) != _cells(value)}
    rows = unit_changed(begun.directory.tree.rows(code), from_=form.day, **given) if given else ()
    return begun.laid_out(begun.layout.with_units(code, rows)) if given else begun.rows


def _cells(value: object) -> object:
    return (str(value), value.ko, value.es) if isinstance(value, Name) else value or None


def _moved(begun: Draft, code: str, form: UnitForm) -> Organisation:
    row = _alive(begun, code, form)
    if row.parent is None:
        _right(at_field("parent", "root", THE_ROOT))
    _right(*_elsewhere(begun, code, form, "parent"))
    rows = unit_changed(begun.directory.tree.rows(code), from_=form.day, parent=form.parent)
    return begun.laid_out(begun.layout.with_units(code, rows))


def _closed(begun: Draft, code: str, form: UnitForm) -> Organisation:
    row = _alive(begun, code, form)
    if row.parent is None:
        _right(at_field("day", "root", THE_ROOT))
    _right(*_elsewhere(begun, code, form, "people_to"), *_elsewhere(begun, code, form, "units_to"))
    return begun.laid_out(
        closed(
            begun.layout,
            code,
            from_=form.day,
            people_to=form.people_to,
            units_to=form.units_to,
            heads_as=form.heads_as,
        )
    )


def _merged(begun: Draft, code: str, form: UnitForm) -> Organisation:
    return _closed(begun, code, form.model_copy(update={"units_to": form.people_to}))


def _split(begun: Draft, code: str, form: UnitForm) -> Organisation:
    row = _alive(begun, code, form)
    wrong = missing(code=form.code, name=form.name)
    if form.code and begun.directory.unit_on(form.code, form.day) is not None:
        wrong.append(at_field("code", "already", ALREADY, unit=form.code))
    if row.parent is None:
        wrong.append(at_field("day", "root", THE_ROOT))
    numbers = employees_typed(begun.directory, form.employees, field="employees")
    posted = {one: begun.directory.placement.posting_on(one, form.day) for one in numbers}
    wrong += [
        at_field("employees", "not_posted", NOT_THERE, name=begun.directory.employees[number].name)
        for number, posting in posted.items()
        if posting is None or posting.unit != code
    ]
    _right(*wrong)
    as_before = form.model_copy(
        update={
            "country": form.country or row.country,
            "timezone": form.timezone or row.timezone,
            "evaluation_group": form.evaluation_group or row.evaluation_group or "",
        }
    )
    layout = opened(begun.layout, _new_row(as_before, kind=row.kind, parent=row.parent))
    for number, posting in posted.items():
        if posting is not None:
            rows = begun.directory.placement.postings(number)
            layout = layout.with_postings(
                number,
                transferred(
                    rows, employee=number, unit=form.code, role=posting.role, from_=form.day, to=posting.period.to
                ),
            )
    return begun.laid_out(layout)


_MAKES: Final[Mapping[UnitDeed, Callable[[Draft, str, UnitForm], Organisation]]] = {
    UnitDeed.CHANGE: _changed,
    UnitDeed.MOVE: _moved,
    UnitDeed.CLOSE: _closed,
    UnitDeed.MERGE: _merged,
    UnitDeed.SPLIT: _split,
}


def _rehanging(begun: Draft, code: str, do: UnitDeed, form: UnitForm) -> Rehanging | None:
    """Whose goal lines hung on which unit and hang on which other then; None where nothing of that is asked."""
    row = begun.directory.unit_on(code, form.day)
    if not form.rehang or row is None or row.parent is None:
        return None
    if do is UnitDeed.MOVE:
        return Rehanging(row.parent, form.parent, code)
    return Rehanging(code, form.people_to) if do in {UnitDeed.CLOSE, UnitDeed.MERGE} else None
