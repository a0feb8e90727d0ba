"""Change sets on a running server: written by hr, held against all that a load holds a folder against, applied by a second person (contract-desk, 3)."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter

import httpx
import pytest
import xlsxwriter

from tests.contract.desk import ALBA, DANA, DORA, FERRAN, Desk, Setting, code
from tests.reference.random_agency import random_agency
from tests.reference.random_changes import change_agency
from tests.scenario import event_of
from tests.soaking import seeds

FILES = [
    "units",
    "employees",
    "postings",
    "rates",
    "history",
    "employment",
    "scorecards",
    "ratings",
    "status",
    "results",
    "exclusions",
    "plan",
]
ALL = (*(f"{name}.csv" for name in FILES), "definitions", "policies")
SECOND = "dora"
"""Another person of hr."""
HR = Setting(
    people=(DANA, FERRAN, ALBA, DORA),
    application=("units.csv", "employees.csv", "postings.csv", "scorecards.csv", "definitions", "policies"),
)


@pytest.fixture
def hr(desks, engine, tmp_path):
    """Two people of hr, and the files of the organisation in the application."""
    with desks.copy(engine, HR, tmp_path) as made:
        yield made


def put(client, address, file, *, set_=(), remove=()):
    return client.put(f"{address}/rows/{file}", json={"set": list(set_), "remove": list(remove)})


def employee(number, **columns):
    row = {"number": number, "name": number, "email": f"{number}@agency.example", "rank": "G5", "job": "staff"}
    return row | {"monthly_base": "3000000", "hired_on": "2000-01-01"} | columns


def test_a_set_is_written_checked_approved_and_is_the_next_revision(hr):
    """Two people, and the load stands under the set's name; what the set holds is shown before and after."""
    dana, dora = hr.person("dana"), hr.person(SECOND)
    address = hr.begin()
    answer = put(dana, address, "employees.csv", set_=[employee("E20"), employee("E1", job="head")])
    assert answer.status_code == 200, answer.text
    shown = dana.get(address).json()
    assert (shown["state"], shown["base"], shown["title"]) == ("open", 1, "Vienna moves")
    (new, old) = shown["rows"]
    assert (new["file"], new["key"], new["before"], new["after"]["number"]) == ("employees.csv", "E20", None, "E20")
    assert (old["before"]["job"], old["after"]["job"]) == ("staff", "head")
    assert {one["level"] for one in dana.get(f"{address}/check").json()["items"]} <= {"warning"}

    decision = hr.submit(address)
    assert (decision["kind"], decision["content"], decision["state"]) == ("change", {"change": 1}, "proposed")
    assert decision["may_approve"] == ["hr"]
    assert code(put(dana, address, "employees.csv", set_=[employee("E8")])) == (409, "not_open")
    assert code(hr.approve(dana, decision)) == (409, "same_person")
    assert code(hr.approve(hr.person("ferran"), decision)) == (409, "role")
    assert hr.approve(dora, decision).json()["state"] == "approved"
    applied = dana.get(address).json()
    assert (applied["state"], applied["revision"], applied["decision"]) == ("applied", 2, decision["id"])
    people = {one["file"]: one for one in dana.get("/api/v1/files").json()["items"]}["employees.csv"]
    assert (people["rows"], people["revision"], people["changed_by"]) == (7, 2, "change:1")


def test_nobody_else_writes_a_set(hr):
    """Another of hr hears why; an executive sees it; to an employee it is not there; a key writes none."""
    address = hr.begin()
    dora, ferran, alba = hr.person(SECOND), hr.person("ferran"), hr.person("alba")
    row = employee("E20")
    assert code(put(dora, address, "employees.csv", set_=[row])) == (409, "not_maker")
    for deed in ("submit", "rebase"):
        assert code(dora.post(f"{address}/{deed}", json={})) == (409, "not_maker")
        assert ferran.post(f"{address}/{deed}", json={}).status_code == 404
    assert code(dora.delete(address)) == (409, "not_maker")
    assert ferran.get(address).status_code == dora.get(address).status_code == 200
    assert put(ferran, address, "employees.csv", set_=[row]).status_code == 404
    for client in (alba, ferran):
        assert client.delete(address).status_code == 404
    assert alba.get(address).status_code == alba.get("/api/v1/changes").status_code == 404
    assert alba.post("/api/v1/changes", json={"title": "Mine", "reason": "Because I want it so."}).status_code == 404
    assert code(ferran.post("/api/v1/changes", json={"title": "Mine", "reason": "Because I want it so."})) == (
        409,
        "role",
    )
    key = hr.kopes("key", "create", "board", "--scope", "read", **hr.where).out.split()[-1]
    assert hr.client(Authorization=f"Bearer {key}").get(address).status_code == 403
    assert hr.person("dana").delete(address).json()["state"] == "discarded"
    assert code(put(hr.person("dana"), address, "employees.csv", set_=[row])) == (409, "not_open")


