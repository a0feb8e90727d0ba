"""The members of a KPI's definition, each read and checked by itself: names, measures, methods and their parameters.

What several members must keep together is in ``definitions.CHECKS``.
Do not let a member stand that means nothing where it is. ``of`` beside ``count`` or ``bounds`` beside
``trend`` would be ignored in silence, so each aggregate and each method names all that may stand beside it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Final

from app.plain.findings import n_
from app.rules.countries import COUNTRIES
from app.rules.documents import Entry
from app.rules.kpis import (
    AGGREGATES,
    COUNTED_AGGREGATES,
    DISTINCT_OF,
    MEASURED_ACTIVITIES,
    METHOD_NAMES,
    Bounds,
    Example,
    Measure,
    Method,
    Target,
    Translated,
    Where,
)
from app.rules.rhythm import DAYS_MAX, Every, Rhythm
from app.rules.terms import CountsFrom, Direction, KpiClass

__all__ = ["MEMBERS", "OPTIONAL", "REQUIRED", "YEAR_MAX", "read_examples", "read_words"]

YEAR_MAX: Final = 9999


def read_words(entry: Entry) -> Translated | None:
    """A name by language, English at least."""
    members = entry.members(("en",), ("ko", "es"))
    if members is None:
        return None
    texts = {language: member.text() for language, member in members.items()}
    en = texts.get("en")
    return None if en is None else Translated(en, texts.get("ko"), texts.get("es"))


def _read_unit(entry: Entry) -> Translated | None:
    """A unit of measure: one text for every language (USD, %), or words by language."""
    if isinstance(entry.value, dict):
        return read_words(entry)
    text = entry.text()
    return None if text is None else Translated(text)


def _read_class(entry: Entry) -> KpiClass | None:
    choice = entry.choice(tuple(KpiClass))
    return None if choice is None else KpiClass(choice)


def _read_direction(entry: Entry) -> Direction | None:
    choice = entry.choice(tuple(Direction))
    return None if choice is None else Direction(choice)


def _read_counts_from(entry: Entry) -> CountsFrom | None:
    choice = entry.choice(tuple(CountsFrom))
    return None if choice is None else CountsFrom(choice)


_MEASURE_MEMBERS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "count": (("activity",), ("where",)),
    "sum": (("activity", "of"), ("where",)),
    "distinct": (("activity", "of"), ("where",)),
    "mean": (("activity", "of"), ("where",)),
    "ratio": (("numerator", "denominator"), ()),
    "given": ((), ()),
    "rating": ((), ()),
}
"""Of each aggregate the members that a measure must and may have beside it."""


def _read_measure(entry: Entry, *, aggregates: Collection[str] = AGGREGATES) -> Measure | None:
    faults_before = len(entry.findings)
    content = entry.mapping()
    if content is None:
        return None
    aggregate = content["aggregate"].choice(aggregates) if "aggregate" in content else None
    if aggregate is None:
        entry.members(("aggregate",), ("activity", "of", "where", "numerator", "denominator"))
        return None
    required, optional = _MEASURE_MEMBERS[aggregate]
    members = entry.members(("aggregate", *required), optional) or {}
    activity = members["activity"].choice(MEASURED_ACTIVITIES) if "activity" in members else None
    of_options = DISTINCT_OF if aggregate == "distinct" else ("amount_usd",)
    of = members["of"].choice(of_options) if "of" in members else None
    where = _read_where(members["where"]) if "where" in members else Where()
    parts = {
        key: _read_measure(members[key], aggregates=COUNTED_AGGREGATES)
        for key in ("numerator", "denominator")
        if key in members
    }
    if len(entry.findings) > faults_before:
        return None
    return Measure(aggregate=aggregate, activity=activity, of=of, where=where, **parts)


def _read_where(entry: Entry) -> Where:
    members = entry.members((), ("country", "hs_code")) or {}
    countries: set[str] = set()
    for item in (members["country"].items(1) if "country" in members else None) or []:
        if isinstance(item.value, str) and item.value in COUNTRIES:
            countries.add(item.value)
        else:
            item.expected(n_("a country in two capital letters (ISO 3166-1 alpha-2), such as AT"))
    prefixes: set[str] = set()
    for item in (members["hs_code"].items(1) if "hs_code" in members else None) or []:
        # Unquoted digits arrive as an integer; none has lost a leading zero, since such a number stays text.
        prefix = str(item.value) if type(item.value) is int and 0 <= item.value < 10**10 else item.value
        if isinstance(prefix, str) and re.fullmatch("[0-9]{1,10}", prefix):
            prefixes.add(prefix)
        else:
            item.expected(n_("the first 1 to 10 digits of an HS code, such as 8509"))
    return Where(tuple(sorted(countries)), tuple(sorted(prefixes)))


_METHOD_MEMBERS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "deviation": ((), ("bounds",)),
    "ratio": ((), ("bounds",)),
    "target": ((), ()),
    "milestone": (("targets",), ()),
    "midterm": (("start", "goal"), ()),
    "trend": ((), ()),
    "beta": ((), ()),
    "qualitative": ((), ()),
}
"""Of each method the parameters that must and may stand beside its name."""


def _read_method(entry: Entry) -> Method | None:
    faults_before = len(entry.findings)
    content = entry.mapping()
    if content is None:
        return None
    name = content["name"].choice(METHOD_NAMES) if "name" in content else None
    if name is None:
        entry.members(("name",), ("bounds", "start", "goal", "targets"))
        return None
    required, optional = _METHOD_MEMBERS[name]
    members = entry.members(("name", *required), optional) or {}
    bounds = _read_bounds(members["bounds"]) if "bounds" in members else Bounds()
    start = _read_target(members["start"]) if "start" in members else None
    goal = _read_target(members["goal"]) if "goal" in members else None
    targets = _read_targets(members["targets"]) if "targets" in members else ()
    if start and goal and start.year >= goal.year:
        message = n_("the goal's year must come after the start's, %(year)s")
        members["goal"].report("midterm_years", message, year=start.year)
    if len(entry.findings) > faults_before:
        return None
    return Method(name=name, bounds=bounds, start=start, goal=goal, targets=targets)


def _read_bounds(entry: Entry) -> Bounds:
    members = entry.members((), ("min", "max")) or {}
    numbers: dict[str, Decimal | None] = {key: member.number() for key, member in members.items()}
    bounds = Bounds(**numbers)
    if bounds.min is not None and bounds.max is not None and bounds.min > bounds.max:
        entry.report("bounds_order", n_("min must not be above max"))
    return bounds


def _read_target(entry: Entry) -> Target | None:
    members = entry.members(("year", "value")) or {}
    year = members["year"].integer(1, YEAR_MAX) if "year" in members else None
    value = members["value"].number() if "value" in members else None
    return None if year is None or value is None else Target(year, value)


def _read_targets(entry: Entry) -> tuple[Target, ...]:
    targets: list[Target] = []
    members = entry.mapping()
    for key, member in (members or {}).items():
        value = member.number()
        if not re.fullmatch("[1-9][0-9]{0,3}", key):
            member.report("not_a_year", n_("expected years and their values, such as 2025: 5"))
        elif value is not None:
            targets.append(Target(int(key), value))
    if members is not None and not members:
        entry.report("no_targets", n_("expected years and their values, such as 2025: 5"))
    return tuple(sorted(targets, key=lambda target: target.year))


def read_examples(entry: Entry) -> tuple[Example, ...]:
    """The worked figures beside a definition."""
    examples: list[Example] = []
    for item in entry.items() or []:
        members = item.members(("actual", "score"), ("history", "cycle", "target")) or {}
        actual = members["actual"].number() if "actual" in members else None
        score = members["score"].number(0, 100) if "score" in members else None
        years = members["history"].items() if "history" in members else []
        history = [year.number() for year in years or []]
        cycle = members["cycle"].integer(1, YEAR_MAX) if "cycle" in members else None
        target = members["target"].number() if "target" in members else None
        if actual is not None and score is not None:
            known = tuple(year for year in history if year is not None)
            examples.append(Example(actual=actual, score=score, history=known, cycle=cycle, target=target))
    return tuple(examples)


def _read_rhythm(entry: Entry) -> Rhythm | None:
    members = entry.members(("every", "by_day")) or {}
    every = members["every"].choice(tuple(Every)) if "every" in members else None
    by_day = members["by_day"].integer(0, DAYS_MAX) if "by_day" in members else None
    return None if every is None or by_day is None else Rhythm(Every(every), by_day)


MEMBERS: Final[Mapping[str, Callable[[Entry], object]]] = {
    "name": read_words,
    "goal": Entry.code,
    "class": _read_class,
    "direction": _read_direction,
    "unit": _read_unit,
    "measure": _read_measure,
    "counts_from": _read_counts_from,
    "method": _read_method,
    "rhythm": _read_rhythm,
}
"""What a version consists of, each member with its reader (None: wrong, and reported)."""
OPTIONAL: Final = ("counts_from", "method", "rhythm")
"""What may be left out: nothing given or rated has states, deviation is the default method (domain.md 3), and few figures have a day."""
REQUIRED: Final = tuple(itertools.filterfalse(OPTIONAL.__contains__, MEMBERS))
