"""The first visit: five steps on the person's own pages and figures, offered until it is made or declined."""

from __future__ import annotations

import re

from tests.conftest import CountQueries
from tests.web.markup import Element, read
from tests.web.working import Somebody, Working

OFFER = "A first look around"


def _list_of(person: Somebody) -> Element:
    return next(
        one for one in read(person.get("/welcome").text).all("ol") if one.attributes.get("class") == "visit-steps"
    )


def _steps(person: Somebody) -> dict[str, str]:
    """The pages that a person's steps lead to, by their titles, each walked to its line above the page."""
    led: dict[str, str] = {}
    for link in _list_of(person).all("a"):
        answer = person.get(link.attributes["href"])
        assert answer.status_code == 303
        page = person.get(answer.location)
        assert page.status_code == 200, answer.location
        line = next(one for one in read(page.text).all("section") if one.attributes.get("class") == "first-visit")
        assert f"Step {len(led) + 1} of 5 {link.text}" in line.text
        led[link.text] = answer.location.split("?")[0]
    return led


def test_each_role_is_led_through_five_of_its_own_pages(working: Working) -> None:
    """By links alone, so without script too; each page says which step it is and leads to the next one."""
    assert list(_steps(working.alba).values()) == [
        "/scorecard",
        "/scorecards/employee:E1/deals",
        "/log",
        "/lifting/employee:E1",
        "/help",
    ]
    for person in (working.boram, working.dana, working.emil, working.ferran, working.iris):
        assert len(_steps(person)) == 5


def test_the_steps_show_ones_own_figures_in_as_many_queries_whoever_asks(
    working: Working, count_queries: CountQueries
) -> None:
    """The score of the first step is the scorecard's."""
    working.record("2026-03-03 deal D-0 E1 100 USD")
    working.alba.get("/welcome")
    working.record(*(f"2026-02-{day:02} deal C-{day} E1 100 USD" for day in range(5, 15)))
    with count_queries() as sent:
        steps = _list_of(working.alba).text
    so_far = re.search(r'data-watch="final">([\d.]+)<', working.alba.get("/scorecard").text)
    assert so_far is not None
    assert f"so far {so_far[1]}" in steps
    before = len(sent)
    working.record(*(f"2026-03-{day:02} deal D-{day} E1 100 USD" for day in range(5, 25)))
    with count_queries() as sent:
        working.alba.get("/welcome")
    assert max(before, len(sent)) <= 13


def test_it_is_offered_until_it_is_made_or_declined_and_can_be_made_again(working: Working) -> None:
    """Once for an account, whatever browser it signs in from; a step that is under way ends with it."""
    assert OFFER in working.alba.get("/").text
    working.alba.get("/welcome/1")
    assert "Step 1 of 5" in working.alba.get("/scorecard").text
    assert working.alba.post("/welcome/end", {}).location == "/"
    assert OFFER not in working.alba.get("/").text
    assert "Step 1 of 5" not in working.alba.get("/scorecard").text
    assert OFFER in working.boram.get("/").text
    assert 'href="/welcome"' in working.alba.get("/help").text
    working.alba.get("/welcome/2")
    assert "Step 1 of 5" not in working.alba.get("/scorecard").text
    assert [working.alba.get(f"/welcome/{number}").status_code for number in (0, 6)] == [404, 404]
