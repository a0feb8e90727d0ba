"""The proposal of grades: HR and the auditor see all of it, an employee their own, an executive totals without a name."""

from __future__ import annotations

import csv
import html
import io
import re
import zipfile
from decimal import ROUND_HALF_EVEN, Decimal
from xml.etree import ElementTree as ET

import pytest
from babel.support import Translations
from python_calamine import CalamineWorkbook

from app.web.wording.languages import CATALOGUES
from tests.conftest import CountQueries
from tests.web.working import Working

ALL = {"dana": 200, "emil": 200, "ferran": 404, "boram": 404, "hana": 404, "alba": 404, "iris": 404}
TOTALS = {"dana": 200, "emil": 200, "ferran": 200, "boram": 404, "alba": 404, "iris": 404}
OF_ALBA = {"dana": 200, "emil": 200, "alba": 200, "ferran": 404, "boram": 404, "chae": 404, "jiho": 404, "iris": 404}


@pytest.mark.parametrize(
    ("address", "statuses"),
    [("/grades", ALL), ("/grades?of=units", ALL), ("/grades/totals", TOTALS), ("/grades/employee:E1", OF_ALBA)],
)
def test_who_sees_grades_and_pay(working: Working, address: str, statuses: dict[str, int]) -> None:
    """A head sees no grades, an executive pay as totals only, an employee their own alone (contract, "Who may what")."""
    assert {name: getattr(working, name).statuses(address)[0] for name in statuses} == statuses


def test_totals_name_nobody(working: Working) -> None:
    """Pay as totals only, and to no won: who moves between two looks at them is known, and the difference was that one's pay."""
    page, exact = (getattr(working, name).get("/grades/totals").text for name in ("ferran", "dana"))
    assert "employee:" not in page
    assert "Sums are rounded" in page
    assert "Sums are rounded" not in exact
    won = [[int(one.replace(",", "")) for one in re.findall(r"₩([\d,]+)", text)] for text in (page, exact)]
    assert any(one % 1_000_000 for one in won[1])
    assert won[0] == [round(one, -7) for one in won[1]]


def test_the_proposal_shows_seats_pay_and_points_and_names_the_rules_it_breaks(working: Working) -> None:
    """Seven people in groups too small to stand alone."""
    working.record("2026-03-04 deal D-1 E1 1000.00 USD")
    page = working.dana.get("/grades").text
    for words in (
        "Seats by group",
        "By the largest remainder",
        "The top grade has at least its share",
        "Promotion points",
        "₩",
    ):
        assert words in page
    assert "Seats by group" in working.dana.get("/grades?of=units").text
    assert "₩" not in working.dana.get("/grades?of=units").text


def _figures(page: str) -> dict[str, str]:
    """The pairs of a page, label to figure."""
    pairs = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page, re.DOTALL)
    return {html.unescape(label): html.unescape(re.sub(r"<[^>]+>", "", figure)).strip() for label, figure in pairs}


def _number(figure: str) -> Decimal:
    return Decimal(re.sub(r"[^0-9.]", "", figure))


