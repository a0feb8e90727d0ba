"""The tree of units of any day, compared with another, and the forms that change units and people: all into change sets, none without being shown."""

from __future__ import annotations

import re
from html import unescape
from typing import Any, Final

import pytest

from app.web.changes.change_basket import into_basket
from app.web.pages import organisation_units
from tests.conftest import CountQueries
from tests.web.test_changes import WHY, agree, said, take_over
from tests.web.working import Somebody, Working, loaded_folder, working

__all__ = ["loaded_folder", "working"]

NEW: Final = {"into": "new", "title": "Vienna moves", "reason": WHY}
OSAKA: Final = {"code": "OSA", "name": "Osaka", "country": "JP", "timezone": "Asia/Tokyo"}
FILES: Final = ("units.csv", "postings.csv", "employees.csv", "employment.csv", "status.csv", "scorecards.csv")


def shown(somebody: Somebody, address: str, form: dict[str, Any]) -> tuple[str, str]:
    """Send a form the first time: the page as it is read, and the mark of what it shows."""
    answer = somebody.post(address, NEW | form)
    assert answer.status_code == 200, said(answer.text)[-2500:]
    mark = re.search(r'name="seen" value="(\w{64})"', answer.text)
    assert mark is not None, said(answer.text)
    return said(unescape(answer.text)), mark[1]


def put(somebody: Somebody, address: str, form: dict[str, Any]) -> str:
    """Look at what a form does, and put it into the set: the set's address."""
    _, mark = shown(somebody, address, form)
    answer = somebody.post(address, NEW | form | {"seen": mark})
    assert answer.status_code == 303, said(answer.text)[-1500:]
    return answer.headers["Location"]


def rows(somebody: Somebody, address: str) -> dict[tuple[str, str], dict[str, str] | None]:
    """The rows of a set as they are wanted, by file and key."""
    told = somebody.get(f"/api/v1{address}").json["rows"]
    return {(one["file"], one["key"]): one["after"] for one in told}


def test_the_tree_of_a_day_says_what_another_day_has_otherwise(working: Working) -> None:
    """Moved, renamed, new, closed, another head: marked in the tree, and listed; who may see files sees it, and hr alone is offered forms."""
    take_over(working, *FILES)
    moved = put(working.dana, "/organisation/units/VIE?do=move", {"day": "2026-07-01", "parent": "ASI"})
    more = {"into": moved.rpartition("/")[2]}
    put(
        working.dana,
        "/organisation/units/PAR?do=close",
        more | {"day": "2026-07-01", "people_to": "EUR", "units_to": "EUR"},
    )
    put(
        working.dana,
        "/organisation/units/TYO?do=change",
        more | {"day": "2026-07-01", "name": "Tokyo", "country": "JP", "timezone": "Asia/Tokyo"},
    )
    put(
        working.dana,
        "/organisation/transfer?do=move",
        more | {"employees": "E2", "unit": "TYO", "role": "head", "day": "2026-07-01"},
    )
    put(
        working.dana,
        "/organisation/units",
        more | {"day": "2026-07-01", "parent": "ASI"} | OSAKA | {"kind": "office"},
    )
    page = said(unescape(working.dana.get(f"/organisation?on=2026-07-01&set={more['into']}").text))
    for sentence in (
        "VIE : moved, was below EUR; other head, was E2; people: 0 more, 1 gone",
        "PAR : has closed",
        "Tokyo (TYO) : renamed, was “TYO”; other head, was –; other country, was AT; people: 1 more, 0 gone",
        "Osaka (OSA) : is new",
    ):
        assert sentence in page
    agree(working.wanda, working.dana.post(f"{moved}/submit", {}).headers["Location"])
    for name, offers in (("emil", False), ("ferran", False), ("dana", True)):
        browser: Somebody = getattr(working, name)
        page = browser.get("/organisation?on=2026-07-01&with=2026-06-30").text
        assert "VIE</strong>: moved, was below EUR" in page
        assert ("Move…" in page, "Show what it does" in browser.get("/organisation/units/VIE").text) == (offers, offers)
        assert (
            "Nothing: units, heads and people are the same."
            in browser.get("/organisation?on=2026-06-29&with=2026-06-30").text
        )
    met = said(unescape(working.dana.get("/organisation?text=toky&on=2026-07-01").text))
    assert "1 unit has “toky”" in met
    for name in ("alba", "boram", "iris"):
        assert (
            getattr(working, name).statuses("/organisation", "/organisation/units", "/organisation/transfer")
            == [404] * 3
        )


