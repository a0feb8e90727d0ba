"""What is offered while one types: known spellings, and what may be recorded already. Hints, which decide nothing."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from app import ledger, scoring
from app.ledger import Contents, Party, tables
from tests.scenario import Agency


def offered(agency: Agency, text: str, *, buyers: bool = True, country: str = "") -> list[str]:
    """The names that are offered."""
    with agency.database.read() as connection:
        return [one.name for one in ledger.suggest_parties(connection, text=text, buyers=buyers, country=country)]


def alike(
    agency: Agency, type_: str, day: str, buyer: str, *, company: str = "Company", country: str = "AT"
) -> list[str]:
    """The days of activities that may be the same one."""
    contents = Contents(type_, dt.date.fromisoformat(day), Party(company, "", ""), Party(buyer, country, ""))
    with agency.database.read() as connection:
        found = ledger.activities_alike(connection, scoring.state(connection).frame, contents=contents)
    return [one.day.isoformat() for one in found]


def test_names_are_offered_by_the_beginnings_of_their_words(agency: Agency) -> None:
    """Case and punctuation do not matter; the words may stand anywhere in the name; the one named last comes first.

    unit HQ agency
    employee E1 HQ staff
    2026-03-01 consult C-1 E1 of Nord-Wind/AT for Alpenglühen
    2026-03-02 consult C-2 E1 of Wind-Power/DE for Zillertal
    """
    assert offered(agency, "WIND") == ["Wind-Power", "Nord-Wind"]
    assert offered(agency, "nord wi") == ["Nord-Wind"]
    assert offered(agency, "ord") == []
    assert offered(agency, "alpengl", buyers=False) == ["Alpenglühen"]
    assert offered(agency, " ") == []


def test_the_chosen_country_s_buyers_come_first(agency: Agency) -> None:
    """Whoever has chosen Austria wants Austria's.

    unit HQ agency
    employee E1 HQ staff
    2026-03-01 consult C-1 E1 of Windpark/AT
    2026-03-02 consult C-2 E1 of Windmill/DE
    """
    assert offered(agency, "wind", country="AT") == ["Windpark", "Windmill"]


def test_what_was_just_recorded_is_offered_at_once(agency: Agency) -> None:
    """The process reads on from where it stood.

    unit HQ agency
    employee E1 HQ staff
    2026-03-01 consult C-1 E1 of Windpark/AT
    """
    assert offered(agency, "sun") == []
    agency.record("2026-03-02 consult C-2 E1 of Sunrise/AT")
    assert offered(agency, "sun") == ["Sunrise"]


def test_what_is_committed_behind_the_newest_is_offered_too(agency: Agency) -> None:
    """Of two that record at once the one whose number is lower may end later: it is read once the next one has come.

    unit HQ agency
    employee E1 HQ staff
    2026-03-01 consult C-1 E1 of Windpark/AT
    2026-03-02 consult C-2 E1 of Sunrise/AT
    2026-03-03 consult C-3 E1 of Moonlight/AT
    """
    second = tables.activity.c.seq == 2
    with agency.database.write("test") as connection:
        late = connection.execute(sa.select(tables.activity).where(second)).mappings().one()
        connection.execute(sa.delete(tables.activity).where(second))
    assert offered(agency, "sun") == []
    with agency.database.write("test") as connection:
        connection.execute(sa.insert(tables.activity).values(**late))
    agency.record("2026-03-04 consult C-4 E1 of Starlight/AT")
    assert offered(agency, "star") == ["Starlight"]
    assert offered(agency, "sun") == ["Sunrise"]


def test_the_same_company_and_buyer_within_days_may_be_one_entry(agency: Agency) -> None:
    """However the buyer is spelled; not another kind, country or company, nor a month later.

    unit HQ agency
    employee E1 HQ staff
    2026-03-10 deal D-1 E1 100 USD of Nordwind-GmbH/AT
    """
    assert alike(agency, "export_deal", "2026-03-12", "NORDWIND") == ["2026-03-10"]
    assert alike(agency, "export_deal", "2026-03-01", "Nordwind Gmbh") == ["2026-03-10"]
    assert alike(agency, "export_deal", "2026-04-12", "NORDWIND") == []
    assert alike(agency, "export_consult", "2026-03-12", "NORDWIND") == []
    assert alike(agency, "export_deal", "2026-03-12", "NORDWIND", country="DE") == []
    assert alike(agency, "export_deal", "2026-03-12", "NORDWIND", company="Another") == []


def test_a_buyer_known_for_years_is_no_new_one(agency: Agency) -> None:
    """The same buyer again is a duplicate, whoever logs it and with whichever company (domain.md 2).

    unit HQ agency
    employee E1 HQ staff
    2024-03-10 new_buyer N-1 E1 of Nordwind/AT
    """
    assert alike(agency, "new_buyer", "2026-03-12", "Nordwind AG", company="Another") == ["2024-03-10"]


def test_what_was_taken_out_is_no_duplicate(agency: Agency) -> None:
    """Correcting is reversing and recording again: the reversed one must not stand in the way.

    unit HQ agency
    employee E1 HQ staff
    2026-03-10 deal D-1 E1 100 USD of Nordwind/AT
    2026-03-11 reversed D-1
    2026-03-10 deal D-2 E1 100 USD of Nordwind/AT
    2026-03-11 rejected D-2 by E9
    """
    assert alike(agency, "export_deal", "2026-03-10", "Nordwind") == []
