"""Two people of one name on a running server: titles of their pages, choices and lists say which of the two is meant, and of nobody else the number."""

from __future__ import annotations

import html
import re

from tests.contract.test_board import changed
from tests.contract.test_objections import desk, objects

__all__ = ["desk"]

NAME = "Kim Minsu"
PAGES = (
    "/scorecards/employee:{}?cycle=2026",
    "/lifting/employee:{}?cycle=2026",
    "/grades/employee:{}?cycle=2026",
    "/cycles/2026/people/{}",
    "/cycles/2026/scorecards/employee:{}",
)


def title(desk, address):
    answer = desk.person("dana").get(address)
    assert answer.status_code == 200, (address, answer.text)
    (shown,) = re.findall(r"<title>(.*?) – OpenKOPES</title>", answer.text, re.DOTALL)
    return html.unescape(shown)


def test_whoever_shares_a_name_is_called_by_the_number_too(desk):
    """E1 and E3 have one name: tabs, headings, lists and choices tell them apart; E4 is called as before."""
    for number in ("E1", "E3"):
        changed(desk, "employees", number, name=NAME)
    desk.kopes("load", desk.folder, **desk.where)
    for address in PAGES:
        titles = [title(desk, address.format(number)) for number in ("E1", "E3", "E4")]
        assert [f"{NAME} (E1)" in titles[0], f"{NAME} (E3)" in titles[1]] == [True, True], titles
        assert "(E4)" not in titles[2]
    for address in ("/cycles/2026/people", "/cycles/2026/board", "/cycles/2026/promotion"):
        links = re.findall(r">(Kim Minsu[^<]*)</a>", desk.person("dana").get(address).text)
        assert set(links) == {f"{NAME} (E1)", f"{NAME} (E3)"}, address
    page = desk.person("dana").get("/cycles/2026/objections/new").text
    choices = re.findall(r'<option value="(E\d+)"[^>]*>([^<]*)</option>', page)
    assert dict(choices)["E1"] == f"{NAME} (E1)"
    assert dict(choices)["E3"] == f"{NAME} (E3)"
    assert "(" not in dict(choices)["E4"]
    assert objects(desk, "e1").status_code == 201
    assert f"{NAME} (E1)" in title(desk, "/cycles/2026/objections/1")
