"""A small agency's year from its opening to the file by which it is paid, by pages alone, as each role: fifteen people sign in, and nobody types an address (issues 14 and 15, "Done when").

At its end page, API, commands, exports and statements say what a second calculation says of a folder into which somebody has written by hand what was
agreed, rated and decided.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from app.kit.schema import migrate
from tests.browser.person import WHY, Person
from tests.browser.small_agency import (
    ACCOUNTS,
    COMMITTEE,
    CONSULTED,
    JULY,
    LATE,
    LATE_ON,
    NAMES,
    WON,
    Walk,
    by_hand,
    folder_rows,
    paid_by_hand,
    written,
)
from tests.browser.states import PHONE, violations
from tests.browser.year_closing import (
    DECIDED,
    Swap,
    agree_to,
    calibrate,
    closed,
    grades_by_hand,
    locked,
    own_statement,
    paid,
    refused,
    review,
    review_what_is_left,
    run,
    settled,
    stage,
    tell,
    tell_again,
    to_cycle,
)
from tests.conftest import Kopes, Serve
from tests.reference.comparison import differences_of_grades, differences_of_scorecards

pytestmark = pytest.mark.browser

JANUARY: Final = "2026-01-12T08:00:00Z"
FEBRUARY: Final = "2026-02-02T08:00:00Z"
MARCH: Final = "2027-03-08T08:00:00Z"
APRIL: Final = "2027-04-05T08:00:00Z"

ACCEPTED: Final = ("wait to be verified", "are not rated yet")


@pytest.fixture
def walk(tmp_path: Path, serve: Serve, kopes: Kopes, come: Callable[..., Person]) -> Walk:
    """The agency is loaded and everybody has an account."""
    made = Walk(f"sqlite:///{tmp_path / 'kopes.sqlite'}", tmp_path / "site", kopes, serve, come, present=JANUARY)
    migrate(made.database)
    agency, _ = written(made.folder, folder_rows())
    made.run("load", agency)
    for name, (role, *number) in ACCOUNTS.items():
        more = ("--employee", *number) if number else ()
        said = made.run("user", "create", f"{name}@agency.example", "--role", role, *more)
        made.passwords[name] = said.split()[-1]
    return made


# ---------------------------------------------------------------------------------------------------------- opening, agreement


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
        *(("member of the objections committee", name) for name in COMMITTEE),
        ("payroll", "petra"),
    ):
        dana.type("Whom to propose", f"{whom}@agency.example")
        dana.choose("Function", function)
        dana.type("Reason", WHY, 1)
        dana.press("Propose this person")
        expect(dana.main).to_contain_text("an executive has to agree")
        dana.follow("Cycle 2026")


def _share(chae: Person) -> None:
    """The region's deals among its offices: by last year alone, and Paris gets another target for a reason."""
    to_cycle(chae)
    chae.follow("Share targets")
    chae.follow("Deals won")
    for label, presses in (("Market", 6), ("Number of people", 4)):
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
    to_cycle(chae)
    chae.follow("Missing signatures, part by part")
    with chae.page.expect_navigation():
        chae.main.get_by_role("link", name=re.compile(r"^Impose these lines ?: Paris$")).press("Enter")
    expect(chae.main.get_by_role("heading", name="Impose these lines")).to_be_in_viewport()
    assert violations(chae.page) == []
    chae.type("Why", "Asked three times since the tenth of January.")
    chae.press("Propose to impose them")
    expect(chae.main).to_contain_text("it holds once a second person agrees")
    chae.follow("Paris")
    expect(chae.page.get_by_role("heading", name=re.compile(r"^Agreement \d{4}: Paris$"), level=1)).to_be_visible()
    agree_to(dana, 1)


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
    to_cycle(dana)
    dana.follow("Ratings")
    dana.follow("Alba")
    dana.page.locator("summary", has_text="Other raters").press("Enter")
    dana.type("Rater 1", "E3")
    dana.type("Reason", WHY)
    assert violations(dana.page) == []
    dana.press("Propose these raters")
    agree_to(anna, 1)
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
    agree_to(anna, 1)


def _looked_at(*people: Person) -> None:
    """How far everybody is."""
    for person in people:
        to_cycle(person)
        person.follow("Board")
        expect(person.main.get_by_role("row").filter(has_text="Alba")).to_be_visible()
    assert violations(people[0].page) == []


