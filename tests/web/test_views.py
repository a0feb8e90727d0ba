"""Lists as somebody has filtered and sorted them, under names of their own."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final
from urllib.parse import quote

import pytest

from app.web.lists.list_views import LISTS
from tests.web.markup import read
from tests.web.working import Somebody, Working

SAVE: Final = "/views?list=people&filters=unit%3DVIE%26sort%3Dname"
VIEW: Final = "/people?sort=name&amp;unit=VIE"


def _views(page: str) -> list[tuple[str, str]]:
    """The views at the head of a list: names with their addresses."""
    head = page.split('class="views-list"', 1)[1].split("</nav>", 1)[0] if "views-list" in page else ""
    return [
        (name.strip(), address) for address, name in re.findall(r'<a class="view" href="([^"]+)"[^>]*>([^<]+)', head)
    ]


def _number(page: str, name: str) -> str:
    """The number of a view of one's own."""
    found = re.search(rf'/views/change\?view=(\d+)">(?:(?!</form>).)*?value="{name}"', page, re.DOTALL)
    assert found is not None, page
    return found[1]


def test_a_view_is_kept_for_its_person_and_stands_at_the_head_of_its_list(working: Working) -> None:
    """The form of a list says what it shows; the answer is the list so, and nobody else's list has it."""
    page = working.dana.get("/people?unit=VIE&sort=name&cycle=2026").text
    action = re.search(r'class="card form views-keep" method="post" action="([^"]+)"', page)
    assert action is not None
    assert action[1].replace("&amp;", "&") == "/views?list=people&filters=sort%3Dname%26unit%3DVIE", (
        "the cycle under way goes without saying"
    )
    answer = working.dana.post(action[1].replace("&amp;", "&"), {"name": " Vienna  by name "})
    assert (answer.status_code, answer.location) == (303, "/people?sort=name&unit=VIE")
    shown = working.dana.get(answer.location).text
    assert "Saved as “Vienna by name”" in shown
    assert _views(shown) == [("Vienna by name", VIEW)]
    assert 'aria-current="true">Vienna by name' in shown
    assert "views-keep" not in shown, "what is kept needs not be kept again"
    assert _views(working.wanda.get("/people").text) == []
    assert _views(working.dana.get("/grades").text) == []


def test_a_list_opens_with_the_view_that_is_its_usual_one_and_can_be_seen_whole(working: Working) -> None:
    """What a link asks for goes before it; a form that was refused stays where it is; one list has one."""
    working.dana.post(SAVE, {"name": "Vienna", "usual": "yes"})
    working.dana.post("/views?list=people&filters=unit%3DPAR", {"name": "Paris", "usual": "yes"})
    assert working.dana.get("/people").location == "/people?unit=PAR"
    assert working.wanda.get("/people").status_code == 200
    whole = working.dana.get("/people?as_it_is=yes").text
    assert ("All of it", "/people?as_it_is=yes") in _views(whole)
    assert '<input type="hidden" name="as_it_is" value="yes">' in whole
    assert working.dana.post("/people", {"format": "csv"}).status_code == 422, (
        "the reason is missing: its form is shown, not the view"
    )
    number = _number(working.dana.get("/views").text, "Paris")
    working.dana.post(f"/views/change?view={number}", {"name": "Paris"})
    assert working.dana.get("/people").status_code == 200


def test_a_view_is_renamed_and_deleted_by_its_owner_alone(working: Working) -> None:
    """Another's is not there, whatever its number."""
    working.dana.post(SAVE, {"name": "Vienna"})
    number = _number(working.dana.get("/views").text, "Vienna")
    for does in ("change", "delete"):
        for view in (number, "9999"):
            assert working.wanda.post(f"/views/{does}?view={view}", {"name": "Mine"}).status_code == 404
    again = working.dana.post(f"/views/change?view={number}", {"name": " "})
    assert again.status_code == 422
    assert f'id="name-{number}-error"' in again.text
    working.dana.post(f"/views/change?view={number}", {"name": "Wien"})
    assert _views(working.dana.get("/people").text) == [("Wien", VIEW)]
    deleted = working.dana.post(f"/views/delete?view={number}", {})
    assert "No view yet" in working.dana.get("/views").text
    page = read(working.dana.get(deleted.headers["Location"]).text)
    (undo,) = (one for one in page.all("form") if "Undo: keep “Wien”" in one.text)
    typed = {one.attributes["name"]: one.attributes["value"] for one in undo.all("input")}
    working.dana.post(undo.attributes["action"], typed)
    assert _views(working.dana.get("/people").text) == [("Wien", VIEW)]
    number = _number(working.dana.get("/views").text, "Wien")
    working.dana.post(f"/views/delete?view={number}", {})
    assert working.app.test_client().get("/views").status_code in {302, 303}


