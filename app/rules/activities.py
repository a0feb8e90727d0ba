"""Activities and verdicts: what a CloudEvent says, read exactly or refused with every reason.

An *activity* is an event of one of four types, of which a *figure* is what somebody reports of a KPI; a *verdict* is an event about one (contract, "Activities are CloudEvents 1.0").
Do not refuse what has no effect. A verdict on an unknown activity, or by somebody who may not give it, is a
well-formed event and is always accepted; what it does is decided over the whole set (:mod:`app.rules.counting`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Final, NamedTuple

from app.plain.findings import Finding, Place, Words, n_
from app.plain.json_text import (
    DEPTH_MAX,
    FaultyValueError,
    RepeatedMemberError,
    TooDeepError,
    canonical,
    encode,
    unfit_texts,
)
from app.plain.texts import has_unstorable, is_blank, quoted
from app.rules.activity_rows import COLUMNS, PERCENT, activity_event_from_row
from app.rules.countries import COUNTRIES
from app.rules.event_types import ACTIVITY_TYPES, TYPE_PREFIX, VERDICT_TYPES, EventField, EventType, FieldKind
from app.rules.figures import Figure, read_value, year_of
from app.rules.moments import Moment, moment
from app.rules.money import Rates, too_large, usd_cents
from app.rules.terms import Node, NodeKind

__all__ = [
    "ACTIVITY_TYPES",
    "AMOUNT",
    "COLUMNS",
    "EVENT_LENGTH_MAX",
    "FINDINGS_MAX",
    "HS_CODE",
    "ID_LENGTH_MAX",
    "MESSAGES",
    "SHARE_ONE_1E4",
    "TEXT_LENGTH_MAX",
    "TYPE_PREFIX",
    "VERDICT_TYPES",
    "Activity",
    "Credit",
    "EventField",
    "EventKey",
    "EventType",
    "FieldKind",
    "Known",
    "Moment",
    "Verdict",
    "activity_event_from_row",
    "content_hash",
    "fault_of_text",
    "moment",
    "plain_amount",
    "read",
    "too_long",
]

ID_LENGTH_MAX: Final = 200
TEXT_LENGTH_MAX: Final = 500
EVENT_LENGTH_MAX: Final = 1_000_000
"""Of an event as JSON, what is not ASCII in it as escapes: whoever looks at many has to hold them all."""
FINDINGS_MAX: Final = 30
"""So much that is wrong with an event is told of it: a list of credits may be wrong in each of its thousands of entries."""
SHARE_ONE_1E4: Final = 10_000
"""A whole share, in ten-thousandths."""


class EventKey(NamedTuple):
    """What identifies an event for ever. Sorts by source, then id, by code point."""

    source: str
    id: str


class Credit(NamedTuple):
    """One employee's part of an activity, in ten-thousandths."""

    employee: str
    share_1e4: int


@lru_cache(maxsize=16384)
def _alone(employee: str) -> frozenset[str]:
    return frozenset((employee,))


class Activity(NamedTuple):
    """A consult, a deal, a new buyer or a figure, as it was recorded. Texts that are absent are empty, a figure's names of parties among them."""

    source: str
    id: str
    type: str
    """Without ``kopes.``; a key of :data:`ACTIVITY_TYPES`."""
    time: str
    day: dt.date
    instant: str
    employee: str
    company_name: str
    company_registration: str
    buyer_name: str
    buyer_country: str
    buyer_registration: str
    amount: Decimal | None
    currency: str
    hs_code: str
    credits: tuple[Credit, ...]
    """Never empty: without credits all is the employee's. Of a figure that counts for an employee, that one has a part of nothing:
    whose it is too, so that neither of them verifies it."""
    content_hash: str
    """SHA-256 (hexadecimal) by which the same event again is told from another under its name."""
    figure: Figure | None = None
    """Of a figure: what it says of which node, KPI and cycle."""

    @property
    def key(self) -> EventKey:
        """Source and id."""
        return EventKey(self.source, self.id)

    @property
    def employees(self) -> frozenset[str]:
        """Whose activity it is: ``employee`` and all in ``credits``. They cannot verify or reject it."""
        if len(self.credits) == 1 and self.credits[0].employee == self.employee:
            return _alone(self.employee)
        return frozenset((self.employee, *(credit.employee for credit in self.credits)))


