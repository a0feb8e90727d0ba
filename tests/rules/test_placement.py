"""The dated tree and the postings in it, held against a reader who goes through it day by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from app.rules.placement import (
    Placement,
    Posting,
    Tree,
    UnitPeriod,
    check_postings,
    check_units,
    overlap,
    path_text,
    united,
)
from app.rules.terms import Job, Period, UnitKind

FIRST = dt.date(2026, 1, 1)
DAYS = [FIRST + dt.timedelta(days=offset) for offset in range(-2, 16)]
EVER = Period(None, None)


def unit(code: str, parent: str | None, from_: int | None = None, to: int | None = None, group: str = "") -> UnitPeriod:
    """A row of units.csv whose days count from the first of January 2026."""
    return UnitPeriod(
        code=code,
        name=code,
        kind=UnitKind.OFFICE if parent else UnitKind.AGENCY,
        parent=parent,
        country="KR",
        timezone="UTC",
        evaluation_group=group or None,
        period=span(from_, to),
    )


def span(from_: int | None, to: int | None) -> Period:
    return Period(
        None if from_ is None else FIRST + dt.timedelta(days=from_),
        None if to is None else FIRST + dt.timedelta(days=to),
    )


def posting(employee: str, code: str, from_: int, to: int | None) -> Posting:
    return Posting(employee=employee, unit=code, role=Job.STAFF, period=span(from_, to))


def day(offset: int) -> dt.date:
    return FIRST + dt.timedelta(days=offset)


def wrong_units(rows: Sequence[UnitPeriod]) -> list[tuple[int, str | None, str]]:
    return [(found.row, found.finding.place.field, found.finding.code) for found in check_units(rows)]


def wrong_postings(
    rows: Sequence[Posting], units: Sequence[UnitPeriod], services: dict[str, Period]
) -> list[tuple[int, str | None, str]]:
    tree = Tree(units)
    lives = {code: tree.life(code) for code in tree.units}
    return [
        (found.row, found.finding.place.field, found.finding.code)
        for found in check_postings(rows, lives=lives, services=services)
    ]


def test_a_past_day_is_judged_by_its_own_tree() -> None:
    """A reorganisation on 6 January leaves the chain of the 5th as it was."""
    tree = Tree(
        [unit("HQ", None), unit("EUR", "HQ"), unit("ASI", "HQ"), unit("VIE", "EUR", 0, 5), unit("VIE", "ASI", 5)]
    )

    assert tree.chain_on("VIE", day(4)) == ("VIE", "EUR", "HQ")
    assert tree.chain_on("VIE", day(5)) == ("VIE", "ASI", "HQ")
    assert tree.chain_on("VIE", day(-1)) == ()
    assert tree.chains("VIE") == ((span(0, 5), ("VIE", "EUR", "HQ")), (span(5, None), ("VIE", "ASI", "HQ")))


def test_a_row_that_only_renames_a_unit_does_not_cut_its_chain() -> None:
    """The longest periods with the same chain are one, whatever else changed in the tree."""
    tree = Tree([unit("HQ", None, 0, 3), unit("HQ", None, 3), unit("VIE", "HQ", 0, 7)])

    assert tree.chains("VIE") == ((span(0, 7), ("VIE", "HQ")),)


def test_the_group_is_that_of_the_nearest_unit_above_that_has_one() -> None:
    tree = Tree([unit("HQ", None), unit("EUR", "HQ", 0, 5, "europe"), unit("EUR", "HQ", 5), unit("VIE", "EUR")])

    assert tree.group_on("VIE", day(4)) == "europe"
    assert tree.group_on("VIE", day(5)) is None


def test_those_below_a_unit_come_after_it_and_by_their_codes() -> None:
    tree = Tree([unit("HQ", None), unit("EUR", "HQ"), unit("ASI", "HQ"), unit("VIE", "EUR"), unit("PAR", "EUR", 5)])

    assert tree.below_on("HQ", day(4)) == ("HQ", "ASI", "EUR", "VIE")
    assert tree.below_on("EUR", day(5)) == ("EUR", "PAR", "VIE")
    assert tree.below_on("PAR", day(4)) == ()
    assert tree.children_on("HQ", day(0)) == ("ASI", "EUR")
    assert tree.root_on(day(0)) == "HQ"
    assert tree.parent_on("VIE", day(0)) == "EUR"


def test_every_rule_of_the_tree_names_the_row_that_breaks_it() -> None:
    """One table: rows, then what is said of them."""
    root = unit("HQ", None)
    cases: list[tuple[list[UnitPeriod], list[tuple[int, str, str]]]] = [
        ([root, unit("VIE", "HQ", 0, 5), unit("VIE", "HQ", 5, 9)], []),
        ([root, unit("VIE", "HQ", 0, 5), unit("VIE", "HQ", 4, 9)], [(2, "valid_from", "overlap")]),
        # The row further down is the one to mend, though its days come first.
        ([root, unit("VIE", "HQ", 4, 9), unit("VIE", "HQ", 0, 5)], [(2, "valid_from", "overlap")]),
        ([root, unit("VIE", "HQ", 5, 5)], [(1, "valid_to", "empty_period")]),
        ([root, unit("VIE", "PAR")], [(1, "parent", "unknown_unit")]),
        ([root, unit("EUR", "HQ", 0, 5), unit("VIE", "EUR", 0, 6)], [(2, "parent", "parent_not_alive")]),
        ([root, unit("VIE", None, 5)], [(1, "parent", "two_roots")]),
        ([unit("HQ", "VIE"), unit("VIE", "HQ")], [(0, "parent", "circle"), (1, "parent", "circle")]),
        ([root, unit("VIE", "VIE")], [(1, "parent", "circle")]),
        # A unit that hangs below a circle is not part of it.
        ([root, unit("A", "B"), unit("B", "A"), unit("C", "B")], [(1, "parent", "circle"), (2, "parent", "circle")]),
    ]
    for rows, expected in cases:
        assert wrong_units(rows) == expected, rows


def test_every_rule_of_a_posting_names_the_row_that_breaks_it() -> None:
    units = [unit("HQ", None), unit("VIE", "HQ", 0, 5), unit("VIE", "HQ", 5, 9)]
    services = {"E1": span(0, None), "E2": span(2, 6)}
    cases: list[tuple[list[Posting], list[tuple[int, str, str]]]] = [
        ([posting("E1", "VIE", 0, 9), posting("E1", "HQ", 9, None)], []),
        ([posting("E1", "VIE", 3, 3)], [(0, "to", "empty_period")]),
        ([posting("E3", "VIE", 0, 9)], [(0, "employee", "unknown_employee")]),
        ([posting("E1", "PAR", 0, 9)], [(0, "unit", "unknown_unit")]),
        ([posting("E1", "VIE", 0, 10)], [(0, "to", "outside_unit")]),
        ([posting("E1", "VIE", 9, 10)], [(0, "from", "outside_unit")]),
        ([posting("E2", "HQ", 1, 6)], [(0, "from", "outside_service")]),
        ([posting("E2", "HQ", 2, None)], [(0, "to", "outside_service")]),
        ([posting("E1", "HQ", 0, 5), posting("E2", "HQ", 2, 5), posting("E1", "VIE", 4, 6)], [(2, "from", "overlap")]),
    ]
    for rows, expected in cases:
        assert wrong_postings(rows, units, services) == expected, rows


def test_days_of_periods_that_touch_are_one_period() -> None:
    """Half-open: up to the fifth and from the fifth on leave no day between."""
    assert united([span(5, 12), span(0, 5), span(20, None), span(7, 7)]) == (span(0, 12), span(20, None))
    assert overlap(span(0, 5), span(5, 9)) is None
    assert overlap(span(0, None), span(None, 9)) == span(0, 9)


def test_the_last_posting_of_a_cycle_is_seen_from_its_last_day_there() -> None:
    tree = Tree([unit("HQ", None), unit("VIE", "HQ")])
    placement = Placement(tree, [posting("E1", "HQ", 0, 5), posting("E1", "VIE", 5, None)])

    assert placement.last_posting("E1", span(0, 10)) == (posting("E1", "VIE", 5, None), day(9))
    assert placement.last_posting("E1", span(0, 5)) == (posting("E1", "HQ", 0, 5), day(4))
    assert placement.last_posting("E1", span(-9, 0)) is None


def test_the_posting_near_a_day_is_that_of_the_day_else_the_last_before_else_the_first() -> None:
    tree = Tree([unit("HQ", None), unit("VIE", "HQ")])
    first, second = posting("E1", "HQ", 2, 5), posting("E1", "VIE", 8, None)
    placement = Placement(tree, [first, second])

    near = {at: placement.posting_near("E1", day(at)) for at in (0, 2, 4, 5, 7, 8, 20)}

    assert near == {
        0: (first, day(2)),
        2: (first, day(2)),
        4: (first, day(4)),
        5: (first, day(4)),
        7: (first, day(4)),
        8: (second, day(8)),
        20: (second, day(20)),
    }
    assert placement.posting_near("E2", day(0)) is None


# ------------------------------------------------------------------------------------------------- held against every single day

Row = TypeVar("Row")
CODES = ("HQ", "A", "B", "C")
offsets = st.integers(min_value=-2, max_value=14)
periods = st.builds(span, st.none() | offsets, st.none() | offsets)
unit_rows = st.lists(
    st.builds(
        lambda code, parent, period, group: UnitPeriod(
            code=code,
            name=code,
            kind=UnitKind.OFFICE,
            parent=parent,
            country="KR",
            timezone="UTC",
            evaluation_group=group,
            period=period,
        ),
        st.sampled_from(CODES),
        st.none() | st.sampled_from((*CODES, "X")),
        periods,
        st.none() | st.just("g"),
    ),
    max_size=7,
)
posting_rows = st.lists(
    st.builds(
        lambda employee, code, period: Posting(employee=employee, unit=code, role=Job.STAFF, period=period),
        st.sampled_from(("E1", "E2", "E3")),
        st.sampled_from((*CODES, "X")),
        periods,
    ),
    max_size=6,
)
# Postings have two ends in this world, so that the days looked at are all that there are.
SERVICES = {"E1": EVER, "E2": span(1, 9)}


def naive_tree_is_sound(rows: Sequence[UnitPeriod]) -> bool:
    """The contract's words, a day at a time: no overlap, one root, no circle, every parent alive."""
    if any(row.period.from_ and row.period.to and row.period.to <= row.period.from_ for row in rows):
        return False
    if any(row.parent is not None and row.parent not in {other.code for other in rows} for row in rows):
        return False
    for today in [dt.date.min, *DAYS, dt.date.max]:
        alive = [row for row in rows if today in row.period]
        parents = {row.code: row.parent for row in alive}
        if len(parents) != len(alive):
            return False
        if alive and sum(parent is None for parent in parents.values()) != 1:
            return False
        for code in parents:
            above: str | None = code
            for _ in range(len(rows) + 1):
                if above is None:
                    break
                if above not in parents:
                    return False
                above = parents[above]
            else:
                return False
    return True