def test_a_view_needs_a_name_of_its_own_and_there_is_an_end_to_how_many_are_kept(working: Working) -> None:
    """The error stands at the field, with what was typed and what was to be kept."""
    for name, said in (("", "give the view one"), ("x" * 81, "give the view one"), (" vienna ", "already")):
        working.dana.post(SAVE, {"name": "Vienna"})
        refused = working.dana.post(SAVE, {"name": name})
        assert refused.status_code == 422
        assert said in refused.text
        assert 'action="/views?list=people&amp;filters=unit%3DVIE%26sort%3Dname"' in refused.text
    assert working.dana.post(f"/views?list=people&filters=text%3D{'x' * 2_000}", {"name": "Long"}).status_code == 422
    for number in range(49):
        working.dana.post(SAVE, {"name": f"No. {number}"})
    assert "You have 50 views" in working.dana.post("/views?list=grades&filters=", {"name": "One more"}).text
    assert working.dana.post("/views?list=grade_books&filters=", {"name": "Elsewhere"}).status_code == 404


def test_the_address_of_a_view_shows_its_reader_what_they_may_see_and_nothing_else_stands_in_it(
    working: Working,
) -> None:
    """A view is an address. Whoever may not open the list cannot keep one of it, and no parameter leads elsewhere."""
    working.dana.post("/views?list=activities&filters=node%3Demployee%253AE3", {"name": "Chae's"})
    shared = "/activities?node=employee%3AE3"
    assert working.wanda.get(shared).status_code == 200
    assert working.alba.get(shared).status_code == 404
    assert working.alba.post(SAVE, {"name": "Everybody"}).status_code == 404
    answer = working.dana.post("/views?list=people&filters=//elsewhere.example%3F%23%26text%3Da%252Fb", {"name": "Odd"})
    assert answer.location.startswith("/people?")
    assert answer.location.endswith("text=a%2Fb")


def test_views_go_out_of_sight_with_the_rights_of_their_owner(working: Working) -> None:
    """Who has left the service opens no list, and is shown no view of one."""
    working.wanda.post(SAVE, {"name": "Vienna"})
    assert "Vienna" in working.wanda.get("/views").text
    for file in ("postings", "employees"):
        working.load(lambda text: re.sub(r"(E7,.*),$", rf"\1,{dt.date(2026, 6, 1)}", text, flags=re.MULTILINE), file)
    assert working.wanda.get("/people").status_code == 404
    assert "Vienna" not in working.wanda.get("/views").text


OPENED_BY: Final = {
    "people": "dana",
    "people_map": "gaston",
    "grades": "dana",
    "activities": "alba",
    "business": "gaston",
    "ledger": "emil",
    "trail": "emil",
    "accounts": "iris",
}
"""Of each list somebody who opens it."""

PLAIN: Final = {
    "people": "/people",
    "people_map": "/office/kpis",
    "grades": "/grades",
    "activities": "/activities",
    "business": "/business",
    "ledger": "/ledger",
    "trail": "/trail",
    "accounts": "/accounts",
}
"""Its address."""

NOWHERE: Final = {
    "people": "cycle=3000",
    "people_map": "unit=GONE",
    "grades": "cycle=3000",
    "activities": "node=employee:E999",
    "business": "unit=GONE",
}
"""A view of it that asks for what is not there: a year, a unit, a person. Of the others no filter leads nowhere."""


def _ends_at(somebody: Somebody, address: str) -> tuple[int, str, str]:
    """Where a browser ends that follows each redirect, as it would: status, address and page."""
    for _ in range(4):
        answer = somebody.get(address)
        if answer.location is None:
            return answer.status_code, address, answer.text
        address = answer.location
    raise AssertionError(address)


def _keep(somebody: Somebody, name: str, filters: str) -> None:
    answer = somebody.post(f"/views?list={name}&filters={quote(filters)}", {"name": "Usual", "usual": "yes"})
    assert answer.status_code == 303


@pytest.mark.parametrize("filters", ["", "as_it_is=yes", "part=true", "part=true&as_it_is=yes", "by="])
@pytest.mark.parametrize("name", LISTS)
def test_no_view_that_a_list_opens_with_leads_to_itself(working: Working, name: str, filters: str) -> None:
    """One without filters is the list as it is, all of its page."""
    somebody = getattr(working, OPENED_BY[name])
    _keep(somebody, name, filters)
    status, address, page = _ends_at(somebody, PLAIN[name])
    assert (status, address) == (200, PLAIN[name])
    assert "<title>" in page