def test_what_a_load_would_find_is_found_at_its_key(hr):
    """And nothing with an error is submitted; a file of another door is not written to, nor one that there is not."""
    dana, address = hr.person("dana"), hr.begin()
    put(dana, address, "employees.csv", set_=[employee("E20", job="clerk")], remove=[{"number": "E2"}])
    found = dana.get(f"{address}/check").json()["items"]
    assert {(one["file"], one["key"], one["field"], one["code"], one["level"], one["in_set"]) for one in found} >= {
        ("employees.csv", "E20", "job", "not_an_option", "error", True)
    }
    assert any(one["file"] == "postings.csv" and one["key"].startswith("E2 ") for one in found)
    answer = dana.post(f"{address}/submit", json={})
    assert code(answer) == (409, "findings")
    assert {one["code"] for one in answer.json()["errors"]} >= {"not_an_option"}
    assert code(put(dana, address, "rates.csv", set_=[{}])) == (409, "mastered_elsewhere")
    assert put(dana, address, "unit.csv", set_=[{}]).status_code == 404
    wrong = put(dana, address, "units.csv", set_=[{"code": 7, "colour": "red"}])
    assert code(wrong) == (422, "invalid")
    assert {one["code"] for one in wrong.json()["errors"]} == {"not_text", "unknown_column"}
    twice = put(dana, address, "employees.csv", set_=[employee("E8")], remove=[{"number": "E8"}])
    assert [one["code"] for one in twice.json()["errors"]] == ["duplicate"]
    assert code(dana.post(f"{hr.begin()}/submit", json={})) == (409, "nothing_changed")


def test_names_and_addresses_take_one_person_all_else_two_and_nobody_changes_their_own(hr):
    """Own rows are an own case for maker and checker alike, a name too."""
    dana, address = hr.person("dana"), hr.begin()
    put(dana, address, "employees.csv", set_=[employee("E1", name="Alba Neu", email="alba@agency.example")])
    answer = dana.post(f"{address}/submit", json={})
    assert (answer.status_code, answer.json()["state"], answer.json()["revision"]) == (200, "applied", 2)

    six = hr.person("e6", "--role", "hr", "--employee", "E6")
    for row in (employee("E6", name="Me"), employee("E6", monthly_base="9000000")):
        own = hr.begin(six)
        put(six, own, "employees.csv", set_=[row])
        assert code(six.post(f"{own}/submit", json={})) == (409, "own_case")
    other = hr.begin()
    put(dana, other, "employees.csv", set_=[employee("E6", monthly_base="9000000")])
    decision = hr.submit(other)
    assert code(hr.approve(six, decision)) == (409, "own_case")
    refused = hr.person(SECOND).post(
        f"/api/v1/decisions/{decision['id']}/refuse", json={"reason": "Far too much money."}
    )
    assert refused.json()["state"] == "refused"
    assert dana.get(other).json()["state"] == "refused"


def test_where_hr_is_one_person_an_executive_approves(desk):
    """With one of hr alone nothing would ever be approved."""
    desk.take_over("employees.csv")
    address = desk.begin()
    put(desk.person("dana"), address, "employees.csv", set_=[employee("E20")])
    decision = desk.submit(address)
    assert decision["may_approve"] == ["executive", "hr"]
    assert desk.approve(desk.person("ferran"), decision).json()["state"] == "approved"


