"""The steps by which a small agency's year comes to its end: moved, reviewed, told, objected to, told again, locked, paid.

Each is what one or two people do at their browsers; what they come to is compared with what :mod:`tests.browser.small_agency` has worked out by hand.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import python_calamine
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser.person import WHY, Person
from tests.browser.small_agency import INSTITUTION, NAMES, Paid, Walk, by_hand, paid_by_hand
from tests.browser.states import PHONE, violations
from tests.reference.scorecards import LineDecided

__all__ = [
    "DECIDED",
    "Swap",
    "agree_to",
    "calibrate",
    "closed",
    "grades_by_hand",
    "locked",
    "own_statement",
    "paid",
    "refused",
    "review",
    "review_what_is_left",
    "run",
    "settled",
    "stage",
    "tell",
    "tell_again",
    "to_cycle",
]

DECIDED: Final = {("employee:E1", "deals"): LineDecided(figures={"target": Fraction(2)})}
"""What two people decided about a line in July."""


class Swap(NamedTuple):
    """Two who have changed places: who was above and has gone down, who was below and has gone up; with what the rules proposed of each."""

    down: str
    up: str
    upper: str
    lower: str


def to_cycle(person: Person) -> None:
    """From the pages that stand on every page."""
    person.go("Evaluation cycles")
    person.follow("2026")


def agree_to(person: Person, number: int) -> None:
    """As many decisions as wait, one by one from the first page."""
    for left in range(number, 0, -1):
        person.agree(left)


def stage(dana: Person, words: str, *accept: str) -> None:
    """Hr proposes it, from the page of the cycle."""
    to_cycle(dana)
    dana.choose("Stage", words)
    for each in accept:
        dana.main.get_by_label(re.compile(each)).check()
    dana.type("Reason", WHY, 0)
    dana.press("Propose this stage")


def graded(walk: Walk) -> dict[str, dict[str, Any]]:
    """What everybody is graded, as the command tells it."""
    rows = json.loads(walk.run("grade", "--cycle", "2026", "--format", "json"))
    return {row["employee"]: row for row in rows}


def calibrate(walk: Walk, cleo: Person, cora: Person) -> Swap:
    """Two who stand side by side change places: what it would do is read first, and the other calibrator agrees on the phone."""
    before = graded(walk)
    ranked = sorted((row for row in before.values() if row["grade"]), key=lambda row: row["rank"])
    letters = "SABCDE"
    upper, lower = next(
        (one, other)
        for one, other in pairwise(ranked)
        if letters.index(other["grade"]) - letters.index(one["grade"]) == 1
    )
    to_cycle(cleo)
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
    assert graded(walk) == before
    _one_grade_is_open_on_a_phone(cora)
    agree_to(cora, 1)
    after = graded(walk)
    for one, other in ((upper, lower), (lower, upper)):
        number = one["employee"]
        assert after[number]["grade"] == other["grade"]
        assert after[number]["proposed_grade"] == one["grade"]
        assert after[number]["moved"] is True
    assert {key: row for key, row in after.items() if not row["moved"]} == {
        key: row for key, row in before.items() if key not in {upper["employee"], lower["employee"]}
    }
    return Swap(upper["employee"], lower["employee"], upper["grade"], lower["grade"])


def _one_grade_is_open_on_a_phone(cora: Person) -> None:
    """The others are folded, opening one folds the one before; what a choice would do stands where one chooses, and a refusal of other moves goes."""
    to_cycle(cora)
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


def review(walk: Walk, chae: Person, dana: Person) -> None:
    """Alba's head has decided something about her, so that the next one reads her result, and those of the heads below, one after the other on the phone."""
    rows = graded(walk)
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
    to_cycle(dana)
    dana.follow("Results")
    for name in names:
        expect(dana.main.get_by_role("table", name="Results").get_by_role("row").filter(has_text=name)).to_contain_text(
            "agrees"
        )
    assert violations(dana.page) == []


def review_what_is_left(*people: Person) -> None:
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


