"""Activities as a file: what the pages show, held against the events themselves; whole or an error; for nobody who may not see the rows."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook
from werkzeug.test import TestResponse

from app import scoring
from app.access.tables import reading_log
from app.exports import ExportSheet, refuse_more_than_a_workbook_holds, write_xlsx
from app.exports.csv_files import END
from app.kit.refusals import Invalid
from app.ledger import EventFilter, activities_found
from tests.conftest import CountQueries
from tests.web.working import NOW, Somebody, Working

HEADER: Final = [
    "source",
    "id",
    "type",
    "time",
    "day",
    "employee",
    "unit",
    "company",
    "buyer",
    "country",
    "amount",
    "currency",
    "amount_usd",
    "hs_code",
    "credits",
    "state",
    "verifier",
]
OF_FIGURES: Final = ["kpi", "node"]
"""The codes of what is reported, at the end of every file: nothing of it in a row of another kind."""
CAME_BY: Final = ["door", "sender", "request"]

GIVEN: Final = (
    "2026-03-04 deal D-1 E1 1000.00 EUR of Meyer/AT E1:0.6 E3:0.4",
    "2026-03-05T10:00 verified D-1 by E1 as V-0",
    "2026-03-06T10:00 rejected D-1 by E4 as V-1",
    "2026-03-07T10:00 verified D-1 by E2 as V-2",
    "2026-03-08T10:00 confirmed D-1",
    "2026-04-04 deal D-2 E3 2000.50 USD of Çelik/TR for Kim",
    "2026-04-05T10:00 verified D-2 by E3 as V-3",
    "2026-04-06 deal D-3 E6 7.00 USD",
    "2026-04-07T10:00 rejected D-3 by E2 as V-4",
    "2026-04-08 deal D-4 E1 8.00 USD",
    "2026-04-09T10:00 verified D-4 by E2 as V-5",
    "2026-04-10T10:00 denied D-4",
    "2026-04-11 consult C-1 E2",
    "2026-04-12T10:00 reversed C-1 by E2",
    "2026-02-01T23:30-05:00 new_buyer N-1 E1 of First/CL",
    "2026-02-01 verified LATER by E2 as V-6",
)
UNITS: Final = {"E1": "VIE", "E2": "VIE", "E3": "TYO", "E4": "EUR", "E6": "VIE"}


def _read(answer: TestResponse, header: list[str] = HEADER) -> list[dict[str, str]]:
    """The rows of a CSV, its last line held against them."""
    assert answer.status_code == 200, answer.text
    content = answer.data.removeprefix("\ufeff".encode()).decode()
    body, last = content[: content.rindex(END)], content[content.rindex(END) :]
    rows = list(csv.DictReader(io.StringIO(body)))
    assert last.strip() == f"{END},{len(rows)},sha256,{hashlib.sha256(body.encode()).hexdigest()}"
    assert all(list(row) == [*header, *OF_FIGURES] for row in rows)
    assert all((row.pop("kpi"), row.pop("node")) == ("", "") for row in rows)
    return rows


def _file(person: Somebody, address: str, **form: str) -> list[dict[str, str]]:
    answer = person.post(address, {"reason": "an audit", **form})
    if not address.startswith("/ledger"):
        return _read(answer)
    rows = _read(answer, HEADER + CAME_BY)
    # The auditor's file says how each came; the rest is everybody's.
    assert all((row.pop("door"), row.pop("sender"), row.pop("request")) == ("ingest", "file:test", "") for row in rows)
    return rows


def _instant(event: dict[str, Any]) -> tuple[dt.datetime, str, str]:
    return dt.datetime.fromisoformat(event["time"]), event["source"], event["id"]


def _expected(events: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The rows as the contract has them, worked out from the events alone."""
    rows = []
    for event in sorted(events, key=_instant):
        data = event["data"]
        if "activity" in data:
            continue
        credits = data.get("credits") or [{"employee": data["employee"], "share": "1"}]
        own = {data["employee"], *(part["employee"] for part in credits)}
        about = {"source": event["source"], "id": event["id"]}
        verdicts = sorted((one for one in events if one["data"].get("activity") == about), key=_instant)
        held: dict[str, dict[str, Any]] = {}
        for one in verdicts:
            kind = one["type"].removeprefix("kopes.")
            if kind in {"verified", "rejected"} and one["data"]["by"] not in own:
                held["judged"] = one
            elif kind in {"confirmed", "denied"}:
                held["answered"] = one
            elif kind == "reversed":
                held["reversed"] = one
        judged = held["judged"]["type"].removeprefix("kopes.") if "judged" in held else "entered"
        state = judged
        if judged == "verified" and "answered" in held:
            state = held["answered"]["type"].removeprefix("kopes.")
        if "reversed" in held:
            state = "reversed"
        amount = data.get("amount", "")
        rate = Decimal("1.10") if data.get("currency") == "EUR" else Decimal(1)
        rows.append(
            {
                "source": event["source"],
                "id": event["id"],
                "type": event["type"].removeprefix("kopes."),
                "time": event["time"],
                "day": event["time"][:10],
                "employee": data["employee"],
                "unit": UNITS[data["employee"]],
                "company": data["company"]["name"],
                "buyer": data["buyer"]["name"],
                "country": data["buyer"]["country"],
                "amount": amount,
                "currency": data.get("currency", ""),
                "amount_usd": f"{Decimal(amount) * rate:.2f}" if amount else "",
                "hs_code": data.get("hs_code", ""),
                "credits": ";".join(f"{part['employee']}:{part['share']}" for part in credits),
                "state": state,
                "verifier": held["judged"]["data"]["by"] if "judged" in held else "",
            }
        )
    return rows


