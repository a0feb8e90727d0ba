"""Whoever has left the agency's service: their own scorecard, grade and pay of the cycles served in, and nothing else (contract-cycle, 1)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import sqlalchemy as sa

from app.access import tables as access_tables
from app.organisation import tables
from app.rules.permissions import PUBLIC_DEEDS, SIGNED_IN_DEEDS, Deed
from app.rules.terms import Role
from app.web import site_of
from tests.web.working import NOW, Somebody, Working

LEFT = NOW.date() - dt.timedelta(days=1)
OWN = {Deed.SEE_SCORECARD, Deed.SEE_DERIVATION, Deed.SEE_GRADE, Deed.FOLLOW_LIVE}


def _serves(working: Working, number: str, *, begins: dt.date | None = None, ends: dt.date | None = None) -> None:
    """Have a load say when somebody's service begins and ends; their posting with it."""

    def changed(text: str) -> str:
        lines = text.splitlines()
        columns = lines[0].split(",")
        for index, line in enumerate(lines[1:], 1):
            cells = line.split(",")
            if number not in cells[0]:
                continue
            for name, value in (("hired_on", begins), ("from", begins), ("left_on", ends), ("to", ends)):
                if name in columns and value is not None:
                    cells[columns.index(name)] = value.isoformat()
            lines[index] = ",".join(cells)
        return "\n".join(lines) + "\n"

    working.load(changed, "postings")
    working.load(changed, "employees")


def _everything(working: Working) -> None:
    with working.database.write("test") as connection:
        roles = ",".join(sorted(Role))
        connection.execute(
            sa.update(access_tables.account).where(access_tables.account.c.employee == "E2").values(roles=roles)
        )


def _addresses(working: Working) -> list[tuple[str, Any]]:
    return [
        (
            re.sub(r"<(?:(\w+)(?:\(.*?\))?:)?\w+>", lambda part: "unit:VIE" if part[1] == "node" else "1", rule.rule),
            site_of(working.app).routes[rule.endpoint],
        )
        for rule in working.app.url_map.iter_rules()
    ]


def test_no_role_of_a_leaver_opens_anything_from_the_day_after_the_last(working_on_each: Working) -> None:
    """Of head, hr, executive, auditor and admin together: at every address, in a session that was open before."""
    working = working_on_each
    _everything(working)
    assert working.boram.statuses("/ledger", "/grades", "/accounts", "/verification", "/office") == [200] * 5
    _serves(working, "E2", ends=LEFT)
    opened = []
    for address, route in _addresses(working):
        if route.deed in PUBLIC_DEEDS | SIGNED_IN_DEEDS | OWN:
            continue
        if route.acts and "POST" not in route.methods:
            answer = working.boram.client.open(address, method=route.methods[0], headers={"Origin": "http://localhost"})
        else:
            answer = working.boram.post(address, {}) if route.acts else working.boram.get(address)
        if answer.status_code != 404:
            opened.append((address, answer.status_code))
    assert opened == []
    assert (
        working.boram.statuses("/scorecards/unit:VIE", "/scorecards/employee:E1", "/grades", "/grades/employee:E1")
        == [404] * 4
    )


def test_a_leaver_sees_the_own_scorecard_grade_and_pay_of_the_cycles_served_in(working: Working) -> None:
    """Led there from the first page; no button leads to what is over."""
    _serves(working, "E1", ends=LEFT)
    assert 'href="/scorecard"' in working.alba.get("/").text
    page = working.alba.get("/scorecard")
    assert page.status_code == 200
    assert 'href="/activities' not in page.text
    assert 'href="/log"' not in page.text
    assert working.alba.statuses("/grades/employee:E1", "/scorecards/employee:E1?cycle=2026") == [200, 200]
    assert working.alba.statuses("/scorecards/employee:E1?cycle=2027", "/scorecards/employee:E1?cycle=2025") == [
        404,
        404,
    ]
    links = set(re.findall(r'href="(/[^"#]*)"', page.text)) - {"/logout"}
    assert {
        link: working.alba.get(link).status_code for link in links if not link.startswith("/static")
    } == dict.fromkeys((link for link in links if not link.startswith("/static")), 200)


