"""What the desk's doors refuse, in words and with nothing kept: the same on either database, and before others have to wait for it."""

from __future__ import annotations

import io
import json
import threading

import pytest
import xlsxwriter

from tests.contract.desk import WHY, code
from tests.contract.test_own_hands import desk, put, rows, text_row

__all__ = ["desk"]

UNFIT = ("NUL \x00 here", "half \ud800 a letter")
JSON = {"Content-Type": "application/json"}


def sent(client, method, address, body):
    """As a program sends it that escapes whatever is no ASCII: a client's own library would refuse half a letter."""
    return client.request(method, address, content=json.dumps(body).encode("ascii"), headers=JSON)


@pytest.mark.parametrize("text", UNFIT, ids=["NUL", "surrogate"])
def test_a_text_that_no_database_keeps_is_refused_by_every_door(desk, text):
    """As a value and as the name of a member; with its place, and below 500 on either engine."""
    dana = desk.person("dana")
    address = put(desk, "employees.csv", text_row(rows(desk, "employees.csv", number="E1")[0]))
    decision = desk.propose(dana, file="units.csv", to="application").json()
    delegation: dict[str, object] = {
        "from": "E1",
        "to": "E2",
        "functions": ["verify"],
        "from_day": "2026-07-01",
        "to_day": "2026-07-31",
    }
    master: dict[str, object] = {
        "kind": "master",
        "cycle": None,
        "content": {"file": "plan.csv", "to": "feed"},
        "reason": WHY,
    }
    bodies: list[tuple[str, str, dict[str, object]]] = [
        ("POST", "/api/v1/delegations", delegation | {"reason": text}),
        ("POST", "/api/v1/decisions", master | {"reason": f"{WHY} {text}"}),
        ("POST", "/api/v1/decisions", master | {"content": {"file": text, "to": "feed"}}),
        ("POST", "/api/v1/decisions", master | {"content": {"file": "plan.csv", "to": "feed", text: 1}}),
        ("POST", f"/api/v1/decisions/{decision['id']}/refuse", {"reason": f"{WHY} {text}"}),
        ("POST", "/api/v1/changes", {"title": text, "reason": WHY}),
        ("PUT", f"{address}/rows/employees.csv", {"set": [{"number": "E1", text: "x"}]}),
        ("PUT", f"{address}/rows/employees.csv", {"set": [{"number": text}]}),
    ]
    for method, where, body in bodies:
        answer = sent(desk.person("ferran") if where.endswith("/refuse") else dana, method, where, body)
        assert answer.status_code == 422, (where, body, answer.text)
        assert answer.json()["errors"], where
    # The file's door is asked first.
    desk.take_over("definitions", "policies")
    for name in ("definitions/zz.yaml", "files/definitions", "policies.yaml"):
        answer = dana.put(
            f"{address}/{name}", content=b"kpis:\n- a\x00b\n", headers={"Content-Type": "application/yaml"}
        )
        assert answer.status_code == 422, (name, answer.text)


def test_shapes_and_sizes_that_cannot_be_are_refused(desk):
    """A list for a name, a number of a size that no database has, members by the thousand: told of the first."""
    dana = desk.person("dana")
    odd: tuple[dict[str, object], ...] = (
        {"file": ["a"], "to": "feed"},
        {"file": "plan.csv", "to": {}},
        {"file": {}, "to": []},
    )
    for content in odd:
        body = {"kind": "master", "cycle": None, "content": content, "reason": WHY}
        assert dana.post("/api/v1/decisions", json=body).status_code == 422, content
    for number in (0, -1, 2**31, 2**63, 10**30):
        answer = dana.post("/api/v1/changes", json={"revert": number, "reason": WHY})
        assert answer.status_code == 422, answer.text
    many = {f"x{number}": 1 for number in range(20_000)}
    body = {"kind": "master", "cycle": None, "content": {"file": "plan.csv", "to": "feed", **many}, "reason": WHY}
    assert len(dana.post("/api/v1/decisions", json=body).json()["errors"]) <= 101
    address = put(desk, "employees.csv", text_row(rows(desk, "employees.csv", number="E1")[0]))
    wrong = [{f"column{at}": "x" for at in range(8)} for _ in range(5_000)]
    answer = dana.put(f"{address}/rows/employees.csv", json={"set": wrong})
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) <= 101
    assert dana.get(f"{address}/effects?cycle=3000").status_code == 404
    assert dana.get(f"{address}/effects?cycle=2026").status_code == 200


