"""People who are transferred, join, leave, are on leave or seconded, or are employed otherwise: one short form each, which says what happens to whom.

What is typed becomes rows by the rules of :mod:`app.rules.reorganising`: a posting ends where the next begins. Nothing is kept before it was shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Final

from flask import url_for
from pydantic import BaseModel, ConfigDict, Field

from app import scoring
from app.kit.refusals import Invalid, at_field
from app.organisation import Directory, Employee, Organisation, Status
from app.plain.findings import Finding, n_
from app.rules.employment import Terms
from app.rules.numbering import next_number
from app.rules.permissions import Deed
from app.rules.placement import Posting
from app.rules.reorganising import cycles_of, departed, employed, transferred
from app.rules.terms import Job, Node, NodeKind, Period, StatusKind
from app.web.answer.rendering import Page, Redirect
from app.web.answer.routing import Pages
from app.web.asked.forms import FormDay
from app.web.asked.request_context import RequestContext
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
from app.web.changes.rearranging import (
    Draft,
    before_day,
    draft,
    draft_or_loaded,
    employees_typed,
    missing,
    unit_choices,
    unit_name,
)
from app.web.wording import words
from app.web.wording.typed_numbers import read_number

pages: Final = Pages("transfer")

NO_UNIT: Final = n_("There is no unit %(unit)s on %(day)s: choose another unit, or another day.")
NOT_POSTED: Final = n_(
    "%(name)s is not posted to the unit that you chose on %(day)s: leave them out, or choose another."
)
NOT_IN_SERVICE: Final = n_("%(name)s is not in service on %(day)s: choose a day of their service.")
NOBODY: Final = n_("Nobody is named: write at least one name or number.")
TAKEN: Final = n_("There is an employee %(number)s already: choose another number.")
TURNED_ROUND: Final = n_("The last day is before the first one: turn the two round.")
NOTHING_NEW: Final = n_("Nothing is said of job, rank or base: fill in what changes.")
NO_BASE: Final = n_("A monthly base is whole won, from 0 to %(most)s: write it without decimals.")

_BASE_MOST: Final = 10**12
_NUMBER: Final = r"^\S{1,40}$"


class PeopleDeed(StrEnum):
    """What happens to people."""

    MOVE = "move"
    JOIN = "join"
    LEAVE_SERVICE = "leaver"
    LEAVE = "leave"
    SECOND = "secondment"
    TERMS = "terms"


DEEDS: Final[Mapping[PeopleDeed, str]] = {
    PeopleDeed.MOVE: n_("Transfer"),
    PeopleDeed.JOIN: n_("Somebody joins"),
    PeopleDeed.LEAVE_SERVICE: n_("Somebody leaves"),
    PeopleDeed.LEAVE: n_("Leave"),
    PeopleDeed.SECOND: n_("Secondment"),
    PeopleDeed.TERMS: n_("Other job, rank or base"),
}


class TransferQuery(BaseModel):
    """What is to be done, filled in as far as an address says."""

    model_config = ConfigDict(frozen=True)

    do: PeopleDeed = PeopleDeed.MOVE
    employee: Annotated[str, Field(max_length=40)] = ""
    from_unit: Annotated[str, Field(max_length=40)] = ""
    into: IntoSet = None


class TransferForm(BasketForm):
    """All that the forms ask; each deed reads its own."""

    employees: Annotated[str, Field(max_length=20_000)] = ""
    from_unit: Annotated[str, Field(max_length=40)] = ""
    unit: Annotated[str, Field(max_length=40)] = ""
    role: Job | None = None
    day: FormDay
    until: FormDay | None = None
    job: Job | None = None
    rank: Annotated[str, Field(max_length=40)] = ""
    monthly_base: Annotated[str, Field(max_length=40)] = ""
    number: Annotated[str, Field(pattern=_NUMBER)] = ""
    name: Annotated[str, Field(max_length=200)] = ""
    email: Annotated[str, Field(max_length=254)] = ""
    note: Annotated[str, Field(max_length=500)] = ""


@pages.read("/organisation/transfer", may=Deed.SEE_FILES)
def transfer(context: RequestContext, query: TransferQuery) -> Page:
    """The forms, one at a time."""
    changing.writer(context)
    return _page(context, query, None)


@pages.act("/organisation/transfer", may=Deed.KEEP_CHANGES, again="transfer", transaction=False)
def change(context: RequestContext, query: TransferQuery, form: TransferForm) -> Page | Redirect:
    """Show what happens to whom; put it into the set when that was seen."""
    with context.read():
        changing.writer(context)
        chosen = basket(context, form.into)
        begun = draft(context, chosen)
        first_month = scoring.state(context.connection).frame.first_month
        puts = begun.puts(_MAKES[query.do](begun, form, first_month))
        looked = look(context, chosen, puts)
        if form.seen != looked.mark:
            context.typed = typed_so_far(TransferForm, url_for("transfer.transfer", do=query.do.value))
            return _page(context, query.model_copy(update={"into": form.into}), looked)
    return into_basket(context, form, puts, chosen)


def _page(context: RequestContext, query: TransferQuery, looked: BasketLook | None) -> Page:
    chosen = basket(context, query.into)
    begun, is_wrong = draft_or_loaded(context, chosen)
    person = begun.directory.employees.get(query.employee)
    ranks = {one.rank for one in begun.rows.employees} | {one.rank for one in begun.rows.employment}
    return Page(
        "pages/transfer.html",
        do=query.do,
        deeds=DEEDS,
        query=query,
        person="" if person is None else f"{person.name} ({person.number})",
        held_rows=[] if person is None else _what_holds(begun.directory, person.number),
        sees_base=person is not None and context.sees(Deed.SEE_PAY)(Node(NodeKind.EMPLOYEE, person.number)),
        unit_called=lambda unit: unit_name(begun.directory, unit, context.today),
        last_day=before_day,
        units=unit_choices(begun.directory, context.today),
        ranks=sorted(one for one in ranks if one),
        next_number=next_number(begun.directory.employees) or "" if query.do is PeopleDeed.JOIN else "",
        basket=chosen,
        is_wrong=is_wrong,
        elsewhere=not_kept_here(context, _FILES[query.do]),
        looked=looked,
        words=words,
    )


def _what_holds(directory: Directory, number: str) -> list[tuple[Period, Posting | None, Terms | None]]:
    """What somebody was, is and will be posted and employed as, with the set that is looked at, in the order of its first days."""
    known, later = directory.employees[number], directory.employment.get(number, ())
    first = min((row.period.from_ or dt.date.min for row in later), default=known.service.to)
    rows: list[tuple[Period, Posting | None, Terms | None]] = [(known.service._replace(to=first), None, known.terms)]
    rows += [(one.period, one, None) for one in directory.placement.postings(number)]
    for row in later:
        rows.append((row.period, None, directory.terms_on(number, row.period.from_ or dt.date.min)))
    return sorted(rows, key=lambda one: (one[0].from_ or dt.date.min, one[1] is None))


_FILES: Final[Mapping[PeopleDeed, tuple[str, ...]]] = {
    PeopleDeed.MOVE: ("postings.csv",),
    PeopleDeed.JOIN: ("employees.csv", "postings.csv"),
    PeopleDeed.LEAVE_SERVICE: ("employees.csv", "postings.csv", "employment.csv"),
    PeopleDeed.LEAVE: ("status.csv",),
    PeopleDeed.SECOND: ("status.csv", "postings.csv"),
    PeopleDeed.TERMS: ("employment.csv",),
}
"""The files that each form writes to."""


# ---------------------------------------------------------------------------------------------------------- what is typed


def _right(*findings: Finding) -> None:
    if findings:
        raise Invalid(*findings)


def _unit_there(begun: Draft, form: TransferForm, field: str = "unit") -> list[Finding]:
    code = getattr(form, field)
    if not code:
        return missing(**{field: ""})
    if begun.directory.unit_on(code, form.day) is None:
        return [at_field(field, "unknown", NO_UNIT, unit=code, day=form.day.isoformat())]
    return []


def _people(begun: Draft, form: TransferForm) -> list[str]:
    """Whom the form means: those who are named; where a unit is chosen, its people alone, and all of them where nobody is named.

    Raises:
        Invalid: nobody is meant, or somebody who is not there on that day.
    """
    numbers = employees_typed(begun.directory, form.employees, field="employees")
    if not numbers and form.from_unit:
        _right(*_unit_there(begun, form, "from_unit"))
        numbers = list(begun.directory.people_of(form.from_unit, form.day))
    if not numbers:
        _right(at_field("employees", "missing", NOBODY))
    day = form.day.isoformat()
    known = begun.directory.employees
    wrong = [
        at_field("employees", "not_in_service", NOT_IN_SERVICE, name=known[one].name, day=day)
        for one in numbers
        if form.day not in known[one].service
    ]
    if form.from_unit:
        wrong += [
            at_field("employees", "not_posted", NOT_POSTED, name=known[one].name, day=day)
            for one in numbers
            if begun.directory.unit_of(one, form.day) != form.from_unit
        ]
    _right(*wrong)
    return numbers


def _end(form: TransferForm) -> dt.date | None:
    """The day after the last one, which is what is typed; None for an open end.

    Raises:
        Invalid: the last day is before the first.
    """
    if form.until is None:
        return None
    if form.until < form.day:
        _right(at_field("until", "turned_round", TURNED_ROUND))
    return form.until + dt.timedelta(days=1)


def _base(form: TransferForm) -> int | None:
    """The monthly base in won; None where none is typed.

    Raises:
        Invalid: it is none.
    """
    if not form.monthly_base:
        return None
    number = read_number(form.monthly_base, field="monthly_base")
    if isinstance(number, Finding):
        raise Invalid(number)
    if number != int(number) or not 0 <= number <= _BASE_MOST:
        raise Invalid(at_field("monthly_base", "no_base", NO_BASE, most=f"{_BASE_MOST:,}"))
    return int(number)


# ------------------------------------------------------------------------------------------------------------- what is made


def _moved(begun: Draft, form: TransferForm, _first_month: int) -> Organisation:
    _right(*_unit_there(begun, form), *missing(role=form.role))
    end, base, numbers = _end(form), _base(form), _people(begun, form)
    layout = begun.layout
    for number in numbers:
        before = begun.directory.placement.postings(number)
        rows = transferred(before, employee=number, unit=form.unit, role=form.role or Job.STAFF, from_=form.day, to=end)
        layout = layout.with_postings(number, _in_service(begun, number, rows))
    after = begun.laid_out(layout)
    return _with_terms(begun, after, numbers, form, base) if form.job or form.rank or base is not None else after


def _in_service(begun: Draft, number: str, rows: tuple[Posting, ...]) -> tuple[Posting, ...]:
    left_on = begun.directory.employees[number].left_on
    return rows if left_on is None else departed(rows, left_on)


def _with_terms(
    begun: Draft, after: Organisation, numbers: list[str], form: TransferForm, base: int | None
) -> Organisation:
    meant = set(numbers)
    others = [one for one in after.employment if one.employee not in meant]
    changed = [
        row
        for number in numbers
        for row in employed(
            begun.directory.employment.get(number, ()),
            employee=number,
            from_=form.day,
            job=form.job,
            rank=form.rank or None,
            monthly_base=base,
        )
    ]
    return replace(after, employment=[*others, *changed])


def _terms(begun: Draft, form: TransferForm, _first_month: int) -> Organisation:
    base = _base(form)
    if not form.job and not form.rank and base is None:
        _right(at_field("job", "nothing", NOTHING_NEW))
    return _with_terms(begun, begun.rows, _people(begun, form), form, base)


def _joined(begun: Draft, form: TransferForm, _first_month: int) -> Organisation:
    wrong = missing(number=form.number, name=form.name, job=form.job, monthly_base=form.monthly_base)
    wrong += _unit_there(begun, form)
    if form.number in begun.directory.employees:
        wrong.append(at_field("number", "taken", TAKEN, number=form.number))
    _right(*wrong)
    job = form.job or Job.STAFF
    person = Employee(
        number=form.number,
        name=form.name,
        email=form.email or None,
        rank=form.rank or None,
        job=job,
        monthly_base=_base(form) or 0,
        hired_on=form.day,
        left_on=None,
    )
    posting = Posting(employee=form.number, unit=form.unit, role=form.role or job, period=Period(form.day, None))
    return replace(begun.rows, employees=[*begun.rows.employees, person], postings=[*begun.rows.postings, posting])


def _left(begun: Draft, form: TransferForm, _first_month: int) -> Organisation:
    numbers = _people(begun, form)
    left_on = form.day + dt.timedelta(days=1)
    meant = set(numbers)
    layout = begun.layout
    for number in numbers:
        layout = layout.with_postings(number, departed(begun.directory.placement.postings(number), left_on))
    # Terms that hold on the last day stay as they are: an end outside the service decides nothing.
    employment = [
        one
        for one in begun.rows.employment
        if one.employee not in meant or one.period.from_ is None or one.period.from_ < left_on
    ]
    employees = [replace(one, left_on=left_on) if one.number in meant else one for one in begun.rows.employees]
    return begun.laid_out(layout, employees=employees, employment=employment)


def _on_leave(begun: Draft, form: TransferForm, first_month: int) -> Organisation:
    return replace(begun.rows, statuses=_statuses(begun, form, StatusKind.LEAVE, first_month))


def _seconded(begun: Draft, form: TransferForm, first_month: int) -> Organisation:
    end = _end(form)
    statuses = _statuses(begun, form, StatusKind.SECONDMENT, first_month)
    layout = begun.layout
    if form.unit:
        _right(*_unit_there(begun, form), *missing(until=form.until))
        for number in _people(begun, form):
            before = begun.directory.placement.postings(number)
            posting = begun.directory.placement.posting_on(number, form.day)
            role = form.role or (Job.STAFF if posting is None else posting.role)
            rows = transferred(before, employee=number, unit=form.unit, role=role, from_=form.day, to=end)
            layout = layout.with_postings(number, _in_service(begun, number, rows))
    return begun.laid_out(layout, statuses=statuses)


LONG: Final = n_("Days of more than %(most)s years are entered without an end: leave the last day empty.")
_LONG_YEARS: Final = 30


def _statuses(begun: Draft, form: TransferForm, kind: StatusKind, first_month: int) -> list[Status]:
    if form.until is not None and form.until.year - form.day.year > _LONG_YEARS:
        _right(at_field("until", "too_long", LONG, most=_LONG_YEARS))
    parts = cycles_of(Period(form.day, _end(form)), first_month=first_month)
    more = [
        Status(employee=number, cycle=cycle, kind=kind, period=period, note=form.note or None)
        for number in _people(begun, form)
        for cycle, period in parts
    ]
    return [*begun.rows.statuses, *more]


_MAKES: Final[Mapping[PeopleDeed, Callable[[Draft, TransferForm, int], Organisation]]] = {
    PeopleDeed.MOVE: _moved,
    PeopleDeed.JOIN: _joined,
    PeopleDeed.LEAVE_SERVICE: _left,
    PeopleDeed.LEAVE: _on_leave,
    PeopleDeed.SECOND: _seconded,
    PeopleDeed.TERMS: _terms,
}
