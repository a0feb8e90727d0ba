"""An installation with nothing in it becomes an agency by pages alone: seven people type, paste and follow links, and no one of them changes anything alone.

Only the first administrator comes by command. At the end page, API, commands and export say what a second calculation says of the folder that
somebody would have written by hand (issue 13, "Done when").
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from playwright.sync_api import expect

from app.intake import MASTERED_FILES
from app.kit.schema import migrate
from tests.browser.person import WHY, Person
from tests.browser.states import violations
from tests.conftest import ROOT, Kopes, Serve
from tests.reference.agency import ReferenceAgency
from tests.reference.comparison import differences_of_scorecards

pytestmark = pytest.mark.browser

NOW: Final = "2026-09-30T08:00:00Z"

UNITS: Final = """\
code	name	name_ko	name_es	kind	parent	country	timezone	evaluation_group	valid_from
VIE	Vienna	빈	Viena	office	HQ	AT	Europe/Vienna	large	2020-01-01
PAR	Paris			office	HQ	FR	Europe/Paris	large	2020-01-01
TYO	Tokyo			office	HQ	JP	Asia/Tokyo	small	2020-01-01
"""
"""Without the column of last days: there is none."""

NAMES: Final = ["Alba", "Boram", "Chae", "Dario", "Elena", "Fumiko", "Gerd", "Hana", "Ines", "Jun", "Klara", "Leo"]
BUYERS: Final = ("Nordwind", "Donau")
MOVED: Final = "2026-07-01"
PROJECTIONS: Final = ("projected_score", "projected_actual")
SCORECARD_COLUMNS: Final = (
    *("cycle", "node", "kpi", "weight", "area", "link", "parent_node", "parent_kpi"),
    *("base", "high", "low", "target", "coefficient"),
)
KPIS: Final = ("consults_agreed", "deals_won")
OFFICES: Final = ("VIE", "PAR", "TYO")
DEALS: Final[Mapping[str, Any]] = {
    "code": "deals_won",
    "name": {"en": "Deals won"},
    "goal": "export_deals",
    "class": "main",
    "direction": "up",
    "unit": {"en": "USD"},
    "measure": {"activity": "export_deal", "aggregate": "sum", "of": "amount_usd"},
    "counts_from": "verified",
    "method": {"name": "target"},
}
"""The KPI that is typed; the other is taken from the library."""

Rows = list[dict[str, str]]


def _job(number: int) -> str:
    """Three heads, three managers, six of the staff."""
    return "head" if number <= 3 else "manager" if number <= 6 else "staff"


def _employees() -> Rows:
    return [
        {"number": f"E{at}", "name": name, "email": f"{name.lower()}@agency.example", "rank": f"G{3 + at // 4}"}
        | {"job": _job(at), "monthly_base": str(5_000_000 - 100_000 * at), "hired_on": "2021-03-01", "left_on": ""}
        for at, name in enumerate(NAMES, 1)
    ]


def _postings() -> Rows:
    return [
        {"employee": f"E{at}", "unit": OFFICES[(at - 1) % 3], "role": _job(at), "from": "2021-03-01", "to": ""}
        for at in range(1, 13)
    ]


def _scorecards() -> Rows:
    """Of everybody but the heads, whose score is their unit's; each line contributes to the one above."""
    above = {f"unit:{one}": "unit:HQ" for one in OFFICES}
    above |= {f"employee:E{at}": f"unit:{OFFICES[(at - 1) % 3]}" for at in range(4, 13)}
    targets = {"unit:HQ": (30, 900_000)} | {f"unit:{one}": (10, 300_000) for one in OFFICES}
    return [
        {"cycle": "2026", "node": node, "kpi": kpi, "weight": weight, "link": "contributory"}
        | {"parent_node": above.get(node, ""), "parent_kpi": kpi if node in above else "", "target": str(target)}
        for node in ["unit:HQ", *above]
        for kpi, weight, target in zip(KPIS, ("60", "40"), targets.get(node, (5, 100_000)), strict=True)
    ]


