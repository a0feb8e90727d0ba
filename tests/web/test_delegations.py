"""Whoever stands in for somebody does their work for some days, and both names stand in it (contract-desk, 1)."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any, Final
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.access import delegations, tables
from app.access.delegations import FUNCTIONS
from tests.web.working import NOW, Somebody, Working, key_of

TODAY: Final = NOW.date()
DEAL: Final = "2026-03-10 export_deal D-1 E1 Alpen/A1 Nordwind/AT/AT1 10000 USD"
WHY: Final = "On leave until Friday."
ORIGIN: Final = {"Origin": "http://localhost"}


def _delegates(person: Somebody, giver: str, taker: str, *functions: str, days: int = 0) -> int:
    """Let somebody stand in, from today on."""
    body = {"from": giver, "to": taker, "functions": functions, "from_day": TODAY.isoformat(), "reason": WHY}
    body["to_day"] = (TODAY + dt.timedelta(days=days)).isoformat()
    answer = person.client.post("/api/v1/delegations", json=body, headers=ORIGIN)
    assert answer.status_code == 201, answer.text
    return int(answer.json["id"]) if answer.json else 0


def _queue(person: Somebody) -> set[str]:
    page = person.get("/verification")
    return set(re.findall(r'name="activity" value="([0-9a-f]+)"', page.text)) if page.status_code == 200 else set()


def _judge(person: Somebody, key: str) -> int:
    form = {"form_id": str(uuid4()), "activity": key, "verdict": "verified"}
    return person.post("/verification", form).status_code


def _data(working: Working, id_: str) -> dict[str, Any]:
    return next(one["data"] for one in working.events() if one["id"] == id_)


def test_a_delegate_verifies_the_queue_of_whom_they_stand_in_for(working: Working) -> None:
    """As long as it holds, and no longer; both names stand in the event and on the page; the giver still verifies too."""
    working.record(DEAL, DEAL.replace("D-1", "D-2"))
    assert working.jiho.statuses("/verification") == [404]
    number = _delegates(working.boram, "E2", "E6", "verify")
    assert "You stand in for E2 today: verify entries" in working.jiho.get("/").text
    assert 'href="/verification"' in working.jiho.get("/").text
    keys = {key_of("D-1"), key_of("D-2")}
    assert _queue(working.jiho) == _queue(working.boram) == keys
    assert working.jiho.statuses(f"/activities/{key_of('D-1')}", "/office?unit=VIE") == [200, 404]
    assert _judge(working.jiho, key_of("D-1")) == 303
    verdict = working.events()[-1]
    assert (verdict["source"], verdict["data"]["by"], verdict["data"]["for"]) == ("/pages/E6", "E6", "E2")
    shown = re.sub(r"\s+", " ", working.boram.get(f"/activities/{key_of('D-1')}").text)
    assert "by E6, in the place of E2" in shown
    assert working.jiho.client.post(f"/api/v1/delegations/{number}/end", json={}, headers=ORIGIN).status_code == 200
    assert working.jiho.statuses("/verification", f"/activities/{key_of('D-2')}") == [404, 404]
    assert working.jiho.post("/verification", {"activity": key_of("D-2"), "verdict": "verified"}).status_code == 404


def test_nobody_has_by_standing_in_what_their_own_case_denies(working: Working) -> None:
    """Neither an entry that the delegate shares in, nor one that whom they stand in for shares in; those go where they always go."""
    shared = "E1:0.5 E2:0.5"
    working.record(DEAL, DEAL.replace("D-1 E1", "D-6 E6"), f"{DEAL.replace('D-1', 'D-2')} {shared}")
    _delegates(working.boram, "E2", "E6", "verify")
    assert _queue(working.jiho) == {key_of("D-1")}
    for other in ("D-2", "D-6"):
        assert _judge(working.jiho, key_of(other)) == 404
    assert key_of("D-2") in _queue(working.gaston)


def test_a_delegate_enters_in_the_place_of_another_and_does_not_verify_it(working: Working) -> None:
    """By the page: it is the other's activity, says who entered it, and tells the delegate nothing of the other's score."""
    _delegates(working.alba, "E1", "E6", "entry")
    _delegates(working.boram, "E2", "E6", "verify")
    form = {
        "form_id": working.jiho.form_id("/log"),
        "acts_for": "E1",
        "type": "new_buyer",
        "company": "Alpen",
        "buyer": "One",
        "buyer_country": "AT",
        "day": "2026-06-29",
    }
    saved = working.jiho.post("/log", form, follow_redirects=True)
    assert saved.status_code == 200
    assert "entered in the place of E1" in saved.text
    assert "Your year" not in saved.text
    data = working.events()[-1]["data"]
    assert (data["employee"], data["entered_by"]) == ("E1", "E6")
    assert working.events()[-1]["source"] == "/pages/E6"
    key = key_of(form["form_id"], "/pages/E6")
    shown = re.sub(r"\s+", " ", working.alba.get(f"/activities/{key}").text)
    assert "by E6, in the place of E1" in shown
    assert _queue(working.jiho) == set()
    assert _judge(working.jiho, key) == 404
    assert _queue(working.boram) == {key}
    for wrong in ("E3", "E2", "nobody"):
        again = form | {"form_id": working.jiho.form_id("/log"), "acts_for": wrong}
        assert working.jiho.post("/log", again).status_code == 422


@pytest.mark.parametrize("said", [{}, {"entered_by": "E3"}])
def test_over_the_api_who_entered_is_ours_to_say(working: Working, said: dict[str, str]) -> None:
    """Whatever was sent; without the delegation it is refused, and one's own entry names nobody else."""
    members = {"company": {"name": "Alpen"}, "buyer": {"name": "One", "country": "AT"}, **said}
    event = {"specversion": "1.0", "type": "kopes.new_buyer", "source": "/pages/E6", "time": "2026-06-29T10:00:00Z"}

    def send(id_: str, employee: str) -> Any:
        body = json.dumps(event | {"id": id_, "data": {"employee": employee, **members}})
        media = "application/cloudevents+json"
        return working.jiho.client.post("/api/v1/events", data=body, content_type=media, headers=ORIGIN).json

    assert send("N-0", "E1")["rejected"]
    _delegates(working.alba, "E1", "E6", "entry")
    assert send("N-1", "E1")["accepted"] == 1
    assert _data(working, "N-1")["entered_by"] == "E6"
    assert send("N-1", "E1")["duplicate"] == 1
    assert send("N-2", "E6")["accepted"] == 1
    assert "entered_by" not in _data(working, "N-2")