@pytest.mark.parametrize("name", LISTS)
def test_each_list_opens_with_its_usual_view_and_whole_where_that_is_asked_for(working: Working, name: str) -> None:
    """A filter that the list does not know narrows nothing, and is no error."""
    somebody = getattr(working, OPENED_BY[name])
    _keep(somebody, name, "no_such=filter")
    assert _ends_at(somebody, PLAIN[name])[:2] == (200, f"{PLAIN[name]}?no_such=filter")
    status, _, page = _ends_at(somebody, f"{PLAIN[name]}?as_it_is=yes")
    assert status == 200
    assert ("All of it", f"{PLAIN[name]}?as_it_is=yes") in _views(page)


@pytest.mark.parametrize("name", NOWHERE)
def test_a_usual_view_that_leads_nowhere_opens_the_whole_list_and_says_so_once(working: Working, name: str) -> None:
    """Its unit or person may be gone, or its year: the list is there, and from it the way to delete the view."""
    somebody = getattr(working, OPENED_BY[name])
    _keep(somebody, name, NOWHERE[name])
    status, address, page = _ends_at(somebody, PLAIN[name])
    assert (status, address) == (200, f"{PLAIN[name]}?as_it_is=yes")
    assert "This list opens with your view “Usual”" in page
    assert 'href="/views"' in page
    assert "This list opens with" not in somebody.get(address).text
    number = _number(somebody.get("/views").text, "Usual")
    assert somebody.post(f"/views/delete?view={number}", {}).status_code == 303
    assert _ends_at(somebody, PLAIN[name])[:2] == (200, PLAIN[name])


@pytest.mark.parametrize("name", NOWHERE)
def test_an_address_of_a_list_that_leads_nowhere_has_a_link_to_the_whole_list(working: Working, name: str) -> None:
    """A view of a name that is not the usual one, or another's: the error stays an error, and leads on."""
    somebody = getattr(working, OPENED_BY[name])
    answer = somebody.get(f"{PLAIN[name]}?{NOWHERE[name]}")
    assert answer.status_code == 404
    assert f'href="{PLAIN[name]}?as_it_is=yes"' in answer.text
    assert 'href="/views"' in answer.text
    beyond = working.iris.get(f"{PLAIN[name]}?{NOWHERE[name]}")
    assert beyond.status_code == 404
    assert "as_it_is" not in beyond.text, "whoever may not open the list is told of none"


def test_a_refused_filter_of_the_usual_view_shows_the_list_with_the_error_and_the_way_out(working: Working) -> None:
    """What cannot be read is left out, as with any address."""
    _keep(working.dana, "people", "as_of=9999-12-31&sort=name")
    status, _, page = _ends_at(working.dana, "/people")
    assert status == 422
    assert "still to come" in page
    assert ("All of it", "/people?as_it_is=yes") in _views(page)


def test_a_usual_view_opens_a_list_that_nobody_has_of_their_own(working: Working) -> None:
    """Whoever is no employee has no activities of their own: the list opens with the view, and says no more than an error without one."""
    assert working.dana.get("/activities").status_code == 404
    _keep(working.dana, "activities", "node=employee:E1")
    assert _ends_at(working.dana, "/activities")[:2] == (200, "/activities?node=employee%3AE1")
    kept = working.dana.post("/views?list=activities&filters=node%3Demployee%3AE999", {"name": "Gone", "usual": "yes"})
    assert kept.status_code == 303
    assert _ends_at(working.dana, "/activities")[0] == 404


def test_filters_are_counted_in_letters_whatever_their_script(working: Working) -> None:
    """In an address a syllable of Hangul has nine characters, and in one that an address carries fifteen."""
    names = "한" * 450
    answer = working.dana.post(
        f"/views?list=people&filters={quote(f'group={quote(names)}&sort=name', safe='')}", {"name": "긴 보기"}
    )
    assert (answer.status_code, answer.location) == (303, f"/people?group={quote(names)}&sort=name")
    assert f"/people?group={quote(names)}&amp;sort=name" in working.dana.get("/views").text
    assert working.dana.post(f"/views?list=people&filters=text%3D{'x' * 2_000}", {"name": "Longer"}).status_code == 422


def test_nobody_keeps_a_view_of_a_list_that_they_cannot_open(working: Working) -> None:
    """A head sees scores of people, though not the list of all; an employee a grade, though not the list of all."""
    for somebody, name in ((working.boram, "people"), (working.boram, "grades"), (working.alba, "grades")):
        assert somebody.get(PLAIN[name]).status_code == 404
        assert somebody.post(f"/views?list={name}&filters=", {"name": "Mine"}).status_code == 404
        assert 'action="/views?list=' not in somebody.get(f"/views?list={name}").text
