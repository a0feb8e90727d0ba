"""Pages lead on: searches can be sent with nothing chosen, links name a node as pages read it, and titles tell pages apart."""

from __future__ import annotations

import itertools
import re
from html import unescape
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pytest

from app.worker import jobs
from tests.web.markup import read
from tests.web.working import NOW, Working

_SELECT: Final = re.compile(r"<select([^>]*)>(.*?)</select>", re.DOTALL)
_LINK: Final = re.compile(r'<a[^>]*href="([^"#]+)')
_TITLE: Final = re.compile(r"<title>(.*?)</title>", re.DOTALL)


@pytest.mark.parametrize(
    ("name", "address"),
    [("dana", "/people"), ("dana", "/grades"), ("emil", "/ledger"), ("emil", "/trail"), ("alba", "/activities")],
)
def test_what_may_be_left_open_is_demanded_by_no_browser(working: Working, name: str, address: str) -> None:
    """“All units” is an empty choice: ``required`` beside it would make the browser refuse to send the search."""
    main = getattr(working, name).get(address).text.partition("<main")[2]
    forms = re.findall(r'<form[^>]*method="get".*?</form>', main, re.DOTALL)
    choices = [choice for form in forms for choice in _SELECT.findall(form)]
    assert choices
    assert not [attributes for attributes, options in choices if 'value=""' in options and "required" in attributes]


@pytest.mark.parametrize("address", ["/scorecards/unit:VIE", "/office?unit=VIE", "/scorecards/employee:E1"])
def test_a_link_to_a_node_is_one_that_pages_read(working: Working, address: str) -> None:
    """A node is a pair: written into an address as it is it became two parameters, and the page behind it was not found."""
    for name in ("dana", "emil", "ferran", "boram"):
        browser = getattr(working, name)
        links = {unescape(link) for link in _LINK.findall(browser.get(address).text) if re.match("/[a-z]", link)}
        wrong = {link for link in links if not link.startswith("/static") and browser.statuses(link) != [200]}
        assert wrong == set()


def test_nobody_is_sent_to_verify_who_may_not(working: Working) -> None:
    """An executive who is posted as head has a notice, and no right to act on it: the link would lead nowhere."""
    working.record("2026-03-04 deal D-1 E5 100 USD")
    jobs.remind(working.database, NOW)
    for name, address in (("ferran", "/office"), ("emil", "/people"), ("dana", "/people")):
        browser = getattr(working, name)
        shown = browser.get(address).text
        assert ("Go and verify" in shown) == (browser.statuses("/verification") == [200])


def test_titles_tell_the_pages_of_one_office_apart(working: Working) -> None:
    """Ten tabs of one office: its scorecard, its people, its targets, its activities and one of its figures."""
    addresses = (
        "/agency",
        "/scorecards/unit:HQ",
        "/scorecards/unit:VIE",
        "/office?unit=VIE",
        "/targets?unit=VIE",
        "/activities?node=unit:VIE",
        "/scorecards/employee:E1",
        "/scorecards/employee:E6",
        "/grades/employee:E1",
    )
    titles = [_TITLE.findall(working.dana.get(address).text) for address in addresses]
    assert len({title for (title,) in titles}) == len(addresses)


_TAG: Final = re.compile(r"\{%-?.*?-?%\}|\{#.*?#\}")
_FRAME: Final = re.compile(r"\s*\{% (?:block|endblock|macro|set)|\s*\{%-")


def _runs_together(text: str) -> list[int]:
    """Lines that end with a tag, after words of their own, before a line that begins with one: no space is left between their words."""
    lines = text.split("\n")
    found = []
    for number, (line, following) in enumerate(itertools.pairwise(lines), 1):
        if not line.rstrip().endswith("%}") or not following.lstrip().startswith("{%"):
            continue
        if _FRAME.match(line) or _FRAME.match(following):
            continue
        before, after = _TAG.sub("", line).lstrip(), _TAG.sub("", following).strip()
        if before and after and not before.endswith((">", " ")) and not after.startswith("<"):
            found.append(number)
    return found


def test_sentences_end_before_the_next() -> None:
    """Jinja drops the line's end after a tag and the space before one: "Difference: −5,286." and "1 of them has none." became one number."""
    assert _runs_together("{% if a %}{{ one }}.{% endif %}\n  {% if b %}{{ two }}{% endif %}") == [1]
    templates = Path(__file__).resolve().parents[2] / "templates"
    wrong = {
        f"{path.name}:{line}" for path in templates.rglob("*.html") for line in _runs_together(path.read_text("utf-8"))
    }
    assert wrong == set()


SEARCHES: Final = {
    "dana": ("/people", "/grades", "/verification", "/activities?node=unit:VIE"),
    "emil": ("/ledger", "/trail", "/agency", "/scorecards/unit:VIE"),
    "gaston": ("/verification", "/office", "/targets", "/activities"),
    "iris": ("/rejected", "/accounts", "/jobs", "/deliveries"),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_each_choice_of_each_search_has_an_answer(working: Working, name: str) -> None:
    """One that nobody tries is one that breaks: every option of every list, one at a time, nothing else chosen."""
    working.record("2026-03-04 deal D-1 E1 100 USD", "2026-03-05 consult C-1 E2")
    somebody = getattr(working, name)
    wrong = []
    for address in SEARCHES[name]:
        page = read(somebody.get(address).text)
        for form in (one for one in page.all("form") if one.attributes.get("method") == "get"):
            hidden = [
                (one.attributes["name"], one.attributes.get("value", ""))
                for one in form.all("input")
                if one.attributes.get("type") == "hidden"
            ]
            for select in form.all("select"):
                for option in select.all("option"):
                    chosen = urlencode([*hidden, (select.attributes["name"], option.attributes["value"])])
                    answer = somebody.get(f"{form.attributes['action']}?{chosen}")
                    if answer.status_code != 200:
                        wrong.append((address, chosen, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("address", ["/scorecards/unit:EUR", "/scorecards/unit:VIE", "/office?unit=EUR", "/office"])
def test_a_past_day_is_kept_on_the_way_to_the_nodes_beside(working: Working, address: str) -> None:
    """Somebody's 37.91 of 30 May must not become today's figure by a click; a page of today has no day in its links."""
    figures = re.compile(r"^/(scorecards/|office|targets|agency)")
    for name in ("gaston", "boram") if address == "/office" else ("dana", "gaston"):
        browser = getattr(working, name)
        for asked, kept in (("as_of=2026-05-30&basis=provisional", True), ("", False)):
            page = read(browser.get(address + ("&" if "?" in address else "?") + asked).text)
            links = [link.attributes.get("href", "") for link in page.first("main").all("a")]
            there = [link for link in links if figures.match(link) and not link.startswith("/scorecards/unit:EUR/")]
            assert there
            assert {("as_of=2026-05-30" in link, "basis=provisional" in link) for link in there} == {(kept, kept)}, (
                there
            )
