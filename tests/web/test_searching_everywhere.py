"""Searching everywhere: whatever has a name, however it is typed, and nothing that its reader may not open."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

from tests.conftest import CountQueries
from tests.web.markup import Element, read
from tests.web.working import PEOPLE, Working, key_of

RECORDED = (
    "2026-03-04 deal D-2026-1 E1 1000 EUR of Étoile/FR for 한빛정밀",
    "2026-03-05 consult C-2026-2 E3 of Sakura/JP for Hanbit",
    "2026-03-06 deal D-2026-3 E6 2000 EUR of Étoile/FR for Alpenglow",
)
SEARCHES = (
    "E1",
    "E3",
    "E6",
    "e",
    "VIE",
    "TYO",
    "deals",
    "etoile",
    "sakura",
    "한빛",
    "hanbit",
    "alpen",
    "D-2026-1",
    "C-2026-2",
    "score",
)


def _links(working: Working, name: str, text: str, *, page: str = "/search") -> dict[str, list[Element]]:
    """The links of each kind that somebody's search gives."""
    answer = getattr(working, name).get(f"{page}?q={quote(text)}")
    assert answer.status_code == 200
    groups: dict[str, list[Element]] = {}
    for section in read(answer.text).all("section"):
        kind = section.attributes.get("aria-labelledby", "")
        groups[kind.removeprefix("of-")] = section.all("a")
    return groups


def _names(working: Working, name: str, text: str) -> dict[str, list[str]]:
    return {kind: [link.text for link in links] for kind, links in _links(working, name, text).items()}


def test_what_is_called_so_is_offered_by_kinds(working_on_each: Working) -> None:
    """People, units, KPIs, companies, buyers, deals and pages, and each leads to its own page."""
    working = working_on_each
    working.record(*RECORDED)
    for text in ("étoile", "ETOILE", unicodedata.normalize("NFD", "Étoile")):
        assert _names(working, "ferran", text) == {
            "buyers": ["Étoile"],
            "activities": ["Alpenglow – Étoile", "한빛정밀 – Étoile", "Show all: Deals and other activities →"],
        }, text
    assert _names(working, "ferran", "TYO")["units"] == ["TYO"]
    assert _names(working, "ferran", "E3")["people"] == ["E3"]
    (kpi,) = _links(working, "alba", "deal_value")["kpis"]
    assert kpi.attributes["href"] == "/goals/kpis/deal_value?cycle=2026"
    assert _names(working, "alba", "scorecard")["pages"] == ["My scorecard"]
    (deal,) = _links(working, "boram", "D-2026-1")["activities"]
    assert deal.attributes["href"] == f"/activities/{key_of('D-2026-1')}"
    (deal,) = _links(working, "boram", key_of("D-2026-1"))["activities"]
    assert deal.attributes["href"] == f"/activities/{key_of('D-2026-1')}"
    (account,) = _links(working, "iris", "alba")["accounts"]
    assert account.text == "alba@agency.example"


def test_nobody_is_shown_what_they_may_not_open(working: Working) -> None:
    """Whatever a role's searches give opens for that role, and nothing of a stranger's is among it: neither a name nor how many there are."""
    working.record(*RECORDED)
    shown = {name: _opened(working, name) for name in PEOPLE}
    own = {"alba": "E1", "jiho": "E6", "chae": "E3"}
    assert {name: shown[name]["people"] for name in own} == {name: {number} for name, number in own.items()}
    assert shown["boram"]["people"] == {"E1", "E6"}
    assert shown["jiho"]["companies"] == {"Alpenglow"}
    for name in ("alba", "boram", "gaston", "jiho"):
        assert not {"Sakura", "Hanbit", "Hanbit – Sakura", "E3", "TYO"} & set().union(*shown[name].values()), name
    for name in ("dana", "emil", "ferran", "hana", "wanda"):
        assert shown[name]["people"] >= {"E1", "E3", "E6"}, name
        assert shown[name]["companies"] == {"한빛정밀", "Hanbit", "Alpenglow"}, name
    assert set(shown["iris"]) <= {"accounts", "pages"}


def _opened(working: Working, name: str) -> dict[str, set[str]]:
    """What somebody is shown of each kind; every result is opened."""
    given: dict[str, set[str]] = {}
    for text in SEARCHES:
        for kind, links in _links(working, name, text).items():
            for link in links:
                status = getattr(working, name).get(link.attributes["href"]).status_code
                assert status == 200, (name, text, kind, link.text, status)
                if not link.text.startswith("Show all"):
                    given.setdefault(kind, set()).add(link.text)
    return given


def test_what_is_searched_takes_as_many_queries_however_much_there_is(
    working: Working, count_queries: CountQueries
) -> None:
    """One look at what was recorded since, and two for the activities; a hostile text takes no more."""
    working.record(*RECORDED)
    numbers = set()
    for text in ("e", "etoile", "%", "_" * 200, "1" * 32, "a b c d e f g h"):
        working.boram.get(f"/search/offers?q={quote(text)}")
        with count_queries() as sent:
            assert working.boram.get(f"/search/offers?q={quote(text)}").status_code == 200
        numbers.add(len(sent))
    working.record(*(f"2026-03-07 consult C-9-{at} E1 of Buyer{at}/FR for Etoile{at}" for at in range(40)))
    with count_queries() as sent:
        working.boram.get("/search/offers?q=etoile")
    assert max(numbers | {len(sent)}) <= 10
