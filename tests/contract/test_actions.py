"""Actions on lines, on a running server (contract-cycle, 5): who opens, sees and closes one, and that no figure hangs on it."""

from __future__ import annotations

import pytest

from tests.contract.desk import code
from tests.contract.test_agreements import SETTING, figures
from tests.contract.test_check_ins import readings
from tests.contract.test_cycles import opened

ACTIONS = "/api/v1/actions"
WISH = {
    "node": "employee:E1",
    "kpi": "deals",
    "cause": "The fair was called off.",
    "measure": "Visit the ten buyers at home.",
    "owner": "E1",
    "due_on": "2099-09-30",
}


@pytest.fixture
def desk(desks, engine, tmp_path):
    """Heads at every level with accounts."""
    with desks.copy(engine, SETTING, tmp_path) as made:
        yield made


def begun(desk, name, **more):
    return desk.person(name).post(ACTIONS, json=WISH | more)


def listed(desk, name, **asked):
    return [one["id"] for one in desk.person(name).get(ACTIONS, params=asked).json()["items"]]


def test_an_action_is_opened_followed_and_closed(desk):
    """By the owner, the head or hr; its owner and whoever sees the line see it; closed once; nothing of it is in a figure."""
    assert begun(desk, "alba").status_code == 404
    opened(desk)
    before = figures(desk)
    made = begun(desk, "boram")
    assert made.status_code == 201, made.text
    one = made.json()
    assert (made.headers["Location"], one["state"], one["cycle"]) == (f"{ACTIONS}/{one['id']}", "open", "2026")
    assert (one["owner"], one["by"], one["due_on"], one["result"]) == ("E1", "E2", "2099-09-30", None)
    other = begun(desk, "dana", node="unit:VIE", owner="E6").json()
    for name, answer in (
        ("chae", (409, "role")),
        ("ferran", (409, "role")),
        ("jiho", (404, "not_there")),
        ("ada", (404, "not_there")),
        ("anna", (404, "not_there")),
    ):
        assert code(begun(desk, name)) == answer, name
    for wrong in (
        {"kpi": "lunch"},
        {"owner": "E77"},
        {"cause": " "},
        {"measure": ""},
        {"due_on": "2020-01-01"},
        {"due_on": "soon"},
        {"node": "VIE"},
        {"more": 1},
    ):
        assert begun(desk, "boram", **wrong).status_code == 422, wrong
    seen = {
        "alba": [one["id"]],
        "boram": [other["id"], one["id"]],
        "chae": [other["id"], one["id"]],
        "dana": [other["id"], one["id"]],
        "jiho": [other["id"]],
        "ada": [],
        "anna": [],
    }
    for name, ids in seen.items():
        assert listed(desk, name) == ids, name
        for each in (one, other):
            status = desk.person(name).get(f"{ACTIONS}/{each['id']}").status_code
            assert status == (200 if each["id"] in ids else 404), name
    # Whoever reads of another's line is written down, its owner is not.
    read_by = {
        who.removeprefix("account:").partition("@")[0]
        for what, who, rows in readings(desk)
        if (what, rows) == ("actions", 1)
    }
    assert read_by == {"boram", "chae", "dana"}
    address = f"{ACTIONS}/{one['id']}/close"
    assert desk.person("jiho").post(address, json={"result": "Done."}).status_code == 404
    assert code(desk.person("chae").post(address, json={"result": "Done."})) == (409, "role")
    assert desk.person("alba").post(address, json={"result": ""}).status_code == 422
    closed = desk.person("alba").post(address, json={"result": "Eight of ten signed."}).json()
    assert (closed["state"], closed["result"], closed["closed_by"]) == ("closed", "Eight of ten signed.", "E1")
    assert code(desk.person("boram").post(address, json={"result": "Nine."})) == (409, "closed")
    assert listed(desk, "dana", state="open") == [other["id"]]
    assert listed(desk, "dana", node="employee:E1", cycle="2026") == [one["id"]]
    assert desk.person("jiho").post(f"{ACTIONS}/{other['id']}/close", json={"result": "Done."}).status_code == 200
    assert figures(desk) == before