def naive_postings_are_sound(rows: Sequence[Posting], units: Sequence[UnitPeriod]) -> bool:
    """A posting lies within its unit's life and its employee's service, and no two of one employee share a day."""
    if any(row.period.from_ and row.period.to and row.period.to <= row.period.from_ for row in rows):
        return False
    if any(row.employee not in SERVICES for row in rows) or any(
        row.unit not in {u.code for u in units} for row in rows
    ):
        return False
    for today in [dt.date.min, *DAYS, dt.date.max]:
        held = [row for row in rows if today in row.period]
        if len({row.employee for row in held}) != len(held):
            return False
        for row in held:
            if today not in SERVICES[row.employee] or not any(u.code == row.unit and today in u.period for u in units):
                return False
    return True


def grown(rows: Sequence[Row], is_sound: Callable[[list[Row]], bool]) -> list[Row]:
    """As many of the rows, from the first on, as are sound together."""
    kept: list[Row] = []
    for row in rows:
        if is_sound([*kept, row]):
            kept.append(row)
    return kept


@given(unit_rows)
def test_the_check_of_the_tree_agrees_with_a_check_of_every_day(rows: list[UnitPeriod]) -> None:
    """Epochs are an optimisation: what holds is what holds on each day."""
    assert (not check_units(rows)) == naive_tree_is_sound(rows)


