"""The demonstration agency's events as NDJSON: a CloudEvent a line, in the order in which they came in.

Lines are put together from parts that are escaped once each, since 400,000 through a JSON encoder take four times as long.
Do not sort by `time`. People log late, some verdicts come before their deal, and some events come twice;
and a handful is wrong, so that there is something to mend.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from app.demo.drawing import Activities, Ints, Market
from app.demo.figures import ReportedFigure
from app.demo.judging import ADDITIONALITY, CONFIRMED, KINDS, REASONS, Judged
from app.demo.market import misspelled, respelled
from app.demo.people import Staffing
from app.demo.seasons import ACTIVITIES, Floats
from app.demo.world import agency_plan

__all__ = ["Pricing", "Writer", "figure_events", "wrong_events"]

_LETTERS = ("C", "D", "B")
_TWICE = 0.014
_LATE = 0.02
_EARLY = 0.004
_REPORTS = "/reports"
_WAITING = 40
"""One in so many figures of the latest quarter waits to be verified."""


@cache
def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


class Pricing:
    """Currencies: which one a deal is in, and what a dollar is in it in a month."""

    def __init__(self, rng: np.random.Generator, months: Sequence[str]) -> None:
        plan: Mapping[str, Mapping[str, object]] = agency_plan()["currencies"]
        self.codes = list(plan)
        self.cents = [bool(entry["cents"]) for entry in plan.values()]
        self.home = {country: place for place, entry in enumerate(plan.values()) for country in entry["countries"]}  # type: ignore[attr-defined]
        self.won = self.codes.index("KRW")
        self.months = {month: place for place, month in enumerate(months)}
        level = np.array([float(str(entry["usd"])) for entry in plan.values()])
        steps = np.cumsum(rng.normal(0.0, 0.013, (len(months), len(self.codes))), axis=0)
        self.usd: Floats = level * np.exp(steps - steps.mean(axis=0))
        self.written = [[f"{rate:.8f}" for rate in row] for row in self.usd]

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """The rows of ``rates.csv``."""
        for month, place in self.months.items():
            for code, usd in zip(self.codes, self.written[place], strict=True):
                yield month, code, usd

    def amount(self, usd: float, currency: int, month: str) -> tuple[str, str]:
        """An amount and its currency; -1 is the US dollar. A month to come has the last month's rate."""
        if currency < 0:
            return f"{usd:.2f}", "USD"
        local = usd / self.usd[self.months.get(month, len(self.months) - 1), currency]
        return (f"{local:.2f}" if self.cents[currency] else f"{max(1, round(local, -2)):.0f}"), self.codes[currency]


@dataclass(frozen=True, kw_only=True)
class _Offsets:
    """The offset that a unit's clocks show on each day."""

    text: Sequence[Sequence[str]]
    earliest: int

    def of(self, unit: int, day: int) -> str:
        return self.text[unit][day - self.earliest]


def _offsets(staffing: Staffing, earliest: int) -> _Offsets:
    days = [staffing.cycle.day(number) for number in range(earliest, len(staffing.cycle.days))]
    noon = [dt.datetime.combine(day, dt.time(12)) for day in days]
    by_zone: dict[str, list[str]] = {}
    for unit in staffing.units.all:
        if unit.timezone not in by_zone:
            zone = ZoneInfo(unit.timezone)
            by_zone[unit.timezone] = [_offset(one.replace(tzinfo=zone)) for one in noon]
    return _Offsets(text=[by_zone[unit.timezone] for unit in staffing.units.all], earliest=earliest)


