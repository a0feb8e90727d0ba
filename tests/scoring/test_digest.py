"""One fingerprint of all that was computed: the same wherever the same was taken in, another as soon as anything counts otherwise."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa

from app import access, scoring
from app.rules.terms import Role
from tests.conftest import NewDatabase
from tests.scenario import AT, Agency, Scenario, load, open_agency

YEAR = """
unit HQ agency
  unit VIE office
employee E1 VIE staff
employee E2 VIE staff
rate 2026-01 EUR 1.10
2026-03-04 deal D-1 E1 1000 EUR E1:0.6 E2:0.4
2026-03-05 verified D-1 by E9
"""


def test_both_engines_come_to_the_same_digest(new_database: NewDatabase, tmp_path: Path) -> None:
    """It goes by names, never by numbers that a database gave out."""
    digests = set()
    for engine in ("sqlite", "postgresql"):
        agency = open_agency(new_database(engine), Scenario.read(YEAR), tmp_path)
        digests.add(agency.digest())
        agency.database.close()
    (digest,) = digests
    assert len(digest) == 64
    assert int(digest, 16)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("rates", "1.10", "1.11"),
        ("postings", "E2,VIE", "E2,HQ"),
        ("scorecards", "employee:E1,deals,10,,unique,,,,,,10,", "employee:E1,deals,10,,unique,,,,,,11,"),
        ("employees", "G5,staff", "G5,manager"),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"])
def test_whatever_changes_a_total_or_a_score_changes_it(
    engine: str, new_database: NewDatabase, tmp_path: Path, file: str, old: str, new: str
) -> None:
    """A rate, a posting, a target, a job: the folder is part of the state."""
    agency = open_agency(new_database(engine), Scenario.read(YEAR), tmp_path)
    before = agency.digest()
    path = agency.folder / "agency" / f"{file}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    load(agency.database, agency.folder)
    assert agency.digest() != before
    path.write_text(text, encoding="utf-8")
    load(agency.database, agency.folder)
    assert agency.digest() == before
    agency.database.close()


def test_an_event_changes_it_even_without_effect_and_a_refusal_does_not(agency: Agency) -> None:
    """The ledger is in it; what was refused, and what people did in the application, is not.

    unit HQ agency
    employee E1 HQ staff
    2026-03-04 deal D-1 E1 100 USD
    """
    first = agency.digest()
    agency.record("2026-03-04 deal D-1 E404 100 USD")
    with agency.database.write("account") as connection:
        access.create_account(connection, email="x@agency.example", roles={Role.AUDITOR}, employee=None, now=AT)
    assert agency.digest() == first
    agency.record("2026-03-04 verified D-404 by E9")
    assert agency.digest() != first


def test_the_day_on_which_it_is_asked_is_of_no_account(agency: Agency) -> None:
    """Projections move from day to day; they are not in it, and an event's time of arrival is not either.

    unit HQ agency
    employee E1 HQ staff
    2026-03-04 deal D-1 E1 100 USD
    """
    before = agency.digest()
    for today in (dt.date(2026, 1, 1), dt.date(2026, 12, 31)):
        with agency.database.read() as connection:
            scoring.scorecards(connection, scoring.ScoreQuery(2026, today))
            assert scoring.digest(connection) == before
    with agency.database.read() as connection:
        events = sa.table("event")
        assert connection.scalar(sa.select(sa.func.count()).select_from(events)) == 1
