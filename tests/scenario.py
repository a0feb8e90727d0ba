"""The agency and its activities from a test's docstring.

A test asks for ``agency`` and writes the given into its own docstring, a line each; indentation is the tree::

    unit HQ agency
      unit EUR regional_hq
        unit VIE office until 2026-07-01
      unit ASI regional_hq
        unit VIE office from 2026-07-01
    employee E1 VIE staff
    employee E2 - staff                       no posting
    rate 2026-03 EUR 1.10
    2026-03-04 deal D-77 E1 125000.00 EUR of Meyer/AT E1:0.6 E2:0.4
    2026-03-05T10:00 verified D-77 by E9 as V-1

What the docstring does not say: a rate of 1.10 for EUR from 2020 on (where it names no rate), the company, the buyer ``Buyer/AT``, nine o'clock
in UTC, and the employees E8 and E9, who judge and are posted nowhere. Every unit and employee has a line of each KPI of :data:`KPIS`, with a target
of 10, in 2026 and in every year that an event shows.

The lines go through the application's own doors on each engine in turn. When the test is over, totals are held against the fold of the
ledger, and the same events, shuffled and doubled, are recorded one by one in a second database, which must have the same digest.
Do not test arrival order by hand: every test that asks for ``agency`` has done so already.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from app import intake, ledger, scoring
from app.intake import Loaded
from app.kit.database import Database
from app.ledger import Recorded
from app.rules.activities import EventKey
from app.rules.terms import Basis, Node
from app.scoring import Scorecard, ScoreQuery
from tests.conftest import NewDatabase

__all__ = ["AT", "KPIS", "SOURCE", "Agency", "Scenario", "agency", "event_of", "ingest", "load", "open_agency"]

SOURCE: Final = "/scenario"
AT: Final = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)

KPIS: Final[Mapping[str, tuple[dict[str, object], str]]] = {
    "deals": ({"activity": "export_deal", "aggregate": "count"}, "verified"),
    "deals_confirmed": ({"activity": "export_deal", "aggregate": "count"}, "confirmed"),
    "deal_value": ({"activity": "export_deal", "aggregate": "sum", "of": "amount_usd"}, "verified"),
    "deal_mean": ({"activity": "export_deal", "aggregate": "mean", "of": "amount_usd"}, "entered"),
    "deals_austria": ({"activity": "export_deal", "aggregate": "count", "where": {"country": ["AT"]}}, "entered"),
    "consults": ({"activity": "export_consult", "aggregate": "count"}, "entered"),
    "new_buyers": ({"activity": "new_buyer", "aggregate": "count"}, "entered"),
    "new_buyers_verified": ({"activity": "new_buyer", "aggregate": "count"}, "verified"),
    "buyers": ({"activity": "export_deal", "aggregate": "distinct", "of": "buyer"}, "entered"),
    "companies": ({"activity": "export_deal", "aggregate": "distinct", "of": "company"}, "entered"),
}
"""One KPI for each aggregate and level: code -> measure, counts_from."""

_TYPES: Final = {"deal": "export_deal", "consult": "export_consult"}
_DATED: Final = re.compile(r"\d{4}-\d{2}-\d{2}(T\S+)? ")


@dataclass
class Scenario:
    """What a docstring says, as rows of an agency folder and as events."""

    units: list[str] = field(default_factory=list)
    postings: list[str] = field(default_factory=list)
    jobs: dict[str, str] = field(default_factory=dict)
    rates: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    kpis: Mapping[str, tuple[dict[str, object], str]] = field(default_factory=lambda: KPIS)

    @classmethod
    def read(cls, text: str) -> Scenario:
        """Read the lines that begin as a line of a scenario does; the rest is prose."""
        found = cls()
        above: list[tuple[int, str]] = []
        for line in text.splitlines():
            words = line.split()
            if line.strip().startswith("unit "):
                depth = len(line) - len(line.lstrip())
                above = [one for one in above if one[0] < depth]
                found._unit(words[1:], parent=above[-1][1] if above else "")
                above.append((depth, words[1]))
            elif line.strip().startswith("employee "):
                found._employee(words[1:])
            elif line.strip().startswith("rate "):
                found.rates.append(",".join(words[1:4]))
            elif _DATED.match(line.strip()):
                found.events.append(event_of(line))
        for number in ("E8", "E9"):
            found.jobs.setdefault(number, "staff")
        return found

    @property
    def cycles(self) -> list[int]:
        """2026 and the years that events show."""
        return sorted({2026, *(int(one["time"][:4]) for one in self.events)})

    def _unit(self, words: Sequence[str], *, parent: str) -> None:
        code, kind = words[:2]
        begin, end = _span(words[2:])
        self.units.append(f"{code},{code},{kind},{parent},AT,Europe/Vienna,,{begin or '2000-01-01'},{end}")

    def _employee(self, words: Sequence[str]) -> None:
        number, unit, job = words[:3]
        self.jobs[number] = job
        if unit != "-":
            begin, end = _span(words[3:])
            self.postings.append(f"{number},{unit},{job},{begin or '2000-01-01'},{end}")

    def write(self, folder: Path) -> Path:
        """Write the agency folder and the definitions below ``folder``; returns the agency folder."""
        agency_folder, definitions = folder / "agency", folder / "definitions"
        agency_folder.mkdir(parents=True, exist_ok=True)
        definitions.mkdir(exist_ok=True)
        nodes = [f"unit:{code}" for code in dict.fromkeys(row.split(",")[0] for row in self.units)]
        nodes += [f"employee:{number}" for number in self.jobs]
        weight = 100 / len(self.kpis)
        files = {
            "units": ("code,name,kind,parent,country,timezone,evaluation_group,valid_from,valid_to", self.units),
            "employees": (
                "number,name,email,rank,job,monthly_base,hired_on,left_on",
                [f"{one},{one},{one}@agency.example,G5,{job},3000000,2000-01-01," for one, job in self.jobs.items()],
            ),
            "postings": ("employee,unit,role,from,to", self.postings),
            "rates": ("month,currency,usd", self.rates or ["2020-01,EUR,1.10"]),
            "scorecards": (
                "cycle,node,kpi,weight,area,link,parent_node,parent_kpi,base,high,low,target,coefficient",
                [
                    f"{c},{node},{kpi},{weight:g},,unique,,,,,,10,"
                    for c in self.cycles
                    for node in nodes
                    for kpi in self.kpis
                ],
            ),
        }
        for name, (header, rows) in files.items():
            (agency_folder / f"{name}.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
        _write_definitions(definitions, self.kpis)
        return agency_folder


def _span(words: Sequence[str]) -> tuple[str, str]:
    said = dict(zip(words[::2], words[1::2], strict=False))
    return said.get("from", ""), said.get("until", "")


def _write_definitions(folder: Path, measured: Mapping[str, tuple[dict[str, object], str]]) -> None:
    name = {"en": "A name"}
    task = {"code": "grow", "name": name}
    goals = [{"code": "exports", "name": name, "perspective": "customer", "tasks": [task]}]
    kpis = [
        {
            "code": code,
            "name": name,
            "goal": "grow",
            "class": "main",
            "direction": "up",
            "unit": "count",
            "measure": measure,
            "counts_from": counts_from,
            "method": {"name": "target"},
        }
        for code, (measure, counts_from) in measured.items()
    ]
    # JSON is YAML.
    (folder / "goals.yaml").write_text(json.dumps({"goals": goals}), encoding="utf-8")
    (folder / "kpis.yaml").write_text(json.dumps({"kpis": kpis}), encoding="utf-8")


def event_of(line: str) -> dict[str, Any]:
    """The CloudEvent that a line of a scenario stands for."""
    time, type_, id_, *rest = line.split()
    words = iter(rest)
    data: dict[str, Any] = {}
    event: dict[str, Any] = {
        "specversion": "1.0",
        "type": f"kopes.{_TYPES.get(type_, type_)}",
        "source": SOURCE,
        "id": id_,
        "time": _time(time),
        "data": data,
    }
    if type_ in {"verified", "rejected", "confirmed", "denied", "reversed"}:
        data["activity"] = {"source": SOURCE, "id": id_}
        said = dict(zip(rest[::2], rest[1::2], strict=True))
        if "by" in said:
            data["by"] = said["by"]
        event["id"] = said.get("as") or f"{type_}-{id_}-{time}-{said.get('by', '')}"
        return event
    data |= {"employee": next(words), "company": {"name": "Company"}, "buyer": {"name": "Buyer", "country": "AT"}}
    for word in words:
        if word == "of":
            name, country = next(words).split("/")
            data["buyer"] = {"name": name, "country": country}
        elif word == "for":
            data["company"] = {"name": next(words)}
        elif ":" in word:
            employee, share = word.split(":")
            data.setdefault("credits", []).append({"employee": employee, "share": share})
        elif word.isalpha():
            data["currency"] = word
        else:
            data["amount"] = word
    return event


def _time(word: str) -> str:
    if "T" not in word:
        return f"{word}T09:00:00Z"
    day, hour = word.split("T")
    clock = re.match(r"\d\d:\d\d", hour)
    assert clock, word
    return f"{day}T{clock[0]}:00{hour[5:] or 'Z'}"


# --------------------------------------------------------------------------------------------------------------- the doors


def load(database: Database, folder: Path) -> Loaded:
    """Load the agency folder and the definitions below ``folder``."""
    return database.writing(
        "load_folder",
        lambda connection: intake.load_agency(
            connection, folder / "agency", definitions=folder / "definitions", at=AT, by="test"
        ),
    )


def ingest(database: Database, events: Sequence[object], *, at: dt.datetime = AT, sender: str = "test") -> Recorded:
    """Record events, in one batch."""
    arrivals = [intake.arrival_of(event) for event in events]
    return database.writing(
        "ingest",
        lambda connection: intake.take_in(connection, arrivals, at=at, door="ingest", sender=sender),
    )


@dataclass
class Agency:
    """A loaded agency with its events, and questions to it."""

    database: Database
    scenario: Scenario
    folder: Path
    recorded: Recorded = field(default_factory=Recorded)
    accepted: list[dict[str, Any]] = field(default_factory=list)

    def record(self, *lines: str) -> Recorded:
        """Record further lines of a scenario as they come in, in one batch."""
        return self.record_events([event_of(line) for line in lines])

    def record_events(self, events: Sequence[dict[str, Any]]) -> Recorded:
        """Record events as they come in, in one batch."""
        recorded = ingest(self.database, events)
        refused = {one.index for one in recorded.rejected}
        self.accepted += [one for index, one in enumerate(events) if index not in refused]
        return recorded

    def load(self, text: str) -> Loaded:
        """Load the agency that another text says."""
        said = Scenario.read(text)
        said.events = self.scenario.events
        for number, job in self.scenario.jobs.items():
            said.jobs.setdefault(number, job)
        return self.load_scenario(said)

    def load_scenario(self, said: Scenario) -> Loaded:
        """Load another agency."""
        said.write(self.folder)
        loaded = load(self.database, self.folder)
        self.scenario = said
        return loaded

    def card(
        self, node: str, *, cycle: int = 2026, as_of: dt.date | None = None, basis: Basis = Basis.FINAL
    ) -> Scorecard:
        """A node's scorecard."""
        asked = Node.parse(node)
        assert asked is not None, node
        with self.database.read() as connection:
            return scoring.scorecards(connection, ScoreQuery(cycle, AT.date(), as_of, basis), [asked])[0]

    def actual(
        self,
        node: str,
        kpi: str,
        *,
        cycle: int = 2026,
        as_of: str | None = None,
        basis: Basis = Basis.FINAL,
    ) -> Decimal | None:
        """The actual of a node's line."""
        day = None if as_of is None else dt.date.fromisoformat(as_of)
        card = self.card(node, cycle=cycle, as_of=day, basis=basis)
        text = next(line.actual for line in card.lines if line.kpi == kpi)
        return None if text is None else Decimal(text)

    def digest(self) -> str:
        """What ``kopes digest`` prints."""
        with self.database.read() as connection:
            return scoring.digest(connection)

    def differences(self) -> list[str]:
        """What ``kopes reconcile`` prints; where that is nothing, what is found by the database's own sums, and of the later half of the events."""
        with self.database.read() as connection:
            by_the_events = list(scoring.reconcile(connection))
            half = ledger.last_event(connection) // 2
            return by_the_events or list(
                ledger.reconcile_since(connection, scoring.state(connection).frame, after=half)
            )

    def history(self, id_: str) -> ledger.ActivityHistory:
        """An activity with all that was said about it."""
        with self.database.read() as connection:
            key = ledger.event_key(EventKey(SOURCE, id_))
            found = ledger.activity_history(connection, scoring.state(connection).frame, key=key)
        assert found is not None, id_
        return found

    def check(self) -> None:
        """Totals are the fold of the ledger, by both ways of folding."""
        assert self.differences() == []
        with self.database.read() as connection:
            held = scoring.state(connection)
            for cycle in self.scenario.cycles:
                nodes = held.plan(cycle).nodes
                now = ledger.current_figures(connection, held.frame, cycle=cycle, nodes=nodes)
                ever = ledger.figures_as_of(connection, held.frame, cycle=cycle, nodes=nodes, as_of=dt.date.max)
                assert (now.amounts == ever.amounts).all()
                assert (now.distinct == ever.distinct).all()


