"""The list of activities: one's own, and of whom one may see."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.conftest import CountQueries
from tests.web.markup import read
from tests.web.working import Working, key_of


def test_an_employee_sees_their_own_with_their_states(working: Working) -> None:
    """And not a colleague's, though in the same office."""
    working.record(
        "2026-03-04 deal D-1 E1 100 USD of Nordwind/AT",
        "2026-03-05 rejected D-1 by E2",
        "2026-03-06 deal D-2 E6 100 USD of Southwind/AT",
    )
    page = working.alba.get("/activities").text
    assert "Nordwind" in page
    assert "rejected" in page
    assert "Southwind" not in page
    assert "1 of 1" in read(page).text


def test_what_is_out_is_not_offered_once_more_and_a_phones_card_says_day_and_company(working: Working) -> None:
    """A reversed or rejected entry has its successor or none; two of one buyer are told apart by their first lines."""
    working.record(
        "2026-03-04 deal D-1 E1 100 USD of Nordwind/AT",
        "2026-03-05 rejected D-1 by E2",
        "2026-03-06 deal D-2 E1 100 USD of Nordwind/AT",
        "2026-03-07 reversed D-2",
        "2026-03-08 deal D-3 E1 100 USD of Nordwind/AT",
    )
    page = working.alba.get("/activities").text
    assert [key for key in ("D-1", "D-2", "D-3") if f"/log?like={key_of(key)}" in page] == ["D-3"]
    (table,) = (one for one in read(page).all("table") if "data-keeps" in one.attributes)
    columns = [one.text.split()[0] for one in table.first("thead").all("th")]
    kept = {columns[int(place) - 1] for place in table.attributes["data-keeps"].split()}
    assert {"Day", "Company", "Buyer"} <= kept


def test_pages_say_how_many_there_are(working: Working) -> None:
    """No silent cut: 50 of 60, and the way on."""
    working.record(*(f"2026-03-04 consult C-{n} E1" for n in range(60)))
    page = working.alba.get("/activities").text
    assert "50 of 60" in read(page).text
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    assert "10 of 60" in read(working.alba.get(unescape(following[1])).text).text
    assert "none of them on this page" in working.alba.get("/activities?after=nothing").text


def test_the_list_is_narrowed_and_keeps_what_it_is_narrowed_by(working: Working) -> None:
    """The address holds it, and the next page's too."""
    working.record(*(f"2026-03-04 consult C-{n} E1 of Nordwind/AT" for n in range(60)), "2026-03-05 deal D-1 E1 1 USD")
    page = working.alba.get("/activities?type=export_consult&text=nordwind&from=2026-03-01&to=2026-03-04").text
    assert "50 of 60" in read(page).text
    assert "text=nordwind" in page
    assert "from=2026-03-01" in page
    assert "1 of 1" in read(working.alba.get("/activities?type=export_deal").text).text
    assert "Nothing like that" in working.alba.get("/activities?state=reversed").text


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        # Alba's, her colleague's, her unit's, the region's, the agency's, another region's
        ("alba", [200, 404, 404, 404, 404, 404]),
        ("chae", [404, 404, 404, 404, 404, 404]),
        ("boram", [200, 200, 200, 404, 404, 404]),
        ("gaston", [200, 200, 200, 200, 404, 404]),
        ("hana", [200, 200, 200, 200, 200, 200]),
        ("dana", [200, 200, 200, 200, 200, 200]),
        ("emil", [200, 200, 200, 200, 200, 200]),
        ("ferran", [200, 200, 200, 200, 200, 200]),
        ("iris", [404, 404, 404, 404, 404, 404]),
    ],
)
def test_who_sees_whose(working: Working, name: str, statuses: list[int]) -> None:
    """An employee sees no activities of the units above; a head those of the line."""
    nodes = ("employee:E1", "employee:E6", "unit:VIE", "unit:EUR", "unit:HQ", "unit:TYO")
    assert getattr(working, name).statuses(*(f"/activities?node={node}" for node in nodes)) == statuses


@pytest.mark.parametrize(
    "query",
    [
        "node=nothing",
        "node=unit:NOPE",
        "after=" + 70 * "x",
        "type=lunch",
        "state=lost",
        "from=soon",
        f"text={'x' * 300}",
    ],
)
def test_a_wrong_address_gets_an_answer(working: Working, query: str) -> None:
    """Never a failure of ours."""
    assert working.hana.get(f"/activities?{query}").status_code in {404, 422}


def test_who_is_no_employee_has_none_of_their_own(working: Working) -> None:
    """The auditor begins at somebody's."""
    assert working.emil.get("/activities").status_code == 404


def test_it_takes_as_many_queries_whatever_the_length(working_on_each: Working, count_queries: CountQueries) -> None:
    """Expect 7: the session, the organisation's revision, the state's, one's views, how many, the page, how many were verified lately."""
    counts = []
    for n in range(2):
        working_on_each.alba.get("/activities")
        with count_queries() as sent:
            working_on_each.alba.get("/activities")
        counts.append(len([one for one in sent if one != "BEGIN"]))
        working_on_each.record(*(f"2026-03-04 consult C-{n}-{m} E1" for m in range(30)))
    assert counts == [7, 7]
