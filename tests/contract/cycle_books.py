"""The workbooks of a paid cycle that go to ministry and auditor: what stands in them is what the API tells, and by which rules it came about."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from decimal import Decimal

import python_calamine

_TOKEN = re.compile('name="csrf_token" value="([^"]+)"')
GRADES = {"S": (10, 134), "A": (15, 115), "B": (50, 100), "C": (15, 85), "D": (5, 66), "E": (5, 0)}
"""Share and rate of each grade, in percent, where the agency's policies name none."""
CYCLE = "/cycles/2026"
MEASURE, FREE = "employee,kind,grave,decided_on,lifted_on\nE1,reprimand,yes,2027-01-15,\n", dt.date(2028, 1, 15)
"""What bars somebody from promotion for six months and six more, and the first free day."""


def the_books_of_a_cycle(desk):
    """Results, board, grades, promotion list and pay in all: the API's figures as numbers, days as days, and on the second sheet the rules."""
    dana = desk.person("dana")
    sha256 = dana.get(f"/api/v1{CYCLE}/snapshot").json()["results_sha256"]
    people = {one["employee"]: one for one in _items(dana, "people")}
    book = {row["Employee number"]: row for row in _book(_file(dana, f"{CYCLE}/people"), len(people), sha256)}
    assert {number: _of_book(row) for number, row in book.items()} == {
        number: _of_api(one) for number, one in people.items()
    }
    assert any(one["pay"] for one in people.values())
    assert {type(row["Told on"]) for row in book.values()} == {dt.date}
    board = _items(dana, "board")
    rows = _book(_file(dana, f"{CYCLE}/board", to=f"{CYCLE}/board/file"), len(board), sha256)
    assert [(row["Employee number"], row["State"], row["Waits for whom (numbers)"]) for row in rows] == [
        (one["employee"], one["state"], ", ".join(one["who"])) for one in board
    ]
    graded = {row["Employee number"]: row for row in _book(_file(dana, "/grades?cycle=2026"), len(people), sha256)}
    wanted = {number: (one["grade"], one["rank"], one["pay"]) for number, one in people.items()}
    assert {
        number: tuple(_cell(row[name]) for name in ("Grade", "Rank", "Pay (KRW)")) for number, row in graded.items()
    } == wanted
    (desk.folder / "discipline.csv").write_text(MEASURE, encoding="utf-8")
    desk.kopes("load", desk.folder, **desk.where)
    points = _items(dana, "promotion")
    rows = _book(_file(dana, f"{CYCLE}/promotion"), len(points), sha256)
    assert [(row["Employee number"], row["Promotion points"]) for row in rows] == [
        (one["employee"], one["points"]) for one in points
    ]
    (barred,) = [row for row in rows if row["Barred until before"]]
    names = ("Employee number", "Barred until before", "Measure that bars", "Decided on", "Grave")
    assert [barred[name] for name in names] == ["E1", FREE, "Reprimand", dt.date(2027, 1, 15), "yes"]
    for name, reads in (("dana", True), ("late", False)):
        page = desk.person(name).get(f"{CYCLE}/promotion").text
        assert ("15 Jan 2028" in page, "Reprimand (grave)" in page, "data-measure" in page) == (True, reads, reads), (
            name
        )
    totals = _book(dana.get(f"{CYCLE}/pay/totals/file", params={"format": "xlsx"}), None, sha256)
    assert sum(row["Pay (KRW)"] for row in totals if row["Sum by"] == "Grade") == sum(
        one["pay"] or 0 for one in people.values()
    )
    _is_asked_for_with_its_reason(desk)


def _is_asked_for_with_its_reason(desk):
    """By hr alone, with a reason, which stands in the log of readings."""
    dana = desk.person("dana")
    for page, to in ((f"{CYCLE}/people", f"{CYCLE}/people"), (f"{CYCLE}/board", f"{CYCLE}/board/file")):
        token = _TOKEN.findall(dana.get(page).text)[0]
        refused = dana.post(to, data={"csrf_token": token, "format": "xlsx", "reason": ""})
        assert (refused.status_code, "PK" in refused.text[:2]) == (422, False), to
        for name in ("late", "outsider", "e1"):
            client = desk.person(name)
            body = {"csrf_token": "none", "format": "xlsx", "reason": "For the record of the year."}
            assert client.post(to, data=body).status_code in {403, 404}, (name, to)


def _items(client, what):
    return client.get(f"/api/v1{CYCLE}/{what}", params={"limit": 1000} if what == "people" else {}).json()["items"]


def _file(client, page, *, to=None):
    token = _TOKEN.findall(client.get(page).text)[0]
    body = {"csrf_token": token, "format": "xlsx", "reason": "For the ministry and the auditor."}
    answer = client.post(to or page, data=body)
    assert answer.status_code == 200, answer.text
    return answer


def _book(answer, people, sha256):
    """The rows of the first sheet by their headings, once its header is frozen and filtered and the second sheet says the rules."""
    sheet = zipfile.ZipFile(io.BytesIO(answer.content)).read("xl/worksheets/sheet1.xml").decode()
    assert '<pane ySplit="1"' in sheet
    assert "<autoFilter " in sheet
    book = python_calamine.load_workbook(io.BytesIO(answer.content))
    assert book.sheet_names[1:] == ["rules"]
    header, *rows = book.get_sheet_by_index(0).to_python()
    rules = {row[0]: row[1] for row in book.get_sheet_by_name("rules").to_python()}
    assert rules["rows"] == len(rows) == (people or len(rows))
    assert re.fullmatch("[0-9a-f]{64}", str(rules["sha256"]))
    shares = {f"Share of the grade {grade} (percent)": share for grade, (share, _) in GRADES.items()}
    rates = {f"Rate of the grade {grade} (percent)": rate for grade, (_, rate) in GRADES.items()}
    assert {name: rules[name] for name in rules if name not in {"rows", "sha256"}} == shares | rates | {
        "Cycle": "2026",
        "Snapshot of round 1 (SHA-256)": sha256,
    }
    return [dict(zip(header, row, strict=True)) for row in rows]


def _cell(value):
    return None if value == "" else value


def _day(written):
    return written and dt.datetime.fromisoformat(written).date()


def _score(value):
    return None if value is None else float(Decimal(repr(value)).quantize(Decimal("0.01")))


_THIRDS = {"upper": "upper third", "middle": "middle third", "lower": "lower third", None: None}
_ANSWERS = {True: "yes", False: "no", None: None}


_NAMES = (
    *("State", "Final score (points)", "Score as told (points)", "Grade as told", "Proposed grade", "Grade"),
    *("Moved from", "Moved to", "Kept as told, beyond the seats", "Rank", "People in the group"),
    *("Third of the group", "Days worked by the cycle's end", "Pay (KRW)", "May object until"),
    *("Review agrees", "Numbers of decisions", "Numbers of objections"),
)


def _of_book(row):
    return [_cell(row[name]) for name in _NAMES]


def _of_api(one):
    move, review = one["move"] or {}, one["review"] or {}
    scores = [_score(one[name]) for name in ("final_score", "notified_score")]
    grades = [one[name] for name in ("notified_grade", "proposed_grade", "grade")]
    row = [one["state"], *scores, *grades, move.get("from"), move.get("to"), _ANSWERS[one["held"]]]
    row += [one["rank"], one["group_size"], _THIRDS[one["band"]], one["days"], one["pay"]]
    row += [_day(one["told"]["window_until"]), _ANSWERS[review.get("agrees")]]
    return row + [", ".join(str(each) for each in one[name]) or None for name in ("decisions", "objections")]