def tell(walk: Walk, dana: Person, anna: Person) -> None:
    """Everybody is told; Alba finds her result from Home on the phone, with what was decided about her and why."""
    row = graded(walk)["E1"]
    stage(dana, "notified")
    agree_to(anna, 1)
    (alba,) = walk.enter("alba", width=PHONE)
    alba.follow("Your result of 2026 is there")
    expect(alba.main).to_contain_text(f"you have the grade {row['grade']}")
    expect(alba.main).to_contain_text(f"{row['final_score']:.2f}")
    expect(alba.main).to_contain_text("The fair that the target rested on was called off.")
    expect(alba.main).to_contain_text("You may object until 22 Mar 2027")
    assert violations(alba.page) == []
    alba.go("Home")
    expect(alba.main).not_to_contain_text("Your result of 2026")
    to_cycle(dana)
    expect(dana.main.locator("#tellings")).to_contain_text("Have looked at it")


# ------------------------------------------------------------------------------------------------------------- objections


def _object(person: Person, about: str, text: str, *, line: str = "") -> None:
    """From one's own result."""
    person.go("My result")
    person.follow("Object")
    assert violations(person.page) == []
    person.choose("What is not right", about)
    if line:
        person.choose("Which line of the scorecard", line)
    person.type("What is not right, and why", text)
    person.press("Object")
    expect(person.main).to_contain_text("Your objection is on the docket")
    expect(person.main.locator("#state")).to_contain_text("to be answered")


def _open(person: Person, name: str = "") -> None:
    """The first objection that waits, or somebody's, from Home."""
    person.go("Home")
    links = person.main.locator("a[href*='/objections/']")
    with person.page.expect_navigation():
        (links.filter(has_text=name) if name else links).first.press("Enter")


def _judge(person: Person, choice: str, why: str, button: str, name: str = "") -> None:
    """Answer, or vote."""
    _open(person, name)
    assert violations(person.page) == []
    person.main.get_by_label(choice, exact=True).check()
    person.type("Why", why)
    person.press(button)


def _how_it_stands(person: Person, words: str) -> None:
    """One's own objection, from one's result."""
    person.go("My result")
    with person.page.expect_navigation():
        person.main.locator("#objections a").first.press("Enter")
    expect(person.main.locator("#state")).to_contain_text(words)


def settled(walk: Walk, alba: Person, gaston: Person, dana: Person, anna: Person) -> None:
    """What Alba objects to is granted; hr adds her consult of December to the cut, and until the next telling she reads what she was told."""
    before = graded(walk)["E1"]
    _object(alba, "a figure", "My consult with Isar in December is not in it.", line="Export consults")
    _judge(gaston, "granted", "She had it on the eighteenth, and logged it late.", "Answer", "Alba")
    _how_it_stands(alba, "Granted: what follows from it is told with the next notice.")
    _open(dana)
    dana.follow("Let something count that came after the cut")
    dana.main.get_by_role("checkbox").check()
    dana.press("Show what it moves")
    expect(dana.main.get_by_label("In answer to")).to_contain_text("Alba")
    assert violations(dana.page) == []
    dana.type("Why", "The consult of the eighteenth of December is shown by its minutes.")
    dana.press("Propose")
    agree_to(anna, 1)
    _how_it_stands(alba, "granted and settled")
    expect(alba.main).to_contain_text("with the next notice")
    alba.go("My result")
    expect(alba.main.locator("#final-score")).to_contain_text(f"{before['final_score']:.2f}")


def refused(fumiko: Person, gaston: Person, mia: Person, max_: Person) -> None:
    """What Fumiko objects to is refused, and refused by two of the committee's three; she reads why, and no name."""
    _object(fumiko, "data that it rests on", "Nobody has asked me about the fair in Paris.")
    _judge(gaston, "refused", "You were asked three times in January.", "Answer", "Fumiko")
    _how_it_stands(fumiko, "refused, an appeal is possible")
    fumiko.type("Why the answer is not right", "I was at a fair all January.")
    fumiko.press("Appeal")
    expect(fumiko.main).to_contain_text("the committee")
    for member in (mia, max_):
        _judge(member, "against it", "The fair was over on the tenth.", "Vote")
    _how_it_stands(fumiko, "refused for good")
    expect(fumiko.main).to_contain_text("0 for it, 2 against it.")
    expect(fumiko.main).not_to_contain_text("mia@agency.example")
    assert violations(fumiko.page) == []