def _table(rows: Rows) -> str:
    """As a spreadsheet puts it on the clipboard."""
    return "".join("\t".join(line) + "\n" for line in [list(rows[0]), *(list(row.values()) for row in rows)])


def _first_password(admin: Person) -> str:
    """That stands on the page, this once."""
    said = re.search(r"\b[a-z0-9]{4}(?:-[a-z0-9]{4}){3}\b", admin.main.inner_text())
    assert said is not None, admin.main.inner_text()
    return said[0]


def _new_account(admin: Person, name: str, role: str, *, employee: str = "", why: str = "") -> None:
    admin.go("Accounts")
    admin.page.get_by_text("New account", exact=True).click()
    admin.type("E-mail", f"{name}@agency.example")
    admin.main.get_by_label(re.compile(f"^{role}:")).check()
    if employee:
        admin.type("Employee, by name or number", employee)
    if why:
        admin.type("Reason", why)
    admin.press("Make the account")


def _of_the_desk(ada: Person, bea: Person, name: str, role: str) -> str:
    """An account that takes two administrators; its first password."""
    _new_account(ada, name, role, why=WHY)
    bea.agree()
    ada.go("Accounts")
    expect(ada.main).to_contain_text("Agreed to, and no mails are sent")
    ada.follow(f"{name}@agency.example")
    ada.follow("New first password")
    ada.type("Reason", WHY)
    ada.press("New first password")
    return _first_password(ada)


def _doors(dana: Person, ferran: Person) -> None:
    """All files come by the application: ticked from the beginning, proposed at once, agreed to at once."""
    dana.follow("Agency folder")
    dana.type("Why", WHY)
    dana.press("Propose")
    ferran.go("Home")
    ferran.follow(f"Decisions that wait for your agreement: {len(MASTERED_FILES)}")
    assert violations(ferran.page) == []
    ferran.press("Agree to those ticked")
    expect(ferran.main).to_contain_text("Nothing waits for your agreement.")


def _agency(dana: Person, wanda: Person) -> None:
    """The agency itself is typed, its offices and people are pasted into the same set."""
    dana.go("Home")
    dana.follow("New unit")
    assert violations(dana.page) == []
    dana.type("First day", "2020-01-01")
    dana.type("Code", "HQ")
    dana.type("Name", "Handel Agency")
    dana.choose("Country", "South Korea")
    dana.type("Time zone", "Asia/Seoul")
    dana.put(title="The agency and its people")
    dana.paste_rows("Units", UNITS)
    dana.paste_rows("Employees", _table(_employees()))
    dana.paste_rows("Postings", _table(_postings()))
    assert violations(dana.page) == []
    dana.submit(wanda)


def _kpis(dana: Person, wanda: Person) -> None:
    """One is taken from the library with its goal, another is typed under a task that is typed; scorecards are pasted, and three weights typed."""
    dana.go("Home")
    dana.follow("KPIs")
    dana.follow("From the library")
    assert violations(dana.page) == []
    for box in dana.main.get_by_role("checkbox").all():
        box.set_checked(checked=box.get_attribute("value") == "consults_agreed")
    dana.put(title="Goals, KPIs and scorecards of 2026")
    dana.go("KPIs")
    dana.follow("A new goal")
    dana.type("Code", "exports_grow")
    dana.type("in English", "Exports grow")
    dana.choose("Perspective", "Customers")
    dana.type("Code", "export_deals", 1)
    dana.type("in English", "Lead companies to deals", 1)
    dana.put()
    dana.go("KPIs")
    dana.follow("A new KPI")
    dana.type("Code", "deals_won")
    dana.type("in English", "Deals won")
    dana.choose("Strategic task", "Exports grow: Lead companies to deals")
    for label, option in (
        ("Class", "main business: the base value ± 2σ, or a fifth above and below it"),
        ("Direction", "higher is better"),
        ("How it is counted", "the sum of their amounts"),
        ("Which activities", "Export deal"),
        ("Of what", "amounts in US dollars"),
        ("What counts", "counts once it is verified"),
        ("Method", "against the target"),
    ):
        dana.choose(label, option)
    dana.type("in English", "USD", 1)
    dana.put()
    dana.paste_rows("Scorecards", _table(_scorecards()))
    dana.go("Weights")
    dana.choose("Whose", "People: Manager")
    dana.press("Show")
    dana.type("For all: Export consults as agreed", "+10")
    dana.type("For all: Deals won", "-10")
    dana.put()
    dana.submit(wanda)


