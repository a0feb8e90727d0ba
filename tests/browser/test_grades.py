"""HR finds out why somebody has a grade, in a browser, on the worked example: every figure against what its own documents come to by hand."""

from __future__ import annotations

import csv
import html
import json
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from tests.conftest import Kopes, Serve

EXAMPLE: Final = Path(__file__).resolve().parents[1] / "given" / "example"
HR: Final = "hr@agency.example"
BEST_FIRST: Final = "SABCDE"
AGENCY_PAYS: Final = Fraction(60, 100)
"""The agency's own grade is B, by the defaults of the contract."""


def _table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((EXAMPLE / "agency" / f"{name}.csv").read_text(encoding="utf-8").splitlines()))


@dataclass(frozen=True)
class Expected:
    """What the example's documents say, and what follows from them by hand."""

    people: dict[str, dict[str, Any]]
    disciplined: frozenset[str]
    bases: dict[str, int]

    @classmethod
    def read(cls) -> Expected:
        """From the files."""
        rows = json.loads((EXAMPLE / "expected" / "grades-employees.json").read_text(encoding="utf-8"))
        status = _table("status")
        return cls(
            {row["employee"]: row for row in rows if row["grade"]},
            frozenset(row["employee"] for row in status if (row["kind"], row["cycle"]) == ("discipline", "2026")),
            {row["number"]: int(row["monthly_base"]) for row in _table("employees")},
        )

    def score(self, number: str) -> Decimal:
        """As it is published."""
        return Decimal(str(self.people[number]["final_score"])).quantize(Decimal("0.01"), ROUND_HALF_EVEN)

    def lowest(self, group: str, grade: str) -> Decimal | None:
        """The lowest score of the group that has the grade, discipline apart."""
        having = [
            self.score(number)
            for number, row in self.people.items()
            if (row["group"], row["grade"]) == (group, grade) and number not in self.disciplined
        ]
        return min(having, default=None)

    def better(self, number: str) -> tuple[str, Decimal] | None:
        """The next better grade that somebody of the group has, and where it begins."""
        row = self.people[number]
        above = BEST_FIRST[: BEST_FIRST.index(row["grade"])]
        reached = [(grade, lowest) for grade in above if (lowest := self.lowest(row["group"], grade)) is not None]
        return reached[-1] if reached and number not in self.disciplined else None


@dataclass(frozen=True)
class Site:
    """A server on the example, and HR's way in."""

    url: str
    password: str

    def open(self, page: Page) -> None:
        """Sign HR in."""
        page.goto(f"{self.url}/login")
        page.get_by_label("E-mail").fill(HR)
        page.get_by_label("Password").fill(self.password)
        page.keyboard.press("Enter")
        expect(page.get_by_role("navigation", name="Pages")).to_be_visible()


@pytest.fixture
def site(kopes: Kopes, serve: Serve, tmp_path: Path) -> Site:
    """The example as its commands bring it in."""
    database, definitions = f"sqlite:///{tmp_path / 'example.sqlite'}", EXAMPLE / "definitions"
    kopes("migrate", database=database)
    kopes("load", EXAMPLE / "agency", database=database, definitions=definitions)
    events = tmp_path / "events.ndjson"
    events.write_bytes((EXAMPLE / "events.ndjson").read_bytes())
    kopes("ingest", events, database=database, definitions=definitions, status=1)
    password = kopes("user", "create", HR, "--role", "hr", database=database, definitions=definitions).out.strip()
    return Site(serve(database, definitions=definitions).url, password)


