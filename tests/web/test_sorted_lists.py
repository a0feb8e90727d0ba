"""Lists are sorted by their headings, on the server: the whole list, its pages and its file."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest

from app.rules.stages import Stage
from app.web.answer.navigation import ITEMS, LED_FROM
from tests.conftest import CountQueries
from tests.web.markup import Element, read
from tests.web.test_opened_cycles import in_agreement
from tests.web.test_ratings import stage
from tests.web.working import Working

Sorted = tuple[str, str, dict[str, list[str]]]


def _tables(page: str) -> list[Element]:
    return [one for one in read(page).all("table") if one.first("thead") and list(one.first("thead").all("a"))]


def _columns(table: Element) -> dict[str, tuple[str, list[str]]]:
    """Of each heading that is a link, where it leads and what stands below it."""
    headings = list(table.first("thead").all("th"))
    rows = [list(row.all("th", "td")) for row in table.first("tbody").all("tr")]
    return {
        link.text.strip(" ▲▼"): (link.attributes["href"], [row[place].text for row in rows])
        for place, heading in enumerate(headings)
        for link in heading.all("a")
    }


def _is_sorted_by_every_heading(person: Any, address: str, wanted: set[str]) -> None:
    """Either way: each order is the other one turned round, apart from equals, and whoever has nothing of it is last in both."""
    seen = set()
    for number, table in enumerate(_tables(person.get(address).text)):
        for name, (link, unsorted) in _columns(table).items():
            seen.add(name)
            orders = {}
            for direction in ("up", "down"):
                page = person.get(re.sub("order=(up|down)", f"order={direction}", link)).text
                table_now = _tables(page)[number]
                said = {"up": "ascending", "down": "descending"}[direction]
                marked = [one for one in table_now.all("th") if "aria-sort" in one.attributes]
                assert [(one.text[:-2], one.attributes["aria-sort"]) for one in marked] == [(name, said)], name
                orders[direction] = _columns(table_now)[name][1]
                assert sorted(orders[direction]) == sorted(unsorted), (name, direction)
            up, down = ([cell for cell in orders[one] if cell not in {"–", "no day is set"}] for one in ("up", "down"))
            assert up == down[::-1], (name, up, down)
            assert [orders["up"][: len(up)], orders["down"][: len(down)]] == [up, down], f"{name}: nothing is last"
            # Equals stand together.
            assert len([one for one, other in pairwise(up) if one != other]) == max(0, len(set(up)) - 1), (name, up)
    assert seen == wanted


def test_a_list_is_sorted_by_a_click_on_a_heading(working: Working) -> None:
    """Board, missing signatures, actions, accounts: the names as their reader sees them."""
    in_agreement(working)
    dana = working.dana
    unsigned = {"Unit and all below it", "Units", "Number of people", "Scorecard", "Unit", "State"}
    _is_sorted_by_every_heading(dana, "/cycles/2026/unsigned?unit=EUR", unsigned)
    stage(working, Stage.RUNNING)
    board = {"Name", "Unit", "State", "Waits for whom", "Since when", "Due by"}
    _is_sorted_by_every_heading(dana, "/cycles/2026/board", board)
    working.iris.get("/accounts")
    _is_sorted_by_every_heading(working.iris, "/accounts", {"E-mail", "Employee", "Made"})
    for number, owner in enumerate(("E6", "E1", "E2", "E1", "E6")):
        wish = {"node": f"employee:E{1 + 5 * (number % 2)}", "kpi": ("deals", "consults")[number % 2], "cause": "why"}
        done = dana.post("/actions", wish | {"measure": "m", "owner": owner, "due_on": f"2026-{11 - number:02}-28"})
        assert done.status_code == 303, done.text
    _is_sorted_by_every_heading(dana, "/actions", {"Whose line", "KPI", "By whom", "Due by", "State"})
    names = [
        row.first("th").text
        for row in _tables(dana.get("/cycles/2026/board?sort=name").text)[0].first("tbody").all("tr")
    ]
    assert names == sorted(names)
    assert dana.statuses("/actions?sort=nope", "/cycles/2026/board?order=sideways") == [422, 422]


def test_actions_come_by_the_page(working: Working, count_queries: CountQueries) -> None:
    """A hundred a page, with as many queries however many there are; the order goes on over the pages."""
    in_agreement(working)
    stage(working, Stage.RUNNING)
    dana = working.dana
    wish = {"cause": "why", "owner": "E1"}
    counts = []
    for turn in range(110):
        node, kpi = f"employee:E{(1, 2, 3, 6)[turn % 4]}", ("deals", "consults")[turn // 4 % 2]
        due = f"2026-{7 + turn % 5:02}-{1 + turn % 28:02}"
        made = dana.post("/actions", wish | {"node": node, "kpi": kpi, "measure": f"m{turn}", "due_on": due})
        assert made.status_code == 303, made.text
        if turn in {3, 109}:
            dana.get("/actions?sort=due")
            with count_queries() as sent:
                first = dana.get("/actions?sort=due").text
            counts.append(len(sent))
    assert counts[0] == counts[1]
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following is not None
    second = dana.get(following[1].replace("&amp;", "&")).text
    measures = [re.findall(r">(m\d+)<", page) for page in (first, second)]
    assert [len(one) for one in measures] == [100, 10]
    turns = [int(one[1:]) for one in measures[0] + measures[1]]
    assert sorted(turns) == list(range(110))
    assert [(7 + turn % 5, 1 + turn % 28) for turn in turns] == sorted(
        (7 + turn % 5, 1 + turn % 28) for turn in range(110)
    )


def _pages(person: Any, address: str, pattern: str) -> list[str]:
    """What all pages of a list show, one after the other."""
    shown: list[str] = []
    following: str | None = address
    while following:
        page = person.get(following).text
        shown += re.findall(pattern, page.split("<tbody", 1)[1])
        link = re.search(r'rel="next" href="([^"]+)"', page)
        following = link and link[1].replace("&amp;", "&")
    return shown


def _filed(answer: Any) -> list[str]:
    """The ids of the activities of a file, in its order."""
    assert answer.status_code == 200
    with answer:
        return re.findall(r"\bM-\d+\b", answer.data.decode("utf-8-sig"))


def test_long_lists_go_on_in_their_order_whichever_way(working_on_each: Working, count_queries: CountQueries) -> None:
    """Ledger, trail, accounts and activities, page by page: each row once, in the order of the whole; the file likewise."""
    working = working_on_each
    days = {f"M-{number}": f"2026-05-{1 + (number * 7) % 28:02}" for number in range(130)}
    working.record(*(f"{day} deal {key} E1 1000.00 USD" for key, day in days.items()))
    recorded = list(days)
    by_day = sorted(recorded, key=lambda one: (days[one], recorded.index(one)))
    event = r">(M-\d+)</a>"
    assert _pages(working.emil, "/ledger", event) == recorded[::-1]
    assert _pages(working.emil, "/ledger?order=up", event) == recorded
    assert _pages(working.emil, "/ledger?sort=day", event) == by_day[::-1]
    assert _pages(working.emil, "/ledger?sort=day&order=up", event) == by_day
    for address, expected in (("/ledger?sort=day&order=up", by_day), ("/ledger?order=up", recorded)):
        content = working.emil.post(address, {"reason": "sorted"})
        assert _filed(content) == expected
    day = r'data-label="Day" class="nowrap">(.*?)</td>'
    up, down = (_pages(working.alba, f"/activities?order={one}", day) for one in ("up", "down"))
    assert (len(up), up) == (130, down[::-1])
    assert _filed(working.alba.post("/activities?sort=day&order=down", {})) == by_day[::-1]
    for _ in range(60):
        working.alba.post("/preferences", {"theme": "dark"})
    who = r'data-label="Who"><span class="typed"><a[^>]*>([^<]+)<'
    up, down = (_pages(working.emil, f"/trail?sort=who&order={one}", who) for one in ("up", "down"))
    assert up == sorted(up)
    assert down[-len(up) :] == sorted(down[-len(up) :], reverse=True)
    counts = []
    for before in ("100", "3"):
        with count_queries() as sent:
            working.emil.get(f"/ledger?sort=day&order=up&before={before}")
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 10


def test_the_entry_that_leads_to_a_page_is_marked_on_it(working: Working) -> None:
    """Board, signatures, shares, lab and criteria of a cycle are of Evaluation cycles; every page that is said to be led to from another is one."""
    in_agreement(working)
    below = ("board", "unsigned", "allocation", "lab", "scorecards/unit:VIE", "ratings")
    for page in (*(f"/cycles/2026/{one}" for one in below), "/cycles", "/cycles/2026"):
        shown = read(working.dana.get(page).text)
        marked = [one.text for one in shown.all("a") if one.attributes.get("aria-current") == "page"]
        assert set(marked) == {"Evaluation cycles"}, page
    known = {rule.endpoint.partition(".")[0] for rule in working.app.url_map.iter_rules()}
    assert known >= {*LED_FROM, *LED_FROM.values()}
    assert {one.page for one in ITEMS}.isdisjoint(LED_FROM)


@pytest.mark.parametrize(
    "address", ["/ledger?sort=seq", "/trail?sort=deed", "/accounts?sort=roles", "/activities?sort=usd"]
)
def test_what_no_index_serves_is_no_order(working: Working, address: str) -> None:
    """Nobody has half a million rows sorted by an address."""
    person = {"/accounts": working.iris, "/activities": working.alba}.get(
        address.split("?", maxsplit=1)[0], working.emil
    )
    assert person.statuses(address) == [422]