def test_what_another_revision_touched_overtakes_a_set(hr):
    """At its keys only; until it is taken to the present revision, which shows both rows and keeps the set's."""
    dana, dora = hr.person("dana"), hr.person(SECOND)
    first, second, apart = hr.begin(), hr.begin(), hr.begin()
    put(dana, first, "employees.csv", set_=[employee("E1", rank="G4")])
    put(dana, second, "employees.csv", set_=[employee("E1", rank="G3")])
    put(dana, apart, "employees.csv", set_=[employee("E2", job="head", rank="G2")])
    early = hr.submit(second)
    assert hr.approve(dora, hr.submit(first)).json()["state"] == "approved"
    # A decision that is overtaken is void, and says by what; the set is its maker's again.
    assert code(hr.approve(dora, early)) == (409, "overtaken")
    void = dana.get(f"/api/v1/decisions/{early['id']}").json()
    assert (void["state"], void["moved"]) == ("void", [{"file": "employees.csv", "key": "E1"}])
    answer = dana.post(f"{second}/submit", json={})
    assert code(answer) == (409, "overtaken")
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/employees.csv/E1"]
    rebased = dana.post(f"{second}/rebase", json={}).json()
    (both,) = rebased["touched"]
    assert (rebased["base"], both["base"]["rank"], both["present"]["rank"], both["set"]["rank"]) == (
        2,
        "G5",
        "G4",
        "G3",
    )
    assert hr.approve(dora, hr.submit(second)).json()["state"] == "approved"
    # Other keys are nobody's concern.
    assert hr.approve(dora, hr.submit(apart)).json()["state"] == "approved"
    ranks = {one["number"]: one["rank"] for one in exported(hr, "employees")}
    assert (ranks["E1"], ranks["E2"]) == ("G3", "G2")


