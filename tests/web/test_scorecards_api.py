"""``GET /api/v1/scorecards`` and ``/api/v1/explain``: what is shown, to whom, and what is refused by name."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from app import access
from app.access import tables as access_tables
from app.rules.permissions import Scope
from tests.web.api import api, deal, verdict
from tests.web.working import NOW

__all__ = ["api"]


@pytest.fixture
def deals(api):
    """Three deals of Alba's, two of them verified."""
    held = [deal(amount=amount) for amount in ("100.00", "250.50", "1000.00")]
    api.post([*held, *(verdict("verified", one, by="E2") for one in held[:2])])
    return held


def _line(card, kpi):
    return next(line for line in card["lines"] if line["kpi"] == kpi)


def test_a_scorecard_is_what_the_contract_writes(api, deals):
    card = api.get("/api/v1/scorecards/unit:VIE?cycle=2026").json
    assert (card["node"], card["cycle"], card["as_of"], card["basis"]) == ("unit:VIE", "2026", None, "final")
    assert card.keys() == {
        *("node", "cycle", "as_of", "basis", "own_score", "unit_score", "final_score", "projected_score", "lines"),
        "areas",
    }
    assert card["final_score"] == card["own_score"]
    assert isinstance(_line(card, "deal_value")["actual"], str)
    provisional = api.get("/api/v1/scorecards/unit:VIE?cycle=2026&basis=provisional").json
    assert int(_line(provisional, "deals")["actual"]) > int(_line(card, "deals")["actual"])
    early = api.get("/api/v1/scorecards/unit:VIE?cycle=2026&as_of=2026-03-03").json
    assert (early["as_of"], _line(early, "deals")["actual"]) == ("2026-03-03", "0")