class Verdict(NamedTuple):
    """What somebody says about an activity. Optional texts that are absent are empty."""

    source: str
    id: str
    type: str
    """Without ``kopes.``; a key of :data:`VERDICT_TYPES`."""
    time: str
    day: dt.date
    instant: str
    activity: EventKey
    by: str
    reason: str
    additionality: Decimal | None
    """Percent of the value that would have come without the agency: shown, never deducted."""
    content_hash: str

    @property
    def key(self) -> EventKey:
        """Source and id."""
        return EventKey(self.source, self.id)


PERCENT_DECIMALS_MAX: Final = 30
"""A percentage that is computed has some 15."""

MESSAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "not_an_object": n_("This is not an event: a JSON object is expected."),
        "specversion": n_("The specversion is not “1.0”."),
        "required": n_("This is required."),
        "wrong_type": n_("This is not of the right kind: %(expected)s is expected."),
        "repeated_member": n_("This names “%(member)s” twice."),
        "too_long": n_("This has %(length)s characters; at most %(most)s are allowed."),
        "bad_text": n_("This holds a NUL character or half a character (a lone surrogate)."),
        "bad_number": n_("This is no number that JSON knows."),
        "unkeepable_number": n_("The event holds a number that is larger or smaller than any computer can keep."),
        "too_deep": n_("This is nested more than %(most)s levels deep."),
        "unknown_type": n_("There is no type of event “%(value)s”."),
        "bad_time": n_("“%(value)s” is not a time as RFC 3339 writes it, with its offset."),
        "media_type": n_("The data must be JSON, not “%(value)s”."),
        "binary": n_("The data must be JSON; binary data is not taken."),
        "unknown_employee": n_("There is no employee “%(value)s”."),
        "bad_node": n_("“%(value)s” is neither unit:CODE nor employee:NUMBER."),
        "unknown_unit": n_("There is no unit “%(value)s”."),
        "bad_cycle": n_("“%(value)s” is not a cycle, which is a year of four digits."),
        "bad_value": n_(
            "Write a number with at most 15 digits before the point and 4 after it, instead of “%(value)s”."
        ),
        "no_shares": n_("A figure has no shares, so that it has no credits."),
        "unknown_country": n_("“%(value)s” is not a country's code of two letters (ISO 3166-1)."),
        "name_or_registration": n_("A company needs a name or a registration."),
        "unknown_currency": n_("There is no rate for “%(value)s” of that month or an earlier one."),
        "bad_amount": n_(
            "Write an amount above 0, with at most 15 digits before the point and 4 after it, instead of “%(value)s”."
        ),
        "amount_too_large": n_("This is more than 10,000,000,000 US dollars."),
        "amount_without_currency": n_("An amount without a currency: give both or neither."),
        "bad_hs_code": n_("“%(value)s” is not an HS code: it has 2, 4, 6, 8, 9 or 10 digits."),
        "bad_share": n_("“%(value)s” is not a share above 0 with at most 4 decimals."),
        "shares_sum": n_("The shares add up to %(sum)s, not to 1."),
        "duplicate_employee": n_("Employee “%(value)s” has two shares."),
        "bad_percent": n_("“%(value)s” is not a percentage from 0 to 100, of at most 30 decimals."),
    },
)
"""What each code of a finding says."""


@dataclass(frozen=True, slots=True)
class Known:
    """What an event may name: the agency's employees and the currencies that can be converted."""

    employees: Container[str]
    rates: Rates
    units: Container[str] = ()

    def rate(self, currency: str, day: dt.date) -> Decimal | None:
        """US dollars for one unit on that day; None where there is no rate of its month or an earlier one."""
        return self.rates.rate(currency, day)

    def usd_cents(self, activity: Activity) -> int | None:
        """What an activity is worth in US cents; None without an amount, or without a rate (a load then has to be refused)."""
        if activity.amount is None:
            return None
        rate = self.rates.rate(activity.currency, activity.day)
        return None if rate is None else usd_cents(activity.amount, rate)


AMOUNT: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,4})?")
"""An amount as a text; above 0 it has to be too."""
_SHARE: Final = re.compile(r"([0-9]+)(?:\.([0-9]{1,4}))?")
HS_CODE: Final = re.compile(r"(?:[0-9]{2}){1,5}|[0-9]{9}")
"""A code of the Harmonised System, from chapter to tariff line."""
_JSON_MEDIA_TYPE: Final = re.compile(
    r"\s*[\w.!#$&^-]+/(?:[\w.!#$&^-]+\+)?json\s*(?:;.*)?", re.ASCII | re.IGNORECASE | re.DOTALL
)
_ESCAPE_LENGTH: Final = 12
"""A character outside the first plane as JSON's escapes: the longest that one becomes."""