def test_nobody_of_hr_lets_themself_stand_in_for_another(working: Working, monkeypatch: pytest.MonkeyPatch) -> None:
    """They would verify as that head; another of HR enters it, and one's own is one's own to give. So many of one person may be open."""
    body = {"from": "E2", "to": "E7", "functions": ["verify"], "reason": WHY}
    days = {"from_day": TODAY.isoformat(), "to_day": TODAY.isoformat()}
    for wrong in ({"from_day": 0}, {"from_day": "0001-01-01"}, {"to_day": "9999-12-31"}):
        answer = working.dana.client.post("/api/v1/delegations", json=body | days | wrong, headers=ORIGIN)
        assert answer.status_code == 422, wrong
    refused = working.wanda.client.post("/api/v1/delegations", json=body | days, headers=ORIGIN)
    assert (refused.status_code, refused.json["code"] if refused.json else "") == (409, "own_case")
    assert _delegates(working.dana, "E2", "E7", "verify")
    monkeypatch.setattr(delegations, "OPEN_MOST", 1)
    again = working.dana.client.post("/api/v1/delegations", json=body | days, headers=ORIGIN)
    assert (again.status_code, "close one of them first" in again.text) == (422, True)
    assert _delegates(working.wanda, "E7", "E1", "sign")


def test_the_page_says_who_stands_in_for_whom(working: Working) -> None:
    """One's own; hr sees all and says it for anybody; nobody else says it for a third, and either ends it."""
    form = {"to": "E6", "functions": ["verify"], "from_day": "2026-06-30", "to_day": "2026-07-03", "reason": WHY}
    assert working.boram.post("/delegations", form).status_code == 303
    for person, sees in ((working.boram, True), (working.jiho, True), (working.wanda, True), (working.chae, False)):
        assert (WHY in person.get("/delegations").text) is sees
    assert working.chae.post("/delegations", form | {"from": "E1"}).status_code == 409
    for wrong, words in (
        ({"to": "E404"}, "There is no employee “E404”"),
        ({"to": "E2"}, "Nobody stands in for themself"),
        ({"functions": []}, "choose at least one"),
        ({"to_day": "2026-06-01"}, "before the first one"),
        ({"reason": "short"}, "at least 10"),
    ):
        answer = working.boram.post("/delegations", form | wrong)
        assert (answer.status_code, words in answer.text) == (422, True), wrong
    assert working.dana.post("/delegations", form | {"from": "E1", "to": "E3"}).status_code == 303
    assert working.chae.post("/delegations/1/end", {}).status_code == 404
    assert working.jiho.post("/delegations/1/end", {}).status_code == 303
    assert ">ended<" in working.boram.get("/delegations").text
    assert working.jiho.statuses("/verification") == [404]
    assert [row.deed for row in working.trail()][:1] == ["delegate"]