def _sentence(page: str, name: str) -> str:
    """The text of a paragraph, without its links."""
    found = re.search(rf'<p id="{name}">(.*?)</p>', page, re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", found[1])).split()) if found else ""


def _reads_the_promotion_list(page: Page, expected: Expected) -> None:
    """By a link from the grades: everybody by points, then those of one rank alone; nobody is barred."""
    page.get_by_role("link", name="Promotion list").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Promotion list of 2026")
    expect(page.get_by_text("Nobody is barred on")).to_be_visible()
    rows = page.locator("tbody tr[data-employee]")
    points = {number: row["promotion_points"] for number, row in expected.people.items()}
    expect(rows).to_have_count(len(points))
    shown = [(one.get_attribute("data-employee") or "", one.locator("td").nth(2).inner_text()) for one in rows.all()]
    assert {number: float(text) for number, text in shown} == points
    assert [points[number] for number, _ in shown] == sorted(points.values(), reverse=True)
    ranks = {row["number"]: row["rank"] for row in _table("employees")}
    page.get_by_label("Rank in service").select_option("G5")
    expect(rows).to_have_count(sum(ranks[number] == "G5" for number in points))
    page.get_by_role("navigation", name="Where this is").get_by_role("link", name="Grades").press("Enter")


def _won(text: str) -> int:
    return int(re.sub(r"[^0-9]", "", text))


NEAR: Final = Decimal("1.5")
EVERYBODY: Final = 48


def test_a_persons_grade_is_told_in_sentences_that_come_out_by_hand(site: Site, page: Page) -> None:
    """Rank, cut-off, the way to the next grade, and base × rates × days, of everybody; by Enter to those who miss a grade by little."""
    expected = Expected.read()
    site.open(page)
    for number, row in expected.people.items():
        text = page.request.get(f"{site.url}/grades/employee:{number}?cycle=2026").text()
        assert f"Rank {row['rank']} of {row['group_size']} in the group" in _sentence(text, "rank"), number
        pay = _sentence(text, "pay")
        exact = expected.bases[number] * AGENCY_PAYS * Fraction(row["rate"], 100) * Fraction(row["days"], 365)
        assert _won(pay.rsplit(":", 1)[1]) == row["pay"] == round(exact), number
        assert f"Monthly base ₩{expected.bases[number]:,} × 60 % " in pay, number
        assert f" × {row['rate']} % of grade {row['grade']} × {row['days']} of 365 days" in pay, number
        score, better = expected.score(number), expected.better(number)
        if number in expected.disciplined:
            assert not _sentence(text, "cut-off") + _sentence(text, "next-grade"), number
            continue
        lowest = expected.lowest(row["group"], row["grade"])
        assert lowest is not None
        cut_off = f"Grade {row['grade']} ends at {lowest} now: {score - lowest} above it."
        if score == lowest:
            cut_off = (
                f"Grade {row['grade']} ends at {lowest} now, which is this score: it is the last one in {row['grade']}."
            )
        assert _sentence(text, "cut-off") == cut_off, number
        if better is None:
            assert _sentence(text, "next-grade") in {
                "There is no better grade.",
                "The group has no seat of a better grade.",
            }
        else:
            begins = f"Grade {better[0]} begins at {better[1]} now: {better[1] - score} more."
            assert _sentence(text, "next-grade").startswith(begins), number
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Grades").press("Enter")
    _reads_the_promotion_list(page, expected)
    _sees_the_spread(page, expected)
    _takes_the_file_home(page, expected)
    _goes_from_pay_to_a_deal_and_back(page, expected)
    page.get_by_label("Name, number or code").fill("E011")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Name E011").press("Enter")
    page.locator("#rank a").first.press("Enter")
    rows = page.locator("tbody[data-rows=matching] tr")
    expect(rows).to_have_count(12)
    expect(rows.nth(2)).to_contain_text("E011")


def test_the_grades_of_a_group_fit_a_phone(site: Site, page: Page) -> None:
    """No column of the page's tables stands beyond the edge, in whichever language."""
    site.open(page)
    page.set_viewport_size({"width": 390, "height": 844})
    wide = "() => [...document.querySelectorAll('main .table-box')].filter(one => one.scrollWidth > one.clientWidth).map(one => one.ariaLabel)"
    for language in ("en", "ko", "es"):
        page.context.add_cookies([{"name": "kopes_language", "value": language, "url": site.url}])
        page.goto(f"{site.url}/grades/employee:E011?cycle=2026")
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.locator("#group table")).to_be_visible()
        assert page.evaluate(wide) == [], language