def test_a_leaver_records_nothing_by_page_api_or_replay(working: Working) -> None:
    """Of what was refused while in service nothing can be sent again in their name."""
    event = {
        "specversion": "1.0",
        "type": "kopes.new_buyer",
        "source": "/pages/E1",
        "id": "N-1",
        "time": "2026-06-01T09:00:00+02:00",
        "data": {"employee": "E1", "company": {"name": "Hanbit"}, "buyer": {"name": "", "country": "AT"}},
    }
    answer = working.alba.client.post("/api/v1/events", json=event, content_type="application/cloudevents+json")
    assert len(answer.json["rejected"]) == 1
    form_id = working.alba.form_id("/log/new_buyer") if working.alba.get("/log/new_buyer").status_code == 200 else "x"
    _serves(working, "E1", ends=LEFT)
    before = working.events()
    assert (
        working.alba.client.post("/api/v1/events", json=event, content_type="application/cloudevents+json").status_code
        == 404
    )
    assert working.alba.post("/log/new_buyer", {"form_id": form_id, "company_name": "Hanbit"}).status_code == 404
    event["data"]["buyer"]["name"] = "Nordwind"
    (kept,) = working.iris.get("/api/v1/events/rejected").json["items"]
    replayed = working.iris.client.post(
        f"/api/v1/events/rejected/{kept['id']}/replay", json=event, content_type="application/cloudevents+json"
    )
    assert replayed.status_code in {200, 409}
    assert (replayed.json or {}).get("accepted", 0) == 0
    assert working.events() == before


def test_sessions_end_with_the_service_and_those_begun_after_it_open_what_is_own_alone(working: Working) -> None:
    """One of the last day's last minutes too; one of the first day without service goes on into the next as what it was."""
    _serves(working, "E2", ends=NOW.date() + dt.timedelta(days=1))
    working.clock_moves(hours=9, minutes=50)  # ten minutes before midnight in Vienna
    assert working.boram.statuses("/verification", "/scorecard") == [200, 200]
    working.clock_moves(minutes=15)
    ended = working.boram.get("/scorecard")
    assert (ended.status_code, ended.headers["Location"].partition("?")[0]) == (303, "/login")

    working.clock_moves(hours=23, minutes=40)
    again = Somebody(working.app, "boram")
    for minutes in (0, 20):
        working.clock_moves(minutes=minutes)
        assert again.statuses("/scorecard", "/verification", "/scorecards/unit:VIE") == [200, 404, 404]


def test_whoever_begins_later_can_do_nothing_yet(working: Working) -> None:
    """An account may be made before the first day; it opens on it."""
    _serves(working, "E1", begins=NOW.date() + dt.timedelta(days=1))
    assert re.search(r"Your pages open on <time[^>]*>1 Jul 2026<", working.alba.get("/").text)
    assert working.alba.statuses("/scorecard", "/log", "/activities", "/password") == [404, 404, 404, 200]


def test_an_employee_whom_no_folder_names_has_no_authority(working: Working) -> None:
    with working.database.write("test") as connection:
        connection.execute(sa.delete(tables.posting).where(tables.posting.c.employee == "E1"))
        connection.execute(sa.delete(tables.employee).where(tables.employee.c.number == "E1"))
    assert working.alba.statuses("/scorecard", "/activities", "/password") == [404, 404, 200]


@pytest.mark.parametrize("name", ["alba", "boram", "wanda"])
def test_the_last_day_of_service_is_as_any(working: Working, name: str) -> None:
    number = {"alba": "E1", "boram": "E2", "wanda": "E7"}[name]
    _serves(working, number, ends=NOW.date() + dt.timedelta(days=1))
    assert getattr(working, name).statuses("/activities") == [200]


def test_nobody_credits_a_share_to_who_was_not_in_service(working: Working) -> None:
    """The form refuses it; so does the API, since a share of a day after the last would still move the leaver's score and pay."""
    _serves(working, "E6", ends=LEFT)
    credits = [{"employee": number, "share": "0.5"} for number in ("E1", "E6")]
    answers = []
    for day in (LEFT - dt.timedelta(days=1), LEFT):
        data = {"employee": "E1", "company": {"name": "Fox"}, "buyer": {"name": "Nordwind", "country": "AT"}}
        event = {"specversion": "1.0", "type": "kopes.export_consult", "source": "/pages/E1", "id": f"X-{day}"}
        event |= {"time": f"{day}T09:00:00Z", "data": data | {"credits": credits}}
        kind = {"Content-Type": "application/cloudevents+json"}
        answers.append(working.alba.client.post("/api/v1/events", json=event, headers=kind).json)
    assert [answer["accepted"] for answer in answers] == [1, 0]
    assert [one["pointer"] for one in answers[1]["rejected"][0]["errors"]] == ["/data/credits"]
