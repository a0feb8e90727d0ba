"""Deciding about a line by its pages: who finds the form, what would move before it is proposed, and what everybody reads of it then."""

from __future__ import annotations

import re
from typing import Final

from tests.web.markup import read
from tests.web.test_derivation import shares_with_the_office
from tests.web.test_home import waits_for
from tests.web.test_opened_cycles import WHY, agrees, in_agreement
from tests.web.working import Working

PAGE: Final = "/cycles/2026/lines/employee:E1/deals"
CARD: Final = "/scorecards/employee:E1?cycle=2026"
WANTED: Final = "?kind=override&member=actual&value=4&cause=flood-2026"


def test_a_line_is_decided_about_on_its_page(working: Working) -> None:
    """The head finds the form from scorecard and derivation; nothing is proposed before what moves has been shown; the person reads who and why."""
    assert working.boram.statuses(PAGE) == [404]
    in_agreement(working)
    for address in (CARD, "/scorecards/employee:E1/deals?cycle=2026"):
        assert f'href="{PAGE}"' in working.boram.get(address).text
        assert f'href="{PAGE}"' in working.dana.get(address).text
        for other in (working.alba, working.emil, working.gaston):
            assert f'href="{PAGE}"' not in other.get(address).text
    for other in (working.alba, working.jiho, working.emil, working.ferran, working.gaston):
        assert other.statuses(PAGE) == [404]
    page = working.boram.get(PAGE).text
    assert 'name="reason"' not in page
    weighed = working.boram.get(f"{PAGE}{WANTED}").text
    assert "20.00 → <b>52.00</b>" in weighed
    assert 'name="reason"' in weighed
    short = working.boram.post(f"{PAGE}{WANTED}", {"reason": "short"})
    assert (short.status_code, 'id="reason-error"' in short.text) == (422, True)
    proposed = working.boram.post(f"{PAGE}{WANTED}", {"reason": WHY})
    assert proposed.status_code == 303, proposed.text
    assert "52.00" not in working.alba.get(CARD).text
    agrees(working.wanda, proposed)
    number = proposed.headers["Location"].rsplit("/", 1)[1]
    card = working.alba.get(CARD).text
    assert f'href="/decisions/{number}"' in card
    assert "Without that: actual 0, score 20.00." in card
    told = read(working.alba.get(f"/decisions/{number}").text).text
    assert WHY in told
    assert "is to be 4 in the cycle 2026" in told
    _home_tells_of_it_until_it_is_seen(working, number)
    derived = working.alba.get("/scorecards/employee:E1/deals?cycle=2026").text
    assert "flood-2026" in derived
    assert f"By decision {number} this holds in place of what was computed: Actual 4." in derived
    again = working.boram.get(f"{PAGE}?kind=drop&cause=flood-2026").text
    assert "adjusted for this cause before" in again
    lacking = read(working.boram.get(f"{PAGE}?kind=override&member=actual&value=").text)
    wrong = {one.attributes["id"] for one in lacking.all("input") if one.attributes.get("aria-invalid")}
    assert "value" in wrong
    assert "This cannot be shown as it was asked for" in lacking.text
    korean = read(working.boram.get(PAGE, headers={"Accept-Language": "ko"}).text)
    options = {one.text for form in korean.all("form") for one in form.all("option")}
    assert options & {"Another figure", "Drop the line: it does not count", "Actual", "High"} == set()
    assert 'name="reason"' not in again
    lifting = working.boram.get(f"{PAGE}?kind=lift&decision={number}").text
    assert "52.00 → <b>20.00</b>" in lifting
    agrees(working.wanda, working.boram.post(f"{PAGE}?kind=lift&decision={number}", {"reason": WHY}))
    assert "Without that" not in working.alba.get(CARD).text


def _home_tells_of_it_until_it_is_seen(working: Working, number: str) -> None:
    """Whose line it is reads what was decided and why; neither who decided it nor a colleague is told."""
    told = waits_for(working.alba)["line_decided"]
    assert "is to be 4 in the cycle 2026" in told
    assert WHY in told
    home = working.alba.get("/").text
    assert f'href="/decisions/{number}"' in home
    assert all("line_decided" not in waits_for(other) for other in (working.boram, working.jiho, working.wanda))
    for language in ("ko", "es"):
        assert working.alba.get("/", headers={"Accept-Language": language}).status_code == 200
    until = re.search(r'data-kind="line_decided".*?name="until" value="([^"]+)"', home, re.DOTALL)
    assert until is not None
    assert working.alba.post("/targets-seen", {"until": until[1]}).status_code == 303
    assert "line_decided" not in waits_for(working.alba)


