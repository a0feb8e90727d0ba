"""Lists as somebody has filtered and sorted them, under names of their own."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from tests.web.working import Working

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
    for address, form in (
        (number, {"name": "Mine"}),
        (number, {"does": "delete"}),
        ("9999", {"name": "x"}),
        ("", {"name": "x"}),
    ):
        assert working.wanda.post(f"/views/change?view={address}", form).status_code == 404
    again = working.dana.post(f"/views/change?view={number}", {"name": " "})
    assert again.status_code == 422
    assert f'id="name-{number}-error"' in again.text
    working.dana.post(f"/views/change?view={number}", {"name": "Wien"})
    assert _views(working.dana.get("/people").text) == [("Wien", VIEW)]
    working.dana.post(f"/views/change?view={number}", {"does": "delete"})
    assert "No view yet" in working.dana.get("/views").text
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
