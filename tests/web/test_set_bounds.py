"""What may be sent to a change set or by a feed: rows with their keys, no more than a set holds, and all of it read before others wait."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from typing import Any, Final

import pytest

from app.intake import MASTERED_FILES, changed_folder, columns_of, key_columns, sent_files
from app.kit.database import Database
from app.web.api import changes as changes_api
from app.web.api import rejected
from app.web.asked.limits import SHARES, THREADS, Lane
from app.web.pages import changes
from tests.web.test_changes import HEADER, WHY, agree, begun, row, said, take_over
from tests.web.working import Working, loaded_folder, working

__all__ = ["loaded_folder", "working"]

ORIGIN: Final = {"Origin": "http://localhost"}
GOALS: Final = "goals: []\n"
BOUNDS: Final = sys.modules["app.intake.change_sets"]
"""Where they stand: the package has a function of that name."""


def test_a_row_without_its_key_is_refused_by_the_name_of_the_column(working: Working) -> None:
    """By the API, by pasting and by the keys of rows that are to go."""
    take_over(working, "employees.csv", "postings.csv")
    address = begun(working)
    client = working.dana.client
    for file, body, pointer in (
        ("employees.csv", {"set": [{"name": "Nobody"}]}, "/set/0/number"),
        ("postings.csv", {"set": [{"employee": "E1", "unit": "VIE", "from": " "}]}, "/set/0/from"),
        ("postings.csv", {"remove": [{"employee": "E1"}]}, "/remove/0/from"),
    ):
        answer = client.put(f"/api/v1{address}/rows/{file}", json=body, headers=ORIGIN)
        assert answer.status_code == 422, file
        assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [(pointer, "required")]
    pasted = working.dana.post(f"{address}/rows", {"file": "employees.csv", "rows": f"{HEADER}\n{row('')}"})
    assert (pasted.status_code, "“number” is empty" in pasted.text) == (422, True)
    removed = working.dana.post(f"{address}/rows", {"file": "postings.csv", "remove": "E1"})
    assert (removed.status_code, "“from” is empty" in removed.text) == (422, True)
    assert client.get(f"/api/v1{address}").json["rows"] == []


def test_a_set_holds_so_much_and_shows_so_many_findings(working: Working, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, their letters and those of definitions are counted together, whichever request brings them; what is wrong is told by its first."""
    take_over(working, "employees.csv", "definitions")
    address = begun(working)
    client = working.dana.client

    def put(*numbers: str, name: str = "") -> Any:
        some = [{"number": one, "name": name or one, "job": "clerk"} for one in numbers]
        return client.put(f"/api/v1{address}/rows/employees.csv", json={"set": some}, headers=ORIGIN)

    monkeypatch.setattr(BOUNDS, "ROWS_MAX", 3)
    assert put("E20", "E21").status_code == 200
    assert put("E20", "E22").status_code == 200
    full = put("E23")
    assert (full.status_code, full.json["code"], "at most 3 rows" in full.json["detail"]) == (409, "set_full", True)
    monkeypatch.setattr(BOUNDS, "LETTERS_MAX", 1_000)
    assert put("E20", name="n" * 1_000).json["code"] == "set_full"
    monkeypatch.setattr(BOUNDS, "DOCUMENT_LETTERS_MAX", len(GOALS))
    monkeypatch.setattr(BOUNDS, "ROWS_MAX", 30)
    yaml = {"data": GOALS, "content_type": "application/yaml", "headers": ORIGIN}
    assert client.put(f"/api/v1{address}/definitions/kpis.yaml", **yaml).status_code == 200
    assert client.put(f"/api/v1{address}/definitions/more.yaml", **yaml).json["code"] == "set_full"
    too_long = client.put(f"/api/v1{address}/definitions/more.yaml", **(yaml | {"data": "x" * 500_001}))
    assert (too_long.status_code, too_long.json["errors"][0]["code"]) == (422, "file_size")
    assert client.delete(f"/api/v1{address}/definitions/kpis.yaml", headers=ORIGIN).status_code == 200

    monkeypatch.setattr(changes, "FINDINGS_SHOWN", 2)
    shown = said(working.dana.get(address).text)
    found = len(client.get(f"/api/v1{address}/check").json["items"])
    assert found > 3
    assert shown.count("Error:") == 2
    assert f"and {found - 2} more" in shown