def test_the_page_of_a_grade_lets_one_come_to_the_pay_and_points_by_hand(working: Working) -> None:
    """Each factor stands on the page, and multiplied they are the won that the command prints."""
    working.record(*(f"2026-03-04 deal D-{n} E1 90000.00 USD" for n in range(12)))
    page = working.alba.get("/grades/employee:E1").text
    figures = _figures(page)
    base = _number(figures["Monthly base pay"])
    agency, grade = (_number(text) for label, text in figures.items() if label.startswith("Rate of "))
    days, all_days = map(Decimal, figures["Days with a posting, less leave, of the cycle's days"].split(" of "))
    pay = base * agency / 100 * grade / 100 * days / all_days
    assert base == 3_000_000
    assert _number(figures["Pay"]) == pay.quantize(Decimal(1), ROUND_HALF_EVEN)
    scores = [Decimal(one) for one in figures["Published scores, this cycle's first"].split(", ")]
    mean = sum(scores) / len(scores)
    # 27 full years would bring more than the 5 points that may count.
    points = mean * Decimal("0.95") + 5
    assert _number(figures["Promotion points, rounded"]) == points.quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def test_a_score_of_earlier_cycles_and_discipline_are_said(working: Working) -> None:
    """Whoever was away is ranked by the mean of two results, and whoever was disciplined last: no grade differs from the scorecard in silence."""
    working.record(*(f"2026-03-04 deal D-{n} E{1 + n % 2} 90000.00 USD" for n in range(12)))
    working.load(
        lambda _: "employee,cycle,kind,from,to,note\nE1,2026,leave,2026-02-01,2026-12-01,\nE2,2026,discipline,,,\n",
        "status",
    )
    working.load(lambda _: "cycle,employee,final_score,grade\n2024,E1,67.56,B\n2025,E1,74.64,A\n", "results")
    away = working.dana.get("/grades/employee:E1").text
    for words in ("the mean of the last 2 results", "2025: 74.64, grade A", "2024: 67.56, grade B", "Ranked as 71.10."):
        assert words in away
    own = working.alba.get("/scorecard").text
    shown = re.search(r"What the scorecard of this cycle shows, ([0-9.]+), was not ranked", away)
    assert shown is not None
    final = re.search(r'data-watch="final">([0-9.]+)', own)
    assert final is not None
    assert final[1] == shown[1]
    disciplined = working.dana.get("/grades/employee:E2").text
    assert "A disciplinary measure in the cycle ranks after all others" in disciplined
    assert "begins at" not in disciplined
    seats = working.dana.get("/grades").text.split('id="beyond-seats"', 1)[1].split("</div>", 1)[0]
    assert "a disciplinary measure brings the lowest grade, whatever the seats (people so graded: 1)" in seats


def test_the_cut_offs_of_a_group_are_those_of_the_list(working: Working) -> None:
    """Recounted from the rows that HR downloads."""
    working.record(*(f"2026-03-04 deal D-{n} E{1 + n % 7} {n}0000.00 USD" for n in range(1, 25)))
    answer = working.dana.post("/grades", {"reason": "by hand", "format": "csv"})
    rows = list(csv.DictReader(answer.text.lstrip("\ufeff").splitlines()))
    graded = [row for row in rows if row["Grade"]]
    listed = working.dana.get("/grades").text
    for row in graded:
        listing = listed.split('id="list"', 1)[1]
        shown = listing.split(f"/grades/employee:{row['Employee number']}?", 1)[1].split("</tr>", 1)[0]
        assert f">{row['Name']}</a>" in shown
        assert f">{row['Group']}</td>" in shown
        assert f">₩{int(row['Pay (KRW)']):,}</td>" in shown
        assert row["Unit"]
    page = html.unescape(working.dana.get("/grades/employee:E1").text)
    group = next(row["Group"] for row in graded if row["Employee number"] == "E1")
    for letter in "SABCDE":
        having = [row for row in graded if (row["Group"], row["Grade"]) == (group, letter)]
        found = re.search(rf'<th scope="row">{letter}\b.*?</tr>', page, re.DOTALL)
        assert found is not None
        _, people, lowest = re.findall(r'<td class="number">(.*?)</td>', found[0])
        assert int(people) == len(having)
        least = min((Decimal(row["Score that was ranked"]) for row in having), default=None)
        assert lowest == ("–" if least is None else str(least.quantize(Decimal("0.01"), ROUND_HALF_EVEN)))


def test_only_hr_downloads_it(working: Working) -> None:
    """With a reason."""
    form = {"reason": "for the committee"}
    for of in ("employees", "units"):
        assert [
            working.emil.post(f"/grades?of={of}", form).status_code,
            working.ferran.post("/grades", form).status_code,
        ] == [404, 404]
        answer = working.dana.post(f"/grades?of={of}", form)
        assert "Group" in answer.data.decode("utf-8-sig").splitlines()[0].split(",")
        assert working.trail()[0].why == "for the committee"


HEADINGS = {
    "en": ["Employee number", "Name", "Unit code", "Unit", "Group", "Own score", "Unit part", "Score that was ranked"],
    "ko": ["사번", "이름", "부서 코드", "부서", "평가군", "자체 점수", "부서 반영분", "순위에 쓰인 점수"],
    "es": [
        "Número de empleado",
        "Nombre",
        "Código de la unidad",
        "Unidad",
        "Grupo",
        "Puntuación propia",
        "Parte de la unidad",
    ],
}


