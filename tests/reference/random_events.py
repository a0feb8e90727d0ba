"""Random events: activities, what people said of them, and what went wrong on the way in.

A malformed event must be malformed beyond doubt. Whatever the contract leaves open is not made here.
"""

from __future__ import annotations

import copy
import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

from tests.reference.folder import DAY, Folder
from tests.reference.ledger import Ledger
from tests.reference.random_definitions import COUNTRIES, HS_CODES

Event = dict[str, Any]

OFFSETS = ["Z", "+01:00", "+09:00", "-05:00", "+05:30", "-03:30", "+00:00", "+14:00"]
BUYERS = (
    ("Straße & Söhne GmbH", "STRASSE SÖHNE G.m.b.H.", "Strasse-Söhne Co., Ltd.", "strasse söhne"),
    ("Nordwind AS", "ＮＯＲＤＷＩＮＤ a.s.", "Nordwind"),
    ("Azteca Comercial S.A.", "AZTECA COMERCIAL, SA", "Azteca  Comercial (Co.)"),
    ("Co. Ltd.", "CO", "co, ltd"),
    ("주식회사 한빛", "한빛 주식회사", "한빛 Co., Ltd."),
    ("Ördög_Gép Kft", "ördög_gép kft."),
    ("Æther/Works plc", "æther works PLC"),
)
AMOUNTS = {"USD": 20_000, "EUR": 20_000, "KRW": 20_000_000, "JPY": 2_000_000, "GBP": 20_000}
SHARES = (
    ["1"],
    ["0.6", "0.4"],
    ["0.50", "0.5"],
    ["0.3333", "0.3333", "0.3334"],
    ["0.0001", "0.9999"],
    ["0.25", "0.75"],
)