def test_what_cannot_be_decided_says_so_before_it_is_proposed(working: Working) -> None:
    """A figure that is none, a member that the method has not; the page speaks its reader's language."""
    in_agreement(working)
    for typed, words in (
        ("?kind=override&member=actual&value=four&cause=flood", "four"),
        ("?kind=override&member=high&value=4&cause=flood", "takes no high"),
        ("?kind=override&member=actual&value=4", "The cause is a code"),
    ):
        shown = working.dana.get(f"{PAGE}{typed}").text
        assert words in shown, typed
        assert 'name="reason"' not in shown
    for language, words in (("ko", "이 항목에 대해 결정"), ("es", "Decidir sobre esta línea")):
        assert words in working.dana.get(PAGE, headers={"Accept-Language": language}).text


def test_bonus_points_are_proposed_on_a_page_of_their_own(working: Working) -> None:
    """HR is led there from the person's grade; nobody else finds it; what is wrong stands at its field, and the grade tells the points once agreed."""
    page = "/cycles/2026/bonus/employee:E1"
    assert working.dana.statuses(page) == [404]
    in_agreement(working)
    assert f'href="{page}"' in working.dana.get("/grades/employee:E1?cycle=2026").text
    for other in (working.alba, working.boram, working.emil, working.ferran):
        assert other.statuses(page) == [404]
    wrong = working.dana.post(page, {"points": "0", "ground": "posting", "reason": WHY})
    assert (wrong.status_code, 'id="points-error"' in wrong.text) == (422, True)
    assert working.dana.post(page, {"points": "6", "ground": "posting", "reason": WHY}).status_code == 409
    proposed = working.dana.post(page, {"points": "1.5", "ground": "posting", "reason": WHY})
    assert proposed.status_code == 303, proposed.text
    agrees(working.wanda, proposed)
    assert "1.5 of at most 5 points" in working.dana.get(page).text
    assert WHY in working.alba.get(proposed.headers["Location"]).text
    assert "Bonus points for E1 in the cycle 2026 (1.5)" in working.alba.get(proposed.headers["Location"]).text


def test_where_a_line_is_decided_about_is_found(working: Working) -> None:
    """On the scorecard before all that is folded, by the words that people look for, and from a shared line at the line that it shows."""
    in_agreement(working)
    card = read(working.boram.get(CARD).text)
    folded = {link.attributes.get("href") for part in card.all("details") for link in part.all("a")}
    assert PAGE not in folded
    assert PAGE in {link.attributes.get("href") for link in card.all("a")}
    for text in ("drop", "does not count", "not measurable", "decide about"):
        assert "Decide about a line" in working.boram.get("/search", query_string={"q": text}).text, text
        assert "Decide about a line" in working.dana.get("/search", query_string={"q": text}).text, text
        assert "Decide about a line" not in working.alba.get("/search", query_string={"q": text}).text, text


def test_a_shared_line_leads_to_the_line_that_it_shows(working: Working) -> None:
    """Nothing is decided about it by itself: whoever decides about the unit's line is led there and told so, nobody else."""
    working.load(shares_with_the_office)
    in_agreement(working)
    address = "/scorecards/employee:E1/deal_value?cycle=2026"
    way = '/cycles/2026/lines/unit:VIE/deal_value"'
    page = working.dana.get(address).text
    assert way in page
    assert "is decided there" in page
    assert working.dana.statuses(way.rstrip('"')) == [200]
    for other in (working.alba, working.boram):
        assert way not in other.get(address).text


def test_fields_that_a_decision_does_not_ask_for_stand_apart(working: Working) -> None:
    """So that the page shows those alone that go with what is chosen: a figure and its value, or a year (forms.css)."""
    in_agreement(working)
    wish = next(
        one
        for one in read(working.boram.get(PAGE).text).all("form")
        if "line-wish" in (one.attributes.get("class") or "")
    )
    apart = {
        kind: [field.attributes["name"] for field in (*part.all("select"), *part.all("input"))]
        for part in wish.all("div")
        if (kind := (part.attributes.get("class") or "").rpartition("line-wish-")[2]) in {"override", "exclude_year"}
    }
    assert apart["override"] == ["member", "value"]
    assert apart.get("exclude_year", ["year"]) == ["year"]
