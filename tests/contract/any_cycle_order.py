"""Who does anything in an opened cycle and what a little model says of it: the agency, its people, and the cycle as the contract has it (test_any_cycle_order.py).

The model knows nothing of the product's code: who stands how to whom is written down here by hand, scorecards are what was put and signed, and a figure
may move where something that is not pinned has moved.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from app import cycle as cycles
from app import scoring
from app.kit.database import Database
from app.scoring import ScoreQuery
from tests.conftest import NewDatabase
from tests.contract.any_deeds import DecidingDesk
from tests.contract.any_order import CYCLE, People, Prepared, made_ready
from tests.scenario import Scenario, ingest

__all__ = ["cycle_prepared"]

AGENCY: Final = """
unit HQ agency
  unit EUR regional_hq
    unit VIE office
    unit PAR office
employee E1 VIE staff
employee E2 VIE head
employee E3 EUR head
employee E4 HQ head
employee E5 HQ staff
employee E6 HQ staff
2026-03-04 deal D-1 E1 125000.00 EUR of Meyer/AT
2026-03-05T10:00 verified D-1 by E2 as V-1
2026-04-04 consult C-1 E1 of Meyer/AT
2026-05-04 consult C-2 E2 of Huber/AT
2026-06-04 deal D-2 E2 7000.00 EUR of Huber/AT E1:0.5 E2:0.5
"""
NOW: Final = dt.datetime(2026, 12, 20, 12, tzinfo=dt.UTC)
END: Final = dt.date(2027, 1, 1)

ALBA, BORAM, GASTON, HANA = (f"{one}@agency.example" for one in ("alba", "boram", "gaston", "hana"))
DANA, WANDA, ANNA, HUGO = (f"{one}@agency.example" for one in ("dana", "wanda", "anna", "hugo"))
CARLA, KIM, LEE, FERRAN, IRIS = (f"{one}@agency.example" for one in ("carla", "kim", "lee", "ferran", "iris"))
WANDA_AGAIN: Final = "E5@agency.example"
CYCLE_PEOPLE: Final[People] = {
    ALBA: (("employee",), "E1"),
    BORAM: (("head",), "E2"),
    GASTON: (("head",), "E3"),
    HANA: (("head",), "E4"),
    DANA: (("hr",), None),
    WANDA: (("hr",), "E5"),
    # Wanda's second account: of no number, but with the e-mail of E5.
    WANDA_AGAIN: (("member",), None),
    ANNA: (("member",), None),
    HUGO: (("employee",), "E6"),
    CARLA: (("member",), None),
    KIM: (("member",), None),
    LEE: (("member",), None),
    FERRAN: (("executive",), None),
    IRIS: (("admin",), None),
}
HR: Final = (DANA, WANDA)

NODES: Final = (
    "unit:HQ",
    "unit:EUR",
    "unit:VIE",
    "unit:PAR",
    *(f"employee:E{number}" for number in (1, 2, 3, 4, 5, 6, 8, 9)),
)
OWNER: Final = {"unit:HQ": "E4", "unit:EUR": "E3", "unit:VIE": "E2", "unit:PAR": "hr"} | {
    node: node.partition(":")[2] for node in NODES if node.startswith("employee:")
}
"""Who signs as owner: the number, or the role."""
HEAD: Final = {"unit:HQ": "executive", "unit:EUR": "E4", "unit:VIE": "E3", "unit:PAR": "E3"} | {
    "employee:E1": "E2",
    "employee:E2": "E3",
    "employee:E3": "E4",
    "employee:E4": "hr",
    "employee:E5": "E4",
    "employee:E6": "E4",
    "employee:E8": "hr",
    "employee:E9": "hr",
}
UNITS_OF: Final = {"E1": "VIE", "E2": "VIE", "E3": "EUR", "E4": "HQ", "E5": "HQ", "E6": "HQ"}
GRADED: Final = frozenset(UNITS_OF)
"""Who is posted anywhere; the other two are listed and graded in no group."""

MAKERS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("stage", "certify", "appoint", "amend", "bonus", "raters", "reopen_rating"), frozenset({"hr"})),
    **dict.fromkeys(("impose", "override", "drop", "zero", "exclude_year", "lift"), frozenset({"hr", "head"})),
}
CHECKERS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("stage", "bonus", "raters", "reopen_rating"), frozenset({"approver"})),
    **dict.fromkeys(("override", "drop", "zero", "exclude_year", "lift"), frozenset({"approver"})),
    **dict.fromkeys(("appoint", "amend"), frozenset({"executive"})),
    "certify": frozenset({"certifier"}),
    "impose": frozenset({"hr", "executive"}),
}
LINE_KINDS: Final = ("override", "drop", "zero", "exclude_year")
AGREED_IN: Final = ("agreement", "running")
BEFORE_THE_CUT: Final = ("draft", "agreement", "running")
NEXT: Final = {"draft": {"agreement"}, "agreement": {"running", "draft"}, "running": {"agreement"}}
SOFT: Final = (
    "no_scorecard",
    "unsigned",
    "unverified",
    "rating_missing",
    "rejected_events",
    "open_alert",
    "unconfirmed",
    "stale_given",
)

POLICIES: Final = ({"groups": {"minimum": 1}}, {"groups": {"minimum": 1}, "minimum_days": 366})
COUNTED: Final = ("entered", "verified")
"""From which level consults count, by what is loaded."""


# -------------------------------------------------------------------------------------------------------------- the agency


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def cycle_prepared(
    request: pytest.FixtureRequest, module_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Prepared:
    """The agency on each engine, with what activities make of it, a line that people rate and one that is held against its past."""
    folder = tmp_path_factory.mktemp("any-cycle-order") / "prepared"
    measured: dict[str, tuple[dict[str, object], str]] = {
        "deals": ({"activity": "export_deal", "aggregate": "count"}, "verified"),
        "consults": ({"activity": "export_consult", "aggregate": "count"}, "entered"),
        "companies": ({"activity": "export_deal", "aggregate": "distinct", "of": "company"}, "entered"),
        "leadership": ({"aggregate": "rating"}, "entered"),
    }
    said = Scenario.read(AGENCY)
    said.kpis = measured
    said.write(folder)
    write_kpis(folder, consults="entered")
    write_policies(folder, POLICIES[0])
    lines = folder / "agency" / "scorecards.csv"
    text = lines.read_text(encoding="utf-8")
    for kpi in ("companies", "leadership"):
        text = text.replace(f",{kpi},25,,unique,,,,,,10,", f",{kpi},25,,unique,,,,,,,")
    for unit in ("VIE", "PAR"):
        text = text.replace(
            f"unit:{unit},consults,25,,unique,,,", f"unit:{unit},consults,25,,identical,unit:EUR,consults,"
        )
    lines.write_text(text, encoding="utf-8")
    rows = [f"employee:E1,companies,{year},{actual}" for year, actual in enumerate((4, 5, 4, 5, 50), 2021)]
    (folder / "agency" / "history.csv").write_text("\n".join(["node,kpi,year,actual", *rows, ""]), encoding="utf-8")
    (folder / "events.json").write_text(json.dumps(said.events), encoding="utf-8")
    made = made_ready(request, module_database, folder, people=CYCLE_PEOPLE)
    database = Database(made.url)
    ingest(database, said.events)
    database.close()
    return made


def write_kpis(folder: Path, *, consults: str) -> None:
    """What is measured: consults from that level on."""
    file = folder / "definitions" / "kpis.yaml"
    kpis = json.loads(file.read_text(encoding="utf-8"))["kpis"]
    by_code = {one["code"]: one for one in kpis}
    by_code["consults"]["counts_from"] = consults
    by_code["companies"]["method"] = {"name": "deviation"}
    by_code["leadership"]["method"] = {"name": "qualitative"}
    file.write_text(json.dumps({"kpis": kpis}), encoding="utf-8")


def write_policies(folder: Path, policies: Mapping[str, Any]) -> None:
    """How it is graded."""
    (folder / "definitions" / "policies.yaml").write_text(json.dumps(policies), encoding="utf-8")


# --------------------------------------------------------------------------------------------------------------- the model


@dataclass
class Card:
    """What the model knows of a scorecard.

    Attributes:
        version: the lines that hold, None before there are any; with what consults counted from when they were signed.
        imposed: whether they were imposed.
        versions: how many there were.
        draft: a draft that somebody has written or signed, and that is not agreed to; None for what folder and targets say, or what holds.
        over: what folder and targets said of it when it was written.
        with_hr: whether hr signs it.
        signed: by whom in which part, and what consults counted from then.
        version_signed: by whom the version was signed.
    """

    version: list[dict[str, Any]] | None = None
    version_by: str = ""
    imposed: bool = False
    versions: int = 0
    draft: list[dict[str, Any]] | None = None
    over: tuple[str, str] = ("", "")
    with_hr: bool = False
    signed: dict[str, tuple[str, str]] = field(default_factory=dict)
    version_signed: dict[str, str] = field(default_factory=dict)


class Then(NamedTuple):
    """How things were when a decision was proposed: the cycle's stage, what was loaded, and how many decisions had been agreed to."""

    stage: str
    loaded: tuple[str, str]
    decided: int