class Happenings:
    """The events of an agency in the making."""

    def __init__(self, rng: random.Random, world: Folder, year: int) -> None:
        """``world`` has its people and rates by now."""
        self.rng = rng
        self.ledger = Ledger(world, [])
        self.year = year
        self.cycle = world.cycle(year)
        self.people = [row["number"] for row in world.rows["employees"]]
        self.made: list[Event] = []
        self.activities: list[Event] = []

    def event(self, kind: str, source: str, time: str, content: dict[str, Any], *, id_: str = "") -> Event:
        """An event of the next id, recorded."""
        event = {
            "specversion": "1.0",
            "type": f"kopes.{kind}",
            "source": source,
            "id": id_ or f"{kind[0].upper()}-{len(self.made)}",
            "time": time,
            "data": content,
        }
        self.made.append(event)
        return event

    def time(self) -> str:
        """Some time, mostly in the cycle, in some offset, now and then with a fraction of a second."""
        rng, days = self.rng, len(self.cycle.days)
        day = self.cycle.start + rng.choice([rng.randrange(days)] * 9 + [rng.randrange(-200, days + 90)]) * DAY
        if rng.random() < 0.05:
            day = rng.choice([self.cycle.start, self.cycle.end - DAY, self.cycle.start - DAY, self.cycle.end])
        clock = rng.choice(["00:00:00", "23:59:59", f"{rng.randrange(24):02d}:{rng.randrange(60):02d}:07"])
        return f"{day}T{clock}{rng.choice(['', '', '', '.5', '.123456789'])}{rng.choice(OFFSETS)}"

    def time_near(self, written: str) -> str:
        """A time some days after another, now and then before it, at the same instant, or a billionth of a second later."""
        rng = self.rng
        moment = dt.datetime.fromisoformat(written[:19] + (written[-6:] if written[-1] != "Z" else "+00:00"))
        if "." not in written and rng.random() < 0.12:
            other = moment.astimezone(dt.timezone(dt.timedelta(hours=rng.choice([-5, 9, 3]))))
            return other.isoformat()
        if rng.random() < 0.05:
            return f"{written[:19]}.000000001{written[-6:] if written[-1] != 'Z' else 'Z'}"
        return (moment + rng.choice([-20, 0, 3, 30, 90]) * DAY).isoformat()

    def activity(self) -> Event:
        """A consult, a deal or a new buyer."""
        rng, time = self.rng, self.time()
        kind = rng.choice(["export_consult"] * 4 + ["export_deal"] * 4 + ["new_buyer"] * 3)
        content: dict[str, Any] = {
            "employee": rng.choice(self.people),
            "company": self.company(),
            "buyer": self.buyer(),
        }
        if kind == "export_deal" or (kind == "export_consult" and rng.random() < 0.5):
            content |= self.worth(time)
        if kind == "export_deal" and rng.random() < 0.85:
            content["hs_code"] = rng.choice(HS_CODES)
        if rng.random() < 0.35:
            shares = rng.choice([share for share in SHARES if len(share) <= len(self.people)])
            credited = rng.sample(self.people, len(shares))
            content["credits"] = [
                {"employee": who, "share": share} for who, share in zip(credited, shares, strict=True)
            ]
        if rng.random() < 0.05:
            content["remark"] = {"kept": [True, None, 1]}
        source = rng.choice(["/crm/1", "/crm/2", "/crm/é"])
        event = self.event(kind, source, time, content, id_=self.activity_id(source))
        self.activities.append(event)
        return event

    def activity_id(self, source: str) -> str:
        """An id of its own, now and then one that an activity of another source has too."""
        held = {(event["source"], event["id"]) for event in self.activities}
        taken = self.rng.choice(self.activities)["id"] if self.activities and self.rng.random() < 0.2 else None
        return taken if taken and (source, taken) not in held else f"A{len(self.made)}"

    def worth(self, time: str) -> dict[str, str]:
        """An amount in a currency that has a rate by then."""
        day = dt.date.fromisoformat(time[:10])
        currency = self.rng.choice([name for name in AMOUNTS if self.ledger.rate(name, day) is not None])
        amount = AMOUNTS[currency] * self.rng.lognormvariate(0, 1)
        places = self.rng.choice([0, 2, 2, 2, 4])
        return {"amount": f"{amount:.{places}f}", "currency": currency}

    def buyer(self) -> dict[str, str]:
        """One of a few buyers in one of many spellings, with or without a registration."""
        rng = self.rng
        number = rng.randrange(len(BUYERS))
        buyer = {"name": rng.choice(BUYERS[number]), "country": rng.choice(COUNTRIES[: 2 + number])}
        if rng.random() < 0.3:
            buyer["registration"] = rng.choice([f"FN {number}", f"fn {number}", ""])
        return buyer

    def company(self) -> dict[str, str]:
        """A domestic company, by name, registration or both."""
        rng, number = self.rng, self.rng.randrange(12)
        name, registration = rng.choice([f"SME {number} Co., Ltd.", f"sme {number}"]), f"110-81-{number:05d}"
        return rng.choice(
            [{"name": name}, {"registration": registration}, {"name": name, "registration": registration}]
        )

    def verdicts(self, activity: Event) -> None:
        """What people said of an activity: nothing, or several things that do not agree."""
        rng = self.rng
        about = {"source": activity["source"], "id": activity["id"]}
        own = [activity["data"]["employee"], *(credit["employee"] for credit in activity["data"].get("credits", []))]
        others = [number for number in self.people if number not in own] or self.people
        time = activity["time"]
        for _ in range(rng.choice([0, 1, 1, 1, 1, 2, 3])):
            time = self.time_near(rng.choice([time, activity["time"]]))
            by = rng.choice(own) if rng.random() < 0.12 else rng.choice(others)
            kind = rng.choice(["verified"] * 5 + ["rejected"])
            self.event(kind, rng.choice(["/desk", "/desk/2"]), time, {"activity": dict(about), "by": by})
        for _ in range(rng.choice([0, 1, 1, 2])):
            time = self.time_near(rng.choice([time, activity["time"]]))
            kind = rng.choice(["confirmed"] * 4 + ["denied"])
            answer = {"activity": dict(about)} | rng.choice([{}, {"additionality": rng.choice([0, 40, 100])}])
            self.event(kind, "/audit", time, answer)
        if rng.random() < 0.06:
            reversal = {"activity": dict(about), "reason": "entered twice"} | rng.choice([{}, {"by": rng.choice(own)}])
            self.event("reversed", "/desk", self.time_near(activity["time"]), reversal)

    def figure(self, node: str, kpi: str) -> Event:
        """What somebody reports of a KPI, now and then of another node, KPI or cycle than asked for."""
        rng = self.rng
        content = {
            "employee": rng.choice(self.people),
            "node": node if rng.random() < 0.9 else f"employee:{rng.choice(self.people)}",
            "kpi": kpi if rng.random() < 0.95 else rng.choice(["no_such_kpi", "지표"]),
            "cycle": str(self.year if rng.random() < 0.9 else self.year - 1),
            "value": f"{rng.lognormvariate(4, 1) * rng.choice([1, 1, 1, 0, -1]):.{rng.choice([0, 1, 2, 4])}f}",
        }
        content["value"] = "0" if float(content["value"]) == 0 else content["value"]
        return self.event("figure", rng.choice(["/customs", "/survey"]), self.time(), content | {"note": "as told"})

    # --- what goes wrong ----------------------------------------------------------------------------------------------

    def stray_verdict(self) -> None:
        """A verdict about nothing, or about another verdict."""
        rng = self.rng
        about = rng.choice(self.made) if self.made and rng.random() < 0.5 else {"source": "/nowhere", "id": "0"}
        content = {"activity": {"source": about["source"], "id": about["id"]}, "by": rng.choice(self.people)}
        self.event(rng.choice(["verified", "rejected"]), "/stray", self.time(), content)

    def repeated(self) -> Event:
        """An event again: its members in another order, its amounts written otherwise."""
        event = copy.deepcopy(self.rng.choice(self.made))
        content = dict(reversed(event["data"].items()))
        if event["type"] != "kopes.new_buyer" and "amount" in content:
            content["amount"] = _other_spelling(content["amount"])
        for credit in content.get("credits", []):
            credit["share"] = _other_spelling(credit["share"])
        return event | {"data": content}

    def conflicting(self) -> Event:
        """The source and id of an event, with other content."""
        rng = self.rng
        event = copy.deepcopy(rng.choice(self.activities))
        match rng.choice(["time", "employee", "type", "buyer"]):
            case "time":
                event["time"] = (
                    event["time"][:11] + "12:34:56" + ("Z" if event["time"][11:19] != "12:34:56" else "+01:00")
                )
            case "employee" if len(self.people) > 1:
                event["data"]["employee"] = rng.choice([n for n in self.people if n != event["data"]["employee"]])
            case "type":
                event["type"] = "kopes.reversed"
                event["data"] = {"activity": {"source": event["source"], "id": event["id"]}}
            case _:
                event["data"]["buyer"]["name"] += " II"
        return event

    def malformed(self) -> Event:
        """An event that cannot be accepted, whatever else there is."""
        rng = self.rng
        deals = [event for event in self.activities if event["type"] == "kopes.export_deal"]
        event = copy.deepcopy(rng.choice(deals or [self.deal()]))
        event["source"], event["id"] = "/bad", f"B{rng.randrange(10**9)}"
        content = event["data"]
        who = content["employee"]
        changes: Sequence[tuple[dict[str, Any], str, object]] = (
            (event, "type", "kopes.export_dream"),
            (event, "specversion", "0.3"),
            (event, "time", event["time"][:19]),
            (event, "time", "2026-02-30T09:00:00Z"),
            (event, "id", "x" * 201),
            (event, "id", 7),
            (event, "source", "nul\0"),
            (event, "data", []),
            (content, "employee", "E9999"),
            (content, "amount", "1000.00001"),
            (content, "amount", "0.00"),
            (content, "amount", "-5"),
            (content, "amount", "１２"),
            (content, "amount", "1e3"),
            (content, "amount", 12.5),
            (content, "amount", "1" * 16),
            (content, "amount", "999999999999999"),
            (content, "amount", None),
            (content, "currency", "XTS"),
            (content, "hs_code", "85o9"),
            (content, "hs_code", "8"),
            (content, "buyer", {"name": "Nobody"}),
            (content, "buyer", {"name": "\ud800", "country": "AT"}),
            (content, "company", {}),
            (content, "credits", [{"employee": who, "share": "0.5"}]),
            (content, "credits", [{"employee": who, "share": "0.5"}, {"employee": "E9999", "share": "0.5"}]),
            (content, "credits", [{"employee": who, "share": "0.5"}, {"employee": who, "share": "0.5"}]),
            (content, "credits", [{"employee": who, "share": "1.00000"}]),
        )
        where, member, value = rng.choice(changes)
        if member == "amount" and value == "999999999999999":
            content["currency"] = "USD"
        where[member] = value
        return event

    def malformed_figure(self, figure: Event) -> Event:
        """A figure that cannot be accepted."""
        event = copy.deepcopy(figure)
        event["id"] = f"B{self.rng.randrange(10**9)}"
        member, value = self.rng.choice(
            (
                ("value", "+5"),
                ("value", "5."),
                ("value", ".5"),
                ("value", "1e3"),
                ("value", "0.00001"),
                ("value", "1" * 16),
                ("value", 12.5),
                ("value", "１２"),
                ("node", "unit:NOWHERE"),
                ("node", "employee:E9999"),
                ("node", "office:HQ"),
                ("kpi", ""),
                ("cycle", "26"),
                ("cycle", 2026),
                ("employee", "E9999"),
                ("credits", [{"employee": figure["data"]["employee"], "share": "1"}]),
            )
        )
        event["data"][member] = value
        return event

    def deal(self) -> Event:
        """A deal that is not recorded."""
        time = f"{self.cycle.start}T09:00:00Z"
        content: dict[str, Any] = {"employee": self.people[0], "company": {"name": "SME"}, "buyer": self.buyer()}
        content |= {"amount": "100.00", "currency": "USD"}
        return {
            "specversion": "1.0",
            "type": "kopes.export_deal",
            "source": "/crm",
            "id": "D",
            "time": time,
            "data": content,
        }