@pytest.mark.parametrize("language", sorted(HEADINGS))
def test_the_file_is_in_the_readers_language_and_pay_is_money(working: Working, language: str) -> None:
    """Headings, groups and reasons are words; a workbook's pay is a number that it writes in won, and no other column is."""
    working.record(*(f"2026-03-04 deal D-{n} E{1 + n % 7} {n}0000.00 USD" for n in range(1, 25)))
    working.dana.client.set_cookie("kopes_language", language)
    working.load(lambda _: "employee,cycle,kind,from,to,note\nE1,2026,leave,2026-02-01,2026-12-01,\n", "status")
    form = {"reason": "the committee"}
    rows = list(csv.reader(working.dana.post("/grades", form).data.decode("utf-8-sig").splitlines()[:-1]))
    named = len(HEADINGS[language])
    assert rows[0][:named] == HEADINGS[language]
    away = next(row for row in rows if row[0] == "E1")
    catalogue = Translations.load(CATALOGUES, [language])
    assert away[11] == catalogue.gettext("away for more than half of the cycle, without an earlier result")
    with working.dana.post("/grades", form | {"format": "xlsx"}) as answer:
        content = io.BytesIO(answer.data)
    sheet = CalamineWorkbook.from_filelike(content).get_sheet_by_index(0).to_python()
    assert sheet[0] == rows[0]
    assert [row[14] for row in sheet[1:]] == [int(row[14]) if row[14] else "" for row in rows[1:]]
    assert _formats(content)["O"] == {"[$₩-412]#,##0"}
    assert "[$₩-412]#,##0" not in {one for column, used in _formats(content).items() if column != "O" for one in used}


def _formats(content: io.BytesIO) -> dict[str, set[str]]:
    """The number formats of each column's numbers."""
    spreadsheet = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(content) as book:
        styles, page = (ET.fromstring(book.read(f"xl/{one}.xml")) for one in ("styles", "worksheets/sheet1"))
    codes = {one.get("numFmtId"): one.get("formatCode", "") for one in styles.iter(f"{spreadsheet}numFmt")}
    used = [codes.get(one.get("numFmtId"), "") for one in next(styles.iter(f"{spreadsheet}cellXfs"))]
    formats: dict[str, set[str]] = {}
    for cell in page.iter(f"{spreadsheet}c"):
        if cell.get("t") is None:
            formats.setdefault(str(cell.get("r")).rstrip("0123456789"), set()).add(used[int(cell.get("s", "0"))])
    return formats


def test_constant_query_count(working: Working, count_queries: CountQueries) -> None:
    """Those of the scores, whatever has been recorded; where nothing has come since, two fewer."""
    dana = working.dana
    dana.get("/grades")
    with count_queries() as kept:
        dana.get("/grades")
    working.record("2026-05-04 deal D-1 E1 1000.00 USD")
    with count_queries() as few:
        dana.get("/grades")
    assert len(kept) < len(few)
    working.record(*(f"2026-05-04 deal M-{number} E{1 + number % 3} 1000.00 USD" for number in range(30)))
    with count_queries() as many:
        dana.get("/grades")
    assert len(few) == len(many) <= 9


def test_a_persons_grade_takes_as_many_queries_whatever_was_recorded(
    working_on_each: Working, count_queries: CountQueries
) -> None:
    """Expect 9: those of the list, and of one's own lines the totals and distinct counts, with what would bring the next grade."""
    working = working_on_each
    working.dana.get("/grades/employee:E1")
    counts = []
    for times in range(1, 4):
        working.record(*(f"2026-05-04 deal M-{times}-{n} E{2 + n % 5} 1000.00 USD" for n in range(9 * times)))
        with count_queries() as sent:
            page = working.dana.get("/grades/employee:E1")
        assert 'id="way"' in page.text
        counts.append(len([one for one in sent if one != "BEGIN"]))
    assert len(set(counts)) == 1, counts
    assert counts[0] <= 9


def _weighed_anew(scorecards: str) -> str:
    """Five points of E1's weight from one KPI to another."""
    lighter = scorecards.replace("employee:E1,deals_confirmed,10,", "employee:E1,deals_confirmed,5,")
    return lighter.replace("employee:E1,deal_mean,10,", "employee:E1,deal_mean,15,")


