"""Days are those of the root unit's time zone, on a running server and for commands (contract-desk, 1): around midnight, on both sides of the date line."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from tests.contract.desk import AGENCY, Desk, code
from tests.scenario import Scenario

NEW_YEAR = dt.date(2027, 1, 1)


@pytest.mark.parametrize("zone", ["Asia/Seoul", "Pacific/Honolulu"])
@pytest.mark.parametrize("begun", [False, True], ids=["before", "after"])
def test_a_new_year_begins_at_the_midnight_of_the_root_unit(zone, begun, new_database, kopes, serve, tmp_path):
    """Cycle, postings as head, service, delegations and their ends: all change together, and not at the midnight of UTC."""
    Scenario.read(AGENCY).write(tmp_path)
    folder, where = tmp_path / "agency", {"database": new_database("sqlite"), "definitions": tmp_path / "definitions"}
    for name, before, after in (
        ("units", "HQ,agency,,AT,Europe/Vienna", f"HQ,agency,,AT,{zone}"),
        (
            "employees",
            "E1@agency.example,G5,staff,3000000,2000-01-01,",
            "E1@agency.example,G5,staff,3000000,2000-01-01,2027-01-01",
        ),
        ("postings", "E1,VIE,staff,2000-01-01,", "E1,VIE,staff,2000-01-01,2027-01-01\nE8,VIE,head,2027-01-01,"),
    ):
        text = (folder / f"{name}.csv").read_text(encoding="utf-8")
        assert before in text
        (folder / f"{name}.csv").write_text(text.replace(before, after), encoding="utf-8")
    midnight = dt.datetime.combine(NEW_YEAR, dt.time(), ZoneInfo(zone))
    now = (midnight + (dt.timedelta(minutes=1) if begun else -dt.timedelta(minutes=20))).astimezone(dt.UTC)
    assert (now.date() == NEW_YEAR) is (zone == "Pacific/Honolulu"), "in UTC it is one day, before and after"
    later = {"KOPES_NOW": now.isoformat()}
    kopes("load", folder, **where, **later)
    desk = Desk(serve(where["database"], definitions=where["definitions"], **later), kopes, where | later)
    try:
        _both_sides(desk, begun=begun)
    finally:
        for client in desk.clients:
            client.close()


def _both_sides(desk, *, begun):
    today = NEW_YEAR if begun else NEW_YEAR - dt.timedelta(days=1)
    dana = desk.person("dana", "--role", "hr")
    assert dana.get("/api/v1/scorecards/unit:HQ").json()["cycle"] == str(today.year)
    assert desk.kopes("score", "--cycle", "2027", **desk.where, status=0 if begun else 1).err.count("names no") == (
        not begun
    )
    head = desk.person("e8", "--role", "employee", "--employee", "E8")
    assert head.get("/verification").status_code == (200 if begun else 404)
    leaver = desk.person("e1", "--role", "employee", "--employee", "E1")
    assert leaver.get("/log").status_code == (404 if begun else 200)
    maker = desk.person("e6", "--role", "hr", "--employee", "E6")
    checker = desk.person("e7", "--role", "executive", "--employee", "E7")
    days = {"from_day": NEW_YEAR.isoformat(), "to_day": "2027-01-31"}
    whole = {"from": "E6", "to": "E7", "functions": ["sign"], "reason": "Away in January."} | days
    assert maker.post("/api/v1/delegations", json=whole).status_code == 201
    made = desk.propose(maker, file="units.csv", to="feed").json()
    if begun:
        answer = checker.post(f"/api/v1/decisions/{made['id']}/approve", json={"digest": made["digest"]})
        assert code(answer) == (409, "acts_for_maker")
    else:
        assert desk.approve(checker, made).status_code == 200
    ended = checker.post("/api/v1/delegations/1/end", json={}).json()["ended_on"]
    assert ended == today.isoformat()
