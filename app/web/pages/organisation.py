"""The organisation of any day as one tree, compared with that of another day, or with what a change set makes of it.

Do not look for who moves something here: a unit that is dragged, or chosen by "Move…", leads to the unit's form, filled in.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Final

from flask_babel import gettext
from pydantic import BaseModel, ConfigDict, Field

from app import cycle, scoring
from app.organisation import Directory
from app.plain.findings import n_
from app.rules.names import folded
from app.rules.permissions import Deed
from app.rules.presence import cycle_of
from app.rules.terms import Node, NodeKind
from app.web.answer.rendering import Json, Page
from app.web.answer.routing import Pages
from app.web.asked.request_context import RequestContext
from app.web.changes import changing
from app.web.changes.change_basket import NEW, basket
from app.web.changes.rearranging import draft_or_loaded, unit_name
from app.web.entry.entry_form import colleagues_named, country_names
from app.web.wording import words
from app.web.wording.group_names import group_namer
from app.web.wording.languages import named, page_language

pages: Final = Pages("organisation")


class TreeQuery(BaseModel):
    """Of which day, held against which other one, and with which open change set."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    on: dt.date | None = None
    with_: Annotated[dt.date | None, Field(alias="with")] = None
    set_: Annotated[str, Field(alias="set", pattern=r"^[0-9]{1,18}$")] = ""
    """An open set of one's own: the tree is shown as it would be with it, and marks what it changes."""
    text: Annotated[str, Field(max_length=200)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeUnit:
    """A unit of the tree.

    Attributes:
        heads: the names of its heads.
        people: how many are posted to it itself, and how many of them have a grade proposed in the cycle of the day; ``everyone`` and
            ``everyone_graded`` with those of all units below.
        group: the evaluation group of its people.
        marks: what the other day has otherwise, in words.
        is_met: whether the text that is looked for is in it.
        is_open: whether what is below it is shown at first.
    """

    code: str
    name: str
    kind: str
    heads: tuple[str, ...]
    people: int
    graded: int
    everyone: int
    everyone_graded: int
    country: str
    group: str
    marks: tuple[str, ...]
    is_gone: bool
    is_met: bool
    is_open: bool
    below: tuple[TreeUnit, ...]


@pages.read("/organisation", may=Deed.SEE_FILES)
def organisation(context: RequestContext, query: TreeQuery) -> Page:
    """The tree. Queries: constant."""
    keeps = changing.keeps(context)
    chosen = basket(context, query.set_ or NEW)
    shown, is_wrong = draft_or_loaded(context, chosen)
    day = query.on or context.today
    other_day = query.with_ or (day if chosen.chosen is not None else None)
    other = context.directory if other_day is not None else None
    compared = [] if other is None else _differences(other, other_day or day, shown.directory, day)
    graded = _graded(context, day)
    tree = _Drawing(shown.directory, day, other, other_day or day, query.text, dict(compared), graded).roots()
    return Page(
        "pages/organisation.html",
        tree=tree,
        met=[one for one in _all(tree) if one.is_met],
        count=sum(1 for one in _all(tree) if not one.is_gone),
        day=day,
        other_day=query.with_,
        differences=[(unit_name(shown.directory, code, day), marks) for code, marks in compared],
        is_compared=other is not None,
        chosen=chosen.chosen,
        is_wrong=is_wrong,
        sets=chosen.sets if keeps else (),
        query=query,
        keeps=keeps,
        may_see_people=context.allowed(Deed.SEE_PEOPLE_SCORES),
        sees_card=context.sees(Deed.SEE_SCORECARD),
        group_name=group_namer(scoring.state(context.connection).sheet.definitions.policies),
        node_of=lambda code: Node(NodeKind.UNIT, code),
        countries=dict(country_names(page_language())),
        words=words,
    )


def _graded(context: RequestContext, day: dt.date) -> frozenset[str]:
    """The numbers of those for whom a grade is proposed in the cycle of a day. Queries: those of :func:`app.cycle.propose_employee_grades`."""
    year = cycle_of(day, scoring.state(context.connection).frame.first_month)
    proposed = cycle.propose_employee_grades(context.connection, cycle=year, today=context.today)
    return frozenset(one.employee for one in proposed.proposal.rows if one.grade is not None)


class NameTyped(BaseModel):
    """What was typed of an employee's name or number so far."""

    model_config = ConfigDict(frozen=True)

    text: Annotated[str, Field(max_length=200)] = ""


@pages.read("/organisation/employees", may=Deed.SEE_FILES)
def employees(context: RequestContext, query: NameTyped) -> Json:
    """Employees in service whose name or number begins so, each with the unit that tells them from others called so."""
    return Json({"items": colleagues_named(context.directory, text=query.text, day=context.today)})


def _all(tree: tuple[TreeUnit, ...]) -> list[TreeUnit]:
    return [one for unit in tree for one in (unit, *_all(unit.below))]


def _heads(directory: Directory, code: str, day: dt.date) -> tuple[str, ...]:
    return tuple(directory.employees[one].name for one in directory.heads_of(code, day))


def _differences(
    one: Directory, one_day: dt.date, other: Directory, other_day: dt.date
) -> list[tuple[str, tuple[str, ...]]]:
    """What of each unit is another on the second day, in words, in the order of the second tree; units that are gone last."""
    root, was_root = other.tree.root_on(other_day), one.tree.root_on(one_day)
    now = () if root is None else other.units_below(root, other_day)
    was = () if was_root is None else one.units_below(was_root, one_day)
    told = [(code, tuple(_marks(one, one_day, other, other_day, code))) for code in dict.fromkeys((*now, *was))]
    return [(code, marks) for code, marks in told if marks]


def _marks(one: Directory, one_day: dt.date, other: Directory, other_day: dt.date, code: str) -> list[str]:
    was, now = one.unit_on(code, one_day), other.unit_on(code, other_day)
    if now is None:
        return [] if was is None else [str(gettext(n_("has closed")))]
    if was is None:
        return [str(gettext(n_("is new")))]
    marks = []
    if was.parent != now.parent:
        above = "–" if was.parent is None else unit_name(one, was.parent, one_day)
        marks.append(str(gettext(n_("moved, was below %(unit)s"), unit=above)))
    if named(was.name) != named(now.name):
        marks.append(str(gettext(n_("renamed, was “%(name)s”"), name=named(was.name))))
    heads, were = _heads(other, code, other_day), _heads(one, code, one_day)
    if heads != were:
        marks.append(str(gettext(n_("other head, was %(name)s"), name=", ".join(were) or "–")))
    if one.evaluation_group(code, one_day) != other.evaluation_group(code, other_day):
        group = one.evaluation_group(code, one_day) or "–"
        marks.append(str(gettext(n_("other evaluation group, was %(group)s"), group=group)))
    if was.country != now.country:
        marks.append(str(gettext(n_("other country, was %(country)s"), country=was.country or "–")))
    gone = set(one.people_of(code, one_day)) - set(other.people_of(code, other_day))
    come = set(other.people_of(code, other_day)) - set(one.people_of(code, one_day))
    if gone or come:
        marks.append(str(gettext(n_("people: %(come)s more, %(gone)s gone"), come=len(come), gone=len(gone))))
    return marks


@dataclass(frozen=True, slots=True)
class _Drawing:
    """The tree of a day as the page draws it, with units beside it that were there on the other day alone."""

    directory: Directory
    day: dt.date
    other: Directory | None
    other_day: dt.date
    text: str
    marks: dict[str, tuple[str, ...]]
    graded: frozenset[str]

    def roots(self) -> tuple[TreeUnit, ...]:
        root = self.directory.tree.root_on(self.day)
        return () if root is None else (self._unit(root, 0),)

    def _unit(self, code: str, depth: int) -> TreeUnit:
        below = tuple(self._unit(one, depth + 1) for one in self._below(code))
        row = self.directory.unit_on(code, self.day)
        is_gone = row is None
        directory, day = (self.other or self.directory, self.other_day) if is_gone else (self.directory, self.day)
        row = row or directory.unit_near(code, day)
        people = directory.people_of(code, day)
        graded = sum(1 for one in people if one in self.graded)
        heads = _heads(directory, code, day)
        name = code if row is None else named(row.name)
        wanted = folded(self.text)
        is_met = bool(wanted) and any(wanted in folded(one) for one in (name, code, *heads))
        is_open = any(one.is_met or one.is_open or one.marks for one in below) if wanted or self.marks else depth < 1
        return TreeUnit(
            code=code,
            name=name,
            kind="" if row is None else str(row.kind),
            heads=heads,
            people=len(people),
            graded=graded,
            everyone_graded=graded + sum(one.everyone_graded for one in below if not one.is_gone),
            everyone=len(people) + sum(one.everyone for one in below if not one.is_gone),
            country="" if row is None else row.country,
            group=directory.evaluation_group(code, day) or "",
            marks=self.marks.get(code, ()),
            is_gone=is_gone,
            is_met=is_met,
            is_open=is_open,
            below=below,
        )

    def _below(self, code: str) -> tuple[str, ...]:
        here = self.directory.children(code, self.day)
        if self.other is None:
            return here
        gone = [
            one for one in self.other.children(code, self.other_day) if self.directory.unit_on(one, self.day) is None
        ]
        return (*here, *gone)