def _other_spelling(amount: str) -> str:
    """The same decimal with other zeros, of at most four places."""
    if "." not in amount:
        return f"{amount}.0"
    return amount + "0" if len(amount.partition(".")[2]) < 4 else amount


def random_figures(rng: random.Random, world: Folder, year: int) -> list[Event]:
    """Figures of the KPIs that are given: several of each, judged by others and by those they are about, repeated and in conflict.

    Some are of a KPI that counts activities, of none that there is, or of another cycle: they have no effect.
    """
    happenings = Happenings(rng, world, year)
    for row in world.rows["scorecards"]:
        is_given = world.definition(row["kpi"], year)["measure"]["aggregate"] == "given"
        for _ in range(rng.choice([0, 1, 2, 3]) if is_given else rng.random() < 0.03):
            figure = happenings.figure(row["node"], row["kpi"])
            happenings.verdicts(figure)
            if rng.random() < 0.1:
                happenings.made.append(copy.deepcopy(figure))
                happenings.made[-1]["data"]["value"] = _other_spelling(figure["data"]["value"])
            if rng.random() < 0.1:
                happenings.made.append(copy.deepcopy(figure))
                happenings.made[-1]["data"]["value"] = "1" + figure["data"]["value"].lstrip("-")
            if rng.random() < 0.15:
                happenings.made.append(happenings.malformed_figure(figure))
    rng.shuffle(happenings.made)
    return happenings.made


def random_events(rng: random.Random, world: Folder, year: int, about: int) -> list[Event]:
    """About so many events, in no order: one in twelve is repeated, in conflict or malformed."""
    happenings = Happenings(rng, world, year)
    while len(happenings.made) < about * 11 // 12:
        happenings.verdicts(happenings.activity())
        if rng.random() < 0.04:
            happenings.stray_verdict()
    events = list(happenings.made)
    if events:
        for _ in range(max(3, about // 36)):
            events += [happenings.repeated(), happenings.conflicting(), happenings.malformed()]
    rng.shuffle(events)
    return events