def test_the_auditors_file_is_what_the_events_say(working_on_each: Working) -> None:
    """Void, overtaken and early verdicts, shares, offsets and rates; in the order of the instants, whatever came first."""
    working_on_each.record(*reversed(GIVEN))
    rows = _file(working_on_each.emil, "/ledger")
    assert rows == _expected(working_on_each.events())
    assert [row["id"] for row in rows] == ["N-1", "D-1", "D-2", "D-3", "D-4", "C-1"]
    assert {row["id"]: row["state"] for row in rows} == {
        "N-1": "entered",
        "D-1": "confirmed",
        "D-2": "entered",
        "D-3": "rejected",
        "D-4": "denied",
        "C-1": "reversed",
    }


@pytest.mark.parametrize(
    "query",
    [
        "",
        "type=export_deal",
        "type=verified",
        "employee=E3",
        "employee=E404",
        "text=çELIK",
        "first=2026-04-05&last=2026-04-11",
        "id=D-1&source=/scenario",
        "text=%25",
    ],
)
def test_it_has_the_activities_that_the_search_shows(working: Working, query: str) -> None:
    """The page's own narrowing; verdicts are no activities."""
    working.record(*GIVEN)
    page = working.emil.get(f"/ledger?{query}").text
    shown = set(re.findall(r'href="/ledger/[0-9a-f]{32}">([DCN]-\d)<', page))
    assert {row["id"] for row in _file(working.emil, f"/ledger?{query}")} == shown


def test_heads_take_home_what_they_see_and_employees_their_own(working: Working) -> None:
    """Their unit and all below it; one's own without a reason, which is asked for of everything else."""
    working.record(*GIVEN)
    for person, node, ids in (
        (working.boram, "unit:VIE", ["N-1", "D-1", "D-3", "D-4", "C-1"]),
        (working.gaston, "unit:EUR", ["N-1", "D-1", "D-3", "D-4", "C-1"]),
        (working.hana, "unit:HQ", ["N-1", "D-1", "D-2", "D-3", "D-4", "C-1"]),
        (working.boram, "employee:E1", ["N-1", "D-1", "D-4"]),
        (working.dana, "unit:ASI", ["D-1", "D-2"]),
        (working.emil, "employee:E3", ["D-1", "D-2"]),
    ):
        rows = _file(person, f"/activities?node={node}")
        assert [row["id"] for row in rows] == ids, node
        page = person.get(f"/activities?node={node}").text
        assert page.count('data-label="State"') == len(rows)
        assert "Download" in page
    assert [row["id"] for row in _read(working.alba.post("/activities", {}))] == ["N-1", "D-1", "D-4"]
    assert [row["id"] for row in _read(working.alba.post("/activities?state=denied", {}))] == ["D-4"]
    refused = working.boram.post("/activities?node=unit:VIE", {})
    assert (refused.status_code, "This is empty: fill it in." in refused.text) == (422, True)
    assert working.emil.post("/ledger", {"reason": "x"}).status_code == 422


def test_nobody_takes_home_what_they_may_not_see(working: Working) -> None:
    """The auditor alone has the ledger; an executive reads and takes nothing home; another office is not there."""
    working.record(*GIVEN)
    form = {"reason": "curiosity"}
    for name in ("alba", "boram", "hana", "dana", "ferran", "iris"):
        assert getattr(working, name).post("/ledger", form).status_code == 404, name
    for name, node in (
        ("alba", "unit:VIE"),
        ("alba", "employee:E6"),
        ("boram", "unit:EUR"),
        ("boram", "unit:TYO"),
        ("boram", "employee:E3"),
        ("chae", "employee:E1"),
        ("ferran", "unit:VIE"),
        ("iris", "unit:VIE"),
        ("dana", "unit:NOWHERE"),
        ("emil", "nonsense"),
        ("emil", ""),
    ):
        assert getattr(working, name).post(f"/activities?node={node}", form).status_code == 404, (name, node)
    assert working.app.test_client().post("/ledger", data=form).status_code == 303
    assert "Download" not in working.ferran.get("/activities?node=unit:VIE").text
    assert [row.deed for row in working.trail() if row.deed == "export_activities"] == []