@given(unit_rows, posting_rows)
def test_the_check_of_postings_agrees_with_a_check_of_every_day(units: list[UnitPeriod], rows: list[Posting]) -> None:
    assert (not wrong_postings(rows, units, SERVICES)) == naive_postings_are_sound(rows, units)


@given(unit_rows, posting_rows)
def test_chains_and_paths_agree_with_a_walk_up_on_every_day(units: list[UnitPeriod], rows: list[Posting]) -> None:
    """In a sound agency: the chain of a day, the path of an employee, and that the numbered paths are those that can occur."""
    units = [unit("HQ", None), *(row for row in units if row.code != "HQ")]
    units = grown(units, naive_tree_is_sound)
    rows = grown(rows, lambda kept: naive_postings_are_sound(kept, units))
    tree, seen = Tree(units), set()
    placement = Placement(tree, rows)
    for today in [dt.date.min, *DAYS, dt.date.max]:
        alive = {row.code: row for row in units if today in row.period}
        for code in CODES:
            walked: list[str] = []
            above: str | None = code if code in alive else None
            while above is not None:
                walked.append(above)
                above = alive[above].parent
            assert tree.chain_on(code, today) == tuple(walked)
            assert tree.unit_on(code, today) == alive.get(code)
            assert set(tree.children_on(code, today)) == {row.code for row in alive.values() if row.parent == code}
            assert set(tree.below_on(code, today)) == {other for other in alive if code in tree.chain_on(other, today)}
            assert [chain for period, chain in tree.chains(code) if today in period] == (
                [tuple(walked)] if walked else []
            )
        for employee in SERVICES:
            held = [row for row in rows if row.employee == employee and today in row.period]
            path = tree.chain_on(held[0].unit, today) if held else None
            assert placement.path_on(employee, today) == path
            assert placement.posting_on(employee, today) == (held[0] if held else None)
            seen |= {path} if path else set()
            path_there, start, end = placement.path_span(employee, today)
            assert path_there == (path or None)
            assert start <= today.toordinal() < end
            within = [other for other in DAYS if start <= other.toordinal() < end]
            assert {placement.path_on(employee, other) for other in within} <= {path_there}

    assert placement.paths == tuple(sorted(seen, key=path_text))


@given(st.lists(periods, max_size=5), periods, periods)
def test_sums_of_periods_agree_with_sets_of_days(some: list[Period], one: Period, other: Period) -> None:
    """What periods have together and in common, a day at a time."""
    both = overlap(one, other)
    days = [dt.date.min, *DAYS, dt.date.max]

    assert [day for day in days if any(day in period for period in united(some))] == [
        day for day in days if any(day in period for period in some)
    ]
    assert all(a.to is not None and b.from_ is not None and a.to < b.from_ for a, b in pairwise(united(some)))
    assert [day for day in days if both and day in both] == [day for day in days if day in one and day in other]


@given(unit_rows, posting_rows)
def test_even_a_broken_tree_answers(units: list[UnitPeriod], rows: list[Posting]) -> None:
    """A chain that closes or hangs in the air stops; nothing raises and nothing runs for ever."""
    tree = Tree(units)
    placement = Placement(tree, rows)
    for today in DAYS:
        for code in (*CODES, "X"):
            chain = tree.chain_on(code, today)
            assert len(set(chain)) == len(chain)
            tree.group_on(code, today)
            tree.below_on(code, today)
    assert list(placement.paths) == sorted(placement.paths, key=path_text)
