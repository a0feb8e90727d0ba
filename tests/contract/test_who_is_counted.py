"""Lists of one cycle count differently, on a running server: each says whom, and that whoever looks is not among them."""

from __future__ import annotations

import re

from tests.contract.test_calibrating import desk as certified
from tests.contract.test_cycles import appoint
from tests.contract.test_objections import desk

__all__ = ["certified", "desk"]


def said(desk, name, address):
    """What a page says of whom it counts."""
    answer = desk.person(name).get(address)
    assert answer.status_code == 200, (name, address, answer.text)
    (words,) = re.findall(r"<p [^>]*data-who-counts[^>]*>(.*?)</p>", answer.text, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", words)).strip()


def test_each_list_says_whom_it_counts_and_that_oneself_is_not_among_them(desk):
    """HR counts everybody; an approver, who is graded too, everybody but the own where results are read."""
    everyone = desk.person("dana").get("/api/v1/cycles/2026/people", params={"limit": 1000}).json()["items"]
    people, graded = len(everyone), sum(one["grade"] is not None for one in everyone)
    whole = f"Counted here: {people}. Graded: {graded}; not graded: {people - graded}."
    assert said(desk, "dana", "/cycles/2026/people") == said(desk, "dana", "/grades?cycle=2026") == whole
    assert said(desk, "dana", "/cycles/2026/promotion").startswith("Whoever is graded in the cycle stands on this list")
    told = desk.person("dana").get("/cycles/2026").text
    assert f"graded: {graded}, not graded: {people - graded}" in told
    appoint(desk, "E5", "approver")
    of_e5 = said(desk, "e5", "/cycles/2026/people")
    assert of_e5.startswith(f"Counted here: {people - 1}. Graded: {graded - 1};")
    assert "You yourself are neither shown nor counted" in of_e5
    # The own grade was told: so it is in that list, and is counted.
    assert said(desk, "e5", "/grades?cycle=2026") == whole
    board = desk.person("dana").get("/cycles/2026/board").text
    assert "All people of the cycle whom you see, graded or not." in board
    assert "you yourself among them" in desk.person("e21").get("/cycles/2026/board").text


def test_before_people_are_told_the_list_of_grades_says_that_the_own_is_left_out(certified):
    appoint(certified, "E5", "approver")
    words = said(certified, "e5", "/grades?cycle=2026")
    assert "You yourself are neither shown nor counted until you are told your own grade." in words
    assert "until you are told" not in said(certified, "dana", "/grades?cycle=2026")
