"""Help: the guides of ``docs/guide`` in the reader's language, for anybody, and the field's words where they stand."""

from __future__ import annotations

import itertools

from flask.testing import FlaskClient

from app.web.guides import GUIDES
from app.web.languages import LANGUAGES
from tests.conftest import CountQueries
from tests.web.markup import read
from tests.web.working import Working


def test_every_guide_is_a_page_for_anybody_with_its_contents(client: FlaskClient) -> None:
    """Signed in or not; each line of the contents leads to a heading; whoever reads Spanish is told that it is English."""
    for language, name in itertools.product(LANGUAGES, GUIDES):
        client.set_cookie("kopes_language", language)
        answer = client.get(f"/help/{name}")
        assert answer.status_code == 200
        page = read(answer.text)
        article = page.first("article")
        contents = [one.attributes["href"] for one in page.all("a") if "#part-" in one.attributes.get("href", "")]
        assert contents == [f"#{one.attributes['id']}" for one in article.all("h2")]
        assert article.attributes["lang"] == ("ko" if language == "ko" else "en")
        assert ("Las guías están escritas en inglés" in answer.text) is (language == "es")
        assert [mark for mark in ("**", "](", ".md") if mark in article.text] == []
        links = {one.attributes["href"] for one in article.all("a")}
        assert links <= {f"/help/{other}" for other in GUIDES}


def test_an_address_in_a_guide_is_a_link_for_whoever_is_led_there(working: Working, client: FlaskClient) -> None:
    """The employee opens it from the text; for anybody else it is an address to be told of."""
    assert '<a href="/scorecard"><code' in working.alba.get("/help/employee").text
    for page in (client.get("/help/employee").text, working.iris.get("/help/employee").text):
        assert "/scorecard</code>" in page
        assert 'href="/scorecard"' not in read(page).first("article").text
    assert client.get("/help/nobody").status_code == 404


def test_help_is_reached_from_every_page_and_begins_with_ones_own_guides(
    working: Working, client: FlaskClient, count_queries: CountQueries
) -> None:
    """From the header, the footer and the list of keys; before signing in from the footer."""
    assert working.boram.get("/goals").text.count('href="/help"') == 3
    assert 'href="/help"' in client.get("/login").text
    with count_queries() as sent:
        page = working.boram.get("/help").text
    assert len(sent) <= 5
    headings = [one.text for one in read(page).first("main").all("h2")]
    assert headings[:3] == ["Employee", "Head of a unit", "The core tasks"]


def test_a_word_of_the_field_explains_itself_where_it_stands(working: Working) -> None:
    """What a screen reader is told of the word is what opens beside it, and what the page of words has."""
    page = read(working.alba.get("/scorecard").text)
    described = {one.attributes["aria-describedby"] for one in page.all("button") if "popovertarget" in one.attributes}
    meanings = {one.attributes["id"]: one.text for one in page.all("span") if "popover" in one.attributes}
    assert described == set(meanings)
    assert {"word-so_far", "word-own_score", "word-unit_part", "word-final"} <= described
    words = working.alba.get("/help/words").text.replace("&#39;", "'")
    assert [meaning for meaning in meanings.values() if meaning not in words] == []
