"""The promotion list of the worked example over a running server: order, parts and who is barred, as its own files give them by hand."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import shutil
from fractions import Fraction

import httpx
import pytest

from tests.contract.test_example import EXAMPLE, expected

MEASURES = """employee,kind,grave,decided_on,lifted_on
E001,demotion,,2026-08-31,
E002,suspension,yes,2026-02-28,
E003,reprimand,,2026-08-31,
E004,pay_cut,,2026-01-15,2026-06-01
E005,reprimand,,2027-01-20,
"""
ON = "2027-01-10"
"""On this day: decided on 31 August and 18 months; 28 February and 24 months; the last of February; lifted; not decided yet."""
BARRED = {"E001": "2028-02-29", "E002": "2028-02-28", "E003": "2027-02-28"}
PEOPLE: dict[str, tuple[str, ...]] = {
    "hr": ("--role", "hr"),
    "auditor": ("--role", "auditor"),
    "executive": ("--role", "executive"),
}
PEOPLE |= {"admin": ("--role", "admin"), "head": ("--role", "employee", "--employee", "E001")}


@pytest.fixture
def clients(kopes, database_url, serve, tmp_path):
    """Who is signed in to a server over the example with some measures."""
    agency, definitions = shutil.copytree(EXAMPLE / "agency", tmp_path / "agency"), EXAMPLE / "definitions"
    (agency / "discipline.csv").write_text(MEASURES, encoding="utf-8")
    where = {"database": database_url, "definitions": definitions}
    kopes("load", agency, **where)
    events = tmp_path / "events.ndjson"
    events.write_bytes((EXAMPLE / "events.ndjson").read_bytes())
    kopes("ingest", events, **where, status=1)
    server, clients = serve(database_url, definitions=definitions), {}
    for name, more in PEOPLE.items():
        email = f"{name}@agency.example"
        password = kopes("user", "create", email, *more, **where).out.split()[-1]
        clients[name] = httpx.Client(base_url=server.url, timeout=60, headers={"Origin": server.url})
        signed = clients[name].post("/login", data={"email": email, "password": password})
        assert signed.status_code == 303
    yield clients
    for one in clients.values():
        one.close()


def table_of(name):
    """The rows of a file of the example."""
    return list(csv.DictReader((EXAMPLE / "agency" / f"{name}.csv").read_text(encoding="utf-8").splitlines()))


def by_hand():
    """Everyone with points: (points, performance, career, hired on, number), in the order of the list."""
    people = {row["number"]: row for row in table_of("employees")}
    earlier: dict[str, list[Fraction]] = {}
    for row in sorted(table_of("results"), key=lambda row: row["cycle"], reverse=True):
        earlier.setdefault(row["employee"], []).append(Fraction(row["final_score"]))
    rows = []
    for row in expected("grades-employees"):
        if row["promotion_points"] is None:
            continue
        number = row["employee"]
        published = Fraction(round(Fraction(str(row["final_score"])) * 100), 100)
        scores = [published, *earlier.get(number, [])[:2]]
        performance = sum(scores) / len(scores) * Fraction(95, 100)
        hired = dt.date.fromisoformat(people[number]["hired_on"])
        years = 2027 - hired.year - ((hired.month, hired.day) > (1, 1))
        career = min(Fraction(5), Fraction(1, 4) * years)
        assert round(performance + career, 2) == pytest.approx(row["promotion_points"], abs=0.005)
        rows.append((row["promotion_points"], performance, career, hired, number, people[number]["rank"]))
    return sorted(rows, key=lambda row: (-row[0], -row[1], row[3], row[4]))


def test_the_list_is_that_which_the_files_give_by_hand(clients):
    """Order, parts, ranks and the first free day; of one rank alone; the page and the file say the same; others find nothing."""
    rows = by_hand()
    answer = clients["hr"].get("/api/v1/cycles/2026/promotion", params={"on": ON})
    listed = answer.json()["items"]
    assert [one["employee"] for one in listed] == [row[4] for row in rows]
    for one, (points, performance, career, hired, _, rank) in zip(listed, rows, strict=True):
        assert (one["points"], one["rank"], one["hired_on"]) == (points, rank, hired.isoformat())
        assert one["performance"] == pytest.approx(float(performance), abs=1e-6)
        assert (one["career"], one["bonus"]) == (float(career), 0)
    assert {one["employee"]: one["blocked_until"] for one in listed if one["blocked_until"]} == BARRED
    grades = {one["employee"]: one for one in expected("grades-employees")}
    assert all(grades[number]["promotion_points"] is not None for number in (*BARRED, "E004", "E005"))
    seniors = clients["auditor"].get("/api/v1/cycles/2026/promotion", params={"on": ON, "rank": "G7"}).json()["items"]
    assert seniors == [one for one in listed if one["rank"] == "G7"] != []
    for name in ("executive", "admin", "head"):
        for address in ("/api/v1/cycles/2026/promotion", "/cycles/2026/promotion"):
            assert clients[name].get(address).status_code == 404, (name, address)
    assert clients["hr"].get("/api/v1/cycles/2019/promotion").status_code == 404
    assert clients["hr"].get("/api/v1/cycles/2026/promotion", params={"on": "2027-02-30"}).status_code == 422
    _is_the_same_as_a_file(clients["hr"], listed)
    for name in ("hr", "auditor"):
        page = clients[name].get("/cycles/2026/promotion", params={"on": ON}).text
        assert sorted(re.findall('data-measure="([a-z_]+)">([A-Z][^<,]+)', page)) == [
            ("demotion", "Demotion"),
            ("reprimand", "Reprimand"),
            ("suspension", "Suspension (grave)"),
        ]


def _is_the_same_as_a_file(client, listed):
    page = client.get("/cycles/2026/promotion", params={"on": ON}).text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    sent = {"reason": "For the committee of February.", "format": "csv", "csrf_token": token}
    answer = client.post("/cycles/2026/promotion", params={"on": ON}, data=sent)
    assert answer.status_code == 200, answer.text[:400]
    file = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
    rows = [row for row in file if row["Promotion points"]]
    shown = [
        (row["Employee number"], float(row["Promotion points"]), row["Barred until before"] or None) for row in rows
    ]
    assert shown == [(one["employee"], one["points"], one["blocked_until"]) for one in listed]
    why = {row["Employee number"]: (row["Measure that bars"], row["Decided on"], row["Grave"]) for row in rows}
    assert {number: one for number, one in why.items() if any(one)} == {
        "E001": ("Demotion", "2026-08-31", "no"),
        "E002": ("Suspension", "2026-02-28", "yes"),
        "E003": ("Reprimand", "2026-08-31", "no"),
    }


def test_measures_come_and_go_by_the_day(clients):
    """On the first day and on the last one of each somebody is barred, the day after nobody is."""
    bounds = {
        "E001": ("2026-08-31", "2028-02-29"),
        "E003": ("2026-08-31", "2027-02-28"),
        "E004": ("2026-01-15", "2026-06-01"),
    }
    for number, (first, free) in bounds.items():
        for day, is_barred in ((first, True), (_before(free), True), (_before(first), False), (free, False)):
            items = clients["hr"].get("/api/v1/cycles/2026/promotion", params={"on": day}).json()["items"]
            assert next(one["blocked_until"] for one in items if one["employee"] == number) == (
                free if is_barred else None
            ), (
                number,
                day,
            )


def _before(day):
    return (dt.date.fromisoformat(day) - dt.timedelta(1)).isoformat()
