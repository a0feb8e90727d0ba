"""Decisions on a running server: two people, one digest, no gaps; and who moves which file (contract-desk, 1 to 3)."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Event
from typing import Any

import sqlalchemy as sa

from app import access, intake
from app.kit import clock
from app.kit.database import Database
from app.organisation import day_in
from tests.contract.desk import WHY, code


def test_one_proposes_and_another_agrees_to_the_same_digest(desk):
    """The digest is what RFC 8785 makes of it; whoever agrees twice hears the same, and a third is too late."""
    dana, ferran = desk.person("dana"), desk.person("ferran")
    made = desk.propose(dana, file="units.csv", to="application")
    assert made.status_code == 201, made.text
    one = made.json()
    assert made.headers["Location"] == f"/api/v1/decisions/{one['id']}"
    assert (one["id"], one["state"], one["checker"], one["may_approve"]) == (1, "proposed", None, ["executive"])
    assert one["maker"].items() >= {"person": "dana@agency.example", "account": "dana@agency.example"}.items()
    signed = {
        "kind": "master",
        "cycle": None,
        "round": None,
        "content": {"file": "units.csv", "to": "application"},
        "effects": None,
    }
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"))
    assert one["digest"] == hashlib.sha256(text.encode()).hexdigest()
    assert one["effects"]["digest"] == hashlib.sha256(b"[]").hexdigest()
    assert ferran.get(one["effects"]["items"]).json()["items"] == []

    approve = f"{made.headers['Location']}/approve"
    assert code(dana.post(approve, json={"digest": one["digest"]})) == (409, "same_person")
    assert code(ferran.post(approve, json={"digest": "0" * 64})) == (409, "digest")
    assert code(ferran.post(approve, json={})) == (422, "invalid")
    done = ferran.post(approve, json={"digest": one["digest"]})
    assert (done.status_code, done.json()["state"]) == (200, "approved")
    assert done.json()["checker"]["person"] == "ferran@agency.example"
    assert ferran.post(approve, json={"digest": one["digest"]}).json() == done.json()
    other = desk.person("fiona", "--role", "executive")
    assert code(other.post(approve, json={"digest": one["digest"]})) == (409, "not_proposed")
    assert code(dana.post(f"{made.headers['Location']}/withdraw", json={})) == (409, "not_proposed")
    assert dana.get(made.headers["Location"]).json() == done.json()
    listed = dana.get("/api/v1/decisions", params={"kind": "master", "state": "approved"}).json()
    assert [each["id"] for each in listed["items"]] == [1]


def test_what_ones_role_does_not_do_is_said_and_what_one_may_not_see_is_not_there(desk):
    """An employee proposes nothing of the kind and sees none of it; hr agrees to none; a key decides nothing, nor another site."""
    dana, ferran, alba = desk.person("dana"), desk.person("ferran"), desk.person("alba")
    assert code(desk.propose(alba, file="units.csv", to="application")) == (409, "role")
    assert code(desk.propose(ferran, file="units.csv", to="application")) == (409, "role")
    made = desk.propose(dana, file="rates.csv", to="feed").json()
    path = f"/api/v1/decisions/{made['id']}"
    for address in (path, f"{path}/effects"):
        assert alba.get(address).status_code == 404
    assert alba.post(f"{path}/approve", json={"digest": made["digest"]}).status_code == 404
    assert alba.get("/api/v1/decisions").json()["items"] == []
    second = desk.person("dora", "--role", "hr")
    assert code(second.post(f"{path}/approve", json={"digest": made["digest"]})) == (409, "role")
    assert code(second.post(f"{path}/withdraw", json={})) == (409, "not_maker")
    key = desk.kopes("key", "create", "board", "--scope", "read", **desk.where).out.split()[-1]
    program = desk.client(Authorization=f"Bearer {key}")
    assert program.get(path).status_code == 403
    assert program.post("/api/v1/decisions", json={}).status_code == 403
    elsewhere = {"Origin": "https://evil.example"}
    assert ferran.post(f"{path}/approve", json={"digest": made["digest"]}, headers=elsewhere).status_code == 400
    assert dana.get(path).json()["state"] == "proposed"


WRONG: Any = [
    ({"reason": "too short"}, "/reason"),
    ({"reason": "x" * 2001}, "/reason"),
    ({"kind": "nonsense"}, "/kind"),
    ({"cycle": "2026"}, "/cycle"),
    ({"content": {"file": "units", "to": "feed"}}, "/content/file"),
    ({"content": {"file": "units.csv", "to": "nobody"}}, "/content/to"),
    ({"content": {"file": "units.csv", "to": "folder"}}, "/content/to"),
    ({"content": {"file": "units.csv", "to": "feed", "more": 1}}, "/content/more"),
    ({"content": []}, "/content"),
    ({"extra": 1}, "/extra"),
]


def test_what_cannot_be_proposed_is_named(desk):
    """By its member, and nothing is kept."""
    for body, pointer in WRONG:
        whole = {"kind": "master", "cycle": None, "content": {"file": "units.csv", "to": "feed"}, "reason": WHY} | body
        answer = desk.person("dana").post("/api/v1/decisions", json=whole)
        assert code(answer) == (422, "invalid"), body
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
    assert desk.person("dana").get("/api/v1/decisions").json()["items"] == []


def test_it_is_refused_with_a_reason_or_withdrawn_by_its_maker(desk):
    """Either is for ever, and does nothing."""
    dana, ferran = desk.person("dana"), desk.person("ferran")
    first, second = (desk.propose(dana, file=name, to="feed").json() for name in ("rates.csv", "plan.csv"))
    assert code(ferran.post(f"/api/v1/decisions/{first['id']}/refuse", json={"reason": "no"})) == (422, "invalid")
    refused = ferran.post(f"/api/v1/decisions/{first['id']}/refuse", json={"reason": "Not before the audit."}).json()
    assert (refused["state"], refused["refused_because"]) == ("refused", "Not before the audit.")
    withdrawn = dana.post(f"/api/v1/decisions/{second['id']}/withdraw", json={}).json()
    assert (withdrawn["state"], withdrawn["checker"]) == ("withdrawn", None)
    for one in (first, second):
        answer = ferran.post(f"/api/v1/decisions/{one['id']}/approve", json={"digest": one["digest"]})
        assert code(answer) == (409, "not_proposed")
    assert {each["master"] for each in dana.get("/api/v1/files").json()["items"]} == {"folder"}


def test_one_person_behind_two_accounts_is_one(desk):
    """The employee's own e-mail counts as that employee's; so does the number."""
    maker = desk.person("e6", "--role", "hr", "--employee", "E6")
    made = desk.propose(maker, file="units.csv", to="feed").json()
    # The folder says whose address this is.
    (row,) = (one for one in _rows(desk.folder / "employees.csv") if one["number"] == "E6")
    password = desk.kopes("user", "create", row["email"], "--role", "executive", **desk.where, status=None)
    if password.status == 0:
        client = desk.client()
        signed = client.post("/login", data={"email": row["email"], "password": password.out.split()[-1]})
        assert signed.status_code == 303
        answer = client.post(f"/api/v1/decisions/{made['id']}/approve", json={"digest": made["digest"]})
        assert code(answer) == (409, "same_person")
    else:
        assert "has an account already" in password.err


def test_whoever_stands_in_for_the_other_does_not_check(desk):
    """Whatever the functions, either way; one that was ended today was in force today."""
    maker = desk.person("e6", "--role", "hr", "--employee", "E6")
    checker = desk.person("e7", "--role", "executive", "--employee", "E7")
    made = desk.propose(maker, file="units.csv", to="feed").json()
    approve = f"/api/v1/decisions/{made['id']}/approve"
    today = day_in("Europe/Vienna", clock.now())
    whole = {
        "from": "E7",
        "to": "E6",
        "functions": ["verify"],
        "from_day": (today - dt.timedelta(days=1)).isoformat(),
        "to_day": (today + dt.timedelta(days=3)).isoformat(),
        "reason": "On leave this week.",
    }
    alba = desk.person("alba")
    assert code(alba.post("/api/v1/delegations", json=whole)) == (409, "role")
    for wrong, pointer in (
        ({"to": "E7"}, "/to"),
        ({"from": "E999"}, "/from"),
        ({"functions": []}, "/functions"),
        ({"functions": ["rule"]}, "/functions"),
        ({"to_day": "2020-01-01"}, "/to_day"),
        ({"reason": "short"}, "/reason"),
    ):
        answer = desk.person("dana").post("/api/v1/delegations", json=whole | wrong)
        assert (code(answer), answer.json()["errors"][0]["pointer"]) == ((422, "invalid"), pointer)
    given = checker.post("/api/v1/delegations", json=whole)
    assert (given.status_code, given.headers["Location"]) == (201, "/api/v1/delegations/1")
    assert code(checker.post(approve, json={"digest": made["digest"]})) == (409, "acts_for_maker")
    for who, count in ((maker, 1), (checker, 1), (desk.person("dana"), 1), (alba, 0)):
        assert len(who.get("/api/v1/delegations").json()["items"]) == count
    assert alba.post("/api/v1/delegations/1/end", json={}).status_code == 404
    assert checker.post("/api/v1/delegations/1/end", json={}).json()["ended_on"] == today.isoformat()
    assert code(checker.post("/api/v1/delegations/1/end", json={})) == (409, "ended")
    assert code(checker.post(approve, json={"digest": made["digest"]})) == (409, "acts_for_maker")
    database = Database(desk.where["database"])
    with database.read() as connection:
        for days, stand_in in ((0, True), (1, False)):
            day = today + dt.timedelta(days=days)
            assert access.stand_in_for_each_other(connection, ["E6"], ["E7"], day=day) is stand_in
    database.close()


def test_an_account_that_was_given_its_rights_since_does_not_check(desk):
    """Whoever makes themself an executive for the purpose has to wait for the next proposal."""
    made = desk.propose(desk.person("dana"), file="units.csv", to="feed").json()
    late = desk.person("late", "--role", "executive")
    answer = late.post(f"/api/v1/decisions/{made['id']}/approve", json={"digest": made["digest"]})
    assert code(answer) == (409, "account_changed")
    next_one = desk.propose(desk.person("dana"), file="plan.csv", to="feed").json()
    answer = late.post(f"/api/v1/decisions/{next_one['id']}/approve", json={"digest": next_one["digest"]})
    assert answer.status_code == 200


def test_numbers_have_no_gaps_and_an_end_comes_once(desk):
    """Twenty proposals at once, some of them refused as wrong; then ten approve and refuse one at once."""
    dana = desk.person("dana")
    contents = [
        {"file": "units.csv", "to": "feed"} if number % 4 else {"file": "units.csv", "to": "x"} for number in range(20)
    ]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda content: desk.propose(dana, **content), contents))
    numbers = [one.json()["id"] for one in answers if one.status_code == 201]
    assert sorted(numbers) == list(range(1, 16))
    listed = dana.get("/api/v1/decisions", params={"limit": 4})
    walked = [one["id"] for one in listed.json()["items"]]
    while following := listed.json()["next"]:
        assert f'<{following}>; rel="next"' == listed.headers["Link"]
        listed = dana.get(following)
        walked += [one["id"] for one in listed.json()["items"]]
    assert walked == list(range(15, 0, -1))
    assert all(one > other for one, other in pairwise(walked))

    ferran, fiona = desk.person("ferran"), desk.person("fiona", "--role", "executive")
    made = desk.propose(dana, file="plan.csv", to="feed").json()
    path = f"/api/v1/decisions/{made['id']}"

    def end(number):
        who = (ferran, fiona)[number % 2]
        if number % 3:
            return who.post(f"{path}/approve", json={"digest": made["digest"]}).status_code
        return who.post(f"{path}/refuse", json={"reason": "Not before the audit."}).status_code

    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(end, range(10)))
    assert set(ends) <= {200, 409}
    state = dana.get(path).json()["state"]
    assert state in {"approved", "refused"}
    assert 200 in ends


def _rows(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_load_leaves_what_another_door_moves(desk):
    """It says what differs; sums are of what is loaded, whichever way it was written; definitions and policies each have theirs."""
    dana, ferran = desk.person("dana"), desk.person("ferran")

    def files():
        return {one["file"]: one for one in ferran.get("/api/v1/files").json()["items"]}

    before = files()
    assert list(before)[:2] == ["units.csv", "employees.csv"]
    assert list(before)[-2:] == ["definitions", "policies"]
    assert (before["units.csv"]["rows"], before["units.csv"]["revision"]) == (2, 1)
    assert desk.person("alba").get("/api/v1/files").status_code == 404
    for file in ("employees.csv", "policies"):
        made = desk.propose(dana, file=file, to="application").json()
        assert (
            ferran.post(f"/api/v1/decisions/{made['id']}/approve", json={"digest": made["digest"]}).status_code == 200
        )
    people = before["employees.csv"]["rows"]
    _edit(desk.folder / "employees.csv", lambda rows: [row | {"name": "Somebody else"} for row in rows])
    _edit(desk.folder / "units.csv", lambda rows: [row | {"name": f"{row['name']} new"} for row in reversed(rows)])
    (desk.where["definitions"] / "policies.yaml").write_text("unique_weight_max: 37\n", encoding="utf-8")
    ran = desk.kopes("load", desk.folder, **desk.where)
    warned = [line for line in ran.err.split("\n") if "comes by another door" in line]
    assert len(warned) == 2
    assert any("employees.csv" in line and f"0 rows added, {people} changed, 0 removed" in line for line in warned), (
        warned
    )
    assert any("policies" in line for line in warned), warned
    after = files()
    assert {name for name in after if after[name]["sha256"] != before[name]["sha256"]} == {"units.csv"}
    assert (after["units.csv"]["revision"], after["employees.csv"]["revision"]) == (2, 1)
    assert after["employees.csv"]["master"] == after["policies"]["master"] == "application"

    # The same rows in another order and another spelling are the same file.
    _edit(desk.folder / "units.csv", lambda rows: rows[::-1])
    assert "nothing changed" in desk.kopes("load", desk.folder, **desk.where).out
    # A wrong row in a file that is left out is nobody's concern; one that activities do not need may even be gone.
    (desk.folder / "employees.csv").write_text("number,name\nE1\n", encoding="utf-8")
    assert f"{people} removed" in desk.kopes("load", desk.folder, **desk.where).err
    assert files() == after


def _edit(path, change):
    rows = _rows(path)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(change(rows))


def test_nobody_agrees_to_another_door_while_a_load_brings_the_file(desk, engine):
    """What the load brings comes before: once it is agreed, nothing moves the file but the door that was agreed on."""
    dana, ferran = desk.person("dana"), desk.person("ferran")
    made = desk.propose(dana, file="units.csv", to="application").json()
    _edit(desk.folder / "units.csv", lambda rows: [row | {"name": f"{row['name']} new"} for row in rows])
    database = Database(desk.where["database"])
    with ThreadPoolExecutor(1) as pool:
        with database.write("load_folder") as connection:
            intake.load_agency(
                connection, desk.folder, definitions=desk.where["definitions"], at=clock.now(), by="a load"
            )
            agreeing = pool.submit(
                ferran.post, f"/api/v1/decisions/{made['id']}/approve", json={"digest": made["digest"]}
            )
            if engine == "postgresql":
                waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
                patience = Event()
                while not agreeing.done() and not connection.scalar(waiting):
                    patience.wait(0.01)
            assert not agreeing.done(), "agreed, and then the load moved the file"
        assert agreeing.result().json()["state"] == "approved"
    database.close()
    units = next(one for one in ferran.get("/api/v1/files").json()["items"] if one["file"] == "units.csv")
    assert (units["master"], units["revision"]) == ("application", 2)