def test_it_is_written_down_before_it_leaves(working: Working) -> None:
    """In the log of readings and on the trail, with reason, narrowing and number; one's own on the trail alone. No pay."""
    working.record(*GIVEN)
    answer = working.emil.post("/ledger", {"reason": "an audit"}, buffered=False)
    assert working.trail()[0].why == "an audit"
    assert not {"pay", "monthly_base", "grade"} & set(HEADER)
    answer.close()
    working.alba.post("/activities", {})
    with working.database.read() as connection:
        readings = connection.execute(sa.select(reading_log.c.what, reading_log.c.reason, reading_log.c.rows)).all()
    assert readings == [("activities", "an audit", 6)]
    own, audit = [row for row in working.trail() if row.deed == "export_activities"]
    assert (own.who, own.subject, own.why) == ("account:alba@agency.example", "employee:E1", None)
    assert (audit.who, audit.subject, audit.after) == (
        "account:emil@agency.example",
        "ledger",
        '{"format": "csv", "rows": 6}',
    )


def test_texts_that_would_run_have_an_apostrophe_and_numbers_are_numbers(working: Working) -> None:
    """In both files (peers.md)."""
    event = {
        "specversion": "1.0",
        "type": "kopes.export_deal",
        "source": "=source",
        "id": "-1",
        "time": "2026-03-04T09:00:00Z",
        "data": {
            "employee": "E1",
            "company": {"name": "@SUM(A1)"},
            "buyer": {"name": '=HYPERLINK("http://x","y")', "country": "AT"},
            "amount": "125000.00",
            "currency": "EUR",
            "hs_code": "0101",
        },
    }
    working.record_events([event])
    (row,) = _file(working.emil, "/ledger")
    texts = ["'=source", "'-1", "'@SUM(A1)", '\'=HYPERLINK("http://x","y")']
    assert [row[name] for name in ("source", "id", "company", "buyer")] == texts
    answer = working.emil.post("/ledger", {"reason": "an audit", "format": "xlsx"})
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    header, first = book.get_sheet_by_index(0).to_python()
    cells = dict(zip(header, first, strict=True))
    assert [cells[name] for name in ("source", "id", "company", "buyer")] == texts
    assert (cells["amount"], cells["amount_usd"], cells["day"]) == (125000.0, 137500.0, dt.date(2026, 3, 4))
    assert (cells["hs_code"], cells["credits"]) == ("0101", "E1:1")
    assert book.get_sheet_by_name("count").to_python()[0] == ["rows", 1.0]


def test_a_file_is_one_state_and_leaves_nothing_open(working_on_each: Working) -> None:
    """What is recorded while it is sent is not in it; whoever leaves in between frees the connection."""
    working = working_on_each
    working.record(*(f"2026-05-04 deal M-{number} E1 1.00 USD" for number in range(2100)))
    emil = working.emil
    form = {"reason": "an audit"}
    assert emil.token
    held = working.database.reader.pool.checkedout()  # type: ignore[attr-defined]
    answer = emil.post("/ledger", form, buffered=False)
    pieces = iter(answer.response)
    first = next(pieces)
    assert first.endswith(b"verifier,door,sender,request,kpi,node\r\n")
    assert working.database.reader.pool.checkedout() == held + 1  # type: ignore[attr-defined]
    working.record("2026-01-01 deal EARLY E1 1.00 USD", "2026-12-01 deal LATE E1 1.00 USD", *GIVEN[:1])
    written = first + b"".join(pieces)
    answer.close()
    assert written.splitlines()[-1].startswith(b"# rows,2100,")
    assert b"EARLY" not in written
    left = emil.post("/ledger", form, buffered=False)
    next(iter(left.response))
    left.close()
    assert working.database.reader.pool.checkedout() == held  # type: ignore[attr-defined]
    assert len(_file(emil, "/ledger")) == 2103


def test_the_number_of_queries_follows_blocks_and_not_rows(
    working_on_each: Working, count_queries: CountQueries
) -> None:
    """Two for a block of 1,000, read as they are asked for."""
    working = working_on_each
    working.record(*(f"2026-05-04 deal M-{number} E{1 + number % 3} 1.00 USD" for number in range(2100)))
    with working.database.read() as connection:
        frame = scoring.state(connection).frame
        with count_queries() as sent:
            found = activities_found(connection, frame, only=EventFilter())
        assert (found.count, len(sent)) == (2100, 1)
        with count_queries() as sent:
            next(found.rows)
        assert len(sent) == 3
        with count_queries() as sent:
            assert len(list(found.rows)) == 2099
        assert len(sent) == 4


def test_a_workbook_that_cannot_hold_it_is_refused() -> None:
    """A sheet has 2^20 rows, a cell 32,767 characters; the library leaves out the rest without a word."""
    refuse_more_than_a_workbook_holds(2**20 - 1)
    with pytest.raises(Invalid):
        refuse_more_than_a_workbook_holds(2**20)

    def rows() -> Iterator[list[str]]:
        yield ["x" * 32_768]

    with pytest.raises(Invalid):
        write_xlsx(ExportSheet("a", ("text",), rows()), io.BytesIO(), made_at=NOW)
