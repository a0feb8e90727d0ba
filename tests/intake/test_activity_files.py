"""Files of events: counted, and what is refused written beside the file, to be mended and ingested again."""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from app import intake
from app.intake.activity_files import IngestReport
from app.ledger import Arrival, Recorded, Rejected
from app.plain.findings import Finding, Place
from app.rules.activity_rows import COLUMNS
from tests.conftest import NewDatabase
from tests.scenario import AT, Agency, Scenario, event_of, open_agency

TWO = "unit HQ agency\nemployee E1 HQ staff\nemployee E2 HQ staff\n"


@pytest.fixture
def agency(engine: str, new_database: NewDatabase, tmp_path: Path) -> Iterator[Agency]:
    """An agency of two employees."""
    opened = open_agency(new_database(engine), Scenario.read(TWO), tmp_path)
    yield opened
    opened.database.close()


def _ingest(agency: Agency, file: Path) -> tuple[IngestReport, list[Finding]]:
    complaints: list[Finding] = []

    def record(arrivals: list[Arrival]) -> Recorded:
        return agency.database.writing(
            "ingest",
            lambda connection: intake.take_in(connection, arrivals, at=AT, door="ingest", sender=file.name),
        )

    return intake.ingest_file(file, record=record, complain=complaints.append), complaints


def _counts(report: IngestReport) -> tuple[int, int, int]:
    return report.accepted, report.duplicate, report.rejected


def test_what_is_refused_is_mended_and_ingested_again(agency: Agency, tmp_path: Path) -> None:
    """A line each: the event as it came with ``errors``, which are ignored when it comes again (contract)."""
    good, bad = event_of("2026-03-04 deal D-1 E1 100 USD"), event_of("2026-03-04 deal D-2 E404 100 USD")
    bad["data"]["note"] = "Grüße"
    file = tmp_path / "march.ndjson"
    file.write_text(
        "\n".join([json.dumps(good), "", json.dumps(bad), "no json", "[1]", json.dumps(good)]), encoding="utf-8"
    )

    report, complaints = _ingest(agency, file)
    assert _counts(report) == (1, 1, 3)
    rejects = tmp_path / "march.ndjson.rejected.ndjson"
    assert report.rejects_file == rejects
    assert all(str(one.place.file).endswith("march.ndjson") for one in complaints)
    assert {one.place.line for one in complaints} == {3, 4, 5}
    refused, text, array = map(json.loads, rejects.read_text(encoding="utf-8").splitlines())
    assert {name: member for name, member in refused.items() if name != "errors"} == bad
    assert refused["errors"][0]["pointer"] == "/data/employee"
    assert text["line"] == "no json"
    assert json.loads(array["line"]) == [1]

    # Without mending: refused for the same reasons, in another file.
    again, _ = _ingest(agency, rejects)
    assert _counts(again) == (0, 0, 3)

    refused["data"]["employee"] = "E2"
    rejects.write_text(json.dumps(refused) + "\n", encoding="utf-8")
    mended, _ = _ingest(agency, rejects)
    assert _counts(mended) == (1, 0, 0)
    assert mended.rejects_file is None
    assert agency.actual("employee:E2", "deals_austria") == 1
    straight = event_of("2026-03-04 deal D-2 E2 100 USD")
    straight["data"]["note"] = "Grüße"
    assert agency.record_events([straight]).duplicate == 1


def test_what_somebody_mended_among_the_rejects_is_not_lost(agency: Agency, tmp_path: Path) -> None:
    """The first file again, in place of the mended one: its rejects are written anew, and the mended ones put aside. The same again leaves nothing."""
    file, rejects = tmp_path / "march.ndjson", tmp_path / "march.ndjson.rejected.ndjson"
    file.write_text(json.dumps(event_of("2026-03-04 deal D-1 E404 100 USD")), encoding="utf-8")
    for _ in range(2):
        report, _complaints = _ingest(agency, file)
        assert (report.rejects_file, report.kept_file) == (rejects, None)
    written = rejects.read_text(encoding="utf-8")
    for number in (1, 2):
        mended = written.replace("E404", f"E{number}")
        rejects.write_text(mended, encoding="utf-8")
        report, _complaints = _ingest(agency, file)
        kept = tmp_path / f"march.ndjson.rejected.{number}.ndjson"
        assert report.kept_file == kept
        assert kept.read_text(encoding="utf-8") == mended
        assert rejects.read_text(encoding="utf-8") == written
    # And it is a file of events like any.
    assert _counts(_ingest(agency, tmp_path / "march.ndjson.rejected.1.ndjson")[0]) == (1, 0, 0)


