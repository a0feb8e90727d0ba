"""The pages of change sets: begun, filled by pasting, looked at, submitted, agreed to by a second person and taken back."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from uuid import uuid4

from app import organisation
from tests.conftest import CountQueries
from tests.web.working import Somebody, Working, loaded_folder, settled, working, working_on_each

__all__ = ["loaded_folder", "settled", "working", "working_on_each"]

WHY: Final = "Agreed in the meeting of Monday."
HEADER: Final = "number\tname\temail\trank\tjob\tmonthly_base\thired_on\tleft_on"


def row(number: str, job: str = "staff", base: str = "3000000", name: str = "") -> str:
    return "\t".join((number, name or number, f"{number}@agency.example", "G5", job, base, "2000-01-01", ""))


def take_over(working: Working, *files: str) -> None:
    """Hr proposes that files come by the application, an executive agrees: both on their pages."""
    for file in files:
        form = {"file": file, "to": "application", "reason": WHY}
        decided = working.dana.post("/folder", form).headers["Location"]
        agree(working.ferran, decided)


def agree(somebody: Somebody, decision: str) -> str:
    """Open a decision, agree to what stands there; the page that follows."""
    page = somebody.get(decision).text
    digest = re.search(r'name="digest" value="(\w{64})"', page)
    assert digest is not None, re.sub(r"<[^>]+>", " ", page)[-1500:]
    return somebody.post(f"{decision}/approve", {"digest": digest[1]}, follow_redirects=True).text


def begun(working: Working, title: str = "New people") -> str:
    """A change set's address."""
    answer = working.dana.post("/changes", {"title": title, "reason": WHY})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def said(page: str) -> str:
    """A page as it is read."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_a_set_is_filled_by_pasting_and_holds_when_a_second_person_agrees(working: Working) -> None:
    """The first file says what to do; the page names columns that differ, before and after; what was applied is taken back."""
    assert "No file is kept in this application yet" in working.dana.get("/changes").text
    take_over(working, "employees.csv")
    address = begun(working)
    pasted = "\n".join((HEADER, row("E1", job="head"), row("E20", name="Nari Kim")))
    page = working.dana.post(f"{address}/rows", {"file": "employees.csv", "rows": pasted}, follow_redirects=True).text
    assert "Put into change set 1, rows: 2. It holds in all, rows: 2." in said(page)
    more = {"file": "employees.csv", "rows": row("E21", name="Duri Han")}
    page = working.dana.post(f"{address}/rows", more, follow_redirects=True).text
    assert "Put into change set 1, rows: 1. It holds in all, rows: 3." in said(page)
    assert "With this set in it the agency folder has no error" in page or "What to look at" in page
    assert "Job: Staff → Head" in said(page)
    assert "Nari Kim" in page
    submitted = working.dana.post(f"{address}/submit", {})
    decision = submitted.headers["Location"]
    assert decision.startswith("/decisions/")
    assert "You have proposed this yourself" in working.dana.get(decision).text
    assert f'href="{address}"' in working.wanda.get(decision).text
    assert "it holds from now on" in agree(working.wanda, decision)
    with working.database.read() as connection:
        people = organisation.directory(connection).employees
    assert (people["E20"].name, people["E1"].job) == ("Nari Kim", "head")
    assert "revision 2 of the agency folder" in working.ferran.get(address).text

    back = working.dana.post(f"{address}/revert", {"reason": "They do not come after all."}).headers["Location"]
    assert "The row is removed." in working.dana.get(back).text
    agree(working.wanda, working.dana.post(f"{back}/submit", {}).headers["Location"])
    with working.database.read() as connection:
        assert "E20" not in organisation.directory(connection).employees


def test_what_is_wrong_is_said_at_its_row_and_nothing_typed_is_lost(working: Working) -> None:
    """A cell that can be none stops the submission; a column that there is not comes back with the text."""
    take_over(working, "employees.csv")
    address = begun(working)
    page = working.dana.post(f"{address}/rows", {"file": "employees.csv", "rows": "colour\tnumber\nred\tE20"})
    assert page.status_code == 422
    assert "red\tE20" in page.text
    working.dana.post(f"{address}/rows", {"file": "employees.csv", "rows": row("E20", job="clerk")})
    assert re.search(r"Error: Employees E20 , Job: .*clerk", said(working.dana.get(address).text))
    refused = working.dana.post(f"{address}/submit", {})
    assert refused.status_code == 409
    assert "clerk" in refused.text
    removed = working.dana.post(
        f"{address}/rows", {"file": "employees.csv", "remove": "E20"}, follow_redirects=True
    ).text
    assert "clerk" not in removed
    # A message names whom it is about as pages do, not by the code of a file.
    take_over(working, "scorecards.csv")
    line = "2026,employee:E1,deals,45,,unique,,,,,,10,"
    header = "cycle,node,kpi,weight,area,link,parent_node,parent_kpi,base,high,low,target,coefficient"
    form = {"file": "scorecards.csv", "rows": f"{header}\n{line}"}
    found = said(working.dana.post(f"{address}/rows", form, follow_redirects=True).text)
    assert "the unique lines of E1 in cycle 2026 weigh" in found
    assert "employee:E1" not in found.partition("What it does")[0]


def test_who_is_to_agree_sees_what_moves_and_nobody_else_what_they_may_not(working: Working) -> None:
    """A changed weight moves scores: told by names of people and KPIs. An executive is not shown what somebody is paid."""
    take_over(working, "employees.csv", "scorecards.csv")
    working.record("2026-03-04 deal D-1 E1 1000.00 EUR", "2026-03-05 verified D-1 by E2")
    address = begun(working, "Pay and weights")
    working.dana.post(f"{address}/rows", {"file": "employees.csv", "rows": row("E1", base="9876543")})
    header = "cycle,node,kpi,weight,area,link,parent_node,parent_kpi,base,high,low,target,coefficient"
    lines = [header, "2026,employee:E1,deals,15,,unique,,,,,,10,", "2026,employee:E1,consults,5,,unique,,,,,,10,"]
    working.dana.post(f"{address}/rows", {"file": "scorecards.csv", "rows": "\n".join(lines)})
    effects = said(working.dana.get(f"{address}/effects").text)
    assert re.search(r"E1 .*Own score: ", effects)
    assert "Final scores of people that change: 1 (" in effects
    assert "employee:E1" not in effects
    assert "₩9,876,543" in working.dana.get(address).text
    page = working.ferran.get(address).text
    assert not re.search(r"9,?876,?543", page)
    assert "not for you to see" in page
    assert "₩" not in said(working.ferran.get(f"{address}/effects").text)
    # A message that repeats what was typed does not tell it either.
    working.dana.post(f"{address}/rows", {"file": "employees.csv", "rows": row("E1", base="9876543.5")})
    for one, is_told in ((working.dana, True), (working.ferran, False)):
        texts = [one.get(address).text, one.get(f"/api/v1/changes/{address.rpartition('/')[2]}/check").text]
        assert [bool(re.search(r"9,?876,?543", text)) for text in texts] == [is_told, is_told]
        assert "monthly_base" in texts[1]
    for name in ("alba", "boram", "iris"):
        assert getattr(working, name).get(address).status_code == 404
        assert getattr(working, name).get("/changes").status_code == 404


def test_what_an_open_set_is_called_is_its_makers_to_change_and_giving_it_up_is_asked_first(working: Working) -> None:
    """Who is to agree reads the words of what is in it now; when it is submitted they stay. Nothing is given up by one click."""
    take_over(working, "employees.csv")
    address = begun(working)
    form = {"title": "One newcomer", "reason": "Only one of them comes, as it was decided on Friday."}
    assert "Title and reason are changed." in working.dana.post(f"{address}/words", form, follow_redirects=True).text
    page = said(working.wanda.get(address).text)
    assert "One newcomer" in page
    assert "decided on Friday" in page
    assert working.wanda.post(f"{address}/words", form).status_code == 409
    assert working.dana.post(f"{address}/words", form | {"reason": "short"}).status_code == 422
    working.dana.post(f"{address}/rows", {"file": "employees.csv", "rows": row("E20")})
    asked = said(working.dana.get(f"{address}/discard").text)
    assert "Discard “ One newcomer ”?" in asked or "Discard “One newcomer”?" in asked
    assert "rows: 1" in asked
    assert working.wanda.get(f"{address}/discard").status_code == 404
    working.dana.post(f"{address}/submit", {})
    assert working.dana.post(f"{address}/words", form).status_code == 409
    assert working.dana.get(f"{address}/discard").status_code == 404


def test_whoever_keeps_no_sets_is_offered_none(working: Working) -> None:
    """An executive and an auditor read them; another of hr does not write to one that is not theirs."""
    address = begun(working)
    for name in ("ferran", "emil"):
        page = getattr(working, name).get("/changes").text
        assert "New people" in page
        assert "Begin a change set" not in page
    assert "Discard" not in working.wanda.get(address).text
    assert working.wanda.post(f"{address}/discard", {}).status_code == 409
    assert working.ferran.post(f"{address}/discard", {}).status_code == 404
    assert "Discarded: nothing was changed." in working.dana.post(f"{address}/discard", {}, follow_redirects=True).text


def test_a_form_that_is_sent_twice_makes_one(working_on_each: Working) -> None:
    """Whoever clicks again is led to the set that the first made; who types something else means another, and so who has discarded the first."""
    dana = working_on_each.dana
    take_over(working_on_each, "units.csv", "postings.csv", "employees.csv")
    unit = {"into": "new", "name": "Wien", "day": "2026-07-01", "country": "AT", "timezone": "Europe/Vienna"}
    sheet = {"sheet_of": "employees.csv", "read": json.dumps([{"number": "E1", "name": "Alba Gil"}]), "into": "new"}
    for page, more in (("/changes", {}), ("/organisation/units/VIE?do=change", unit), ("/folder/sheets", sheet)):
        form = {"form_id": dana.form_id(page), "title": "Once", "reason": WHY} | more
        if more is unit:
            form["seen"] = re.findall(r'name="seen" value="([^"]+)"', dana.post(page, form).text)[0]
        first, again = (dana.post(page, form).headers["Location"] for _ in range(2))
        assert first == again
        twice = form | {"title": "Twice"}
        other = dana.post(page, twice).headers["Location"]
        dana.post(f"{other}/discard", {})
        assert len({first, other, dana.post(page, twice).headers["Location"]}) == 3
    at_once = {"form_id": str(uuid4()), "title": "Twice at once", "reason": WHY}
    with ThreadPoolExecutor(2) as pool:
        tabs = [Somebody(working_on_each.app, "dana") for _ in range(2)]
        answers = list(pool.map(lambda tab: tab.post("/changes", at_once), tabs))
    assert len({answer.headers["Location"] for answer in answers}) == 1


def test_a_set_is_taken_back_once(working: Working) -> None:
    """The button pressed twice leads to the one set that takes it back."""
    take_over(working, "employees.csv")
    address = begun(working)
    pasted = "\n".join((HEADER, row("E1", job="head")))
    working.dana.post(f"{address}/rows", {"file": "employees.csv", "rows": pasted})
    agree(working.wanda, working.dana.post(f"{address}/submit", {}).headers["Location"])
    form = {"form_id": working.dana.form_id(address), "reason": WHY}
    first, again = (working.dana.post(f"{address}/revert", form).headers["Location"] for _ in range(2))
    assert first == again


def test_the_number_of_queries_does_not_grow_with_sets_and_rows(working: Working, count_queries: CountQueries) -> None:
    """One set and one row, then eight of each."""
    take_over(working, "employees.csv")
    counts: list[Any] = []
    for numbers in (range(20, 21), range(20, 28)):
        for number in numbers:
            address = begun(working)
            pasted = "\n".join((HEADER, *(row(f"E{one}") for one in range(20, number + 1))))
            working.dana.post(f"{address}/rows", {"file": "employees.csv", "rows": pasted})
        for page in ("/changes", address):
            working.dana.get(page)
            with count_queries() as queries:
                working.dana.get(page)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


def test_of_many_that_wait_each_kind_is_asked_once_who_agrees_to_it(
    working: Working, count_queries: CountQueries
) -> None:
    """One that waits, then four: on the page of decisions, on Home and over the API."""
    take_over(working, "employees.csv")
    counts: list[Any] = []
    for numbers in (range(20, 21), range(21, 24)):
        for number in numbers:
            address = begun(working)
            working.dana.post(f"{address}/rows", {"file": "employees.csv", "rows": f"{HEADER}\n{row(f'E{number}')}"})
            assert working.dana.post(f"{address}/submit", {}).status_code == 303
        for page in ("/decisions", "/", "/api/v1/decisions"):
            working.wanda.get(page)
            with count_queries() as queries:
                assert working.wanda.get(page).status_code == 200
            counts.append(len(queries))
    assert counts[:3] == counts[3:]