def _log(person: Person, kind: str, buyer: str, amount: str = "") -> None:
    person.go("Log an activity")
    person.main.get_by_role("radio", name=kind).check(force=True)
    person.type("Company", "Hanbit Machinery")
    person.type("Buyer", buyer)
    person.choose("Buyer's country", "Austria")
    if amount:
        person.type("Amount", amount)
        person.choose("Currency", "USD")
    person.main.get_by_role("button", name="Save", exact=True).press("Enter")
    expect(person.page.locator(".notice-done")).to_contain_text("Saved.")


def _verify(head: Person) -> None:
    """The one that waits, at once: a verdict can be taken back for ten seconds."""
    head.go("Home")
    head.follow("Entries that wait for your verdict: 1")
    head.page.locator("[data-open]").first.press("Enter")
    head.page.get_by_role("button", name="Verify", exact=True).press("Enter")
    head.page.get_by_role("button", name=re.compile("^Record now")).press("Enter")
    expect(head.page.locator(".toast")).to_have_count(0)


def _reorganised(dana: Person, wanda: Person) -> None:
    """A regional headquarters is new, Tokyo moves below it, and Ines becomes a manager in Vienna with a new base: one set, looked at, agreed to."""
    dana.go("Organisation")
    dana.follow("New unit")
    dana.type("First day", MOVED)
    dana.type("Code", "ASI")
    dana.type("Name", "Asia")
    dana.choose("Kind", "Regional headquarters")
    dana.choose("Country", "Japan")
    dana.type("Time zone", "Asia/Tokyo")
    dana.put(title="Asia has its headquarters")
    dana.go("Organisation")
    dana.follow("Move Tokyo")
    dana.choose("Unit above from then on", "  Asia (ASI)")
    dana.type("First day", MOVED)
    dana.put()
    dana.go("Organisation")
    dana.follow("People: transfer, join, leave")
    dana.type("Employees", "Ines")
    dana.choose("To unit", "  Vienna (VIE)")
    dana.choose("Role there", "Manager")
    dana.type("First day", MOVED)
    dana.page.get_by_text("With a new job, rank or base from that day on").click()
    dana.choose("Job", "Manager")
    dana.type("Monthly base pay (won)", "4,300,000")
    dana.put()
    dana.submit(wanda)


# ------------------------------------------------------------------------------------------- the same, by a spreadsheet and an editor


