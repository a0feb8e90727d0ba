"""Units and postings from a day on otherwise, held against a reader who goes through every day: no gap, no overlap, nobody lost, nothing else touched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from app.rules.employment import EmploymentPeriod
from app.rules.placement import Posting, Tree, UnitPeriod, check_postings, check_units
from app.rules.reorganising import (
    Arrangement,
    closed,
    cycles_of,
    departed,
    employed,
    laid_over,
    may_stand_below,
    opened,
    transferred,
    unit_changed,
)
from app.rules.terms import Job, Name, Period, UnitKind

FIRST = dt.date(2026, 1, 1)
DAYS = [FIRST + dt.timedelta(days=one) for one in range(-1, 13)]
UNITS = ("A", "B", "C", "D")
PEOPLE = ("E1", "E2", "E3")


def day(at: int) -> dt.date:
    return FIRST + dt.timedelta(days=at)


def unit(code: str, parent: str | None, from_: int, to: int | None = None, name: str = "") -> UnitPeriod:
    return UnitPeriod(
        code=code,
        name=Name(name or code),
        kind=UnitKind.OFFICE if parent else UnitKind.AGENCY,
        parent=parent,
        country="AT",
        timezone="UTC",
        evaluation_group=None,
        period=Period(day(from_), None if to is None else day(to)),
    )


@st.composite
def postings(draw: st.DrawFn, employee: str = "E1") -> tuple[Posting, ...]:
    """Postings of one employee that do not overlap, with gaps or without, the last one open or not."""
    edges = sorted(draw(st.sets(st.integers(0, 11), min_size=2, max_size=7)))
    is_open = draw(st.booleans())
    spans: list[tuple[int, int | None]] = [(one, edges[at + 1]) for at, one in enumerate(edges[:-1])]
    if is_open:
        spans.append((edges[-1], None))
    kept = [span for span in spans if draw(st.booleans())] or spans[-1:]
    return tuple(
        Posting(
            employee=employee,
            unit=draw(st.sampled_from(UNITS)),
            role=draw(st.sampled_from(Job)),
            period=Period(day(start), None if end is None else day(end)),
        )
        for start, end in kept
    )


@st.composite
def layouts(draw: st.DrawFn) -> Arrangement:
    """A root and three units that move about below it in a tree of every day, with people in them."""
    units = [unit("A", None, 0)]
    for at, code in enumerate(UNITS[1:], 1):
        edge = draw(st.integers(1, 10))
        above = [draw(st.sampled_from(UNITS[:at])) for _ in range(2)]
        units += [unit(code, above[0], 0, edge), unit(code, above[1], edge)]
    return Arrangement(units=tuple(units), postings=tuple(one for number in PEOPLE for one in draw(postings(number))))


def on(rows: Sequence[Posting], at: dt.date) -> list[tuple[str, Job]]:
    """Where somebody is posted on a day: more than one where rows overlap."""
    return [(one.unit, one.role) for one in rows if at in one.period]


def days_of(period: Period) -> set[dt.date]:
    return {one for one in DAYS if one in period}


@given(postings(), st.integers(0, 11), st.none() | st.integers(0, 11))
def test_other_days_say_what_they_said_and_those_within_what_is_new(
    rows: tuple[Posting, ...], start: int, length: int | None
) -> None:
    """Day by day; a row that lies outside is the very same one."""
    within = Period(day(start), None if length is None else day(start + length + 1))
    new = Posting(employee="E1", unit="Z", role=Job.STAFF, period=within)
    laid = laid_over(rows, new, within)
    for one in DAYS:
        assert on(laid, one) == ([("Z", Job.STAFF)] if one in within else on(rows, one))
    assert {one for one in rows if not days_of(one.period) & days_of(within)} <= {*laid} | {
        one for one in rows if one.period.from_ and one.period.from_ > DAYS[-1]
    }
    assert len({one.period.from_ for one in laid}) == len(laid)


@given(postings(), st.integers(0, 11), st.none() | st.integers(0, 11))
def test_a_transfer_leaves_no_day_without_a_posting_that_had_one_and_none_with_two(
    rows: tuple[Posting, ...], start: int, length: int | None
) -> None:
    """Who returns by a later row, or after the last day, returns; and before the first day nothing is another."""
    end = None if length is None else day(start + length + 1)
    after = transferred(rows, employee="E1", unit="Z", role=Job.MANAGER, from_=day(start), to=end)
    later = min((one.period.from_ for one in rows if one.period.from_ and one.period.from_ > day(start)), default=None)
    last = end or later
    for one in DAYS:
        is_moved = day(start) <= one and (last is None or one < last)
        assert on(after, one) == ([("Z", Job.MANAGER)] if is_moved else on(rows, one))


@given(postings(), st.integers(0, 11))
def test_whoever_leaves_has_no_posting_from_that_day_and_the_same_before(rows: tuple[Posting, ...], left: int) -> None:
    """Rows that began later are gone, those before are as they were."""
    after = departed(rows, day(left))
    for one in DAYS:
        assert on(after, one) == ([] if one >= day(left) else on(rows, one))


@given(layouts(), st.sampled_from(UNITS[1:]), st.integers(1, 11), st.data())
def test_a_unit_that_closes_loses_nobody(layout: Arrangement, code: str, start: int, data: st.DataObject) -> None:
    """Its people and the units below it go where they are sent, on the very days; the tree stays one, and nobody else's rows are others."""
    heir = data.draw(st.sampled_from(sorted(may_stand_below(layout, code, from_=day(start)))))
    if any(heir in Tree(layout.units).below_on(code, one) for one in DAYS if one >= day(start)):
        return
    after = closed(layout, code, from_=day(start), people_to=heir, units_to=heir, heads_as=Job.STAFF)
    for number in PEOPLE:
        was, will = ([one for one in side.postings if one.employee == number] for side in (layout, after))
        for one in DAYS:
            moved = [
                (heir, Job.STAFF if role is Job.HEAD else role)
                if unit_ == code and one >= day(start)
                else (unit_, role)
                for unit_, role in on(was, one)
            ]
            assert on(will, one) == moved
        if all(one.unit != code for one in was):
            assert will == was
    lives = {one: Tree(after.units).life(one) for one in Tree(after.units).units}
    services = dict.fromkeys(PEOPLE, Period(None, None))
    assert check_postings(after.postings, lives=lives, services=services) == []
    assert Tree(after.units).unit_on(code, day(start)) is None
    assert check_units(after.units) == []


