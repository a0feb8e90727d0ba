"""Events: which are accepted, what stands of each activity on a day, and what it is worth.

A verdict has its own day. An ``as_of`` drops the verdicts of later days too, but the cycle is asked of
the activity's day alone.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.reference.folder import FAR_FUTURE, Folder

Event = Mapping[str, Any]

FIGURE = "kopes.figure"
ACTIVITIES = {"kopes.export_consult", "kopes.export_deal", "kopes.new_buyer"}
OPINIONS = {"kopes.verified", "kopes.rejected"}
ANSWERS = {"kopes.confirmed", "kopes.denied"}
VERDICTS = OPINIONS | ANSWERS | {"kopes.reversed"}

TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
AMOUNT = re.compile(r"\d{1,15}(\.\d{1,4})?", re.ASCII)
VALUE = re.compile(r"-?\d{1,15}(\.\d{1,4})?", re.ASCII)
SHARE = re.compile(r"\d+(\.\d{1,4})?", re.ASCII)


class Malformed(Exception):
    """Why an event cannot be accepted."""


def require(holds: object, what: str) -> None:
    """Refuse the event for a reason."""
    if not holds:
        raise Malformed(what)


@dataclass(frozen=True)
class When:
    """A time: the day that it shows in its own offset, the instant in seconds, and the offset in minutes."""

    day: dt.date
    instant: Fraction
    offset: int


def read_time(written: object) -> When:
    """Read an RFC 3339 time, to any fraction of a second."""
    require(isinstance(written, str), "time")
    match = TIME.fullmatch(str(written))
    require(match, "time")
    assert match
    year, month, date, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction, _, sign, offset_hours, offset_minutes = match.groups()[6:]
    try:
        day = dt.date(year, month, date)
    except ValueError as error:
        raise Malformed("time") from error
    require(hour <= 23 and minute <= 59 and second <= 60, "time")
    require(int(offset_hours or 0) <= 23 and int(offset_minutes or 0) <= 59, "time")
    offset = (int(offset_hours or 0) * 60 + int(offset_minutes or 0)) * (-1 if sign == "-" else 1)
    instant = Fraction(day.toordinal() * 86400 + hour * 3600 + (minute - offset) * 60 + second)
    if fraction:
        instant += Fraction(int(fraction), 10 ** len(fraction))
    return When(day, instant, offset)


def order(event: Event) -> tuple[Fraction, str, str]:
    """Earliest and latest go by the instant, then by source and id, by code point."""
    return read_time(event["time"]).instant, event["source"], event["id"]


def _text(value: object, limit: int, what: str) -> None:
    require(isinstance(value, str) and value and len(value) <= limit, what)
    require(not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in str(value)), what)


def _party(value: object, what: str, *, is_buyer: bool) -> None:
    require(isinstance(value, Mapping), what)
    assert isinstance(value, Mapping)
    for member in ("name", "registration"):
        if value.get(member):
            _text(value[member], 500, f"{what} {member}")
    if is_buyer:
        require(value.get("name"), "buyer name")
        require(re.fullmatch("[A-Z]{2}", str(value.get("country")), re.ASCII), "buyer country")
    else:
        require(value.get("name") or value.get("registration"), what)


class Ledger:
    """The events of an agency, taken in the order given."""

    def __init__(self, folder: Folder, events: Sequence[Event]) -> None:
        """Take in every event; ``outcomes`` says what became of each."""
        self.folder = folder
        self.employees = {row["number"] for row in folder.rows["employees"]}
        self.accepted: list[Event] = []
        self.outcomes: list[str] = [self._take(event) for event in events]
        self.verdicts: dict[tuple[str, str], list[Event]] = {}
        for event in self.accepted:
            if event["type"] in VERDICTS:
                about = event["data"]["activity"]
                self.verdicts.setdefault((about["source"], about["id"]), []).append(event)

    def _take(self, event: Event) -> str:
        try:
            self.check(event)
        except Malformed:
            return "rejected"
        for held in self.accepted:
            if (held["source"], held["id"]) == (event["source"], event["id"]):
                return "duplicate" if same_content(held, event) else "rejected"
        self.accepted.append(event)
        return "accepted"

    def check(self, event: Event) -> None:
        """Refuse what is not a well-formed event of known employees, currencies and types."""
        require(isinstance(event, Mapping), "event")
        require(event.get("specversion") == "1.0", "specversion")
        _text(event.get("source"), 200, "source")
        _text(event.get("id"), 200, "id")
        when = read_time(event.get("time"))
        require(event.get("type") in ACTIVITIES | VERDICTS | {FIGURE}, "type")
        content = event.get("data")
        require(isinstance(content, Mapping), "data")
        assert isinstance(content, Mapping)
        if event["type"] in ACTIVITIES:
            self._check_activity(event["type"], content, when.day)
        elif event["type"] == FIGURE:
            self._check_figure(content)
        else:
            self._check_verdict(event["type"], content)

    def _check_activity(self, kind: str, content: Mapping[str, Any], day: dt.date) -> None:
        require(content.get("employee") in self.employees, "employee")
        _party(content.get("company"), "company", is_buyer=False)
        _party(content.get("buyer"), "buyer", is_buyer=True)
        if content.get("credits") is not None:
            self._check_credits(content["credits"])
        if kind == "kopes.export_deal":
            require(content.get("amount") is not None and content.get("currency") is not None, "amount")
            if content.get("hs_code") is not None:
                require(isinstance(content["hs_code"], str), "hs_code")
                require(re.fullmatch(r"\d{2,10}", content["hs_code"], re.ASCII), "hs_code")
        if kind != "kopes.new_buyer" and content.get("amount") is not None:
            require(isinstance(content["amount"], str) and AMOUNT.fullmatch(content["amount"]), "amount")
            amount = Fraction(content["amount"])
            rate = self.rate(str(content.get("currency")), day)
            require(rate is not None, "currency")
            assert rate is not None
            require(amount > 0 and amount * rate <= 10**10, "amount")

    def _check_figure(self, content: Mapping[str, Any]) -> None:
        require(content.get("employee") in self.employees, "employee")
        kind, _, code = str(content.get("node")).partition(":")
        units = {row["code"] for row in self.folder.rows["units"]}
        require(code in {"unit": units, "employee": self.employees}.get(kind, ()), "node")
        _text(content.get("kpi"), 500, "kpi")
        require(isinstance(content.get("cycle"), str) and re.fullmatch("[1-9][0-9]{3}", content["cycle"]), "cycle")
        require(isinstance(content.get("value"), str) and VALUE.fullmatch(content["value"]), "value")
        require(not content.get("credits"), "credits")

    def _check_credits(self, credits: object) -> None:
        require(isinstance(credits, list) and credits, "credits")
        assert isinstance(credits, list)
        for credit in credits:
            require(isinstance(credit, Mapping) and credit.get("employee") in self.employees, "credits")
            require(isinstance(credit.get("share"), str) and SHARE.fullmatch(credit["share"]), "share")
            require(Fraction(credit["share"]) > 0, "share")
        require(sum(Fraction(credit["share"]) for credit in credits) == 1, "shares")
        require(len({credit["employee"] for credit in credits}) == len(credits), "credits")

    def _check_verdict(self, kind: str, content: Mapping[str, Any]) -> None:
        about = content.get("activity")
        require(isinstance(about, Mapping), "activity")
        assert isinstance(about, Mapping)
        _text(about.get("source"), 200, "activity source")
        _text(about.get("id"), 200, "activity id")
        if kind in OPINIONS or (kind == "kopes.reversed" and content.get("by")):
            require(content.get("by") in self.employees, "by")
        if content.get("reason"):
            _text(content["reason"], 500, "reason")
        additionality = content.get("additionality")
        if kind in ANSWERS and additionality is not None:
            require(not isinstance(additionality, bool) and isinstance(additionality, int | float), "additionality")
            require(0 <= additionality <= 100, "additionality")

    def rate(self, currency: str, day: dt.date) -> Fraction | None:
        """US dollars for one unit: the rate of the day's month, or the latest earlier one."""
        if currency == "USD":
            return Fraction(1)
        month = f"{day:%Y-%m}"
        known = [row for row in self.folder.rows["rates"] if row["currency"] == currency and row["month"] <= month]
        return Fraction(max(known, key=lambda row: row["month"])["usd"]) if known else None

    def amount_usd(self, event: Event) -> Fraction | None:
        """What an activity is worth, rounded half-even to cents; None where it has no amount."""
        content = event["data"]
        if event["type"] == "kopes.new_buyer" or content.get("amount") is None:
            return None
        rate = self.rate(content["currency"], read_time(event["time"]).day)
        assert rate is not None
        return rounded(Fraction(content["amount"]) * rate, 2)

    def counting(self, level: str, as_of: dt.date | None) -> list[Event]:
        """The activities that count from a level on, in order; a new buyer once ever, for the earliest."""
        until = as_of or FAR_FUTURE
        found = [
            event
            for event in self.accepted
            if event["type"] in ACTIVITIES
            and read_time(event["time"]).day <= until
            and self._stands(event, level, until)
        ]
        found.sort(key=order)
        seen: set[tuple[str, ...]] = set()
        kept = []
        for event in found:
            if event["type"] == "kopes.new_buyer":
                buyer = self.buyer(event)
                if buyer in seen:
                    continue
                seen.add(buyer)
            kept.append(event)
        return kept

    def figure(self, node: str, kpi: str, cycle: int, *, level: str, as_of: dt.date | None) -> Fraction | None:
        """What the latest of a node's figures of a KPI and cycle says, of those that count from a level on by a day."""
        until = as_of or FAR_FUTURE
        found = [
            event
            for event in self.accepted
            if event["type"] == FIGURE
            and (event["data"]["node"], event["data"]["kpi"], event["data"]["cycle"]) == (node, kpi, str(cycle))
            and read_time(event["time"]).day <= until
            and self._stands(event, level, until)
        ]
        return Fraction(max(found, key=order)["data"]["value"]) if found else None

    def _stands(self, activity: Event, level: str, until: dt.date) -> bool:
        """Whether an activity has come to a level by a day, and is neither reversed nor fallen from it."""
        own = {activity["data"]["employee"]} | {credit["employee"] for credit in credits_of(activity)}
        if activity["type"] == FIGURE:
            own.add(activity["data"]["node"].removeprefix("employee:"))
        about = [
            verdict
            for verdict in self.verdicts.get((activity["source"], activity["id"]), [])
            if read_time(verdict["time"]).day <= until
        ]
        if any(verdict["type"] == "kopes.reversed" for verdict in about):
            return False
        opinion = _latest(
            verdict for verdict in about if verdict["type"] in OPINIONS and verdict["data"]["by"] not in own
        )
        answer = _latest(verdict for verdict in about if verdict["type"] in ANSWERS)
        if activity["type"] == FIGURE:
            answer = None
        match level:
            case "entered":
                return opinion != "kopes.rejected"
            case "verified":
                return opinion == "kopes.verified"
            case "confirmed":
                return opinion == "kopes.verified" and answer == "kopes.confirmed"
        raise ValueError(level)

    def buyer(self, event: Event) -> tuple[str, ...]:
        """Who the buyer is: country and registration where given, else country and name."""
        return (event["data"]["buyer"]["country"], *self._identity(event["data"]["buyer"]))

    def company(self, event: Event) -> tuple[str, ...]:
        """Who the company is: registration where given, else name."""
        return self._identity(event["data"]["company"])

    def _identity(self, party: Mapping[str, Any]) -> tuple[str, str]:
        if party.get("registration"):
            return ("registration", party["registration"])
        return ("name", plain_name(party["name"], self.folder.policies["legal_forms"]))