def _late(dana: Person) -> None:
    """Events that came after the cut, with what they would move."""
    to_cycle(dana)
    dana.follow("What came after the cut")
    rows = dana.main.get_by_role("table", name="Events after the cut").locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Alba, Export consults")
    assert violations(dana.page) == []


def _is_the_same_everywhere(walk: Walk, dana: Person, alba: Person) -> None:
    """Command, API, export and page say what the second calculation says."""
    reference = by_hand(walk.folder.parent / "hand")
    today = dt.date.fromisoformat(MARCH[:10])
    second = reference.scores(2026, today=today, decided=DECIDED)
    answer = dana.page.request.get(f"{dana.url}/api/v1/scorecards?cycle=2026&limit=100")
    assert answer.ok, answer.text()
    for answered in (json.loads(walk.run("score", "--cycle", "2026")), answer.json()["items"]):
        assert differences_of_scorecards(answered, second, leave_out=("computed", "decisions")) == []
    graded = [
        {name: value for name, value in one.items() if name not in {"proposed_grade", "moved", "held", "round"}}
        for one in json.loads(walk.run("grade", "--cycle", "2026"))
    ]
    grades = reference.grades_employees(2026, DECIDED)
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
    agree_to(ferran, 8)
    (anna,) = walk.enter("anna")
    stage(dana, "agreement", "have no scorecard")
    agree_to(anna, 1)
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
    stage(dana, "under way")
    agree_to(anna, 1)
    to_cycle(dana)
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


def _march(walk: Walk) -> Swap:
    """It is certified; a consult comes between proposal and agreement."""
    walk.at(MARCH)
    dana, carla, cleo, alba = walk.enter("dana", "carla", "cleo", "alba")
    stage(dana, "certified", *ACCEPTED)
    expect(dana.main).to_contain_text(f"People whose final scores are settled by it: {len(NAMES)}.")
    _log(alba, "Export consult", LATE, day=LATE_ON)
    agree_to(carla, 1)
    _late(dana)
    to_cycle(cleo)
    expect(cleo.main).to_contain_text("What it was certified by")
    assert walk.run("cycle", "verify", "2026").startswith("verified 2026 round 1 ")
    _is_the_same_everywhere(walk, dana, alba)
    (cora,) = walk.enter("cora", width=PHONE)
    swap = calibrate(walk, cleo, cora)
    (chae,) = walk.enter("chae", width=PHONE)
    review(walk, chae, dana)
    gaston, anna = walk.enter("gaston", "anna")
    review_what_is_left(gaston, dana)
    tell(walk, dana, anna)
    return swap


def _objected(walk: Walk) -> None:
    """One objection is granted, one refused; whose result has become another is reviewed and told again."""
    dana, anna, gaston, mia, max_ = walk.enter("dana", "anna", "gaston", "mia", "max")
    alba, fumiko, chae = walk.enter("alba", "fumiko", "chae", width=PHONE)
    settled(walk, alba, gaston, dana, anna)
    refused(fumiko, gaston, mia, max_)
    review_what_is_left(chae, gaston, dana)
    tell_again(walk, dana, anna, alba)


def _april(walk: Walk, swap: Swap) -> None:
    """Nobody may object any more: it is locked and paid, and each reads their own."""
    walk.at(APRIL)
    dana, anna, ferran, petra = walk.enter("dana", "anna", "ferran", "petra")
    locked(walk, dana, anna)
    run(dana, ferran, anna, paid_by_hand(grades_by_hand(walk, swap)).pool)
    won = paid(walk, petra, dana, anna, swap)
    closed(walk, dana, swap, won)
    (alba,) = walk.enter("alba", width=PHONE)
    own_statement(alba, won)


def test_a_year_from_its_opening_to_the_file_by_which_it_is_paid(walk: Walk) -> None:
    """Opened, signed, imposed, rated, decided about, certified, calibrated, reviewed, told, objected to, told again, locked, paid; every grade, score and won is the hand's."""
    _january(walk)
    _february(walk)
    _july(walk)
    swap = _march(walk)
    _objected(walk)
    _april(walk, swap)
