"""Whom the calibrators of the demonstration agency may move, and whom they move where its grades have come to break a rule of theirs.

That happens where a move has lapsed, or a grade is kept.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from app import cycle as cycles
from app import scoring
from app.access import Viewer
from app.cycle import Calibration
from app.rules.grade_rules import grade_counts
from app.rules.moves import WantedMove
from app.rules.standings import published
from app.rules.terms import Node
from app.scoring import ScoreQuery, State

__all__ = ["MENDED", "calibrate_content", "groups_of_neither", "mending_moves", "with_facts"]

_HUNDRED: Final = 100

MENDED: Final[Mapping[str, str]] = {
    "top_share_min": "too few had the best one",
    "lowest_two_share_min": "too few had the lowest two",
    "single_share_max": "one was given more often than is allowed",
}
"""The rules that hang on how many have a grade, in the order in which they are mended, and what is said of the grades that break one."""


def groups_of_neither(
    calibration: Calibration, calibrators: Collection[Viewer], loaded: State, *, day: dt.date
) -> list[str]:
    """The groups that none of some calibrators is in: those whose grades they may move together."""
    return [
        one.group
        for one in cycles.calibration_groups(calibration)
        if not any(cycles.is_own_group(calibration, each, loaded, one.group, day=day) for each in calibrators)
    ]


def calibrate_content(moves: Iterable[WantedMove]) -> Mapping[str, Any]:
    """What a decision to calibrate says (contract-cycle, 6)."""
    return {"moves": [{"node": str(one.node), "from": one.from_, "to": one.to, "reason": one.reason} for one in moves]}


class _Shift(NamedTuple):
    """So many people of a grade are to have the one beside it."""

    from_: str
    to: str
    number: int
    is_up: bool


def mending_moves(calibration: Calibration, groups: Collection[str], rule: str) -> list[WantedMove]:
    """The moves by which a rule holds again, all of one group; none where it is not broken, or nobody can be moved for it.

    Args:
        calibration: the grades as they stand.
        groups: from which somebody may be moved.
        rule: one of :data:`MENDED`.
    """
    if rule not in {one.code for one in calibration.proposal.broken}:
        return []
    for shift in _shifts(calibration, rule):
        for group in groups:
            moves = _moved(calibration, group, shift)
            if len(moves) == shift.number and calibration.weighed(moves).problem is None:
                return moves
    return []


def _shifts(calibration: Calibration, rule: str) -> Iterator[_Shift]:
    """What mends a rule that is broken, rather upwards than downwards."""
    policies = calibration.policies
    people = map(calibration.node_of, calibration.proposal.standings.by_code.values())
    counts = grade_counts(map(calibration.present, people), policies=policies)
    total, grades, rules = sum(counts.values()), [*counts], policies.rules
    match rule:
        case "top_share_min":
            lacking = math.ceil(total * rules.top_share_min / _HUNDRED) - counts[grades[0]]
            yield _Shift(grades[1], grades[0], lacking, is_up=True)
        case "lowest_two_share_min":
            lowest = sum(counts[grade] for grade in grades[-2:])
            lacking = math.ceil(total * rules.lowest_two_share_min / _HUNDRED) - lowest
            yield _Shift(grades[-3], grades[-2], lacking, is_up=False)
        case _:
            often = max(grades, key=counts.__getitem__)
            more = counts[often] - math.floor(total * rules.single_share_max / _HUNDRED)
            place = grades.index(often)
            if place > 0:
                yield _Shift(often, grades[place - 1], more, is_up=True)
            if place < len(grades) - 1:
                yield _Shift(often, grades[place + 1], more, is_up=False)


_WHY: Final[dict[bool, Callable[[str], str]]] = {
    True: lambda grade: f"next to {grade}, for which the rules leave room",
    False: lambda grade: f"next to {grade}, of which the rules ask for more",
}


def with_facts(
    connection: Connection, loaded: State, calibration: Calibration, moves: Sequence[WantedMove], *, day: dt.date
) -> list[WantedMove]:
    """The same moves, each with a reason of its own: rank and score, and the KPI in which whoever moves up did best, or whoever moves down worst.

    Args:
        connection: any transaction.
        loaded: what the calibration was made of.
        calibration: the grades as they stand.
        moves: each with what holds of all of them as the reason.
        day: today.

    Queries: those of :func:`app.scoring.scores`.
    """
    if not moves:
        return []
    cycle = calibration.cycle
    kpis = loaded.plan(cycle).sheet.definitions_of(cycle).kpis
    scored = scoring.scores(connection, ScoreQuery(cycle, day), [one.node for one in moves], loaded=loaded)
    lines: dict[Node, list[tuple[Decimal, str]]] = {}
    for (node, kpi), score in scoring.score_of_lines(scored).items():
        if score is not None:
            lines.setdefault(node, []).append((published(score), kpi))
    grades = [one.grade for one in calibration.policies.grades]
    reasoned = []
    for one in moves:
        is_up = grades.index(one.to) < grades.index(one.from_)
        place = calibration.standing(one.node)
        fact = "" if place is None else f"Rank {place.rank} with {place.entrant.score} points, "
        if one.node in lines:
            points, kpi = (max if is_up else min)(lines[one.node])
            name = kpis[kpi].version(cycle).name.in_language("en")
            best = "best" if is_up else "weakest"
            fact = f"{fact}{best} in “{name}” with {points}: "
        text = f"{fact}{one.reason}."
        reasoned.append(one._replace(reason=text[0].upper() + text[1:]))
    return reasoned


def _moved(calibration: Calibration, group: str, shift: _Shift) -> list[WantedMove]:
    """Those of a group who are nearest to the grade that some are to have, and have not been moved yet."""
    nodes = [calibration.node_of(one) for one in calibration.places_in(group)]
    free = [one for one in nodes if calibration.present(one) == shift.from_ and one not in calibration.proposal.given]
    nearest = free[: shift.number] if shift.is_up else free[::-1][: shift.number]
    why = _WHY[shift.is_up](shift.to)
    return [WantedMove(node, shift.from_, shift.to, why) for node in nearest]
