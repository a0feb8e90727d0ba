"""Figures that are given, by every door, against what the contract says they come to (contract-desk, section 7).

The agency of ``tests.web.working`` with three KPIs more, each with a target of 10: ``survey`` counts from verified, ``audit`` from entered,
``panel`` from confirmed. A line's score is 20 + 80 × actual / 10.
"""

from __future__ import annotations

import csv
import itertools
import json
import random
from pathlib import Path
from typing import Any, Final

import pytest
import xlsxwriter

from app import scoring
from app.kit.database import Database
from tests.scenario import KPIS, Scenario, ingest, load
from tests.soaking import seeds
from tests.web import working as people_of
from tests.web.api import BATCH, Api, api, by_hand, fresh, verdict

__all__ = ["api"]

GIVEN: Final = {"survey": "verified", "audit": "entered", "panel": "confirmed"}


@pytest.fixture(scope="module")
def loaded_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the working agency with the three KPIs, and what history.csv has of two of them."""
    folder = tmp_path_factory.mktemp("figures")
    given: dict[str, tuple[dict[str, object], str]] = {
        code: ({"aggregate": "given"}, level) for code, level in GIVEN.items()
    }
    scenario = Scenario.read(people_of.__doc__ or "")
    scenario.kpis = {**given, "deals": KPIS["deals"]}
    scenario.write(folder)
    history = "node,kpi,year,actual\nunit:PAR,audit,2026,4\nunit:PAR,audit,2025,9\nunit:PAR,survey,2026,3\n"
    (folder / "agency" / "history.csv").write_text(history)
    return folder


def figure(node: str, kpi: str, value: str, *, by: str = "E7", time: str = "2026-03-31T09:00:00Z", **more: Any) -> Any:
    """What somebody reports of a KPI."""
    return {
        "specversion": "1.0",
        "type": "kopes.figure",
        "source": "/customs",
        "id": fresh("F"),
        "time": time,
        "data": {"employee": by, "node": node, "kpi": kpi, "cycle": "2026", "value": value, **more},
    }


def sent(api: Api, events: list[Any]) -> Any:
    """What the answer says of events that were sent."""
    return api.post(events).json


def actual(api: Api, node: str, kpi: str, **asked: str) -> tuple[str | None, float | None]:
    """Actual and score of a line, by HTTP."""
    query = "".join(f"&{name}={value}" for name, value in asked.items())
    card = api.get(f"/api/v1/scorecards/{node}?cycle=2026{query}").json
    assert card is not None
    (line,) = [line for line in card["lines"] if line["kpi"] == kpi]
    assert line["projected_actual"] == (line["actual"] if line["score"] is not None else None)
    return line["actual"], line["score"]


def test_the_latest_figure_that_counts_is_the_actual(api: Api) -> None:
    """Before history.csv, and whatever comes in between; a reversal and a rejection give the turn back."""
    assert actual(api, "unit:PAR", "audit") == ("4", 52)
    june = figure("unit:PAR", "audit", "7.50", time="2026-06-15T09:00:00+02:00")
    march = figure("unit:PAR", "audit", "5")
    assert sent(api, [june])["accepted"] == 1
    assert actual(api, "unit:PAR", "audit") == ("7.5", 80)
    # It came later and is of an earlier time.
    assert sent(api, [march])["accepted"] == 1
    assert actual(api, "unit:PAR", "audit") == ("7.5", 80)
    assert actual(api, "unit:PAR", "audit", as_of="2026-05-01") == ("5", 60)
    assert actual(api, "unit:PAR", "audit", as_of="2026-03-01") == ("4", 52)
    explained = api.get("/api/v1/explain/unit:PAR/audit?cycle=2026").json
    assert explained is not None
    assert [(one["source"], one["id"], one["adds"]) for one in explained["activities"]] == [
        (june["source"], june["id"], "7.5")
    ]
    assert "2026" in next(one["text"] for one in explained["steps"] if one["code"].startswith("reported"))
    assert sent(api, [verdict("reversed", june)])["accepted"] == 1
    assert actual(api, "unit:PAR", "audit") == ("5", 60)
    assert sent(api, [verdict("rejected", march, by="E5")])["accepted"] == 1
    assert actual(api, "unit:PAR", "audit") == ("4", 52)
    # The last figure of a year comes in the February after it, and those of another cycle are none of this one.
    late = figure("unit:PAR", "audit", "-2", time="2027-02-10T00:00:00+09:00")
    assert sent(api, [late, figure("unit:PAR", "audit", "9", cycle="2025")])["accepted"] == 2
    assert actual(api, "unit:PAR", "audit") == ("-2", 20)
    assert actual(api, "unit:PAR", "audit", as_of="2026-12-31") == ("4", 52)


def test_equal_times_go_by_source_and_id(api: Api) -> None:
    """By code point, whatever the offset that the instant is written with."""
    first = figure("unit:HQ", "audit", "1", time="2026-03-31T09:00:00Z") | {"id": "same-9"}
    second = figure("unit:HQ", "audit", "2", time="2026-03-31T18:00:00+09:00") | {"id": "same-10"}
    assert sent(api, [first, second])["accepted"] == 2
    assert actual(api, "unit:HQ", "audit") == ("1", 28)
    third = figure("unit:HQ", "audit", "3") | {"source": "/zoll", "id": "0"}
    assert sent(api, [third])["accepted"] == 1
    assert actual(api, "unit:HQ", "audit") == ("3", 44)


def test_it_counts_from_where_its_kpi_says(api: Api) -> None:
    """Neither its own employee nor the employee whom it counts for can verify it, and nobody can confirm it."""
    of_alba = figure("employee:E1", "survey", "6", by="E2")
    assert sent(api, [verdict("verified", of_alba, by="E4"), of_alba])["accepted"] == 2
    assert actual(api, "employee:E1", "survey") == ("6", 68)
    later = [figure("employee:E1", kpi, "8", by="E2", time="2026-04-30T09:00:00Z") for kpi in ("survey", "panel")]
    for event, kpi in zip(later, ("survey", "panel"), strict=True):
        said = [verdict("verified", event, by=one) for one in ("E1", "E2")]
        assert sent(api, [event, *said, verdict("confirmed", event), verdict("denied", event)])["accepted"] == 5
        assert actual(api, "employee:E1", kpi, basis="provisional") == ("8", 84)
    assert actual(api, "employee:E1", "survey") == ("6", 68)
    assert actual(api, "employee:E1", "panel") == (None, None)
    assert sent(api, [verdict("verified", later[1], by="E4")])["accepted"] == 1
    assert actual(api, "employee:E1", "panel") == (None, None)


def test_what_has_no_effect_and_what_is_refused(api: Api) -> None:
    """A KPI of activities, or none that there is: taken without effect. Values compare by value."""
    before = actual(api, "unit:TYO", "deals")
    aimless = [figure("unit:TYO", kpi, "5") for kpi in ("deals", "no_such_kpi", "지표")]
    assert sent(api, aimless)["accepted"] == 3
    assert actual(api, "unit:TYO", "deals") == before
    one = figure("unit:TYO", "audit", "12.5", note="preliminary")
    again = one | {"data": {**one["data"], "value": "012.50"}}
    other = one | {"data": {**one["data"], "value": "12.51"}}
    answer = sent(api, [one, again, other])
    assert (answer["accepted"], answer["duplicate"]) == (1, 1)
    assert [error["code"] for error in answer["rejected"][0]["errors"]] == ["conflict"]
    wrong = [
        figure("unit:TYO", "audit", "5", by="E99"),
        figure("unit:NOWHERE", "audit", "5"),
        figure("employee:E99", "audit", "5"),
        figure("unit:TYO", "audit", "+5"),
        figure("unit:TYO", "audit", "5", credits=[{"employee": "E7", "share": "1"}]),
    ]
    answer = sent(api, wrong)
    assert [error["pointer"] for one in answer["rejected"] for error in one["errors"]] == [
        "/data/employee",
        "/data/node",
        "/data/node",
        "/data/value",
        "/data/credits",
    ]


@pytest.mark.parametrize(
    ("name", "number", "nodes"),
    [
        ("alba", "E1", set()),
        ("boram", "E2", {"unit:VIE", "employee:E1", "employee:E6"}),
        ("gaston", "E4", {"unit:EUR", "unit:VIE", "employee:E1", "employee:E2", "employee:E6"}),
        (
            "wanda",
            "E7",
            {"unit:EUR", "unit:VIE", "unit:TYO", "employee:E1", "employee:E2", "employee:E3", "employee:E6"},
        ),
        ("dana", None, set()),
        ("emil", None, set()),
        ("ferran", None, set()),
    ],
)
def test_a_person_reports_of_whom_they_answer_for(api: Api, name: str, number: str | None, nodes: set[str]) -> None:
    """A head of units and people of the line, hr of all, nobody of oneself or in another's name; a key whatever it sends."""
    person = getattr(api.working, name).client
    everything = {"unit:EUR", "unit:VIE", "unit:TYO", *(f"employee:E{one}" for one in (1, 2, 3, 4, 6, 7))}
    everything -= {"employee:E4", "employee:E7"} - {f"employee:{number}"}
    for node in sorted(everything):
        event = by_hand(figure(node, "audit", "3", by=number or "E7"), number or "E7")
        answer = person.post("/api/v1/events", data=json.dumps([event]), content_type=BATCH)
        accepted = answer.status_code == 200 and answer.json["accepted"] == 1
        assert accepted is (node in nodes), (name, node, answer.json)
    other = by_hand(figure("unit:VIE", "audit", "3", by="E3"), number or "E7")
    answer = person.post("/api/v1/events", data=json.dumps([other]), content_type=BATCH)
    assert answer.status_code != 200 or answer.json["accepted"] == 0
    assert sent(api, [figure("employee:E1", "audit", "1", by="E1", time="2026-01-01T00:00:00Z")])["accepted"] == 1