def _shown(value: object) -> str:
    """A value as a finding quotes it: short, and printable anywhere."""
    return quoted(value if isinstance(value, str) else type(value).__name__)


class _Findings(list[Finding]):
    """Findings as they are met, up to :data:`FINDINGS_MAX` of them."""

    def add(self, pointer: str, code: str, **parameters: object) -> None:
        if len(self) >= FINDINGS_MAX:
            return
        self.append(Finding(code=code, message=MESSAGES[code], parameters=parameters, place=Place(pointer=pointer)))

    def text(self, value: object, pointer: str, *, required: bool = False, most: int = TEXT_LENGTH_MAX) -> str:
        """A text of data, or the empty one with a finding; null and the empty text are absent.

        NUL and lone surrogates are looked for once, in all of data, by :func:`_content`.
        """
        if value.__class__ is str and 0 < len(value) <= most:  # it is a str then
            return value
        if value is None or value == "":
            if required:
                self.add(pointer, "required")
            return ""
        if not isinstance(value, str):
            self.add(pointer, "wrong_type", expected=Words(n_("a text")))
            return ""
        if len(value) > most:
            self.add(pointer, "too_long", length=len(value), most=most)
            return ""
        return value

    def attribute(self, value: object, pointer: str, *, most: int = TEXT_LENGTH_MAX) -> str:
        """A required text outside data."""
        if value.__class__ is str and 0 < len(value) <= most and value.isascii() and "\0" not in value:  # as above
            return value
        text = self.text(value, pointer, required=True, most=most)
        if has_unstorable(text):
            self.add(pointer, "bad_text")
        return text

    def record(self, value: object, pointer: str) -> Mapping[str, object] | None:
        """A required object, or None with a finding."""
        if isinstance(value, dict):
            return value
        if value is None or value == "":
            self.add(pointer, "required")
        else:
            self.add(pointer, "wrong_type", expected=Words(n_("an object")))
        return None

    def employee(self, value: object, pointer: str, employees: Container[str], *, required: bool = True) -> str:
        """The number of a known employee."""
        number = self.text(value, pointer, required=required)
        if number and number not in employees:
            self.add(pointer, "unknown_employee", value=_shown(number))
        return number


class _Envelope(NamedTuple):
    """An event without its data."""

    kind: EventType
    source: str
    id: str
    time: str
    when: Moment | None


def fault_of_text(error: FaultyValueError) -> Finding:
    """What keeps an event's text from being read, at whatever depth it stands."""
    findings = _Findings()
    if isinstance(error, RepeatedMemberError):
        # Nobody can tell which of both is meant.
        findings.add("", "repeated_member", member=_shown(error.member))
    elif isinstance(error, TooDeepError):
        findings.add("", "too_deep", most=DEPTH_MAX)
    else:
        findings.add("", "unkeepable_number")
    return findings[0]


def too_long(text: str, value: Callable[[], object]) -> list[Finding]:
    """That an event is longer than any that is taken; nothing where it is not.

    Args:
        text: its JSON, however it was written.
        value: what it says, which is asked for only where the text is long: by whatever door an event comes, it is as long.
    """
    if len(text) <= EVENT_LENGTH_MAX // _ESCAPE_LENGTH:
        return []
    findings = _Findings()
    if (length := len(encode(value()))) > EVENT_LENGTH_MAX:
        findings.add("", "too_long", length=length, most=EVENT_LENGTH_MAX)
    return findings


