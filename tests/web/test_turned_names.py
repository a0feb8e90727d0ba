"""Names with letters in them that turn text around: no page's own words are turned by them."""

from __future__ import annotations

import re

from app import ledger
from app.kit.settings import ROOT
from app.rules.activities import EventKey
from tests.web.api import api, by_hand, deal, fresh
from tests.web.markup import Element, read

__all__ = ["api"]

OVERRIDE = "\u202e"


def _isolating_tags() -> set[str]:
    """Elements that the pages' style isolates, and those that are paragraphs of their own."""
    style = (ROOT / "app/web/static/base.css").read_text("utf-8")
    tags = next(
        re.findall(r"[\w,\s]+", rule)[-1]
        for rule in style.split("}")
        if "unicode-bidi: isolate" in rule
        for rule in [rule.split("{")[0]]
    )
    return {tag.strip() for tag in tags.split(",")} | {
        "td",
        "th",
        "li",
        "dd",
        "dt",
        "p",
        "h1",
        "h2",
        "h3",
        "option",
        "title",
        "button",
        "div",
    }


def _turned(element: Element, isolating: set[str]) -> list[str]:
    """Texts with an override that stand beside other words in the same element, with nothing that isolates them."""
    wrong = []
    for child in element.children:
        if isinstance(child, Element):
            wrong += _turned(child, isolating)
        elif OVERRIDE in child:
            beside = len([one for one in element.children if not isinstance(one, str) or one.strip()]) > 1
            words = child.strip() != NAME
            if (beside or words) and "\u2068" not in child:
                wrong.append(child.strip())
            elif not beside and not words and element.tag not in isolating:
                wrong.append(f"{element.tag}: {child.strip()}")
    return wrong


NAME = f"Evil{OVERRIDE}dtL noitaroproC"


def test_a_name_turns_nothing_but_itself(api):
    """Wherever a page shows it: alone in an element that is isolated, or isolated within its sentence."""
    event = deal(id_=fresh(), company={"name": NAME}, buyer={"name": NAME, "country": "AT"})
    assert api.post([event]).json["accepted"] == 1
    key = ledger.event_key(EventKey(event["source"], event["id"]))
    looked = {
        "alba": (f"/activities/{key}", "/activities?node=employee:E1"),
        "boram": ("/verification", f"/verification/{key}"),
        "emil": (f"/ledger/{key}", "/ledger"),
    }
    isolating, wrong, shown = _isolating_tags(), {}, 0
    for name, addresses in looked.items():
        for address in addresses:
            answer = getattr(api.working, name).client.get(address)
            shown += OVERRIDE in answer.text
            if turned := _turned(read(answer.text), isolating):
                wrong[address] = turned
    assert shown >= 4
    assert wrong == {}


def test_a_field_has_a_name_as_it_was_written(api):
    """A correction that changes something else leaves the name as it is."""
    event = by_hand(deal(id_=fresh(), company={"name": NAME}, buyer={"name": NAME, "country": "AT"}), "E1")
    assert api.working.alba.client.post(
        "/api/v1/events", json=event, headers={"Content-Type": "application/cloudevents+json"}
    ).json["accepted"]
    key = ledger.event_key(EventKey(event["source"], event["id"]))
    page = read(api.working.alba.client.get(f"/activities/{key}/correct").text)
    values = {one.attributes.get("name"): one.attributes.get("value") for one in page.all("input")}
    assert (values["company"], values["buyer"]) == (NAME, NAME)
