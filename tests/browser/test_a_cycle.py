"""A cycle from its opening to its certificate, the first moved grades, their review and the telling by pages alone, as each role: twelve people sign in, and nobody types an address (issue 14, "Done when").

At its end page, API, command and export say what a second calculation says of a folder into which somebody has written by hand what was agreed,
rated and decided.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import expect

from app.kit.schema import migrate
from tests.browser.person import WHY, Person
from tests.browser.states import PHONE, violations
from tests.conftest import Kopes, Serve
from tests.reference.agency import ReferenceAgency
from tests.reference.comparison import differences_of_grades, differences_of_scorecards
from tests.reference.scorecards import LineDecided

pytestmark = pytest.mark.browser

JANUARY: Final = "2026-01-12T08:00:00Z"
FEBRUARY: Final = "2026-02-02T08:00:00Z"
JULY: Final = "2026-07-06T08:00:00Z"
MARCH: Final = "2027-03-08T08:00:00Z"

NAMES: Final = {"E1": "Alba", "E2": "Boram", "E3": "Chae", "E4": "Gaston", "E5": "Fumiko", "E6": "Jiho"}
JOBS: Final = {"E1": "staff", "E2": "head", "E3": "head", "E4": "head", "E5": "head", "E6": "staff"}
PLACES: Final = {"E1": "VIE", "E2": "VIE", "E3": "EUR", "E4": "HQ", "E5": "PAR", "E6": "HQ"}
ACCOUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "dana": ("hr",),
    "ferran": ("executive",),
    "anna": ("member",),
    "carla": ("member",),
    "cleo": ("member",),
    "cora": ("member",),
} | {name.lower(): ("employee", number) for number, name in NAMES.items()}

CONSULTED: Final = ("Nordwind", "Donau")
WON: Final = {"Rhein": "40000", "Weser": "30000"}
ACCEPTED: Final = ("wait to be verified", "are not rated yet")

Rows = Sequence[Mapping[str, str]]


def _line(node: str, kpi: str, weight: int, target: str, above: str = "", link: str = "contributory") -> dict[str, str]:
    line = {"cycle": "2026", "node": node, "kpi": kpi, "weight": str(weight), "link": link if above else "unique"}
    return line | {"parent_node": above, "parent_kpi": kpi if above else "", "target": target}


def _folder() -> dict[str, list[dict[str, str]]]:
    """The agency as it is loaded: a region whose deals its two offices carry, and two of the staff; heads have no lines of their own."""
    units = [
        {"code": code, "name": name, "kind": kind, "parent": parent, "country": country, "timezone": "Europe/Vienna"}
        | {"evaluation_group": "", "valid_from": "2020-01-01", "valid_to": ""}
        for code, name, kind, parent, country in (
            ("HQ", "Handel Agency", "agency", "", "KR"),
            ("EUR", "Europe", "regional_hq", "HQ", "DE"),
            ("VIE", "Vienna", "office", "EUR", "AT"),
            ("PAR", "Paris", "office", "EUR", "FR"),
        )
    ]
    employees = [
        {"number": number, "name": name, "email": f"{name.lower()}@agency.example", "rank": "G4", "job": JOBS[number]}
        | {"monthly_base": "3000000", "hired_on": "2020-01-01", "left_on": ""}
        for number, name in NAMES.items()
    ]
    postings = [
        {"employee": number, "unit": unit, "role": JOBS[number], "from": "2020-01-01", "to": ""}
        for number, unit in PLACES.items()
    ]
    history = [
        {"node": f"unit:{unit}", "kpi": "deals", "year": "2025", "actual": actual}
        for unit, actual in (("VIE", "15"), ("PAR", "5"))
    ]
    scorecards = [
        _line("unit:HQ", "deals", 60, "40"),
        _line("unit:HQ", "consults", 40, "100"),
        _line("unit:EUR", "deals", 60, "20", "unit:HQ"),
        _line("unit:EUR", "consults", 40, "60", "unit:HQ"),
        _line("unit:VIE", "deals", 60, "1", "unit:EUR", "identical"),
        _line("unit:VIE", "consults", 40, "30", "unit:EUR"),
        _line("unit:PAR", "deals", 60, "1", "unit:EUR", "identical"),
        _line("unit:PAR", "consults", 40, "20", "unit:EUR"),
        _line("employee:E1", "deals", 50, "4", "unit:VIE"),
        _line("employee:E1", "consults", 30, "10", "unit:VIE"),
        _line("employee:E1", "counsel", 20, ""),
        _line("employee:E6", "consults", 70, "5", "unit:HQ"),
        _line("employee:E6", "counsel", 30, ""),
    ]
    return {
        "units": units,
        "employees": employees,
        "postings": postings,
        "history": history,
        "scorecards": scorecards,
    }


def _definitions() -> dict[str, Any]:
    """Deals count once they are verified, consults at once, and how somebody counsels is rated."""
    task = {"code": "lead_companies", "name": {"en": "Lead companies to buyers"}}
    goals = [{"code": "exports", "name": {"en": "Exports grow"}, "perspective": "customer", "tasks": [task]}]
    deals = {"activity": "export_deal", "aggregate": "count"}
    given = {"goal": "lead_companies", "class": "main", "direction": "up"}
    target = {"name": "target"}
    kpis = [
        {"code": "deals", "name": {"en": "Deals won", "ko": "계약 건수"}, "unit": {"en": "deals", "ko": "건"}, **given}
        | {"measure": deals, "counts_from": "verified", "method": target},
        {
            "code": "consults",
            "name": {"en": "Export consults", "ko": "수출상담"},
            "unit": {"en": "consults", "ko": "건"},
        }
        | {**given, "measure": deals | {"activity": "export_consult"}, "counts_from": "entered", "method": target},
        {
            "code": "counsel",
            "name": {"en": "Quality of counsel", "ko": "상담 품질"},
            "unit": {"en": "points", "ko": "점"},
        }
        | {**given, "measure": {"aggregate": "rating"}, "counts_from": "entered", "method": {"name": "qualitative"}},
    ]
    return {"goals": {"goals": goals}, "kpis": {"kpis": kpis}}


def _write(folder: Path, files: Mapping[str, Rows]) -> tuple[Path, Path]:
    """The agency folder and the definitions, as somebody writes them."""
    agency, definitions = folder / "agency", folder / "definitions"
    agency.mkdir(parents=True)
    definitions.mkdir()
    more = {"scorecards": ("area", "base", "high", "low", "coefficient")}
    for name, rows in files.items():
        with (agency / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, [*rows[0], *more.get(name, ())], restval="")
            writer.writeheader()
            writer.writerows(rows)
    for name, content in _definitions().items():
        (definitions / f"{name}.yaml").write_text(json.dumps(content), encoding="utf-8")
    return agency, definitions


@dataclass
class Walk:
    """The agency, and whoever of it sits at a browser at the present that the server has."""

    database: str
    folder: Path
    kopes: Kopes
    serve: Serve
    come: Callable[..., Person]
    passwords: dict[str, str] = field(default_factory=dict)
    url: str = ""
    present: str = ""

    def run(self, *words: str | Path) -> str:
        """A command, at the same present."""
        return self.kopes(
            *words, database=self.database, definitions=self.folder / "definitions", status=None, KOPES_NOW=self.present
        ).out

    def at(self, present: str) -> None:
        """Time has gone by: sessions of before have ended."""
        self.present = present
        self.url = self.serve(self.database, definitions=self.folder / "definitions", KOPES_NOW=present).url

    def enter(self, *names: str, width: int = 1440) -> Iterable[Person]:
        """People who sign in."""
        for name in names:
            person = self.come(self.url, name, self.passwords[name], width=width, keeps=True)
            yield person


@pytest.fixture
def walk(tmp_path: Path, serve: Serve, kopes: Kopes, come: Callable[..., Person]) -> Walk:
    """The agency is loaded and everybody has an account."""
    made = Walk(f"sqlite:///{tmp_path / 'kopes.sqlite'}", tmp_path / "site", kopes, serve, come, present=JANUARY)
    migrate(made.database)
    agency, _ = _write(made.folder, _folder())
    made.run("load", agency)
    for name, (role, *number) in ACCOUNTS.items():
        more = ("--employee", *number) if number else ()
        said = made.run("user", "create", f"{name}@agency.example", "--role", role, *more)
        made.passwords[name] = said.split()[-1]
    return made


# ---------------------------------------------------------------------------------------------------------- opening, agreement


def _to_cycle(person: Person) -> None:
    person.go("Evaluation cycles")
    person.follow("2026")


def _agree_to(person: Person, number: int) -> None:
    """As many decisions as wait, one by one from the first page."""
    for left in range(number, 0, -1):
        person.agree(left)


def _opened(dana: Person) -> None:
    """With its dates; hr proposes who has which function."""
    dana.go("Evaluation cycles")
    dana.type("Cycle", "2026")
    dana.press("Open it")
    for label, day in (
        ("Scorecards agreed by", "2026-01-31"),
        ("Mid-year check from", "2026-06-15"),
        ("Mid-year check by", "2026-06-30"),
        ("Figures certified by", "2027-03-20"),
    ):
        dana.type(label, day)
    dana.press("Keep the dates")
    expect(dana.main).to_contain_text("The dates are kept")
    for function, whom in (
        ("approver", "anna"),
        ("certifier", "carla"),
        ("calibrator", "cleo"),
        ("calibrator", "cora"),
    ):
        dana.type("Whom to propose", f"{whom}@agency.example")
        dana.choose("Function", function)
        dana.type("Reason", WHY, 1)
        dana.press("Propose this person")
        expect(dana.main).to_contain_text("an executive has to agree")
        dana.follow("Cycle 2026")


def _stage(dana: Person, stage: str, *accept: str) -> None:
    """Hr proposes it, from the page of the cycle."""
    _to_cycle(dana)
    dana.choose("Stage", stage)
    for words in accept:
        dana.main.get_by_label(re.compile(words)).check()
    dana.type("Reason", WHY, 0)
    dana.press("Propose this stage")


def _share(chae: Person) -> None:
    """The region's deals among its offices: by last year alone, and Paris gets another target for a reason."""
    _to_cycle(chae)
    chae.follow("Share targets")
    chae.follow("Deals won")
    for label, presses in (("Market", 6), ("People", 4)):
        slider = chae.main.get_by_role("slider", name=re.compile(f"^{label}"))
        for _ in range(presses):
            slider.press("ArrowLeft")
    row = chae.main.get_by_role("row").filter(has_text="Vienna")
    expect(row.locator("strong")).to_have_text("15")
    chae.type("Another target for Paris", "7")
    chae.type("Why Paris gets another target", "A fair is held there again.")
    expect(row.locator("strong")).to_have_text("13")
    assert violations(chae.page) == []
    chae.press("Write these targets into the drafts")
    expect(chae.main).to_contain_text("13")


