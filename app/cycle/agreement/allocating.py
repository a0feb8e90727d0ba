"""A parent's target shared among the lines below it: what each child's share goes by, and what comes of it (contract-cycle, 4, "Allocation").

Nothing is kept of an allocation. Applied, its targets stand in the children's drafts, like any other that somebody writes there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from sqlalchemy import Connection

from app import cascade, scoring
from app.access import Viewer
from app.cascade import Line, LineDocument
from app.cycle.agreement.agreed_cards import AGREED_IN, AgreedCard, agreed_cards, may_allocate
from app.cycle.agreement.agreeing import draft_over, with_targets
from app.cycle.cutting import refuse_being_certified
from app.cycle.opened import NotNow, OpenedCycle, as_it_stands
from app.decisions import Hand, refusal_for
from app.kit.refusals import Invalid, NotThere, at_field
from app.plain.findings import Finding, n_
from app.plain.texts import quoted
from app.rules.allocation import FACTORS, ChildFigures, SharedTarget, allocate
from app.rules.deciding import Obstacle
from app.rules.measures import decimal_text, exact_decimal
from app.rules.targets import is_target
from app.rules.terms import Link, Node, NodeKind
from app.scoring import CyclePlan, State

__all__ = [
    "Allocation",
    "AllocationWish",
    "Override",
    "OverridesExceed",
    "allocation",
    "apply_allocation",
    "identical_below",
    "wish_problems",
]

_NONE: Final = Fraction(0)


class OverridesExceed(Invalid):
    """What children are given whatever their share comes to more than there is to share."""

    code = "overrides_exceed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A child's target that somebody gives whatever its share, with why."""

    node: Node
    target: Decimal
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationWish:
    """How a target is to be shared.

    Attributes:
        parent: whose.
        kpi: of which KPI of the parent's.
        weights: of each of :data:`app.rules.allocation.FACTORS`, not below 0.
        stretch: what the children are to reach beyond the parent, as a share: 0.05 for 5 %.
        step: what targets are given in.
        overrides: at most one a child.
    """

    parent: Node
    kpi: str
    weights: Mapping[str, Decimal]
    stretch: Decimal
    step: Decimal
    overrides: Sequence[Override]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatedTarget:
    """What comes of it for one child.

    Attributes:
        figures: what its share goes by.
        kpi: of its own line.
        before: the target that its draft has; None for none.
        shared: its share and its target.
        override: why it has another than its share gives.
    """

    figures: ChildFigures
    kpi: str
    before: str | None
    shared: SharedTarget
    override: Override | None

    def as_json(self) -> dict[str, Any]:
        """As the contract writes it."""
        given = self.override
        return {
            "node": str(self.shared.node),
            **{factor: decimal_text(self.figures.figures[factor]) for factor in FACTORS},
            "share": decimal_text(self.shared.share),
            "target": decimal_text(self.shared.target),
            "override": None if given is None else {"target": decimal_text(given.target), "reason": given.reason},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """What comes of it, in the KPI's own unit.

    Attributes:
        parent_target: what the parent is to reach.
        total: what the children are to reach together: that, stretched.
        items: of each child, by node.
    """

    parent_target: Fraction
    total: Fraction
    items: tuple[AllocatedTarget, ...]

    def as_json(self) -> dict[str, Any]:
        """As the contract writes it; ``difference`` is what the children's targets come to beyond the total: nothing."""
        given = sum((one.shared.target for one in self.items), _NONE)
        return {
            "parent_target": decimal_text(self.parent_target),
            "total": decimal_text(self.total),
            "items": [one.as_json() for one in self.items],
            "difference": decimal_text(given - self.total),
        }


def wish_problems(wish: AllocationWish) -> list[Finding]:
    """What is wrong with a wish by itself, whatever it is of, at each of its members. No queries.

    Its codes are ``below_0`` of a weight, ``nothing_left`` of the stretch, ``not_above_0`` of step and targets, and ``no_reason``.
    """
    problems = []
    for name in FACTORS:
        if wish.weights[name] < 0:
            message = n_("“%(value)s” is below 0: write 0 or more.")
            problems.append(at_field(f"weights/{name}", "below_0", message, value=quoted(f"{wish.weights[name]:f}")))
    if wish.stretch <= -1:
        message = n_("This leaves nothing of the target: take less of it away.")
        problems.append(at_field("stretch", "nothing_left", message))
    given = {f"overrides/{place}": one for place, one in enumerate(wish.overrides)}
    for field, figure in [("step", wish.step), *((f"{field}/target", one.target) for field, one in given.items())]:
        if figure <= 0:
            message = n_("“%(value)s” is not above 0: write how much it is.")
            problems.append(at_field(field, "not_above_0", message, value=quoted(f"{figure:f}")))
    for field, one in given.items():
        if not one.reason.strip():
            message = n_("Why it gets another target is missing: write it.")
            problems.append(at_field(f"{field}/reason", "no_reason", message))
    return problems


def identical_below(plan: CyclePlan, line: Line) -> list[Node]:
    """The nodes of the cycle whose lines hang on one as identical. No queries."""
    listed = frozenset(plan.nodes)
    below = (one.node for one in plan.sheet.lines_below(line) if one.link is Link.IDENTICAL)
    return [node for node in below if node in listed]


def allocation(
    connection: Connection, loaded: State, opened: OpenedCycle, wish: AllocationWish, *, sees: Callable[[Node], bool]
) -> Allocation:
    """Share a target among those whose lines hang identically on its own, by their drafts. Queries: 4.

    Args:
        connection: any transaction.
        loaded: what is loaded and decided.
        opened: the cycle.
        wish: how.
        sees: whether who asks may see a child's figures.

    Raises:
        NotThere: one of the children is not for who asks.
        Invalid: as of :func:`wish_problems`; there is no such line, or it has no target; nobody's line hangs on it; an override is of somebody else.
        OverridesExceed: these come to more than there is to share.
    """
    cards = agreed_cards(connection, loaded, opened.cycle)
    return _allocation(connection, loaded.plan(opened.cycle), cards, wish, sees=sees)


def _allocation(
    connection: Connection,
    plan: CyclePlan,
    cards: Mapping[Node, AgreedCard],
    wish: AllocationWish,
    *,
    sees: Callable[[Node], bool],
) -> Allocation:
    problems = wish_problems(wish)
    if problems:
        raise Invalid(*problems)
    target = _parent_target(cards, wish)
    children = _children(cards, wish)
    # Before anything of them is told: what is wrong with a wish tells whose line hangs where.
    if not all(map(sees, children)):
        raise NotThere
    overrides = _by_node(wish.overrides, children)
    known = _figures(connection, plan, children, wish.kpi)
    figures = [
        ChildFigures(node, known[node], Fraction(overrides[node].target) if node in overrides else None)
        for node in children
    ]
    total = target * (1 + Fraction(wish.stretch))
    _refuse_unshareable(figures, total)
    weights = {factor: Fraction(wish.weights[factor]) for factor in FACTORS}
    shares = allocate(figures, total=total, weights=weights, step=Fraction(wish.step))
    return Allocation(
        parent_target=target,
        total=total,
        items=tuple(
            AllocatedTarget(
                figures=child,
                kpi=str(children[child.node]["kpi"]),
                before=_drafted(cards[child.node], str(children[child.node]["kpi"])).get("target"),
                shared=shared,
                override=overrides.get(child.node),
            )
            for child, shared in zip(figures, shares, strict=True)
        ),
    )


def apply_allocation(
    connection: Connection, opened: OpenedCycle, wish: AllocationWish, *, by: Viewer, now: dt.datetime
) -> tuple[Allocation, list[AgreedCard]]:
    """Share a target, and write what comes of it into the children's drafts: where it is another, signatures under it are gone.

    Args:
        connection: a writing transaction.
        opened: the cycle.
        wish: how.
        by: who.
        now: when.

    Returns:
        What comes of it, and each scorecard whose draft is another now, as it was.

    Raises:
        Conflict: it is not theirs to do.
        NotNow: the cycle is at another stage.
        BeingCertified: it is proposed to certify it.
        Invalid: as of :func:`allocation`; or a child would be given nothing.

    Queries: 7, and 1 for each draft that is written.
    """
    loaded = scoring.state_to_decide_in(connection)
    if not may_allocate(loaded, opened, wish.parent, viewer=by, day=loaded.frame.directory.day_of(now)):
        raise refusal_for(Obstacle.ROLE)
    if as_it_stands(connection, opened).stage not in AGREED_IN:
        raise NotNow
    refuse_being_certified(connection, opened.cycle)
    cards = agreed_cards(connection, loaded, opened.cycle)
    shared_out = _allocation(connection, loaded.plan(opened.cycle), cards, wish, sees=lambda _node: True)
    nothing = [one for one in shared_out.items if not is_target(exact_decimal(one.shared.target))]
    if nothing:
        message = n_("%(nodes)s would get no target above 0: choose a smaller step, or give them one.")
        nodes = ", ".join(str(one.shared.node) for one in nothing[:5])
        raise Invalid(at_field("step", "no_target", message, nodes=nodes))
    written = []
    for one in shared_out.items:
        card = cards[one.shared.node]
        lines = with_targets(card, {one.kpi: decimal_text(one.shared.target)})
        if draft_over(connection, loaded, opened, card, lines, by=Hand.of(by, now)):
            written.append(card)
    return shared_out, written


def _drafted(card: AgreedCard, kpi: str) -> LineDocument:
    return next((line for line in card.draft if line["kpi"] == kpi), {})


def _parent_target(cards: Mapping[Node, AgreedCard], wish: AllocationWish) -> Fraction:
    """The target of the parent's line.

    Raises:
        NotThere: the cycle has no such node.
        Invalid: it has no such line, or that has no target.
    """
    card = cards.get(wish.parent)
    if card is None:
        raise NotThere
    line = next((one for one in card.lines if one["kpi"] == wish.kpi), None)
    if line is None:
        message = n_("The scorecard has no line of KPI “%(value)s”: name one that it has.")
        raise Invalid(at_field("kpi", "unknown_kpi", message, value=quoted(wish.kpi)))
    target = line.get("target")
    if target is None:
        message = n_("The line has no target to share: give it one first.")
        raise Invalid(at_field("kpi", "no_target", message))
    return Fraction(target)


def _children(cards: Mapping[Node, AgreedCard], wish: AllocationWish) -> dict[Node, LineDocument]:
    """The line of each node of the cycle that hangs identically on the parent's, by the nodes' texts.

    Raises:
        Invalid: there is none.
    """
    parent = str(wish.parent)
    children = {
        node: line
        for node in sorted(cards, key=str)
        for line in cards[node].draft
        if line["link"] == Link.IDENTICAL
        and line.get("parent_node") == parent
        and (line.get("parent_kpi") or line["kpi"]) == wish.kpi
    }
    if not children:
        message = n_("No line hangs on this one as identical: choose another one.")
        raise Invalid(at_field("parent", "no_children", message))
    return children


def _by_node(overrides: Sequence[Override], children: Mapping[Node, LineDocument]) -> dict[Node, Override]:
    """The overrides by the child that each is of.

    Raises:
        Invalid: one is of somebody else, or of one that has one already.
    """
    problems: list[Finding] = []
    by_node: dict[Node, Override] = {}
    for place, one in enumerate(overrides):
        field = f"overrides/{place}/node"
        if one.node not in children:
            message = n_("“%(node)s” has no line that hangs on this one as identical: leave it out.")
            problems.append(at_field(field, "no_child", message, node=quoted(str(one.node))))
        elif one.node in by_node:
            message = n_("“%(node)s” is given a target twice: keep one of the two.")
            problems.append(at_field(field, "twice", message, node=quoted(str(one.node))))
        else:
            by_node[one.node] = one
    if problems:
        raise Invalid(*problems)
    return by_node


def _refuse_unshareable(children: Sequence[ChildFigures], total: Fraction) -> None:
    """Go on only where what is given whatever the share leaves something to the others, or nothing where there are no others.

    Raises:
        OverridesExceed: it comes to more than there is to share.
        Invalid: everybody is given a target, and these come to less.
    """
    given = [child.override for child in children if child.override is not None]
    left = total - sum(given, _NONE)
    parameters = {"sum": decimal_text(sum(given, _NONE)), "total": decimal_text(total)}
    if left < 0:
        message = n_("The targets that are given come to %(sum)s of %(total)s: lower one of them.")
        raise OverridesExceed(at_field("overrides", "overrides_exceed", message, **parameters))
    if left and len(given) == len(children):
        message = n_("All are given targets, which come to %(sum)s of %(total)s: leave one to its share.")
        raise Invalid(at_field("overrides", "overrides_short", message, **parameters))


def _figures(
    connection: Connection, plan: CyclePlan, children: Mapping[Node, LineDocument], kpi: str
) -> dict[Node, dict[str, Fraction]]:
    """What the share of each child goes by. Queries: 1."""
    units = [node.code for node in children if node.kind is NodeKind.UNIT]
    market = cascade.potentials(connection, units, kpi=kpi, year=plan.cycle)
    posted = _headcounts(plan, frozenset(units)) if units else {}
    figures = {}
    for node, line in children.items():
        past = plan.sheet.years(node, str(line["kpi"])).get(plan.cycle - 1)
        if node.kind is NodeKind.UNIT:
            headcount, potential = posted.get(node.code, _NONE), Fraction(market.get(node.code, 0))
        else:
            person = plan.people.get(node.code)
            headcount, potential = _NONE if person is None else person.presence.share, _NONE
        history = _NONE if past is None else Fraction(past)
        figures[node] = dict(zip(FACTORS, (history, potential, headcount), strict=True))
    return figures


def _headcounts(plan: CyclePlan, units: frozenset[str]) -> dict[str, Fraction]:
    """How many people are posted in units or below them on each day of the cycle, leave included: their days ÷ those of the cycle."""
    first, end = plan.period.from_, plan.period.to
    if first is None or end is None:
        return {}
    begins, ends = first.toordinal(), end.toordinal()
    days = dict.fromkeys(units, 0)
    placement = plan.frame.directory.placement
    for number in plan.people:
        for start, stop, path in placement.paths_over_time(number):
            spent = min(stop, ends) - max(start, begins)
            if spent > 0:
                for unit in units.intersection(path):
                    days[unit] += spent
    return {unit: Fraction(spent, ends - begins) for unit, spent in days.items()}
