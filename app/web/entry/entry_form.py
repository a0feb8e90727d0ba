"""The form of an activity: read, made into an event, its findings put at its fields.

Logging and correcting share it. Do not check here what the ledger's own rule checks: the event is read by
:func:`app.rules.activities.read`, and what that finds is only moved from the event's members to the form's fields.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import zip_longest
from typing import Any, Final, Literal
from uuid import uuid4

from babel import Locale
from flask import request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from app import intake, ledger
from app.kit.refusals import Invalid, at_field
from app.ledger import ActivityHistory, Alike, Contents, Frame, Party
from app.organisation import Directory
from app.plain.findings import Finding, Place, n_
from app.rules.activities import ACTIVITY_TYPES, SHARE_ONE_1E4, TEXT_LENGTH_MAX, TYPE_PREFIX, read
from app.rules.countries import COUNTRIES
from app.rules.event_types import DEALT_WITH
from app.rules.names import folded, person_meant
from app.rules.own_events import NOT_IN_SERVICE, not_own, pages_source
from app.web.asked.forms import Typed
from app.web.asked.request_context import RequestContext
from app.web.entry.entry_offers import EntryOffers, entry_offers
from app.web.wording.languages import named
from app.web.wording.typed_numbers import exact_figure, read_number, unconfirmed

__all__ = [
    "FORM_ID",
    "ActivityForm",
    "Choices",
    "Colleague",
    "at_form_field",
    "at_the_form",
    "choices",
    "colleagues_named",
    "country_names",
    "event_of",
    "is_to_come",
    "local_today",
    "offline_choices",
    "page_of",
    "possible_duplicates",
    "time_of_day",
    "typed_colleagues",
]

FORM_ID: Final = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
SHARED_MAX: Final = 8
"""Rows for colleagues that the form makes."""
SHARED_READ_MAX: Final = 100
"""Rows that are read: a program may have recorded more shares than the form makes room for."""

_NUMBER_AT_END: Final = re.compile(r"(.*)\(([A-Za-z0-9._-]+)\)\s*")

_FIELDS: Final[Mapping[str, str]] = {
    "/data/value": "value",
    "/data/note": "note",
    "/data/company": "company",
    "/data/company/name": "company",
    "/data/company/registration": "company_registration",
    "/data/buyer": "buyer",
    "/data/buyer/name": "buyer",
    "/data/buyer/country": "buyer_country",
    "/data/buyer/registration": "buyer_registration",
    "/data/amount": "amount",
    "/data/currency": "currency",
    "/data/hs_code": "hs_code",
    "/data/credits": "colleague",
    "/time": "day",
}

NOT_FOUND: Final = n_("There is no colleague “%(typed)s”: choose one from the list, or write the employee number.")
BAD_SHARE: Final = n_("“%(typed)s” is not a percentage above 0 and below 100: write one such as 50 or 33.33.")
WHICH: Final = n_(
    "It is not clear which colleague is meant (%(names)s): choose one from the list, or write the employee number."
)
TOO_MANY: Final = n_(
    "At most %(most)s colleagues can share in an entry on this page: name fewer, or have it sent by a program."
)
TOO_MUCH: Final = n_("The colleagues' shares add up to %(sum)s %%: lower them so that something is left for you.")
TWICE: Final = n_(
    "“%(typed)s” is named twice, or is you: name each colleague once, since your own share is what the others leave."
)
NOT_STOOD_IN_FOR: Final = n_(
    "You do not enter in this person's place today: choose yourself, or somebody who is offered."
)
TO_COME: Final = n_("This day is still to come: log the activity once it has happened.")


class ActivityForm(BaseModel):
    """What the form sends, but for the colleagues, whose rows belong together."""

    model_config = ConfigDict(frozen=True)

    form_id: str = Field(pattern=rf"^{FORM_ID}$")
    type: Literal["export_consult", "export_deal", "new_buyer"]
    company: str = ""
    company_registration: str = ""
    buyer: str = ""
    buyer_country: str = ""
    buyer_registration: str = ""
    amount: str = ""
    amount_read: str = ""
    without_script: str = ""
    currency: str = ""
    hs_code: str = ""
    day: dt.date
    other_cycle: str = ""
    """The day outside every loaded cycle that has been asked about."""
    sure: str = ""


class LogForm(ActivityForm):
    """An activity's form that is entered for the first time."""

    acts_for: str = Field(default="", max_length=40)
    """The employee in whose place it is entered; empty for oneself."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """A row of shared credits, as it was typed."""

    name: str
    percent: str


def typed_colleagues() -> list[Colleague]:
    """The rows of shared credits that the request's form holds."""
    return _rows_of(request.form.getlist("colleague"), request.form.getlist("share"))


