"""Two lists of scorecards or grades, compared as numbers; what differs is said in words.

Measured values are decimal strings in the contract's own output and numbers in the worked example.
Both are numbers here; a null is only equal to a null, and a member that is absent only to one that is absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

Record = Mapping[str, Any]

NUMBERS = {
    *("own_score", "unit_score", "final_score", "projected_score", "score", "old_score", "points", "weight"),
    *("actual", "base", "sigma", "high", "low", "target", "projected_actual"),
    *("rate", "pay", "promotion_points", "days", "rank", "group_size"),
}
TOLERANCE = Fraction(1, 10**6)


def differences_of_scorecards(
    ours: Sequence[Record], theirs: Sequence[Record], *, leave_out: Iterable[str] = ()
) -> list[str]:
    """Where two lists of scorecards differ, node by node and KPI by KPI; the order of either does not matter."""
    left_out = {*leave_out, "lines", "areas"}
    found = _differences("", _by(ours, "node"), _by(theirs, "node"), left_out)
    for node, card in _by(theirs, "node").items():
        mine = _by(ours, "node").get(node, {"lines": []})
        found += _differences(f"{node} ", _by(mine["lines"], "kpi"), _by(card["lines"], "kpi"), left_out)
        if "areas" not in {*leave_out} and "areas" in card:
            found += _differences(f"{node} ", _by(mine["areas"], "area"), _by(card["areas"], "area"), left_out)
            if [area["area"] for area in mine["areas"]] != [area["area"] for area in card["areas"]]:
                found.append(f"{node} areas: in another order")
    return found


def differences_of_grades(ours: Sequence[Record], theirs: Sequence[Record], *, key: str) -> list[str]:
    """Where two proposals differ, by ``employee`` or ``unit``."""
    return _differences("", _by(ours, key), _by(theirs, key), set())


def _by(records: Iterable[Record], key: str) -> dict[str, Record]:
    return {str(record[key]): record for record in records}


def _differences(
    prefix: str, ours: Mapping[str, Record], theirs: Mapping[str, Record], left_out: set[str]
) -> list[str]:
    found = [f"{prefix}{key}: only on one side" for key in sorted(ours.keys() ^ theirs.keys())]
    for key in ours.keys() & theirs.keys():
        members = (ours[key].keys() | theirs[key].keys()) - left_out
        for member in sorted(members):
            absent = object()
            mine, other = ours[key].get(member, absent), theirs[key].get(member, absent)
            if mine is absent or other is absent:
                found.append(f"{prefix}{key} {member}: only on one side")
            elif not _equal(member, mine, other):
                found.append(f"{prefix}{key} {member}: {_shown(mine)} is not {_shown(other)}")
    return sorted(found)


def _equal(member: str, mine: Any, other: Any) -> bool:
    if mine is None or other is None or member not in NUMBERS:
        return bool(mine == other)
    one, two = exact(mine), exact(other)
    return abs(one - two) <= TOLERANCE * max(Fraction(1), abs(two) / 10**6)


def exact(value: Any) -> Fraction:
    """A figure as a fraction, whether it is a number, a decimal string or a fraction."""
    return value if isinstance(value, Fraction) else Fraction(Decimal(str(value)))


def _shown(value: Any) -> str:
    return str(float(value)) if isinstance(value, Fraction) else repr(value)
