"""A file's rows taken as a workbook, edited in a spreadsheet and sent back into a change set (contract-desk, 3 and 8)."""

from __future__ import annotations

import csv
import io
import random
import zipfile

from tests.contract.desk import code
from tests.workbooks import edited, opened, saved

XLSX = {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
KOREAN = {"number": "사번", "name": "이름", "email": "이메일", "rank": "직급", "job": "직무"} | {
    "monthly_base": "월기준액",
    "hired_on": "입사일",
    "left_on": "퇴직일",
}


def taken(desk, file, **asked):
    """The workbook, its cells by sheet, and the names of the sheets that are not shown."""
    answer = desk.person("dana").get(f"/api/v1/files/{file}/rows.xlsx", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.content, *opened(answer.content)


def send(desk, address, file, body, *, mode="rows", **headers):
    return desk.person("dana").put(
        f"{address}/files/{file}", params={"mode": mode}, content=body, headers=XLSX | headers
    )


def test_many_scorecard_rows_come_back_without_a_difference(desk):
    """As they were taken, and as a program writes them anew; in any order, and with columns of one's own. Eight thousand: test_libreoffice.py."""
    desk.person("dora", "--role", "hr")
    desk.take_over("scorecards.csv")
    dana = desk.person("dana")
    loaded = rows_of(dana, "scorecards.csv")
    kpis = [row["kpi"] for row in loaded if row["node"] == "unit:VIE"]
    many = [
        dict.fromkeys(loaded[0], "")
        | {
            "cycle": str(cycle),
            "node": node,
            "kpi": kpi,
            "weight": ("9.5", "10.5")[at % 2],
            "link": "unique",
            "target": "10.25",
        }
        for cycle in range(2015, 2030)
        if cycle != 2026
        for node in ("unit:VIE", "unit:HQ", "employee:E1", "employee:E2", "employee:E6", "employee:E7")
        for at, kpi in enumerate(kpis)
    ]
    at = desk.begin()
    assert len(many) > 800
    dana.put(f"{at}/rows/scorecards.csv", json={"set": many}).raise_for_status()
    answer = dana.post(f"{at}/submit", json={})
    assert answer.status_code == 201, [
        one for one in dana.get(f"{at}/check").json()["items"] if one["level"] == "error"
    ][:5]
    desk.approve(desk.person("dora"), dana.get(answer.headers["Location"]).json()).raise_for_status()

    body, sheets, hidden = taken(desk, "scorecards.csv")
    header, *rows = sheets["scorecards"]
    assert len(rows) > 800
    random.Random(8).shuffle(rows)
    anew = {"scorecards": [["x_mine", *header], *(["…", *row] for row in rows)]} | {
        name: sheets[name] for name in hidden
    }
    numbers = ("cycle", "weight", "target")
    for sent in (body, saved(sheets, hidden), saved(anew, hidden, numbers=numbers)):
        at = desk.begin()
        answer = send(desk, at, "scorecards.csv", sent)
        assert answer.status_code == 200, answer.text[:2000]
        assert answer.json()["rows"] == []
        assert code(dana.post(f"{at}/submit", json={})) == (409, "nothing_changed")


def rows_of(client, file):
    return client.get(f"/api/v1/files/{file}").json()["items"]


def test_keys_are_locked_and_the_revision_goes_along(desk):
    """On the sheet that nobody sees; all else can be typed into, new rows too."""
    body, sheets, hidden = taken(desk, "employees.csv")
    assert hidden == {"kopes"}
    assert sheets["kopes"] == [["revision", "1"], ["file", "employees.csv"]]
    text = desk.person("dana").get("/api/v1/files/employees.csv/rows.csv").text
    assert sheets["employees"] == list(csv.reader(io.StringIO(text)))
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        sheet, styles = (packed.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "styles"))
    unlocked = [index for index, one in enumerate(styles.split("<cellXfs")[1].split("<xf ")[1:]) if 'locked="0"' in one]
    assert "<sheetProtection" in sheet
    style = {cell: int(sheet.split(f'r="{cell}" s="')[1].split('"')[0]) for cell in ("A2", "B2", "H2")}
    assert [style[cell] in unlocked for cell in ("A2", "B2", "H2")] == [False, True, True]
    assert f'style="{style["B2"]}"' in sheet.split("<cols>")[1].split("</cols>")[0]


def test_what_was_edited_is_set_and_nothing_else(desk):
    """Days as a spreadsheet writes them, Korean headings, other orders, own columns, rows that are not there: none of it matters."""
    desk.take_over("employees.csv")
    dana = desk.person("dana")
    _, sheets, hidden = taken(desk, "employees.csv")
    header, *rows = edited(sheets, "employees", "E1", "left_on", "2030-02-01")["employees"]
    korean = [KOREAN[column] for column in header]
    new = ["E20", "새 직원", "e20@agency.example", "G5", "staff", "2900000", "2026-01-01", ""]
    kept = [*rows[3:], new, rows[0]]
    days, numbers = (KOREAN["hired_on"], KOREAN["left_on"]), (KOREAN["monthly_base"],)
    book = {"직원": [["x_메모", *korean], *(["-", *row] for row in kept)], "kopes": sheets["kopes"]}
    at = desk.begin()
    answer = send(desk, at, "employees.csv", saved(book, hidden, days=days, numbers=numbers))
    assert answer.status_code == 200, answer.text
    told = {one["key"]: one for one in answer.json()["rows"]}
    assert set(told) == {"E1", "E20"}
    assert (told["E1"]["differs"], told["E1"]["after"]["left_on"]) == (["left_on"], "2030-02-01")
    assert (told["E20"]["before"], told["E20"]["after"]["hired_on"]) == (None, "2026-01-01")

    text = ",".join(korean) + ",x_own\n" + "E1,E1,E1@agency.example,G5,staff,3000000,2000. 1. 1.,2031/3/1,hello\n"
    answer = dana.put(
        f"{at}/files/employees.csv",
        params={"mode": "rows"},
        content=text.encode(),
        headers={"Content-Type": "text/csv"},
    )
    (only,) = [one for one in answer.json()["rows"] if one["key"] == "E1"]
    assert (only["differs"], only["after"]["left_on"], only["after"]["hired_on"]) == (
        ["left_on"],
        "2031-03-01",
        "2000-01-01",
    )
    emptied = edited(sheets, "employees", "E1", "email", "")
    answer = send(desk, desk.begin(), "employees.csv", saved(emptied, hidden))
    assert [one["after"]["email"] for one in answer.json()["rows"]] == [""]


def test_months_survive_a_spreadsheet(desk):
    """Which makes days of them, and writes them as it likes."""
    desk.take_over("rates.csv")
    for month in ("2026-03-01T00:00:00", "2026-03-01", "2026/3", "2026. 3.", "2026년 3월", "Mar-26"):
        answer = desk.person("dana").put(
            f"{desk.begin()}/files/rates.csv?mode=rows",
            content=f"month,currency,usd\n{month},EUR,1.25\n".encode(),
            headers={"Content-Type": "text/csv"},
        )
        assert [one["key"] for one in answer.json()["rows"]] == ["2026-03 EUR"], month
    for month in ("3/1/2026", "Frx-26", "2026-13-40"):
        answer = desk.person("dana").put(
            f"{desk.begin()}/files/rates.csv?mode=rows",
            content=f"month,currency,usd\n{month},EUR,1.25\n".encode(),
            headers={"Content-Type": "text/csv"},
        )
        at = f"/api/v1/changes/{answer.json()['id']}"
        found = desk.person("dana").get(f"{at}/check").json()["items"]
        assert "month" in {one["field"] for one in found if one["in_set"]}, month


def test_rows_that_another_revision_changed_since_are_conflicts(desk):
    """Those that were edited, by their keys, and nothing is taken; taken anew they go in. Rows that were left alone never are."""
    desk.take_over("employees.csv")
    dana = desk.person("dana")
    _, old, hidden = taken(desk, "employees.csv")
    at = desk.begin()
    row = next(one for one in rows_of(dana, "employees.csv") if one["number"] == "E1")
    dana.put(f"{at}/rows/employees.csv", json={"set": [row | {"name": "Anna"}]}).raise_for_status()
    assert dana.post(f"{at}/submit", json={}).json()["revision"] == 2

    at = desk.begin()
    answer = send(desk, at, "employees.csv", saved(edited(old, "employees", "E2", "name", "Bert"), hidden))
    assert [(one["key"], one["after"]["name"]) for one in answer.json()["rows"]] == [("E2", "Bert")]
    both = edited(edited(old, "employees", "E1", "name", "Hanna"), "employees", "E6", "name", "Gus")
    answer = send(desk, at, "employees.csv", saved(both, hidden))
    assert code(answer) == (409, "overtaken")
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/employees.csv/E1"]
    assert [one["key"] for one in dana.get(at).json()["rows"]] == ["E2"]
    same = edited(old, "employees", "E1", "name", "Anna")
    assert send(desk, at, "employees.csv", saved(same, hidden)).status_code == 200
    _, new, hidden = taken(desk, "employees.csv")
    answer = send(desk, at, "employees.csv", saved(edited(new, "employees", "E1", "name", "Hanna"), hidden))
    assert [one["key"] for one in answer.json()["rows"]] == ["E2", "E1"]
    _, past, hidden = taken(desk, "employees.csv", revision=1)
    assert past["kopes"][0] == ["revision", "1"]
    never = old | {"kopes": [["revision", "99"], ["file", "employees.csv"]]}
    assert code(send(desk, at, "employees.csv", saved(never, hidden))) == (404, "no_revision")


def test_a_text_that_begins_with_a_blank_comes_back_without_a_difference(desk):
    """A sheet takes blanks off: nobody has edited them."""
    desk.person("dora", "--role", "hr")
    desk.take_over("status.csv")
    dana, at = desk.person("dana"), desk.begin()
    leave = {"employee": "E1", "cycle": "2026", "kind": "leave", "from": "2026-03-01", "to": "2026-04-01"}
    put = dana.put(f"{at}/rows/status.csv", json={"set": [leave | {"note": " -2+3", "place": "1"}]})
    assert put.status_code == 200, put.text
    desk.approve(desk.person("dora"), desk.submit(at)).raise_for_status()
    body, _, _ = taken(desk, "status.csv")
    answer = send(desk, desk.begin(), "status.csv", body)
    assert (answer.status_code, answer.json()["rows"]) == (200, [])