def test_a_delegation_that_is_sent_twice_is_one(working: Working) -> None:
    """Until it is ended: who sends the form again then means another."""
    form = {"to": "E6", "functions": ["verify"], "from_day": "2026-06-30", "to_day": "2026-07-03", "reason": WHY}
    form["form_id"] = working.boram.form_id("/delegations")

    def numbers() -> list[int]:
        return [one["id"] for one in (working.boram.client.get("/api/v1/delegations").json or {})["items"]]

    for _ in range(2):
        assert working.boram.post("/delegations", form).status_code == 303
    assert numbers() == [1]
    assert [row.deed for row in working.trail()].count("delegate") == 1
    working.boram.post("/delegations/1/end", {})
    assert working.boram.post("/delegations", form).status_code == 303
    assert numbers() == [2, 1]


def test_each_function_is_said_shown_and_ended(working: Working) -> None:
    """By the page and by the API; what no page asks for yet gives no right by itself, and two functions never more than their own."""
    working.record(DEAL)
    words = ["verify entries", "sign targets", "rate", "answer objections", "review", "enter activities"]
    form = {"to": "E6", "from_day": "2026-06-30", "to_day": "2026-07-03", "reason": WHY}
    page = working.boram.get("/delegations").text
    assert all(f'name="functions" value="{one}"' in page for one in FUNCTIONS)
    later = [one for one in FUNCTIONS if one not in {"verify", "entry"}]
    assert working.boram.post("/delegations", form | {"functions": later}).status_code == 303
    assert working.jiho.statuses("/verification") == [404]
    assert _delegates(working.dana, "E1", "E6", *FUNCTIONS) == 2
    one, two = (working.jiho.client.get("/api/v1/delegations").json or {})["items"]
    assert (one["functions"], two["functions"]) == ([*FUNCTIONS], later)
    assert (one["from"], one["to"], one["by"]) == ("E1", "E6", "dana@agency.example")
    shown = working.jiho.get("/delegations").text
    assert all(word in shown for word in words)
    for number in (1, 2):
        assert working.jiho.post(f"/delegations/{number}/end", {}).status_code == 303
    assert working.jiho.get("/delegations").text.count(">ended<") == 2
    assert working.boram.post("/delegations", form | {"functions": ["rule"]}).status_code == 422


def test_whoever_is_posted_as_head_has_the_head_s_role(working: Working) -> None:
    """Whatever their account says (contract-desk, 1); and the role without the posting gives nothing."""
    working.record(DEAL)
    with working.database.write("test") as connection:
        account = tables.account
        connection.execute(sa.update(account).where(account.c.employee == "E2").values(roles="employee"))
        connection.execute(sa.update(account).where(account.c.employee == "E6").values(roles="employee,head"))
    assert working.boram.statuses("/verification", "/office", "/scorecards/employee:E1") == [200, 200, 200]
    assert _queue(working.boram) == {key_of("D-1")}
    assert working.jiho.statuses("/verification", "/office", "/scorecards/employee:E1") == [404, 404, 404]