def _offset(moment: dt.datetime) -> str:
    away = moment.utcoffset()
    assert away is not None
    minutes = round(away.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


class Writer:
    """Writes each event as a line, again and again the same, and knows their order."""

    def __init__(
        self,
        rng: np.random.Generator,
        staffing: Staffing,
        market: Market,
        acts: Activities,
        judged: Judged,
        pricing: Pricing,
    ) -> None:
        self.acts, self.market, self.verdicts, self.pricing = acts, market, judged.verdicts, pricing
        cycle = staffing.cycle
        earliest = int(min(0, acts.day.min()))
        self.earliest = earliest
        self.iso = [cycle.day(number).isoformat() for number in range(earliest, len(cycle.days))]
        self.offsets = _offsets(staffing, earliest)
        self.number = [one.number for one in staffing.employees]
        self.source = [
            "/crm/headquarters" if unit.kind in {"agency", "division", "team"} else f"/crm/{unit.code.lower()}"
            for unit in staffing.units.all
        ]
        self.minutes = rng.integers(8 * 60, 19 * 60, len(acts)).tolist()
        self.verdict_minutes = rng.integers(8 * 60, 19 * 60, len(self.verdicts.kind)).tolist()
        self.currency = self._currencies(rng)
        serial = np.zeros(len(acts), dtype=np.int64)
        for place in range(len(ACTIVITIES)):
            mine = acts.kind == place
            serial[mine] = np.arange(1, mine.sum() + 1)
        self.id = [
            f"{_LETTERS[kind]}-{cycle.year}-{at:06}"
            for kind, at in zip(acts.kind.tolist(), serial.tolist(), strict=True)
        ]
        self.order = self._order(rng, cycle.passed)
        self._listed()

    def _listed(self) -> None:
        """Arrays as lists: one entry of a list is read ten times as fast."""
        acts, verdicts = self.acts, self.verdicts
        self.kind, self.day, self.employee = acts.kind.tolist(), acts.day.tolist(), acts.employee.tolist()
        self.unit, self.company, self.buyer = acts.unit.tolist(), acts.company.tolist(), acts.buyer.tolist()
        self.usd, self.partner, self.share = acts.usd.tolist(), acts.partner.tolist(), acts.share.tolist()
        self.spelling = acts.spelling.tolist()
        self.verdict = list(
            zip(
                verdicts.kind.tolist(),
                verdicts.activity.tolist(),
                verdicts.day.tolist(),
                verdicts.by.tolist(),
                verdicts.detail.tolist(),
                strict=True,
            )
        )

    def _currencies(self, rng: np.random.Generator) -> list[int]:
        """Half is in US dollars, some in won, the rest in the buyer's own where there is a rate."""
        buyers = self.market.buyers
        home = np.array([self.pricing.home.get(code, -1) for code in buyers.countries])
        found = home[buyers.country[self.acts.buyer]]
        luck = rng.random(len(self.acts))
        return [int(at) for at in np.where(luck < 0.5, -1, np.where(luck < 0.54, self.pricing.won, found))]

    def _order(self, rng: np.random.Generator, passed: int) -> Ints:
        """Activities from 0 on and after them the verdicts, as they came in; some of them twice."""
        acts, verdicts = self.acts, self.verdicts
        lag = rng.exponential(0.8, len(acts)) + np.where(
            rng.random(len(acts)) < _LATE, rng.uniform(5, 60, len(acts)), 0.0
        )
        came = acts.day + np.array(self.minutes) / 1440 + lag
        early = np.where(rng.random(len(verdicts.kind)) < _EARLY, -rng.uniform(3, 20, len(verdicts.kind)), 0.0)
        said = verdicts.day + np.array(self.verdict_minutes) / 1440 + rng.exponential(0.3, len(verdicts.kind)) + early
        arrival = np.concatenate([came, said])
        again = np.flatnonzero(rng.random(len(arrival)) < _TWICE)
        places = np.concatenate([np.arange(len(arrival)), again])
        times = np.concatenate([arrival, arrival[again] + rng.exponential(2.0, len(again))])
        return np.asarray(places[np.argsort(np.minimum(times, passed), kind="stable")])

    def lines(self) -> Iterator[str]:
        """Every event as it came in, without the end of the line."""
        count = len(self.acts)
        for place in self.order.tolist():
            yield self.activity(place) if place < count else self.said(place - count)

    def activity(self, at: int) -> str:
        """An activity as a line."""
        day, unit, minutes = self.day[at], self.unit[at], self.minutes[at]
        iso = self.iso[day - self.earliest]
        when = f"{iso}T{minutes // 60:02}:{minutes % 60:02}:00{self.offsets.of(unit, day)}"
        number = self.number[self.employee[at]]
        members = f'"employee": "{number}", "company": {self._company(self.company[at])}, "buyer": {self._buyer(at)}'
        if self.usd[at]:
            amount, currency = self.pricing.amount(self.usd[at], self.currency[at], iso[:7])
            members += f', "amount": "{amount}", "currency": "{currency}"'
        if self.kind[at] == 1:
            members += f', "hs_code": "{self.acts.hs_code[at]}"'
        if self.partner[at] >= 0:
            own = self.share[at]
            members += (
                f', "credits": [{{"employee": "{number}", "share": "{own:.4g}"}}, '
                f'{{"employee": "{self.number[self.partner[at]]}", "share": "{1 - own:.4g}"}}]'
            )
        return _event(ACTIVITIES[self.kind[at]], self.source[unit], self.id[at], when, members)

    def _company(self, place: int) -> str:
        firms = self.market.companies
        registration = firms.registration[place]
        more = f', "registration": "{registration}"' if registration else ""
        return f'{{"name": {_text(firms.name[place])}{more}}}'

    def _buyer(self, at: int) -> str:
        buyers, place, spelling = self.market.buyers, self.buyer[at], self.spelling[at]
        name, registration = buyers.name[place], buyers.registration[place]
        if spelling > 3:
            name, registration = misspelled(name, spelling - 4), ""
        elif spelling:
            name = respelled(name, spelling - 1)
        more = f', "registration": "{registration}"' if registration else ""
        return f'{{"name": {_text(name)}, "country": "{buyers.countries[buyers.country[place]]}"{more}}}'

    def said(self, at: int) -> str:
        """A verdict as a line."""
        kind, activity, day, by, detail = self.verdict[at]
        unit, minutes = self.unit[activity], self.verdict_minutes[at]
        when = f"{self.iso[day - self.earliest]}T{minutes // 60:02}:{minutes % 60:02}:30{self.offsets.of(unit, day)}"
        members = f'"activity": {{"source": "{self.source[unit]}", "id": "{self.id[activity]}"}}'
        if by >= 0:
            members += f', "by": "{self.number[by]}"'
            if REASONS[kind]:
                members += f', "reason": {_text(REASONS[kind][detail])}'
        elif kind == CONFIRMED:
            members += f', "additionality": {ADDITIONALITY[detail]}'
        source = "/survey" if by < 0 else "/verification"
        return _event(KINDS[kind], source, f"V-{at + 1:06}", when, members)


def _event(kind: str, source: str, id_: str, when: str, members: str) -> str:
    return (
        f'{{"specversion": "1.0", "type": "kopes.{kind}", "source": "{source}", "id": "{id_}", "time": "{when}", '
        f'"data": {{{members}}}}}'
    )


def figure_events(figures: Sequence[ReportedFigure], *, verifier: str, series: str = "") -> Iterator[tuple[str, str]]:
    """What heads have reported, the type of each event and its line; all but some of the last day are verified."""
    last = max((one.day for one in figures), default=dt.date.min)
    for number, one in enumerate(figures, 1):
        members = f'"employee": "{one.by}", "node": "{one.node}", "kpi": "{one.kpi}", "cycle": "{one.cycle}", "value": "{one.value}"'
        yield "figure", _event("figure", _REPORTS, f"F-{series}{number:06}", f"{one.day}T10:00:00+09:00", members)
        waits = one.day == last and number % _WAITING == 0
        if not waits and verifier not in {one.by, one.node.removeprefix("employee:")}:
            members = f'"activity": {{"source": "{_REPORTS}", "id": "F-{series}{number:06}"}}, "by": "{verifier}"'
            yield (
                "verified",
                _event("verified", "/verification", f"VF-{series}{number:06}", f"{one.day}T16:00:00+09:00", members),
            )


def wrong_events(writer: Writer) -> tuple[list[str], list[str]]:
    """A handful that is rejected, and a few that are accepted and wait for an activity which is not here."""
    deals = np.flatnonzero(writer.acts.is_kind("export_deal"))[5:400:9][:9].tolist()
    wrong: list[str] = []
    changes: Sequence[Mapping[str, object]] = (
        {"employee": "E99999"},
        {"currency": "XAU"},
        {"amount": "12,500.00"},
        {"amount": "-100"},
        {"buyer": {"name": "Nowhere Trading Ltd.", "country": "AUT"}},
        {"hs_code": "85.09"},
        {"credits": [{"employee": writer.number[0], "share": "0.5"}, {"employee": writer.number[1], "share": "0.4"}]},
    )
    for place, (at, change) in enumerate(zip(deals, changes, strict=False)):
        event = json.loads(writer.activity(at))
        event["id"] = f"X-{place + 1:03}"
        event["data"] |= change
        wrong.append(json.dumps(event, ensure_ascii=False))
    for at in deals[-3:]:
        event = json.loads(writer.activity(at))
        event["data"]["amount"] = "999999.99"
        wrong.append(json.dumps(event, ensure_ascii=False))
    unknown = json.loads(writer.activity(deals[0])) | {"type": "kopes.trade_fair", "id": "X-010"}
    wrong.append(json.dumps(unknown, ensure_ascii=False))
    waiting = []
    for place in range(2):
        event = json.loads(writer.said(place))
        event["id"] = f"W-{place + 1:03}"
        event["data"]["activity"] = {"source": "/crm/paper", "id": f"P-{place + 1}"}
        waiting.append(json.dumps(event, ensure_ascii=False))
    return wrong, waiting