def read(event: object, known: Known) -> Activity | Verdict | list[Finding]:
    """What a decoded CloudEvent says; or all that is wrong with it, in the order of its attributes and of its type's fields.

    Extension attributes are ignored; unknown members of data are part of its content and ignored otherwise.
    Decode with :func:`app.plain.json_text.decode`, so that numbers keep their value.
    """
    findings = _Findings()
    if not isinstance(event, dict):
        findings.add("", "not_an_object")
        return findings
    # Nobody reads what stands there; how deeply it may be nested never depends on the process that decodes it.
    nested = {name: value for name, value in event.items() if name != "data" and isinstance(value, dict | list)}
    if nested and any(code == "too_deep" for _, code in unfit_texts(nested)):
        findings.add("", "too_deep", most=DEPTH_MAX)
    version = event.get("specversion")
    if version != "1.0":
        findings.add("/specversion", "specversion" if version else "required")
    kind = _kind(event.get("type"), findings)
    source = findings.attribute(event.get("source"), "/source")
    id_ = findings.attribute(event.get("id"), "/id", most=ID_LENGTH_MAX)
    time = findings.attribute(event.get("time"), "/time")
    when = moment(time) if time else None
    if time and when is None:
        findings.add("/time", "bad_time", value=_shown(time))
    if "datacontenttype" in event or "data_base64" in event:
        _read_encoding(event, findings)
    members = findings.record(event.get("data"), "/data")
    if members is None or kind is None:
        if members is not None:
            _content(members, findings)
        return findings
    envelope = _Envelope(kind, source, id_, time, when)
    if kind.code == "figure":
        return _read_figure(envelope, members, known, findings)
    if kind.code in ACTIVITY_TYPES:
        return _read_activity(envelope, members, known, findings)
    return _read_verdict(envelope, members, known, findings)


_KINDS: Final = {TYPE_PREFIX + code: kind for code, kind in (*ACTIVITY_TYPES.items(), *VERDICT_TYPES.items())}


def _kind(value: object, findings: _Findings) -> EventType | None:
    if value.__class__ is str and value in _KINDS:
        return _KINDS[value]  # it is a str then
    name = findings.attribute(value, "/type")
    if not name:
        return None
    code = name.removeprefix(TYPE_PREFIX)
    kind = ACTIVITY_TYPES.get(code) or VERDICT_TYPES.get(code)
    if kind is None or code == name:
        findings.add("/type", "unknown_type", value=_shown(name))
        return None
    return kind


def _read_encoding(event: Mapping[str, object], findings: _Findings) -> None:
    media_type = findings.text(event.get("datacontenttype"), "/datacontenttype")
    if media_type and not _JSON_MEDIA_TYPE.fullmatch(media_type):
        findings.add("/datacontenttype", "media_type", value=_shown(media_type))
    if event.get("data_base64") is not None:
        findings.add("/data_base64", "binary")


def _read_activity(
    envelope: _Envelope, members: Mapping[str, object], known: Known, findings: _Findings
) -> Activity | list[Finding]:
    kind = envelope.kind
    get = members.get
    employee = findings.employee(get("employee"), "/data/employee", known.employees)
    company_name, company_registration = _company(get("company"), findings)
    buyer_name, buyer_country, buyer_registration = _buyer(get("buyer"), findings)
    shaped = members
    amount, currency = None, ""
    if "amount" in kind.names:
        amount, currency = _worth(members, envelope, known, findings)
        if amount is not None:
            shaped = {**members, "amount": plain_amount(amount)}
    hs_code = ""
    if (
        "hs_code" in kind.names
        and (hs_code := findings.text(get("hs_code"), "/data/hs_code"))
        and not HS_CODE.fullmatch(hs_code)
    ):
        findings.add("/data/hs_code", "bad_hs_code", value=_shown(hs_code))
    given = get("credits")
    if given is None or given in ("", []):
        credits: tuple[Credit, ...] = (Credit(employee, SHARE_ONE_1E4),)
    else:
        credits = _credits(given, known, findings)
        if not findings:
            shares = [
                {**entry, "share": credit.share_1e4}
                for entry, credit in zip(given, credits, strict=True)  # type: ignore[call-overload]
            ]
            shaped = {**shaped, "credits": shares}
    content = _content(shaped, findings)
    when = envelope.when
    if findings or when is None:
        return findings
    return Activity(
        envelope.source,
        envelope.id,
        kind.code,
        envelope.time,
        when.day,
        when.instant,
        employee,
        company_name,
        company_registration,
        buyer_name,
        buyer_country,
        buyer_registration,
        amount,
        currency,
        hs_code,
        credits,
        content_hash(kind, when, content),
    )


