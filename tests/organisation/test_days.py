"""The agency's day: the root unit's own, whatever the server's clock shows (contract-desk, 1)."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from app.kit.database import Database
from app.organisation import Directory, Revision, root_timezone
from app.organisation.directory import directory_of
from app.organisation.tables import unit_period
from app.rules.money import Rates
from app.rules.placement import UnitPeriod
from app.rules.terms import Name, Period, UnitKind
from tests.people import settle

ZONES = ("Asia/Seoul", "Pacific/Kiritimati", "UTC", "America/New_York", "Pacific/Honolulu", "Pacific/Niue", "")
HOUR = dt.timedelta(hours=1)
instants = st.datetimes(dt.datetime(2000, 1, 3), dt.datetime(2099, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001 - the zone follows.


def agency_in(*zones: tuple[str, dt.date | None, dt.date | None]) -> Directory:
    """An agency whose root unit has a time zone in each of some periods."""
    units = [
        UnitPeriod(
            code="HQ",
            name=Name("Agency"),
            kind=UnitKind.AGENCY,
            parent=None,
            country="KR",
            timezone=zone,
            evaluation_group=None,
            period=Period(begins, ends),
        )
        for zone, begins, ends in zones
    ]
    nothing: dict[str, tuple[()]] = {}
    return directory_of(
        Revision(1, "one", None),
        units=units,
        postings=(),
        employees={},
        employment=nothing,
        statuses=nothing,
        results=nothing,
        rates=Rates(()),
        paths={},
        ids={},
    )


@given(st.sampled_from(ZONES), instants)
def test_a_day_is_from_midnight_to_midnight_where_the_root_unit_is(zone: str, at: dt.datetime) -> None:
    """So no instant is without a day, and none has two; without a zone it is UTC."""
    day = agency_in((zone, dt.date(1990, 1, 1), None)).day_of(at)
    local = ZoneInfo(zone or "UTC")
    begins = dt.datetime.combine(day, dt.time(), local).astimezone(dt.UTC)
    ends = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), local).astimezone(dt.UTC)
    assert begins <= at < ends


def test_the_zone_is_that_of_the_row_that_holds() -> None:
    """An agency that moves its seat has the days of the new one from then on; one that is not there yet has those of UTC."""
    moved = agency_in(
        ("Asia/Seoul", dt.date(2000, 1, 1), dt.date(2027, 1, 1)), ("America/Lima", dt.date(2027, 1, 1), None)
    )
    evening = dt.datetime(2026, 6, 30, 20, tzinfo=dt.UTC)
    assert moved.day_of(evening) == dt.date(2026, 7, 1)
    assert moved.day_of(evening.replace(year=2027)) == dt.date(2027, 6, 30)
    assert moved.day_of(evening.replace(year=1999)) == dt.date(1999, 6, 30)


@pytest.mark.parametrize("zone", ["Asia/Seoul", "Pacific/Honolulu"])
def test_a_query_names_the_same_zone(database: Database, zone: str) -> None:
    """The twin of ``Directory.zone_at``, for whom nobody is let in by yet."""
    with database.write("load") as connection:
        settle(connection)
        connection.execute(sa.update(unit_period).where(unit_period.c.code == "HQ").values(timezone=zone))
    with database.read() as connection:
        day = sa.literal(dt.date(2026, 6, 30))
        assert connection.scalar(sa.select(root_timezone(day))) == zone
        assert connection.scalar(sa.select(root_timezone(sa.literal(dt.date(1900, 1, 1))))) is None
