"""Every page that a role is led to does its job: in three languages, on a phone and on a wide screen, in every theme.

Each role goes through its pages once in each language, and looks in a translation at those that no role before it was led to; width and
theme take turns, so that every role meets each. What a page must keep is said by :mod:`tests.browser.crawling`; here it is only asked whether
anything is wrong, all of it in one list.
"""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import pytest
import sqlalchemy as sa
from jinja2 import Environment
from jinja2.filters import do_truncate
from playwright.sync_api import Browser

from app import access, decisions, intake, organisation
from app import cycle as cycles
from app.access.tables import trail
from app.cycle.tables import result_review, review_answer
from app.decisions import DecisionFilter
from app.kit import clock
from app.kit.database import Database
from app.objecting.tables import objection, objection_step
from app.rules.permissions import Deed
from tests.browser.crawling import Counts, Crawl, Words
from tests.browser.states import LOCALES, ROLES, THEMES, WIDTHS, State, media_of
from tests.browser.test_every_role import Site, site

__all__ = ["site"]

pytestmark = pytest.mark.browser

UNBROKEN = "Whywhywhy" * 55


@pytest.fixture(scope="module", autouse=True)
def typed_without_a_space(site: Site) -> None:
    """What no line can be broken at, among what people typed: the trail's longest reason, about something that is no list of ours."""
    database = Database(site.database)
    with database.write(Deed.KEEP_KEYS) as connection:
        access.record_deed(
            connection,
            who="command",
            deed=Deed.KEEP_KEYS,
            at=clock.now(),
            subject="key:walk",
            after={"made of": {"letters": UNBROKEN}},
            why=UNBROKEN,
        )
    database.close()


_SAID: Final = {"reason", "document", "ground", "text"}
"""Members of decisions that somebody has written."""


def _texts(content: object, name: str = "") -> Iterator[str]:
    """What somebody has written in a decision, at whatever depth."""
    if isinstance(content, Mapping):
        for member, value in content.items():
            yield from _texts(value, member)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from _texts(value, name)
    elif isinstance(content, str) and name in _SAID:
        yield content


@pytest.fixture(scope="module")
def words(site: Site) -> Words:
    """What may be read on the demonstration agency's pages: what its people have typed stays in their language."""
    database = Database(site.database)
    with database.read() as connection:
        sets = intake.change_sets(connection, limit=100)
        agreed = decisions.decisions_of(connection, DecisionFilter(), visible=lambda _one: True, limit=1000)
        actions = cycles.actions_of(connection)
        said: set[str] = set()
        for opened in cycles.opened_cycles(connection):
            people = list(organisation.directory(connection).employees)
            said |= {one.text for one in cycles.check_ins(connection, opened.cycle, people)}
            said |= {cycles.self_assessment(connection, opened.cycle, one).text for one in people}
        for text in (objection.c.text, objection_step.c.text, result_review.c.text, review_answer.c.text, trail.c.why):
            said |= {one or "" for one in connection.scalars(sa.select(text))}
    database.close()
    said |= {text for one in agreed for text in _texts(one.content)}
    typed = {text for one in sets for text in (one.title, one.reason)} | {one.reason for one in agreed}
    typed |= {text for one in actions for text in (one.cause, one.measure)} | said - {""}
    # A list shows the beginning of what is long.
    typed |= {str(do_truncate(Environment(), text, length)) for text in typed for length in (60, 160)}
    return Words.read(site.folder / "demo", "walk", UNBROKEN, getpass.getuser(), *typed)


@pytest.fixture(scope="module")
def looked_at() -> set[tuple[object, ...]]:
    """What axe has seen: a kind of page once at each width is enough."""
    return set()


@pytest.fixture(scope="module")
def colours() -> dict[tuple[str, int], set[int]]:
    """Whose colours axe has seen: an element that looks the same, in what looks the same, once in each theme at each width."""
    return {(theme, width): set() for theme in THEMES for width in WIDTHS}


@pytest.fixture(scope="module")
def states(request: pytest.FixtureRequest) -> Iterator[set[State]]:
    """In which states axe has seen the pages; when every role has gone through them, there are as many as are promised."""
    seen: set[State] = set()
    yield seen
    crawls = sum(item.path == request.path for item in request.session.items)
    if crawls == len(ROLES) * len(LOCALES):
        assert len(seen) >= 100
        by_theme = Counter(state.theme for state in seen)
        print(f"axe: {len(seen)} states, {dict(by_theme)}")
        assert all(by_theme[theme] >= 30 for theme in THEMES), by_theme


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("role", ROLES)
def test_every_page_that_a_role_is_led_to_does_its_job(
    site: Site,
    browser: Browser,
    words: Words,
    looked_at: set[tuple[object, ...]],
    states: set[State],
    colours: dict[tuple[str, int], set[int]],
    role: str,
    language: str,
) -> None:
    """Links answer and lead on, searches are sent by Enter, titles differ, nothing is in another language or for machines, axe is content."""
    turn = ROLES.index(role) + list(LOCALES).index(language)
    width, theme = WIDTHS[turn % 2], THEMES[turn % 3]
    context = browser.new_context(
        locale=LOCALES[language],
        timezone_id="UTC",
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
        **media_of(theme),
    )
    try:
        page = context.new_page()
        site.sign_in(page, role)
        opens, asks = (2, 2) if language == "en" else (1, 1)
        crawl = Crawl(site.url, words, role, language, theme, width, looked_at, states, colours, opens, asks)
        crawl.run(page)
    finally:
        context.close()
    assert sorted(set(crawl.findings)) == []
    assert _is_a_walk(crawl.counts)


def _is_a_walk(counts: Counts) -> bool:
    """A crawl that stops at the first page would find nothing wrong."""
    return counts.links >= 12