def _draft(boram: Person) -> None:
    """A head changes one target of one person before signing."""
    boram.go("Home")
    boram.follow("Alba, 2026")
    boram.page.locator("summary", has_text="Change the draft").press("Enter")
    consults = boram.main.get_by_role("group", name="Export consults")
    consults.get_by_label("Target").fill("8")
    boram.type("What the change is for", "A fair less than last year.")
    assert violations(boram.page) == []
    boram.press("Save the draft")
    expect(boram.main).to_contain_text("it moves nothing before all have signed it")
    expect(boram.main.get_by_role("row").filter(has_text="Export consults").locator("del")).to_contain_text("10")


def _sign(person: Person, name: str, part: str, *, holds: bool) -> None:
    """From what waits on the first page."""
    person.go("Home")
    person.follow(f"{name}, 2026")
    person.press(f"Sign as: {part}")
    expect(person.main).to_contain_text("these lines hold from now on" if holds else "another signature is missing yet")


def _impose(chae: Person, dana: Person) -> None:
    """Fumiko has not signed for Paris until the last day: her head proposes that it holds all the same, and hr agrees."""
    _to_cycle(chae)
    chae.follow("Missing signatures, part by part")
    with chae.page.expect_navigation():
        chae.main.get_by_role("table", name="Who has not signed").get_by_role("link", name="Paris").press("Enter")
    chae.page.locator("summary", has_text="Impose these lines").press("Enter")
    assert violations(chae.page) == []
    chae.type("Why", "Asked three times since the tenth of January.")
    chae.press("Propose to impose them")
    expect(chae.main).to_contain_text("it holds once a second person agrees")
    chae.follow("Paris")
    expect(chae.page.get_by_role("heading", name="Agreement: Paris", level=1)).to_be_visible()
    _agree_to(dana, 1)


