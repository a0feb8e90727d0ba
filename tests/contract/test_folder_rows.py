"""The files of the agency folder row by row: on a day, of a unit, at a revision; and a row's past with who, who agreed, and why (contract-desk, 3)."""

from __future__ import annotations

import csv
import io

from tests.contract.desk import ALBA, DANA, DORA, FERRAN, WHY, Setting, code
from tests.contract.test_changes import SECOND, employee, exported, put

POSTING = {"employee": "E1", "unit": "VIE", "role": "staff"}


def test_rows_are_told_on_a_day_of_a_node_and_at_a_revision(desk):
    """As the CSV has them, in the order of their keys; pages of a list follow each other."""
    dana = desk.person("dana")
    rows = dana.get("/api/v1/files/postings.csv").json()["items"]
    assert rows == sorted(rows, key=lambda row: (row["employee"], row["from"]))
    assert rows == exported(desk, "postings")
    desk.person(SECOND, "--role", "hr")
    desk.take_over("postings.csv")
    address = desk.begin()
    first = next(row for row in rows if row["employee"] == "E1")
    ended = [first | {"to": "2026-03-01"}, POSTING | {"unit": "HQ", "from": "2026-03-01", "to": ""}]
    put(dana, address, "postings.csv", set_=ended).raise_for_status()
    desk.approve(desk.person(SECOND), desk.submit(address)).raise_for_status()

    def units(**query):
        items = dana.get("/api/v1/files/postings.csv", params=query).raise_for_status().json()["items"]
        return [(row["employee"], row["unit"]) for row in items if row["employee"] == "E1"]

    assert units() == [("E1", "VIE"), ("E1", "HQ")]
    assert units(on="2026-02-28") == [("E1", "VIE")]
    assert units(on="2026-03-01") == [("E1", "HQ")]
    assert units(node="unit:HQ") == [("E1", "HQ")]
    assert units(node="employee:E2") == []
    assert units(revision=1) == [("E1", "VIE")]
    assert code(dana.get("/api/v1/files/postings.csv", params={"revision": 3})) == (404, "no_revision")
    assert dana.get("/api/v1/files/posting.csv").status_code == 404
    page = dana.get("/api/v1/files/postings.csv", params={"limit": 2}).json()
    following = dana.get(page["next"]).json()["items"]
    assert len(page["items"]) == 2
    assert following[0] not in page["items"]
    text = dana.get("/api/v1/files/postings.csv/rows.csv").text
    assert list(csv.DictReader(io.StringIO(text))) == exported(desk, "postings")


def test_what_became_of_a_row_is_told_with_who_and_why(desk):
    """By a load without a reason; by a change set with both people and its reason. Pay is told to who sees it."""
    dana = desk.person("dana")
    desk.person(SECOND, "--role", "hr")
    desk.take_over("employees.csv")
    address = desk.begin()
    put(dana, address, "employees.csv", set_=[employee("E1", monthly_base="4000000")]).raise_for_status()
    desk.approve(desk.person(SECOND), desk.submit(address)).raise_for_status()
    gone = desk.begin()
    put(dana, gone, "employees.csv", set_=[employee("E2", job="head", name="Boram")]).raise_for_status()
    dana.post(f"{gone}/submit", json={}).raise_for_status()

    def history(client, key):
        return client.get("/api/v1/files/employees.csv/history", params={"key": key}).raise_for_status().json()["items"]

    later, first = history(dana, "E1")
    assert (later["revision"], later["by"], later["row"]["monthly_base"]) == (2, "change:1", "4000000")
    assert (later["maker"], later["approved_by"], later["why"]) == (
        "dana@agency.example",
        f"{SECOND}@agency.example",
        WHY,
    )
    assert (first["revision"], first["row"]["monthly_base"], first["maker"], first["why"]) == (1, "3000000", None, None)
    alone, _ = history(dana, "E2")
    assert (alone["revision"], alone["approved_by"], alone["row"]["name"]) == (3, None, "Boram")
    assert history(desk.person("ferran"), "E1")[0]["row"]["monthly_base"] is None
    assert dana.get("/api/v1/files/employees.csv/history", params={"key": "E99"}).status_code == 404
    (kpi,) = dana.get("/api/v1/files/definitions/history", params={"key": "kpi:deals"}).json()["items"]
    assert '"code":"deals"' in kpi["row"]


