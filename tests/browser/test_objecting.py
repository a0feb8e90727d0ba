"""Two objections on phones, from one's own result to their end: one that is granted and settled, one that a committee refuses (contract-cycle, 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.person import WHY, Person
from tests.browser.states import PHONE, violations
from tests.contract.desk import Desk, Desks
from tests.contract.test_cycles import appoint
from tests.contract.test_objections import told_today

pytestmark = pytest.mark.browser

Enter = Callable[[str], Person]


@pytest.fixture
def desk(templates: Any, kopes: Any, ready: Any, tmp_path: Path) -> Iterator[Desk]:
    """Everybody was told today, and five from outside hear objections."""
    desks = Desks(templates, kopes, ready, tmp_path / "desks")
    with told_today(desks, "sqlite", tmp_path) as made:
        appoint(made, "moa@agency.example", "objections")
        yield made


@pytest.fixture
def enter(desk: Desk, browser: Browser) -> Enter:
    """Somebody who is signed in already, on a phone."""

    def come(name: str) -> Person:
        context = browser.new_context(viewport={"width": PHONE, "height": 800}, reduced_motion="reduce")
        cookies = desk.person(name).cookies
        context.add_cookies([{"name": each, "value": cookies[each], "url": desk.server.url} for each in cookies])
        person = Person(context.new_page(), desk.server.url)
        person.page.goto(f"{desk.server.url}/")
        return person

    return come


def _object(person: Person, what: str, text: str) -> str:
    """From one's own result; the address of the objection."""
    person.go("My result")
    assert violations(person.page) == []
    person.follow("Object")
    assert violations(person.page) == []
    person.choose("What is not right", what)
    person.type("What is not right, and why", text)
    person.press("Object")
    expect(person.main).to_contain_text("Your objection is on the docket")
    expect(person.main.locator("#state")).to_contain_text("to be answered")
    return person.page.url


def _open(person: Person) -> None:
    """The first objection that waits, from Home."""
    person.go("Home")
    with person.page.expect_navigation():
        person.main.locator("a[href*='/objections/']").first.press("Enter")
    assert violations(person.page) == []


def _judge(person: Person, choice: str, why: str, button: str) -> None:
    """Answer, or vote."""
    _open(person)
    person.main.get_by_label(choice, exact=True).check()
    person.type("Why", why)
    person.press(button)


def _state(person: Person, address: str, words: str) -> None:
    person.page.goto(address)
    expect(person.main.locator("#state")).to_contain_text(words)


def test_one_objection_is_granted_and_one_refused_on_phones(enter: Enter) -> None:
    """From Home to Home: nobody types an address but to look again at what they have."""
    first, second, head = enter("e1"), enter("e3"), enter("e23")
    granted = _object(first, "a figure", "A deal of May is not in it.")
    _judge(head, "granted", "The deal was found.", "Answer")
    _state(first, granted, "Granted: what follows from it is told with the next notice.")
    dana, anna = enter("dana"), enter("anna")
    _open(dana)
    dana.type("Or: it changes nothing, because", WHY)
    dana.press("Propose that nothing changes")
    anna.agree()
    _state(first, granted, "granted and settled")
    expect(first.main).to_contain_text(WHY)

    refused = _object(second, "the grade", "Others did less.")
    _judge(head, "refused", "They did not.", "Answer")
    _open(second)
    second.type("Why the answer is not right", "They did.")
    second.press("Appeal")
    expect(second.main).to_contain_text("the committee")
    for name in ("mia", "max", "mei"):
        _judge(enter(name), "against it", "It is as it was counted.", "Vote")
    _state(second, refused, "refused for good")
    expect(second.main).to_contain_text("0 for it, 3 against it.")
    expect(second.main).not_to_contain_text("mia@agency.example")
    dana.go("Home")
    expect(dana.main).not_to_contain_text("Objections that wait for you")