# ---------------------------------------------------------------------------------------------------------------- the year


def _log(person: Person, kind: str, buyer: str, amount: str = "", *, day: str = "") -> None:
    person.go("Log an activity")
    person.main.get_by_role("radio", name=kind).check(force=True)
    person.type("Company", "Hanbit Machinery")
    person.type("Buyer", buyer)
    person.choose("Buyer's country", "Austria")
    if amount:
        person.type("Amount", amount)
        person.choose("Currency", "USD")
    if day:
        person.type("Day", day)
    person.main.get_by_role("button", name="Save", exact=True).press("Enter")
    expect(person.page.locator(".notice-done")).to_contain_text("Saved.")


def _work(alba: Person, boram: Person) -> None:
    """Two consults and two deals, of which the head verifies one."""
    for buyer in CONSULTED:
        _log(alba, "Export consult", buyer)
    for buyer, amount in WON.items():
        _log(alba, "Export deal", buyer, amount)
    boram.go("Home")
    boram.follow("Entries that wait for your verdict: 2")
    boram.page.locator("[data-open]").filter(has_text="Rhein").press("Enter")
    boram.page.get_by_role("button", name="Verify", exact=True).press("Enter")
    boram.page.get_by_role("button", name=re.compile("^Record now")).press("Enter")
    expect(boram.page.locator(".toast")).to_have_count(0)


