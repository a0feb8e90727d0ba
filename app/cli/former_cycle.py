"""The cycle before the one under way, which one region of the demonstration agency has gone through: opened, signed, run, certified and calibrated.

It was opened as soon as all were there whom it takes. What came after it was certified moves nothing of it, and is listed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from app import cycle as cycles
from app import intake, organisation, scoring
from app.cli.calibrating import calibrate_content, groups_of_neither
from app.cli.first_cycle import CycleYear, FirstCycle
from app.cli.hands import person
from app.cli.raising import Raised, lapsing_swap, raisings
from app.cycle import Calibration
from app.kit.database import Database
from app.rules.moves import WantedMove
from app.rules.stages import Stage
from app.rules.standings import Standing
from app.rules.terms import Node, NodeKind

__all__ = ["STEPS", "certify_cycle", "wanted_swap"]

STEPS: Final = 7
"""How many times :func:`certify_cycle` tells that it is further."""

_CLOSED_AFTER: Final = 44
"""So many days after its last day it is certified, or as soon as it has run for a while."""


def certify_cycle(
    database: Database, *, emails: Mapping[str, str], year: CycleYear, said: Callable[[int], object]
) -> None:
    """Open a cycle that has gone by, have its scorecards signed, certify it, and have two calibrators move two grades.

    Args:
        database: with the agency in it, accounts for everybody, and what was reported of that cycle.
        emails: of ``hr``, ``second_hr``, ``executive`` and :data:`app.cli.first_cycle.SECOND_EXECUTIVE`.
        year: the cycle before the one under way.
        said: is told of each step.
    """
    cycle = FirstCycle(database, replace(year, begun=_all_there(database, emails, year)), emails)
    year = cycle.year
    signed = year.day(14)
    for step in (
        cycle.open,
        cycle.appoint,
        lambda: cycle.go_on(
            Stage.AGREEMENT, at=year.at(12), reason="One region tries it out; policies are those of everybody."
        ),
        lambda: cycle.sign(lambda _directory, _node: signed, wanted=lambda _node, _part: True),
        lambda: cycle.go_on(Stage.RUNNING, at=year.at(38), reason="All of the region have signed."),
        lambda: _certify(cycle),
        lambda: _calibrate(cycle),
    ):
        step()
        said(1)


def _all_there(database: Database, emails: Mapping[str, str], year: CycleYear) -> dt.date:
    """The first day of the cycle, or the one on which the last of those whom it takes had come."""
    with database.read() as connection:
        employees = organisation.directory(connection).employees.values()
    hired = [one.hired_on for one in employees if one.email in emails.values()]
    return max([year.first, *hired])


def _certify(cycle: FirstCycle) -> None:
    """HR and the certifier, who accept what may be accepted."""
    year = cycle.year
    at = max(year.on(year.after + dt.timedelta(days=_CLOSED_AFTER)), year.at(45))
    with cycle.database.read() as connection:
        loaded = scoring.state(connection)
        day = loaded.frame.directory.day_of(at)
        blockers = cycles.blockers_of(connection, loaded, year.cycle, Stage.CERTIFIED, day=day)
        certifier = cycle.certifier(connection)
    content = {"accept": sorted({one.code for one in blockers if not one.hard})}
    reason = "What was not reported or verified by now does not count; the region was told so in December."
    kind = cycles.certify_kind(intake.file_sums)
    cycle.decide(kind, content if content["accept"] else {}, reason, by=cycle.emails["hr"], to=certifier, at=at)


def _calibrate(cycle: FirstCycle) -> None:
    """The two calibrators have two people of a group that neither is in change places, where there are such.

    Of those whom they could, two are taken of whom one move will lapse once a line is found to have been reported too low (:mod:`app.cli.former_close`).
    """
    year = cycle.year
    at = max(year.on(year.after + dt.timedelta(days=_CLOSED_AFTER + 6)), year.at(46))
    with cycle.database.read() as connection:
        loaded = scoring.state_with_pending(connection)
        day = loaded.frame.directory.day_of(at)
        emails = cycle.calibrators(loaded.frame.directory)
        viewers = [person(connection, email, at) for email in emails]
        calibration = cycles.calibration_of(connection, loaded, year.cycle, NodeKind.EMPLOYEE, today=day)
        groups = groups_of_neither(calibration, viewers, loaded, day=day)
        moves = wanted_swap(calibration, groups, lambda: raisings(connection, loaded, year.cycle, day=day))
    if moves is None or len(emails) < _TWO:
        return
    reason = "The group has talked about both: two deals of the one were handed over by the other in the last week."
    cycle.decide(cycles.CALIBRATE, calibrate_content(moves), reason, by=emails[0], to=emails[1], at=at)


_TWO: Final = 2


def wanted_swap(
    calibration: Calibration, groups: Collection[str], tried: Callable[[], Iterable[Raised]]
) -> Sequence[WantedMove] | None:
    """The two who change places, so that a move lapses once somebody's line is put right; any two where that cannot be, None for none.

    Rather two who stand side by side, of whom one is passed by somebody. Where people are so equal that nobody passes another, the one whose line it is
    was moved down.

    Args:
        calibration: the grades as they stand, before anybody was moved.
        groups: whose places may be swapped, small ones merged.
        tried: what would become of everybody by one line or another; asked for once or twice.
    """
    side_by_side = [moves for group in groups for moves in _side_by_side(calibration, group)]

    def own(node: Node) -> Iterator[list[WantedMove]]:
        place = calibration.standing(node)
        if place is not None and place.group in groups:
            yield from _moved_down(calibration, place)

    if (moves := lapsing_swap(tried(), lambda _node: side_by_side)) is not None:
        return moves
    return lapsing_swap(tried(), own) or next(iter(side_by_side), None)


def _side_by_side(calibration: Calibration, group: str) -> Iterator[list[WantedMove]]:
    """The last of each grade and the first of the next one, the best grade first."""
    for upper, lower in pairwise(calibration.places_in(group)):
        yield from _swap(calibration, upper, lower)


def _moved_down(calibration: Calibration, upper: Standing) -> Iterator[list[WantedMove]]:
    """Somebody and the first of the next grade."""
    grades = [one.grade for one in calibration.policies.grades]
    after = grades.index(upper.grade) + 1
    lower = next((one for one in calibration.places_in(upper.group) if grades.index(one.grade) == after), None)
    if lower is not None:
        yield from _swap(calibration, upper, lower)


def _swap(calibration: Calibration, upper: Standing, lower: Standing) -> Iterator[list[WantedMove]]:
    """The moves by which two whose grades are next to each other change places, where all that moves must keep is kept."""
    grades = [one.grade for one in calibration.policies.grades]
    if grades.index(lower.grade) - grades.index(upper.grade) != 1:
        return
    down, up = "Two of the deals came by a colleague's work.", "Prepared two deals that count for others."
    moves = [
        WantedMove(calibration.node_of(upper), upper.grade, lower.grade, down),
        WantedMove(calibration.node_of(lower), lower.grade, upper.grade, up),
    ]
    if calibration.weighed(moves).problem is None:
        yield moves