def test_all_scorecards_are_read_in_pages_units_first(api, deals):
    address, nodes = "/api/v1/scorecards?cycle=2026&limit=4", []
    while address:
        answer = api.get(address)
        assert 1 <= len(answer.json["items"]) <= 4
        nodes += [card["node"] for card in answer.json["items"]]
        address = answer.json["next"]
        assert (f'<{address}>; rel="next"' if address else None) == answer.headers.get("Link")
    assert nodes == [
        *(f"unit:{code}" for code in ("ASI", "EUR", "HQ", "PAR", "TYO", "VIE")),
        *(f"employee:{number}" for number in ("E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "E9")),
    ]
    assert api.get("/api/v1/scorecards?cycle=2026").json["items"][0] == api.get("/api/v1/scorecards/unit:ASI").json


@pytest.mark.parametrize(
    ("address", "pointer"),
    [
        ("/api/v1/scorecards?cycle=26", "/cycle"),
        ("/api/v1/scorecards?cycle=9999", "/cycle"),
        ("/api/v1/scorecards/unit:VIE?cycle=2026%20", "/cycle"),
        ("/api/v1/scorecards/unit:VIE?as_of=2026-02-30", "/as_of"),
        ("/api/v1/scorecards/unit:VIE?as_of=20260230", "/as_of"),
        ("/api/v1/scorecards/unit:VIE?basis=best", "/basis"),
        ("/api/v1/scorecards?limit=1001", "/limit"),
        ("/api/v1/scorecards?after=VIE", "/after"),
        ("/api/v1/explain/unit:VIE/deals?basis=best", "/basis"),
        ("/api/v1/live?node=VIE", "/node"),
        ("/api/v1/live", "/node"),
    ],
)
def test_a_wrong_parameter_is_named(api, address, pointer):
    answer = api.get(address)
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("name", "node", "status"),
    [
        ("alba", "employee:E1", 200),
        ("alba", "unit:VIE", 200),
        ("alba", "unit:HQ", 200),
        ("alba", "employee:E6", 404),
        ("alba", "unit:TYO", 404),
        ("boram", "employee:E1", 200),
        ("boram", "employee:E3", 404),
        ("ferran", "employee:E3", 200),
        ("dana", "employee:E3", 200),
        ("emil", "unit:TYO", 200),
        ("iris", "unit:HQ", 404),
        ("emil", "unit:NOWHERE", 404),
        ("emil", "VIE", 404),
    ],
)
def test_people_see_the_scorecards_that_their_pages_show(api, name, node, status):
    person = getattr(api.working, name)
    answer = person.get(f"/api/v1/scorecards/{node}?cycle=2026")
    assert answer.status_code == status
    listed = person.get("/api/v1/scorecards?cycle=2026&limit=1000")
    if name == "iris":
        assert listed.status_code == 404
    else:
        assert (node in [card["node"] for card in listed.json["items"]]) == (status == 200)


def test_an_ingest_key_reads_no_scores(api):
    for address in ("scorecards", "scorecards/unit:VIE", "explain/unit:VIE/deals", "live?node=unit:VIE"):
        assert api.get(f"/api/v1/{address}", key=api.ingest).status_code == 403


def test_a_score_is_explained_down_to_the_activities_that_count(api, deals):
    told = api.get("/api/v1/explain/employee:E1/deal_value?cycle=2026").json
    card = api.get("/api/v1/scorecards/employee:E1?cycle=2026").json
    line = _line(card, "deal_value")
    assert (told["node"], told["kpi"], told["cycle"], told["basis"]) == ("employee:E1", "deal_value", "2026", "final")
    assert told["steps"]
    assert told["next"] is None
    assert sum(float(one["adds"]) for one in told["activities"]) == pytest.approx(float(line["actual"]))
    assert {(one["source"], one["id"]) for one in told["activities"]} >= {
        (one["source"], one["id"]) for one in deals[:2]
    }
    assert deals[2]["id"] not in [one["id"] for one in told["activities"]], "not verified, so it does not count"


def test_more_than_a_thousand_activities_are_read_in_pages(api):
    api.post([deal("E6") for _ in range(1005)])
    address, found = "/api/v1/explain/employee:E6/deal_mean?cycle=2026", []
    while address:
        answer = api.get(address)
        found.append(answer.json["activities"])
        address = answer.json["next"]
        assert (f'<{address}>; rel="next"' if address else None) == answer.headers.get("Link")
    assert len(found[0]) == 1000
    ids = [one["id"] for page in found for one in page]
    assert len(ids) == len(set(ids)) >= 1005


@pytest.mark.parametrize(
    ("name", "node", "status"),
    [
        ("alba", "employee:E1", 200),
        ("alba", "unit:VIE", 404),
        ("boram", "unit:VIE", 200),
        ("boram", "unit:EUR", 404),
        ("emil", "unit:HQ", 200),
        ("iris", "unit:HQ", 404),
    ],
)
def test_derivations_are_for_those_who_may_see_what_is_below(api, name, node, status):
    """An employee sees the score of the office above, and not how it comes about (contract, "Who may what")."""
    assert getattr(api.working, name).get(f"/api/v1/explain/{node}/deals?cycle=2026").status_code == status


def test_a_line_that_is_not_there_is_not_found(api):
    for address in (
        "unit:VIE/nothing?",
        "unit:NOWHERE/deals?",
        "employee:E99/deals?",
        "VIE/deals?",
        "unit:VIE/deals?after=x&",
    ):
        assert api.get(f"/api/v1/explain/{address}cycle=2026").status_code == 404


def test_a_scorecard_takes_as_many_queries_whatever_the_history(api, count_queries):
    address = "/api/v1/scorecards/unit:HQ?cycle=2026"
    api.get(address)
    with count_queries() as before:
        api.get(address)
    api.post([deal("E3") for _ in range(200)])
    with count_queries() as after:
        api.get(address)
    assert len(after) == len(before) <= 8


def test_reading_many_peoples_scores_is_on_the_log_as_a_download_is(api, deals):
    """By key or in a session, a row a page of the list, committed before it leaves; one's own and units' are nobody else's."""

    def read(who, address):
        before = _readings(api)
        answer = api.get(address) if who is None else who.get(address)
        assert answer.status_code == 200
        return _readings(api)[len(before) :]

    cards = api.get("/api/v1/scorecards?cycle=2026&limit=1000").json["items"]
    people = sum(card["node"].startswith("employee:") for card in cards)
    assert people > 5
    (row,) = read(None, "/api/v1/scorecards?cycle=2026&limit=1000")
    assert (row.who, row.what, row.rows, row.reason) == ("key:board", "scorecards", people, None)
    (row,) = read(api.working.dana, "/api/v1/scorecards?limit=8&basis=provisional")
    assert (row.who, row.rows) == ("account:dana@agency.example", 2)
    assert json.loads(row.asked) == {"basis": "provisional", "cycle": 2026, "limit": 8}
    assert read(api.working.boram, "/api/v1/scorecards")[0].rows == 2
    trail = api.working.trail()[0]
    assert (trail.who, trail.deed, trail.subject) == ("account:boram@agency.example", "see_scorecard", "scorecards")
    assert read(api.working.alba, "/api/v1/scorecards") == []
    assert read(api.working.dana, "/api/v1/scorecards?limit=6") == []
    assert "see a scorecard" in api.working.emil.get("/trail").text


def _kept(api):
    log, trail = access_tables.reading_log, access_tables.trail
    with api.working.database.read() as connection:
        readings = connection.execute(sa.select(log).order_by(log.c.id)).all()
        return readings, connection.execute(sa.select(trail).order_by(trail.c.id)).all()


def test_reading_one_person_after_another_is_on_the_log_person_by_person_once_a_day(api, deals):
    """Thirteen hundred scores read one by one are as many as those of a list (issue 11, section 2); read again, they write nothing more."""
    others = ["E2", "E4", "E8"]
    with api.working.database.write("a key") as connection:
        key = access.create_key(connection, name="one-by-one", scope=Scope.READ, now=NOW)

    def read(who, address):
        readings, trail = map(len, _kept(api))
        answer = api.get(address, key=key) if who is None else who.get(address)
        assert answer.status_code == 200
        return tuple(rows[count:] for rows, count in zip(_kept(api), (readings, trail), strict=True))

    for number in others:
        (row,), (told,) = read(None, f"/api/v1/scorecards/employee:{number}?cycle=2026&basis=provisional")
        assert (row.who, row.what, row.subject, row.rows) == (
            "key:one-by-one",
            "scorecard",
            f"employee:{number} cycle=2026",
            1,
        )
        assert json.loads(row.asked) == {"basis": "provisional", "cycle": 2026}
        assert (told.who, told.deed, told.subject) == ("key:one-by-one", "see_scorecard", f"employee:{number}")
    (row,), (told,) = read(None, "/api/v1/explain/employee:E2/deals?cycle=2026")
    assert (row.what, row.subject, row.rows, json.loads(row.asked)["kpi"]) == (
        "explain",
        "employee:E2 cycle=2026 kpi=deals",
        1,
        "deals",
    )
    assert (told.deed, told.subject) == ("see_derivation", "employee:E2")
    (row,), (told,) = read(None, "/api/v1/explain/unit:VIE/deals?cycle=2026")
    assert (row.subject, row.rows) == ("unit:VIE cycle=2026 kpi=deals", 1), "Alba's deals stand there"
    (row,), _ = read(None, "/api/v1/explain/employee:E2/deal_value?cycle=2026")
    assert row.subject == "employee:E2 cycle=2026 kpi=deal_value", "another KPI names other activities"
    for again in (
        "scorecards/employee:E2?cycle=2026",
        "explain/employee:E2/deals?basis=provisional",
        "explain/unit:VIE/deals",
    ):
        assert read(None, f"/api/v1/{again}") == ([], []), "it stands there already"
    (row,), _ = read(api.working.dana, "/api/v1/scorecards/employee:E2?cycle=2026")
    assert row.who == "account:dana@agency.example", "another reader"
    for own in ("scorecards/employee:E1", "explain/employee:E1/deals", "scorecards/unit:VIE"):
        assert read(api.working.alba, f"/api/v1/{own}") == ([], [])
    assert read(None, "/api/v1/scorecards/unit:VIE") == ([], []), "no person is named there"
    page = api.working.emil.get("/trail?deed=see_derivation").text
    assert "see how a score is worked out" in page


def _readings(api):
    log = access_tables.reading_log
    with api.working.database.read() as connection:
        return connection.execute(sa.select(log).order_by(log.c.id)).all()