def test_a_line_that_names_a_member_twice_comes_back_as_it_came(agency: Agency, tmp_path: Path) -> None:
    """Whether it is ordinary otherwise or a line of rejects: nobody can tell which of both is meant, so neither is lost."""
    good = json.dumps(event_of("2026-03-04 deal D-1 E1 100 USD"))
    lines = [
        good.replace('"data": {', '"data": {"employee": "E2", '),
        good.replace("{", '{"errors": [], "id": "X", ', 1),
    ]
    file = tmp_path / "march.ndjson"
    file.write_text("\n".join([*lines, good]), encoding="utf-8")
    report, complaints = _ingest(agency, file)
    assert _counts(report) == (1, 0, 2)
    assert [(one.code, one.place.line) for one in complaints] == [("repeated_member", 1), ("repeated_member", 2)]
    assert report.rejects_file is not None
    written = [json.loads(line) for line in report.rejects_file.read_text(encoding="utf-8").splitlines()]
    assert [one["line"] for one in written] == lines
    assert agency.actual("employee:E2", "deals") == 0


def _refusing(number: int, meanwhile: Callable[[], object] = lambda: None) -> Callable[[list[Arrival]], Recorded]:
    """A ledger that refuses every event by a reason of its own, once something else has happened."""

    def record(arrivals: list[Arrival]) -> Recorded:
        meanwhile()
        finding = Finding(code=f"reason_{number}", message="no", place=Place(pointer=""))
        return Recorded(rejected=[Rejected(0, None, None, (finding,), arrivals[0].text)])

    return record


def _run(file: Path, number: int, meanwhile: Callable[[], object] = lambda: None) -> IngestReport:
    return intake.ingest_file(file, record=_refusing(number, meanwhile), complain=lambda _finding: None)


def test_a_file_is_ingested_within_the_time_that_another_run_takes_for_it(tmp_path: Path) -> None:
    """Each run writes its rejects for itself: the one that ends later finds its own, and puts the others' aside."""
    file, rejects = tmp_path / "march.ndjson", tmp_path / "march.ndjson.rejected.ndjson"
    file.write_text(json.dumps(event_of("2026-03-04 deal D-1 E404 100 USD")), encoding="utf-8")
    inner: list[IngestReport] = []
    outer = _run(file, 1, lambda: inner.append(_run(file, 2)))
    assert [one.rejects_file for one in (*inner, outer)] == [rejects, rejects]
    assert "reason_1" in rejects.read_text(encoding="utf-8")
    assert outer.kept_file is not None
    assert "reason_2" in outer.kept_file.read_text(encoding="utf-8")
    assert sorted(tmp_path.iterdir()) == sorted([file, rejects, outer.kept_file]), "nothing is left in between"
    assert {one.stat().st_mode & 0o777 for one in (rejects, outer.kept_file)} == {0o600}


