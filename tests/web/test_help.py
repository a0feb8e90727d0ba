"""Help: the guides of ``docs/guide`` in the reader's language, for anybody, and the field's words where they stand."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.web.home import guides
from app.web.home.guides import GUIDES
from app.web.wording.languages import LANGUAGES, in_language
from app.web.wording.words import STAGES
from tests.conftest import CountQueries
from tests.web.markup import read
from tests.web.working import Working


def test_every_guide_is_a_page_for_anybody_with_its_contents(client: FlaskClient) -> None:
    """Signed in or not, in the reader's own language; each line of the contents leads to a heading."""
    for language, name in itertools.product(LANGUAGES, GUIDES):
        client.set_cookie("kopes_language", language)
        answer = client.get(f"/help/{name}")
        assert answer.status_code == 200
        page = read(answer.text)
        article = page.first("article")
        contents = [
            one.attributes["href"] for one in page.all("a") if one.attributes.get("href", "").startswith("#part-")
        ]
        parts = [f"#{one.attributes['id']}" for one in article.all("h2")]
        assert contents == parts
        assert article.attributes["lang"] == language
        # An asterisk that stands is one that a particle behind a bracket or question mark has kept from closing.
        assert [mark for mark in ("*", "](", ".md") if mark in article.text] == []
        links = {one.attributes["href"] for one in article.all("a")}
        assert links <= {f"/help/{other}" for other in GUIDES} | {f"/help/{name}{part}" for part in parts}


def test_the_korean_guides_write_the_particle_that_goes_with_the_word() -> None:
    """A guide knows its words: both forms of a particle stand where a program fills the place, and nowhere else."""
    both = re.compile(r"[가-힣0-9*]\)?(?:은\(는\)|이\(가\)|을\(를\)|과\(와\)|와\(과\)|\(으\)로)")
    assert {name: both.findall(_source(name, "ko")) for name in GUIDES if both.search(_source(name, "ko"))} == {}


def test_an_address_in_a_guide_is_a_link_for_whoever_is_led_there(working: Working, client: FlaskClient) -> None:
    """The employee opens it from the text; for anybody else it is an address to be told of."""
    assert '<a href="/scorecard"><code' in working.alba.get("/help/employee").text
    for page in (client.get("/help/employee").text, working.iris.get("/help/employee").text):
        assert "/scorecard</code>" in page
        assert 'href="/scorecard"' not in read(page).first("article").text
    assert client.get("/help/nobody").status_code == 404


def test_a_link_to_a_part_of_a_guide_leads_to_that_part(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As on GitHub: of the same guide and of another one; to what no page shows it is plain words."""
    text = "# A\n\nOn [one](#put-it-right), [two](head.md#see-it), [three](head.md#gone), [four](../../operating.md#set-up)\n\n## Put it right\n"
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "employee.md").write_text(text, encoding="utf-8")
    (tmp_path / "en" / "head.md").write_text("# B\n\n## Do it\n\n## See it!\n", encoding="utf-8")
    monkeypatch.setattr(guides, "FOLDER", tmp_path)
    page = read(str(guides.guide("employee", "xx").html(frozenset())))
    assert [one.attributes["href"] for one in page.all("a")] == [
        "/help/employee#part-1",
        "/help/head#part-2",
        "/help/head",
    ]


@pytest.mark.parametrize("language", guides.WRITTEN_IN)
def test_the_core_tasks_stand_in_one_list_and_in_the_guide_of_their_role(language: str) -> None:
    """In the words of the list, whoever's they are."""
    rows = [line.split("|")[2:4] for line in _source("tasks", language).splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 12
    texts = {name: _source(name, language).casefold() for name in guides.GUIDES if name not in {"tasks", "developer"}}
    ends = {name: text.rstrip().rsplit("\n", 2)[-2:] for name, text in texts.items()}
    wanted = [task.strip().casefold() for _, task in rows]
    assert [task for task in wanted if not any(task in " ".join(end) for end in ends.values())] == []


@pytest.mark.parametrize("language", guides.WRITTEN_IN)
def test_the_guide_of_hr_has_a_part_for_each_stage_of_a_cycle_and_its_contents_lead_there(
    working: Working, language: str
) -> None:
    """Under the words by which the pages call the stage; in one list, in their order."""
    client = working.app.test_client()
    client.set_cookie("kopes_language", language)
    page = read(client.get("/help/hr").text).first("article")
    headings = {f"/help/hr#{one.attributes['id']}": one.text.casefold() for one in page.all("h2")}
    listed = [one.attributes["href"] for one in page.all("a") if one.attributes.get("href", "") in headings]
    stages = [in_language(language, words).casefold() for words in STAGES.values()]
    assert [headings[address] for address in listed[: len(stages)]] == stages


def _source(name: str, language: str) -> str:
    return (guides.FOLDER / language / f"{name}.md").read_text(encoding="utf-8")


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