def _is_drawn_as_filed(working: Working, narrowing: str = "") -> str:
    """Look twice, so that the second look is at what was kept, and hold both against the file, which is never kept. Returns the table."""
    answer = working.dana.post(f"/grades{narrowing}", {"reason": "against what was kept", "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))[:-1]  # The last line is the checksum.
    for somebody in (working.dana, working.dana, working.emil):
        page = html.unescape(somebody.get(f"/grades{narrowing}").text)
        table = page.split('data-rows="matching"', 1)[1].split("</tbody>", 1)[0]
        lines = table.split("<tr>")[1:]
        assert len(lines) == len(rows)
        for row in rows:
            code = row.get("Employee number") or row["Unit code"]
            line = next(line for line in lines if f'<span class="soft small">{code}</span>' in line)
            assert f">{row.get('Name') or row['Unit']}</a>" in line
            assert f">{row['Group'] or '–'}</td>" in line
            if row.get("Promotion points"):
                assert f">{row['Promotion points']}</td>" in line
            assert f"<strong>{row['Grade']}</strong>" in line if row["Grade"] else row["Why there is no grade"] in line
            if row.get("Pay (KRW)"):
                assert f">₩{int(row['Pay (KRW)']):,}</td>" in line
        if not narrowing:
            proposed = page.split('id="seats"', 1)[1].split("Grades proposed", 1)[1].split("</tr>", 1)[0]
            _, *counts = re.findall(r'<td class="number">(?:<[^>]+>)?([0-9]+)', proposed)
            assert list(map(int, counts)) == [sum(row["Grade"] == letter for row in rows) for letter in "SABCDE"]
    return table


def test_a_kept_table_is_drawn_anew_when_anything_that_it_shows_has_changed(working: Working) -> None:
    """An event, a verdict, a weight, a name, somebody's pay, a discipline, what narrows it, the language: no look is at what was before."""
    tables = [_is_drawn_as_filed(working)]
    working.record(*(f"2026-03-04 deal D-{number} E{1 + number % 3} 90000.00 USD" for number in range(9)))
    tables.append(_is_drawn_as_filed(working))
    working.record("2026-03-05 rejected D-0 by E2")
    tables.append(_is_drawn_as_filed(working))
    working.load(_weighed_anew, "scorecards")
    tables.append(_is_drawn_as_filed(working))
    working.load(lambda text: text.replace("E1,E1,", "E1,Alba Anew,"), "employees")
    tables.append(_is_drawn_as_filed(working))
    working.load(lambda text: text.replace("staff,3000000", "staff,3100000"), "employees")
    tables.append(_is_drawn_as_filed(working))
    working.load(lambda _: "employee,cycle,kind,from,to,note\nE2,2026,discipline,,,\n", "status")
    tables.append(_is_drawn_as_filed(working))
    tables += [_is_drawn_as_filed(working, narrowing) for narrowing in ("?text=anew", "?grade=E", "?of=units")]
    assert len(set(tables)) == len(tables), [tables.index(table) for table in tables]
    graded = _is_drawn_as_filed(working).count("<strong>")
    assert 0 < graded == _is_drawn_as_filed(working, "?near=3").count("<strong>")
    working.dana.client.set_cookie("kopes_language", "ko")
    korean, english = (somebody.get("/grades").text for somebody in (working.dana, working.emil))
    for words in ("Days worked by the cycle's end", "Seats by group", "By the largest remainder"):
        assert words in html.unescape(english)
        assert words not in html.unescape(korean)


def test_a_narrowed_list_is_downloaded_narrowed(working: Working) -> None:
    """The button says how many rows the file has, and the file has those of the list."""
    narrowed = "/grades?of=employees&text=E1"
    for address, numbers in ((narrowed, ["E1"]), ("/grades", None)):
        page = working.dana.get(address).text
        lines = working.dana.post(address, {"reason": "for the committee"}).data.decode("utf-8-sig").splitlines()
        taken = [line.split(",")[0] for line in lines[1:-1]]
        assert numbers is None or taken == numbers
        assert re.search(rf"Download \(<[^>]+>{len(taken)}<", page), re.findall("<summary>.*", page)
    assert any("E1" in str(row.after) for row in working.trail() if row.deed == "export")


@pytest.mark.parametrize("near", ["abc", "-1", "20.1", "1,2,3"])
def test_a_distance_that_is_none_is_said_at_its_field_and_stays_there(working: Working, near: str) -> None:
    """The list stands nonetheless, and near is what is usual."""
    page = working.dana.get(f"/grades?near={near}&group=agency").text
    assert 'id="near-error"' in page
    assert f'value="{near}" aria-invalid="true"' in page
    assert "within 0.5 points" in page
    assert '<input type="hidden" name="group" value="agency">' in page


def test_points_are_chosen_by_the_separators_of_the_pages_language(working: Working) -> None:
    """Half a point is 0,25 + 0,25 to a Spanish reader; and units have near misses too."""
    working.dana.client.set_cookie("kopes_language", "es")
    page = working.dana.get("/grades?of=units&near=0,25").text
    assert "near-error" not in page
    assert 'name="near" value="0,25"' in page
    assert '<input type="hidden" name="of" value="units">' in page


def test_somebody_is_looked_up_from_the_top_of_the_page(working: Working) -> None:
    """One alone who is meant opens; several, or nobody, are shown as a list; a unit opens its scorecard."""
    page = working.dana.get("/grades").text
    assert page.index("Look somebody up") < page.index("Seats by group")
    found = working.dana.get("/grades?find=E1")
    assert (found.status_code, found.headers["Location"]) == (303, "/grades/employee:E1")
    several = working.dana.get("/grades?find=E")
    assert several.headers["Location"] == "/grades?of=employees&text=E#list"
    nobody = working.dana.get("/grades?find=nobody")
    assert "Nobody like that" in working.dana.get(nobody.headers["Location"]).text
    unit = working.dana.get("/grades?of=units&find=VIE&cycle=2026")
    assert unit.headers["Location"] == "/scorecards/unit:VIE?cycle=2026"


@pytest.mark.parametrize("sort", ["name", "score", "days", "pay", "points", "rank"])
def test_the_list_is_sorted_by_a_heading_and_its_file_likewise(working: Working, sort: str) -> None:
    """A link in each heading; whoever has none of a figure stands last both ways."""
    working.record(*(f"2026-03-04 deal D-{number} E{1 + number % 3} 90000.00 USD" for number in range(8)))
    columns = {
        "name": "Name",
        "score": "Score that was ranked",
        "days": "Days worked",
        "pay": "Pay (KRW)",
        "points": "Promotion points",
    }
    link = re.search(rf'href="(/grades\?[^"]*sort={sort}[^"]*)"', working.dana.get("/grades").text)
    assert link, sort
    first = html.unescape(link[1])
    other = first.replace("order=down", "order=UP").replace("order=up", "order=down").replace("order=UP", "order=up")
    orders = []
    for address in (first, other):
        page = working.dana.get(address).text
        assert f'aria-sort="{"descending" if "order=down" in address else "ascending"}"' in page
        shown = re.findall(r'<span class="soft small">(E\d+)</span>', page.split('data-rows="matching"', 1)[1])
        lines = working.dana.post(address, {"reason": "sorted"}).data.decode("utf-8-sig").splitlines()[:-1]
        rows = list(csv.DictReader(lines))
        # The whole proposal, as it is listed unasked, is filed by number.
        assert [row["Employee number"] for row in rows] == (sorted(shown) if "sort=rank&order=up" in address else shown)
        column = next((one for one in rows[0] if one.startswith(columns.get(sort, "?"))), None)
        assert column or sort == "rank", ",".join(rows[0])
        if column:
            known = [row[column] for row in rows if row[column]]
            key = str if sort == "name" else float
            assert known == sorted(known, key=key, reverse="order=down" in address)
        orders.append(shown)
    assert orders[0] != orders[1]


def test_nobody_sorts_by_pay_who_does_not_see_it(working: Working) -> None:
    """An order tells as much as figures do."""
    assert "₩" in working.dana.get("/grades?sort=pay").text
    assert working.ferran.get("/grades?sort=pay").status_code == 404