def open_agency(url: str, scenario: Scenario, folder: Path) -> Agency:
    """Load a scenario's agency into an empty database and record its events."""
    scenario.write(folder)
    opened = Agency(Database(url), scenario, folder)
    load(opened.database, folder)
    opened.recorded = opened.record_events(scenario.events)
    assert opened.recorded.rejected == []
    return opened


def _in_another_order(agency: Agency, url: str) -> str:
    """The digest of a second database, where the same events came one by one, shuffled and doubled."""
    chance = random.Random(len(agency.accepted))
    events = [*agency.accepted, *agency.accepted]
    chance.shuffle(events)
    other = Agency(Database(url), agency.scenario, agency.folder)
    load(other.database, agency.folder)
    for event in events:
        other.record_events([event])
    assert other.differences() == []
    digest = other.digest()
    other.database.close()
    return digest


@pytest.fixture
def agency(request: pytest.FixtureRequest, engine: str, new_database: NewDatabase, tmp_path: Path) -> Iterator[Agency]:
    """The agency of the test's docstring, on each engine in turn; at the end it checks itself."""
    scenario = Scenario.read(request.function.__doc__ or "")
    opened = open_agency(new_database(engine), scenario, tmp_path)
    yield opened
    opened.check()
    assert _in_another_order(opened, new_database(engine)) == opened.digest()
    opened.database.close()