def _by_hand(folder: Path) -> tuple[Path, Path]:
    """The agency folder and the definitions as they are after all of it, written by somebody who has never seen the application."""
    agency, definitions = folder / "agency", folder / "definitions"
    agency.mkdir(parents=True)
    definitions.mkdir()
    units = list(csv.DictReader(UNITS.splitlines(), delimiter="\t"))
    (tokyo,) = (row for row in units if row["code"] == "TYO")
    tokyo["valid_to"] = MOVED
    hq = {"code": "HQ", "name": "Handel Agency", "kind": "agency", "country": "KR", "timezone": "Asia/Seoul"}
    asia = {"code": "ASI", "name": "Asia", "kind": "regional_hq", "parent": "HQ", "country": "JP"}
    units += [
        hq | {"valid_from": "2020-01-01"},
        asia | {"timezone": "Asia/Tokyo", "valid_from": MOVED},
        tokyo | {"parent": "ASI", "valid_from": MOVED, "valid_to": ""},
    ]
    postings = _postings()
    (ines,) = (row for row in postings if row["employee"] == "E9")
    ines["to"] = MOVED
    postings.append({"employee": "E9", "unit": "VIE", "role": "manager", "from": MOVED, "to": ""})
    cards = _scorecards()
    for row in cards:
        if row["node"] in {"employee:E4", "employee:E5", "employee:E6"}:
            row["weight"] = "70" if row["kpi"] == "consults_agreed" else "30"
    terms = {"employee": "E9", "from": MOVED, "to": "", "job": "manager", "rank": "", "monthly_base": "4300000"}
    files = {
        "units": units,
        "employees": _employees(),
        "postings": postings,
        "employment": [terms],
        "scorecards": cards,
    }
    for name, rows in files.items():
        heads = list(dict.fromkeys(column for row in rows for column in row))
        more = [one for one in SCORECARD_COLUMNS if one not in heads] if name == "scorecards" else []
        with (agency / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, [*heads, *more], restval="")
            writer.writeheader()
            writer.writerows(rows)
    library = yaml.safe_load((ROOT / "kpi_definitions" / "offices.yaml").read_text(encoding="utf-8"))["kpis"]
    agreed = [one for one in library if one["code"] == "consults_agreed"]
    goals = yaml.safe_load((ROOT / "kpi_definitions" / "goals.yaml").read_text(encoding="utf-8"))["goals"]
    served = [goal for goal in goals if any(task["code"] in {"find_buyers", "export_deals"} for task in goal["tasks"])]
    for name, content in (("kpis", {"kpis": [*agreed, DEALS]}), ("goals", {"goals": served})):
        (definitions / f"{name}.yaml").write_text(json.dumps(content), encoding="utf-8")
    return agency, definitions


def _events() -> list[dict[str, Any]]:
    """What Gerd has logged, and what Alba has verified, as other programs would send it."""

    def event(kind: str, id_: str, **data: Any) -> dict[str, Any]:
        return {"specversion": "1.0", "type": f"kopes.{kind}", "source": "/hand", "id": id_, "time": NOW, "data": data}

    with_whom = {"employee": "E7", "company": {"name": "Hanbit Machinery"}}
    consults = [
        event("export_consult", f"C-{buyer}", **with_whom, buyer={"name": buyer, "country": "AT"}) for buyer in BUYERS
    ]
    deal = event(
        "export_deal",
        "D-1",
        **with_whom,
        buyer={"name": "Rhein", "country": "AT"},
        amount="40000.00",
        currency="USD",
    )
    judged = event("verified", "V-1", activity={"source": "/hand", "id": "D-1"}, by="E1")
    return [*consults, deal, judged]


def _second_calculation(folder: Path) -> list[dict[str, Any]]:
    reference = ReferenceAgency.read(*_by_hand(folder), _events())
    assert set(reference.outcomes) == {"accepted"}
    return [dict(card) for card in reference.scores(2026, basis="final", today=dt.date.fromisoformat(NOW[:10]))]


def _everyone(dana: Person) -> list[dict[str, Any]]:
    answer = dana.page.request.get(f"{dana.url}/api/v1/scorecards?cycle=2026&limit=100")
    assert answer.ok, answer.text()
    return list(answer.json()["items"])


def _exported(dana: Person) -> dict[str, str]:
    """Final scores by employee, from the file that the page of people gives."""
    dana.go("People")
    dana.page.locator("summary", has_text="Download").first.click()
    dana.type("What it is for", "The yearly report")
    with dana.page.expect_download() as downloading:
        dana.main.get_by_role("button", name="Download").first.press("Enter")
    text = Path(downloading.value.path()).read_text(encoding="utf-8-sig")
    return {row["Employee number"]: row["Final score"] for row in csv.DictReader(text.splitlines())}


def _nobody_alone(dana: Person, ferran: Person) -> None:
    """Every decision has another person on the other side, and no row came by any other way."""
    made = ferran.page.request.get(f"{ferran.url}/api/v1/decisions?limit=100").json()["items"]
    assert len(made) == 3 + len(MASTERED_FILES) + 3
    for one in made:
        assert one["state"] == "approved"
        assert one["maker"]["account"] != one["checker"]["account"], one
    files = dana.page.request.get(f"{dana.url}/api/v1/files").json()["items"]
    assert {one["changed_by"] for one in files if one["rows"]} == {"change:1", "change:2", "change:3"}