def test_a_status_has_the_next_place_or_one_that_there_is(desk):
    """What no file could say is refused: two sets that mean the next one then touch the same key."""
    dana, address = desk.person("dana"), put(desk, "employees.csv")
    leave = {"employee": "E1", "cycle": "2026", "kind": "leave", "from": "2026-02-01", "to": "2026-03-01", "note": ""}
    for place in ("abc", "-1", "0", "2", "99", "", "1.0", "１"):
        answer = dana.put(f"{address}/rows/status.csv", json={"set": [leave | {"place": place}]})
        assert code(answer) == (422, "invalid"), place
        assert answer.json()["errors"][0]["code"] == "place"
    both = [leave | {"place": "1"}, leave | {"place": "2", "from": "2026-04-01", "to": "2026-05-01"}]
    dana.put(f"{address}/rows/status.csv", json={"set": both}).raise_for_status()
    dana.put(f"{address}/rows/status.csv", json={"set": [leave | {"place": "3"}]}).raise_for_status()


def test_an_e_mail_of_somebody_else_takes_two(desk):
    """Whoever shares an e-mail is taken for one person, who then agrees to nothing of the other's."""
    dana = desk.person("dana")
    (staff,) = rows(desk, "employees.csv", number="E1")
    for email in ("dora@agency.example", "DORA@agency.example", "E2@agency.example"):
        address = put(desk, "employees.csv", text_row(staff) | {"email": email})
        assert desk.submit(address)["state"] == "proposed", email
    address = put(desk, "employees.csv", text_row(staff) | {"email": "nobody.has.it@agency.example"})
    assert dana.post(f"{address}/submit", json={}).json()["state"] == "applied"


def test_the_sum_over_effects_is_for_whoever_sees_all_of_them(desk):
    """Base and grade are few: who has the sum alone tries them until it fits. What somebody may not look at is no filter either."""
    boss = desk.person("boss", "--role", "head", "--employee", "E2")
    (row,) = rows(desk, "employees.csv", number="E1")
    decision = desk.submit(put(desk, "employees.csv", text_row(row) | {"monthly_base": "9876543"}))
    answer = boss.get(f"/api/v1/decisions/{decision['id']}")
    assert answer.status_code == 200, answer.text
    told = answer.json()["effects"]
    assert (told["digest"], told["count"]) == (None, 0) != (None, decision["effects"]["count"])
    assert "9876543" not in boss.get(f"/api/v1/decisions/{decision['id']}/effects").text
    assert (
        decision["effects"]["digest"]
        == desk.person("dora").get(f"/api/v1/decisions/{decision['id']}").json()["effects"]["digest"]
    )
    assert [one["id"] for one in boss.get("/api/v1/decisions?node=employee:E1").json()["items"]] == [decision["id"]]
    stranger = desk.person("stranger", "--role", "employee", "--employee", "E7")
    assert stranger.get("/api/v1/decisions?node=employee:E1").json()["items"] == []


def workbook(lines, columns):
    """A workbook of so many employees."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, columns)
        for at in range(1, lines + 1):
            sheet.write_row(at, 0, [f"X{at}", f"Name {at}", "", "G5", "staff", "3000000", "2000-01-01", ""])
    return out.getvalue()


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_workbook_is_read_before_anybody_has_to_wait_for_it(desk):
    """On SQLite whoever writes has all others wait: while it is read they do not. Nor on PostgreSQL: it is read before either is asked."""
    dana, address = desk.person("dana"), put(desk, "employees.csv")
    columns = list(rows(desk, "employees.csv", number="E1")[0])
    headers = {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
    answers = []

    def send():
        sending = desk.client()
        sending.cookies.update(dana.cookies)
        answers.append(
            sending.put(f"{address}/files/employees.csv?mode=rows", content=workbook(25_000, columns), headers=headers)
        )

    thread = threading.Thread(target=send)
    thread.start()
    others = 0
    while thread.is_alive():
        made = desk.person("dora").post("/api/v1/changes", json={"title": "Meanwhile", "reason": WHY})
        assert made.status_code == 201, made.text
        others += 1
        thread.join(0.1)
    (answer,) = answers
    assert answer.status_code == 200, answer.text[:500]
    assert len(answer.json()["rows"]) == 25_000
    assert others >= 2


def test_very_many_mistakes_in_definitions_are_told_by_the_first(desk):
    """A hundred of a kind, and how many more: whoever looks at them waits no longer than for a few."""
    dana, address = desk.person("dana"), put(desk, "employees.csv")
    desk.take_over("definitions")
    yaml = "kpis:\n" + "- {code: k1, a: [1, 2, 3, 4, 5, 6]}\n" * 1_000
    dana.put(
        f"{address}/definitions/z.yaml", content=yaml, headers={"Content-Type": "application/yaml"}
    ).raise_for_status()
    told = dana.get(f"{address}/check").json()["items"]
    assert len(told) < 2_500
    assert any(one["code"] == "more" for one in told)
    assert code(dana.post(f"{address}/submit", json={})) == (409, "findings")