def test_of_runs_that_end_at_once_no_rejects_are_lost(tmp_path: Path) -> None:
    """Eight runs of one file, each with other rejects: all of them are there, and so they are once a run has failed."""
    file, runs = tmp_path / "march.ndjson", 8
    file.write_text(json.dumps(event_of("2026-03-04 deal D-1 E404 100 USD")), encoding="utf-8")
    for round_ in range(5):
        start = threading.Barrier(runs, timeout=60)
        with ThreadPoolExecutor(runs) as pool:
            told = [pool.submit(_run, file, round_ * runs + number, start.wait) for number in range(runs)]
            assert all(one.result().rejected == 1 for one in told)
    with pytest.raises(ZeroDivisionError):
        _run(file, 99, lambda: 1 // 0)
    reasons = {
        json.loads(one.read_text(encoding="utf-8"))["errors"][0]["code"] for one in tmp_path.glob("*.rejected.*")
    }
    assert reasons == {f"reason_{number}" for number in range(5 * runs)}
    assert list(tmp_path.glob("*.part")) == []


def test_a_line_of_rejects_without_an_event_says_what_to_do(agency: Agency, tmp_path: Path) -> None:
    """Not what an event would have to have: there is none yet. It comes back as it was."""
    file = tmp_path / "march.ndjson"
    file.write_text("no json\n", encoding="utf-8")
    _ingest(agency, file)
    rejects = tmp_path / "march.ndjson.rejected.ndjson"
    report, (complaint,) = _ingest(agency, rejects)
    assert (complaint.code, complaint.place.line, complaint.place.field) == ("not_mended", 1, "/line")
    assert report.rejects_file is not None
    assert json.loads(report.rejects_file.read_text(encoding="utf-8"))["line"] == "no json"


ROWS: list[dict[str, Any]] = [
    {
        "type": "export_deal",
        "source": "/sheet",
        "id": "S-1",
        "time": "2026-03-04T09:00:00+01:00",
        "employee": "E1",
        "company_name": "Kim, Lee & Co",
        "buyer_name": "Müller",
        "buyer_country": "AT",
        "amount": "1000.10",
        "currency": "EUR",
        "hs_code": "8509",
        "credits": "E1:0.6;E2:0.4",
    },
    {
        "type": "kopes.verified",
        "source": "/sheet",
        "id": "S-2",
        "time": "2026-03-05T09:00:00+01:00",
        "activity_source": "/sheet",
        "activity_id": "S-1",
        "by": "E9",
        "reason": "seen",
    },
    {"type": "new_buyer", "source": "/sheet", "id": "S-3", "time": "yesterday", "employee": "E1"},
]


def _write_csv(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(ROWS)


def _write_xlsx(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COLUMNS)
        for at, row in enumerate(ROWS, 1):
            for column, name in enumerate(COLUMNS):
                value = row.get(name)
                if name == "amount" and value:
                    sheet.write_number(at, column, float(value))
                elif value:
                    sheet.write_string(at, column, value)


def test_rows_of_a_table_are_the_events_that_they_stand_for(agency: Agency, tmp_path: Path) -> None:
    """The same rows as CSV, as a workbook (amounts as numbers) and as JSON lines are the same events."""
    table, book, lines = (tmp_path / f"events{ending}" for ending in (".csv", ".xlsx", ".ndjson"))
    _write_csv(table)
    _write_xlsx(book)
    deal = {
        "specversion": "1.0",
        "type": "kopes.export_deal",
        "source": "/sheet",
        "id": "S-1",
        "time": "2026-03-04T09:00:00+01:00",
        "data": {
            "employee": "E1",
            "company": {"name": "Kim, Lee & Co"},
            "buyer": {"name": "Müller", "country": "AT"},
            "amount": "1000.1",
            "currency": "EUR",
            "hs_code": "8509",
            "credits": [{"employee": "E1", "share": "0.6"}, {"employee": "E2", "share": "0.4"}],
        },
    }
    lines.write_text(json.dumps(deal), encoding="utf-8")
    report, complaints = _ingest(agency, table)
    assert _counts(report) == (2, 0, 1)
    assert {one.place.line for one in complaints} == {4}
    assert agency.actual("unit:HQ", "deal_value") == Decimal("1100.11")
    assert _counts(_ingest(agency, book)[0]) == (0, 2, 1)
    assert _counts(_ingest(agency, lines)[0]) == (0, 1, 0)
    (kept,) = [json.loads(line) for line in intake.rejects_path(table).read_text(encoding="utf-8").splitlines()]
    assert kept["id"] == "S-3"
    assert kept["type"] == "kopes.new_buyer"
    assert {error["pointer"] for error in kept["errors"]} >= {"/time", "/data/company", "/data/buyer"}


def test_a_file_longer_than_a_batch_is_recorded_whole_and_in_any_piece_again(
    agency: Agency, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupted run is run again: nothing has to be remembered of how far it came."""
    monkeypatch.setattr("app.intake.activity_files.BATCH", 7)
    file = tmp_path / "many.ndjson"
    events = [event_of(f"2026-03-04 deal D-{number} E1 100 USD") for number in range(24)]
    texts = [json.dumps(event) for event in events]
    file.write_text("\n".join(texts[:10]), encoding="utf-8")
    assert _counts(_ingest(agency, file)[0]) == (10, 0, 0)
    file.write_text("\n".join(texts), encoding="utf-8")
    assert _counts(_ingest(agency, file)[0]) == (14, 10, 0)


def test_long_events_are_recorded_in_smaller_batches(agency: Agency, tmp_path: Path) -> None:
    """What a batch and its rejects hold in memory is bounded, however long each line is; nothing of the file is left out."""
    file = tmp_path / "long.ndjson"
    long = [event_of(f"2026-03-04 deal D-{number} E1 100 USD") | {"note": "x" * 3_000_000} for number in range(20)]
    file.write_text("".join(json.dumps(event) + "\n" for event in long), encoding="utf-8")
    letters: list[int] = []

    def record(arrivals: list[Arrival]) -> Recorded:
        letters.append(sum(len(arrival.text) for arrival in arrivals))
        return agency.database.writing(
            "ingest",
            lambda connection: intake.take_in(connection, arrivals, at=AT, door="ingest", sender=file.name),
        )

    report = intake.ingest_file(file, record=record, complain=lambda _finding: None)
    assert _counts(report) == (0, 0, 20)
    assert max(letters) < 20_000_000


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_a_file_without_events_is_no_finding(agency: Agency, tmp_path: Path, content: bytes) -> None:
    """Nothing accepted, nothing refused, and no file beside it."""
    file = tmp_path / "none.ndjson"
    file.write_bytes(content)
    report, complaints = _ingest(agency, file)
    assert (_counts(report), complaints) == ((0, 0, 0), [])
    assert not intake.rejects_path(file).exists()


@pytest.mark.parametrize("name", ["book.xlsx", "notes.txt"])
def test_what_is_no_table_is_refused_as_a_whole(agency: Agency, tmp_path: Path, name: str) -> None:
    """A workbook that is none, a file of an unknown kind: nothing is recorded or kept, and it is said why."""
    file = tmp_path / name
    file.write_bytes(b"PK\x03\x04 not a workbook")
    report, complaints = _ingest(agency, file)
    assert (_counts(report), report.stopped) == ((0, 0, 0), True)
    assert complaints
    assert not intake.rejects_path(file).exists()


def test_a_line_means_the_same_by_whichever_lane_it_is_read(agency: Agency, tmp_path: Path) -> None:
    """Nearly every line is read by a compiled decoder; what is recorded so is a duplicate of what the long way reads, not a conflict."""
    events = [
        event_of("2026-03-04 deal D-1 E1 100.50 USD"),
        event_of("2026-03-05 consult C-1 E2"),
        event_of("2026-03-06 deal D-2 E1 70 USD E1:0.5 E2:0.5"),
    ]
    events[0]["data"]["buyer"]["name"] = "Müller 무역"
    file = tmp_path / "march.ndjson"
    file.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in events), encoding="utf-8")
    assert _counts(_ingest(agency, file)[0]) == (3, 0, 0)

    long_way = agency.database.writing(
        "ingest",
        lambda connection: intake.take_in(
            connection, [intake.arrival_of(one) for one in events], at=AT, door="api", sender="test"
        ),
    )
    assert (long_way.duplicate, long_way.rejected) == (3, [])

    events[0]["data"]["amount"] = "100.51"
    file.write_text(json.dumps(events[0], ensure_ascii=False) + "\n", encoding="utf-8")
    report, _ = _ingest(agency, file)
    assert _counts(report) == (0, 0, 1)
    assert report.rejects_file is not None
    kept = json.loads(report.rejects_file.read_text(encoding="utf-8"))
    assert [one["code"] for one in kept.pop("errors")] == ["conflict"]
    assert kept == events[0]


def test_a_number_that_no_computer_keeps_rejects_its_line_alone(agency: Agency, tmp_path: Path) -> None:
    """By an attribute that nobody reads as well; the lines before and after it are recorded.

    unit HQ agency
    employee E1 HQ staff
    """
    lines = [json.dumps(event_of(f"2026-03-0{day} deal D-{day} E1 100 USD")) for day in (4, 5, 6, 7)]
    lines[1] = lines[1].replace('"data":', '"ext": 1e999999999999999999999, "data":')
    lines[2] = lines[2].replace('"data": {', '"data": {"note": -1e999999999999999999999, ')
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert [line.count("1e999") for line in lines] == [0, 1, 1, 0]
    report, _ = _ingest(agency, file)
    assert (report.accepted, report.rejected) == (2, 2)
    kept = tmp_path / "events.ndjson.rejected.ndjson"
    assert [json.loads(line)["line"] for line in kept.read_text("utf-8").splitlines()] == lines[1:3]
