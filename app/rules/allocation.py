"""How the target of a parent is shared among those who carry it (contract-cycle, 4, "Allocation").

All of it is exact: fractions in, fractions out, and what the children get adds up to what the parent is to reach, to the last unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import chain, repeat
from typing import Final

from app.rules.terms import Node

__all__ = ["FACTORS", "ChildFigures", "SharedTarget", "allocate", "proposed_targets"]

FACTORS: Final = ("history", "market", "headcount")
"""What shares can go by, in the order in which people read them."""

_NONE: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class ChildFigures:
    """What is known of a child of the parent line.

    Attributes:
        node: whose line it is.
        figures: of each of :data:`FACTORS`: the actual of the year before, the market's potential, the people there over the cycle.
        override: the target that somebody gives it, with a reason, whatever its share; None where it takes its share.
    """

    node: Node
    figures: Mapping[str, Fraction]
    override: Fraction | None = None


@dataclass(frozen=True, slots=True)
class SharedTarget:
    """What a child is to reach.

    Attributes:
        node: whose line it is.
        share: of the whole, 0 to 1; all shares of a parent add up to 1.
        target: in the KPI's own unit.
    """

    node: Node
    share: Fraction
    target: Fraction


def allocate(
    children: Sequence[ChildFigures], *, total: Fraction, weights: Mapping[str, Fraction], step: Fraction
) -> list[SharedTarget]:
    """Share a total among children.

    Whoever has an override keeps it. The others share what is left, each down to a multiple of the step; the steps left over go to the largest
    remainders, of equal ones to the node that is first by its text, and what is less than a step to the first of these.

    Args:
        children: at least one.
        total: what all are to reach together, in the KPI's own unit.
        weights: of each of :data:`FACTORS`, not below 0.
        step: of the targets that are given, above 0.

    Returns:
        What each is to reach, in their order.

    Raises:
        ValueError: the overrides come to more than the total; or every child has one, and they do not come to it.
    """
    shares = _shares([child.figures for child in children], weights)
    left = total - sum((child.override for child in children if child.override is not None), _NONE)
    open_ = [at for at, child in enumerate(children) if child.override is None]
    if left < 0 or (left and not open_):
        message = f"overrides leave {left} of {total} for {len(open_)} children"
        raise ValueError(message)
    targets = [child.override for child in children]
    given = _in_steps([children[at].node for at in open_], _rescaled([shares[at] for at in open_]), left, step)
    for at, target in zip(open_, given, strict=True):
        targets[at] = target
    return [
        SharedTarget(child.node, share, target or _NONE)
        for child, share, target in zip(children, shares, targets, strict=True)
    ]


def proposed_targets(whole: Decimal, last_year: Mapping[Node, Decimal | None]) -> dict[Node, Decimal]:
    """What a target would come to for each who carries a slice of it: shared by last year's actuals alone, in steps as fine as it is written itself.

    Args:
        whole: the target above.
        last_year: of each slice its actual of the cycle before, where that is known.

    Returns:
        What adds up to the whole; of a slice that would get nothing there is no proposal, for a target is more than 0.
    """
    exponent = whole.as_tuple().exponent
    if whole <= 0 or not last_year or not isinstance(exponent, int):
        return {}
    step = Decimal(1).scaleb(min(exponent, 0))
    children = [
        ChildFigures(node, {**dict.fromkeys(FACTORS, _NONE), "history": max(_NONE, Fraction(actual or 0))})
        for node, actual in last_year.items()
    ]
    weights = {**dict.fromkeys(FACTORS, _NONE), "history": Fraction(1)}
    shared = allocate(children, total=Fraction(whole), weights=weights, step=Fraction(step))
    return {one.node: int(one.target / Fraction(step)) * step for one in shared if one.target > 0}


def _shares(figures: Sequence[Mapping[str, Fraction]], weights: Mapping[str, Fraction]) -> list[Fraction]:
    """Of each child, by the factors of which anything is known; equal ones where nothing is."""
    sums = {factor: sum((child[factor] for child in figures), _NONE) for factor in FACTORS}
    known = [factor for factor in FACTORS if sums[factor] > 0 and weights[factor] > 0]
    weight = sum((weights[factor] for factor in known), _NONE)
    return _rescaled(
        [sum((weights[factor] * child[factor] / sums[factor] for factor in known), _NONE) for child in figures]
        if weight
        else [_NONE] * len(figures)
    )


def _rescaled(shares: Sequence[Fraction]) -> list[Fraction]:
    """The same, adding up to 1; equal ones where they come to nothing."""
    whole = sum(shares, _NONE)
    return [share / whole if whole else Fraction(1, len(shares)) for share in shares]


def _in_steps(nodes: Sequence[Node], shares: Sequence[Fraction], left: Fraction, step: Fraction) -> list[Fraction]:
    """What is left, by shares in whole steps, and what that leaves by the largest remainders."""
    if not nodes:
        return []
    exact = [share * left for share in shares]
    given = [amount // step * step for amount in exact]
    over = left - sum(given, _NONE)
    order = sorted(range(len(nodes)), key=lambda at: (given[at] - exact[at], str(nodes[at])))
    steps = int(over // step)
    for at, more in zip(order, chain(repeat(step, steps), repeat(_NONE)), strict=False):
        given[at] += more
    given[order[0]] += over - steps * step
    return given