def _comes_to_work(ada: Person, come: Callable[..., Person], name: str, role: str, number: str) -> Person:
    """Somebody of the office in Vienna, whose account one administrator makes alone."""
    _new_account(ada, name, role, employee=number)
    return come(ada.url, name, _first_password(ada))


def _is_the_same_everywhere(dana: Person, gerd: Person, printed: Callable[..., str], folder: Path) -> None:
    """Command, API, export and page say what the second calculation says."""
    second = _second_calculation(folder)
    for answered in (json.loads(printed("score", "--cycle", "2026")), _everyone(dana)):
        assert differences_of_scorecards(answered, second, leave_out=PROJECTIONS) == []
    finals = {one["node"]: one["final_score"] for one in second}
    exported = _exported(dana)
    for number in (row["number"] for row in _employees()):
        assert abs(float(exported[number] or 0) - float(finals[f"employee:{number}"] or 0)) < 0.006, number
    gerd.go("My scorecard")
    expect(gerd.main).to_contain_text(f"{float(finals['employee:E7'] or 0):.2f}")


def test_an_agency_begins_with_nothing_and_by_pages_alone(
    tmp_path: Path, serve: Serve, kopes: Kopes, come: Callable[..., Person]
) -> None:
    """Two administrators, two of HR and an executive; three offices and twelve people; goals, KPIs, scorecards; work; a reorganisation."""
    database = f"sqlite:///{tmp_path / 'kopes.sqlite'}"
    migrate(database)

    def printed(*words: str | Path, into: str = database, definitions: Path = ROOT / "kpi_definitions") -> str:
        return kopes(*words, database=into, definitions=definitions, KOPES_NOW=NOW).out

    first = printed("user", "create", "ada@agency.example", "--role", "admin").split()[-1]
    ada = come(serve(database, KOPES_NOW=NOW).url, "ada", first)
    _new_account(ada, "bea", "Administrator")
    bea = come(ada.url, "bea", _first_password(ada))
    dana, wanda, ferran = (
        come(ada.url, name, _of_the_desk(ada, bea, name, role))
        for name, role in (("dana", "HR"), ("wanda", "HR"), ("ferran", "Executive"))
    )
    _doors(dana, ferran)
    _agency(dana, wanda)
    _kpis(dana, wanda)
    dana.go("Home")
    expect(dana.page.get_by_role("heading", name="First steps")).to_have_count(0)

    alba = _comes_to_work(ada, come, "alba", "Head", "E1")
    gerd = _comes_to_work(ada, come, "gerd", "Employee", "E7")
    before = {one["node"]: one["final_score"] for one in _everyone(dana)}
    for buyer in BUYERS:
        _log(gerd, "Export consult", buyer)
    _log(gerd, "Export deal", "Rhein", "40000")
    _verify(alba)
    moved = {one["node"]: one["final_score"] for one in _everyone(dana)}
    assert {node for node in moved if moved[node] != before[node]} >= {"employee:E7", "unit:VIE", "unit:HQ"}

    _reorganised(dana, wanda)
    _nobody_alone(dana, ferran)
    _is_the_same_everywhere(dana, gerd, printed, tmp_path / "hand")

    copy, taken, events = f"sqlite:///{tmp_path / 'copy.sqlite'}", tmp_path / "taken", tmp_path / "events.ndjson"
    migrate(copy)
    printed("folder", "export", taken)
    printed("load", taken, into=copy, definitions=taken / "definitions")
    with closing(sqlite3.connect(tmp_path / "kopes.sqlite")) as stored:
        bodies = [body for (body,) in stored.execute("select body from event order by seq")]
    events.write_text("".join(f"{body}\n" for body in bodies), encoding="utf-8")
    printed("ingest", events, into=copy)
    assert printed("digest", into=copy) == printed("digest")