def _mid_year(alba: Person, boram: Person) -> None:
    """A talk that both keep, one's own view of the year, and what is done about a line below C."""
    for person, said in ((alba, "The fair in spring was called off."), (boram, "She calls the ten buyers at home.")):
        person.go("Home")
        person.main.locator("[data-kind=check_in_due]").get_by_role("link", name="Alba, 2026").press("Enter")
        person.type("What you spoke of", said)
        person.press("Keep it")
        expect(person.main).to_contain_text(said)
    alba.go("My scorecard")
    alba.follow("Check-ins")
    alba.follow("Write how your year went")
    alba.type("How your year went", "Well begun, half done.")
    alba.press("Make it final")
    expect(alba.main).to_contain_text("Well begun, half done.")
    alba.go("Home")
    alba.follow("Deals won, Alba, 2026")
    alba.type("Cause", "The fair in spring was called off.")
    alba.type("What is done", "The ten buyers are visited at home.")
    alba.type("Due by", "2026-09-30")
    alba.press("Open the action")
    alba.go("Home")
    alba.follow("The ten buyers are visited at home.")
    alba.type("Result", "Eight of ten were there.")
    alba.press("Close the action")
    expect(alba.main).to_contain_text("Eight of ten were there.")


def _rate(dana: Person, anna: Person, chae: Person) -> None:
    """Hr proposes that the head above rates; two agree on that, and the rater on nothing."""
    _to_cycle(dana)
    dana.follow("Ratings")
    dana.follow("Alba")
    dana.page.locator("summary", has_text="Other raters").press("Enter")
    dana.type("Rater 1", "E3")
    dana.type("Reason", WHY)
    assert violations(dana.page) == []
    dana.press("Propose these raters")
    _agree_to(anna, 1)
    chae.go("Home")
    chae.follow("Lines of 2026 that wait for your grade: 1")
    chae.follow("Alba")
    chae.choose("Grade", "B+ (80)")
    chae.type("What it rests on", "Two companies praised how well they were prepared.")
    assert violations(chae.page) == []
    chae.press("Give this grade for good")
    expect(chae.main).to_contain_text("B+")


