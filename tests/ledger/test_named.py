"""Companies and buyers by what is typed: those of a node's own activities, of few people, of a region and of the whole agency."""

from __future__ import annotations

import pytest

from app import ledger, scoring
from app.ledger import NamedParties, named
from app.rules.terms import Node
from tests.scenario import Agency


def meant(agency: Agency, node: str, text: str, *, limit: int = 5) -> NamedParties:
    """What a node's activities have of a text."""
    whose = Node.parse(node)
    assert whose is not None
    with agency.database.read() as connection:
        frame = scoring.state(connection).frame
        return ledger.parties_meant(connection, frame, text=text, node=whose, limit=limit, to_the_end=True)


@pytest.mark.parametrize("few", [25, 0], ids=["looked through", "held against names"])
def test_a_node_has_the_names_of_its_own_activities(agency: Agency, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    """Whichever way they are looked for, and one of each that is written in two ways; deals come before what came later.

    unit HQ agency
      unit EUR regional_hq
        unit VIE office
      unit TYO office
    employee E1 VIE staff
    employee E2 TYO staff
    2026-03-01 deal D-1 E1 1000 EUR of Nord-Wind/AT for Alpenglow
    2026-03-02 consult C-1 E1 of NORDWIND/AT for Zillertal
    2026-03-03 deal D-2 E2 1000 EUR of Nord-Wind/JP for Sakura
    2026-03-04 deal D-3 E2 1000 EUR E1:0.5 E2:0.5 of Southwind/JP for Sakura
    """
    monkeypatch.setattr(named, "_PEOPLE_FEW", few)
    europe = meant(agency, "unit:EUR", "wind")
    assert {(one.name, one.country) for one in europe.buyers} == {
        ("Nord-Wind", "AT"),
        ("NORDWIND", "AT"),
        ("Southwind", "JP"),
    }
    assert [one.country for one in meant(agency, "unit:EUR", "nord").buyers] == ["AT", "AT"]
    assert [one.name for one in meant(agency, "unit:EUR", "sak").companies] == ["Sakura"]
    assert meant(agency, "unit:EUR", "nothing") == NamedParties()
    assert len(meant(agency, "unit:HQ", "wind").buyers) == 4
    assert len(meant(agency, "unit:TYO", "alpen").companies) == 0
    assert len(meant(agency, "employee:E2", "wind").buyers) == 2
    assert meant(agency, "employee:E1", "wind", limit=1).more_buyers
    first, second = meant(agency, "unit:VIE", "nord").activities
    assert first < second, "the deal stands before the consult that came after it"


def test_what_has_come_since_the_last_look_is_looked_through_too(agency: Agency) -> None:
    """Somebody's activities are kept: one that comes after is there at the next letter, whoever entered it, and one that is no own never.

    unit HQ agency
      unit VIE office
      unit TYO office
    employee E1 VIE staff
    employee E2 TYO staff
    2026-03-01 deal D-1 E1 1000 EUR of Nord-Wind/AT for Alpenglow
    """
    assert meant(agency, "unit:VIE", "south") == meant(agency, "employee:E1", "south") == NamedParties()
    agency.record("2026-03-04 deal D-2 E2 1000 EUR E1:0.5 E2:0.5 of Southwind/JP for Sakura")
    agency.record("2026-03-05 deal D-3 E2 1000 EUR of South-Sea/JP for Sakura")
    for node in ("unit:VIE", "employee:E1"):
        assert [one.name for one in meant(agency, node, "south").buyers] == ["Southwind"], node
    assert {one.name for one in meant(agency, "employee:E2", "south").buyers} == {"Southwind", "South-Sea"}
    agency.load("unit HQ agency\n  unit VIE office\n  unit TYO office\nemployee E1 TYO staff\nemployee E2 TYO staff")
    assert meant(agency, "unit:VIE", "south") == NamedParties()
    assert [one.name for one in meant(agency, "unit:TYO", "nord").buyers] == ["Nord-Wind"]