class CycleDesk(DecidingDesk):
    """The application on a copy of the agency, everything that people do to a cycle of it, and what must be so by the contract.

    Attributes:
        stage: of the cycle; empty before it is opened.
        policies, counted: what is loaded.
        published: with what the cycle was published: policies, and from where consults count; None while it is not.
        cards: every scorecard.
        targets: what folder, or a head, says that consults are to come to.
        appointed: who rates a line, where that was decided.
        rated: what each rater has said of a node's line.
        holding: the line decisions that hold, by number.
        assessed: what each employee has said of their own year.
        happened: the events that there are.
        cut: those that there were when the cut was made that waits or holds.
        certify: the decision that waits to certify it.
        at_cut: the figures when it was proposed.
    """

    units = UNITS_OF

    def __init__(self, url: str, folder: Path) -> None:
        self.stage = ""
        self.calendar: dict[str, str] = {}
        self.policies, self.counted = json.dumps(POLICIES[0]), "entered"
        self.published: tuple[str, str] | None = None
        self.cards = {node: Card() for node in NODES}
        self.targets = dict.fromkeys(NODES, "10")
        self.appointed: dict[str, list[str]] = {}
        self.rated: dict[str, dict[str, tuple[str, str, bool]]] = {}
        self.holding: dict[int, dict[str, Any]] = {}
        self.assessed: dict[str, tuple[str, bool]] = {}
        self.check_ins = 0
        self.actions: dict[int, dict[str, Any]] = {}
        self.bonus: Counter[str] = Counter()
        self.happened: list[dict[str, Any]] = json.loads((folder / "events.json").read_text(encoding="utf-8"))
        self.cut: list[dict[str, Any]] = []
        self.certify: int | None = None
        self.at_cut: tuple[Any, Any] = ({}, {})
        super().__init__(url, folder, people=CYCLE_PEOPLE, now=NOW)

    # ---- what is read

    def refresh(self) -> None:
        """Read again what all can be held against."""
        self.refresh_decisions()
        cards = self.read(f"/api/v1/scorecards?cycle={CYCLE}&limit=1000")["items"]
        self.scores = {
            (card["node"], line["kpi"]): (line["score"], line["actual"], line["weight"], line["reason"])
            for card in cards
            for line in card["lines"]
        }
        with self.database.read() as connection:
            asked = ScoreQuery(int(CYCLE), self.today)
            self.results = dict(cycles.results_of(connection, scoring.state(connection), asked).told)

    def card(self, node: str) -> dict[str, Any]:
        """A scorecard as it is agreed on."""
        return dict(self.read(f"/api/v1/cycles/{CYCLE}/scorecards/{node}"))

    def verified(self) -> None:
        """What was certified is what it comes to by its cut alone."""
        with self.database.read() as connection:
            certified, unreadable = cycles.cut_to_verify(connection, int(CYCLE))
            assert certified is not None, unreadable
            assert cycles.verify(connection, certified, now=self.now).differences == ()

    # ---- who is who

    def signs_for(self, who: str, whom: str) -> bool:
        """Whether somebody signs as a number, or as one of a role."""
        one = self.accounts[who]
        return one.employee == whom or whom in one.roles

    def is_drafter(self, who: str, node: str) -> bool:
        """Whether somebody writes drafts of a scorecard: hr, its owner or its head."""
        return who in HR or self.signs_for(who, OWNER[node]) or self.signs_for(who, HEAD[node])

    # ---- how the cycle stands

    @property
    def goes_by(self) -> tuple[str, str]:
        """The policies of the cycle, and from where its consults count."""
        return self.published or (self.policies, self.counted)

    @property
    def loaded(self) -> tuple[str, str]:
        """What is loaded."""
        return self.policies, self.counted

    def folder_says(self, node: str) -> tuple[str, str]:
        """Over what a draft is written, as far as anything of it moves."""
        return self.targets[node], self.goes_by[1]

    def holds(self, card: Card) -> bool:
        """Whether a version holds, measured as it was when it was signed."""
        return card.version is not None and card.version_by == self.goes_by[1]

    def draft_of(self, node: str) -> list[dict[str, Any]] | None:
        """The draft that stands; None where nobody has written one, or the folder has changed under it before anybody signed."""
        card = self.cards[node]
        if card.draft is not None and card.version is None and not card.signed and card.over != self.folder_says(node):
            return None
        return card.draft

    def signatures(self, node: str) -> dict[str, str]:
        """Who has signed the draft that stands, as it is measured now."""
        if self.draft_of(node) is None:
            return {}
        return {part: who for part, (who, by) in self.cards[node].signed.items() if by == self.goes_by[1]}

    def is_to_sign(self, node: str) -> bool:
        """Whether a signature is missing."""
        return not self.holds(self.cards[node]) or self.draft_of(node) is not None

    def state_of(self, node: str) -> str:
        """How far a scorecard is."""
        card = self.cards[node]
        if self.holds(card):
            return "imposed" if card.imposed else "agreed"
        return "to_sign" if self.signatures(node) else "draft"

    def unsigned(self) -> list[str]:
        """The nodes that are neither agreed nor imposed."""
        return [node for node in NODES if self.state_of(node) in {"draft", "to_sign"}]

    def missing(self, node: str) -> list[str]:
        """In which parts nobody has signed."""
        parts = (
            ("owner", "head", "hr")
            if self.draft_of(node) is not None and self.cards[node].with_hr
            else ("owner", "head")
        )
        return [one for one in parts if one not in self.signatures(node)] if self.is_to_sign(node) else []

    def stage_reasons(self, to: str, accept: list[str]) -> tuple[set[str], set[str]]:
        """Why the cycle cannot come to a stage, for certain and perhaps."""
        reasons: set[str] = set()
        perhaps: set[str] = set()
        if to not in NEXT.get(self.stage, set()):
            reasons.add("not_now")
        if self.certify is not None:
            reasons.add("being_certified")
        if (
            to == "agreement"
            and self.stage == "draft"
            and not any("approver" in one for one in self.functions.values())
        ):
            reasons.add("blocked")
        if to == "running" and any(node.startswith("unit:") or "unsigned" not in accept for node in self.unsigned()):
            reasons.add("blocked")
        return reasons, perhaps

    def certify_reasons(self, accept: list[str]) -> tuple[set[str], set[str]]:
        """Why the cycle cannot be certified, for certain and perhaps."""
        reasons = set() if self.stage == "running" and self.today >= END else {"not_now"}
        reasons |= {"being_certified"} if self.certify is not None else set()
        graded = {node for node in self.unsigned() if node.startswith("unit:") or node.partition(":")[2] in GRADED}
        perhaps = {"blocked"} if not set(accept) >= set(SOFT) else set()
        if any(node.startswith("unit:") for node in graded) or any(self.open_decisions()):
            reasons.add("blocked")
        # Under some policies nobody is graded.
        return reasons, perhaps | ({"blocked"} if graded else set())

    def is_past(self) -> bool:
        """Whether scorecards may be imposed: the last day for signing has gone by."""
        by = self.calendar.get("agree_by")
        return self.stage in AGREED_IN and (by is None or self.today > dt.date.fromisoformat(by))

    def raters_of(self, node: str) -> list[str]:
        """Who rates a node's line."""
        return self.appointed.get(node, [HEAD[node]])

    def node_of_lift(self, content: Mapping[str, Any]) -> str:
        """The node of the decision that is to be lifted."""
        of = self.waiting.get(content["decision"])
        return str(of.content["node"]) if of is not None and "node" in of.content else ""