def _override(boram: Person, anna: Person) -> None:
    """A head above proposes another target for a cause, and the approver agrees."""
    boram.go("My office")
    boram.follow("Alba")
    with boram.page.expect_navigation():
        boram.main.get_by_role("heading", name="Deals won").get_by_role("link").press("Enter")
    boram.follow("Decide about this line")
    boram.choose("Decision", "Another figure")
    boram.choose("Which figure", "Target")
    boram.type("What it is to be", "2")
    boram.type("Cause", "fair-2026")
    boram.press("Show what it moves")
    boram.type("Why", "The fair that the target rested on was called off.")
    assert violations(boram.page) == []
    boram.press("Propose")
    _agree_to(anna, 1)


def _looked_at(*people: Person) -> None:
    """How far everybody is."""
    for person in people:
        _to_cycle(person)
        person.follow("Board")
        expect(person.main.get_by_role("row").filter(has_text="Alba")).to_be_visible()
    assert violations(people[0].page) == []


def _late(dana: Person) -> None:
    """Events that came after the cut, with what they would move."""
    _to_cycle(dana)
    dana.follow("What came after the cut")
    rows = dana.main.get_by_role("table", name="Events after the cut").locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Alba, Export consults")
    assert violations(dana.page) == []


# ------------------------------------------------------------------------------------------------------ the same, written by hand


def _by_hand(folder: Path) -> ReferenceAgency:
    """The folder with what was agreed and rated, and what Alba has logged, as somebody would send it who never saw the application."""
    files = _folder()
    agreed = {("unit:VIE", "deals"): "13", ("unit:PAR", "deals"): "7", ("employee:E1", "consults"): "8"}
    for row in files["scorecards"]:
        row["target"] = agreed.get((row["node"], row["kpi"]), row["target"])
    files["ratings"] = [{"cycle": "2026", "node": "employee:E1", "kpi": "counsel", "rater": "E3", "grade": "B+"}]

    def event(kind: str, id_: str, **data: Any) -> dict[str, Any]:
        return {"specversion": "1.0", "type": f"kopes.{kind}", "source": "/hand", "id": id_, "time": JULY, "data": data}

    with_whom = {"employee": "E1", "company": {"name": "Hanbit Machinery"}}
    events = [
        event("export_consult", f"C-{buyer}", **with_whom, buyer={"name": buyer, "country": "AT"})
        for buyer in CONSULTED
    ]
    events += [
        event("export_deal", buyer, **with_whom, buyer={"name": buyer, "country": "AT"}, amount=amount, currency="USD")
        for buyer, amount in WON.items()
    ]
    events.append(event("verified", "V-1", activity={"source": "/hand", "id": "Rhein"}, by="E2"))
    made = ReferenceAgency.read(*_write(folder, files), events)
    assert set(made.outcomes) == {"accepted"}
    return made