def _read_figure(
    envelope: _Envelope, members: Mapping[str, object], known: Known, findings: _Findings
) -> Activity | list[Finding]:
    get = members.get
    employee = findings.employee(get("employee"), "/data/employee", known.employees)
    node = _node(get("node"), known, findings)
    kpi = findings.text(get("kpi"), "/data/kpi", required=True)
    cycle_text = findings.text(get("cycle"), "/data/cycle", required=True)
    cycle = year_of(cycle_text)
    if cycle_text and cycle is None:
        findings.add("/data/cycle", "bad_cycle", value=_shown(cycle_text))
    text = findings.text(get("value"), "/data/value", required=True)
    value = read_value(text)
    if text and value is None:
        findings.add("/data/value", "bad_value", value=_shown(text))
    findings.text(get("note"), "/data/note")
    if get("credits") not in (None, "", []):
        findings.add("/data/credits", "no_shares")
    shaped = members if value is None else {**members, "value": format(value, "f")}
    content = _content(shaped, findings)
    when = envelope.when
    if findings or when is None or node is None or cycle is None or value is None:
        return findings
    of_another = node.kind is NodeKind.EMPLOYEE and node.code != employee
    return Activity(
        envelope.source,
        envelope.id,
        envelope.kind.code,
        envelope.time,
        when.day,
        when.instant,
        employee,
        "",
        "",
        "",
        "",
        "",
        None,
        "",
        "",
        (Credit(employee, SHARE_ONE_1E4), *((Credit(node.code, 0),) if of_another else ())),
        content_hash(envelope.kind, when, content),
        Figure(node, kpi, cycle, value),
    )


def _node(value: object, known: Known, findings: _Findings) -> Node | None:
    """The unit or employee that a figure counts for; it must be one that there is or was."""
    text = findings.text(value, "/data/node", required=True)
    node = Node.parse(text)
    if text and node is None:
        findings.add("/data/node", "bad_node", value=_shown(text))
    elif node is not None and node.kind is NodeKind.UNIT and node.code not in known.units:
        findings.add("/data/node", "unknown_unit", value=_shown(node.code))
    elif node is not None and node.kind is NodeKind.EMPLOYEE and node.code not in known.employees:
        findings.add("/data/node", "unknown_employee", value=_shown(node.code))
    return node


def _read_verdict(
    envelope: _Envelope, members: Mapping[str, object], known: Known, findings: _Findings
) -> Verdict | list[Finding]:
    kind = envelope.kind
    get = members.get
    about = findings.record(get("activity"), "/data/activity")
    activity = EventKey("", "")
    if about is not None:
        activity = EventKey(
            findings.text(about.get("source"), "/data/activity/source", required=True),
            findings.text(about.get("id"), "/data/activity/id", required=True, most=ID_LENGTH_MAX),
        )
    by = reason = ""
    if "by" in kind.names:
        by = findings.employee(get("by"), "/data/by", known.employees, required="by" in kind.required)
    if "reason" in kind.names:
        reason = findings.text(get("reason"), "/data/reason")
    additionality = None
    if "additionality" in kind.names:
        additionality = _percent(get("additionality"), findings)
    content = _content(members, findings)
    when = envelope.when
    if findings or when is None:
        return findings
    return Verdict(
        envelope.source,
        envelope.id,
        kind.code,
        envelope.time,
        when.day,
        when.instant,
        activity,
        by,
        reason,
        additionality,
        content_hash(kind, when, content),
    )


def _company(value: object, findings: _Findings) -> tuple[str, str]:
    company = findings.record(value, "/data/company")
    if company is None:
        return "", ""
    before = len(findings)
    name = findings.text(company.get("name"), "/data/company/name")
    registration = findings.text(company.get("registration"), "/data/company/registration")
    if not registration and is_blank(name) and len(findings) == before:
        findings.add("/data/company", "name_or_registration")
    return name, registration


def _buyer(value: object, findings: _Findings) -> tuple[str, str, str]:
    buyer = findings.record(value, "/data/buyer")
    if buyer is None:
        return "", "", ""
    name = findings.text(buyer.get("name"), "/data/buyer/name", required=True)
    if name and is_blank(name):
        findings.add("/data/buyer/name", "required")
    country = findings.text(buyer.get("country"), "/data/buyer/country", required=True)
    if country and country not in COUNTRIES:
        findings.add("/data/buyer/country", "unknown_country", value=_shown(country))
    return name, country, findings.text(buyer.get("registration"), "/data/buyer/registration")