def credits_of(activity: Event) -> list[dict[str, Any]]:
    """Who an activity is credited to, with shares; no credits means all to its employee."""
    content = activity["data"]
    return [
        {"employee": credit["employee"], "share": Fraction(credit["share"])} for credit in content.get("credits") or []
    ] or [{"employee": content["employee"], "share": Fraction(1)}]


def _latest(verdicts: Iterable[Event]) -> str | None:
    found = sorted(verdicts, key=order)
    return str(found[-1]["type"]) if found else None


def same_content(one: Event, other: Event) -> bool:
    """Whether two events of one source and id are the same event again."""
    first, second = read_time(one["time"]), read_time(other["time"])
    return one["type"] == other["type"] and first == second and _canonical(one) == _canonical(other)


def _canonical(event: Event) -> Any:
    """The data as JSON, amounts and shares by their value."""
    content = dict(event["data"])
    if event["type"] in ACTIVITIES:
        if event["type"] != "kopes.new_buyer" and content.get("amount") is not None:
            content["amount"] = ("amount", Fraction(content["amount"]))
        if content.get("credits") is not None:
            content["credits"] = [
                {**credit, "share": ("share", Fraction(credit["share"]))} for credit in content["credits"]
            ]
    if event["type"] == FIGURE:
        content["value"] = ("value", Fraction(content["value"]))
    return _json_value(content)


def _json_value(value: Any) -> Any:
    """A value that is equal for equal JSON, and tells true from 1."""
    if isinstance(value, Mapping):
        return ("object", {key: _json_value(member) for key, member in value.items()})
    if isinstance(value, list):
        return ("array", [_json_value(member) for member in value])
    return (isinstance(value, bool), value)


def plain_name(name: str, legal_forms: Sequence[str]) -> str:
    """A party's name as it is compared."""
    folded = unicodedata.normalize("NFKC", name).casefold().replace(".", "")
    words = "".join(one if unicodedata.category(one)[0] in "LMN" else " " for one in folded).split()
    while len(words) > 1 and words[-1] in legal_forms:
        words.pop()
    return " ".join(words)


def rounded(value: Fraction, places: int) -> Fraction:
    """Rounded half-even; ``round`` of a fraction is."""
    return Fraction(round(value * 10**places), 10**places)