def test_what_is_sent_is_read_before_anybody_waits_for_it(working: Working, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, whole files, definitions, feeds and events sent again: none of them while a writing transaction is open."""
    take_over(working, "employees.csv", "definitions")
    decided = working.dana.post("/folder", {"file": "rates.csv", "to": "feed", "reason": WHY}).headers["Location"]
    agree(working.ferran, decided)
    address = begun(working)
    made = working.iris.post("/keys", {"name": "bank", "scope": "feed", "file": ["rates.csv"]}, follow_redirects=True)
    key = re.search(r"kopes_[\w.-]+", made.text)
    assert key is not None, said(made.text)
    bearer = {"Authorization": f"Bearer {key[0]}"}
    rates = working.dana.get("/api/v1/files/rates.csv/rows.csv").text
    writes: list[int] = []
    read: list[str] = []
    writing = Database.writing

    def held(database: Database, deed: str, work: Callable[..., Any]) -> Any:
        def noted(connection: Any) -> Any:
            writes.append(1)
            try:
                return work(connection)
            finally:
                writes.pop()

        return writing(database, deed, noted)

    monkeypatch.setattr(Database, "writing", held)
    for module, name in (
        (changed_folder, "read_yaml"),
        (sent_files, "read_csv_text"),
        (changes_api, "sent_as"),
        (rejected, "arrivals_in"),
    ):
        reads = getattr(module, name)

        def counted(*given: Any, reads: Callable[..., Any] = reads, what: str = name, **more: Any) -> Any:
            assert not writes, what
            read.append(what)
            return reads(*given, **more)

        monkeypatch.setattr(module, name, counted)
    client = working.dana.client
    rows = {"set": [{"number": "E20", "name": "Nari"}]}
    yaml = {"data": GOALS, "content_type": "application/yaml", "headers": ORIGIN}
    whole = working.dana.get("/api/v1/files/employees.csv/rows.csv").text
    api = f"/api/v1{address}"
    assert client.put(f"{api}/rows/employees.csv", json=rows, headers=ORIGIN).status_code == 200
    for mode in ("whole", "rows"):
        sent = {"data": whole, "content_type": "text/csv", "headers": ORIGIN}
        assert client.put(f"{api}/files/employees.csv?mode={mode}", **sent).status_code == 200
    assert client.put(f"{api}/files/definitions", **yaml).status_code == 200
    assert client.put(f"{api}/definitions/more.yaml", **yaml).status_code == 200
    form = {"name": "again", "yaml": GOALS}
    assert working.dana.post(f"{address}/definitions", form).status_code == 303
    feed = {"data": rates + "2001-01,EUR,1.1\n", "content_type": "text/csv", "headers": bearer}
    answer = working.app.test_client().put("/api/v1/files/rates.csv", **feed)
    assert answer.json["added"] == 1, answer.text
    event = {"specversion": "1.0", "id": "X-1", "source": "/x", "type": "kopes.deal", "time": "2026-06-01", "data": {}}
    batch = {"json": [event], "content_type": "application/cloudevents-batch+json", "headers": ORIGIN}
    working.alba.client.post("/api/v1/events", **batch)
    number = working.iris.get("/api/v1/events/rejected").json["items"][0]["id"]
    again = {"json": event, "headers": ORIGIN}
    assert working.iris.client.post(f"/api/v1/events/rejected/{number}/replay", **again).status_code == 200
    assert {"read_yaml", "read_csv_text", "sent_as", "arrivals_in"} <= {*read}


def test_nobody_has_a_sheet_read_who_keeps_no_sets(working: Working, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook takes up to a minute, and there are few threads that write: who may send one is asked before."""
    take_over(working, "employees.csv")
    address = begun(working)

    def never(*_given: object, **_more: object) -> None:
        raise AssertionError

    monkeypatch.setattr(sent_files, "read_csv_text", never)
    monkeypatch.setattr(sent_files, "read_xlsx", never)
    for person, page in (
        (working.alba, "/folder/sheets"),
        (working.alba, f"{address}/sheet"),
        (working.wanda, address),
    ):
        for body in (b"number\nE1\n", b"PK\3\4"):
            form = {"sheet_of": "employees.csv", "sheet": (io.BytesIO(body), "rows.xlsx"), "title": "A", "reason": WHY}
            if person is working.wanda:
                page = f"{address}/sheet"
            answer = person.post(page, form)
            assert answer.status_code == (409 if person is working.wanda else 404), (page, answer.text)


def test_whoever_writes_does_not_wait_for_a_workbook_that_is_read(working: Working) -> None:
    """Some sheets of a few kilobytes kept all threads that write for a minute: what reads one works on threads where each person has one."""
    lane_of = working.app.extensions["kopes"].triage(working.app)
    for method, path in (
        ("PUT", "/api/v1/changes/1/files/employees.csv"),
        ("POST", "/changes/1/sheet"),
        ("POST", "/folder/sheets"),
    ):
        assert lane_of(path, method)[0] is Lane.FILE, path
    assert SHARES[Lane.FILE] == 1 < THREADS[Lane.FILE]


def test_nobody_reads_through_decisions_that_they_may_not_see(
    working: Working, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Home, the page and the API read those that somebody may see, and not all to leave the others out; their own they find."""
    take_over(working, "employees.csv")
    address = begun(working)
    working.dana.post(f"{address}/rows", {"file": "employees.csv", "rows": row("E3", base="4000000")})
    decision = working.dana.post(f"{address}/submit", {}).headers["Location"]
    read: list[int] = []
    module = sys.modules["app.decisions.decisions"]
    made = vars(module)["_decision"]

    def counted(one: Any, about: Any) -> Any:
        read.append(one.id)
        return made(one, about)

    monkeypatch.setattr(module, "_decision", counted)
    for person in (working.alba, working.iris):
        for page in ("/", "/decisions", "/api/v1/decisions"):
            assert person.get(page).status_code == 200
    assert read == []
    assert decision in working.chae.get("/decisions").text
    assert decision in working.wanda.get("/").text


ODD: Final = (
    "9" * 400,
    "9" * 5000,
    "-1",
    "NaN",
    "sNaN",
    "Infinity",
    "1e9999",
    "\u0662\u0660\u0662\u0666",
    "0001-01-01",
    "9999-12-31",
    "9999-12",
    "0",
    "unit:VIE",
    "employee:" + "9" * 400,
    "%s %(x)s {0} <b>",
)


def test_a_set_of_cells_that_can_be_none_is_shown_checked_and_refused(working: Working) -> None:
    """Whoever writes them, anybody who opens the set reads what is wrong: in each column of each file, keys too, alone and beside what is right."""
    files = [file for file in MASTERED_FILES if file.endswith(".csv")]
    take_over(working, *files)
    address = begun(working)
    client = working.dana.client
    for file in files:
        columns, key = columns_of(file), key_columns(file)
        present = client.get(f"/api/v1/files/{file}?limit=1").json["items"]
        right = {name: value or "" for name, value in (present[0] if present else {}).items() if name in columns}
        rows = [dict.fromkeys(columns, odd) | ({"place": "1"} if "place" in columns else {}) for odd in ODD]
        if right:
            others = [one for one in columns if one not in key]
            rows += [right | dict.fromkeys(others, ODD[0])]
        answer = client.put(f"/api/v1{address}/rows/{file}", json={"set": rows}, headers=ORIGIN)
        assert answer.status_code == 200, (file, answer.text)
    for page in (
        address,
        f"{address}/effects",
        f"/api/v1{address}",
        f"/api/v1{address}/check",
        f"/api/v1{address}/effects",
    ):
        for person in (working.dana, working.ferran):
            # What does not check has no effects that could be told.
            assert person.get(page).status_code == (409 if page == f"/api/v1{address}/effects" else 200), page
    assert client.post(f"/api/v1{address}/submit", json={}, headers=ORIGIN).status_code == 409
    assert client.post(f"/api/v1{address}/rebase", json={}, headers=ORIGIN).status_code == 200
    for page in (
        "/scorecards/edit?cycle=2026",
        "/organisation/groups",
        "/organisation/transfer",
        "/organisation/units/VIE",
    ):
        into = address.rsplit("/", 1)[-1]
        glue = "&" if "?" in page else "?"
        assert working.dana.get(f"{page}{glue}into={into}").status_code == 200, page