def test_one_form_gives_somebody_another_place_role_and_base(working: Working) -> None:
    """“E1 becomes a manager in Paris on 1 August with a new base” is one form, told in sentences before anything is kept (issue 13)."""
    take_over(working, *FILES)
    form = {
        "employees": "e1",
        "unit": "PAR",
        "role": "manager",
        "job": "manager",
        "monthly_base": "4,000,000",
        "day": "2026-08-01",
    }
    page, _ = shown(working.dana, "/organisation/transfer?do=move", form)
    for sentence in (
        "The posting to VIE as Staff ends with 31 Jul 2026.",
        "Posted to PAR as Manager from 1 Aug 2026 on.",
        "Employed from 1 Aug 2026 on: Manager, ₩4,000,000 a month, in place of Staff, ₩3,000,000 a month.",
        "A cycle is judged by what holds on its last day: for 2026 (1 Jan 2026 to 31 Dec 2026) this counts as if it had held all the time",
        "People whose pay changes: 1 (",
    ):
        assert sentence in page
    assert "The job stays" not in page
    stays = "The job stays Staff: by it goes what the unit's score and one's own count for"
    as_before = shown(working.dana, "/organisation/transfer?do=move", form | {"job": "", "monthly_base": ""})[0]
    assert stays in unescape(as_before)
    # From a cycle's first day on there is nothing that it would count back to.
    new_year = shown(working.dana, "/organisation/transfer?do=move", form | {"day": "2027-01-01"})[0]
    assert "Employed from 1 Jan 2027 on" in new_year
    assert "as if it had held all the time" not in new_year
    assert working.dana.get("/api/v1/changes").json["items"] == []
    address = put(working.dana, "/organisation/transfer?do=move", form)
    # What holds of the person stands below the form, with what the set makes of it.
    into = address.rpartition("/")[2]
    told = said(unescape(working.dana.get(f"/organisation/transfer?employee=E1&into={into}").text)).partition(
        "What holds of"
    )[2]
    assert re.search(
        r"31 Jul 2026 Posted to VIE as Staff .* 31 Jul 2026 Employed as Staff, rank \S+, ₩3,000,000 a month 1 Aug 2026 no end Posted to PAR as Manager "
        r"1 Aug 2026 no end Employed as Manager, rank \S+, ₩4,000,000 a month",
        told,
    )
    assert "Employed as" not in working.dana.get("/organisation/transfer").text
    assert rows(working.dana, address) == {
        ("postings.csv", "E1 2000-01-01"): {"employee": "E1", "unit": "VIE", "role": "staff", "from": "2000-01-01", "to": "2026-08-01"},
        ("postings.csv", "E1 2026-08-01"): {"employee": "E1", "unit": "PAR", "role": "manager", "from": "2026-08-01", "to": ""},
        ("employment.csv", "E1 2026-08-01"): {
            "employee": "E1", "from": "2026-08-01", "to": "", "job": "manager", "rank": "", "monthly_base": "4000000"
        },
    }  # fmt: skip


def test_a_form_builds_upon_what_the_open_set_says(working: Working) -> None:
    """Who goes to Paris in August by the set is, by the next form, there in September; what the set says already is said to be so."""
    take_over(working, *FILES)
    form = {"employees": "E1", "unit": "PAR", "role": "staff", "day": "2026-08-01"}
    address = put(working.dana, "/organisation/transfer?do=move", form)
    into = {"into": address.rpartition("/")[2]}
    page = working.dana.post("/organisation/transfer?do=move", NEW | form | into).text
    assert "nothing would be changed" in page
    put(
        working.dana,
        "/organisation/transfer?do=move",
        into | form | {"unit": "TYO", "day": "2026-09-01", "from_unit": "PAR"},
    )
    wanted = rows(working.dana, address)
    spans = [
        (one["unit"], one["from"], one["to"]) for (file, _), one in wanted.items() if file == "postings.csv" and one
    ]
    assert sorted(spans) == [
        ("PAR", "2026-08-01", "2026-09-01"),
        ("TYO", "2026-09-01", ""),
        ("VIE", "2000-01-01", "2026-08-01"),
    ]
    other = working.wanda.post("/organisation/transfer?do=move", NEW | form | into)
    assert "Put into the change set" in other.text
    assert "Change set 1:" not in other.text