def _written(kind: str, events: list[Any], folder: Path) -> Path:
    """The events as a file of a kind."""
    path = folder / f"figures.{kind}"
    if kind == "ndjson":
        path.write_text("".join(f"{json.dumps(event)}\n" for event in events))
        return path
    columns = ["type", "source", "id", "time", "employee", "node", "kpi", "cycle", "value", "note"]
    rows = [
        [one["type"].removeprefix("kopes."), one["source"], one["id"], one["time"], *map(one["data"].get, columns[4:])]
        for one in events
    ]
    if kind == "csv":
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([columns, *rows])
        return path
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, columns)
        for line, row in enumerate(rows, 1):
            # As a person types them: the cycle a number, the value too.
            sheet.write_row(line, 0, [*row[:7], int(row[7]), float(row[8]), *row[9:]])
    return path


@pytest.fixture(params=["ndjson", "csv", "xlsx"])
def kind(request: pytest.FixtureRequest) -> Any:
    """Of which kind a file is."""
    return request.param


def test_a_file_says_the_same_as_the_api(api: Api, kind: str, kopes: Any, tmp_path: Path) -> None:
    """The columns node, kpi, cycle, value and note; what the file says is a duplicate of what was sent."""
    events = [
        figure("unit:VIE", "audit", value, note="as told", time=f"2026-0{month}-01T09:00:00Z")
        for month, value in enumerate(("1.5", "-2.25", "3"), 1)
    ]
    assert sent(api, events[:1])["accepted"] == 1
    url = api.working.database.url
    out = kopes(
        "ingest", _written(kind, events, tmp_path), database=url, definitions=api.working.folder / "definitions"
    ).out
    assert "2" in out
    assert sent(api, events) == {"accepted": 0, "duplicate": 3, "rejected": []}