def tell_again(walk: Walk, dana: Person, anna: Person, alba: Person) -> None:
    """Whose result has become another is told again; Alba reads what was before beside what is now."""
    was = by_hand(walk.folder.parent / "first").grades_employees(2026, DECIDED).rows
    to_cycle(dana)
    expect(dana.main.locator("#pending")).to_contain_text("5 people")
    stage(dana, "tell those again whose result has changed")
    agree_to(anna, 1)
    alba.go("Home")
    alba.follow("Your result of 2026 has changed")
    for row in (next(one for one in was if one["employee"] == "E1"), _rows_by_hand(walk)["E1"]):
        expect(alba.main.locator("#before")).to_contain_text(f"{float(row['final_score']):.2f}")
    assert violations(alba.page) == []


def _rows_by_hand(walk: Walk) -> dict[str, dict[str, Any]]:
    """What everybody comes to with the consult of December, before anybody is moved."""
    folder = walk.folder.parent / "second"
    if not walk.kept:
        rows = by_hand(folder, late=True).grades_employees(2026, DECIDED).rows
        walk.kept.update({row["employee"]: row for row in rows})
    return walk.kept


def grades_by_hand(walk: Walk, swap: Swap) -> dict[str, str]:
    """As the rules propose, but for the two who changed places."""
    grades = {number: str(row["grade"]) for number, row in _rows_by_hand(walk).items()}
    assert (grades[swap.down], grades[swap.up]) == (swap.upper, swap.lower)
    return grades | {swap.down: swap.lower, swap.up: swap.upper}


# ------------------------------------------------------------------------------------------------------------------- pay


def locked(walk: Walk, dana: Person, anna: Person) -> None:
    """Every window is over: what everybody came to is fixed."""
    dana.go("Home")
    dana.follow("Nothing is in the way of locking the cycle 2026")
    dana.choose("Stage", "locked")
    dana.type("Reason", WHY, 0)
    dana.press("Propose this stage")
    agree_to(anna, 1)
    to_cycle(dana)
    expect(dana.main.locator("#locked")).to_contain_text("Checksum of its results (SHA-256)")
    assert walk.run("cycle", "verify", "2026").startswith("verified 2026 round 1 ")


def _to_pay(person: Person) -> None:
    to_cycle(person)
    person.follow("Pay")


def run(dana: Person, ferran: Person, anna: Person, pool: int) -> None:
    """The ministry's result, by hr and an executive; then who is paid what, by hr and the approver."""
    dana.go("Home")
    dana.follow("The ministry's result of 2026 is still to be entered")
    expect(dana.main).to_contain_text("The ministry's result is not there yet.")
    dana.choose("The agency's grade", INSTITUTION[0])
    dana.type("Pool in won", f"{pool}")
    dana.type("Document", "MOTIE 2027-114")
    dana.type("Why", "The letter of the ministry came on the first of April.")
    dana.press("Propose")
    agree_to(ferran, 1)
    dana.go("Home")
    dana.follow("Pay run 1 of 2026 is to be proposed")
    assert violations(dana.page) == []
    dana.type("Why", "The first run of the year 2026.")
    dana.press("Propose")
    agree_to(anna, 1)


def _file(petra: Person, form: str) -> bytes:
    """The file of the run, as payroll takes it from its page."""
    petra.choose("Format", form)
    petra.type("Why", "For the pay of April.")
    with petra.page.expect_download() as downloading:
        petra.main.get_by_role("button", name="Take the file").press("Enter")
    expect(petra.main.get_by_role("button", name="Take the file")).not_to_have_attribute("aria-busy", "true")
    return Path(downloading.value.path()).read_bytes()