def _sees_the_spread(page: Page, expected: Expected) -> None:
    """Each group's grades, and who misses the next one by no more than what is typed."""
    page.locator("summary", has_text="Near misses:").press("Enter")
    page.get_by_label("Points below a grade").fill(str(NEAR))
    page.keyboard.press("Enter")
    table = page.get_by_role("table", name="Near misses")
    expect(table).to_be_visible()
    missing = {
        number: begins - expected.score(number)
        for number in expected.people
        if (better := expected.better(number)) is not None
        for begins in [better[1]]
    }
    near = {number: points for number, points in missing.items() if points <= NEAR}
    cells = "rows => rows.map(row => [row.cells[0].querySelector('.soft').textContent, row.cells[5].textContent])"
    expect(table.locator("tbody tr")).to_have_count(len(near))
    rows = table.locator("tbody tr").evaluate_all(cells)
    assert {number: Decimal(points) for number, points in rows} == near
    groups = {row["group"] for row in expected.people.values()}
    spread = page.get_by_role("table", name="Grades by group").locator("tbody tr")
    expect(spread).to_have_count(len(groups))
    for at, group in enumerate(sorted(groups)):
        for grade in BEST_FIRST:
            text = spread.nth(at).locator(f"[data-grade={grade}]").inner_text()
            people = sum((row["group"], row["grade"]) == (group, grade) for row in expected.people.values())
            assert text.split(maxsplit=1)[0] == str(people), (group, grade)
            lowest = expected.lowest(group, grade)
            assert lowest is None or f"from {lowest}" in text, (group, grade)


def _goes_from_pay_to_a_deal_and_back(page: Page, expected: Expected) -> None:
    """Four links from the list where somebody's pay stands to one deal under it, each with the figure that the page before it had; and up again."""
    lines = {(row["cycle"], row["node"], row["kpi"]) for row in _table("scorecards")}
    dealing = [one for one in expected.people if ("2026", f"employee:{one}", "x_deal_value") in lines]
    number = max(dealing, key=lambda one: (expected.people[one]["pay"], one))
    name, score = f"Name {number}", f"{expected.score(number)}"
    row = page.locator("tbody tr", has_text=number)
    expect(row).to_contain_text(f"{expected.people[number]['pay']:,}")
    page.get_by_role("link", name=name).press("Enter")
    assert _won(page.locator("#pay").inner_text().rsplit(":", 1)[1]) == expected.people[number]["pay"]
    page.get_by_role("main").get_by_role("link", name=score).first.press("Enter")
    expect(page.locator("#final-score")).to_contain_text(score)
    line = page.locator("#kpi-x_deal_value")
    kpi, line_score = line.locator("h3, h4").inner_text(), line.locator(".kpi-score .figure").inner_text()
    line.get_by_role("link", name=kpi).first.press("Enter")
    expect(page.get_by_role("main").first).to_contain_text(line_score)
    page.locator("#activities tbody th a").first.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("deal")
    crumbs = page.get_by_role("navigation", name="Where this is")
    for step, heading in ((kpi, kpi), (name, name)):
        crumbs.get_by_role("link", name=step).press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Grades").press("Enter")


def _takes_the_file_home(page: Page, expected: Expected) -> None:
    """The workbook has everybody's grade, and the pay as a number."""
    page.locator("summary", has_text="Download").press("Enter")
    page.get_by_label("What it is for").fill("The committee")
    page.get_by_label("Format").select_option("xlsx")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download").press("Enter")
    headings, *rows = CalamineWorkbook.from_path(coming.value.path()).get_sheet_by_index(0).to_python()
    taken = [dict(zip(map(str, headings), row, strict=True)) for row in rows]
    assert len(taken) == EVERYBODY
    for row in taken:
        grade = expected.people.get(str(row["Employee number"]))
        figures = (row["Grade"], row["Rank"], row["Rate of pay (percent)"], row["Pay (KRW)"], row["Promotion points"])
        names = ("grade", "rank", "rate", "pay", "promotion_points")
        assert figures == (tuple(grade[name] for name in names) if grade else ("",) * 5), row
        assert row["Name"] == f"Name {row['Employee number']}"
