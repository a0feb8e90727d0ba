"""Check-ins and what employees say of their own year, on a running server (contract-cycle, 5): kept, read by both and hr, never in a figure."""

from __future__ import annotations

from contextlib import closing

import pytest
import sqlalchemy as sa

from app.access.tables import reading_log
from app.kit.database import Database
from tests.contract.desk import code
from tests.contract.test_agreements import SETTING, figures
from tests.contract.test_cycles import opened

CHECK_INS = "/api/v1/cycles/2026/check-ins/E1"
OWN = "/api/v1/cycles/2026/self-assessments/E1"


@pytest.fixture
def desk(desks, engine, tmp_path):
    """Heads at every level with accounts."""
    with desks.copy(engine, SETTING, tmp_path) as made:
        yield made


def kept(desk, name, part, *, text="We spoke of the new buyers.", on="2026-06-15"):
    return desk.person(name).post(CHECK_INS, json={"as": part, "text": text, "on": on})


def said(desk, name, text, *, final=False):
    return desk.person(name).put(OWN, json={"text": text, "final": final})


def readings(desk):
    """What is written down of who read what of others."""
    with closing(Database(desk.where["database"])) as database, database.read() as connection:
        return [(one.what, one.who, one.rows) for one in connection.execute(sa.select(reading_log))]


def by_others(what):
    """Once a day each: the head and hr, and not the employee."""
    return [(what, f"account:{name}@agency.example", 1) for name in ("boram", "dana")]


def test_who_has_no_head_is_led_by_hr_and_not_by_their_own_account_of_it(desk):
    """An account of hr without a number that has an employee's e-mail is that employee's."""
    opened(desk)
    desk.person("e4", "--role", "hr")
    address = CHECK_INS.replace("E1", "E4")
    body = {"as": "head", "text": "We spoke of the new buyers.", "on": "2026-06-15"}
    assert code(desk.person("e4").post(address, json=body)) == (409, "role")
    assert desk.person("dana").post(address, json=body).status_code == 201


def test_both_keep_check_ins_that_they_and_hr_read(desk):
    """Each in their own part; whoever is neither finds nothing, an executive and the head above neither; no figure moves."""
    assert kept(desk, "alba", "owner").status_code == 404
    opened(desk)
    before = figures(desk)
    made = kept(desk, "alba", "owner")
    assert (made.status_code, made.headers["Location"], made.json()["person"]) == (201, CHECK_INS, "E1")
    assert kept(desk, "boram", "head", text="  She agrees.  ").json()["text"] == "She agrees."
    for name, part, answer in (
        ("alba", "head", (409, "role")),
        ("boram", "owner", (409, "role")),
        ("dana", "head", (409, "role")),
        ("chae", "head", (404, "not_there")),
        ("jiho", "owner", (404, "not_there")),
        ("ferran", "head", (404, "not_there")),
        ("ada", "head", (404, "not_there")),
    ):
        assert code(kept(desk, name, part)) == answer, name
    for wrong in ({"text": " "}, {"on": "2062-01-01"}, {"on": "2025-12-31"}, {"on": "soon"}, {"as": "hr"}, {"more": 1}):
        body = {"as": "owner", "text": "Well.", "on": "2026-06-15"} | wrong
        assert desk.person("alba").post(CHECK_INS, json=body).status_code == 422, wrong
    for name in ("alba", "boram", "dana"):
        items = desk.person(name).get(CHECK_INS).json()["items"]
        assert [(one["as"], one["person"], one["on"]) for one in items] == [
            ("owner", "E1", "2026-06-15"),
            ("head", "E2", "2026-06-15"),
        ]
    assert desk.person("dana").get(CHECK_INS).status_code == 200
    assert readings(desk) == by_others("check_ins")
    for name in ("chae", "jiho", "ferran", "ada", "anna"):
        assert desk.person(name).get(CHECK_INS).status_code == 404, name
    assert desk.person("alba").get("/api/v1/cycles/2026/check-ins/E77").status_code == 404
    assert figures(desk) == before


def test_an_employee_says_how_the_year_went_until_it_is_final(desk):
    """The head and hr read the draft too; nobody else writes it; what is final stays."""
    opened(desk)
    before = figures(desk)
    assert desk.person("alba").get(OWN).json() == {"text": "", "final": False, "at": None}
    assert said(desk, "alba", "It went well.").json()["final"] is False
    assert said(desk, "alba", "It went very well.").status_code == 200
    for name in ("alba", "boram", "dana"):
        assert desk.person(name).get(OWN).json()["text"] == "It went very well.", name
    assert readings(desk) == by_others("self_assessments")
    for name, answer in (("boram", (409, "role")), ("dana", (409, "role")), ("jiho", (404, "not_there"))):
        assert code(said(desk, name, "No.")) == answer, name
    assert said(desk, "alba", "", final=True).status_code == 422
    assert said(desk, "alba", "It went very well.", final=True).json()["final"] is True
    assert code(said(desk, "alba", "Better still.")) == (409, "final")
    assert said(desk, "alba", "It went very well.", final=True).status_code == 200
    for name in ("chae", "jiho", "ferran", "ada"):
        assert desk.person(name).get(OWN).status_code == 404, name
    assert figures(desk) == before