def test_people_join_leave_are_on_leave_and_are_seconded(working: Working) -> None:
    """Each by one form into the same set: rows of every file that it takes."""
    take_over(working, *FILES)
    offered = re.search(
        r'<input[^>]* name="number"[^>]* value="(E[0-9]+)"', working.dana.get("/organisation/transfer?do=join").text
    )
    assert offered is not None
    assert f'"{offered[1]}"' not in working.dana.get("/api/v1/files/employees.csv?limit=100").text
    joiner = {"number": "E20", "name": "Nari Kim", "email": "nari@agency.example", "job": "staff", "rank": "G6"}
    address = put(
        working.dana,
        "/organisation/transfer?do=join",
        joiner | {"monthly_base": "2800000", "unit": "VIE", "day": "2026-08-01"},
    )
    into = {"into": address.rpartition("/")[2]}
    put(working.dana, "/organisation/transfer?do=leaver", into | {"employees": "E6", "day": "2026-08-31"})
    put(
        working.dana,
        "/organisation/transfer?do=leave",
        into | {"employees": "E3", "day": "2026-12-20", "until": "2027-01-10"},
    )
    seconded = {"employees": "E20", "day": "2026-09-01", "until": "2026-10-31", "unit": "TYO"}
    page, _ = shown(working.dana, "/organisation/transfer?do=secondment", into | seconded)
    assert "Posted to TYO as Staff from 1 Sept 2026 to 31 Oct 2026." in page
    put(working.dana, "/organisation/transfer?do=secondment", into | seconded)
    put(
        working.dana,
        "/organisation/transfer?do=terms",
        into | {"employees": "E1\nE3", "rank": "G4", "day": "2027-01-01"},
    )
    wanted = rows(working.dana, address)
    assert wanted["employees.csv", "E20"] is not None
    assert wanted["employees.csv", "E20"]["hired_on"] == "2026-08-01"
    assert wanted["employees.csv", "E6"] is not None
    assert wanted["employees.csv", "E6"]["left_on"] == "2026-09-01"
    assert {(key, one["unit"], one["to"]) for (file, key), one in wanted.items() if file == "postings.csv" and one} == {
        ("E20 2026-08-01", "VIE", "2026-09-01"),
        ("E20 2026-09-01", "TYO", "2026-11-01"),
        ("E20 2026-11-01", "VIE", ""),
        ("E6 2000-01-01", "VIE", "2026-09-01"),
    }
    assert {(key, one["from"], one["to"]) for (file, key), one in wanted.items() if file == "status.csv" and one} == {
        ("E3 2026 1", "2026-12-20", "2027-01-01"),
        ("E3 2027 1", "2027-01-01", "2027-01-11"),
        ("E20 2026 1", "2026-09-01", "2026-11-01"),
    }
    assert {key for file, key in wanted if file == "employment.csv"} == {"E1 2027-01-01", "E3 2027-01-01"}
    agree(working.wanda, working.dana.post(f"{address}/submit", {}).headers["Location"])
    assert "Nari Kim" in working.dana.get("/people").text


def test_a_unit_is_closed_merged_and_split_with_its_people(working: Working) -> None:
    """One form makes the rows of units and postings; nobody is left in a unit that is gone, and queues are told."""
    take_over(working, *FILES)
    working.record("2026-03-04 deal D-1 E1 1000.00 EUR")
    form = {"day": "2026-07-01", "people_to": "PAR", "heads_as": "staff"}
    page, _ = shown(working.dana, "/organisation/units/VIE?do=merge", form)
    assert "Closes: its last day is 30 Jun 2026." in page
    assert "Posted to PAR as Staff from 1 Jul 2026 on." in page
    assert "VIE from 1 Jan 2000 on" in page
    # An entry is judged by whoever stands above its unit; above one that is gone nobody does.
    assert "Waits for Before After HR, as no head stands above 0 1 E2 1 0" in page
    address = put(working.dana, "/organisation/units/VIE?do=merge", form)
    into = {"into": address.rpartition("/")[2]}
    put(
        working.dana,
        "/organisation/units/PAR?do=split",
        into | {"day": "2026-08-01", "code": "LYO", "name": "Lyon", "employees": "E1"},
    )
    wanted = rows(working.dana, address)
    spans = {
        (one["employee"], one["unit"], one["from"])
        for (file, _), one in wanted.items()
        if file == "postings.csv" and one
    }
    assert spans == {
        *((number, "VIE", "2000-01-01") for number in ("E1", "E2", "E6")),
        *((number, "PAR", "2026-07-01") for number in ("E1", "E2", "E6")),
        ("E1", "LYO", "2026-08-01"),
    }
    wrong = working.dana.post("/organisation/units/EUR?do=merge", NEW | into | form)
    assert wrong.status_code == 422
    assert "PAR is the unit itself, or below it: choose a unit elsewhere." in said(unescape(wrong.text))