def test_who_does_not_see_pay_knows_of_nobody_that_they_were_disciplined(desks, engine, tmp_path):
    """Neither by the file, its row's past, its sheet, nor by a change set that holds such a row; whoever is to agree sees it."""
    setting = Setting(people=(DANA, FERRAN, ALBA, DORA), application=("discipline.csv", "status.csv", "market.csv"))
    with desks.copy(engine, setting, tmp_path) as desk:
        dana, ferran = desk.person("dana"), desk.person("ferran")
        address = desk.begin()
        row = {"employee": "E1", "kind": "pay_cut", "grave": "yes", "decided_on": "2026-02-01", "lifted_on": ""}
        status = {
            "employee": "E1",
            "cycle": "2026",
            "kind": "discipline",
            "from": "",
            "to": "",
            "note": "",
            "place": "1",
        }
        leave = status | {"employee": "E2", "kind": "leave", "from": "2026-03-01", "to": "2026-04-01"}
        put(dana, address, "discipline.csv", set_=[row]).raise_for_status()
        put(dana, address, "status.csv", set_=[status, leave]).raise_for_status()
        market = {"unit": "VIE", "kpi": "", "year": "2026", "potential": "7.5"}
        assert put(dana, address, "market.csv", set_=[market]).json()["rows"][-1]["after"] == market

        def held(client):
            return [(one["file"], one["key"]) for one in client.get(address).raise_for_status().json()["rows"]]

        unseen = [("discipline.csv", "E1 2026-02-01"), ("status.csv", "E1 2026 1")]
        assert set(held(dana)) - set(held(ferran)) == set(unseen)
        wrong = row | {"kind": "holiday", "decided_on": "2026-02-02"}
        put(dana, address, "discipline.csv", set_=[wrong]).raise_for_status()
        checks = [client.get(f"{address}/check").json()["items"] for client in (dana, ferran)]
        assert [[(one["key"], one["code"]) for one in items if one["level"] == "error"] for items in checks] == [
            [("E1 2026-02-02", "not_an_option")],
            [],
        ]
        page = ferran.get(address.replace("/api/v1", "")).raise_for_status().text
        assert "3 rows of it are not for you to see." in page
        assert "pay_cut" not in page.replace("Pay cut", "pay_cut")
        assert "E2" in page
        put(dana, address, "discipline.csv", remove=[{"employee": "E1", "decided_on": "2026-02-02"}]).raise_for_status()
        decision = desk.submit(address)
        assert "Pay cut" in desk.person("dora").get(f"/decisions/{decision['id']}").text
        assert "Pay cut" not in ferran.get(f"/decisions/{decision['id']}").text
        desk.approve(desk.person("dora"), decision).raise_for_status()
        file = "/api/v1/files/discipline.csv"
        assert dana.get(file).json()["items"] == [row]
        assert dana.get(f"{file}/history", params={"key": "E1 2026-02-01"}).json()["items"][0]["row"] == row
        for path in (file, f"{file}/rows.csv", f"{file}/rows.xlsx", f"{file}/history?key=E1 2026-02-01"):
            assert ferran.get(path).status_code == 404, path
            assert desk.person("alba").get(path).status_code == 404, path
        of_status = "/api/v1/files/status.csv"
        assert [row["employee"] for row in ferran.get(of_status).json()["items"]] == ["E2"]
        assert [row["employee"] for row in dana.get(of_status).json()["items"]] == ["E1", "E2"]
        assert ferran.get(f"{of_status}/history?key=E1 2026 1").status_code == 404
        sums = {one["file"]: one["sha256"] for one in ferran.get("/api/v1/files").json()["items"]}
        assert (sums["discipline.csv"], sums["status.csv"]) == (None, None)
        assert file not in ferran.get("/folder").text
        assert file in dana.get("/folder").text
        assert dana.get("/api/v1/files/market.csv").json()["items"] == [market]