@given(layouts(), st.sampled_from(UNITS[1:]), st.integers(0, 11), st.data())
def test_a_unit_that_moves_hangs_there_from_that_day_and_where_it_did_before(
    layout: Arrangement, code: str, start: int, data: st.DataObject
) -> None:
    """A later row that said another unit above keeps it; all other units are the same rows."""
    above = data.draw(st.sampled_from(sorted(may_stand_below(layout, code, from_=day(start)))))
    rows = tuple(one for one in layout.units if one.code == code)
    after = layout.with_units(code, unit_changed(rows, from_=day(start), parent=above))
    was, will = Tree(layout.units), Tree(after.units)
    old = was.parent_on(code, day(start))
    until = next((one for one in DAYS if one >= day(start) and was.parent_on(code, one) != old), None)
    for one in DAYS[1:]:
        is_moved = day(start) <= one and (until is None or one < until)
        assert will.parent_on(code, one) == (above if is_moved else was.parent_on(code, one))
    assert [one for one in after.units if one.code != code] == [one for one in layout.units if one.code != code]
    assert after.postings == layout.postings
    assert will.life(code) == was.life(code)


def test_a_later_row_that_repeats_the_old_name_gets_the_new_one_too() -> None:
    """A rename in January holds after a move in July; a name that July says by itself stays."""
    rows = (unit("B", "A", 0, 6, "Vienna"), unit("B", "C", 6, None, "Vienna"))
    renamed = unit_changed(rows, from_=day(2), name=Name("Wien"))
    assert [(str(one.name), one.parent, one.period.from_) for one in renamed] == [
        ("Vienna", "A", day(0)),
        ("Wien", "A", day(2)),
        ("Wien", "C", day(6)),
    ]
    own = (unit("B", "A", 0, 6, "Vienna"), unit("B", "C", 6, None, "Danube"))
    assert [str(one.name) for one in unit_changed(own, from_=day(2), name=Name("Wien"))] == ["Vienna", "Wien", "Danube"]


def test_terms_that_are_not_given_stay_and_later_ones_that_repeat_them_follow() -> None:
    """A new base in March leaves the job, and holds after a new job in June that says nothing of the base."""
    june = EmploymentPeriod(employee="E1", period=Period(day(6), None), job=Job.HEAD)
    assert employed((june,), employee="E1", from_=day(3), monthly_base=4_000_000) == (
        EmploymentPeriod(employee="E1", period=Period(day(3), day(6)), monthly_base=4_000_000),
        EmploymentPeriod(employee="E1", period=Period(day(6), None), job=Job.HEAD, monthly_base=4_000_000),
    )
    own = EmploymentPeriod(employee="E1", period=Period(day(6), None), monthly_base=5_000_000)
    assert employed((own,), employee="E1", from_=day(3), monthly_base=4_000_000)[-1] == own


def test_a_new_unit_begins_on_its_day_beside_the_others() -> None:
    """A code that lived before may begin anew."""
    layout = Arrangement(units=(unit("A", None, 0), unit("B", "A", 0, 4)), postings=())
    anew = opened(layout, unit("B", "A", 6))
    assert [(one.code, one.period.from_) for one in anew.units] == [("A", day(0)), ("B", day(0)), ("B", day(6))]


def test_leave_that_crosses_cycles_is_a_row_of_each() -> None:
    """With the days of each; without an end it is of the cycle in which it begins."""
    winter = Period(dt.date(2026, 12, 20), dt.date(2027, 1, 11))
    assert cycles_of(winter, first_month=1) == (
        (2026, Period(dt.date(2026, 12, 20), dt.date(2027, 1, 1))),
        (2027, Period(dt.date(2027, 1, 1), dt.date(2027, 1, 11))),
    )
    assert cycles_of(Period(dt.date(2026, 12, 20), None), first_month=7) == (
        (2026, Period(dt.date(2026, 12, 20), None)),
    )