def _is_the_same_everywhere(walk: Walk, dana: Person, alba: Person) -> None:
    """Command, API, export and page say what the second calculation says."""
    reference = _by_hand(walk.folder.parent / "hand")
    decided = {("employee:E1", "deals"): LineDecided(figures={"target": Fraction(2)})}
    today = dt.date.fromisoformat(MARCH[:10])
    second = reference.scores(2026, today=today, decided=decided)
    answer = dana.page.request.get(f"{dana.url}/api/v1/scorecards?cycle=2026&limit=100")
    assert answer.ok, answer.text()
    for answered in (json.loads(walk.run("score", "--cycle", "2026")), answer.json()["items"]):
        assert differences_of_scorecards(answered, second, leave_out=("computed", "decisions")) == []
    graded = [
        {name: value for name, value in one.items() if name not in {"proposed_grade", "moved", "held", "round"}}
        for one in json.loads(walk.run("grade", "--cycle", "2026"))
    ]
    grades = reference.grades_employees(2026, decided)
    assert differences_of_grades(graded, grades.rows, key="employee") == []
    finals = {one["node"]: float(one["final_score"] or 0) for one in second}
    exported = _exported(dana)
    for number in NAMES:
        assert abs(float(exported[number] or 0) - finals[f"employee:{number}"]) < 0.006, number
    alba.go("My scorecard")
    expect(alba.main).to_contain_text(f"{finals['employee:E1']:.2f}")


def _exported(dana: Person) -> dict[str, str]:
    """Final scores by employee, from the file that the page of people gives."""
    dana.go("People")
    dana.page.locator("summary", has_text="Download").first.click()
    dana.type("What it is for", "The yearly report")
    with dana.page.expect_download() as downloading:
        dana.main.get_by_role("button", name="Download").first.press("Enter")
    text = Path(downloading.value.path()).read_text(encoding="utf-8-sig")
    return {row["Employee number"]: row["Final score"] for row in csv.DictReader(text.splitlines())}


def _january(walk: Walk) -> None:
    """It is opened and comes to agreement; everybody signs but Fumiko."""
    walk.at(JANUARY)
    dana, ferran = walk.enter("dana", "ferran")
    _opened(dana)
    _agree_to(ferran, 4)
    (anna,) = walk.enter("anna")
    _stage(dana, "agreement", "have no scorecard")
    _agree_to(anna, 1)
    chae, gaston, jiho = walk.enter("chae", "gaston", "jiho")
    alba, boram = walk.enter("alba", "boram", width=PHONE)
    alba.go("My scorecard")
    alba.follow("What it is judged by")
    expect(alba.main).to_contain_text("both sign the scorecard before it counts")
    assert violations(alba.page) == []
    _share(chae)
    _draft(boram)
    for person, name, part, holds in (
        (alba, "Alba", "Owner", False),
        (boram, "Alba", "Head", True),
        (boram, "Vienna", "Owner", False),
        (chae, "Vienna", "Head", True),
        (chae, "Europe", "Owner", False),
        (gaston, "Europe", "Head", True),
        (gaston, "Handel Agency", "Owner", False),
        (ferran, "Handel Agency", "Head", True),
        (jiho, "Jiho", "Owner", False),
        (gaston, "Jiho", "Head", True),
    ):
        _sign(person, name, part, holds=holds)


def _february(walk: Walk) -> None:
    """The last day for signing has gone by."""
    walk.at(FEBRUARY)
    dana, anna, chae = walk.enter("dana", "anna", "chae")
    _impose(chae, dana)
    _stage(dana, "under way")
    _agree_to(anna, 1)
    _to_cycle(dana)
    expect(dana.main.locator("[aria-current=step]")).to_contain_text("under way")


def _july(walk: Walk) -> None:
    """Work, the mid-year check, a grade, and a decision about a line."""
    walk.at(JULY)
    dana, anna, chae, alba, boram = walk.enter("dana", "anna", "chae", "alba", "boram")
    _work(alba, boram)
    _mid_year(alba, boram)
    _rate(dana, anna, chae)
    _override(boram, anna)
    _looked_at(dana, boram)