@pytest.mark.parametrize(
    ("address", "form", "sentence"),
    [
        ("transfer?do=move", {"employees": "E99", "unit": "PAR", "role": "staff", "day": "2026-08-01"}, "There is no employee “E99”"),
        ("transfer?do=move", {"unit": "PAR", "role": "staff", "day": "2026-08-01"}, "Nobody is named: write at least one"),
        ("transfer?do=move", {"employees": "E1", "unit": "PAR", "role": "staff", "day": "soon"}, "This is no day"),
        ("transfer?do=move", {"employees": "E1", "unit": "", "role": "staff", "day": "2026-08-01"}, "To unit: This is empty"),
        ("transfer?do=terms", {"employees": "E1", "day": "2026-08-01"}, "Nothing is said of job, rank or base"),
        ("transfer?do=terms", {"employees": "E1", "monthly_base": "4.5", "day": "2026-08-01"}, "without decimals"),
        ("transfer?do=join", {"number": "E1", "name": "Nari", "day": "2026-08-01"}, "There is an employee E1 already"),
        ("transfer?do=leave", {"employees": "E1", "day": "2026-08-01", "until": "2026-07-01"}, "turn the two round"),
        ("transfer?do=leave", {"employees": "E1", "day": "2026-08-01", "until": "2100-07-01"}, "more than 30 years"),
        ("transfer?do=move", {"employees": "E1", "unit": "PAR", "role": "staff", "day": "2026-08-01", "until": "9999-12-31"}, "at most 2199-12-31"),
        ("transfer?do=leaver", {"employees": "E1", "day": "9999-12-31"}, "at most 2199-12-31"),
        ("units/VIE?do=close", {"people_to": "EUR", "units_to": "EUR", "day": "0001-01-01"}, "at least 1900-01-01"),
        ("units/VIE?do=move", {"parent": "VIE", "day": "2026-08-01"}, "is the unit itself, or below it"),
        ("units/VIE?do=move", {"parent": "PAR", "day": "1999-08-01"}, "does not exist on"),
        ("units/HQ?do=move", {"parent": "PAR", "day": "2026-08-01"}, "The agency itself is neither moved nor closed"),
        ("units", {"code": "VIE", "name": "V", "kind": "office", "parent": "EUR", "day": "2026-08-01"}, "There is a unit VIE already"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    working: Working, address: str, form: dict[str, str], sentence: str
) -> None:
    """Field, cause and what to do next; nothing was begun."""
    take_over(working, *FILES)
    answer = working.dana.post(f"/organisation/{address}", NEW | {"title": "What was typed"} | form)
    assert answer.status_code == 422
    text = unescape(answer.text)
    assert sentence in said(text)
    assert 'value="What was typed"' in text
    assert working.dana.get("/api/v1/changes").json["items"] == []


def test_a_set_begins_with_the_revision_that_its_rows_were_made_of(
    working: Working, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another of HR changed while the form was looked at is not taken back: the set is overtaken. So with what one's own other tab put in."""
    take_over(working, *FILES)
    form = {"day": "2026-07-01", "name": "Tokyo", "country": "JP", "timezone": "Asia/Tokyo"}
    address = "/organisation/units/TYO?do=change"
    _, mark = shown(working.dana, address, form)

    def renamed_meanwhile(*all_: Any) -> Any:
        monkeypatch.undo()
        begun = working.wanda.post("/changes", {"title": "Another name", "reason": WHY}).headers["Location"]
        row = next(one for one in working.wanda.get("/api/v1/files/units.csv").json["items"] if one["code"] == "TYO")
        text = {name: "" if value is None else str(value) for name, value in row.items()} | {"name": "Edo"}
        rows_put = working.wanda.client.put(
            f"/api/v1{begun}/rows/units.csv", json={"set": [text]}, headers={"Origin": "http://localhost"}
        )
        assert rows_put.status_code == 200, rows_put.text
        assert working.wanda.post(f"{begun}/submit", {}).status_code == 303
        return into_basket(*all_)

    monkeypatch.setattr(organisation_units, "into_basket", renamed_meanwhile)
    made = working.dana.post(address, NEW | form | {"seen": mark})
    assert made.status_code == 303, said(made.text)[-1500:]
    location = made.headers["Location"]
    assert working.wanda.get("/api/v1/files/units.csv?node=unit:TYO").json["items"][0]["name"] == "Edo"
    assert working.dana.post(f"{location}/submit", {}).status_code == 409

    into = {"into": location.rpartition("/")[2]}
    more = form | into | {"day": "2026-09-01", "name": "Kyoto"}
    _, mark = shown(working.dana, address, more)

    def put_meanwhile(*all_: Any) -> Any:
        monkeypatch.undo()
        put(
            working.dana,
            "/organisation/transfer?do=move",
            into | {"employees": "E1", "unit": "PAR", "role": "staff", "day": "2026-08-01"},
        )
        return into_basket(*all_)

    monkeypatch.setattr(organisation_units, "into_basket", put_meanwhile)
    answer = working.dana.post(address, NEW | more | {"seen": mark})
    assert (answer.status_code, "holds something else" in answer.text) == (422, True)


def test_a_set_without_a_reason_is_not_begun_and_the_form_stays(working: Working) -> None:
    """The rows were shown; the reason is missing: all that was typed comes back. Files that come by another door are named at once."""
    assert "These files do not come by this application: Postings." in said(
        working.dana.get("/organisation/transfer").text
    )
    take_over(working, *FILES)
    form = {"employees": "E1", "unit": "PAR", "role": "staff", "day": "2026-08-01", "reason": "", "title": "Paris"}
    _, mark = shown(working.dana, "/organisation/transfer?do=move", form)
    refused = working.dana.post("/organisation/transfer?do=move", NEW | form | {"seen": mark})
    assert refused.status_code == 422
    assert 'value="Paris"' in refused.text
    assert "At least 10 characters" in refused.text or "10" in said(refused.text)


def test_the_number_of_queries_does_not_grow_with_units_and_people(
    working: Working, count_queries: CountQueries
) -> None:
    """The tree, a unit and the transfer: as many for a set of one row as for one of eight."""
    take_over(working, *FILES)
    # Where rows of units change, six more ask what activities need.
    address = put(working.dana, "/organisation/units/PAR?do=move", {"day": "2026-08-01", "parent": "ASI"})
    into = {"into": address.rpartition("/")[2]}
    pages = (f"/organisation?set={into['into']}", "/organisation/units/VIE", "/organisation/transfer")

    def counts() -> list[int]:
        told = []
        for page in pages:
            working.dana.get(page)
            with count_queries() as queries:
                working.dana.get(page)
            told.append(len(queries))
        return told

    few = counts()
    put(
        working.dana,
        "/organisation/units/VIE?do=close",
        into | {"day": "2026-09-01", "people_to": "EUR", "units_to": "EUR"},
    )
    put(
        working.dana,
        "/organisation/units",
        into | {"day": "2026-07-01", "parent": "ASI"} | OSAKA | {"kind": "office"},
    )
    assert counts() == few


def test_goal_lines_hang_on_the_unit_above_from_the_next_cycle_on(working: Working) -> None:
    """Where that has the KPI; a line for which it has none is told, and stays. A cycle that is under way keeps its lines."""
    take_over(working, *FILES)
    address = working.dana.post("/changes", {"title": "Vienna moves", "reason": WHY}).headers["Location"]
    lines = [
        "cycle,node,kpi,weight,area,link,parent_node,parent_kpi,base,high,low,target,coefficient",
        "2026,unit:VIE,deals,10,,contributory,unit:EUR,deals,,,,10,",
        *(f"2027,unit:{unit},{kpi},50,,unique,,,,,,10," for unit, kpi in (("EUR", "deals"), ("EUR", "consults"))),
        *(f"2027,unit:{unit},{kpi},50,,unique,,,,,,10," for unit, kpi in (("ASI", "deals"), ("ASI", "buyers"))),
        *(f"2027,unit:VIE,{kpi},50,,contributory,unit:EUR,{kpi},,,,10," for kpi in ("deals", "consults")),
    ]
    pasted = working.dana.post(f"{address}/rows", {"file": "scorecards.csv", "rows": "\n".join(lines)})
    assert pasted.status_code == 303
    form = {"into": address.rpartition("/")[2], "day": "2027-01-01", "parent": "ASI", "rehang": "yes"}
    page, _ = shown(working.dana, "/organisation/units/VIE?do=move", form)
    assert "Goal lines that hang on the same KPI of ASI then: 1." in page
    assert "Goal lines for which ASI has no such KPI: 1." in page
    put(working.dana, "/organisation/units/VIE?do=move", form)
    wanted = rows(working.dana, address)
    hung = {key: one["parent_node"] for (file, key), one in wanted.items() if file == "scorecards.csv" and one}
    assert {key: above for key, above in hung.items() if "unit:VIE" in key} == {
        "2026 unit:VIE deals": "unit:EUR",
        "2027 unit:VIE deals": "unit:ASI",
        "2027 unit:VIE consults": "unit:EUR",
    }


def test_a_move_that_comes_earlier_than_another_closes_nothing(working: Working) -> None:
    """Vienna goes under Asia in January: moved under Paris' region for half a year before, it goes on in what holds from January on."""
    take_over(working, *FILES)
    address = put(working.dana, "/organisation/units/VIE?do=move", {"day": "2027-01-01", "parent": "ASI"})
    agree(working.wanda, working.dana.post(f"{address}/submit", {}).headers["Location"])
    page, _ = shown(working.dana, "/organisation/units/VIE?do=move", {"day": "2026-07-01", "parent": "PAR"})
    assert "From 1 Jul 2026 on below PAR" in page
    assert "Closes" not in page


def test_a_group_that_no_unit_is_in_is_asked_about(working: Working) -> None:
    """A group that is misspelt would be one of its own, with seats of its own."""
    take_over(working, *FILES)
    form = {"day": "2026-07-01", "name": "Vienna", "kind": "office", "country": "AT", "timezone": "Europe/Vienna"}
    page, _ = shown(working.dana, "/organisation/units/VIE?do=change", form | {"evaluation_group": "Market (1)"})
    assert "No unit is in the evaluation group “Market (1)” yet" in page


def test_the_auditor_finds_who_changed_a_unit_by_its_name(working: Working) -> None:
    """The trail knows the decisions and sets about a unit, and what they are called; the unit's page says what holds, and who is to come."""
    take_over(working, *FILES)
    address = put(working.dana, "/organisation/units/VIE?do=move", {"day": "2027-01-01", "parent": "ASI"})
    decision = working.dana.post(f"{address}/submit", {}).headers["Location"]
    agree(working.wanda, decision)
    for text in ("VIE", "Vienna moves", f"Change set {address.rpartition('/')[2]}"):
        page = working.emil.get("/trail", query_string={"subject": text}).text
        assert f'href="{address}"' in page, text
    assert f'href="{decision}"' in working.emil.get("/trail?subject=VIE").text
    unit = said(working.emil.get("/organisation/units/VIE").text)
    assert "1 Jan 2027" in unit
    assert "Put into the change set" not in unit
    assert "E2" in unit


def test_a_unit_that_loses_its_head_is_told_before(working: Working) -> None:
    """E2 is Vienna's head and goes to Paris as a manager: from that day on Vienna has none, and the form says so."""
    take_over(working, *FILES)
    form = {"employees": "E2", "unit": "PAR", "role": "manager", "day": "2027-02-01"}
    page, _ = shown(working.dana, "/organisation/transfer?do=move", form)
    assert "Without a head from then on: VIE" in page
    staff, _ = shown(working.dana, "/organisation/transfer?do=move", form | {"employees": "E1"})
    assert "Without a head" not in staff
