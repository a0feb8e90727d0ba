"""A proposal of grades as whoever answers for some evaluation groups sees it: their people, places and seats, and no others'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TypeVar

from app.rules.grading import EmployeeProposal, UnitProposal
from app.rules.seats import SeatPlan
from app.rules.standings import Standings

__all__ = ["own_group", "proposal_of_groups", "without_employee"]

P = TypeVar("P", EmployeeProposal, UnitProposal)
V = TypeVar("V")


def proposal_of_groups(proposal: P, groups: Collection[str]) -> P:
    """What a proposal says of some groups, each by the name of the one that it was merged into or by its own.

    Whoever has no grade is in no group and left out. Rules are those of the whole agency, and stay named.
    """
    standings = proposal.standings
    kept = {became for group, became in standings.became.items() if group in groups or became in groups}
    rows = tuple(row for row in proposal.rows if row.group in kept)
    counts = Counter(row.grade for row in rows)
    codes = {row.node.code for row in rows}
    return replace(
        proposal,
        rows=rows,
        standings=_standings(standings, codes, kept),
        counts={grade: counts[grade] for grade in proposal.counts},
        given={node: one for node, one in proposal.given.items() if node.code in codes},
        as_told={node: one for node, one in proposal.as_told.items() if node.code in codes},
    )


def own_group(proposal: EmployeeProposal, employee: str) -> str | None:
    """The group that somebody is ranked in; None for who is not graded."""
    place = proposal.standings.by_code.get(employee)
    return None if place is None else place.group


def without_employee(proposal: EmployeeProposal, employee: str) -> EmployeeProposal:
    """A proposal for somebody whom nobody has told of their own grade yet, who cannot subtract the others from anything in it.

    Their row is left out, of their group places, seats and ranks are too, and nothing is counted of it; of the rules, which count everybody, none is named.
    The others of the group keep their grades.
    """
    group = own_group(proposal, employee)
    others = tuple(row for row in proposal.rows if row.employee != employee)
    if group is None:
        return replace(proposal, rows=others)
    standings = proposal.standings
    kept = standings.in_group.keys() - {group}
    places = {code for code, place in standings.by_code.items() if place.group in kept}
    counts = Counter(row.grade for row in others if row.group in kept)
    return replace(
        proposal,
        rows=tuple(replace(row, rank=None, group_size=None) if row.group == group else row for row in others),
        standings=_standings(standings, places, kept),
        counts={grade: counts[grade] for grade in proposal.counts},
        broken=(),
    )


def _standings(standings: Standings, codes: Collection[str], kept: Collection[str]) -> Standings:
    return replace(
        standings,
        by_code=_only(standings.by_code, codes),
        in_group=_only(standings.in_group, kept),
        sizes=_only(standings.sizes, kept),
        became={group: became for group, became in standings.became.items() if became in kept},
        plan=_plan(standings.plan, kept),
    )


def _plan(plan: SeatPlan, kept: Collection[str]) -> SeatPlan:
    return replace(
        plan,
        exact=_only(plan.exact, kept),
        by_remainder=_only(plan.by_remainder, kept),
        steps=tuple(
            replace(
                step,
                moves=tuple(move for move in step.moves if move.group in kept),
                seats=_only(step.seats, kept),
            )
            for step in plan.steps
        ),
    )


def _only(some: Mapping[str, V], keys: Collection[str]) -> dict[str, V]:
    return {key: value for key, value in some.items() if key in keys}