def _worth(
    members: Mapping[str, object], envelope: _Envelope, known: Known, findings: _Findings
) -> tuple[Decimal | None, str]:
    """Amount and currency: no amount without its currency, and both of a deal."""
    required = "amount" in envelope.kind.required
    before = len(findings)
    text = findings.text(members.get("amount"), "/data/amount", required=required)
    amount = None
    if text:
        amount = Decimal(text) if AMOUNT.fullmatch(text) else None
        if not amount:
            findings.add("/data/amount", "bad_amount", value=_shown(text))
            amount = None
    amount_is_bad = len(findings) > before
    currency = findings.text(members.get("currency"), "/data/currency", required=required)
    # A currency alone says nothing that could be wrong; an amount alone could not be valued.
    if not required and not amount_is_bad and amount is not None and not members.get("currency"):
        findings.add("/data/currency", "amount_without_currency")
    if currency and envelope.when is not None:
        rate = known.rates.rate(currency, envelope.when.day)
        if rate is None:
            findings.add("/data/currency", "unknown_currency", value=_shown(currency))
        elif amount is not None and too_large(amount, rate):
            findings.add("/data/amount", "amount_too_large")
    return amount, currency


def plain_amount(amount: Decimal) -> str:
    """The amount's one spelling: 125000.0, 125000.00 and 0125000 are one value."""
    text = str(amount)
    return text.rstrip("0").rstrip(".").lstrip("0") if "." in text else text


def _credits(value: object, known: Known, findings: _Findings) -> tuple[Credit, ...]:
    """Who has what part: shares above 0 that add up to exactly 1, each employee once."""
    if not isinstance(value, list):
        findings.add("/data/credits", "wrong_type", expected=Words(n_("a list")))
        return ()
    before = len(findings)
    credits: list[Credit] = []
    seen: set[str] = set()
    for number, entry in enumerate(value):
        if len(findings) >= FINDINGS_MAX:
            break
        pointer = f"/data/credits/{number}"
        record = findings.record(entry, pointer)
        if record is None:
            continue
        employee = findings.employee(record.get("employee"), f"{pointer}/employee", known.employees)
        if employee in seen:
            findings.add(f"{pointer}/employee", "duplicate_employee", value=_shown(employee))
        elif employee:
            seen.add(employee)
        text = findings.text(record.get("share"), f"{pointer}/share", required=True)
        share_1e4 = _share_1e4(text) if text else 0
        if text and not share_1e4:
            findings.add(f"{pointer}/share", "bad_share", value=_shown(text))
        credits.append(Credit(employee, share_1e4))
    total_1e4 = sum(credit.share_1e4 for credit in credits)
    if total_1e4 != SHARE_ONE_1E4 and not any(finding.code != "unknown_employee" for finding in findings[before:]):
        findings.add("/data/credits", "shares_sum", sum=f"{Decimal(total_1e4).scaleb(-4).normalize():f}")
    return tuple(credits)


@lru_cache(maxsize=4096)
def _share_1e4(text: str) -> int:
    """A share in ten-thousandths; 0 for what is none."""
    parts = _SHARE.fullmatch(text)
    if parts is None:
        return 0
    return int(parts[1]) * SHARE_ONE_1E4 + int((parts[2] or "").ljust(4, "0"))


def _percent(value: object, findings: _Findings) -> Decimal | None:
    """A percentage as a number, or as its digits in a text."""
    if value is None or value == "":
        return None
    percent: Decimal | None = None
    if isinstance(value, str):
        percent = Decimal(value) if PERCENT.fullmatch(value) else None
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        percent = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    # Two letters say a million decimals: it is written out where it is kept.
    if (
        percent is None
        or not percent.is_finite()
        or not 0 <= percent <= 100
        or _decimals(percent) > PERCENT_DECIMALS_MAX
    ):
        findings.add("/data/additionality", "bad_percent", value=_shown(value))
        return None
    return percent


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _content(members: Mapping[str, object], findings: _Findings) -> bytes:
    """The one form of an event's data; findings for texts and numbers in it that cannot be kept, the unknown members' too."""
    try:
        content = canonical(members)
        doubtful = b"\\u0000" in content or content.count(b"{") + content.count(b"[") > DEPTH_MAX
    except (ValueError, TypeError, RecursionError):
        content = b""
        doubtful = True
    if doubtful:
        for pointer, code in unfit_texts(members, "/data"):
            findings.add(pointer, code, most=DEPTH_MAX)
    return content


def content_hash(kind: EventType, when: Moment, content: bytes) -> str:
    """SHA-256 over type, time with its offset, and data ("by any door")."""
    return sha256(f"{kind.code}\n{when.canonical}\n".encode() + content).hexdigest()