def _rows_of(names: Sequence[str], shares: Sequence[str]) -> list[Colleague]:
    """All that were sent, each of which is somebody's share; of too many so many that they are refused."""
    rows = zip_longest(names[: SHARED_READ_MAX + 1], shares[: SHARED_READ_MAX + 1], fillvalue="")
    return [Colleague(name.strip(), share.strip()) for name, share in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the form offers and begins with."""

    form_id: str
    types: tuple[tuple[str, str], ...]
    offers: EntryOffers
    recent: tuple[tuple[str, str], ...]
    countries: tuple[tuple[str, str], ...]
    currencies: tuple[str, ...]
    today: dt.date
    colleagues: tuple[Colleague, ...]
    shared_max: int
    begun: Mapping[str, str] = field(default_factory=dict)


@functools.lru_cache(maxsize=8)
def country_names(language: str) -> tuple[tuple[str, str], ...]:
    """Every country's code and name, by name in that language."""
    names = Locale.parse(language).territories
    return tuple(sorted(((code, str(names.get(code, code))) for code in COUNTRIES), key=lambda one: one[1].casefold()))


def local_today(context: RequestContext, employee: str | None) -> dt.date:
    """The day that it is where the employee works; the agency's for who works nowhere."""
    if employee is None or context.directory.timezone_of(employee, context.today) is None:
        return context.today
    return context.now.astimezone(context.zone_of(employee)).date()


def is_to_come(context: RequestContext, day: dt.date, *, employee: str | None) -> bool:
    """Whether a day has begun neither where the employee works nor for the agency."""
    return day > max(context.today, local_today(context, employee))


def choices(
    context: RequestContext,
    *,
    frame: Frame,
    language: str,
    typed: Typed,
    of: ActivityHistory | None = None,
    repeats: bool = False,
) -> Choices:
    """What the form offers, and what it begins with.

    Args:
        context: whose form it is.
        frame: the agency.
        language: of the countries' names.
        typed: what was typed, if it was refused.
        of: an activity whose contents it begins with: one that is corrected, or recorded again.
        repeats: it is recorded again, today.

    Queries: 2.
    """
    me = context.viewer.employee or ""
    names = dict(country_names(language))
    offers = entry_offers(context, frame)
    colleagues = tuple(_rows_of(typed.all("colleague"), typed.all("share")))
    if not typed.refused and of is not None:
        colleagues = tuple(
            Colleague(
                _label(context.directory, part.employee),
                exact_figure(f"{Decimal(part.share_1e4).scaleb(-2).normalize():f}"),
            )
            for part in of.credits
            if part.employee != me
        )
    return Choices(
        form_id=str(typed.value("form_id", "") or uuid4()),
        types=tuple((code, ACTIVITY_TYPES[code].label) for code in DEALT_WITH),
        offers=offers,
        recent=tuple((code, names.get(code, code)) for code in offers.countries),
        countries=country_names(language),
        currencies=frame.known.rates.currencies,
        today=local_today(context, me),
        colleagues=colleagues,
        shared_max=SHARED_MAX,
        begun={} if of is None else _begun(of) | ({"day": ""} if repeats else {}),
    )


def offline_choices(context: RequestContext, *, frame: Frame, language: str) -> Choices:
    """What the form offers that is kept on a phone for when there is no connection: nothing of anybody's. Queries: none."""
    return Choices(
        form_id="",
        types=tuple((code, ACTIVITY_TYPES[code].label) for code in DEALT_WITH),
        offers=EntryOffers(),
        recent=(),
        countries=country_names(language),
        currencies=frame.known.rates.currencies,
        today=context.today,
        colleagues=(),
        shared_max=SHARED_MAX,
    )


def _begun(of: ActivityHistory) -> dict[str, str]:
    return {
        "type": of.type,
        "company": of.company,
        "company_registration": of.company_registration,
        "buyer": of.buyer,
        "buyer_country": of.country,
        "buyer_registration": of.buyer_registration,
        "amount": "" if of.amount is None else exact_figure(of.amount),
        "currency": of.currency,
        "hs_code": of.hs_code,
        "day": of.day.isoformat(),
    }


def _label(directory: Directory, number: str) -> str:
    person = directory.employees.get(number)
    return f"{person.name} ({number})" if person else number


_NAMED_MOST: Final = 5
"""Of several who have a name, so many are named."""

_WHOLE_NAME_LEAST: Final = 4
"""From so many letters on a text is taken for a name in any order, and no longer for the beginning of one."""


def colleagues_named(directory: Directory, *, text: str, day: dt.date, limit: int = 8) -> list[dict[str, str]]:
    """Colleagues in service whom the text means, with the unit that they are posted to; a word's beginning will do."""
    wanted = folded(text).split()
    colleagues: list[dict[str, str]] = []
    if not wanted:
        return colleagues
    for person in directory.employees.values():
        words = f" {folded(person.name)} {folded(person.number)}"
        # A Korean name is written without a space: who looks for the given name types its middle.
        begun = all((f" {word}" if word.isascii() else word) in words for word in wanted)
        whole = len(text.strip()) >= _WHOLE_NAME_LEAST and person_meant(text, name=person.name, number=person.number)
        if day in person.service and (begun or whole):
            unit = directory.unit_of(person.number, day)
            row = directory.unit_near(unit, day) if unit else None
            colleagues.append(
                {
                    "value": f"{person.name} ({person.number})",
                    "name": person.name,
                    "note": named(row.name) if row else "",
                }
            )
            if len(colleagues) == limit:
                break
    return colleagues


# ------------------------------------------------------------------------------------------------------------------ the event


def event_of(
    context: RequestContext, *, frame: Frame, form: ActivityForm, rows: Sequence[Colleague], time: str | None = None
) -> dict[str, object]:
    """The CloudEvent that the form stands for, checked by the ledger's own rule.

    Args:
        context: whose activity it is.
        frame: the agency.
        form: what was typed.
        rows: the colleagues who share in it.
        time: of the event that this form recorded before, if it did: sent twice, a form is one event.

    Raises:
        Invalid: with a finding at each field that is wrong.
    """
    me = context.viewer.employee or ""
    whose = entered_for(context, form)
    kind = ACTIVITY_TYPES[form.type]
    findings: list[Finding] = []
    if is_to_come(context, form.day, employee=whose):
        findings.append(at_field("day", "to_come", TO_COME))
    members: dict[str, Any] = {
        "employee": whose,
        "company": _present(name=form.company, registration=form.company_registration),
        "buyer": _present(name=form.buyer, country=form.buyer_country, registration=form.buyer_registration),
    }
    if kind.carries_amount and form.amount:
        amount = read_number(form.amount, field="amount")
        if isinstance(amount, Finding):
            raise Invalid(*findings, amount)
        question = unconfirmed(
            form.amount, amount, field="amount", confirmed=form.amount_read, has_script=not form.without_script
        )
        if question is not None:
            raise Invalid(*findings, question)
        members["amount"] = f"{amount:f}"
        members["currency"] = form.currency
    if "hs_code" in kind.names and form.hs_code:
        members["hs_code"] = re.sub(r"[ .]", "", form.hs_code)
    if whose != me:
        members["entered_by"] = me
    credits = _credits(context.directory, whose, rows, form.day, findings)
    if credits:
        members["credits"] = credits
    event: dict[str, object] = {
        "specversion": "1.0",
        "type": TYPE_PREFIX + form.type,
        "source": pages_source(me),
        "id": form.form_id,
        "time": time_of_day(context, whose, form.day, before=time),
        "data": members,
    }
    outcome = read(event, frame.known)
    if not isinstance(outcome, list):
        outcome = not_own(outcome, employee=context.viewer.employee, at=context.now, enters_for={whose})
    # A day to come is told in the form's own words.
    reported = {one.place.field for one in findings} & {"day"}
    findings += [one for one in map(at_form_field, outcome) if one.place.field not in reported]
    if findings:
        raise Invalid(*_once_each(findings))
    return event


def entered_for(context: RequestContext, form: ActivityForm) -> str:
    """Whose activity a form says: one's own, or of somebody in whose place one enters today.

    Raises:
        Invalid: it is nobody's whom the person stands in for.
    """
    me = context.viewer.employee or ""
    if not isinstance(form, LogForm) or form.acts_for in {"", me}:
        return me
    if form.acts_for not in {one.giver for one in context.viewer.stands_in_for("entry")}:
        raise Invalid(at_field("acts_for", "not_stood_in_for", NOT_STOOD_IN_FOR))
    return form.acts_for


def _present(**parts: str) -> dict[str, str]:
    return {name: text for name, text in parts.items() if text}


def time_of_day(context: RequestContext, employee: str, day: dt.date, *, before: str | None = None) -> str:
    """The hour that it is at the employee's office, on the day that the activity took place; of what had a time of that day before, that one."""
    if before is not None and before.startswith(day.isoformat()):
        return before
    zone = context.zone_of(employee)
    now = context.now.astimezone(zone)
    return dt.datetime.combine(day, now.time().replace(microsecond=0), tzinfo=zone).isoformat(timespec="seconds")


def _credits(
    directory: Directory, me: str, rows: Sequence[Colleague], day: dt.date, findings: list[Finding]
) -> list[dict[str, str]]:
    """The colleagues' shares and the rest for oneself; none where nobody shares."""
    credits: list[dict[str, str]] = []
    left = SHARE_ONE_1E4
    seen = {me}
    if len(rows) > SHARED_READ_MAX:
        findings.append(at_field("colleague", "too_many", TOO_MANY, most=SHARED_READ_MAX))
        return []
    for row in rows:
        if not row.name and not row.percent:
            continue
        number = _colleague(directory, row.name, day)
        share = _share_1e4(row.percent)
        if not isinstance(number, Finding) and number in seen:
            number = at_field("colleague", "twice", TWICE, typed=row.name)
        findings += [one for one in (number, share) if isinstance(one, Finding)]
        if not isinstance(share, Finding):
            left -= share
            if not isinstance(number, Finding):
                seen.add(number)
                credits.append({"employee": number, "share": _share_text(share)})
    if left <= 0:
        percent = exact_figure(f"{Decimal(SHARE_ONE_1E4 - left).scaleb(-2).normalize():f}")
        findings.append(at_field("share", "too_much", TOO_MUCH, sum=percent))
    return [{"employee": me, "share": _share_text(left)}, *credits] if credits else []


def _share_text(share_1e4: int) -> str:
    return f"{Decimal(share_1e4).scaleb(-4):f}"


def _share_1e4(percent: str) -> int | Finding:
    """A share as it is kept, of a percentage by the page's separators."""
    exact = read_number(percent.replace("%", ""), field="share")
    if isinstance(exact, Finding):
        return exact if exact.code == "two_readings" else at_field("share", "bad_share", BAD_SHARE, typed=percent)
    if not 0 < exact < 100 or exact != exact.quantize(Decimal("0.01")):
        return at_field("share", "bad_share", BAD_SHARE, typed=percent)
    return int(exact.scaleb(2))


def _colleague(directory: Directory, typed: str, day: dt.date) -> str | Finding:
    """The number of the colleague whom a text means: a number, a name with its number, or a name that only one has who is in service that day."""
    numbered = _NUMBER_AT_END.fullmatch(typed.strip())
    meant = directory.employees_meant(numbered[2] if numbered else typed)
    serving = [number for number in meant if day in directory.employees[number].service]
    # A name beside somebody else's number is a slip: it is asked which of both is meant.
    name = folded(numbered[1].strip() if numbered else typed)
    exact = [
        number
        for number in serving
        if (number == (numbered[2] if numbered else typed.strip()) and not (numbered and name))
        or folded(directory.employees[number].name) == name
    ]
    if len(exact) == 1:
        return exact[0]
    # A part of a name may be one person's today and another's tomorrow: whose share it is, is asked.
    if serving:
        names = ", ".join(_label(directory, number) for number in serving[:_NAMED_MOST])
        return at_field("colleague", "several", WHICH, names=names)
    if len(meant) == 1:
        return at_field("colleague", "not_in_service", NOT_IN_SERVICE, name=_label(directory, meant[0]))
    return at_field("colleague", "not_found", NOT_FOUND, typed=typed)


def at_form_field(finding: Finding) -> Finding:
    """What is wrong with an event, at the field of the form that its member comes from."""
    pointer = finding.place.pointer or ""
    while pointer and pointer not in _FIELDS:
        pointer = pointer.rpartition("/")[0]
    place = Place(field=_FIELDS.get(pointer), pointer=finding.place.pointer)
    return Finding(code=finding.code, message=finding.message, parameters=finding.parameters, place=place)


@contextmanager
def at_the_form() -> Iterator[None]:
    """What is found wrong with an event within is told at the form's fields."""
    try:
        yield
    except Invalid as invalid:
        raise Invalid(*(one if one.place.field else at_form_field(one) for one in invalid.findings)) from None


def page_of(context: RequestContext, form_id: str) -> intake.FromPage:
    """Where a deed of this request comes from."""
    return intake.FromPage(viewer=context.viewer, at=context.now, request=context.number, form=form_id)


def _once_each(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, each text once at a field: two colleagues may be wrong in one way."""
    once: dict[tuple[object, str], Finding] = {}
    for finding in findings:
        once.setdefault((finding.place.field, finding.text()), finding)
    return list(once.values())


def possible_duplicates(
    connection: Connection, *, frame: Frame, values: Mapping[str, str], day: dt.date, but: int | None = None
) -> list[Alike]:
    """Activities that may be the one that is being typed; none while too little of it is there, or what no activity can have.

    Queries: those of :func:`app.ledger.activities_alike`, or none.
    """
    type_, buyer, country = (values.get(name, "").strip() for name in ("type", "buyer", "buyer_country"))
    company = Party(values.get("company", "").strip(), "", values.get("company_registration", "").strip())
    if type_ not in DEALT_WITH or not buyer or country not in COUNTRIES:
        return []
    # Names are compared letter by letter with all that are known: one of a million letters would keep everybody busy.
    if max(map(len, values.values()), default=0) > TEXT_LENGTH_MAX:
        return []
    if type_ != "new_buyer" and not (company.name or company.registration):
        return []
    contents = Contents(type_, day, company, Party(buyer, country, values.get("buyer_registration", "").strip()))
    return ledger.activities_alike(connection, frame, contents=contents, but=but)