def _march(walk: Walk) -> None:
    """It is certified; a consult comes between proposal and agreement."""
    walk.at(MARCH)
    dana, carla, cleo, alba = walk.enter("dana", "carla", "cleo", "alba")
    _stage(dana, "certified", *ACCEPTED)
    expect(dana.main).to_contain_text(f"People whose final scores are settled by it: {len(NAMES)}.")
    _log(alba, "Export consult", "Isar", day="2026-12-18")
    _agree_to(carla, 1)
    _late(dana)
    _to_cycle(cleo)
    expect(cleo.main).to_contain_text("What it was certified by")
    assert walk.run("cycle", "verify", "2026").startswith("verified 2026 round 1 ")
    _is_the_same_everywhere(walk, dana, alba)
    (cora,) = walk.enter("cora", width=390)
    _calibrate(walk, cleo, cora)
    (chae,) = walk.enter("chae", width=390)
    _review(walk, chae, dana)
    gaston, anna = walk.enter("gaston", "anna")
    _review_what_is_left(gaston, dana)
    _tell(walk, dana, anna)


def _calibrate(walk: Walk, cleo: Person, cora: Person) -> None:
    """Two who stand side by side change places: what it would do is read first, and the other calibrator agrees on the phone."""
    before = _grades(walk)
    ranked = sorted((row for row in before.values() if row["grade"]), key=lambda row: row["rank"])
    letters = "SABCDE"
    upper, lower = next(
        (one, other)
        for one, other in pairwise(ranked)
        if letters.index(other["grade"]) - letters.index(one["grade"]) == 1
    )
    _to_cycle(cleo)
    cleo.follow("Calibration")
    with cleo.page.expect_navigation():
        cleo.page.get_by_role("table", name="Groups beside each other").get_by_role("link").first.press("Enter")
    for one, other in ((upper, lower), (lower, upper)):
        cleo.choose(f"Move to {NAMES[one['employee']]}", other["grade"])
        expect(cleo.main).to_contain_text(f"Why {NAMES[one['employee']]} is moved")
    for one, other in ((upper, lower), (lower, upper)):
        name = NAMES[one["employee"]]
        cleo.type(f"Why {name} is moved from {one['grade']} to {other['grade']}", WHY)
    expect(cleo.main).to_contain_text("Pay of all together")
    expect(cleo.main).not_to_contain_text("cannot be proposed yet")
    cleo.type("Why these moves together", WHY)
    assert violations(cleo.page) == []
    cleo.press("Propose the moves")
    expect(cleo.main).to_contain_text("another calibrator of the group has to agree")
    assert _grades(walk) == before
    _one_grade_is_open_on_a_phone(cora)
    _agree_to(cora, 1)
    after = _grades(walk)
    for one, other in ((upper, lower), (lower, upper)):
        number = one["employee"]
        assert after[number]["grade"] == other["grade"]
        assert after[number]["proposed_grade"] == one["grade"]
        assert after[number]["moved"] is True
    assert {key: row for key, row in after.items() if not row["moved"]} == {
        key: row for key, row in before.items() if key not in {upper["employee"], lower["employee"]}
    }


def _one_grade_is_open_on_a_phone(cora: Person) -> None:
    """The others are folded, opening one folds the one before; what a choice would do stands where one chooses, and a refusal of other moves goes."""
    _to_cycle(cora)
    cora.follow("Calibration")
    with cora.page.expect_navigation():
        cora.page.get_by_role("table", name="Groups beside each other").get_by_role("link").first.press("Enter")
    unfolded = cora.page.locator(".grade-column[open]")
    expect(unfolded).to_have_count(1)
    other = cora.page.locator(".grade-column:not([open])").filter(has=cora.page.locator("select")).first
    other.locator("summary").first.press("Enter")
    expect(unfolded).to_have_count(1)
    chosen = unfolded.locator("select").first
    chosen.select_option(index=1)
    says = cora.page.locator(".way-says")
    expect(says).to_contain_text("→")
    expect(says).to_be_in_viewport()
    cora.type("Why these moves together", "no")
    cora.main.locator("[data-propose]").evaluate("(form) => { form.noValidate = true; }")
    cora.press("Propose the moves")
    refused = cora.page.locator(".notice-bad")
    expect(refused).to_be_visible()
    unfolded.locator("select").first.select_option(index=0)
    expect(refused).to_have_count(0)
    # All of it at once: what is scrolled half under the bar that stays is as small as what is left of it, and nobody presses it there.
    seen_size = cora.page.viewport_size
    assert seen_size is not None
    cora.page.set_viewport_size({"width": seen_size["width"], "height": 7_000})
    assert violations(cora.page) == []
    cora.page.set_viewport_size(seen_size)


