"""Days and instants of RFC 3339."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.moments import clock_of, just_after, moment, written_day


@pytest.mark.parametrize(
    ("text", "day", "instant"),
    [
        ("2026-03-04T09:00:00+01:00", "2026-03-04", "020260304080000"),
        ("2026-03-04T00:30:00+09:00", "2026-03-04", "020260303153000"),
        ("2026-12-31T23:30:00-05:00", "2026-12-31", "020270101043000"),
        ("2026-03-04t09:00:00.1200z", "2026-03-04", "02026030409000012"),
        ("2026-03-04T09:00:00.000Z", "2026-03-04", "020260304090000"),
        ("0001-01-01T00:00:00+23:59", "0001-01-01", "000001231000100"),
        ("9999-12-31T23:59:59-23:59", "9999-12-31", "100000101235859"),
        ("0999-05-06T07:08:09Z", "0999-05-06", "009990506070809"),
        ("2016-12-31T23:59:60Z", "2016-12-31", "020161231235960"),
        ("2017-01-01T08:59:60+09:00", "2017-01-01", "020161231235960"),
        ("2024-02-29T12:00:00-00:00", "2024-02-29", "020240229120000"),
        ("2026-03-04T09:00:00." + "1" * 400 + "Z", "2026-03-04", "020260304090000" + "1" * 400),
    ],
)
def test_the_day_is_the_one_that_the_time_shows(text, day, instant):
    """And pages can say what the clock showed, of every time that is taken: Python's own reader of times takes fewer."""
    shown = clock_of(text)
    assert shown is not None
    assert (shown.day.isoformat(), shown.minute) == (day, text[11:16])
    found = moment(text)
    assert found is not None
    assert (found.day, found.instant) == (dt.date.fromisoformat(day), instant)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-04T09:00:00",
        "2026-03-04T09:00Z",
        "2026-03-04 09:00:00Z",
        "2026-03-04T09:00:00.Z",
        "2026-03-04T09:00:00,5Z",
        "2026-03-04T24:00:00Z",
        "2026-03-04T09:60:00Z",
        "2026-03-04T09:00:61Z",
        "2026-03-04T09:00:60Z",
        "2026-03-04T23:59:60Z",
        "2026-03-04T09:00:00+24:00",
        "2026-03-04T09:00:00+0100",
        "2026-03-04T09:00:00+01",
        "2026-02-29T09:00:00Z",
        "2026-13-01T09:00:00Z",
        "0000-01-01T00:00:00Z",
        "12026-03-04T09:00:00Z",
        "20260304T090000Z",
        "2026-W10-3T09:00:00Z",
        "２026-03-04T09:00:00Z",
        "2026-03-04T09:00:00Z\n",
        "",
    ],
)
def test_what_is_not_rfc_3339_with_an_offset_is_no_time(text):
    assert moment(text) is None


offsets = st.integers(-1439, 1439).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
# Two days from either end, so that Python can compare them; moment() itself goes further.
times = st.datetimes(dt.datetime(1, 1, 3), dt.datetime(9999, 12, 29), timezones=offsets)  # noqa: DTZ001 — the offsets follow.


@given(times, times)
def test_instants_sort_as_texts_as_they_do_in_time(one, other):
    first, second = moment(one.isoformat()), moment(other.isoformat())
    assert first is not None
    assert second is not None
    assert (first.instant < second.instant) == (one < other)
    assert (first.instant == second.instant) == (one == other)
    assert first.day == one.date()
    assert first.instant.isdigit()


@given(st.lists(st.text("0123456789", min_size=1, max_size=30), min_size=2, max_size=2))
def test_any_number_of_digits_of_a_second_sorts(fractions):
    one, other = (moment(f"2026-03-04T09:00:00.{fraction}Z") for fraction in fractions)
    assert one is not None
    assert other is not None
    assert (one.instant < other.instant) == (Decimal(f"0.{fractions[0]}") < Decimal(f"0.{fractions[1]}"))


@given(st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2100, 1, 1)), st.text("0123456789", max_size=12))  # noqa: DTZ001 - told apart below
def test_just_after_an_instant_is_after_it_and_before_the_next_but_one_microsecond(
    at: dt.datetime, fraction: str
) -> None:
    """Whatever digits of a second there were."""
    whole = at.replace(microsecond=0)
    said = moment(f"{whole.isoformat()}{'.' if fraction else ''}{fraction}Z")
    assert said is not None
    follows = just_after(said.instant)
    assert follows is not None
    exact = Fraction(int(fraction or "0"), 10 ** len(fraction))
    between = follows - whole.replace(tzinfo=dt.UTC)
    gained = Fraction(between // dt.timedelta(microseconds=1), 1_000_000) - exact
    assert 0 < gained <= Fraction(1, 1_000_000)


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2026-03-20", dt.date(2026, 3, 20)),
        ("2026-02-30", None),
        ("20260320", None),
        ("2026-W12-5", None),
        ("2026-03-20 ", None),
        ("2026-03-2\N{ARABIC-INDIC DIGIT ONE}", None),
        (20260320, None),
        (None, None),
    ],
)
def test_a_day_is_written_in_one_way(value, day):
    """Of other ways of ISO 8601, and of signs that are digits elsewhere, none is taken."""
    assert written_day(value) == day