def paid(walk: Walk, petra: Person, dana: Person, anna: Person, swap: Swap) -> Paid:
    """Payroll takes the file in both forms; every won of it, and of page, API and command, is that of the hand; then it is paid."""
    grades = grades_by_hand(walk, swap)
    by_fractions = paid_by_hand(grades)
    petra.go("Home")
    petra.follow("The file of pay run 1 of 2026 is to be taken")
    text = _file(petra, "CSV").decode("utf-8-sig")
    book = python_calamine.load_workbook(io.BytesIO(_file(petra, "XLSX")))
    names, *rows = book.get_sheet_by_index(0).to_python()
    rules = {line[0]: line[1] for line in book.get_sheet_by_name("rules").to_python()}
    assert (rules["institution_grade"], rules["institution_rate"], rules["pool"]) == (*INSTITUTION, by_fractions.pool)
    answer = dana.page.request.get(f"{dana.url}/api/v1/cycles/2026/pay-runs/1").json()
    assert (answer["state"], answer["sum"], answer["pool"]) == ("exported", by_fractions.pool, by_fractions.pool)
    lines: list[list[Mapping[str, Any]]] = [
        [*csv.DictReader(text.splitlines())],
        [{str(name): cell for name, cell in zip(names, row, strict=True)} for row in rows],
        answer["items"],
    ]
    for each in lines:
        _is_by_hand([one for one in each if one["employee"] in NAMES], grades, by_fractions)
    _to_pay(dana)
    for number, name in NAMES.items():
        row = dana.main.get_by_role("row").filter(has_text=name)
        expect(row).to_contain_text(grades[number])
        expect(row).to_contain_text(f"{by_fractions.won[number]:,}")
    assert violations(petra.page) == []
    petra.go("Home")
    petra.follow("On which day 2026 was paid is still to be said")
    petra.type("Paid on", "2027-04-05")
    petra.type("Why", "The bank has booked it today.", 1)
    petra.press("Propose")
    agree_to(anna, 1)
    return by_fractions


def _is_by_hand(items: list[Mapping[str, Any]], grades: Mapping[str, str], paid_: Paid) -> None:
    assert {one["employee"]: one["grade"] for one in items} == grades
    assert {one["employee"]: int(one["amount"]) for one in items} == dict(paid_.won)
    assert {one["employee"]: (int(one["before"]), int(one["difference"])) for one in items} == {
        number: (0, amount) for number, amount in paid_.won.items()
    }
    for one in items:
        assert abs(Fraction(str(one["exact"])) - paid_.exact[one["employee"]]) <= Fraction(1, 2 * 10**6)


def closed(walk: Walk, dana: Person, swap: Swap, paid_: Paid) -> None:
    """Command, snapshot, API and page still say what the hand says, now that the cycle is over."""
    grades, rows = grades_by_hand(walk, swap), _rows_by_hand(walk)
    commanded = graded(walk)
    kept = _snapshot(walk)
    for number in NAMES:
        final = rows[number]["final_score"]
        person = dana.page.request.get(f"{dana.url}/api/v1/cycles/2026/people/{number}").json()
        for said in (commanded[number], person, kept[number]):
            assert said["grade"] == grades[number], number
            assert abs(Fraction(str(said["final_score"])) - final) <= Fraction(1, 200), number
        assert {said["proposed_grade"] for said in (commanded[number], person)} == {rows[number]["grade"]}, number
        assert {said["pay"] for said in (commanded[number], person)} == {paid_.won[number]}, number
        assert person["days"] == rows[number]["days"]
    to_cycle(dana)
    expect(dana.main.locator("[aria-current=step]")).to_contain_text("paid")
    assert walk.run("cycle", "verify", "2026").startswith("verified 2026 round 1 ")
    assert "All totals agree" in walk.run("reconcile")


def _snapshot(walk: Walk) -> dict[str, dict[str, Any]]:
    """What the cycle was locked with, from the file that anybody may recompute."""
    file = walk.folder.parent / "2026.zip"
    walk.run("cycle", "export", "2026", file)
    with zipfile.ZipFile(file) as packed:
        results = json.loads(packed.read("results.json"))
    return {one["employee"]: one for one in results["employees"]}


def own_statement(alba: Person, paid_: Paid) -> None:
    """On the phone, from her result: what she is paid, how it came about, and the paper that says it."""
    won = f"{paid_.won['E1']:,}"
    alba.go("My result")
    expect(alba.main).to_contain_text(f"You were paid ₩{won} by this result.")
    assert violations(alba.page) == []
    alba.follow("How your pay came about, run by run")
    expect(alba.main.locator("#amount")).to_contain_text(won)
    expect(alba.main.locator("#ways")).to_contain_text(_six_places(paid_.exact["E1"]))
    assert violations(alba.page) == []
    with alba.page.expect_download() as downloading:
        alba.main.get_by_role("link", name="Statement of pay (PDF)").press("Enter")
    words = PdfReader(io.BytesIO(Path(downloading.value.path()).read_bytes())).pages[0].extract_text()
    assert won in words


def _six_places(amount: Fraction) -> str:
    """As pages write an exact amount: rounded half-even, without the zeros at its end."""
    whole, rest = divmod(round(amount * 10**6), 10**6)
    return f"{whole:,}.{rest:06}".rstrip("0").rstrip(".")