def _review(walk: Walk, chae: Person, dana: Person) -> None:
    """Alba's head has decided something about her, so that the next one reads her result, and those of the heads below, one after the other on the phone."""
    rows = _grades(walk)
    chae.go("Home")
    chae.main.locator("[data-kind=to_review]").get_by_role("link", name="Alba, 2026").press("Enter")
    expect(chae.main).to_contain_text(f"{rows['E1']['final_score']:.2f}")
    expect(chae.main).to_contain_text(f"{rows['E1']['rank']} of {rows['E1']['group_size']}")
    expect(chae.main).to_contain_text("The fair that the target rested on was called off.")
    lines = chae.main.get_by_role("table", name="The lines, by what they cost")
    expect(lines.locator("[data-kpi=deals]")).to_contain_text("Without what was decided")
    assert violations(chae.page) == []
    names = [NAMES[number] for number in ("E1", "E2", "E5") if rows[number]["grade"]]
    for left in range(len(names), 0, -1):
        chae.main.get_by_role("radio", name="I agree with it").check(force=True)
        chae.type("What you say of it", f"I have read it, with {left - 1} more to read.")
        chae.press("Sign that I have read it")
        expect(chae.page.locator(".notice-done")).to_contain_text("you have read the result, and agree")
        if left > 1:
            with chae.page.expect_navigation():
                chae.main.locator("[data-following]").press("Enter")
    expect(chae.main).to_contain_text("You have reviewed everybody.")
    _to_cycle(dana)
    dana.follow("Results")
    for name in names:
        expect(dana.main.get_by_role("table", name="Results").get_by_role("row").filter(has_text=name)).to_contain_text(
            "agrees"
        )
    assert violations(dana.page) == []


def _review_what_is_left(*people: Person) -> None:
    """Whoever else is asked to, from Home, until nothing waits."""
    for person in people:
        person.go("Home")
        waits = person.main.locator("[data-kind=to_review]").get_by_role("link", name=re.compile(", 2026$"))
        while waits.count():
            with person.page.expect_navigation():
                waits.first.press("Enter")
            person.main.get_by_role("radio", name="I agree with it").check(force=True)
            person.type("What you say of it", "I have read the whole of it, line by line.")
            person.press("Sign that I have read it")
            person.go("Home")


def _tell(walk: Walk, dana: Person, anna: Person) -> None:
    """Everybody is told; Alba finds her result from Home on the phone, with what was decided about her and why."""
    row = _grades(walk)["E1"]
    _stage(dana, "notified")
    _agree_to(anna, 1)
    (alba,) = walk.enter("alba", width=390)
    alba.follow("Your result of 2026 is there")
    expect(alba.main).to_contain_text(f"you have the grade {row['grade']}")
    expect(alba.main).to_contain_text(f"{row['final_score']:.2f}")
    expect(alba.main).to_contain_text("The fair that the target rested on was called off.")
    expect(alba.main).to_contain_text("You may object until 22 Mar 2027")
    assert violations(alba.page) == []
    alba.go("Home")
    expect(alba.main).not_to_contain_text("Your result of 2026")
    _to_cycle(dana)
    expect(dana.main.locator("#tellings")).to_contain_text("Have looked at it")


def _grades(walk: Walk) -> dict[str, dict[str, Any]]:
    rows = json.loads(walk.run("grade", "--cycle", "2026", "--format", "json"))
    return {row["employee"]: row for row in rows}


def test_a_cycle_from_its_opening_to_its_certificate_by_pages_alone(walk: Walk) -> None:
    """Opened, signed, imposed, rated, decided about, certified, calibrated, reviewed and told; what comes later is listed and moves nothing."""
    _january(walk)
    _february(walk)
    _july(walk)
    _march(walk)