def exported(desk: Desk, name: str) -> list[dict[str, str]]:
    """The rows of a file as a command writes them."""
    out = desk.folder.parent / f"out-{len(list(desk.folder.parent.iterdir()))}"
    desk.kopes("folder", "export", out, database=desk.where["database"])
    with (out / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_an_applied_set_is_taken_back_by_another(hr):
    """A set with the rows before, checked and approved like any; what was never applied cannot be."""
    dana, dora = hr.person("dana"), hr.person(SECOND)
    before = exported(hr, "employees")
    address = hr.begin()
    put(dana, address, "employees.csv", set_=[employee("E1", rank="G4"), employee("E20")])
    assert code(dana.post("/api/v1/changes", json={"revert": 1, "reason": "It was a mistake."})) == (409, "not_applied")
    hr.approve(dora, hr.submit(address)).raise_for_status()
    assert exported(hr, "employees") != before
    made = dana.post("/api/v1/changes", json={"revert": 1, "reason": "It was a mistake."})
    assert (made.status_code, made.json()["reverts"]) == (201, 1)
    assert {(row["key"], row["after"] and row["after"]["rank"]) for row in made.json()["rows"]} == {
        ("E1", "G5"),
        ("E20", None),
    }
    hr.approve(dora, hr.submit(made.headers["Location"])).raise_for_status()
    assert exported(hr, "employees") == before


def test_a_spreadsheet_comes_back_sorted_with_columns_of_its_own(hr):
    """A file as a whole removes what is not in it; as rows it sets them, and nothing else."""
    dana, address = hr.person("dana"), hr.begin()
    rows = exported(hr, "employees")
    columns = [*rows[0], "x_note"]
    sent = [*reversed(rows), employee("E20", left_on="", x_note="new")]
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for line, cells in enumerate((columns, *([row.get(column, "mine") for column in columns] for row in sent))):
            sheet.write_row(line, 0, cells)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    answer = dana.put(f"{address}/files/employees.csv", content=out.getvalue(), headers={"Content-Type": kind})
    assert answer.status_code == 200, answer.text
    assert [row["key"] for row in answer.json()["rows"]] == ["E20"]
    text = "number,name,email,rank,job,monthly_base,hired_on,left_on\nE1,E1,,G1,staff,3000000,2000-01-01,\n"
    headers = {"Content-Type": "text/csv"}
    answer = dana.put(f"{address}/files/employees.csv?mode=rows", content=text, headers=headers)
    assert [row["key"] for row in answer.json()["rows"]] == ["E20", "E1"]
    answer = dana.put(f"{address}/files/employees.csv", content=text, headers=headers)
    assert {(row["key"], row["after"] is None) for row in answer.json()["rows"]} == {
        ("E1", False),
        ("E2", True),
        ("E6", True),
        ("E7", True),
        ("E8", True),
        ("E9", True),
    }


def test_definitions_are_changed_by_sets_too(hr):
    """A KPI's words by one person, its measure by two; what is wrong with it stands at its line."""
    dana, dora = hr.person("dana"), hr.person(SECOND)
    out = hr.folder.parent / "yaml"
    hr.kopes("folder", "export", out, database=hr.where["database"])
    text = (out / "definitions" / "deals.yaml").read_text(encoding="utf-8")
    headers = {"Content-Type": "application/yaml"}
    address = hr.begin()
    named = text.replace("A name", "Deals that were signed")
    dana.put(f"{address}/definitions/deals.yaml", content=named, headers=headers).raise_for_status()
    assert dana.post(f"{address}/submit", json={}).status_code == 200
    address = hr.begin()
    wrong = named.replace("verified", "sometimes")
    dana.put(f"{address}/definitions/deals.yaml", content=wrong, headers=headers).raise_for_status()
    (found,) = [one for one in dana.get(f"{address}/check").json()["items"] if one["level"] == "error"]
    assert (found["file"], found["field"], found["row"] is not None) == ("definitions/deals.yaml", "counts_from", True)
    right = named.replace("verified", "entered")
    answer = dana.put(f"{address}/definitions/deals.yaml", content=right, headers=headers).json()
    (document,) = answer["documents"]
    assert "counts_from: verified" in document["before"]
    assert "counts_from: entered" in document["after"]
    hr.approve(dora, hr.submit(address)).raise_for_status()
    again = hr.folder.parent / "yaml-again"
    hr.kopes("folder", "export", again, database=hr.where["database"])
    assert "counts_from: entered" in (again / "definitions" / "deals.yaml").read_text(encoding="utf-8")


def scores(client: httpx.Client, cycle: int) -> dict[tuple[str, str], object]:
    """Every score of a cycle as a program reads it."""
    told: dict[tuple[str, str], object] = {}
    address: str | None = f"/api/v1/scorecards?cycle={cycle}&limit=1000"
    while address:
        page = client.get(address).raise_for_status().json()
        for card in page["items"]:
            told[card["node"], "own_score"] = card["own_score"]
            told[card["node"], "final_score"] = card["final_score"]
            told |= {(card["node"], f"score:{line['kpi']}"): line["score"] for line in card["lines"]}
        address = page["next"]
    return told


@pytest.mark.parametrize("seed", seeds(2))
def test_any_folder_comes_by_a_set_as_it_comes_by_a_load(
    seed, engine, database_url, new_database, kopes, serve, tmp_path
):
    """Every kind of row: equal digest and sums; and what was said to move before is what has moved after."""
    first, second = tmp_path / "A", tmp_path / "B"
    random_agency(seed, people=12, units=6, events=80, folder=first)
    change_agency(seed, first, second)
    where = {"database": database_url, "definitions": first / "definitions"}
    kopes("load", first / "agency", **where)
    kopes("ingest", first / "events.ndjson", database=database_url, status=None)
    desk = Desk(serve(database_url, definitions=first / "definitions"), kopes, where)
    try:
        dana = desk.person("dana", "--role", "hr")
        desk.person("ferran", "--role", "executive")
        dora = desk.person(SECOND, "--role", "hr")
        desk.take_over(*ALL)
        address = desk.begin()
        for name in FILES:
            path = second / "agency" / f"{name}.csv"
            if path.exists():
                headers = {"Content-Type": "text/csv"}
                dana.put(f"{address}/files/{name}.csv", content=path.read_bytes(), headers=headers).raise_for_status()
        yaml = {"Content-Type": "application/yaml"}
        for path in sorted((second / "definitions").glob("*.yaml")):
            if path.stem == "policies":
                dana.put(f"{address}/policies.yaml", content=path.read_bytes(), headers=yaml).raise_for_status()
            else:
                dana.put(
                    f"{address}/definitions/{path.name}", content=path.read_bytes(), headers=yaml
                ).raise_for_status()
        cycle = json.loads((first / "events.ndjson").read_text(encoding="utf-8").splitlines()[0])["time"][:4]
        before = scores(dana, cycle)
        told = dana.get(f"{address}/effects?cycle={cycle}").raise_for_status().json()["items"]
        decision = desk.submit(address)
        approved = desk.approve(dora, decision)
        assert approved.status_code == 200, approved.text
        after = scores(dana, cycle)
        moved = {
            key: (before.get(key), after.get(key))
            for key in before.keys() | after.keys()
            if before.get(key) != after.get(key)
        }
        said = {(one["node"], one["member"]): (one["before"], one["after"]) for one in told if "score" in one["member"]}
        assert said == moved
        sums = {one["file"]: one["sha256"] for one in dana.get("/api/v1/files").json()["items"]}
        digest = kopes("digest", database=database_url).out
        assert kopes("reconcile", database=database_url).status == 0
    finally:
        for client in desk.clients:
            client.close()

    other = new_database({"sqlite": "postgresql", "postgresql": "sqlite"}[engine])
    kopes("load", second / "agency", database=other, definitions=second / "definitions")
    kopes("ingest", first / "events.ndjson", database=other, status=None)
    assert kopes("digest", database=other).out == digest
    fresh = Desk(
        serve(other, definitions=second / "definitions"),
        kopes,
        {"database": other, "definitions": second / "definitions"},
    )
    try:
        dana = fresh.person("dana", "--role", "hr")
        assert {one["file"]: one["sha256"] for one in dana.get("/api/v1/files").json()["items"]} == sums
    finally:
        for client in fresh.clients:
            client.close()


LINE = Setting(
    agency="""
    unit HQ agency
      unit EUR regional_hq
        unit VIE office
        unit PAR office
    employee E1 VIE staff
    employee E2 VIE head
    employee E3 EUR head
    employee E4 PAR head
    employee E6 HQ staff
    """,
    people=(DANA, FERRAN, DORA, *((f"e{one}", "--role", "employee", "--employee", f"E{one}") for one in (2, 3, 4))),
    application=("units.csv", "postings.csv"),
)


def test_for_whom_entries_would_wait_is_told_and_comes_so(desks, engine, tmp_path):
    """A head goes, an office moves, the head above goes too: whose queues are others, by the line of heads counted here, and as they then are.

    An entry waits for the head of its unit, else for the nearest one above; above nobody for hr, told of the agency itself. The decision's page
    says it to whoever is to agree.
    """
    with desks.copy(engine, LINE, tmp_path) as desk:
        entered = {"E1": 2, "E2": 1, "E4": 1}
        days = iter(range(1, 9))
        lines = [
            f"2026-03-0{next(days)} deal D-{one}{n} {one} 1000.00 EUR"
            for one, many in entered.items()
            for n in range(many)
        ]
        events = tmp_path / "entered.ndjson"
        events.write_text("".join(f"{json.dumps(event_of(line))}\n" for line in lines), "utf-8")
        desk.kopes("ingest", events, **desk.where)
        above = {"VIE": "EUR", "PAR": "EUR", "EUR": "HQ", "HQ": ""}
        heads = {"VIE": "E2", "EUR": "E3", "PAR": "E4"}
        units = {"E1": "VIE", "E2": "VIE", "E4": "PAR"}

        def waiting():
            """Entries by head, those of hr under the agency: the nearest head up the line who did not enter it."""
            count: Counter[str] = Counter()
            for one, many in entered.items():
                unit = units[one]
                while unit and heads.get(unit) in {None, one}:
                    unit = above[unit]
                count[f"employee:{heads[unit]}" if unit else "unit:HQ"] += many
            return count

        steps = [
            (("postings.csv", "E2"), {"role": "staff"}, lambda: heads.pop("VIE")),
            (("units.csv", "VIE"), {"parent": "HQ"}, lambda: above.update(VIE="HQ")),
            (("postings.csv", "E3"), {"role": "staff"}, lambda: heads.pop("EUR")),
        ]
        for (file, key), other, then in steps:
            before = waiting()
            (row,) = (
                one for one in desk.person("dana").get(f"/api/v1/files/{file}").json()["items"] if key in one.values()
            )
            address = desk.begin()
            row = {name: "" if value is None else str(value) for name, value in row.items()} | other
            put(desk.person("dana"), address, file, set_=[row]).raise_for_status()
            told = desk.person("dana").get(f"{address}/effects?cycle=2026").raise_for_status().json()
            then()
            after = waiting()
            wanted = {(one, before[one], after[one]) for one in before | after if before[one] != after[one]}
            queues = {(one["node"], one["before"], one["after"]) for one in told["items"] if one["member"] == "queue"}
            assert (queues, bool(queues)) == (wanted, True)
            decision = desk.submit(address)
            page = desk.person(SECOND).get(f"/decisions/{decision['id']}").text
            rows = re.findall(
                r'data-label="Before">(\d+)</td><td class="number" data-label="After">(\d+)</td></tr>', page
            )
            assert Counter(rows) == Counter((str(one), str(other)) for _, one, other in wanted)
            assert desk.approve(desk.person(SECOND), decision).json()["state"] == "approved"
            for name in ("e2", "e3", "e4"):
                shown = re.search(r'data-total="(\d+)"', desk.person(name).get("/verification").text)
                assert int(shown[1] if shown else 0) == after[f"employee:{name.upper()}"], name