@pytest.mark.parametrize("seed", seeds(7))
def test_any_order_ends_in_one_digest(seed: int, api: Api, module_database: Any) -> None:
    """Shuffled, doubled, reversed and verified before they came: in a second database the same digest; actuals and scores as a second calculation's."""
    chance = random.Random(seed)
    nodes = ["unit:ASI", "unit:TYO", "employee:E3", "employee:E6"]
    figures = [
        figure(
            chance.choice(nodes),
            chance.choice(list(GIVEN)),
            str(chance.randrange(-50, 150) / 10),
            by=chance.choice(["E2", "E3", "E5"]),
            time=f"2026-0{chance.randrange(1, 7)}-1{chance.randrange(3)}T09:00:00Z",
        )
        for _ in range(40)
    ]
    said = [
        verdict(
            kind,
            chance.choice(figures),
            by=None if kind in {"confirmed", "denied"} else chance.choice(["E2", "E3", "E4", "E5"]),
        )
        for kind in chance.choices(["verified", "verified", "rejected", "confirmed", "reversed"], k=60)
    ]
    events = [*said[:30], *figures, *said[30:]]
    assert sent(api, events)["accepted"] == 100
    with api.working.database.read() as connection:
        digest = scoring.digest(connection)
        assert list(scoring.reconcile(connection)) == []
    second = Database(module_database(api.working.database.url.partition(":")[0].partition("+")[0]))
    load(second, api.working.folder)
    shuffled = api.working.events() * 2
    chance.shuffle(shuffled)
    for start in range(0, len(shuffled), 7):
        assert ingest(second, shuffled[start : start + 7]).rejected == []
    with second.read() as connection:
        assert scoring.digest(connection) == digest
        assert list(scoring.reconcile(connection)) == []
    for node, kpi in itertools.product(nodes, GIVEN):
        assert _rounded(actual(api, node, kpi)) == _expected(api.working.events(), node, kpi, GIVEN[kpi])
        provisional = _rounded(actual(api, node, kpi, basis="provisional"))
        assert provisional == _expected(api.working.events(), node, kpi, "entered")
    second.close()


def _rounded(line: tuple[str | None, float | None]) -> tuple[str | None, float | None]:
    return line[0], None if line[1] is None else round(line[1], 9)


def _expected(events: list[Any], node: str, kpi: str, level: str) -> tuple[str | None, float | None]:
    """Actual and score by the contract's rule once more, without the product's code: all of these times are in UTC."""
    found = []
    for event in events:
        data = event["data"]
        if event["type"] != "kopes.figure" or (data["node"], data["kpi"], data["cycle"]) != (node, kpi, "2026"):
            continue
        own = {data["employee"], node.removeprefix("employee:")}
        about = [one for one in events if one["data"].get("activity") == {"source": event["source"], "id": event["id"]}]
        opinions = [
            one for one in about if one["type"] in {"kopes.verified", "kopes.rejected"} and one["data"]["by"] not in own
        ]
        latest = max(opinions, key=lambda one: (one["time"], one["source"], one["id"]), default={"type": ""})["type"]
        reversed_ = any(one["type"] == "kopes.reversed" for one in about)
        stands = {"entered": latest != "kopes.rejected", "verified": latest == "kopes.verified", "confirmed": False}
        if stands[level] and not reversed_:
            found.append((event["time"], event["source"], event["id"], data["value"]))
    if not found:
        return None, None
    value = float(max(found)[3])
    return f"{value:g}", round(min(max(20 + 80 * value / 10, 20), 100), 9)
